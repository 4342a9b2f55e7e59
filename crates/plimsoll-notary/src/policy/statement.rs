//! One statement of a trust policy.

use super::{Action, Check, Fault, Level, PolicyError, SignatureVerification, StoreName, StoreType, TrustedIdentity};
use plimsoll_core::Repository;

/// The repositories that a statement is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scopes {
    /// `*`: every repository that no other statement names.
    All,
    /// Exactly these. No wildcard, no registry alone.
    Repositories(Vec<Repository>),
}

/// One statement: for these repositories, this is checked, against these trust stores and identities.
///
/// [trust-store-trust-policy.md, OCI Trust Policy][spec].
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#oci-trust-policy
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    name: Box<str>,
    scopes: Scopes,
    verification: SignatureVerification,
    trust_stores: Vec<StoreName>,
    trusted_identities: Vec<TrustedIdentity>,
}

impl Statement {
    /// Makes a statement.
    ///
    /// # Errors
    /// [`PolicyError::Invalid`] for an empty name or scope list, trust in a `skip` statement, none in another, `*` among
    /// other identities, and identities of which one covers another.
    pub fn new(
        name: &str,
        scopes: Scopes,
        verification: SignatureVerification,
        trust_stores: Vec<StoreName>,
        trusted_identities: Vec<TrustedIdentity>,
    ) -> Result<Self, PolicyError> {
        let statement = Self { name: name.into(), scopes, verification, trust_stores, trusted_identities };
        statement.check().map_err(|(path, fault)| PolicyError::invalid(path, fault))?;
        Ok(statement)
    }
    /// The name: unique in its document.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The repositories.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }
    /// Level, overrides and when a timestamp is wanted.
    #[must_use]
    pub fn verification(&self) -> &SignatureVerification {
        &self.verification
    }
    /// The level by name.
    #[must_use]
    pub fn level(&self) -> Level {
        self.verification.level()
    }
    /// What happens when `check` fails.
    #[must_use]
    pub fn action(&self, check: Check) -> Action {
        self.verification.action(check)
    }
    /// The named trust stores, as written.
    #[must_use]
    pub fn trust_stores(&self) -> &[StoreName] {
        &self.trust_stores
    }
    /// The named trust stores of one kind.
    pub fn stores_of(&self, kind: StoreType) -> impl Iterator<Item = &StoreName> {
        self.trust_stores.iter().filter(move |store| store.store_type() == kind)
    }
    /// The trusted identities, as written.
    #[must_use]
    pub fn trusted_identities(&self) -> &[TrustedIdentity] {
        &self.trusted_identities
    }

    fn check(&self) -> Result<(), (&'static str, Fault)> {
        if self.name.is_empty() {
            return Err(("name", Fault::Empty));
        }
        if matches!(&self.scopes, Scopes::Repositories(list) if list.is_empty()) {
            return Err(("registryScopes", Fault::Empty));
        }
        let (stores, identities) = (&self.trust_stores, &self.trusted_identities);
        if self.level() == Level::Skip {
            if !stores.is_empty() {
                return Err(("trustStores", Fault::TrustInSkip));
            }
            return if identities.is_empty() { Ok(()) } else { Err(("trustedIdentities", Fault::TrustInSkip)) };
        }
        if stores.is_empty() {
            return Err(("trustStores", Fault::Empty));
        }
        if identities.is_empty() {
            return Err(("trustedIdentities", Fault::Empty));
        }
        if identities.len() > 1 && identities.contains(&TrustedIdentity::Any) {
            return Err(("trustedIdentities", Fault::AnyAmongOthers));
        }
        self.check_overlap().map_err(|fault| ("trustedIdentities", fault))
    }

    /// "`trustedIdentities` list items MUST NOT have overlapping values."
    fn check_overlap(&self) -> Result<(), Fault> {
        for (at, one) in self.trusted_identities.iter().enumerate() {
            for other in self.trusted_identities.iter().skip(at.saturating_add(1)) {
                let overlap = match (one, other) {
                    (TrustedIdentity::Subject(one), TrustedIdentity::Subject(other)) => {
                        one.is_subset_of(other) || other.is_subset_of(one)
                    }
                    (one, other) => one == other,
                };
                if overlap {
                    return Err(Fault::Overlap {
                        one: one.to_string().as_str().into(),
                        other: other.to_string().as_str().into(),
                    });
                }
            }
        }
        Ok(())
    }
}
