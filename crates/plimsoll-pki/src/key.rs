//! `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7; RFC 3279, 2.3; RFC 5480; RFC 8410; RFC 9881): what kind of key it is.

use crate::{
    CertificateError,
    asn1::{Walk, bits, sequence, tag, unsigned},
    oid,
};
use core::fmt;
use spki::ObjectIdentifier;

const FIELD: &str = "subjectPublicKeyInfo";

/// The kind of a public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// ML-DSA-44 (RFC 9881).
    MlDsa44,
    /// ML-DSA-65 (RFC 9881).
    MlDsa65,
    /// ML-DSA-87 (RFC 9881).
    MlDsa87,
    /// Another algorithm, or another curve: its object identifier.
    Other(ObjectIdentifier),
    /// EC on P-256.
    P256,
    /// EC on P-384.
    P384,
    /// EC on P-521.
    P521,
    /// RSA.
    Rsa {
        /// Length of the modulus in bits, counted exactly.
        bits: u32,
        /// Whether modulus and exponent are odd and the exponent is at least 3, as an RSA key's are.
        sound: bool,
    },
}

impl KeyKind {
    /// Reads the kind of the key of a DER-encoded `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`CertificateError::Der`] when it is none, or when its key is not one of its algorithm.
    pub fn of_spki(spki_der: &[u8]) -> Result<Self, CertificateError> {
        let mut walk = sequence(spki_der, FIELD)?;
        let algorithm = walk.expect(tag::SEQUENCE)?;
        let (unused, key) = bits(walk.expect(tag::BIT_STRING)?, FIELD)?;
        walk.finish()?;
        let mut algorithm = Walk::new(algorithm, FIELD);
        let broken = CertificateError::Der { field: FIELD, at: 0 };
        if unused != 0 {
            return Err(broken);
        }
        match algorithm.oid()? {
            oid::RSA_ENCRYPTION => {
                // Absent, or with something in it, would be another encoding of the same key: one key would count as two.
                if !algorithm.expect(tag::NULL)?.is_empty() {
                    return Err(broken);
                }
                algorithm.finish()?;
                rsa(key)
            }
            oid::EC_PUBLIC_KEY => {
                // Only a named curve: explicit parameters let a pusher choose the generator (CVE-2020-0601).
                let curve = match algorithm.optional(tag::OBJECT_IDENTIFIER)? {
                    Some(curve) => ObjectIdentifier::from_bytes(curve).map_err(|_| broken)?,
                    None => return Ok(Self::Other(oid::EC_PUBLIC_KEY)),
                };
                algorithm.finish()?;
                on_curve(curve, key)
            }
            oid::ED25519 if algorithm.is_done() && key.len() == 32 => Ok(Self::Ed25519),
            oid::ED25519 => Err(broken),
            // Parameters are absent and the octets are the encoded key itself (RFC 9881, 2 and 4).
            oid::ML_DSA_44 if algorithm.is_done() && key.len() == 1312 => Ok(Self::MlDsa44),
            oid::ML_DSA_65 if algorithm.is_done() && key.len() == 1952 => Ok(Self::MlDsa65),
            oid::ML_DSA_87 if algorithm.is_done() && key.len() == 2592 => Ok(Self::MlDsa87),
            oid::ML_DSA_44 | oid::ML_DSA_65 | oid::ML_DSA_87 => Err(broken),
            other => Ok(Self::Other(other)),
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::MlDsa44 => f.write_str("ML-DSA-44"),
            Self::MlDsa65 => f.write_str("ML-DSA-65"),
            Self::MlDsa87 => f.write_str("ML-DSA-87"),
            Self::Other(oid) => write!(f, "the algorithm or curve {oid}"),
            Self::P256 => f.write_str("P-256"),
            Self::P384 => f.write_str("P-384"),
            Self::P521 => f.write_str("P-521"),
            Self::Rsa { bits, sound: true } => write!(f, "RSA-{bits}"),
            Self::Rsa { bits, sound: false } => write!(f, "RSA-{bits} with an even or too small number"),
        }
    }
}

/// `RSAPublicKey` (RFC 8017, A.1.1).
fn rsa(key: &[u8]) -> Result<KeyKind, CertificateError> {
    let mut walk = sequence(key, FIELD)?;
    let modulus = unsigned(walk.expect(tag::INTEGER)?, FIELD)?;
    let exponent = unsigned(walk.expect(tag::INTEGER)?, FIELD)?;
    walk.finish()?;
    let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let sound = odd(modulus) && odd(exponent) && exponent != [1];
    Ok(KeyKind::Rsa { bits: bit_length(modulus), sound })
}

fn bit_length(number: &[u8]) -> u32 {
    let zeros = number.first().map_or(0, |first| first.leading_zeros());
    u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(zeros)
}

/// An uncompressed point has two coordinates of the curve's size (RFC 5480, 2.2). Whether it lies on the curve is checked by
/// the back end that uses it.
fn on_curve(curve: ObjectIdentifier, point: &[u8]) -> Result<KeyKind, CertificateError> {
    let (kind, length) = match curve {
        oid::P256 => (KeyKind::P256, 65),
        oid::P384 => (KeyKind::P384, 97),
        oid::P521 => (KeyKind::P521, 133),
        other => return Ok(KeyKind::Other(other)),
    };
    if point.len() == length && point.first() == Some(&0x04) {
        Ok(kind)
    } else {
        Err(CertificateError::Der { field: FIELD, at: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyKind, ObjectIdentifier, oid, tag};
    use crate::encode::{self, element, sequence};
    use alloc::{vec, vec::Vec};

    /// A key of an algorithm, with what stands behind the algorithm's identifier.
    fn spki(oid: ObjectIdentifier, parameters: &[u8], length: usize) -> Vec<u8> {
        let algorithm = sequence(&[&encode::oid(oid), parameters]);
        sequence(&[&algorithm, &element(tag::BIT_STRING, &vec![0; length.saturating_add(1)])])
    }

    /// RFC 8410, 3 and RFC 9881, 2: absent parameters, and a key of one length.
    #[test]
    fn a_key_without_parameters_has_one_form() {
        for (oid, length, kind) in [
            (oid::ED25519, 32, KeyKind::Ed25519),
            (oid::ML_DSA_44, 1312, KeyKind::MlDsa44),
            (oid::ML_DSA_65, 1952, KeyKind::MlDsa65),
            (oid::ML_DSA_87, 2592, KeyKind::MlDsa87),
        ] {
            assert_eq!(KeyKind::of_spki(&spki(oid, &[], length)), Ok(kind));
            assert!(KeyKind::of_spki(&spki(oid, &[], length.saturating_sub(1))).is_err(), "{kind}: short");
            assert!(KeyKind::of_spki(&spki(oid, &[], length.saturating_add(1))).is_err(), "{kind}: long");
            assert!(KeyKind::of_spki(&spki(oid, &[5, 0], length)).is_err(), "{kind}: NULL");
        }
    }
}
