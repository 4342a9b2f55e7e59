//! Back ends that nod: what a verification still takes is all our own.

use plimsoll_core::{Algorithm, Message, Provider, PublicKey, SignatureAlgorithm, VerifyError};

/// Says yes to every signature, for measuring what is done around public-key operations.
struct Nod(Algorithm);

impl SignatureAlgorithm for Nod {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
    fn verify(&self, _: PublicKey<'_>, _: Message<'_>, _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

/// Back ends for the algorithms of the fixtures that check nothing. For measurements only: nothing that is distributed depends on
/// this crate.
#[must_use]
pub fn nodding() -> Provider<'static> {
    Provider::new(&[
        &Nod(Algorithm::EcdsaP256Sha256Fixed),
        &Nod(Algorithm::RsaPssSha512),
        &Nod(Algorithm::EcdsaP256Sha256Der),
        &Nod(Algorithm::RsaPkcs1Sha512),
    ])
}
