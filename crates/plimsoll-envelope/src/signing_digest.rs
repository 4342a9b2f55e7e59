//! The hash that a key which takes no message signs: PKCS#11 tokens, cloud key services, Notation's plugins.

use alloc::vec::Vec;
use plimsoll_core::Algorithm;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The hash function inside a signature algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HashFunction {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl HashFunction {
    /// The hash function of an algorithm that signs a hash; `None` for one that signs the message itself
    /// (Ed25519, [RFC 8032, 5.1]; ML-DSA in its pure form, [RFC 9881, 3]).
    ///
    /// [RFC 8032, 5.1]: https://www.rfc-editor.org/rfc/rfc8032#section-5.1
    /// [RFC 9881, 3]: https://www.rfc-editor.org/rfc/rfc9881#section-3
    #[must_use]
    pub const fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::EcdsaP256Sha256Der
            | Algorithm::EcdsaP256Sha256Fixed
            | Algorithm::EcdsaP384Sha256Der
            | Algorithm::EcdsaP521Sha256Der
            | Algorithm::RsaPkcs1Sha256
            | Algorithm::RsaPssSha256 => Some(Self::Sha256),
            Algorithm::EcdsaP256Sha384Der
            | Algorithm::EcdsaP384Sha384Der
            | Algorithm::EcdsaP384Sha384Fixed
            | Algorithm::EcdsaP521Sha384Der
            | Algorithm::RsaPkcs1Sha384
            | Algorithm::RsaPssSha384 => Some(Self::Sha384),
            Algorithm::EcdsaP256Sha512Der
            | Algorithm::EcdsaP384Sha512Der
            | Algorithm::EcdsaP521Sha512Der
            | Algorithm::EcdsaP521Sha512Fixed
            | Algorithm::RsaPkcs1Sha512
            | Algorithm::RsaPssSha512 => Some(Self::Sha512),
            _ => None,
        }
    }
    /// The hash of the bytes.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// The hash of a signing input by the algorithm's own hash function; `None` where the key must see the message.
///
/// ```
/// use plimsoll_core::Algorithm;
/// use plimsoll_envelope::signing_digest;
/// assert_eq!(signing_digest(Algorithm::EcdsaP384Sha384Fixed, b"cargo").map(|digest| digest.len()), Some(48));
/// assert_eq!(signing_digest(Algorithm::Ed25519, b"cargo"), None);
/// ```
#[must_use]
pub fn signing_digest(algorithm: Algorithm, input: &[u8]) -> Option<Vec<u8>> {
    HashFunction::of(algorithm).map(|function| function.digest(input))
}
