//! `SubjectPublicKeyInfo`, read without allocation and without leniency.
//!
//! ```text
//! SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
//! ```
//! RFC 5280, 4.1. Each algorithm has one encoding of its identifier (RFC 3279 2.3.1 and RFC 8017 A.1: `NULL`; RFC 5480
//! 2.1.1: a named curve; RFC 8410 3 and RFC 9881 2: no parameters), so the identifier is compared as bytes, as rustls-webpki does.

use crate::{PublicKeyError, small_order};
use alloc::string::ToString;
use core::fmt;
use der::{
    Decode, Reader, SliceReader, Tag, Tagged,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef},
};
use plimsoll_core::{Algorithm, Escaped, PublicKey};

/// A kind of key, with its size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519 (RFC 8410). No Notary signature is made with it.
    Ed25519,
    /// ML-DSA-44 (RFC 9881).
    MlDsa44,
    /// ML-DSA-65 (RFC 9881).
    MlDsa65,
    /// ML-DSA-87 (RFC 9881).
    MlDsa87,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// RSA.
    Rsa {
        /// The length of the modulus in bits, counted exactly.
        bits: u32,
    },
}

impl KeyKind {
    /// Reads which kind of key this is.
    ///
    /// # Errors
    /// [`PublicKeyError`]: not DER, another algorithm, an RSA modulus outside 2048 to 8192 bits or a weak exponent.
    pub fn of(key: PublicKey<'_>) -> Result<Self, PublicKeyError> {
        Ok(match SubjectPublicKey::read(key)? {
            SubjectPublicKey::Ed25519(_) => Self::Ed25519,
            SubjectPublicKey::MlDsa44(_) => Self::MlDsa44,
            SubjectPublicKey::MlDsa65(_) => Self::MlDsa65,
            SubjectPublicKey::MlDsa87(_) => Self::MlDsa87,
            SubjectPublicKey::P256(_) => Self::P256,
            SubjectPublicKey::P384(_) => Self::P384,
            SubjectPublicKey::P521(_) => Self::P521,
            SubjectPublicKey::Rsa { modulus, .. } => Self::Rsa { bits: bit_length(modulus) },
        })
    }
    /// The one algorithm that a Notary envelope under such a key is signed with, `None` where there is none.
    ///
    /// The algorithm follows from the key, never from a header: [Notary signature specification, Signature Algorithm
    /// Requirements](https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md).
    #[must_use]
    pub const fn envelope_algorithm(self) -> Option<Algorithm> {
        match self {
            Self::Rsa { bits: 2048 } => Some(Algorithm::RsaPssSha256),
            Self::Rsa { bits: 3072 } => Some(Algorithm::RsaPssSha384),
            Self::Rsa { bits: 4096 } => Some(Algorithm::RsaPssSha512),
            Self::P256 => Some(Algorithm::EcdsaP256Sha256Fixed),
            Self::P384 => Some(Algorithm::EcdsaP384Sha384Fixed),
            Self::P521 => Some(Algorithm::EcdsaP521Sha512Fixed),
            Self::Ed25519 | Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 | Self::Rsa { .. } => None,
        }
    }
    /// The algorithm for DER formats (X.509, CMS, DSSE): ECDSA in DER, RSA with PKCS#1 v1.5, each with the hash of the
    /// key's strength.
    #[must_use]
    pub const fn der_algorithm(self) -> Algorithm {
        match self {
            Self::Ed25519 => Algorithm::Ed25519,
            Self::MlDsa44 => Algorithm::MlDsa44,
            Self::MlDsa65 => Algorithm::MlDsa65,
            Self::MlDsa87 => Algorithm::MlDsa87,
            Self::P256 => Algorithm::EcdsaP256Sha256Der,
            Self::P384 => Algorithm::EcdsaP384Sha384Der,
            Self::P521 => Algorithm::EcdsaP521Sha512Der,
            Self::Rsa { bits: 4096.. } => Algorithm::RsaPkcs1Sha512,
            Self::Rsa { bits: 3072.. } => Algorithm::RsaPkcs1Sha384,
            Self::Rsa { .. } => Algorithm::RsaPkcs1Sha256,
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
            Self::P256 => f.write_str("P-256"),
            Self::P384 => f.write_str("P-384"),
            Self::P521 => f.write_str("P-521"),
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
        }
    }
}

/// The parts of a public key that a back end needs, borrowed.
#[cfg_attr(
    not(any(feature = "ring", feature = "aws-lc-rs", feature = "pure")),
    allow(dead_code, reason = "without a back end only the kind of a key is read")
)]
#[derive(Clone, Copy)]
pub(crate) enum SubjectPublicKey<'a> {
    Ed25519(&'a [u8]),
    MlDsa44(&'a [u8]),
    MlDsa65(&'a [u8]),
    MlDsa87(&'a [u8]),
    P256(&'a [u8]),
    P384(&'a [u8]),
    P521(&'a [u8]),
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
}

impl<'a> SubjectPublicKey<'a> {
    pub(crate) fn read(key: PublicKey<'a>) -> Result<Self, PublicKeyError> {
        let (algorithm, bits) = split(key.spki_der()).map_err(|_| PublicKeyError::Malformed)?;
        let point = |tag: u8, length: usize| {
            // ring and p521 take the uncompressed form, 0x04 || x || y (SEC 1, 2.3.3); RFC 5480 allows a CA no other
            // that is in use.
            let right = bits.len() == length && bits.first() == Some(&tag);
            right.then_some(bits).ok_or(PublicKeyError::Malformed)
        };
        match algorithm {
            ED25519 if small_order::is_of(bits) => Err(PublicKeyError::SmallOrder),
            ED25519 if bits.len() == 32 => Ok(Self::Ed25519(bits)),
            ML_DSA_44 if bits.len() == 1312 => Ok(Self::MlDsa44(bits)),
            ML_DSA_65 if bits.len() == 1952 => Ok(Self::MlDsa65(bits)),
            ML_DSA_87 if bits.len() == 2592 => Ok(Self::MlDsa87(bits)),
            P256 => Ok(Self::P256(point(4, 65)?)),
            P384 => Ok(Self::P384(point(4, 97)?)),
            P521 => Ok(Self::P521(point(4, 133)?)),
            RSA => rsa(bits),
            ED25519 | ML_DSA_44 | ML_DSA_65 | ML_DSA_87 => Err(PublicKeyError::Malformed),
            other => Err(unsupported(other)),
        }
    }
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    /// Whether no back end may be asked about this signature: Ed25519 with an `R` of small order, over which libraries differ.
    pub(crate) fn refuses(self, signature: &[u8]) -> bool {
        matches!(self, Self::Ed25519(_)) && signature.get(..32).is_some_and(small_order::is_of)
    }
    /// The octets of the `BIT STRING`, if the key is one of this algorithm. Not for RSA.
    #[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "pure", feature = "ml-dsa"))]
    pub(crate) fn octets_for(self, algorithm: Algorithm) -> Option<&'a [u8]> {
        match (algorithm, self) {
            (Algorithm::Ed25519, Self::Ed25519(octets))
            | (
                Algorithm::EcdsaP256Sha256Der
                | Algorithm::EcdsaP256Sha256Fixed
                | Algorithm::EcdsaP256Sha384Der
                | Algorithm::EcdsaP256Sha512Der,
                Self::P256(octets),
            )
            | (
                Algorithm::EcdsaP384Sha256Der
                | Algorithm::EcdsaP384Sha384Der
                | Algorithm::EcdsaP384Sha384Fixed
                | Algorithm::EcdsaP384Sha512Der,
                Self::P384(octets),
            )
            | (
                Algorithm::EcdsaP521Sha256Der
                | Algorithm::EcdsaP521Sha384Der
                | Algorithm::EcdsaP521Sha512Der
                | Algorithm::EcdsaP521Sha512Fixed,
                Self::P521(octets),
            )
            | (Algorithm::MlDsa44, Self::MlDsa44(octets))
            | (Algorithm::MlDsa65, Self::MlDsa65(octets))
            | (Algorithm::MlDsa87, Self::MlDsa87(octets)) => Some(octets),
            _ => None,
        }
    }
}

/// The content of the `AlgorithmIdentifier` and of the `BIT STRING`, which must have no unused bits.
fn split(spki: &[u8]) -> Result<(&[u8], &[u8]), der::Error> {
    let mut inner = sequence(AnyRef::from_der(spki)?)?;
    let algorithm = AnyRef::decode(&mut inner)?;
    algorithm.tag().assert_eq(Tag::Sequence)?;
    let bits = BitStringRef::decode(&mut inner)?.as_bytes().ok_or_else(|| Tag::BitString.value_error())?;
    inner.finish()?;
    Ok((algorithm.value(), bits))
}

fn sequence(any: AnyRef<'_>) -> Result<SliceReader<'_>, der::Error> {
    any.tag().assert_eq(Tag::Sequence)?;
    SliceReader::new(any.value())
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017, A.1.1).
fn rsa(bits: &[u8]) -> Result<SubjectPublicKey<'_>, PublicKeyError> {
    let (modulus, exponent) = rsa_parts(bits).map_err(|_| PublicKeyError::Malformed)?;
    let size = bit_length(modulus);
    // ring rounds up to whole bytes, so 2041 bits would pass there for 2048.
    if !(2048..=8192).contains(&size) {
        return Err(PublicKeyError::WeakSize { bits: size });
    }
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    if !odd(modulus) {
        return Err(PublicKeyError::Malformed);
    }
    if !odd(exponent) || exponent == [1] {
        return Err(PublicKeyError::WeakExponent);
    }
    Ok(SubjectPublicKey::Rsa { modulus, exponent })
}

fn rsa_parts(bits: &[u8]) -> Result<(&[u8], &[u8]), der::Error> {
    let mut inner = sequence(AnyRef::from_der(bits)?)?;
    let modulus = UintRef::decode(&mut inner)?.as_bytes();
    let exponent = UintRef::decode(&mut inner)?.as_bytes();
    inner.finish()?;
    Ok((modulus, exponent))
}

/// Bits of a big-endian number without leading zero bytes.
pub(crate) fn bit_length(number: &[u8]) -> u32 {
    let Some(first) = number.first() else { return 0 };
    u32::try_from(number.len()).unwrap_or(u32::MAX / 8).saturating_mul(8).saturating_sub(first.leading_zeros())
}

fn unsupported(algorithm: &[u8]) -> PublicKeyError {
    let oid: Result<ObjectIdentifier, _> =
        SliceReader::new(algorithm).and_then(|mut reader| ObjectIdentifier::decode(&mut reader));
    oid.map_or(PublicKeyError::Malformed, |oid| PublicKeyError::UnsupportedAlgorithm {
        algorithm: Escaped::new(&oid.to_string()),
    })
}

/// `id-Ed25519`, no parameters (RFC 8410, 3).
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
/// `id-ml-dsa-44`, no parameters (RFC 9881, 2).
const ML_DSA_44: &[u8] = &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11];
/// `id-ml-dsa-65`.
const ML_DSA_65: &[u8] = &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12];
/// `id-ml-dsa-87`.
const ML_DSA_87: &[u8] = &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13];
/// `id-ecPublicKey`, `secp256r1` (RFC 5480, 2.1.1).
const P256: &[u8] =
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// `id-ecPublicKey`, `secp384r1`.
const P384: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
/// `id-ecPublicKey`, `secp521r1`.
const P521: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];
/// `rsaEncryption`, `NULL` (RFC 3279, 2.3.1: the parameters must be there).
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
