//! Ed25519 (RFC 8032) by `ed25519-dalek`.

use crate::{message::contiguous, public_key::SubjectPublicKey};
use ed25519_dalek::{Signature, VerifyingKey};
use plimsoll_core::{Algorithm, Message, PublicKey, SignatureAlgorithm, VerifyError};

/// Ed25519, with the stricter of the checks that RFC 8032 leaves open: no key and no `R` of small order.
pub(super) struct Ed25519;

impl SignatureAlgorithm for Ed25519 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let bad = |_| VerifyError::BadSignature;
        let key = SubjectPublicKey::read(key).map_err(|_| VerifyError::BadSignature)?;
        let key = key.octets_for(Algorithm::Ed25519).ok_or(VerifyError::BadSignature)?;
        let key = VerifyingKey::try_from(key).map_err(bad)?;
        let signature = Signature::from_slice(signature).map_err(bad)?;
        contiguous(message, |message| key.verify_strict(message, &signature).map_err(bad))
    }
}
