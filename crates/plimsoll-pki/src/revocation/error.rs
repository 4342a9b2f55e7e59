//! Why a status is not known, or a chain does not stand.

use super::{Attempt, Status};
use crate::{CertificateError, Which, code, crl::CrlError, crl::RevokedEntry, distrust::Subject, ocsp::OcspError};
use alloc::vec::Vec;
use core::fmt;
use plimsoll_core::{Classify, Code, Escaped, Failure, LimitExceeded};

/// Why a source gave no status.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// There is nothing at the address.
    #[error("there is nothing at this address")]
    Absent,
    /// What the certificate says of its lists cannot be read.
    #[error("{0}")]
    Certificate(#[from] CertificateError),
    /// The list says nothing about the certificate.
    #[error("{0}")]
    Crl(#[from] CrlError),
    /// The operator distrusts who signed it, or an authority above.
    #[error("`{signer}`, under whom it stands, is distrusted by the entry for the {subject}: {reason}")]
    Distrusted {
        /// The subject of the certificate.
        signer: Escaped,
        /// The entry's subject.
        subject: Subject,
        /// Why, as the operator wrote it.
        reason: Escaped,
    },
    /// It was not asked, because enough others were.
    #[error("it was not asked: {0}")]
    Limit(#[from] LimitExceeded),
    /// No answer came.
    #[error("{0}")]
    Failed(#[from] Failure),
    /// The response says nothing about the certificate.
    #[error("{0}")]
    Ocsp(#[from] OcspError),
    /// The certificate of the responder is itself revoked.
    #[error("the certificate of the responder `{responder}` is revoked")]
    ResponderRevoked {
        /// Its subject.
        responder: Escaped,
    },
    /// Whether the certificate of the responder is revoked is not known.
    #[error(
        "the certificate of the responder `{responder}` has no id-pkix-ocsp-nocheck, and whether it is revoked is not known"
    )]
    ResponderUnknown {
        /// Its subject.
        responder: Escaped,
    },
    /// The address is none that is asked.
    #[error("expected an http or https URL, found another")]
    Url,
}

impl Classify for Cause {
    fn code(&self) -> Code {
        match self {
            Self::Absent | Self::ResponderUnknown { .. } | Self::Url => code::REVOCATION_UNKNOWN,
            Self::Certificate(error) => error.code(),
            Self::Crl(error) => error.code(),
            Self::Distrusted { .. } => code::CERTIFICATE_DISTRUSTED,
            Self::Failed(failure) => failure.code(),
            Self::Limit(limit) => limit.code(),
            Self::Ocsp(error) => error.code(),
            Self::ResponderRevoked { .. } => code::OCSP_UNTRUSTED,
        }
    }
}

/// Why a chain does not stand.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// A certificate cannot be revoked, and the policy wants that it can.
    #[error(
        "{which} cannot be revoked: it names no OCSP responder and no CRL, there is no local CRL of its issuer, and the policy requires the check"
    )]
    NotRevocable {
        /// The certificate.
        which: Which,
    },
    /// A certificate is revoked.
    #[error("{which} is revoked since {} ({}){}", entry.revoked_at, entry.reason, Invalid(entry))]
    Revoked {
        /// The certificate.
        which: Which,
        /// What its issuer says.
        entry: RevokedEntry,
    },
    /// Whether a certificate is revoked could not be found out.
    #[error("whether {which} is revoked could not be found out: {}", Attempts(attempts))]
    Unknown {
        /// The certificate.
        which: Which,
        /// Who was asked, and what came of it.
        attempts: Vec<Attempt>,
    },
}

impl RevocationError {
    pub(super) fn of(which: &Which, status: &Status, attempts: &[Attempt]) -> Option<Self> {
        let which = which.clone();
        match status {
            Status::Excused(_) | Status::Good | Status::NonRevokable => None,
            Status::NotRevocable => Some(Self::NotRevocable { which }),
            Status::Revoked(entry) => Some(Self::Revoked { which, entry: *entry }),
            Status::Unknown => Some(Self::Unknown { which, attempts: attempts.to_vec() }),
        }
    }
}

impl Classify for RevocationError {
    fn code(&self) -> Code {
        match self {
            Self::NotRevocable { .. } => code::CERTIFICATE_NOT_REVOCABLE,
            Self::Revoked { .. } => code::CERTIFICATE_REVOKED,
            Self::Unknown { .. } => code::REVOCATION_UNKNOWN,
        }
    }
}

struct Invalid<'a>(&'a RevokedEntry);

impl fmt::Display for Invalid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.invalidity_date.map_or(Ok(()), |date| write!(f, ", its key is invalid since {date}"))
    }
}

struct Attempts<'a>(&'a [Attempt]);

impl fmt::Display for Attempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.0.iter().try_for_each(|one| {
            write!(f, "{separator}{one}")?;
            separator = "; ";
            Ok(())
        })?;
        if self.0.is_empty() { f.write_str("nothing that it names could be asked") } else { Ok(()) }
    }
}
