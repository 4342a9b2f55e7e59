//! `signatureAlgorithm` (RFC 5280, 4.1.1.2; RFC 3279, 2.2; RFC 4055; RFC 5758; RFC 9881).

use crate::{
    CertificateError, KeyKind,
    asn1::{Walk, sequence, tag, unsigned},
    oid,
};
use core::fmt;
use plimsoll_core::Algorithm;
use spki::ObjectIdentifier;

const FIELD: &str = "signatureAlgorithm";

/// How a certificate is signed. The full algorithm is known with the issuer's key: [`SignatureMethod::under`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// By a broken hash: MD2, MD4, MD5 or SHA-1.
    Broken(ObjectIdentifier),
    /// ECDSA with a hash.
    Ecdsa(Hash),
    /// Ed25519.
    Ed25519,
    /// ML-DSA-44, pure.
    MlDsa44,
    /// ML-DSA-65, pure.
    MlDsa65,
    /// ML-DSA-87, pure.
    MlDsa87,
    /// Another algorithm, or parameters that are not those which RFC 4055 recommends.
    Other(ObjectIdentifier),
    /// RSASSA-PKCS1-v1_5 with a hash.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with a hash, MGF1 with the same hash, and a salt as long as the hash.
    RsaPss(Hash),
}

/// A hash function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl SignatureMethod {
    /// The algorithm under an issuer's key; `None` when method and key do not belong together, or no back end knows the pair.
    #[must_use]
    pub fn under(self, issuer: KeyKind) -> Option<Algorithm> {
        Some(match (self, issuer) {
            (Self::Ecdsa(Hash::Sha256), KeyKind::P256) => Algorithm::EcdsaP256Sha256Der,
            (Self::Ecdsa(Hash::Sha384), KeyKind::P256) => Algorithm::EcdsaP256Sha384Der,
            (Self::Ecdsa(Hash::Sha512), KeyKind::P256) => Algorithm::EcdsaP256Sha512Der,
            (Self::Ecdsa(Hash::Sha256), KeyKind::P384) => Algorithm::EcdsaP384Sha256Der,
            (Self::Ecdsa(Hash::Sha384), KeyKind::P384) => Algorithm::EcdsaP384Sha384Der,
            (Self::Ecdsa(Hash::Sha512), KeyKind::P384) => Algorithm::EcdsaP384Sha512Der,
            (Self::Ecdsa(Hash::Sha256), KeyKind::P521) => Algorithm::EcdsaP521Sha256Der,
            (Self::Ecdsa(Hash::Sha384), KeyKind::P521) => Algorithm::EcdsaP521Sha384Der,
            (Self::Ecdsa(Hash::Sha512), KeyKind::P521) => Algorithm::EcdsaP521Sha512Der,
            (Self::Ed25519, KeyKind::Ed25519) => Algorithm::Ed25519,
            (Self::MlDsa44, KeyKind::MlDsa44) => Algorithm::MlDsa44,
            (Self::MlDsa65, KeyKind::MlDsa65) => Algorithm::MlDsa65,
            (Self::MlDsa87, KeyKind::MlDsa87) => Algorithm::MlDsa87,
            (Self::RsaPkcs1(Hash::Sha256), KeyKind::Rsa { .. }) => Algorithm::RsaPkcs1Sha256,
            (Self::RsaPkcs1(Hash::Sha384), KeyKind::Rsa { .. }) => Algorithm::RsaPkcs1Sha384,
            (Self::RsaPkcs1(Hash::Sha512), KeyKind::Rsa { .. }) => Algorithm::RsaPkcs1Sha512,
            (Self::RsaPss(Hash::Sha256), KeyKind::Rsa { .. }) => Algorithm::RsaPssSha256,
            (Self::RsaPss(Hash::Sha384), KeyKind::Rsa { .. }) => Algorithm::RsaPssSha384,
            (Self::RsaPss(Hash::Sha512), KeyKind::Rsa { .. }) => Algorithm::RsaPssSha512,
            _ => return None,
        })
    }
    /// Reads an `AlgorithmIdentifier` from what is in its SEQUENCE.
    pub(crate) fn read(value: &[u8]) -> Result<Self, CertificateError> {
        let mut walk = Walk::new(value, FIELD);
        Ok(match walk.oid()? {
            oid::SHA256_ECDSA => Self::Ecdsa(Hash::Sha256),
            oid::SHA384_ECDSA => Self::Ecdsa(Hash::Sha384),
            oid::SHA512_ECDSA => Self::Ecdsa(Hash::Sha512),
            oid::SHA256_RSA => Self::RsaPkcs1(Hash::Sha256),
            oid::SHA384_RSA => Self::RsaPkcs1(Hash::Sha384),
            oid::SHA512_RSA => Self::RsaPkcs1(Hash::Sha512),
            oid::ED25519 => Self::Ed25519,
            oid::ML_DSA_44 => bare(walk, Self::MlDsa44)?,
            oid::ML_DSA_65 => bare(walk, Self::MlDsa65)?,
            oid::ML_DSA_87 => bare(walk, Self::MlDsa87)?,
            oid::RSASSA_PSS => pss(walk.optional(tag::SEQUENCE)?)?,
            weak @ (oid::MD2_RSA
            | oid::MD4_RSA
            | oid::MD5_RSA
            | oid::SHA1_RSA
            | oid::SHA1_RSA_OIW
            | oid::SHA1_DSA
            | oid::SHA1_ECDSA) => Self::Broken(weak),
            other => Self::Other(other),
        })
    }
}

impl fmt::Display for SignatureMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(oid) | Self::Other(oid) => write!(f, "the algorithm {oid}"),
            Self::Ecdsa(hash) => write!(f, "ECDSA with {hash}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::MlDsa44 => f.write_str("ML-DSA-44"),
            Self::MlDsa65 => f.write_str("ML-DSA-65"),
            Self::MlDsa87 => f.write_str("ML-DSA-87"),
            Self::RsaPkcs1(hash) => write!(f, "RSA PKCS#1 v1.5 with {hash}"),
            Self::RsaPss(hash) => write!(f, "RSA-PSS with {hash}"),
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

/// RFC 9881, 2: the parameters MUST be absent.
fn bare(walk: Walk<'_>, method: SignatureMethod) -> Result<SignatureMethod, CertificateError> {
    walk.finish()?;
    Ok(method)
}

/// `RSASSA-PSS-params` (RFC 4055, 3.1). Absent members mean SHA-1.
fn pss(params: Option<&[u8]>) -> Result<SignatureMethod, CertificateError> {
    let mut walk = Walk::new(params.unwrap_or_default(), FIELD);
    let digest = walk.optional(tag::constructed(0))?.map(algorithm).transpose()?;
    let mask = walk.optional(tag::constructed(1))?.map(mask_digest).transpose()?;
    let salt = walk.optional(tag::constructed(2))?.map(integer).transpose()?;
    let trailer = walk.optional(tag::constructed(3))?.map(integer).transpose()?;
    walk.finish()?;
    let digest = digest.unwrap_or(oid::SHA1);
    let (hash, length) = match digest {
        oid::SHA256 => (Hash::Sha256, 32),
        oid::SHA384 => (Hash::Sha384, 48),
        oid::SHA512 => (Hash::Sha512, 64),
        oid::SHA1 => return Ok(SignatureMethod::Broken(oid::RSASSA_PSS)),
        _ => return Ok(SignatureMethod::Other(oid::RSASSA_PSS)),
    };
    let plain = mask == Some(Some(digest)) && salt == Some(length) && trailer.is_none_or(|trailer| trailer == 1);
    Ok(if plain { SignatureMethod::RsaPss(hash) } else { SignatureMethod::Other(oid::RSASSA_PSS) })
}

fn algorithm(value: &[u8]) -> Result<ObjectIdentifier, CertificateError> {
    sequence(value, FIELD)?.oid()
}

/// The hash of MGF1; `None` for another mask generation function.
fn mask_digest(value: &[u8]) -> Result<Option<ObjectIdentifier>, CertificateError> {
    let mut walk = sequence(value, FIELD)?;
    let function = walk.oid()?;
    let digest = algorithm(walk.whole()?)?;
    Ok((function == oid::MGF1).then_some(digest))
}

fn integer(value: &[u8]) -> Result<u8, CertificateError> {
    let mut walk = Walk::new(value, FIELD);
    let number = unsigned(walk.expect(tag::INTEGER)?, FIELD)?;
    walk.finish()?;
    match number {
        [one] => Ok(*one),
        _ => Ok(0), // no length that is asked for
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{self, element, sequence};
    use alloc::vec::Vec;

    /// Method and key belong together, or the signature is checked by nobody.
    #[test]
    fn each_method_has_its_keys() {
        use Hash::{Sha256, Sha384, Sha512};
        let rsa = KeyKind::Rsa { bits: 2048, sound: true };
        let pairs = [
            (SignatureMethod::Ecdsa(Sha256), KeyKind::P256, Algorithm::EcdsaP256Sha256Der),
            (SignatureMethod::Ecdsa(Sha384), KeyKind::P256, Algorithm::EcdsaP256Sha384Der),
            (SignatureMethod::Ecdsa(Sha512), KeyKind::P256, Algorithm::EcdsaP256Sha512Der),
            (SignatureMethod::Ecdsa(Sha256), KeyKind::P384, Algorithm::EcdsaP384Sha256Der),
            (SignatureMethod::Ecdsa(Sha384), KeyKind::P384, Algorithm::EcdsaP384Sha384Der),
            (SignatureMethod::Ecdsa(Sha512), KeyKind::P384, Algorithm::EcdsaP384Sha512Der),
            (SignatureMethod::Ecdsa(Sha256), KeyKind::P521, Algorithm::EcdsaP521Sha256Der),
            (SignatureMethod::Ecdsa(Sha384), KeyKind::P521, Algorithm::EcdsaP521Sha384Der),
            (SignatureMethod::Ecdsa(Sha512), KeyKind::P521, Algorithm::EcdsaP521Sha512Der),
            (SignatureMethod::Ed25519, KeyKind::Ed25519, Algorithm::Ed25519),
            (SignatureMethod::MlDsa44, KeyKind::MlDsa44, Algorithm::MlDsa44),
            (SignatureMethod::MlDsa65, KeyKind::MlDsa65, Algorithm::MlDsa65),
            (SignatureMethod::MlDsa87, KeyKind::MlDsa87, Algorithm::MlDsa87),
            (SignatureMethod::RsaPkcs1(Sha256), rsa, Algorithm::RsaPkcs1Sha256),
            (SignatureMethod::RsaPss(Sha384), rsa, Algorithm::RsaPssSha384),
        ];
        for (method, key, algorithm) in pairs {
            assert_eq!(method.under(key), Some(algorithm));
            for (other, wrong, _) in pairs.iter().filter(|(_, wrong, _)| *wrong != key) {
                assert!(method.under(*wrong) != Some(algorithm), "{method} under {wrong} as {other}");
            }
        }
        assert_eq!(SignatureMethod::Broken(oid::SHA1_RSA).under(rsa), None);
    }

    /// RFC 4055, 3.1: one hash for both, a salt of its length, and the only trailer that there is.
    #[test]
    fn parameters_of_pss_are_the_plain_ones() {
        let explicit = |number: u8, value: &[u8]| element(tag::constructed(number), value);
        let hash = |oid: ObjectIdentifier| sequence(&[&encode::oid(oid)]);
        let mask = |inner: ObjectIdentifier| sequence(&[&encode::oid(oid::MGF1), &hash(inner)]);
        let read = |of: ObjectIdentifier, inner: ObjectIdentifier, salt: u8, trailer: Option<u8>| {
            let mut params: Vec<u8> =
                [explicit(0, &hash(of)), explicit(1, &mask(inner)), explicit(2, &element(tag::INTEGER, &[salt]))]
                    .concat();
            params.extend(trailer.map(|trailer| explicit(3, &element(tag::INTEGER, &[trailer]))).unwrap_or_default());
            pss(Some(&params)).unwrap()
        };
        let plain = SignatureMethod::RsaPss(Hash::Sha256);
        assert_eq!(read(oid::SHA256, oid::SHA256, 32, None), plain);
        assert_eq!(read(oid::SHA256, oid::SHA256, 32, Some(1)), plain);
        for other in [
            read(oid::SHA256, oid::SHA256, 32, Some(2)),
            read(oid::SHA256, oid::SHA256, 20, None),
            read(oid::SHA256, oid::SHA384, 32, None),
        ] {
            assert_eq!(other, SignatureMethod::Other(oid::RSASSA_PSS));
        }
        assert_eq!(pss(None), Ok(SignatureMethod::Broken(oid::RSASSA_PSS)), "absent means SHA-1");
    }
}
