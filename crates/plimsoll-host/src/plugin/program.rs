//! The program of a plugin: opened once, judged, and run by that handle.

use super::PluginRunError;
use crate::{
    file::{Action, FileError, Kind, Links, open_file, shown},
    process::is_program,
};
use plimsoll_core::{Digest, Hasher};
use plimsoll_notary::plugin::PluginName;
use std::{
    fs::File,
    io::{Read as _, Seek as _},
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
    /// Opens the program of a plugin, and judges what was opened: a regular file, not a link, not for everybody to write, a program by
    /// itself, and, if a digest is pinned, with that digest.
    pub(super) fn open(plugin: &PluginName, path: &Path, pinned: Option<&Digest>) -> Result<Self, PluginRunError> {
        let failed = |error: &std::io::Error| PluginRunError::File(FileError::io(Action::Read, path, error));
        let mut handle = match open_file(path, Links::Refuse) {
            Ok(handle) => handle,
            Err(error) if error.is_missing() => {
                return Err(PluginRunError::NotInstalled { plugin: plugin.clone(), path: shown(path) });
            }
            Err(error) => return Err(PluginRunError::File(error)),
        };
        let metadata = handle.metadata().map_err(|error| failed(&error))?;
        if !metadata.is_file() {
            let found = Kind::of(metadata.file_type());
            return Err(PluginRunError::File(FileError::unsafe_path(path, Kind::File, found)));
        }
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o002 != 0 {
            return Err(PluginRunError::OthersCanWrite { path: shown(path) });
        }
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

/// The digest of a file, from where it stands.
pub(super) fn sha256(file: &mut File) -> std::io::Result<Digest> {
    let mut hasher = Hasher::sha256();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            file.rewind()?;
            return Ok(hasher.finish("").descriptor().digest);
        }
        hasher.push(buffer.get(..count).unwrap_or_default());
    }
}
