//! Signatures as attestations have them: ECDSA in DER ([RFC 3279, 2.2.3](https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3)).

use super::AttachError;
use der::{Encode as _, Sequence, asn1::UintRef};
use plimsoll_core::Algorithm;
use std::borrow::Cow;

/// A signature with the algorithm that names its encoding.
pub(super) struct Encoded<'s> {
    pub(super) algorithm: Algorithm,
    pub(super) signature: Cow<'s, [u8]>,
}

impl<'s> Encoded<'s> {
    /// Takes a signature, and writes `r || s` in DER.
    pub(super) fn of(found: Algorithm, signature: &'s [u8]) -> Result<Self, AttachError> {
        match of(found)? {
            Form::Plain => Ok(Self { algorithm: found, signature: Cow::Borrowed(signature) }),
            Form::Halves { algorithm, half } => {
                let halves = signature.split_at_checked(half).filter(|(_, s)| s.len() == half);
                let written = halves.and_then(|(r, s)| to_der(r, s).ok()).ok_or(AttachError::OtherKey)?;
                Ok(Self { algorithm, signature: Cow::Owned(written) })
            }
        }
    }
}

/// In which form an algorithm's signatures come.
pub(super) enum Form {
    /// `r || s`, each so wide, and the algorithm for the same in DER.
    Halves { algorithm: Algorithm, half: usize },
    /// As readers take it.
    Plain,
}

/// The algorithms by which an attestation may be signed; see [`crate::authority::algorithms`].
pub(super) const fn of(algorithm: Algorithm) -> Result<Form, AttachError> {
    Ok(match algorithm {
        Algorithm::EcdsaP256Sha256Fixed => Form::Halves { algorithm: Algorithm::EcdsaP256Sha256Der, half: 32 },
        Algorithm::EcdsaP384Sha384Fixed => Form::Halves { algorithm: Algorithm::EcdsaP384Sha384Der, half: 48 },
        Algorithm::EcdsaP521Sha512Fixed => Form::Halves { algorithm: Algorithm::EcdsaP521Sha512Der, half: 66 },
        Algorithm::EcdsaP256Sha256Der
        | Algorithm::EcdsaP384Sha256Der
        | Algorithm::EcdsaP384Sha384Der
        | Algorithm::EcdsaP521Sha256Der
        | Algorithm::EcdsaP521Sha512Der
        | Algorithm::Ed25519
        | Algorithm::RsaPkcs1Sha256
        | Algorithm::RsaPssSha256
        | Algorithm::RsaPssSha384
        | Algorithm::RsaPssSha512 => Form::Plain,
        found => return Err(AttachError::Algorithm { found }),
    })
}

fn to_der(r: &[u8], s: &[u8]) -> der::Result<Vec<u8>> {
    EcdsaSigValue { r: UintRef::new(r)?, s: UintRef::new(s)? }.to_der()
}

#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::algorithms;
    use plimsoll_pki::KeyKind;

    const ALL: [Algorithm; 18] = [
        Algorithm::EcdsaP256Sha256Der,
        Algorithm::EcdsaP256Sha256Fixed,
        Algorithm::EcdsaP256Sha384Der,
        Algorithm::EcdsaP384Sha256Der,
        Algorithm::EcdsaP384Sha384Der,
        Algorithm::EcdsaP384Sha384Fixed,
        Algorithm::EcdsaP521Sha512Der,
        Algorithm::EcdsaP521Sha512Fixed,
        Algorithm::Ed25519,
        Algorithm::MlDsa44,
        Algorithm::MlDsa65,
        Algorithm::MlDsa87,
        Algorithm::RsaPkcs1Sha256,
        Algorithm::RsaPkcs1Sha384,
        Algorithm::RsaPkcs1Sha512,
        Algorithm::RsaPssSha256,
        Algorithm::RsaPssSha384,
        Algorithm::RsaPssSha512,
    ];

    #[test]
    fn what_is_written_is_what_is_read() {
        let rsa = KeyKind::Rsa { bits: 2048, sound: true };
        let kinds = [KeyKind::Ed25519, KeyKind::P256, KeyKind::P384, KeyKind::P521, rsa];
        let readable: Vec<Algorithm> = kinds.iter().flat_map(|kind| algorithms(*kind)).copied().collect();
        for algorithm in ALL {
            let written = match of(algorithm) {
                Ok(Form::Plain) => Some(algorithm),
                Ok(Form::Halves { algorithm: in_der, .. }) => Some(in_der),
                Err(_) => None,
            };
            assert_eq!(written.is_some_and(|one| readable.contains(&one)), written.is_some(), "{algorithm:?}");
            assert!(!readable.contains(&algorithm) || written == Some(algorithm), "{algorithm:?}");
        }
        for kind in kinds.into_iter().chain([KeyKind::Rsa { bits: 4096, sound: true }]) {
            let written = crate::attesting_algorithm(kind).unwrap();
            assert!(algorithms(kind).contains(&written) && of(written).is_ok(), "{kind:?}");
        }
        let refused = of(Algorithm::RsaPkcs1Sha384).err().unwrap();
        assert_eq!(
            refused.to_string(),
            "expected a signature by ECDSA, RSA or Ed25519 as attestations have them, found one by RsaPkcs1Sha384"
        );
    }

    #[test]
    fn halves_of_another_width_are_no_signature() {
        for length in [0, 63, 65, 128] {
            let refused = Encoded::of(Algorithm::EcdsaP256Sha256Fixed, &vec![1; length]).err();
            assert_eq!(refused, Some(AttachError::OtherKey), "{length}");
        }
        let encoded = Encoded::of(Algorithm::EcdsaP256Sha256Fixed, &[0x80; 64]).unwrap();
        assert_eq!(encoded.signature.get(..5), Some(&[0x30, 0x46, 0x02, 0x21, 0x00][..]));
    }
}
