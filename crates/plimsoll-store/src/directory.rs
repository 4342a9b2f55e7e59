//! Files below one directory, by handle: no link is followed, and what is no regular file is not opened.

use plimsoll_core::StoreError;
use rustix::{
    fs::{self, AtFlags, FileType, FlockOperation, Mode, OFlags},
    io::Errno,
};
use std::{fs::File, io::Read, os::fd::OwnedFd, path::Path};

use crate::code;

/// A directory that was opened once. Names are looked up below its handle, so nobody can swap it for another.
#[derive(Debug)]
pub(crate) struct Directory {
    handle: OwnedFd,
    shown: String,
}

const FILE_MODE: Mode = Mode::from_raw_mode(0o644);
const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o755);

impl Directory {
    /// Opens the directory that the user named; links on the way to it are the user's own.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let shown = path.display().to_string();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match fs::open(path, flags, Mode::empty()) {
            Ok(handle) => Ok(Self { handle, shown }),
            Err(Errno::NOENT) => Err(StoreError::Absent { what: shown.as_str().into() }),
            Err(error) => Err(failed("open", &shown, error)),
        }
    }
    /// Device and number.
    pub(crate) fn identity(&self) -> Result<(u64, u64), StoreError> {
        identity(&self.handle, &self.shown)
    }
    /// A name below it, as it is shown.
    pub(crate) fn show(&self, name: &str) -> String {
        format!("{}/{name}", self.shown)
    }
    /// Opens a directory in it; `None` where there is none.
    pub(crate) fn enter(&self, name: &str) -> Result<Option<Self>, StoreError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(handle) => Ok(Some(Self { handle, shown: self.show(name) })),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => Err(self.escape(name, "a directory")),
            Err(error) => Err(failed("open", &self.show(name), error)),
        }
    }
    /// Opens a directory in it, and makes it if need be.
    pub(crate) fn make(&self, name: &str) -> Result<Self, StoreError> {
        match fs::mkdirat(&self.handle, name, DIRECTORY_MODE) {
            Ok(()) => self.sync()?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(failed("make", &self.show(name), error)),
        }
        self.enter(name)?.ok_or_else(|| StoreError::Absent { what: self.show(name).as_str().into() })
    }
    /// Opens a regular file for reading; `None` where there is none. A FIFO does not block.
    pub(crate) fn read(&self, name: &str) -> Result<Option<File>, StoreError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(handle) => self.regular(handle.into(), name).map(Some),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP | Errno::NXIO) => Err(self.escape(name, "a regular file")),
            Err(error) => Err(failed("open", &self.show(name), error)),
        }
    }
    fn regular(&self, file: File, name: &str) -> Result<File, StoreError> {
        let stat = fs::fstat(&file).map_err(|error| failed("examine", &self.show(name), error))?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            Ok(file)
        } else {
            Err(self.escape(name, "a regular file"))
        }
    }
    /// Reads a small file whole; `None` where there is none.
    pub(crate) fn read_whole(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(file) = self.read(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let most = limit.saturating_add(1);
        file.take(most).read_to_end(&mut bytes).map_err(|error| broken("read", &self.show(name), &error))?;
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if found > limit {
            let message = format!("`{}`: more than {limit} bytes", self.show(name));
            return Err(StoreError::other(plimsoll_core::code::LIMIT_EXCEEDED, message));
        }
        Ok(Some(bytes))
    }
    /// Makes a new file; `None` where the name is taken.
    pub(crate) fn create(&self, name: &str) -> Result<Option<File>, StoreError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match fs::openat(&self.handle, name, flags, FILE_MODE) {
            Ok(handle) => Ok(Some(handle.into())),
            Err(Errno::EXIST) => Ok(None),
            Err(error) => Err(failed("make", &self.show(name), error)),
        }
    }
    /// Waits for the lock that `name` stands for. It is released when the file is dropped, or its process dies.
    pub(crate) fn lock(&self, name: &str) -> Result<File, StoreError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let handle = match fs::openat(&self.handle, name, flags, FILE_MODE) {
            Ok(handle) => handle,
            Err(Errno::LOOP) => return Err(self.escape(name, "a regular file")),
            Err(error) => return Err(failed("open", &self.show(name), error)),
        };
        let file = self.regular(handle.into(), name)?;
        fs::flock(&file, FlockOperation::LockExclusive).map_err(|error| failed("lock", &self.show(name), error))?;
        Ok(file)
    }
    /// Moves a file of `from` here, over what is there, for good.
    pub(crate) fn take(&self, from: &Self, old: &str, new: &str) -> Result<(), StoreError> {
        fs::renameat(&from.handle, old, &self.handle, new).map_err(|error| failed("name", &self.show(new), error))?;
        self.sync()
    }
    /// Removes a file. Says whether it was there.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, StoreError> {
        match fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(failed("remove", &self.show(name), error)),
        }
    }
    /// The names in it, at most `limit`.
    pub(crate) fn names(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        let list = fs::Dir::read_from(&self.handle).map_err(|error| failed("list", &self.shown, error))?;
        let names =
            list.filter_map(Result::ok).filter_map(|entry| entry.file_name().to_str().ok().map(ToOwned::to_owned));
        Ok(names.filter(|name| name != "." && name != "..").take(limit).collect())
    }
    /// Makes what was done to its names durable.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        fs::fsync(&self.handle).map_err(|error| failed("sync", &self.shown, error))
    }
    fn escape(&self, name: &str, expected: &str) -> StoreError {
        let message = format!("`{}`: expected {expected}, found a link or something else", self.show(name));
        StoreError::other(plimsoll_oci::code::PATH_ESCAPE, message)
    }
}

/// Device and number of a directory: whatever the way to it, it is the same.
pub(crate) fn identity(directory: &OwnedFd, shown: &str) -> Result<(u64, u64), StoreError> {
    let stat = fs::fstat(directory).map_err(|error| failed("examine", shown, error))?;
    Ok((stat.st_dev, stat.st_ino))
}

/// What the operating system said, with what was done.
pub(crate) fn failed(what: &str, path: &str, error: Errno) -> StoreError {
    broken(what, path, &error.into())
}

pub(crate) fn broken(what: &str, path: &str, error: &std::io::Error) -> StoreError {
    StoreError::other(code::STORAGE_FAILED, format!("cannot {what} `{}`: {error}", plimsoll_core::Escaped::new(path)))
}
