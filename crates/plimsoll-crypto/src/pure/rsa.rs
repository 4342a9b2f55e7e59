//! RSA verification by the crate `rsa`.
//!
//! Its private-key operations are not constant-time (RUSTSEC-2023-0071), so that they are used nowhere: `clippy.toml` forbids its
//! private keys. A verification has no secret.

use super::Hash;
use crate::public_key::SubjectPublicKey;
use plimsoll_core::{Algorithm, Message, PublicKey, SignatureAlgorithm, VerifyError};
use rsa::{
    BoxedUint, PublicKey as Key, pkcs1v15, pss,
    signature::{SignatureEncoding, hazmat::PrehashVerifier},
};
use sha2::{Sha256, Sha384, Sha512};

/// RSASSA-PKCS1-v1_5 or RSASSA-PSS (RFC 8017, 8).
pub(super) struct Rsa {
    pub(super) algorithm: Algorithm,
}

impl SignatureAlgorithm for Rsa {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        // Sizes, oddness and the least exponent are judged there, for all back ends.
        let Ok(SubjectPublicKey::Rsa { modulus, exponent }) = SubjectPublicKey::read(key) else {
            return Err(VerifyError::BadSignature);
        };
        let key = public_key(modulus, exponent).ok_or(VerifyError::BadSignature)?;
        // PSS: the salt is as long as the hash, neither shorter nor longer (RFC 7518, 3.5).
        let holds = match self.algorithm {
            Algorithm::RsaPkcs1Sha256 => {
                Hash::Sha256.of(message, |hash| holds(&pkcs1v15::VerifyingKey::<Sha256>::new(key), hash, signature))
            }
            Algorithm::RsaPkcs1Sha384 => {
                Hash::Sha384.of(message, |hash| holds(&pkcs1v15::VerifyingKey::<Sha384>::new(key), hash, signature))
            }
            Algorithm::RsaPkcs1Sha512 => {
                Hash::Sha512.of(message, |hash| holds(&pkcs1v15::VerifyingKey::<Sha512>::new(key), hash, signature))
            }
            Algorithm::RsaPssSha256 => {
                Hash::Sha256.of(message, |hash| holds(&pss::VerifyingKey::<Sha256>::new(key), hash, signature))
            }
            Algorithm::RsaPssSha384 => {
                Hash::Sha384.of(message, |hash| holds(&pss::VerifyingKey::<Sha384>::new(key), hash, signature))
            }
            _ => Hash::Sha512.of(message, |hash| holds(&pss::VerifyingKey::<Sha512>::new(key), hash, signature)),
        };
        holds?.ok_or(VerifyError::BadSignature)
    }
}

/// `ring` takes exponents of at most 33 bits: a longer one makes each check dear and is used by nobody.
fn public_key(modulus: &[u8], exponent: &[u8]) -> Option<Key> {
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    Key::new(number(modulus), number(exponent)).ok()
}

fn holds<S: SignatureEncoding>(key: &impl PrehashVerifier<S>, hash: &[u8], signature: &[u8]) -> Option<()> {
    let signature = S::try_from(signature).ok()?;
    key.verify_prehash(hash, &signature).ok()
}
