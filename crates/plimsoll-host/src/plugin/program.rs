//! The program of a plugin: opened once, judged, and run by that handle.

use super::{PluginRunError, hashed::copy_hashed};
use crate::{
    file::{Action, FileError, Kind, Writers, check_own, shown},
    process::is_program,
};
use plimsoll_core::Digest;
use plimsoll_notary::plugin::PluginName;
use std::{
    fs::File,
    io::{self, Seek as _},
    path::{Path, PathBuf},
    process::Command,
};

/// A program that was opened, and may be run as long as this is kept.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    /// Held until the child has read the program: what is run is what was judged.
    handle: File,
}

impl Program {
    /// Opens the program of a plugin, and judges what was opened: a regular file in a folder that is a folder, no link either of them, both
    /// of this user or of root and not for everybody to write, a program by itself, and, if a digest is pinned, with that digest.
    pub(super) fn open(plugin: &PluginName, path: &Path, pinned: Option<&Digest>) -> Result<Self, PluginRunError> {
        let failed = |error: &io::Error| PluginRunError::File(FileError::io(Action::Read, path, error));
        let mut handle = open(path).map_err(|error| {
            if error.is_missing() {
                PluginRunError::NotInstalled { plugin: plugin.clone(), path: shown(path) }
            } else {
                refused(error)
            }
        })?;
        let metadata = handle.metadata().map_err(|error| failed(&error))?;
        if !metadata.is_file() {
            let found = Kind::of(metadata.file_type());
            return Err(PluginRunError::File(FileError::unsafe_path(path, Kind::File, found)));
        }
        check_own(path, &metadata, Writers::Everybody).map_err(refused)?;
        if !is_program(&mut handle).map_err(|error| failed(&error))? {
            return Err(PluginRunError::NoProgram { path: shown(path) });
        }
        if let Some(expected) = pinned {
            let found = sha256(&mut handle).map_err(|error| failed(&error))?;
            if found != *expected {
                return Err(PluginRunError::Digest { plugin: plugin.clone(), expected: *expected, found });
            }
        }
        Ok(Self { path: path.to_owned(), handle })
    }
    /// The command that runs it. On Linux it names the handle: a file that takes the path's place now is not run. The handle is that
    /// of this process, as an interpreter opens its script by the name that it was given.
    pub(super) fn command(&self) -> Command {
        #[cfg(target_os = "linux")]
        {
            use std::os::{fd::AsRawFd as _, unix::process::CommandExt as _};
            let handle = format!("/proc/{}/fd/{}", std::process::id(), self.handle.as_raw_fd());
            let mut command = Command::new(handle);
            command.arg0(&self.path);
            command
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = &self.handle;
            Command::new(&self.path)
        }
    }
}

fn refused(error: FileError) -> PluginRunError {
    match error {
        FileError::OthersCanWrite { path } => PluginRunError::OthersCanWrite { path },
        error => PluginRunError::File(error),
    }
}

/// Opens the program in its folder, which is opened first and judged: what takes the folder's place then is not looked at.
#[cfg(unix)]
fn open(path: &Path) -> Result<File, FileError> {
    use rustix::{
        fs::{Mode, OFlags, open, openat},
        io::Errno,
    };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(FileError::unsafe_path(path, Kind::File, Kind::Directory));
    };
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let opened = open(folder, flags | OFlags::DIRECTORY, Mode::empty()).map_err(|errno| match errno {
        // Linux says ENOTDIR of a link, others ELOOP or EMLINK.
        Errno::NOTDIR | Errno::LOOP | Errno::MLINK => match folder.symlink_metadata() {
            Ok(found) => FileError::unsafe_path(folder, Kind::Directory, Kind::of(found.file_type())),
            Err(error) => FileError::io(Action::Read, folder, &error),
        },
        errno => FileError::io(Action::Read, folder, &errno.into()),
    })?;
    let opened = File::from(opened);
    let found = opened.metadata().map_err(|error| FileError::io(Action::Read, folder, &error))?;
    check_own(folder, &found, Writers::Everybody)?;
    let program = openat(&opened, name, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::LOOP | Errno::MLINK => FileError::unsafe_path(path, Kind::File, Kind::Link),
        // A socket, or a device that is not there.
        Errno::NXIO => FileError::unsafe_path(path, Kind::File, Kind::Special),
        errno => FileError::io(Action::Read, path, &errno.into()),
    })?;
    Ok(program.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, FileError> {
    crate::file::open_file(path, crate::file::Links::Refuse)
}

/// The digest of a file, from where it stands.
fn sha256(file: &mut File) -> io::Result<Digest> {
    let (_, digest) = copy_hashed(file, &mut io::sink())?;
    file.rewind()?;
    Ok(digest)
}
