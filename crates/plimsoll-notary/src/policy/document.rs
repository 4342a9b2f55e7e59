//! `trustpolicy.oci.json`: the statements of a verifier.

use super::{
    Fault, PolicyError, PolicyWarning, Scope, Scopes, Statement,
    read::{self, Kind, once},
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Digest, Repository};

/// A trust policy document for OCI artifacts, version `1.0`: `trustpolicy.oci.json`, or the older `trustpolicy.json`.
///
/// Members that the specification does not have are ignored, as Notation does, and warned about. Beyond that every rule of
/// [trust-store-trust-policy.md][spec] holds, and an error says where it is broken.
///
/// ```
/// use plimsoll_notary::policy::TrustPolicy;
/// let policy = TrustPolicy::parse(br#"{"version": "1.0", "trustPolicies": [{
///     "name": "release", "registryScopes": ["registry.example.com/app"],
///     "signatureVerification": {"level": "strict"},
///     "trustStores": ["ca:release"], "trustedIdentities": ["x509.subject: C=NL, ST=Groningen, O=Ships"]
/// }]}"#).unwrap();
/// let app = "registry.example.com/app".parse().unwrap();
/// assert_eq!(policy.applicable(&app).unwrap().name(), "release");
/// assert!(policy.applicable(&"registry.example.com/other".parse().unwrap()).is_err());
///
/// let error = TrustPolicy::parse(b"{\"trustPolicies\": [{}}]}").unwrap_err();
/// assert_eq!(error.to_string(), "trust policy: line 1, column 22: expected `,` or `]`, found `}`");
/// ```
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trust-policy
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustPolicy {
    statements: Vec<Statement>,
    warnings: Vec<PolicyWarning>,
}

impl TrustPolicy {
    /// Reads a document.
    ///
    /// # Errors
    /// [`PolicyError`] with the place: line and column for what is no JSON, else a path.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let (statements, warnings) = read::document(bytes, Kind::Oci)?;
        Ok(Self { warnings, ..Self::new(statements)? })
    }
    /// Makes a document of statements.
    ///
    /// # Errors
    /// [`PolicyError::Invalid`] for none, for a name or a scope that stands twice, and for a statement about blobs.
    pub fn new(statements: Vec<Statement>) -> Result<Self, PolicyError> {
        if statements.is_empty() {
            return Err(PolicyError::invalid("trustPolicies", Fault::Empty));
        }
        let mut names = BTreeMap::new();
        let mut scopes = BTreeMap::new();
        for (at, statement) in statements.iter().enumerate() {
            let here = format!("trustPolicies[{at}]");
            once(&mut names, statement.name(), format!("{here}.name"))?;
            match statement.scopes() {
                Scopes::All => once(&mut scopes, "*", format!("{here}.registryScopes"))?,
                Scopes::Blob | Scopes::GlobalBlob => {
                    return Err(PolicyError::invalid(&here, Fault::Missing { name: "registryScopes", twin: None }));
                }
                Scopes::Repositories(list) => {
                    for (at, scope) in list.iter().enumerate() {
                        once(&mut scopes, &scope.to_string(), format!("{here}.registryScopes[{at}]"))?;
                    }
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
    /// Finds the statement for a repository: the one that names it, else the one with the longest path above it
    /// ([`Scope::Below`]), else the one for `*`.
    ///
    /// # Errors
    /// [`PolicyError::NoApplicableStatement`] without one: what no statement is about is not trusted.
    pub fn applicable(&self, repository: &Repository) -> Result<&Statement, PolicyError> {
        let rank = |statement: &Statement| match statement.scopes() {
            Scopes::All => Some((false, 0)),
            Scopes::Blob | Scopes::GlobalBlob => None,
            Scopes::Repositories(list) => list.iter().filter(|scope| scope.covers(repository)).map(Scope::rank).max(),
        };
        let ranked = self.statements.iter().filter_map(|statement| Some((rank(statement)?, statement)));
        let best = ranked.max_by_key(|(rank, _)| *rank).map(|(_, statement)| statement);
        best.ok_or_else(|| PolicyError::NoApplicableStatement { repository: repository.clone() })
    }
    /// Writes the document, indented, in the members' order of the specification.
    #[must_use]
    pub fn to_json(&self) -> String {
        super::write::document(&self.statements)
    }
    /// SHA-256 of [`TrustPolicy::to_json`]: two documents that say the same have the same.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(self.to_json().as_bytes())
    }
}

#[cfg(test)]
mod tests;
