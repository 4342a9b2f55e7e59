//! What a check is given.

use crate::{
    crl::{CertificateList, CrlLimits},
    distrust::Distrust,
    ocsp::OcspLimits,
};
use plimsoll_core::UnixTime;

/// What a check goes by, beside the chain and the time.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RevocationSources<'a> {
    /// Lists that the caller has, base and delta. They are used first; who has a fresh one here is looked up nowhere else.
    pub lists: &'a [CertificateList],
    /// Whom the operator distrusts: whoever is on it clears nobody. A responder on it is as one that gave no answer. Under an issuer on it, or
    /// below another that is, what comes from outside still revokes; that a certificate is not revoked, only the caller's lists can say then, since he put
    /// them there himself. Nobody proves when such an answer was signed, so an entry for what is signed after a time holds for every one.
    ///
    /// The chain itself is not compared with it here: [`Distrust::check`].
    pub distrust: Option<&'a Distrust>,
    /// The latest second at which the signature in question can have been made, where that is authentic: by a verified timestamp, or
    /// under the scheme `notary.x509.signingAuthority`. Never a signing time that is merely claimed. A certificate that is revoked with an
    /// `invalidityDate` after it does not count as revoked.
    pub authentic_time: Option<UnixTime>,
    /// What becomes of a certificate that nobody can revoke.
    pub requirement: Requirement,
    /// 32 random octets, where OCSP responses shall be made for this check; most responders then cannot answer from a cache.
    pub nonce: Option<[u8; 32]>,
    /// How much is read and asked.
    pub limits: RevocationLimits,
}

impl<'a> RevocationSources<'a> {
    /// Nothing but what the certificates themselves name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds the caller's lists.
    #[must_use]
    pub fn with_lists(mut self, lists: &'a [CertificateList]) -> Self {
        self.lists = lists;
        self
    }
    /// Sets whom the operator distrusts; see [`RevocationSources::distrust`].
    #[must_use]
    pub fn with_distrust(mut self, distrust: &'a Distrust) -> Self {
        self.distrust = Some(distrust);
        self
    }
    /// Sets the latest second at which the signature can have been made; see [`RevocationSources::authentic_time`].
    #[must_use]
    pub fn with_authentic_time(mut self, latest: UnixTime) -> Self {
        self.authentic_time = Some(latest);
        self
    }
    /// Sets what becomes of a certificate that nobody can revoke.
    #[must_use]
    pub fn with_requirement(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }
    /// Sets a nonce.
    #[must_use]
    pub fn with_nonce(mut self, nonce: [u8; 32]) -> Self {
        self.nonce = Some(nonce);
        self
    }
    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: RevocationLimits) -> Self {
        self.limits = limits;
        self
    }
}

/// What becomes of a certificate that names no responder and no list, where no local list is of its issuer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Requirement {
    /// It counts as not revoked, as the specification of the Notary Project has it.
    #[default]
    IfOffered,
    /// It counts as unknown.
    Required,
}

/// How much is read and asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RevocationLimits {
    /// Of one list.
    pub crl: CrlLimits,
    /// Of one OCSP response.
    pub ocsp: OcspLimits,
    /// URLs of one certificate, and of one list for its delta lists, that are asked. 4; real certificates name one or two. Whoever
    /// signs could otherwise make a verifier knock at any number of doors.
    pub urls: usize,
    /// Characters of one URL. 2048, more than any in use.
    pub url_length: usize,
}

impl Default for RevocationLimits {
    fn default() -> Self {
        Self { crl: CrlLimits::default(), ocsp: OcspLimits::default(), urls: 4, url_length: 2048 }
    }
}
