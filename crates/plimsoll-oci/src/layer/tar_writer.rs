//! Writing tar so that the same entries give the same bytes.

use alloc::{format, string::ToString, vec::Vec};
use std::io::{self, Write};
use tar::{EntryType, Header};

/// What is written of an entry. Owner and group are always 0, without names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TarEntry<'a> {
    /// The path, without a leading or trailing `/`.
    pub path: &'a [u8],
    /// What it is: file, directory, symbolic or hard link.
    pub kind: TarKind<'a>,
    /// Permissions.
    pub mode: u32,
    /// Seconds since 1970.
    pub mtime: u64,
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TarKind<'a> {
    /// A directory.
    Directory,
    /// A file with this many bytes of content.
    File(u64),
    /// Another name of an earlier path.
    HardLink(&'a [u8]),
    /// A symbolic link to this target.
    Symlink(&'a [u8]),
}

/// Writes a tar archive: POSIX ustar headers, and pax records for what does not fit into them.
///
/// ```
/// use plimsoll_oci::{TarEntry, TarKind, TarWriter};
/// let mut tar = TarWriter::new(Vec::new());
/// tar.entry(&TarEntry { path: b"etc/motd", kind: TarKind::File(4), mode: 0o644, mtime: 0 }).unwrap();
/// tar.content(b"ship").unwrap();
/// assert!(tar.content(b"s").is_err()); // more than was said
/// assert_eq!(tar.finish().unwrap().len(), 512 + 512 + 1024);
/// ```
#[derive(Debug)]
pub struct TarWriter<W> {
    sink: W,
    left: u64,
    padding: u64,
}

/// The largest number of eleven octal digits.
const OCTAL: u64 = 0o777_7777_7777;
const ZEROS: [u8; 1024] = [0; 1024];

impl<W: Write> TarWriter<W> {
    /// Starts an archive.
    pub const fn new(sink: W) -> Self {
        Self { sink, left: 0, padding: 0 }
    }
    /// Writes the header of an entry. The content of a file must follow.
    ///
    /// # Errors
    /// What the sink says; `InvalidInput` for a path with NUL, and when content of the last entry is missing.
    pub fn entry(&mut self, entry: &TarEntry<'_>) -> io::Result<()> {
        self.end_content()?;
        let (kind, link, size) = match entry.kind {
            TarKind::Directory => (EntryType::Directory, &[][..], 0),
            TarKind::File(size) => (EntryType::Regular, &[][..], size),
            TarKind::HardLink(target) => (EntryType::Link, target, 0),
            TarKind::Symlink(target) => (EntryType::Symlink, target, 0),
        };
        if entry.path.is_empty() || entry.path.contains(&0) || link.contains(&0) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a path must not be empty or hold NUL"));
        }
        let mut path = entry.path.to_vec();
        if kind == EntryType::Directory {
            path.push(b'/');
        }
        let records = records(&path, link, size, entry.mtime);
        if !records.is_empty() {
            let length = u64::try_from(records.len()).unwrap_or(u64::MAX);
            self.header(b"PaxHeaders/x", EntryType::XHeader, &[], length, entry)?;
            self.sink.write_all(&records)?;
            self.pad(length)?;
        }
        self.header(&path, kind, link, size, entry)?;
        self.left = size;
        self.padding = size;
        Ok(())
    }
    /// Writes the next bytes of the last entry's content.
    ///
    /// # Errors
    /// What the sink says; `InvalidInput` for more bytes than the entry said.
    pub fn content(&mut self, chunk: &[u8]) -> io::Result<()> {
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        let left = self.left.checked_sub(length);
        self.left =
            left.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "more content than the entry has"))?;
        self.sink.write_all(chunk)
    }
    /// Ends the archive.
    ///
    /// # Errors
    /// As [`TarWriter::entry`].
    pub fn finish(mut self) -> io::Result<W> {
        self.end_content()?;
        self.sink.write_all(&ZEROS)?;
        Ok(self.sink)
    }
    fn end_content(&mut self) -> io::Result<()> {
        if self.left != 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "less content than the entry has"));
        }
        let size = std::mem::take(&mut self.padding);
        self.pad(size)
    }
    fn pad(&mut self, size: u64) -> io::Result<()> {
        let missing = usize::try_from(512_u64.saturating_sub(size & 511) & 511).unwrap_or(0);
        self.sink.write_all(ZEROS.get(..missing).unwrap_or_default())
    }
    fn header(&mut self, path: &[u8], kind: EntryType, link: &[u8], size: u64, entry: &TarEntry<'_>) -> io::Result<()> {
        let mut header = Header::new_ustar();
        if let Some(ustar) = header.as_ustar_mut() {
            let (prefix, name) = fit(path).unwrap_or((&[], path));
            copy(&mut ustar.prefix, prefix);
            copy(&mut ustar.name, name);
            copy(&mut ustar.linkname, link);
        }
        header.set_entry_type(kind);
        header.set_mode(entry.mode & 0o7777);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(entry.mtime.min(OCTAL));
        // What does not fit stands in the pax record, which overrides.
        header.set_size(size.min(OCTAL));
        header.set_cksum();
        self.sink.write_all(header.as_bytes())
    }
}

/// The pax records that an entry needs, in the order of their keys.
fn records(path: &[u8], link: &[u8], size: u64, mtime: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let long_path = fit(path).is_none();
    let long_link = link.len() > 100;
    let is_binary = |text: &[u8], long: bool| long && std::str::from_utf8(text).is_err();
    if is_binary(path, long_path) || is_binary(link, long_link) {
        record(&mut out, "hdrcharset", b"BINARY");
    }
    if long_link {
        record(&mut out, "linkpath", link);
    }
    if mtime > OCTAL {
        record(&mut out, "mtime", mtime.to_string().as_bytes());
    }
    if long_path {
        record(&mut out, "path", path);
    }
    if size > OCTAL {
        record(&mut out, "size", size.to_string().as_bytes());
    }
    out
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn record(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len().saturating_add(value.len()).saturating_add(3);
    let mut length = rest;
    // Each digit more makes the record longer, which may need a digit more: twice is enough.
    for _ in 0..3 {
        length = rest.saturating_add(length.to_string().len());
    }
    out.extend_from_slice(format!("{length} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// A path as ustar's prefix (155 bytes) and name (100 bytes); `None` where it does not fit.
fn fit(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.len() <= 100 {
        return Some((&[], path));
    }
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes
        .filter_map(|at| Some((path.get(..at)?, path.get(at.checked_add(1)?..)?)))
        .find(|(prefix, name)| !prefix.is_empty() && prefix.len() <= 155 && !name.is_empty() && name.len() <= 100)
}

fn copy(field: &mut [u8], value: &[u8]) {
    field.fill(0);
    for (slot, byte) in field.iter_mut().zip(value) {
        *slot = *byte;
    }
}
