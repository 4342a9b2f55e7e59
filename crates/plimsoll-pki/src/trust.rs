//! Trust stores as data (trust store and trust policy specification of the Notary Project, [Trust Store]).
//!
//! [Trust Store]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trust-store

mod name;

pub use name::{StoreName, StoreNameError, StoreType};

use crate::{
    CertificateError, CertificateFileError, Limits, Name, OwnedCertificate, Which, chain::check_signature, code,
    read_certificates,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use plimsoll_core::{Classify, Code, Digest, LimitExceeded, Provider};

/// A certificate of a trust store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    certificate: OwnedCertificate,
    store: StoreName,
    digest: Digest,
    /// DER of the subject.
    subject: Box<[u8]>,
    self_signed: bool,
}

impl Anchor {
    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &OwnedCertificate {
        &self.certificate
    }
    /// SHA-256 of the certificate.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
    /// The trust store that holds it.
    #[must_use]
    pub fn store(&self) -> &StoreName {
        &self.store
    }
    /// Says whether its signature was checked under its own key when the store was loaded, and held.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.self_signed
    }
}

/// A named trust store: its certificates, checked and sorted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedStore {
    name: StoreName,
    /// Sorted by the bytes of the certificate.
    anchors: Vec<Anchor>,
}

impl NamedStore {
    /// Takes the certificates of a trust store, and checks the signature of those that are self-signed.
    ///
    /// A certificate of `ca` or `signingAuthority` must be one of an authority, or self-signed; one of `tsa` must be a self-signed one
    /// of an authority. One that is not spoils the whole store, as it does for Notation.
    ///
    /// # Errors
    /// [`TrustStoreError`].
    pub fn load<'a>(
        name: StoreName,
        certificates: impl IntoIterator<Item = &'a [u8]>,
        provider: Provider<'_>,
        limits: &Limits,
    ) -> Result<Self, TrustStoreError> {
        let mut anchors = Vec::new();
        for (index, der) in certificates.into_iter().enumerate() {
            check_count(&name, index, limits)?;
            anchors.push(anchor(&name, index, der, provider, limits)?);
        }
        Self::of(name, anchors)
    }
    /// Takes the certificates of a PEM bundle, or of DER ones one after the other. One that is no anchor spoils the whole store.
    ///
    /// # Errors
    /// [`TrustStoreError`].
    pub fn from_bundle(
        name: StoreName,
        bundle: &[u8],
        provider: Provider<'_>,
        limits: &Limits,
    ) -> Result<Self, TrustStoreError> {
        let certificates = read_certificates(bundle, limits);
        let certificates = certificates.map_err(|error| TrustStoreError::File { store: name.clone(), error })?;
        Self::load(name, certificates.iter().map(OwnedCertificate::der), provider, limits)
    }
    /// Takes what can be an anchor of many certificates, as an operating system has them, and says what was left aside and why.
    ///
    /// Old roots of the public web break rules that they may no longer break today. For a store of one's own use [`NamedStore::load`]: there a
    /// certificate that does not fit is a mistake.
    ///
    /// # Errors
    /// [`TrustStoreError::Empty`] when none is left, or [`TrustStoreError::Limit`].
    pub fn load_usable<'a>(
        name: StoreName,
        certificates: impl IntoIterator<Item = &'a [u8]>,
        provider: Provider<'_>,
        limits: &Limits,
    ) -> Result<(Self, Vec<TrustStoreError>), TrustStoreError> {
        let (mut anchors, mut aside) = (Vec::new(), Vec::new());
        for (index, der) in certificates.into_iter().enumerate() {
            check_count(&name, index, limits)?;
            match anchor(&name, index, der, provider, limits) {
                Ok(one) => anchors.push(one),
                Err(error) => aside.push(error),
            }
        }
        Self::of(name, anchors).map(|store| (store, aside))
    }
    fn of(name: StoreName, mut anchors: Vec<Anchor>) -> Result<Self, TrustStoreError> {
        if anchors.is_empty() {
            return Err(TrustStoreError::Empty { store: name });
        }
        anchors.sort_by(|one, other| one.certificate.cmp(&other.certificate));
        anchors.dedup_by(|one, other| one.certificate == other.certificate);
        Ok(Self { name, anchors })
    }
    /// Type and name.
    #[must_use]
    pub fn name(&self) -> &StoreName {
        &self.name
    }
    /// The certificates, sorted by their bytes, each once.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }
    /// Finds the certificate that has exactly these bytes.
    #[must_use]
    pub fn find(&self, der: &[u8]) -> Option<&Anchor> {
        let at = self.anchors.binary_search_by(|one| one.certificate.der().cmp(der)).ok()?;
        self.anchors.get(at)
    }
}

fn check_count(store: &StoreName, index: usize, limits: &Limits) -> Result<(), TrustStoreError> {
    let count = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
    LimitExceeded::check("certificates in one trust store", limits.store_certificates, count)
        .map_err(|limit| TrustStoreError::Limit { store: store.clone(), limit })
}

fn anchor(
    store: &StoreName,
    index: usize,
    der: &[u8],
    provider: Provider<'_>,
    limits: &Limits,
) -> Result<Anchor, TrustStoreError> {
    let malformed = |error| TrustStoreError::Certificate { store: store.clone(), index, error };
    let certificate = OwnedCertificate::from_der(der, limits).map_err(malformed)?;
    let view = certificate.view(limits).map_err(malformed)?;
    let self_signed = view.is_self_issued() && check_signature(&view, &view, provider).is_ok();
    let fits = match store.store_type() {
        StoreType::Ca | StoreType::SigningAuthority => view.is_ca() || self_signed,
        StoreType::Tsa => view.is_ca() && self_signed,
    };
    if !fits {
        return Err(TrustStoreError::NotAnAnchor { store: store.clone(), which: Which::new(index, &view) });
    }
    let digest = view.digest();
    let subject = view.subject().der().into();
    Ok(Anchor { certificate, store: store.clone(), digest, subject, self_signed })
}

/// The named trust stores that one decision may use.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrustStore {
    stores: Vec<Arc<NamedStore>>,
}

impl TrustStore {
    /// Puts named stores together.
    #[must_use]
    pub fn new(stores: impl IntoIterator<Item = Arc<NamedStore>>) -> Self {
        Self { stores: stores.into_iter().collect() }
    }
    /// The named stores.
    #[must_use]
    pub fn stores(&self) -> &[Arc<NamedStore>] {
        &self.stores
    }
    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &StoreName> {
        self.stores.iter().map(|store| store.name())
    }
    /// Finds the certificate that has exactly these bytes, in the first store that holds it.
    #[must_use]
    pub fn find(&self, der: &[u8]) -> Option<&Anchor> {
        self.stores.iter().find_map(|store| store.find(der))
    }
    /// The certificates whose subject has exactly the bytes of this name.
    pub fn named(&self, subject: Name<'_>) -> impl Iterator<Item = &Anchor> {
        let anchors = self.stores.iter().flat_map(|store| &store.anchors);
        anchors.filter(move |one| *one.subject == *subject.der())
    }
}

/// Why certificates are not a trust store.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustStoreError {
    /// One of them is no certificate.
    #[error("trust store `{store}`, certificate {index}: {error}")]
    Certificate {
        /// The store.
        store: StoreName,
        /// Its place, from 0.
        index: usize,
        /// What is wrong.
        error: CertificateError,
    },
    /// There is none.
    #[error("trust store `{store}` holds no certificate")]
    Empty {
        /// The store.
        store: StoreName,
    },
    /// The bundle is no file of certificates.
    #[error("trust store `{store}`: {error}")]
    File {
        /// The store.
        store: StoreName,
        /// What is wrong.
        error: CertificateFileError,
    },
    /// Too many.
    #[error("trust store `{store}` is too large: {limit}")]
    Limit {
        /// The store.
        store: StoreName,
        /// The limit.
        limit: LimitExceeded,
    },
    /// One may not be there.
    #[error(
        "trust store `{store}`, certificate {} (`{}`): expected {}, found another",
        which.index, which.subject, expected(store.store_type())
    )]
    NotAnAnchor {
        /// The store.
        store: StoreName,
        /// The certificate: its place among those given, and its subject.
        which: Which,
    },
}

fn expected(store: StoreType) -> &'static str {
    match store {
        StoreType::Ca | StoreType::SigningAuthority => "a self-signed certificate or that of a certificate authority",
        StoreType::Tsa => "the self-signed certificate of a certificate authority",
    }
}

impl Classify for TrustStoreError {
    fn code(&self) -> Code {
        match self {
            Self::Certificate { error, .. } => error.code(),
            Self::Empty { .. } => code::TRUST_STORE_EMPTY,
            Self::File { error, .. } => error.code(),
            Self::Limit { limit, .. } => limit.code(),
            Self::NotAnAnchor { .. } => code::TRUST_STORE_INVALID,
        }
    }
}
