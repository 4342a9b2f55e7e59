//! `trustpolicy.oci.json`, and `trustpolicy.json` of old.

use super::NotationDirectory;
use crate::{
    Loaded, Warning, code,
    file::{FileError, Links, Overwrite, Permission, create_directory, read_file, shown, write_file},
};
use plimsoll_core::{Classify, Code, Escaped};
use plimsoll_notary::policy::{PolicyError, TrustPolicy};
use std::path::{Path, PathBuf};

/// The trust policy of this machine.
///
/// It is `trustpolicy.oci.json`, or `trustpolicy.json` where the first is **absent**: one that is malformed or a link is an error,
/// whatever lies beside it. Neither may be a link ([Trust Policy]).
///
/// [Trust Policy]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trust-policy
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TrustPolicyFile {
    /// Where it was read.
    pub path: PathBuf,
    /// Its bytes, for a recording.
    pub bytes: Vec<u8>,
    /// What it says.
    pub policy: TrustPolicy,
}

impl TrustPolicyFile {
    /// Reads the trust policy. What the document itself gives reason to warn of is in [`TrustPolicy::warnings`].
    ///
    /// # Errors
    /// [`TrustPolicyError`]: none there, a link, unreadable, or malformed, with the place.
    pub fn load(directory: &NotationDirectory) -> Result<Loaded<Self>, TrustPolicyError> {
        for path in [directory.trust_policy(), directory.legacy_trust_policy()] {
            let contents = match read_file(&path, Links::Refuse, LIMIT) {
                Ok(contents) => contents,
                Err(error) if error.is_missing() => continue,
                Err(error) => return Err(error.into()),
            };
            let policy = parse(&path, &contents.bytes)?;
            let warnings = Warning::writable(&path, contents.access).into_iter().collect();
            return Ok(Loaded { value: Self { path, bytes: contents.bytes, policy }, warnings });
        }
        Err(TrustPolicyError::Missing { path: shown(&directory.trust_policy()) })
    }
    /// Checks a document, and writes its bytes as `trustpolicy.oci.json`, for its owner only, whole or not at all.
    ///
    /// # Errors
    /// [`TrustPolicyError`]: malformed, with the place; or a policy is there already, of either name, and is not to be replaced.
    pub fn import(
        directory: &NotationDirectory,
        bytes: &[u8],
        overwrite: Overwrite,
    ) -> Result<TrustPolicy, TrustPolicyError> {
        let path = directory.trust_policy();
        let policy = parse(Path::new("the document"), bytes)?;
        let legacy = directory.legacy_trust_policy();
        // A new file would put the old one out of force without a word.
        if overwrite == Overwrite::Refuse && legacy.symlink_metadata().is_ok() {
            return Err(FileError::Exists { path: shown(&legacy) }.into());
        }
        create_directory(directory.path())?;
        write_file(&path, bytes, Permission::Owner, overwrite)?;
        Ok(policy)
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<TrustPolicy, TrustPolicyError> {
    TrustPolicy::parse(bytes).map_err(|error| TrustPolicyError::Policy { path: shown(path), error })
}

/// Why there is no trust policy to verify by.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustPolicyError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is none.
    #[error("expected a trust policy in `{path}`, found none")]
    Missing {
        /// Where it should be.
        path: Escaped,
    },
    /// It breaks a rule.
    #[error("`{path}`: {error}")]
    Policy {
        /// The file.
        path: Escaped,
        /// The rule and the place.
        error: PolicyError,
    },
}

impl Classify for TrustPolicyError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Missing { .. } => code::FILE_MISSING,
            Self::Policy { error, .. } => error.code(),
        }
    }
}

/// One byte more than a policy may have, so that it is the parser that says so.
pub(super) const LIMIT: u64 = 1_048_577;
