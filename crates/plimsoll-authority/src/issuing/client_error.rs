//! Why a client has no certificate.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped};
use plimsoll_pki::{ChainError, Expired, Untrusted};

/// Why an issuing service gave a client no certificate, or none that it may sign with.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Not an address of an issuing service.
    #[error("expected an https URL of an issuing service, or http on loopback, found `{found}`")]
    Address {
        /// What it is.
        found: Escaped,
    },
    /// The answer is not a chain of certificates.
    #[error("the answer of the issuing service is no chain of certificates: {problem}")]
    Answer {
        /// What is wrong.
        problem: Escaped,
    },
    /// The chain does not hold.
    #[error("the chain that the issuing service gave is refused: {0}")]
    Chain(#[from] ChainError),
    /// The certificate is not valid now.
    #[error("the chain that the issuing service gave is refused: {0}")]
    Expired(#[from] Expired),
    /// The service cannot tell now.
    #[error("the issuing service cannot issue now: {code}: {detail}")]
    Later {
        /// The denial code that it gave.
        code: Escaped,
        /// What it said.
        detail: Escaped,
    },
    /// The certificate is for somebody else's key.
    #[error("expected a certificate for the key that was sent, found one for another key")]
    OtherKey,
    /// The service said no.
    #[error("the issuing service refused: {code}: {detail}")]
    Refused {
        /// The denial code that it gave.
        code: Escaped,
        /// What it said.
        detail: Escaped,
    },
    /// The service could not be asked.
    #[error("the issuing service could not be asked: {reason}")]
    Unavailable {
        /// Why.
        reason: Escaped,
    },
    /// The chain leads elsewhere than to the roots that were named.
    #[error("the chain that the issuing service gave is refused: {0}")]
    Untrusted(#[from] Untrusted),
}

impl Classify for ClientError {
    fn code(&self) -> Code {
        match self {
            Self::Address { .. } => code::ISSUING_URL_REFUSED,
            Self::Answer { .. } => code::MALFORMED_ISSUING_ANSWER,
            Self::Chain(error) => error.code(),
            Self::Expired(error) => error.code(),
            Self::Later { .. } | Self::Unavailable { .. } => code::ISSUING_UNAVAILABLE,
            Self::OtherKey => code::ISSUED_FOR_ANOTHER_KEY,
            Self::Refused { .. } => code::ISSUING_REFUSED,
            Self::Untrusted(error) => error.code(),
        }
    }
}
