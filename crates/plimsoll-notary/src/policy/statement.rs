//! One statement of a trust policy.

use super::{
    Action, Check, Extension, Fault, Level, PolicyError, RevocationDemand, Scope, SignatureVerification, StoreName,
    StoreType, TrustedIdentity,
};
use crate::plugin::PluginName;
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};

/// What a statement is about.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Scopes {
    /// `*`: every repository that no other statement names.
    All,
    /// Blobs, for which it is named.
    Blob,
    /// Blobs, for which no statement is named: `globalPolicy`.
    GlobalBlob,
    /// These repositories. No registry alone.
    Repositories(Vec<Scope>),
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
    /// The same, as they were written.
    written_identities: Vec<String>,
    extension: Extension,
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
        let extension = Extension::default();
        let written_identities = trusted_identities.iter().map(ToString::to_string).collect();
        let name = name.into();
        let statement =
            Self { name, scopes, verification, trust_stores, trusted_identities, written_identities, extension };
        statement.check().map_err(|(path, fault)| PolicyError::invalid(path, fault))?;
        Ok(statement)
    }
    /// Sets what the statement says beyond the specification.
    ///
    /// # Errors
    /// [`PolicyError::Invalid`] for any of it in a `skip` statement, a plugin that stands twice, and revocation that is
    /// required and skipped.
    pub fn extended(mut self, extension: Extension) -> Result<Self, PolicyError> {
        let required = extension.revocation == RevocationDemand::Required;
        let twice = |(at, plugin): (usize, &PluginName)| {
            let earlier = extension.plugins.iter().take(at).position(|other| other == plugin)?;
            Some((at, earlier, plugin.clone()))
        };
        if self.level() == Level::Skip && !extension.is_default() {
            return Err(PolicyError::invalid("plimsoll", Fault::TrustInSkip));
        }
        if required && self.action(Check::Revocation) == Action::Skip {
            return Err(PolicyError::invalid("plimsoll.revocation", Fault::RequiredAndSkipped));
        }
        if let Some((at, earlier, plugin)) = extension.plugins.iter().enumerate().find_map(twice) {
            let value = plimsoll_core::Escaped::new(plugin.as_str());
            let fault = Fault::Duplicate { value, other: format!("plimsoll.plugins[{earlier}]").into() };
            return Err(PolicyError::invalid(&format!("plimsoll.plugins[{at}]"), fault));
        }
        self.extension = extension;
        Ok(self)
    }
    /// What it says beyond the specification.
    #[must_use]
    pub fn extension(&self) -> &Extension {
        &self.extension
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
    /// The trusted identities.
    #[must_use]
    pub fn trusted_identities(&self) -> &[TrustedIdentity] {
        &self.trusted_identities
    }

    /// The trusted identities as text: letter by letter as the policy has them, where it was read. A verification plugin gets them so.
    #[must_use]
    pub fn written_identities(&self) -> &[String] {
        &self.written_identities
    }
    /// Keeps how the identities were written.
    pub(super) fn with_written_identities(mut self, identities: Vec<String>) -> Self {
        self.written_identities = identities;
        self
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
            // "`skip` … MUST NOT be used with a global policy": nobody would notice that no blob is verified.
            if self.scopes == Scopes::GlobalBlob {
                return Err(("signatureVerification.level", Fault::GlobalSkip));
            }
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
