//! The parts of a certificate, as they will be written.

use crate::{
    asn1::tag,
    encode::{element, oid, sequence},
};
use alloc::{format, vec, vec::Vec};
use der::{
    Encode, Tag, TagNumber,
    asn1::{AnyRef, UintRef},
};
use plimsoll_core::{Algorithm, UnixTime};
use spki::ObjectIdentifier;

/// The parts of a certificate, each encoded, as they will be written. Nothing is checked: [`issue`](super::issue) fills one
/// by the rules, and a forger for tests breaks one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Content of the INTEGER `version`; `None` leaves it out, which means version 1.
    pub version: Option<Vec<u8>>,
    /// Content of the INTEGER `serialNumber`.
    pub serial: Vec<u8>,
    /// `signature`, the AlgorithmIdentifier that is signed.
    pub inner_method: Vec<u8>,
    /// `issuer`.
    pub issuer: Vec<u8>,
    /// `notBefore`.
    pub not_before: Vec<u8>,
    /// `notAfter`.
    pub not_after: Vec<u8>,
    /// `subject`.
    pub subject: Vec<u8>,
    /// `subjectPublicKeyInfo`.
    pub spki: Vec<u8>,
    /// `extensions`; left out if empty.
    pub extensions: Vec<DraftExtension>,
    /// `signatureAlgorithm`, the AlgorithmIdentifier beside the signature.
    pub outer_method: Vec<u8>,
}

/// An extension, as it will be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftExtension {
    /// `extnID`.
    pub oid: ObjectIdentifier,
    /// `critical`.
    pub critical: bool,
    /// What is in `extnValue`.
    pub value: Vec<u8>,
}

impl Draft {
    /// Encodes `tbsCertificate`: what is signed.
    #[must_use]
    pub fn tbs(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(version) = &self.version {
            out.extend(element(tag::constructed(0), &element(tag::INTEGER, version)));
        }
        out.extend(element(tag::INTEGER, &self.serial));
        out.extend_from_slice(&self.inner_method);
        out.extend_from_slice(&self.issuer);
        out.extend(sequence(&[&self.not_before, &self.not_after]));
        out.extend_from_slice(&self.subject);
        out.extend_from_slice(&self.spki);
        if let Some(list) = DraftExtension::list(&self.extensions) {
            out.extend(element(tag::constructed(3), &list));
        }
        element(tag::SEQUENCE, &out)
    }
    /// Encodes the certificate, with a signature over `tbs`.
    #[must_use]
    pub fn sealed(&self, tbs: &[u8], signature: &[u8]) -> Vec<u8> {
        let bits = element(tag::BIT_STRING, &[&[0], signature].concat());
        sequence(&[tbs, &self.outer_method, &bits])
    }
}

impl DraftExtension {
    /// A SEQUENCE of extensions; `None` for none.
    pub(crate) fn list(extensions: &[Self]) -> Option<Vec<u8>> {
        let one = |one: &Self| {
            let critical = if one.critical { element(tag::BOOLEAN, &[0xff]) } else { Vec::new() }; // DEFAULT FALSE is left out
            sequence(&[&oid(one.oid), &critical, &element(tag::OCTET_STRING, &one.value)])
        };
        let list: Vec<u8> = extensions.iter().flat_map(one).collect();
        (!extensions.is_empty()).then(|| element(tag::SEQUENCE, &list))
    }
}

/// `[number]`, constructed.
const fn constructed(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

fn wrap(tag: Tag, content: &[u8]) -> der::Result<Vec<u8>> {
    AnyRef::new(tag, content)?.to_der()
}

/// UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5).
pub(crate) fn time(time: UnixTime) -> der::Result<Vec<u8>> {
    let [year, month, day, hour, minute, second] = time.to_civil();
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    if (1950..2050).contains(&year) {
        let short = year.checked_rem(100).unwrap_or_default();
        wrap(Tag::UtcTime, format!("{short:02}{rest}").as_bytes())
    } else {
        wrap(Tag::GeneralizedTime, format!("{year:04}{rest}").as_bytes())
    }
}

/// GeneralizedTime, whatever the year.
pub(crate) fn generalized_time(time: UnixTime) -> Vec<u8> {
    let [year, month, day, hour, minute, second] = time.to_civil();
    let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    element(tag::GENERALIZED_TIME, text.as_bytes())
}

/// The AlgorithmIdentifier of a signature (RFC 4055, 5; RFC 5758, 3.2; RFC 8410, 3; RFC 9881, 2).
pub(crate) fn method(algorithm: Algorithm) -> der::Result<Vec<u8>> {
    use crate::oid;
    let null = || wrap(Tag::Null, &[]);
    let (oid, parameters) = match algorithm {
        Algorithm::EcdsaP256Sha256Der
        | Algorithm::EcdsaP256Sha256Fixed
        | Algorithm::EcdsaP384Sha256Der
        | Algorithm::EcdsaP521Sha256Der => (oid::SHA256_ECDSA, vec![]),
        Algorithm::EcdsaP256Sha384Der
        | Algorithm::EcdsaP384Sha384Der
        | Algorithm::EcdsaP384Sha384Fixed
        | Algorithm::EcdsaP521Sha384Der => (oid::SHA384_ECDSA, vec![]),
        Algorithm::EcdsaP256Sha512Der
        | Algorithm::EcdsaP384Sha512Der
        | Algorithm::EcdsaP521Sha512Der
        | Algorithm::EcdsaP521Sha512Fixed => (oid::SHA512_ECDSA, vec![]),
        Algorithm::Ed25519 => (oid::ED25519, vec![]),
        Algorithm::MlDsa44 => (oid::ML_DSA_44, vec![]),
        Algorithm::MlDsa65 => (oid::ML_DSA_65, vec![]),
        Algorithm::MlDsa87 => (oid::ML_DSA_87, vec![]),
        Algorithm::RsaPkcs1Sha256 => (oid::SHA256_RSA, null()?),
        Algorithm::RsaPkcs1Sha384 => (oid::SHA384_RSA, null()?),
        Algorithm::RsaPkcs1Sha512 => (oid::SHA512_RSA, null()?),
        Algorithm::RsaPssSha256 => (oid::RSASSA_PSS, pss(oid::SHA256, 32)?),
        Algorithm::RsaPssSha384 => (oid::RSASSA_PSS, pss(oid::SHA384, 48)?),
        Algorithm::RsaPssSha512 => (oid::RSASSA_PSS, pss(oid::SHA512, 64)?),
        _ => return Err(der::ErrorKind::OidMalformed.into()),
    };
    wrap(Tag::Sequence, &[oid.to_der()?, parameters].concat())
}

/// `RSASSA-PSS-params` with one hash for all, and a salt as long as it.
fn pss(hash: ObjectIdentifier, salt: u8) -> der::Result<Vec<u8>> {
    let hash = wrap(Tag::Sequence, &[hash.to_der()?, wrap(Tag::Null, &[])?].concat())?;
    let mask = wrap(Tag::Sequence, &[crate::oid::MGF1.to_der()?, hash.clone()].concat())?;
    let salt = salt.to_der()?;
    let members = [wrap(constructed(0), &hash)?, wrap(constructed(1), &mask)?, wrap(constructed(2), &salt)?];
    wrap(Tag::Sequence, &members.concat())
}

/// A signature as certificates carry it: ECDSA in DER, also where the key gives `r || s`, as one for envelopes does.
pub(crate) fn certificate_signature(algorithm: Algorithm, signature: Vec<u8>) -> Option<Vec<u8>> {
    let length = match algorithm {
        Algorithm::EcdsaP256Sha256Fixed => 32,
        Algorithm::EcdsaP384Sha384Fixed => 48,
        Algorithm::EcdsaP521Sha512Fixed => 66,
        _ => return Some(signature),
    };
    let (r, s) = signature.split_at_checked(length).filter(|(_, s)| s.len() == length)?;
    let [r, s] = [UintRef::new(r).ok()?.to_der().ok()?, UintRef::new(s).ok()?.to_der().ok()?];
    wrap(Tag::Sequence, &[r, s].concat()).ok()
}
