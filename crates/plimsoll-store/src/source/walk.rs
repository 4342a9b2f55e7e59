//! A walk through a directory, by handles, in the order of names.

use crate::directory::{broken, failed, identity};
use plimsoll_core::{Escaped, StoreError, UnixTime, code};
use plimsoll_image::LayerBuilder;
use plimsoll_oci::{TarEntry, TarKind};
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
use std::{
    collections::BTreeMap,
    ffi::{CStr, CString},
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
    path::Path,
};

/// Deepest nesting, as in layers that are read.
const DEPTH: usize = 256;
/// Most paths that are reported as passed over.
const REPORTED: usize = 100;

/// A walk through a directory. Links are never followed.
pub(super) struct Walk {
    stack: Vec<Level>,
    latest: UnixTime,
    /// Device and number of the directory that is written to.
    without: (u64, u64),
    /// Where the first name of a file with several was written.
    links: BTreeMap<(u64, u64), Vec<u8>>,
    chunk: Vec<u8>,
    pub(super) entries: u64,
    pub(super) skipped: Vec<Escaped>,
}

struct Level {
    handle: OwnedFd,
    path: Vec<u8>,
    /// What is still to be visited, the next one last.
    names: Vec<CString>,
}

impl Walk {
    /// Starts at a directory. `without` is the directory that is written to, which cannot hold itself.
    pub(super) fn new(root: &Path, latest: UnixTime, without: (u64, u64)) -> Result<Self, StoreError> {
        let shown = root.display().to_string();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = fs::open(root, flags, Mode::empty()).map_err(|error| failed("open", &shown, error))?;
        let stack = vec![Level::new(handle, Vec::new())?];
        let chunk = vec![0; crate::file::CHUNK];
        let walk = Self { stack, latest, without, links: BTreeMap::new(), chunk, entries: 0, skipped: Vec::new() };
        walk.stack.first().map_or(Ok(()), |level| walk.refuse(&level.handle, &shown))?;
        Ok(walk)
    }
    pub(super) fn run<W: Write>(&mut self, layer: &mut LayerBuilder<W>) -> Result<(), StoreError> {
        while let Some(level) = self.stack.last_mut() {
            let Some(name) = level.names.pop() else {
                self.stack.pop();
                continue;
            };
            let mut path = level.path.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name.to_bytes());
            if let Some(below) = self.visit(&name, path, layer)? {
                if self.stack.len() >= DEPTH {
                    let message = format!("more than {DEPTH} levels of directories");
                    return Err(StoreError::other(code::LIMIT_EXCEEDED, message));
                }
                self.stack.push(below);
            }
        }
        Ok(())
    }
    /// Writes what is at a path; a directory is returned, to be walked next.
    fn visit<W: Write>(
        &mut self,
        name: &CStr,
        path: Vec<u8>,
        layer: &mut LayerBuilder<W>,
    ) -> Result<Option<Level>, StoreError> {
        let Some(parent) = self.stack.last().map(|level| &level.handle) else { return Ok(None) };
        let shown = shown(&path);
        let stat =
            fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| failed("examine", &shown, error))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let handle =
                    fs::openat(parent, name, flags, Mode::empty()).map_err(|error| failed("open", &shown, error))?;
                self.refuse(&handle, &shown)?;
                self.entry(&path, TarKind::Directory, &stat, layer)?;
                return Level::new(handle, path).map(Some);
            }
            FileType::RegularFile => self.file(name, path, layer)?,
            FileType::Symlink => {
                let target = fs::readlinkat(parent, name, Vec::new()).map_err(|error| failed("read", &shown, error))?;
                self.entry(&path, TarKind::Symlink(target.to_bytes()), &stat, layer)?;
            }
            _ if self.skipped.len() < REPORTED => self.skipped.push(Escaped::bytes(&path)),
            _ => {}
        }
        Ok(None)
    }
    /// A layout inside of what is packed into it would hold its earlier layers, and the half-written one.
    fn refuse(&self, directory: &OwnedFd, shown: &str) -> Result<(), StoreError> {
        if identity(directory, shown)? != self.without {
            return Ok(());
        }
        let message =
            format!("`{}`: the layout that is written to lies in the directory that is packed", Escaped::new(shown));
        Err(StoreError::other(plimsoll_oci::code::PATH_ESCAPE, message))
    }
    fn file<W: Write>(&mut self, name: &CStr, path: Vec<u8>, layer: &mut LayerBuilder<W>) -> Result<(), StoreError> {
        let Some(parent) = self.stack.last().map(|level| &level.handle) else { return Ok(()) };
        let shown = shown(&path);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let handle = fs::openat(parent, name, flags, Mode::empty()).map_err(|error| failed("open", &shown, error))?;
        let stat = fs::fstat(&handle).map_err(|error| failed("examine", &shown, error))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(changed(&shown));
        }
        let identity = (stat.st_dev, stat.st_ino);
        if let Some(first) = self.links.get(&identity).cloned() {
            return self.entry(&path, TarKind::HardLink(&first), &stat, layer);
        }
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        self.entry(&path, TarKind::File(size), &stat, layer)?;
        self.content(File::from(handle), size, &shown, layer)?;
        if stat.st_nlink > 1 {
            self.links.insert(identity, path);
        }
        Ok(())
    }
    fn content<W: Write>(
        &mut self,
        mut file: File,
        size: u64,
        shown: &str,
        layer: &mut LayerBuilder<W>,
    ) -> Result<(), StoreError> {
        let mut left = size;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(self.chunk.len());
            let slice = self.chunk.get_mut(..most).unwrap_or_default();
            let read = file.read(slice).map_err(|error| broken("read", shown, &error))?;
            if read == 0 {
                return Err(changed(shown));
            }
            layer.content(self.chunk.get(..read).unwrap_or_default()).map_err(|error| broken("pack", shown, &error))?;
            left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        }
        Ok(())
    }
    fn entry<W: Write>(
        &mut self,
        path: &[u8],
        kind: TarKind<'_>,
        stat: &Stat,
        layer: &mut LayerBuilder<W>,
    ) -> Result<(), StoreError> {
        let mtime = u64::try_from(stat.st_mtime).unwrap_or(0).min(self.latest.as_secs());
        // What a link's own mode says differs between systems, and means nothing.
        let mode = if matches!(kind, TarKind::Symlink(_)) { 0o777 } else { stat.st_mode & 0o7777 };
        self.entries = self.entries.saturating_add(1);
        layer.entry(&TarEntry { path, kind, mode, mtime }).map_err(|error| broken("pack", &shown(path), &error))
    }
}

impl Level {
    fn new(handle: OwnedFd, path: Vec<u8>) -> Result<Self, StoreError> {
        let shown = shown(&path);
        let list = fs::Dir::read_from(&handle).map_err(|error| failed("list", &shown, error))?;
        let mut names = Vec::new();
        for entry in list {
            let entry = entry.map_err(|error| failed("list", &shown, error))?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push(entry.file_name().to_owned());
            }
        }
        names.sort_by(|one, other| other.cmp(one));
        Ok(Self { handle, path, names })
    }
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(if path.is_empty() { b"." } else { path }).into_owned()
}

fn changed(path: &str) -> StoreError {
    let message = format!("`{}` changed while it was read", Escaped::new(path));
    StoreError::other(crate::code::STORAGE_FAILED, message)
}
