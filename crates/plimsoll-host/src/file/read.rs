//! Reading files and directories.

use super::{Action, FileError, Kind, Writers, check_own, error::shown};
use plimsoll_core::{Budget, LimitExceeded};
use std::{
    ffi::OsString,
    fs::{File, Metadata, OpenOptions},
    io::Read as _,
    path::Path,
};

/// Reads a regular file of at most `limit` bytes.
///
/// The file is opened once, without waiting and, with [`Links::Refuse`], without following a link in its last component; what is
/// judged is what was opened. A link further up in the path is followed. A FIFO does not hang.
///
/// ```
/// use plimsoll_host::file::{Links, read_file};
/// let home = tempfile::tempdir()?;
/// std::fs::write(home.path().join("policy.json"), "{}")?;
/// assert_eq!(read_file(&home.path().join("policy.json"), Links::Refuse, 100)?.bytes, b"{}");
/// let error = read_file(home.path(), Links::Refuse, 100).unwrap_err();
/// assert!(error.to_string().ends_with(": expected a regular file, found a directory"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`FileError`]: nothing there, not a regular file, a link, too large, or the operating system says no.
pub fn read_file(path: &Path, links: Links, limit: u64) -> Result<Contents, FileError> {
    read(path, links, limit, |_| Ok(()))
}

/// Reads a file that nobody else can have written.
pub(crate) fn read_own_file(path: &Path, limit: u64) -> Result<Contents, FileError> {
    read(path, Links::Refuse, limit, |metadata| check_own(path, metadata, Writers::Group))
}

fn read(
    path: &Path,
    links: Links,
    limit: u64,
    judge: impl FnOnce(&Metadata) -> Result<(), FileError>,
) -> Result<Contents, FileError> {
    let file = open_file(path, links)?;
    let metadata = file.metadata().map_err(|error| FileError::io(Action::Read, path, &error))?;
    if !metadata.is_file() {
        return Err(FileError::unsafe_path(path, Kind::File, Kind::of(metadata.file_type())));
    }
    judge(&metadata)?;
    // One allocation of the final size: no copy of a secret is left behind by growing.
    let expected = usize::try_from(metadata.len().min(limit)).unwrap_or(0).saturating_add(1);
    let mut bytes = Vec::with_capacity(expected);
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| FileError::io(Action::Read, path, &error))?;
    LimitExceeded::check("bytes", limit, u64::try_from(bytes.len()).unwrap_or(u64::MAX))
        .map_err(|limit| FileError::Limit { path: shown(path), limit })?;
    Ok(Contents { bytes, access: Access::of(&metadata) })
}

/// Lists a directory of at most `limit` entries, in the order of their names.
///
/// # Errors
/// [`FileError`]: nothing there, a link or no directory, too many entries, or the operating system says no.
pub fn list_directory(path: &Path, links: Links, limit: u64) -> Result<Vec<Entry>, FileError> {
    let failed = |error: &std::io::Error| FileError::io(Action::List, path, error);
    directory_access(path, links)?;
    let mut budget = Budget::new("entries", limit);
    let mut entries = Vec::new();
    for entry in path.read_dir().map_err(|error| failed(&error))? {
        budget.spend(1).map_err(|limit| FileError::Limit { path: shown(path), limit })?;
        let entry = entry.map_err(|error| failed(&error))?;
        let kind = Kind::of(entry.file_type().map_err(|error| failed(&error))?);
        entries.push(Entry { name: entry.file_name(), kind });
    }
    entries.sort();
    Ok(entries)
}

/// Says what others may do in a directory.
///
/// # Errors
/// [`FileError`]: nothing there, a link or no directory, or the operating system says no.
pub(crate) fn directory_access(path: &Path, links: Links) -> Result<Access, FileError> {
    let found = match links {
        Links::Follow => path.metadata(),
        Links::Refuse => path.symlink_metadata(),
    }
    .map_err(|error| FileError::io(Action::List, path, &error))?;
    match Kind::of(found.file_type()) {
        Kind::Directory => Ok(Access::of(&found)),
        other => Err(FileError::unsafe_path(path, Kind::Directory, other)),
    }
}

/// What to do where the last component of a path is a symbolic link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Links {
    /// Follow it: for what the user keeps where he likes, such as Docker's configuration.
    Follow,
    /// Refuse it: for what says whom to trust.
    #[default]
    Refuse,
}

/// The bytes of a file and who else has a hand in them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contents {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What others may do with the file.
    pub access: Access,
}

impl std::fmt::Debug for Contents {
    // The bytes may be a private key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Contents({} bytes, {:?})", self.bytes.len(), self.access)
    }
}

/// What users other than the owner may do with a file. Elsewhere than on Unix nothing is known, and [`Access::Owner`] is said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Access {
    /// Only the owner has access.
    Owner,
    /// The group or everybody may read.
    OthersRead,
    /// The group or everybody may write.
    OthersWrite,
}

impl Access {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        match metadata.permissions().mode() {
            mode if mode & 0o022 != 0 => Self::OthersWrite,
            mode if mode & 0o044 != 0 => Self::OthersRead,
            _ => Self::Owner,
        }
    }
    #[cfg(not(unix))]
    pub(crate) fn of(_: &Metadata) -> Self {
        Self::Owner
    }
}

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// Its name.
    pub name: OsString,
    /// What it is, links not followed.
    pub kind: Kind,
}

/// Opens a file to read, without waiting, and without following a link in the last component if links are refused.
#[cfg(unix)]
pub(crate) fn open_file(path: &Path, links: Links) -> Result<File, FileError> {
    use rustix::{fs::OFlags, io::Errno};
    use std::os::unix::fs::OpenOptionsExt as _;
    // O_NONBLOCK: opening a FIFO without a writer would otherwise wait for one. It means nothing to a regular file.
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits().cast_signed());
    options.open(path).map_err(|error| match Errno::from_io_error(&error) {
        // What POSIX says of O_NOFOLLOW on a link; FreeBSD says EMLINK. A circle of links says ELOOP too.
        Some(Errno::LOOP | Errno::MLINK) => FileError::unsafe_path(path, Kind::File, Kind::Link),
        // A socket, or a device that is not there.
        Some(Errno::NXIO) => FileError::unsafe_path(path, Kind::File, Kind::Special),
        _ => FileError::io(Action::Read, path, &error),
    })
}

#[cfg(not(unix))]
pub(crate) fn open_file(path: &Path, links: Links) -> Result<File, FileError> {
    let failed = |error: &std::io::Error| FileError::io(Action::Read, path, error);
    if links == Links::Refuse {
        let found = Kind::of(path.symlink_metadata().map_err(|error| failed(&error))?.file_type());
        if found != Kind::File {
            return Err(FileError::unsafe_path(path, Kind::File, found));
        }
    }
    OpenOptions::new().read(true).open(path).map_err(|error| failed(&error))
}
