//! A directory for what is only needed while a command runs.

use crate::{
    failure::Failure,
    interrupted::{self, Undo},
};
use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, path::Path, thread, time::Duration};
use tempfile::TempDir;

/// A directory for nobody else. It is removed with the value, and when the command is told to end.
pub(crate) struct Scratch {
    folder: TempDir,
    /// Dropped last: until the directory is gone, it is on the list.
    _undo: Undo,
}

/// Makes a directory for nobody else.
pub(crate) fn directory() -> Result<Scratch, Failure> {
    named("plimsoll-")
}

/// Makes a directory for nobody else, with a name that begins so.
pub(crate) fn named(prefix: &str) -> Result<Scratch, Failure> {
    let make = || {
        let folder = tempfile::Builder::new().prefix(prefix).permissions(Permissions::from_mode(0o700)).tempdir()?;
        let path = folder.path().to_path_buf();
        let action: interrupted::Action = Box::new(move || remove(&path));
        Ok((folder, action))
    };
    let made = interrupted::guarded(make);
    let (folder, undo) =
        made.map_err(|error: std::io::Error| Failure::unknown(format!("no temporary directory: {error}")))?;
    Ok(Scratch { folder, _undo: undo })
}

impl Scratch {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
    /// Removes it, and says what was in the way.
    pub(crate) fn close(self) -> Result<(), Failure> {
        self.folder.close().map_err(|error| Failure::unknown(format!("the temporary directory: {error}")))
    }
}

fn remove(path: &Path) {
    // Whoever is still writing there makes new files for a moment.
    for _ in 0..20 {
        if std::fs::remove_dir_all(path).is_ok() || !path.exists() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
