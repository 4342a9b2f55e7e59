//! `trustpolicy.blob.json`: the statements for files and other blobs.

use super::{
    Fault, PolicyError, PolicyWarning, Scopes, Statement,
    read::{self, Kind, once},
};
use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use plimsoll_core::{Digest, Escaped};

/// A trust policy document for blobs, version `1.0`.
///
/// A statement has no scope: the caller names it, or means the one with `globalPolicy`. That one may not have the level `skip`:
/// nobody would notice that nothing is verified ([trust-store-trust-policy.md, Blob Trust Policy][spec]).
///
/// ```
/// use plimsoll_notary::policy::BlobTrustPolicy;
/// let policy = BlobTrustPolicy::parse(br#"{"version": "1.0", "trustPolicies": [
///     {"name": "files", "globalPolicy": true, "signatureVerification": {"level": "strict"},
///      "trustStores": ["ca:release"], "trustedIdentities": ["x509.subject: C=NL, ST=Groningen, O=Ships"]},
///     {"name": "old-files", "signatureVerification": {"level": "skip"}}
/// ]}"#).unwrap();
/// assert_eq!(policy.applicable(None).unwrap().name(), "files");
/// assert_eq!(policy.applicable(Some("old-files")).unwrap().name(), "old-files");
/// assert!(policy.applicable(Some("new-files")).is_err(), "a name that is not there falls back to nothing");
/// ```
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#blob-trust-policy
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlobTrustPolicy {
    statements: Vec<Statement>,
    warnings: Vec<PolicyWarning>,
}

impl BlobTrustPolicy {
    /// Reads a document.
    ///
    /// # Errors
    /// [`PolicyError`] with the place: line and column for what is no JSON, else a path.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let (statements, warnings) = read::document(bytes, Kind::Blob)?;
        Ok(Self { warnings, ..Self::new(statements)? })
    }
    /// Makes a document of statements.
    ///
    /// # Errors
    /// [`PolicyError::Invalid`] for none, for a name that stands twice, for two global statements, and for a statement about
    /// repositories.
    pub fn new(statements: Vec<Statement>) -> Result<Self, PolicyError> {
        if statements.is_empty() {
            return Err(PolicyError::invalid("trustPolicies", Fault::Empty));
        }
        let (mut names, mut global) = (BTreeMap::new(), BTreeMap::new());
        for (at, statement) in statements.iter().enumerate() {
            let here = format!("trustPolicies[{at}]");
            once(&mut names, statement.name(), format!("{here}.name"))?;
            match statement.scopes() {
                Scopes::Blob => {}
                Scopes::GlobalBlob => once(&mut global, "globalPolicy", format!("{here}.globalPolicy"))?,
                Scopes::All | Scopes::Repositories(_) => {
                    return Err(PolicyError::invalid(&here, Fault::ScopesOfBlobs));
                }
            }
        }
        Ok(Self { statements, warnings: Vec::new() })
    }
    /// The statements, in order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
    /// What the author should know.
    #[must_use]
    pub fn warnings(&self) -> &[PolicyWarning] {
        &self.warnings
    }
    /// Finds the statement of this name, or, without a name, the global one.
    ///
    /// # Errors
    /// [`PolicyError::NoApplicableBlobStatement`] without one.
    pub fn applicable(&self, name: Option<&str>) -> Result<&Statement, PolicyError> {
        let meant = |statement: &&Statement| match name {
            Some(name) => statement.name() == name,
            None => *statement.scopes() == Scopes::GlobalBlob,
        };
        let missing = || PolicyError::NoApplicableBlobStatement { name: name.map(Escaped::new) };
        self.statements.iter().find(meant).ok_or_else(missing)
    }
    /// Writes the document, indented, in the members' order of the specification.
    #[must_use]
    pub fn to_json(&self) -> String {
        super::write::document(&self.statements)
    }
    /// SHA-256 of [`BlobTrustPolicy::to_json`]: two documents that say the same have the same.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(self.to_json().as_bytes())
    }
}

#[cfg(test)]
mod tests;
