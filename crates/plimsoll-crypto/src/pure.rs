//! The back end in Rust alone, which verifies and never signs: for where there is no C compiler, such as WebAssembly.

mod ecdsa;
mod ed25519;
mod rsa;

#[cfg(feature = "ml-dsa")]
use crate::fips204;
use crate::nist_p521;
use plimsoll_core::{Algorithm, Digest, Message, Provider, SignatureAlgorithm, VerifyError};
use sha2::{Sha256, Sha384, Sha512};

/// Every algorithm of [`Algorithm`], by the RustCrypto and dalek crates; ML-DSA with the feature `ml-dsa`.
///
/// A hash is taken in place of the message where a [`Digest`] is of the algorithm's own hash function: SHA-256 and SHA-512, but not for
/// Ed25519 and ML-DSA, which hash more than the message.
#[must_use]
pub fn provider() -> Provider<'static> {
    Provider::new(EVERY)
}

/// A hash function.
#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Hashes the parts, or takes the hash that the caller has. Nothing is copied.
    fn of<T>(self, message: Message<'_>, then: impl FnOnce(&[u8]) -> T) -> Result<T, VerifyError> {
        Ok(match (self, message) {
            (Self::Sha256, Message::Parts(parts)) => then(&digest::<Sha256>(parts)),
            (Self::Sha384, Message::Parts(parts)) => then(&digest::<Sha384>(parts)),
            (Self::Sha512, Message::Parts(parts)) => then(&digest::<Sha512>(parts)),
            (Self::Sha256, Message::Prehashed(Digest::Sha256(hash))) => then(hash),
            (Self::Sha512, Message::Prehashed(Digest::Sha512(hash))) => then(hash),
            _ => return Err(VerifyError::Unsupported),
        })
    }
}

fn digest<D: sha2::Digest>(parts: &[&[u8]]) -> sha2::digest::Output<D> {
    let mut hash = D::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize()
}

static EVERY: &[&dyn SignatureAlgorithm] = &[
    &ecdsa::P256 { algorithm: Algorithm::EcdsaP256Sha256Fixed },
    &ecdsa::P256 { algorithm: Algorithm::EcdsaP256Sha256Der },
    &ecdsa::P256 { algorithm: Algorithm::EcdsaP256Sha384Der },
    &ecdsa::P256 { algorithm: Algorithm::EcdsaP256Sha512Der },
    &ecdsa::P384 { algorithm: Algorithm::EcdsaP384Sha384Fixed },
    &ecdsa::P384 { algorithm: Algorithm::EcdsaP384Sha384Der },
    &ecdsa::P384 { algorithm: Algorithm::EcdsaP384Sha256Der },
    &ecdsa::P384 { algorithm: Algorithm::EcdsaP384Sha512Der },
    &nist_p521::FIXED,
    &nist_p521::DER,
    &nist_p521::DER_SHA256,
    &nist_p521::DER_SHA384,
    &ed25519::Ed25519,
    &rsa::Rsa { algorithm: Algorithm::RsaPssSha256 },
    &rsa::Rsa { algorithm: Algorithm::RsaPssSha384 },
    &rsa::Rsa { algorithm: Algorithm::RsaPssSha512 },
    &rsa::Rsa { algorithm: Algorithm::RsaPkcs1Sha256 },
    &rsa::Rsa { algorithm: Algorithm::RsaPkcs1Sha384 },
    &rsa::Rsa { algorithm: Algorithm::RsaPkcs1Sha512 },
    #[cfg(feature = "ml-dsa")]
    fips204::ALL[0],
    #[cfg(feature = "ml-dsa")]
    fips204::ALL[1],
    #[cfg(feature = "ml-dsa")]
    fips204::ALL[2],
];
