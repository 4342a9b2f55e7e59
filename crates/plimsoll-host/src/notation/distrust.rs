//! `distrust.json`.

use super::NotationDirectory;
use crate::{
    Loaded, Warning,
    file::{FileError, Links, Overwrite, Permission, create_directory, read_file, shown, write_file},
};
use plimsoll_core::{Classify, Code, Escaped};
use plimsoll_pki::distrust::{Distrust, DistrustEntry, DistrustError, Subject};

/// Reads `distrust.json`: whom not to trust, whatever a trust store says. Where no file is, nobody is distrusted.
///
/// # Errors
/// [`DistrustFileError`]: a link, unreadable, or malformed. Then nothing may be trusted: a list that cannot be read may hold anybody.
pub fn load_distrust(directory: &NotationDirectory) -> Result<Loaded<Distrust>, DistrustFileError> {
    Ok(find_distrust(directory)?.unwrap_or_else(|| Loaded::plain(Distrust::default())))
}

/// As [`load_distrust`], and tells a list that is not there (`None`) from one that is empty: to a program that runs long and read
/// one before, the two are not the same.
///
/// # Errors
/// As for [`load_distrust`].
pub fn find_distrust(directory: &NotationDirectory) -> Result<Option<Loaded<Distrust>>, DistrustFileError> {
    let path = directory.distrust();
    let contents = match read_file(&path, Links::Refuse, LIMIT) {
        Ok(contents) => contents,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let value = Distrust::from_json(&contents.bytes);
    let value = value.map_err(|error| DistrustFileError::List { path: shown(&path), error })?;
    Ok(Some(Loaded { value, warnings: Warning::writable(&path, contents.access).into_iter().collect() }))
}

/// Adds an entry to `distrust.json`, whole or not at all, and returns the one for the same subject that it replaces.
///
/// # Errors
/// [`DistrustFileError`]: the list that is there cannot be read, or the new one not written.
pub fn add_distrust(
    directory: &NotationDirectory,
    entry: DistrustEntry,
) -> Result<Option<DistrustEntry>, DistrustFileError> {
    change(directory, |list| list.add(entry))
}

/// Takes the entry for a subject out of `distrust.json`, and returns it; `None` if there is none.
///
/// # Errors
/// As for [`add_distrust`].
pub fn remove_distrust(
    directory: &NotationDirectory,
    subject: &Subject,
) -> Result<Option<DistrustEntry>, DistrustFileError> {
    change(directory, |list| list.remove(subject))
}

/// Reads, changes and writes, while no other Plimsoll does: an entry that is lost would be trust.
fn change<T>(directory: &NotationDirectory, change: impl FnOnce(&mut Distrust) -> T) -> Result<T, DistrustFileError> {
    create_directory(directory.path())?;
    let _alone = directory.alone()?;
    let mut list = load_distrust(directory)?.value;
    let done = change(&mut list);
    write_file(&directory.distrust(), list.to_json().as_bytes(), Permission::Everybody, Overwrite::Replace)?;
    Ok(done)
}

/// Why there is no telling whom not to trust.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistrustFileError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not a distrust list.
    #[error("`{path}`: {error}")]
    List {
        /// The file.
        path: Escaped,
        /// What is wrong.
        error: DistrustError,
    },
}

impl Classify for DistrustFileError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::List { error, .. } => error.code(),
        }
    }
}

/// One byte more than a list may have, so that it is the parser that says so.
const LIMIT: u64 = 4 * 1024 * 1024 + 1;
