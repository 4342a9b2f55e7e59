//! Why a check did not hold.

use crate::{EnvelopeLayerError, PayloadError, code};
use plimsoll_core::{Classify, Code, Escaped, Failure, UnixTime};
use plimsoll_pki::{Expired, SubjectError, Untrusted};

/// Why a check of a signature did not hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// A certificate of the chain is not valid at the time that counts.
    #[error("{0}")]
    Certificate(#[from] Expired),
    /// A chain with an authentic signing time after now.
    #[error("expected an authentic signing time of at most 300 seconds after {at}, found {found}")]
    FutureSigningTime {
        /// Now.
        at: UnixTime,
        /// The authentic signing time.
        found: UnixTime,
    },
    /// The signer is none of the trusted identities.
    #[error("expected a signer that the trust policy statement `{statement}` names, found `{subject}`")]
    Identity {
        /// The statement.
        statement: Escaped,
        /// The subject of the leaf.
        subject: Escaped,
    },
    /// The envelope does not hold by itself.
    #[error(transparent)]
    Envelope(#[from] EnvelopeLayerError),
    /// The signature has expired.
    #[error("the signature has expired: expected a time before {expiry}, found {at}")]
    Expired {
        /// The first second at which it does not count.
        expiry: UnixTime,
        /// Now.
        at: UnixTime,
    },
    /// This version does not do what the check needs.
    #[error("{needs} is needed, which this version does not do")]
    NotSupported {
        /// What.
        needs: &'static str,
    },
    /// The payload is broken, or about something else.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// A trust store that the statement names cannot be used.
    #[error("{}", .0.message)]
    Store(Failure),
    /// The subject of the signer cannot be compared with the trusted identities.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// A critical attribute that nobody understands.
    #[error("the attribute `{name}` is critical, and not understood")]
    UnknownCritical {
        /// Its name.
        name: Escaped,
    },
    /// No certificate of the chain is in a trust store.
    #[error("{0}")]
    Untrusted(#[from] Untrusted),
}

impl Classify for VerificationError {
    fn code(&self) -> Code {
        match self {
            Self::Certificate(error) => error.code(),
            Self::Envelope(error) => error.code(),
            Self::Expired { .. } => code::SIGNATURE_EXPIRED,
            Self::FutureSigningTime { .. } => plimsoll_pki::code::CERTIFICATE_NOT_YET_VALID,
            Self::Identity { .. } => code::UNTRUSTED_IDENTITY,
            Self::NotSupported { .. } => plimsoll_core::code::NOT_SUPPORTED,
            Self::Payload(error) => error.code(),
            Self::Store(failure) => failure.code,
            Self::Subject(error) => error.code(),
            Self::UnknownCritical { .. } => code::UNKNOWN_CRITICAL_ATTRIBUTE,
            Self::Untrusted(error) => error.code(),
        }
    }
}
