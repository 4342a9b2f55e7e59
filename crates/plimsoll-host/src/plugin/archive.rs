//! What a plugin is delivered in: a program, a zip archive, a gzipped tar archive, or a folder.

use super::InstallError;
use crate::file::{Action, FileError, Kind, Links, list_directory, open_file, shown};
use plimsoll_core::{Escaped, LimitExceeded};
use std::{
    cell::Cell,
    fs::{File, OpenOptions},
    io::{self, Read, Seek as _},
    path::{Component, Path},
};

/// Unpacks what a plugin is delivered in (a program, a zip archive or a gzipped tar archive) into an empty folder, and gives the names of its files: the
/// first step of [`install`](super::install()). Nothing of it is run or judged, and no digest is compared.
///
/// # Errors
/// [`InstallError`]: no such source, an archive that is malformed or too large, or one with links or with names that lead elsewhere. Files may have been
/// written until then.
pub fn unpack_plugin(source: &Path, into: &Path) -> Result<Vec<String>, InstallError> {
    unpack(source, &mut open_file(source, Links::Follow)?, into)
}

/// Puts the files of a source into an empty folder, and gives their names. Those in folders of an archive are left out, as in
/// Notation.
pub(super) fn unpack(source: &Path, file: &mut File, into: &Path) -> Result<Vec<String>, InstallError> {
    let failed = |error: io::Error| InstallError::File(FileError::io(Action::Read, source, &error));
    let mut start = Vec::with_capacity(4);
    file.by_ref().take(4).read_to_end(&mut start).map_err(failed)?;
    file.rewind().map_err(failed)?;
    let mut unpacking = Unpacking { source, into, left: MOST, names: Vec::new() };
    match start.as_slice() {
        b"PK\x03\x04" => unpacking.zip(file)?,
        [0x1f, 0x8b, ..] => unpacking.tar_gz(file)?,
        _ => {
            let name = source.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            unpacking.put(name, file)?;
        }
    }
    Ok(unpacking.names)
}

/// Copies the files of a folder; what is no file is left out, and a link is refused.
pub(super) fn copy(source: &Path, into: &Path) -> Result<Vec<String>, InstallError> {
    let mut unpacking = Unpacking { source, into, left: MOST, names: Vec::new() };
    for entry in list_directory(source, Links::Follow, ENTRIES)? {
        let path = source.join(&entry.name);
        match (entry.kind, entry.name.to_str()) {
            (Kind::File, Some(name)) => unpacking.put(name, &mut open_file(&path, Links::Refuse)?)?,
            (Kind::Link, _) => return Err(FileError::unsafe_path(&path, Kind::File, Kind::Link).into()),
            _ => {}
        }
    }
    Ok(unpacking.names)
}

/// A file of which only so much is read.
struct Metered<'a> {
    file: &'a mut File,
    left: &'a Cell<u64>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let left = self.left.get().checked_sub(u64::try_from(count).unwrap_or(u64::MAX));
        self.left.set(left.ok_or(io::ErrorKind::InvalidData)?);
        Ok(count)
    }
}

impl io::Seek for Metered<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// The headers that say the name of the entry behind them: `L` of GNU, `x` of POSIX.
#[derive(Default)]
struct LongNames {
    name: Option<Vec<u8>>,
}

impl LongNames {
    /// Takes a header; says whether it was one. A size in a header is one that others read differently, and is refused.
    fn take<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<bool, ()> {
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            return Ok(true);
        }
        if !kind.is_gnu_longname() && !kind.is_pax_local_extensions() {
            return Ok(false);
        }
        let mut content = Vec::new();
        entry.by_ref().take(HEADER.saturating_add(1)).read_to_end(&mut content).map_err(drop)?;
        if u64::try_from(content.len()).is_ok_and(|length| length > HEADER) {
            return Err(());
        }
        if kind.is_gnu_longname() {
            content.truncate(content.iter().position(|byte| *byte == 0).unwrap_or(content.len()));
            self.name = Some(content);
            return Ok(true);
        }
        for record in tar::PaxExtensions::new(&content) {
            let record = record.map_err(drop)?;
            match record.key_bytes() {
                b"path" => self.name = Some(record.value_bytes().to_vec()),
                b"size" => return Err(()),
                _ => {}
            }
        }
        Ok(true)
    }
    /// The name of an entry, by the header before it or its own.
    fn name_of<R: Read>(&mut self, entry: &tar::Entry<'_, R>) -> String {
        let name = self.name.take();
        let name = name.unwrap_or_else(|| entry.header().path_bytes().into_owned());
        String::from_utf8_lossy(&name).into_owned()
    }
}

struct Unpacking<'a> {
    source: &'a Path,
    into: &'a Path,
    left: u64,
    names: Vec<String>,
}

impl Unpacking<'_> {
    fn zip(&mut self, file: &mut File) -> Result<(), InstallError> {
        let malformed = |_| InstallError::Archive { path: shown(self.source) };
        // Reading the directory of an archive takes memory for each of its entries, however many it has: it may only be so long.
        let left = Cell::new(DIRECTORY);
        let mut archive = zip::ZipArchive::new(Metered { file, left: &left }).map_err(malformed)?;
        self.count(archive.len())?;
        left.set(MOST.saturating_mul(2));
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).map_err(|_| InstallError::Archive { path: shown(self.source) })?;
            let name = entry.name().map_err(|_| InstallError::Archive { path: shown(self.source) })?.into_owned();
            if entry.is_symlink() || entry.encrypted() {
                return Err(self.escapes(&name));
            }
            let is_file = entry.is_file();
            self.entry(&name, is_file, &mut entry)?;
        }
        Ok(())
    }
    fn tar_gz(&mut self, file: &mut File) -> Result<(), InstallError> {
        let malformed = |_: io::Error| InstallError::Archive { path: shown(self.source) };
        // A bomb ends here, whatever its headers say: the stream itself is bounded.
        let stream = flate2::read::MultiGzDecoder::new(file).take(MOST.saturating_mul(2));
        let mut archive = tar::Archive::new(stream);
        let (mut count, mut headers) = (0_usize, LongNames::default());
        // Raw: read by the library, the long name before an entry would be as long as it says.
        for entry in archive.entries().map_err(malformed)?.raw(true) {
            count = count.saturating_add(1);
            self.count(count)?;
            let mut entry = entry.map_err(malformed)?;
            match headers.take(&mut entry) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(()) => return Err(InstallError::Archive { path: shown(self.source) }),
            }
            let name = headers.name_of(&entry);
            let kind = entry.header().entry_type();
            if !kind.is_file() && !kind.is_dir() {
                return Err(self.escapes(&name));
            }
            self.entry(&name, kind.is_file(), &mut entry)?;
        }
        Ok(())
    }
    /// Judges the name of an entry before anything is done with it.
    fn entry(&mut self, name: &str, is_file: bool, content: &mut impl Read) -> Result<(), InstallError> {
        // A backslash parts names for those who pack on Windows.
        let stays = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if name.is_empty()
            || name.len() > NAME
            || name.contains(['\\', '\0'])
            || !Path::new(name).components().all(stays)
        {
            return Err(self.escapes(name));
        }
        let name = name.strip_prefix("./").unwrap_or(name);
        if is_file && !name.contains('/') { self.put(name, content) } else { Ok(()) }
    }
    fn put(&mut self, name: &str, content: &mut impl Read) -> Result<(), InstallError> {
        let path = self.into.join(name);
        let failed = |error: io::Error| InstallError::File(FileError::io(Action::Write, &path, &error));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(
            &mut options,
            if name.starts_with("notation-") { 0o700 } else { 0o600 },
        );
        // Two entries of one name: of two readers each would take another one.
        let mut file = options.open(&path).map_err(failed)?;
        let written = io::copy(&mut content.take(self.left.saturating_add(1)), &mut file);
        let written = written.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                InstallError::Archive { path: shown(self.source) }
            }
            _ => failed(error),
        })?;
        self.left = self.left.checked_sub(written).ok_or_else(|| InstallError::Limit {
            path: shown(self.source),
            limit: LimitExceeded { what: "bytes", limit: MOST },
        })?;
        self.names.push(name.to_owned());
        Ok(())
    }
    fn count(&self, found: usize) -> Result<(), InstallError> {
        LimitExceeded::check("entries", ENTRIES, u64::try_from(found).unwrap_or(u64::MAX))
            .map_err(|limit| InstallError::Limit { path: shown(self.source), limit })
    }
    fn escapes(&self, name: &str) -> InstallError {
        InstallError::Entry { path: shown(self.source), entry: Escaped::new(name) }
    }
}

/// Bytes of a source, and of what comes out of it: 256 MiB, as notation (cmd/notation/plugin/install.go).
pub(super) const MOST: u64 = 256 << 20;
/// Files of a plugin. Most are one program and a licence.
const ENTRIES: u64 = 1024;
/// Bytes of a name: Linux's longest path.
const NAME: usize = 4096;
/// Bytes of a header before an entry, which says its name: a name, and times and owners beside it.
const HEADER: u64 = 16 * 1024;
/// Bytes that are read to find and read the directory of a zip archive: [`ENTRIES`] with names of some hundred bytes, and the comment at the end.
const DIRECTORY: u64 = 1 << 20;
