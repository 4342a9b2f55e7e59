//! ECDSA on P-256 and P-384 by the RustCrypto crates. P-521 is `nist_p521`, which `ring` needs as well.

use super::Hash;
use crate::public_key::SubjectPublicKey;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use plimsoll_core::{Algorithm, Message, PublicKey, SignatureAlgorithm, VerifyError};

/// ECDSA on P-256.
pub(super) struct P256 {
    pub(super) algorithm: Algorithm,
}

impl SignatureAlgorithm for P256 {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        use p256::ecdsa::{Signature, VerifyingKey};
        let bad = |_| VerifyError::BadSignature;
        let Ok(SubjectPublicKey::P256(point)) = SubjectPublicKey::read(key) else {
            return Err(VerifyError::BadSignature);
        };
        // Off the curve is refused here; another length, trailing bytes, and r or s outside 1..n by the readers below.
        let key = VerifyingKey::from_sec1_bytes(point).map_err(bad)?;
        let (hash, signature) = match self.algorithm {
            Algorithm::EcdsaP256Sha256Der => (Hash::Sha256, Signature::from_der(signature)),
            Algorithm::EcdsaP256Sha384Der => (Hash::Sha384, Signature::from_der(signature)),
            Algorithm::EcdsaP256Sha512Der => (Hash::Sha512, Signature::from_der(signature)),
            _ => (Hash::Sha256, Signature::from_slice(signature)),
        };
        let signature = signature.map_err(bad)?;
        hash.of(message, |hash| key.verify_prehash(hash, &signature).map_err(bad))?
    }
}

/// ECDSA on P-384.
pub(super) struct P384 {
    pub(super) algorithm: Algorithm,
}

impl SignatureAlgorithm for P384 {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        use p384::ecdsa::{Signature, VerifyingKey};
        let bad = |_| VerifyError::BadSignature;
        let Ok(SubjectPublicKey::P384(point)) = SubjectPublicKey::read(key) else {
            return Err(VerifyError::BadSignature);
        };
        let key = VerifyingKey::from_sec1_bytes(point).map_err(bad)?;
        let (hash, signature) = match self.algorithm {
            Algorithm::EcdsaP384Sha384Der => (Hash::Sha384, Signature::from_der(signature)),
            Algorithm::EcdsaP384Sha256Der => (Hash::Sha256, Signature::from_der(signature)),
            Algorithm::EcdsaP384Sha512Der => (Hash::Sha512, Signature::from_der(signature)),
            _ => (Hash::Sha384, Signature::from_slice(signature)),
        };
        let signature = signature.map_err(bad)?;
        hash.of(message, |hash| key.verify_prehash(hash, &signature).map_err(bad))?
    }
}
