//! What a check found.

use super::{Cause, RevocationError};
use crate::{Which, crl::RevokedEntry};
use alloc::vec::Vec;
use core::fmt;
use plimsoll_core::{Digest, Escaped, Horizon};

/// What was found out about each certificate of a chain but its root.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct RevocationReport {
    pub(super) certificates: Vec<CertificateReport>,
}

impl RevocationReport {
    /// The certificates, the signer first.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateReport] {
        &self.certificates
    }
    /// Says whether the chain stands: no certificate is revoked, and none is unknown.
    ///
    /// # Errors
    /// [`RevocationError`] of the first certificate that is revoked, or else of the first that is unknown.
    pub fn outcome(&self) -> Result<(), RevocationError> {
        let revoked = self.certificates.iter().find(|one| matches!(one.status, Status::Revoked(_)));
        let first = revoked.or_else(|| self.certificates.iter().find(|one| one.error().is_some()));
        first.and_then(CertificateReport::error).map_or(Ok(()), Err)
    }
    /// While it holds: never beyond the first `nextUpdate` of what it stands on.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        self.certificates.iter().fold(Horizon::ALWAYS, |all, one| all.and(one.horizon))
    }
    /// SHA-256 of each list and response that it stands on.
    pub fn evidence(&self) -> impl Iterator<Item = &Digest> {
        self.certificates.iter().flat_map(|one| &one.evidence)
    }
}

/// What was found out about one certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CertificateReport {
    /// The certificate.
    pub which: Which,
    /// What was found out.
    pub status: Status,
    /// Who said so; `None` for what nobody said.
    pub source: Option<Source>,
    /// Who said nothing before, and why.
    pub attempts: Vec<Attempt>,
    /// SHA-256 of each list and response that the status stands on.
    pub evidence: Vec<Digest>,
    /// While the status holds.
    pub horizon: Horizon,
}

impl CertificateReport {
    /// The error that the status is, if it is one.
    #[must_use]
    pub fn error(&self) -> Option<RevocationError> {
        RevocationError::of(&self.which, &self.status, &self.attempts)
    }
}

/// The status of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Status {
    /// It is revoked, but the signature is older than the `invalidityDate`, by an authentic time: it counts as not revoked.
    Excused(RevokedEntry),
    /// It is not revoked.
    Good,
    /// It names nobody to ask, no local list is of its issuer, and that is allowed.
    NonRevokable,
    /// The same, and that is not allowed.
    NotRevocable,
    /// It is revoked.
    Revoked(RevokedEntry),
    /// It could not be found out.
    Unknown,
}

/// Where a status comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Source {
    /// The caller's list: its place among them.
    LocalList(usize),
    /// A list at a URL.
    List(Escaped),
    /// A responder at a URL.
    Responder(Escaped),
    /// The certificate itself, whose distribution points cannot be read.
    Certificate,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LocalList(index) => write!(f, "local CRL {index}"),
            Self::List(url) => write!(f, "CRL `{url}`"),
            Self::Responder(url) => write!(f, "OCSP `{url}`"),
            Self::Certificate => f.write_str("the certificate"),
        }
    }
}

/// A source that gave no status.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Who.
    pub source: Source,
    /// Why not.
    pub cause: Cause,
}

impl Attempt {
    pub(super) fn new(source: Source, cause: impl Into<Cause>) -> Self {
        Self { source, cause: cause.into() }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.cause)
    }
}
