use crate::code;
use plimsoll_core::{Classify, Code, Escaped};

/// Why a public key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// Not a DER-encoded `SubjectPublicKeyInfo`, or not one of its algorithm.
    #[error("expected a SubjectPublicKeyInfo in DER, found bytes that are not one")]
    Malformed,
    /// An Ed25519 key of small order, under which one signature holds over many messages.
    #[error("expected an Ed25519 key of full order, found one of small order")]
    SmallOrder,
    /// A key of another algorithm.
    #[error("expected an RSA, P-256, P-384, P-521, Ed25519 or ML-DSA key, found the algorithm {algorithm}")]
    UnsupportedAlgorithm {
        /// Its object identifier.
        algorithm: Escaped,
    },
    /// An RSA exponent that is even or less than 3.
    #[error("expected an odd RSA exponent of at least 3")]
    WeakExponent,
    /// An RSA modulus outside 2048 to 8192 bits.
    #[error("expected an RSA key of 2048 to 8192 bits, found {bits}")]
    WeakSize {
        /// Its length in bits.
        bits: u32,
    },
}

impl Classify for PublicKeyError {
    fn code(&self) -> Code {
        match self {
            Self::Malformed => code::PUBLIC_KEY_MALFORMED,
            Self::SmallOrder | Self::UnsupportedAlgorithm { .. } | Self::WeakExponent | Self::WeakSize { .. } => {
                code::PUBLIC_KEY_UNSUPPORTED
            }
        }
    }
}
