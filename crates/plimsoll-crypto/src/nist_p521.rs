//! P-521, which `ring` does not have.

use crate::{message::contiguous, public_key::SubjectPublicKey};
use p521::ecdsa::{
    Signature, VerifyingKey,
    signature::{Verifier, hazmat::PrehashVerifier},
};
use plimsoll_core::{Algorithm, Digest, Message, PublicKey, SignatureAlgorithm, VerifyError};

/// ECDSA on P-521 with SHA-512. Takes a SHA-512 hash in place of the message too.
pub(crate) struct P521 {
    encoding: Encoding,
}

enum Encoding {
    Der,
    Fixed,
}

impl SignatureAlgorithm for P521 {
    fn algorithm(&self) -> Algorithm {
        match self.encoding {
            Encoding::Der => Algorithm::EcdsaP521Sha512Der,
            Encoding::Fixed => Algorithm::EcdsaP521Sha512Fixed,
        }
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let bad = |_| VerifyError::BadSignature;
        let Ok(SubjectPublicKey::P521(point)) = SubjectPublicKey::read(key) else {
            return Err(VerifyError::BadSignature);
        };
        let key = VerifyingKey::from_sec1_bytes(point).map_err(bad)?;
        // Both readers refuse another length, trailing bytes, and r or s outside 1..n.
        let signature = match self.encoding {
            Encoding::Der => Signature::from_der(signature),
            Encoding::Fixed => Signature::from_slice(signature),
        }
        .map_err(bad)?;
        match message {
            Message::Prehashed(Digest::Sha512(hash)) => key.verify_prehash(hash, &signature).map_err(bad),
            message => contiguous(message, |message| key.verify(message, &signature).map_err(bad)),
        }
    }
}

pub(crate) static FIXED: P521 = P521 { encoding: Encoding::Fixed };
pub(crate) static DER: P521 = P521 { encoding: Encoding::Der };
