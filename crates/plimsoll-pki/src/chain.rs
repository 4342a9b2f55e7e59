//! Chains: presented by whoever signed, then proven.

mod leaf;
mod remembered;

use alloc::{string::ToString, vec::Vec};
pub use leaf::LeafIdentity;

use crate::{
    Anchor, Certificate, CertificateError, ChainError, ChainWarning, Expired, Limits, Profile, Strictness, TrustStore,
    Untrusted, Which, profile,
};
use plimsoll_core::{Horizon, LimitExceeded, Message, Provider, UnixTime, VerifyError};

/// How a chain is judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ChainOptions {
    /// The rules for each certificate.
    pub profile: Profile,
    /// What happens to what is unwise but not forbidden.
    pub strictness: Strictness,
    /// How much is read.
    pub limits: Limits,
}

impl ChainOptions {
    /// The defaults of a profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { profile, strictness: profile.strictness(), limits: Limits::default() }
    }
    /// Sets the strictness.
    #[must_use]
    pub fn with_strictness(mut self, strictness: Strictness) -> Self {
        self.strictness = strictness;
        self
    }
    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

/// Certificates that came with a signature, read but not checked. They are in the order in which they came: the signer first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresentedChain<'a> {
    certificates: Vec<Certificate<'a>>,
}

impl<'a> PresentedChain<'a> {
    /// Reads the certificates.
    ///
    /// # Errors
    /// [`ChainError::Certificate`], [`ChainError::Limit`] or [`ChainError::Empty`].
    pub fn from_der(certificates: &[&'a [u8]], limits: &Limits) -> Result<Self, ChainError> {
        let count = u64::try_from(certificates.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("certificates in one chain", limits.chain, count)?;
        if certificates.is_empty() {
            return Err(ChainError::Empty);
        }
        let mut read = Vec::with_capacity(certificates.len());
        for (index, der) in certificates.iter().enumerate() {
            let certificate = Certificate::from_der(der, limits);
            read.push(certificate.map_err(|error: CertificateError| ChainError::Certificate { index, error })?);
        }
        Ok(Self { certificates: read })
    }
    /// Reads the certificates, as [`PresentedChain::from_der`] does, except where `provider` has a memory in which a chain of exactly these
    /// bytes was verified by the same options: then it is known how they read.
    ///
    /// # Errors
    /// The same.
    pub fn read(certificates: &[&'a [u8]], options: &ChainOptions, provider: Provider<'_>) -> Result<Self, ChainError> {
        match remembered::read(certificates, options, provider) {
            Some(certificates) => Ok(Self { certificates }),
            None => Self::from_der(certificates, &options.limits),
        }
    }
    /// The first certificate: the one whose key is said to have signed.
    #[must_use]
    pub fn leaf(&self) -> &Certificate<'a> {
        // INVARIANT: `from_der` is the only constructor, and refuses an empty list.
        #[expect(clippy::indexing_slicing, reason = "never empty, see the invariant")]
        &self.certificates[0]
    }
    /// The certificates, the signer first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate<'a>] {
        &self.certificates
    }
    /// Checks that this is a chain of the options' profile, every signature included.
    ///
    /// The signature of the last certificate is not checked again where the certificate is, byte by byte, a self-signed one of
    /// `anchors`, which was checked when they were loaded. That and one check for each link below it are all
    /// public-key operations. Who is trusted ([`VerifiedChain::anchored_in`]) and when ([`VerifiedChain::valid_at`]) are
    /// questions of their own.
    ///
    /// Where `provider` has a [memory](Provider::proofs), the proof of a chain that meets one of `anchors` is kept there. It stands for a chain of
    /// exactly the same bytes, with equal options and anchors; for no other.
    ///
    /// # Errors
    /// [`ChainError`]: the first rule that is broken, with the certificate that breaks it.
    pub fn verify(
        self,
        options: &ChainOptions,
        provider: Provider<'_>,
        anchors: Option<&TrustStore>,
    ) -> Result<VerifiedChain<'a>, ChainError> {
        if let Some((warnings, leaf)) = remembered::recall(&self.certificates, options, provider, anchors) {
            return Ok(VerifiedChain { certificates: self.certificates, options: Some(*options), warnings, leaf });
        }
        check_order(&self.certificates)?;
        let mut warnings = Vec::new();
        profile::check(&self.certificates, options.profile, &mut warnings)?;
        if options.strictness == Strictness::Strict && !warnings.is_empty() {
            return Err(ChainError::Strict(warnings.swap_remove(0)));
        }
        check_signatures(&self.certificates, provider, anchors)?;
        let leaf = LeafIdentity::of(self.leaf());
        let chain = VerifiedChain { certificates: self.certificates, options: Some(*options), warnings, leaf };
        if let Some(anchors) = anchors {
            remembered::keep(&chain, options, provider, anchors);
        }
        Ok(chain)
    }
}

/// Reads and checks a chain; see [`PresentedChain::verify`].
///
/// # Errors
/// [`ChainError`].
pub fn verify_chain<'a>(
    certificates: &[&'a [u8]],
    options: &ChainOptions,
    provider: Provider<'_>,
    anchors: Option<&TrustStore>,
) -> Result<VerifiedChain<'a>, ChainError> {
    PresentedChain::read(certificates, options, provider)?.verify(options, provider, anchors)
}

/// A chain that was checked: order, profile and every signature. The only ways to make one are [`PresentedChain::verify`] and
/// [`PathBuilder::build`](crate::path::PathBuilder::build), which checks trust and time as well.
///
/// It says nothing yet about trust ([`VerifiedChain::anchored_in`]), time ([`VerifiedChain::valid_at`]) or revocation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedChain<'a> {
    certificates: Vec<Certificate<'a>>,
    options: Option<ChainOptions>,
    warnings: Vec<ChainWarning>,
    leaf: LeafIdentity,
}

impl<'a> VerifiedChain<'a> {
    /// The certificates of a path that was validated: that of the signer, and the others.
    pub(crate) fn of_path(certificates: Vec<Certificate<'a>>, leaf: &Certificate<'_>) -> Self {
        Self { certificates, options: None, warnings: Vec::new(), leaf: LeafIdentity::of(leaf) }
    }
    /// Who the leaf is.
    #[must_use]
    pub fn leaf_identity(&self) -> &LeafIdentity {
        &self.leaf
    }
    /// The certificate of the signer.
    #[must_use]
    pub fn leaf(&self) -> &Certificate<'a> {
        // INVARIANT: made of a `PresentedChain` or of a path, which are never empty.
        #[expect(clippy::indexing_slicing, reason = "never empty, see the invariant")]
        &self.certificates[0]
    }
    /// The certificates, the signer first, the self-signed root last. A path ends with its anchor, which may be an intermediate.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate<'a>] {
        &self.certificates
    }
    /// How it was judged; `None` for a path, which has a profile of its own kind.
    #[must_use]
    pub fn options(&self) -> Option<&ChainOptions> {
        self.options.as_ref()
    }
    /// What is unwise but was let pass.
    #[must_use]
    pub fn warnings(&self) -> &[ChainWarning] {
        &self.warnings
    }
    /// Finds the anchor: a certificate of the chain that is, byte by byte, one of the trust store.
    ///
    /// A root that was issued anew with the same key is another certificate; an intermediate can be an anchor. Rule: trust
    /// store and trust policy specification of the Notary Project, [Trust Store].
    ///
    /// # Errors
    /// [`Untrusted`], when there is none.
    ///
    /// [Trust Store]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trust-store
    pub fn anchored_in<'s>(&self, store: &'s TrustStore) -> Result<&'s Anchor, Untrusted> {
        // From the root down: the broadest anchor is the one that explains most.
        self.certificates.iter().rev().find_map(|one| store.find(one.der())).ok_or_else(|| Untrusted {
            root: Which::last_of(&self.certificates),
            stores: store.names().map(ToString::to_string).collect(),
        })
    }
    /// Checks that every certificate of the chain is valid at one time.
    ///
    /// # Errors
    /// [`Expired`], naming the first that is not.
    pub fn valid_at(&self, time: UnixTime) -> Result<(), Expired> {
        let outside = self.certificates.iter().enumerate().find(|(_, one)| !one.validity().contains(time));
        outside.map_or(Ok(()), |(index, one)| {
            Err(Expired { which: Which::new(index, one), at: time, validity: one.validity() })
        })
    }
    /// The time within which every certificate is valid.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        self.certificates.iter().fold(Horizon::ALWAYS, |all, one| all.and(one.validity().horizon()))
    }
    /// The certificates below the root that name an OCSP responder or a CRL: without any, nobody can revoke the chain.
    ///
    /// The URLs themselves are foreign text. This crate fetches nothing, neither these nor those of issuers' certificates.
    pub fn revocable(&self) -> impl Iterator<Item = (usize, &Certificate<'a>)> {
        let below = self.certificates.len().saturating_sub(1);
        self.certificates.iter().enumerate().take(below).filter(|(_, one)| one.has_revocation_address())
    }
}

/// Each certificate names the next as its issuer, only the last is self-signed (signature specification of the Notary
/// Project, [Certificate Chain]). There is no search for a path, so nothing to blow up.
///
/// [Certificate Chain]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-chain
fn check_order(certificates: &[Certificate<'_>]) -> Result<(), ChainError> {
    let followed = certificates.iter().zip(certificates.iter().skip(1));
    for (index, (one, issuer)) in followed.enumerate() {
        // Its own key under the issuer's name, or no way on from it: self-signed in the middle. A certificate that carries a
        // name over to a new key is issued by the next under the same name and is left alone.
        let same_key = one.public_key() == issuer.public_key();
        if one.is_self_issued() && (same_key || one.issuer() != issuer.subject()) {
            return Err(ChainError::SelfSigned { which: Which::new(index, one) });
        }
        if one.issuer() != issuer.subject() {
            return Err(ChainError::Order {
                which: Which::new(index, one),
                expected: Which::text(one.issuer()),
                found: Which::text(issuer.subject()),
            });
        }
    }
    match certificates.last() {
        Some(root) if !root.is_self_issued() => {
            Err(ChainError::NoRoot { which: Which::last_of(certificates), issuer: Which::text(root.issuer()) })
        }
        _ => Ok(()),
    }
}

fn check_signatures(
    certificates: &[Certificate<'_>],
    provider: Provider<'_>,
    anchors: Option<&TrustStore>,
) -> Result<(), ChainError> {
    for (index, one) in certificates.iter().enumerate() {
        let below = certificates.get(index.saturating_add(1));
        let known = || anchors.and_then(|store| store.find(one.der())).is_some_and(Anchor::is_self_signed);
        if below.is_none() && known() {
            continue;
        }
        check_signature(one, below.unwrap_or(one), provider).map_err(|error| {
            let which = Which::new(index, one);
            match error {
                VerifyError::BadSignature if below.is_none() => ChainError::NotSelfSigned { which },
                VerifyError::BadSignature => ChainError::Signature { which },
                VerifyError::Unsupported => {
                    ChainError::Unsupported { which, method: one.signature_method(), key: below.unwrap_or(one).key() }
                }
            }
        })?;
    }
    Ok(())
}

/// Checks the signature of a certificate under the key of its issuer.
pub(crate) fn check_signature(
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    provider: Provider<'_>,
) -> Result<(), VerifyError> {
    let algorithm = certificate.signature_method().under(issuer.key()).ok_or(VerifyError::Unsupported)?;
    let signed = [certificate.tbs()];
    let message = Message::Parts(&signed);
    provider.verify(algorithm, issuer.public_key(), message, certificate.signature())
}
