//! ML-DSA by the crate `ml-dsa`: FIPS 204, Algorithm 3, `ML-DSA.Verify`, with an empty context string (RFC 9881, 3; RFC 9964, 3).

use crate::public_key::SubjectPublicKey;
use ml_dsa::signature::MultipartVerifier;
use ml_dsa::{EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey};
use plimsoll_core::{Algorithm, Message, PublicKey, SignatureAlgorithm, VerifyError};

/// ML-DSA with one parameter set.
///
/// It hashes the key in front of the message, so a hash of the message alone cannot stand in for it: HashML-DSA (FIPS 204, 5.4) is
/// another algorithm, which RFC 9881 forbids in certificates.
pub(crate) struct MlDsa(Algorithm);

impl SignatureAlgorithm for MlDsa {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let Message::Parts(parts) = message else { return Err(VerifyError::Unsupported) };
        let key = SubjectPublicKey::read(key).map_err(|_| VerifyError::BadSignature)?;
        let key = key.octets_for(self.0).ok_or(VerifyError::BadSignature)?;
        let holds = match self.0 {
            Algorithm::MlDsa44 => holds::<MlDsa44>(key, parts, signature),
            Algorithm::MlDsa65 => holds::<MlDsa65>(key, parts, signature),
            _ => holds::<MlDsa87>(key, parts, signature),
        };
        holds.ok_or(VerifyError::BadSignature)
    }
}

/// The reader of signatures refuses another length, and hints that repeat or are out of order (FIPS 204, Algorithm 21).
fn holds<P: MlDsaParams>(key: &[u8], parts: &[&[u8]], signature: &[u8]) -> Option<()> {
    let key = EncodedVerifyingKey::<P>::try_from(key).ok()?;
    let signature = Signature::<P>::try_from(signature).ok()?;
    VerifyingKey::<P>::decode(&key).multipart_verify(parts, &signature).ok()
}

/// Each parameter set.
pub(crate) static ALL: [&dyn SignatureAlgorithm; 3] =
    [&MlDsa(Algorithm::MlDsa44), &MlDsa(Algorithm::MlDsa65), &MlDsa(Algorithm::MlDsa87)];
