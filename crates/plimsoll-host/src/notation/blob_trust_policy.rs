//! `trustpolicy.blob.json`.

use super::{NotationDirectory, TrustPolicyError};
use crate::{
    Loaded, Warning,
    file::{Links, Overwrite, Permission, create_directory, read_file, shown, write_file},
};
use plimsoll_notary::policy::BlobTrustPolicy;
use std::path::{Path, PathBuf};

/// The trust policy of this machine for blobs: `trustpolicy.blob.json`, which has no older name. It may not be a link.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct BlobTrustPolicyFile {
    /// Where it was read.
    pub path: PathBuf,
    /// Its bytes, for a recording.
    pub bytes: Vec<u8>,
    /// What it says.
    pub policy: BlobTrustPolicy,
}

impl BlobTrustPolicyFile {
    /// Reads the trust policy.
    ///
    /// # Errors
    /// [`TrustPolicyError`]: none there, a link, unreadable, or malformed, with the place.
    pub fn load(directory: &NotationDirectory) -> Result<Loaded<Self>, TrustPolicyError> {
        let path = directory.blob_trust_policy();
        let contents = match read_file(&path, Links::Refuse, super::trust_policy::LIMIT) {
            Ok(contents) => contents,
            Err(error) if error.is_missing() => return Err(TrustPolicyError::Missing { path: shown(&path) }),
            Err(error) => return Err(error.into()),
        };
        let policy = parse(&path, &contents.bytes)?;
        let warnings = Warning::writable(&path, contents.access).into_iter().collect();
        Ok(Loaded { value: Self { path, bytes: contents.bytes, policy }, warnings })
    }
    /// Checks a document, and writes its bytes, for its owner only, whole or not at all.
    ///
    /// # Errors
    /// [`TrustPolicyError`]: malformed, with the place; or a policy is there already, and is not to be replaced.
    pub fn import(
        directory: &NotationDirectory,
        bytes: &[u8],
        overwrite: Overwrite,
    ) -> Result<BlobTrustPolicy, TrustPolicyError> {
        let policy = parse(Path::new("the document"), bytes)?;
        create_directory(directory.path())?;
        write_file(&directory.blob_trust_policy(), bytes, Permission::Owner, overwrite)?;
        Ok(policy)
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<BlobTrustPolicy, TrustPolicyError> {
    BlobTrustPolicy::parse(bytes).map_err(|error| TrustPolicyError::Policy { path: shown(path), error })
}
