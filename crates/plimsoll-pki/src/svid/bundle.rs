//! The anchors of trust domains ([SPIFFE Trust Domain and Bundle, 4]).
//!
//! [SPIFFE Trust Domain and Bundle, 4]: https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md#4-spiffe-bundle-format

use super::TrustDomain;
use crate::{
    CertificateFileError, Limits, NamedStore, OwnedCertificate, StoreName, TrustStore, TrustStoreError, code,
    read_certificates,
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use data_encoding::BASE64;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, Provider};
use serde::Deserialize;

/// The X.509 authorities of one trust domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpiffeBundle {
    trust_domain: TrustDomain,
    anchors: TrustStore,
    sequence: Option<u64>,
    refresh_hint: Option<u64>,
}

impl SpiffeBundle {
    /// Reads a JWK set, as bundle endpoints serve it.
    ///
    /// Keys for another use than `x509-svid` are left aside, as the specification wants. Of one for that use, the certificate in `x5c` is the
    /// anchor; the members that repeat its key are not read. A bundle without such keys is sound and trusts nobody.
    ///
    /// # Errors
    /// [`SpiffeBundleError`].
    pub fn from_json(
        trust_domain: TrustDomain,
        json: &[u8],
        provider: Provider<'_>,
        limits: &Limits,
    ) -> Result<Self, SpiffeBundleError> {
        let size = u64::try_from(json.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one SPIFFE bundle", limits.pem_bytes, size)?;
        let set: JwkSet = serde_json::from_slice(json)
            .map_err(|error| SpiffeBundleError::Json { problem: Escaped::new(&error.to_string()) })?;
        let mut certificates = Vec::new();
        let svid = |key: &&Jwk| key.usage.as_deref() == Some("x509-svid");
        for (index, key) in set.keys.iter().enumerate().filter(|(_, key)| svid(key)) {
            certificates.push(key.certificate().ok_or(SpiffeBundleError::Key { index })?);
        }
        let anchors = anchors(&trust_domain, certificates.iter().map(Vec::as_slice), provider, limits)?;
        Ok(Self { trust_domain, anchors, sequence: set.sequence, refresh_hint: set.refresh_hint })
    }
    /// Reads a plain PEM file of certificates.
    ///
    /// # Errors
    /// [`SpiffeBundleError`].
    pub fn from_pem(
        trust_domain: TrustDomain,
        pem: &[u8],
        provider: Provider<'_>,
        limits: &Limits,
    ) -> Result<Self, SpiffeBundleError> {
        let certificates = read_certificates(pem, limits)?;
        let anchors = anchors(&trust_domain, certificates.iter().map(OwnedCertificate::der), provider, limits)?;
        Ok(Self { trust_domain, anchors, sequence: None, refresh_hint: None })
    }
    /// The trust domain.
    #[must_use]
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }
    /// Its anchors, in a trust store `ca:` and the name of the trust domain; in none, where the bundle holds none.
    #[must_use]
    pub fn anchors(&self) -> &TrustStore {
        &self.anchors
    }
    /// `spiffe_sequence`: a later bundle has a greater one.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        self.sequence
    }
    /// `spiffe_refresh_hint`, in seconds.
    #[must_use]
    pub fn refresh_hint(&self) -> Option<u64> {
        self.refresh_hint
    }
}

fn anchors<'a>(
    trust_domain: &TrustDomain,
    certificates: impl ExactSizeIterator<Item = &'a [u8]>,
    provider: Provider<'_>,
    limits: &Limits,
) -> Result<TrustStore, SpiffeBundleError> {
    if certificates.len() == 0 {
        return Ok(TrustStore::default());
    }
    // INVARIANT: a trust domain has only characters that the name of a trust store may have; `.` and `..` alone are no names of stores.
    let name = format!("ca:{trust_domain}").parse::<StoreName>();
    let name = name.map_err(|error| SpiffeBundleError::Json { problem: Escaped::new(&error.to_string()) })?;
    Ok(TrustStore::new([Arc::new(NamedStore::load(name, certificates, provider, limits)?)]))
}

/// RFC 7517, 5, with the members of SPIFFE.
#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
    #[serde(rename = "spiffe_sequence")]
    sequence: Option<u64>,
    #[serde(rename = "spiffe_refresh_hint")]
    refresh_hint: Option<u64>,
}

#[derive(Deserialize)]
struct Jwk {
    #[serde(rename = "use")]
    usage: Option<String>,
    kty: Option<String>,
    x5c: Option<Vec<String>>,
}

impl Jwk {
    /// 4.2.2: `kty` is there, and `x5c` has exactly one certificate, in plain base64 (RFC 7517, 4.7).
    fn certificate(&self) -> Option<Vec<u8>> {
        let [one] = &self.x5c.as_ref().filter(|_| self.kty.is_some())?[..] else { return None };
        BASE64.decode(one.as_bytes()).ok()
    }
}

/// The bundles of all trust domains that one decision may use: one's own, and those of a federation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SpiffeBundles(BTreeMap<TrustDomain, SpiffeBundle>);

impl SpiffeBundles {
    /// Puts bundles together. Of two for one trust domain, the later counts.
    #[must_use]
    pub fn new(bundles: impl IntoIterator<Item = SpiffeBundle>) -> Self {
        Self(bundles.into_iter().map(|bundle| (bundle.trust_domain.clone(), bundle)).collect())
    }
    /// The bundle of a trust domain.
    #[must_use]
    pub fn get(&self, trust_domain: &TrustDomain) -> Option<&SpiffeBundle> {
        self.0.get(trust_domain)
    }
    /// Goes through the bundles, by trust domain.
    pub fn iter(&self) -> impl Iterator<Item = &SpiffeBundle> {
        self.0.values()
    }
}

/// Why bytes are no bundle of a trust domain.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpiffeBundleError {
    /// The PEM file does not hold certificates.
    #[error("the SPIFFE bundle: {0}")]
    File(#[from] CertificateFileError),
    /// No JWK set.
    #[error("the SPIFFE bundle is malformed: {problem}")]
    Json {
        /// What the parser says.
        problem: Escaped,
    },
    /// A key for X.509-SVIDs that is none.
    #[error(
        "the SPIFFE bundle is malformed: key {index}: expected `kty`, and `x5c` with exactly one certificate in base64"
    )]
    Key {
        /// Its place, from 0.
        index: usize,
    },
    /// Too large.
    #[error("the SPIFFE bundle is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// The certificates cannot be anchors.
    #[error("the SPIFFE bundle: {0}")]
    Store(#[from] TrustStoreError),
}

impl Classify for SpiffeBundleError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Json { .. } | Self::Key { .. } => code::MALFORMED_SPIFFE_BUNDLE,
            Self::Limit(limit) => limit.code(),
            Self::Store(error) => error.code(),
        }
    }
}
