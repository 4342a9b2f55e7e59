//! P-521, which `ring` does not have.

use crate::{message::contiguous, public_key::SubjectPublicKey};
use p521::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier};
use plimsoll_core::{Algorithm, Digest, Message, PublicKey, SignatureAlgorithm, VerifyError};

/// ECDSA on P-521. Takes a hash in place of the message too, where [`Digest`] has the function: SHA-256 and SHA-512.
pub(crate) struct P521 {
    algorithm: Algorithm,
}

impl SignatureAlgorithm for P521 {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let bad = |_| VerifyError::BadSignature;
        let Ok(SubjectPublicKey::P521(point)) = SubjectPublicKey::read(key) else {
            return Err(VerifyError::BadSignature);
        };
        let key = VerifyingKey::from_sec1_bytes(point).map_err(bad)?;
        // Both readers refuse another length, trailing bytes, and r or s outside 1..n.
        let signature = match self.algorithm {
            Algorithm::EcdsaP521Sha512Fixed => Signature::from_slice(signature),
            _ => Signature::from_der(signature),
        }
        .map_err(bad)?;
        match (self.algorithm, message) {
            (Algorithm::EcdsaP521Sha256Der, Message::Prehashed(Digest::Sha256(hash))) => {
                key.verify_prehash(hash, &signature).map_err(bad)
            }
            (
                Algorithm::EcdsaP521Sha512Der | Algorithm::EcdsaP521Sha512Fixed,
                Message::Prehashed(Digest::Sha512(hash)),
            ) => key.verify_prehash(hash, &signature).map_err(bad),
            (_, message) => contiguous(message, |message| {
                key.verify_prehash(hash(self.algorithm, message).as_ref(), &signature).map_err(bad)
            }),
        }
    }
}

#[cfg(feature = "ring")]
fn hash(algorithm: Algorithm, message: &[u8]) -> impl AsRef<[u8]> {
    use ring::digest::{SHA256, SHA384, SHA512, digest};
    digest(
        match algorithm {
            Algorithm::EcdsaP521Sha256Der => &SHA256,
            Algorithm::EcdsaP521Sha384Der => &SHA384,
            _ => &SHA512,
        },
        message,
    )
}

#[cfg(not(feature = "ring"))]
fn hash(algorithm: Algorithm, message: &[u8]) -> alloc::vec::Vec<u8> {
    use sha2::{Digest as _, Sha256, Sha384, Sha512};
    match algorithm {
        Algorithm::EcdsaP521Sha256Der => Sha256::digest(message).to_vec(),
        Algorithm::EcdsaP521Sha384Der => Sha384::digest(message).to_vec(),
        _ => Sha512::digest(message).to_vec(),
    }
}

pub(crate) static FIXED: P521 = P521 { algorithm: Algorithm::EcdsaP521Sha512Fixed };
pub(crate) static DER: P521 = P521 { algorithm: Algorithm::EcdsaP521Sha512Der };
pub(crate) static DER_SHA256: P521 = P521 { algorithm: Algorithm::EcdsaP521Sha256Der };
pub(crate) static DER_SHA384: P521 = P521 { algorithm: Algorithm::EcdsaP521Sha384Der };
