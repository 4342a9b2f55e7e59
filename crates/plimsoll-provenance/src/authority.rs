//! Who may attest what.

mod workloads;

pub(crate) use workloads::Workloads;
pub use workloads::WorkloadsConfig;

use crate::{PredicateType, code};
use plimsoll_core::{Algorithm, Classify, Code, Digest, Escaped, Provider, PublicKey};
use plimsoll_pki::{
    DistinguishedName, IdentityError, KeyKind, NamedStore, StoreName, StoreNameError, TrustStore,
    crl::CertificateList,
    distrust::Distrust,
    revocation::Requirement,
    svid::{SpiffeBundles, SpiffeIdError},
};
use serde::Deserialize;
use std::sync::Arc;
use workloads::workloads;

/// One entry of the configuration: who may attest these predicate types.
///
/// ```
/// use plimsoll_provenance::AuthorityConfig;
/// let entry = r#"{
///     "predicateTypes": ["slsaprovenance1", "cyclonedx"],
///     "certificates": { "trustStores": ["ca:release"], "trustedIdentities": ["x509.subject: C=NL, ST=NH, O=Harbour"] },
///     "notary": true
/// }"#;
/// assert!(serde_json::from_str::<AuthorityConfig>(entry).is_ok());
/// // What is not known is refused: a misspelt restriction would restrict nothing.
/// assert!(serde_json::from_str::<AuthorityConfig>(r#"{"predicateTypes":["spdx"],"notray":true}"#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct AuthorityConfig {
    /// The predicate types: short names or URIs. `cyclonedx` and `spdx` stand for every version of the format.
    pub predicate_types: Vec<PredicateType>,
    /// Public keys whose DSSE signatures count.
    #[serde(default)]
    pub keys: Vec<KeyConfig>,
    /// Certificates whose DSSE signatures count.
    #[serde(default)]
    pub certificates: Option<CertificatesConfig>,
    /// Workloads whose DSSE signatures count.
    #[serde(default)]
    pub workloads: Option<WorkloadsConfig>,
    /// Whether a Notary Project signature on the manifest of the attestation counts, by whom the trust policy says.
    #[serde(default)]
    pub notary: bool,
}

/// A public key.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct KeyConfig {
    /// What verdicts call it.
    pub name: String,
    /// The key: `SubjectPublicKeyInfo` in PEM, as `openssl pkey -pubout` writes it.
    pub pem: String,
}

/// Certificates, as a Notary trust policy names them.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct CertificatesConfig {
    /// Trust stores, such as `ca:release`.
    pub trust_stores: Vec<String>,
    /// `x509.subject: …`, or `*` alone for whoever has a certificate by these stores.
    pub trusted_identities: Vec<String>,
    /// What becomes of a certificate that nobody can revoke.
    #[serde(default)]
    pub revocation: RevocationDemand,
}

/// What becomes of a certificate that names no OCSP responder and no revocation list, where no local list is of its issuer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RevocationDemand {
    /// Whether it is revoked counts as unknown.
    Required,
    /// It counts as not revoked.
    #[default]
    WhereNamed,
}

impl RevocationDemand {
    pub(crate) const fn requirement(self) -> Requirement {
        match self {
            Self::Required => Requirement::Required,
            Self::WhereNamed => Requirement::IfOffered,
        }
    }
}

/// Who may attest what: the configuration, checked, with its keys and trust stores, and what is distrusted in spite of it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Authorities {
    entries: Vec<Authority>,
    distrust: Distrust,
    revocation_lists: Vec<CertificateList>,
}

/// One checked entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Authority {
    types: Vec<PredicateType>,
    pub(crate) keys: Vec<Key>,
    pub(crate) certificates: Option<Certificates>,
    pub(crate) workloads: Option<Workloads>,
    pub(crate) notary: bool,
}

impl Authority {
    pub(crate) fn may_attest(&self, kind: &PredicateType) -> bool {
        self.types.iter().any(|known| known.covers(kind))
    }
}

/// A key that may attest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Key {
    pub(crate) name: Arc<str>,
    pub(crate) spki: Digest,
    pub(crate) algorithms: &'static [Algorithm],
    der: Box<[u8]>,
}

impl Key {
    pub(crate) fn public(&self) -> PublicKey<'_> {
        PublicKey::from_spki_der(&self.der)
    }
}

/// Certificates that may attest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Certificates {
    pub(crate) stores: TrustStore,
    /// `None` for `*`.
    pub(crate) identities: Option<Vec<DistinguishedName>>,
    pub(crate) requirement: Requirement,
}

impl Authorities {
    /// Checks a configuration. `stores` are all that may be named; `crypto` must be able to check each key. No workload may be named.
    ///
    /// # Errors
    /// [`AuthoritiesError`]: which entry, and what is wrong with it.
    pub fn load(
        entries: &[AuthorityConfig],
        stores: &[Arc<NamedStore>],
        crypto: Provider<'_>,
    ) -> Result<Self, AuthoritiesError> {
        Self::load_with_bundles(entries, stores, &SpiffeBundles::default(), crypto)
    }
    /// The same with the bundles of all trust domains whose workloads may be named.
    ///
    /// # Errors
    /// [`AuthoritiesError`]: which entry, and what is wrong with it.
    pub fn load_with_bundles(
        entries: &[AuthorityConfig],
        stores: &[Arc<NamedStore>],
        bundles: &SpiffeBundles,
        crypto: Provider<'_>,
    ) -> Result<Self, AuthoritiesError> {
        let load = |(index, entry)| {
            authority(entry, stores, bundles, crypto)
                .map_err(|fault| AuthoritiesError { index, fault: Box::new(fault) })
        };
        let entries = entries.iter().enumerate().map(load).collect::<Result<_, _>>()?;
        Ok(Self { entries, ..Self::default() })
    }
    /// Takes what is distrusted: certificates, issuers and keys on it attest nothing, whatever the configuration names.
    ///
    /// An attestation has no verified time, so an entry for signatures after some time holds for all of them. Notary signatures
    /// on manifests of attestations are judged by the list of whoever vouches for them.
    #[must_use]
    pub fn with_distrust(mut self, distrust: Distrust) -> Self {
        self.distrust = distrust;
        self
    }
    /// Takes revocation lists that are there before any is asked for. What they are worth is checked with each use.
    #[must_use]
    pub fn with_revocation_lists(mut self, lists: Vec<CertificateList>) -> Self {
        self.revocation_lists = lists;
        self
    }
    pub(crate) const fn distrust(&self) -> &Distrust {
        &self.distrust
    }
    pub(crate) fn revocation_lists(&self) -> &[CertificateList] {
        &self.revocation_lists
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Authority> {
        self.entries.iter()
    }
}

fn authority(
    entry: &AuthorityConfig,
    stores: &[Arc<NamedStore>],
    bundles: &SpiffeBundles,
    crypto: Provider<'_>,
) -> Result<Authority, AuthorityFault> {
    if entry.predicate_types.is_empty() {
        return Err(AuthorityFault::NoPredicateType);
    }
    let nobody = entry.keys.is_empty() && entry.certificates.is_none() && entry.workloads.is_none();
    if nobody && !entry.notary {
        return Err(AuthorityFault::Nobody);
    }
    Ok(Authority {
        types: entry.predicate_types.clone(),
        keys: entry.keys.iter().map(|config| key(config, crypto)).collect::<Result<_, _>>()?,
        certificates: entry.certificates.as_ref().map(|config| certificates(config, stores)).transpose()?,
        workloads: entry.workloads.as_ref().map(|config| workloads(config, bundles)).transpose()?,
        notary: entry.notary,
    })
}

fn key(config: &KeyConfig, crypto: Provider<'_>) -> Result<Key, AuthorityFault> {
    let name = || Escaped::new(&config.name);
    let broken = || AuthorityFault::Key { name: name() };
    let (label, der) = pem_rfc7468::decode_vec(config.pem.as_bytes()).map_err(|_| broken())?;
    if label != "PUBLIC KEY" {
        return Err(AuthorityFault::KeyLabel { name: name(), found: Escaped::new(label) });
    }
    let kind = KeyKind::of_spki(&der).map_err(|_| broken())?;
    let algorithms = algorithms(kind);
    if !algorithms.iter().any(|algorithm| crypto.find(*algorithm).is_some()) {
        return Err(AuthorityFault::KeyKind { name: name(), found: Escaped::new(&kind.to_string()) });
    }
    Ok(Key { name: config.name.as_str().into(), spki: Digest::sha256_of(&der), algorithms, der: der.into() })
}

/// The algorithms by which a key may sign an attestation. DSSE names none; ECDSA signatures are DER. For RSA, securesystemslib and
/// Notary's keys use PSS, cosign PKCS #1 v1.5.
pub(crate) fn algorithms(kind: KeyKind) -> &'static [Algorithm] {
    match kind {
        KeyKind::Ed25519 => &[Algorithm::Ed25519],
        KeyKind::P256 => &[Algorithm::EcdsaP256Sha256Der],
        KeyKind::P384 => &[Algorithm::EcdsaP384Sha384Der, Algorithm::EcdsaP384Sha256Der],
        KeyKind::P521 => &[Algorithm::EcdsaP521Sha512Der, Algorithm::EcdsaP521Sha256Der],
        KeyKind::Rsa { bits: 2048.., sound: true } => {
            &[Algorithm::RsaPssSha256, Algorithm::RsaPssSha384, Algorithm::RsaPssSha512, Algorithm::RsaPkcs1Sha256]
        }
        _ => &[],
    }
}

fn certificates(config: &CertificatesConfig, stores: &[Arc<NamedStore>]) -> Result<Certificates, AuthorityFault> {
    if config.trust_stores.is_empty() || config.trusted_identities.is_empty() {
        return Err(AuthorityFault::NoTrust);
    }
    let find = |text: &String| {
        let name: StoreName = text.parse().map_err(AuthorityFault::StoreName)?;
        let store = stores.iter().find(|store| *store.name() == name).cloned();
        store.ok_or_else(|| AuthorityFault::NoStore { name: Escaped::new(text) })
    };
    let stores = config.trust_stores.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let identities = match config.trusted_identities.as_slice() {
        [any] if any == "*" => None,
        list => Some(list.iter().map(|text| identity(text)).collect::<Result<_, _>>()?),
    };
    Ok(Certificates { stores: TrustStore::new(stores), identities, requirement: config.revocation.requirement() })
}

fn identity(text: &str) -> Result<DistinguishedName, AuthorityFault> {
    let name =
        text.strip_prefix("x509.subject:").ok_or_else(|| AuthorityFault::Identity { found: Escaped::new(text) })?;
    DistinguishedName::parse(name.trim()).map_err(AuthorityFault::Subject)
}

/// Which entry of the configuration is wrong, and how.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("authority {index}: {fault}")]
#[non_exhaustive]
pub struct AuthoritiesError {
    /// The entry, from 0.
    pub index: usize,
    /// What is wrong.
    pub fault: Box<AuthorityFault>,
}

/// What is wrong with an entry.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityFault {
    /// A trust domain that has no bundle.
    #[error("expected a bundle of the trust domain of `{identity}`, found none")]
    NoBundle {
        /// The identity that is named.
        identity: Escaped,
    },
    /// No workload is named.
    #[error("expected at least one SPIFFE ID in `workloads`, found none")]
    NoWorkload,
    /// No identity of a kind that is known.
    #[error("expected identities as `x509.subject: …`, or `*` alone, found `{found}`")]
    Identity {
        /// The identity.
        found: Escaped,
    },
    /// The key cannot be read.
    #[error("expected a public key in PEM as the key `{name}`")]
    Key {
        /// Its name.
        name: Escaped,
    },
    /// The key is of a kind that no back end checks, or an RSA key below 2048 bits.
    #[error("expected a key that can be checked as the key `{name}`, found {found}")]
    KeyKind {
        /// Its name.
        name: Escaped,
        /// Its kind.
        found: Escaped,
    },
    /// The PEM is of something else.
    #[error("expected `PUBLIC KEY` as the PEM label of the key `{name}`, found `{found}`")]
    KeyLabel {
        /// Its name.
        name: Escaped,
        /// The label.
        found: Escaped,
    },
    /// Nobody may attest.
    #[error("expected `keys`, `certificates`, `workloads` or `notary: true`, found none")]
    Nobody,
    /// It says who, and not what.
    #[error("expected at least one predicate type, found none")]
    NoPredicateType,
    /// A trust store that is not there.
    #[error("expected a trust store that is there, found the name `{name}`")]
    NoStore {
        /// Its name.
        name: Escaped,
    },
    /// Certificates of anybody, or of nobody.
    #[error("expected at least one trust store and one trusted identity, found none")]
    NoTrust,
    /// A workload's identity is no SPIFFE ID.
    #[error(transparent)]
    SpiffeId(SpiffeIdError),
    /// The name of a trust store is none.
    #[error(transparent)]
    StoreName(StoreNameError),
    /// A subject is no distinguished name.
    #[error(transparent)]
    Subject(IdentityError),
}

impl Classify for AuthoritiesError {
    fn code(&self) -> Code {
        code::MALFORMED_AUTHORITIES
    }
}

#[cfg(test)]
mod tests;
