//! `crl/*.crl` and `crl/*.pem`: revocation lists that the operator put there.

use super::NotationDirectory;
use crate::{
    Loaded, Warning,
    file::{FileError, Kind, Links, list_directory, read_file, shown},
};
use plimsoll_core::{Classify, Code, Escaped};
use plimsoll_pki::crl::{CertificateList, CrlError, CrlLimits, read_lists};
use std::path::Path;

/// Reads the revocation lists of the folder `crl`, in DER or PEM, in the order of their files' names. Where no folder is, there are
/// none.
///
/// Nothing in a list is trusted for lying there: its issuer's signature and its time are checked when it is used.
///
/// # Errors
/// [`RevocationListError`]: a link, unreadable, or no revocation list. What a broken list would have said is not known, so that all or
/// none are read.
pub fn load_revocation_lists(
    directory: &NotationDirectory,
    limits: &CrlLimits,
) -> Result<Loaded<Vec<CertificateList>>, RevocationListError> {
    Ok(find_revocation_lists(directory, limits)?.unwrap_or_else(|| Loaded::plain(Vec::new())))
}

/// As [`load_revocation_lists`], and tells a folder that is not there (`None`) from one without lists: to a program that runs long and
/// read one before, the two are not the same.
///
/// # Errors
/// As for [`load_revocation_lists`].
pub fn find_revocation_lists(
    directory: &NotationDirectory,
    limits: &CrlLimits,
) -> Result<Option<Loaded<Vec<CertificateList>>>, RevocationListError> {
    let folder = directory.revocation_lists();
    let mut found = Loaded::plain(Vec::new());
    let entries = match list_directory(&folder, Links::Refuse, ENTRIES) {
        Ok(entries) => entries,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let path = folder.join(&entry.name);
        if !holds_lists(&path) || entry.kind == Kind::Directory {
            found.warnings.push(Warning::NoRevocationList { path: shown(&path) });
            continue;
        }
        let contents = read_file(&path, Links::Refuse, FILE)?;
        found.warnings.extend(Warning::writable(&path, contents.access));
        let lists = read_lists(contents.bytes, limits);
        found.value.extend(lists.map_err(|error| RevocationListError::List { path: shown(&path), error })?);
    }
    Ok(Some(found))
}

/// `.crl` or `.pem`, in any case.
fn holds_lists(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|found| ["crl", "pem"].iter().any(|known| found.eq_ignore_ascii_case(known)))
}

/// Why the operator's revocation lists cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationListError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file holds something else.
    #[error("`{path}`: {error}")]
    List {
        /// The file.
        path: Escaped,
        /// What is wrong.
        error: CrlError,
    },
}

impl Classify for RevocationListError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::List { error, .. } => error.code(),
        }
    }
}

/// Lists of a team.
const ENTRIES: u64 = 1024;
/// The largest list, in PEM.
const FILE: u64 = 64 * 1024 * 1024;
