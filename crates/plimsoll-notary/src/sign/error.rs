//! Why nothing was signed.

use crate::{EnvelopeLayerError, PayloadError, code};
use plimsoll_core::{Algorithm, Classify, Code, Escaped, Failure, LimitExceeded, UnixTime};
use plimsoll_envelope::EnvelopeError;
use plimsoll_pki::{ChainError, Expired, KeyKind};

/// Why nothing was signed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The key does not sign with the algorithm that the certificate demands.
    #[error("the signing certificate holds a key of {key}: expected {}, found a signer with {found:?}", wanted(*expected))]
    Algorithm {
        /// The key in the certificate.
        key: KeyKind,
        /// The algorithm that it demands; none if Notary signs with no such key.
        expected: Option<Algorithm>,
        /// The algorithm of the signer.
        found: Algorithm,
    },
    /// A certificate is not valid at the signing time.
    #[error(transparent)]
    Certificate(#[from] Expired),
    /// The chain is not one that a verifier would accept.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// What was made could not be written.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The expiry is not after the signing time.
    #[error("expected an expiry after the signing time {signing_time}, found {expiry}")]
    Expiry {
        /// The signing time.
        signing_time: UnixTime,
        /// The expiry.
        expiry: UnixTime,
    },
    /// Too much metadata.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// What was made does not hold: the key is not that of the certificate.
    #[error("the signature that was made does not hold: {0}")]
    Own(#[from] EnvelopeLayerError),
    /// What was made is about something else.
    #[error("the signature that was made does not hold: {0}")]
    Payload(#[from] PayloadError),
    /// The key of user metadata belongs to the specification.
    #[error("expected a metadata key that does not start with `io.cncf.notary`, found `{key}`")]
    ReservedMetadata {
        /// The key.
        key: Escaped,
    },
    /// The signer failed.
    #[error("{}", .0.message)]
    Signer(Failure),
}

fn wanted(algorithm: Option<Algorithm>) -> String {
    algorithm.map_or_else(|| "RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521".to_owned(), |one| format!("{one:?}"))
}

impl Classify for SigningError {
    fn code(&self) -> Code {
        match self {
            Self::Certificate(error) => error.code(),
            Self::Chain(error) => error.code(),
            Self::Envelope(error) => error.code(),
            Self::Limit(error) => error.code(),
            Self::Own(error) => error.code(),
            Self::Payload(error) => error.code(),
            Self::Signer(failure) => failure.code,
            Self::Algorithm { .. } | Self::Expiry { .. } | Self::ReservedMetadata { .. } => code::SIGNING_REFUSED,
        }
    }
}
