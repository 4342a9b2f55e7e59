//! Writing files.

use super::{Action, FileError, Kind};
use std::{
    fs::{DirBuilder, File},
    io::Write as _,
    path::Path,
};

/// Writes a file whole or not at all.
///
/// The bytes go to a new file beside `path`, which gets `permission` before anything is in it, are flushed to the disk, and take
/// the name in one step. After a crash the old file or the new one is there. A link at `path` is not written through.
///
/// # Errors
/// [`FileError`]: there already and not to be replaced, a link or directory in the way, or the operating system says no.
pub fn write_file(path: &Path, bytes: &[u8], permission: Permission, overwrite: Overwrite) -> Result<(), FileError> {
    let failed = |error: &std::io::Error| FileError::io(Action::Write, path, error);
    match path.symlink_metadata() {
        Ok(found) if !found.is_file() => {
            return Err(FileError::unsafe_path(path, Kind::File, Kind::of(found.file_type())));
        }
        Ok(_) | Err(_) => {}
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = new_file(directory, permission).map_err(|error| failed(&error))?;
    new.write_all(bytes).and_then(|()| new.as_file().sync_all()).map_err(|error| failed(&error))?;
    match overwrite {
        Overwrite::Refuse => new.persist_noclobber(path),
        Overwrite::Replace => new.persist(path),
    }
    .map_err(|refused| failed(&refused.error))?;
    flush_directory(directory).map_err(|error| failed(&error))
}

/// Makes a directory and those above it, for nobody but the owner. One that is there stays as it is.
///
/// # Errors
/// [`FileError`]: something else is in the way, or the operating system says no.
pub fn create_directory(path: &Path) -> Result<(), FileError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| FileError::io(Action::Create, path, &error))
}

/// Who may read a file that is written. Only the owner may ever write it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Permission {
    /// Nobody else (0600).
    #[default]
    Owner,
    /// Everybody, as far as the process's umask allows (0644).
    Everybody,
}

/// What to do where a file is there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Overwrite {
    /// Leave it, and say so.
    #[default]
    Refuse,
    /// Replace it.
    Replace,
}

fn new_file(directory: &Path, permission: Permission) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".plimsoll-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(match permission {
            Permission::Owner => 0o600,
            Permission::Everybody => 0o644,
        }));
    }
    #[cfg(not(unix))]
    let _ = permission;
    builder.tempfile_in(directory)
}

/// Makes the new name as durable as the bytes. Windows does not open directories, and needs no such step.
fn flush_directory(directory: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
