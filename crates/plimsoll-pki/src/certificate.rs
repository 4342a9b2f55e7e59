//! `Certificate` (RFC 5280, 4.1), read in place.

mod known;
mod layout;
mod owned;

use alloc::{string::ToString, vec::Vec};
pub(crate) use layout::Layout;
pub use owned::OwnedCertificate;

use known::{Known, extensions};

use crate::{
    BasicConstraints, CertificateError, ExtendedKeyUsage, Extensions, KeyKind, KeyUsage, Limits, Name, SignatureMethod,
    Validity,
    asn1::{Walk, bits, sequence, tag},
    extension,
};
use core::fmt;
use plimsoll_core::{Digest, Escaped, LimitExceeded, PublicKey};

/// A certificate as it came, read once and without copying. Nothing about it is trusted.
///
/// ```text
/// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
/// ```
/// Whatever RFC 5280 calls malformed and Plimsoll cannot read safely is refused here: extensions in version 1 or 2, a
/// negative serial number, an extension that stands there twice, other encodings than DER. What is merely unwise (a serial number
/// of zero, an empty issuer) is left to the chain rules. The original bytes stay: signatures are checked over [`Certificate::tbs`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Certificate<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    signature: &'a [u8],
    method: SignatureMethod,
    version: u8,
    serial: &'a [u8],
    issuer: Name<'a>,
    subject: Name<'a>,
    validity: Validity,
    spki: &'a [u8],
    key: KeyKind,
    extensions: Extensions<'a>,
    known: Known<'a>,
}

impl<'a> Certificate<'a> {
    /// Reads a DER-encoded certificate.
    ///
    /// # Errors
    /// [`CertificateError`]: over the limits, or malformed.
    pub fn from_der(der: &'a [u8], limits: &Limits) -> Result<Self, CertificateError> {
        let size = u64::try_from(der.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one certificate", limits.certificate_bytes, size)?;
        let mut outer = sequence(der, "Certificate")?;
        let tbs = outer.whole()?;
        let algorithm = outer.expect(tag::SEQUENCE)?;
        let (unused, signature) = bits(outer.expect(tag::BIT_STRING)?, "signatureValue")?;
        outer.finish()?;
        if unused != 0 {
            return Err(CertificateError::Der { field: "signatureValue", at: 0 });
        }
        let mut walk = sequence(tbs, "tbsCertificate")?;
        let version = version(&mut walk)?;
        let serial = serial(walk.expect(tag::INTEGER)?)?;
        if walk.expect(tag::SEQUENCE)? != algorithm {
            // RFC 5280, 4.1.1.2: both must be the same; what is not signed must not choose the algorithm.
            return Err(CertificateError::SignatureAlgorithmMismatch);
        }
        let issuer = Name::from_der(walk.whole()?)?;
        let validity = Validity::read(walk.expect(tag::SEQUENCE)?)?;
        let subject = Name::from_der(walk.whole()?)?;
        let spki = walk.whole()?;
        let (extensions, known) = tail(walk, version, limits)?;
        Ok(Self {
            der,
            tbs,
            signature,
            method: SignatureMethod::read(algorithm)?,
            version,
            serial,
            issuer,
            subject,
            validity,
            spki,
            key: KeyKind::of_spki(spki)?,
            extensions,
            known,
        })
    }
    /// The bytes of the certificate.
    #[must_use]
    pub fn der(&self) -> &'a [u8] {
        self.der
    }
    /// SHA-256 of the bytes: the fingerprint.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(self.der)
    }
    /// `tbsCertificate`: the bytes that are signed.
    #[must_use]
    pub fn tbs(&self) -> &'a [u8] {
        self.tbs
    }
    /// `signatureValue`.
    #[must_use]
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }
    /// `signatureAlgorithm`.
    #[must_use]
    pub fn signature_method(&self) -> SignatureMethod {
        self.method
    }
    /// 1, 2 or 3.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }
    /// `serialNumber`: its octets as encoded, big endian, with the leading zero if the first bit is set.
    #[must_use]
    pub fn serial(&self) -> &'a [u8] {
        self.serial
    }
    /// `issuer`.
    #[must_use]
    pub fn issuer(&self) -> Name<'a> {
        self.issuer
    }
    /// `subject`.
    #[must_use]
    pub fn subject(&self) -> Name<'a> {
        self.subject
    }
    /// `validity`.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.validity
    }
    /// `subjectPublicKeyInfo`, for a back end.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'a> {
        PublicKey::from_spki_der(self.spki)
    }
    /// The kind of the key.
    #[must_use]
    pub fn key(&self) -> KeyKind {
        self.key
    }
    /// All extensions.
    #[must_use]
    pub fn extensions(&self) -> Extensions<'a> {
        self.extensions
    }
    /// `basicConstraints`.
    #[must_use]
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.known.basic_constraints
    }
    /// `keyUsage`.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.known.key_usage
    }
    /// `extKeyUsage`.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<ExtendedKeyUsage<'a>> {
        self.known.extended_key_usage
    }
    /// The key identifier of `authorityKeyIdentifier`: a hint that may lie.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&'a [u8]> {
        self.known.authority_key
    }
    /// `subjectKeyIdentifier`: a hint that may lie.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        self.known.subject_key
    }
    /// Says whether subject and issuer are the same, byte by byte. Whether it is self-signed, a check of the signature says.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
    /// Says whether the certificate is one of a certificate authority.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.known.basic_constraints.is_some_and(|constraints| constraints.ca)
    }
    /// Says whether there is the URL of an OCSP responder or of a CRL.
    #[must_use]
    pub fn has_revocation_address(&self) -> bool {
        self.known.revocable
    }
    /// The URLs of the OCSP responders, as they stand there: foreign text.
    #[must_use]
    pub fn ocsp_urls(&self) -> Vec<&'a [u8]> {
        let mut urls = Vec::new();
        // INVARIANT: the extension was read when the certificate was.
        let _ = self.known.ocsp.map(|value| extension::ocsp(value, |url| urls.push(url)));
        urls
    }
    /// The URLs of the CRLs, as they stand there: foreign text.
    #[must_use]
    pub fn crl_urls(&self) -> Vec<&'a [u8]> {
        let mut urls = Vec::new();
        // INVARIANT: the extension was read when the certificate was.
        let _ = self.known.crl.map(|value| extension::crl(value, |url| urls.push(url)));
        urls
    }
    /// Copies the bytes, so that the certificate can be kept.
    #[must_use]
    pub fn to_owned(&self) -> OwnedCertificate {
        OwnedCertificate::of(self)
    }
}

impl fmt::Debug for Certificate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", Escaped::new(&self.subject.to_string()), self.digest())
    }
}

/// `version [0] EXPLICIT INTEGER DEFAULT v1`
fn version(walk: &mut Walk<'_>) -> Result<u8, CertificateError> {
    let Some(explicit) = walk.optional(tag::constructed(0))? else { return Ok(1) };
    let mut inner = Walk::new(explicit, "version");
    let number = inner.expect(tag::INTEGER)?;
    inner.finish()?;
    match number {
        [0] => Ok(1),
        [1] => Ok(2),
        [2] => Ok(3),
        _ => Err(CertificateError::Version),
    }
}

/// An INTEGER in the fewest octets, zero or more.
fn serial(value: &[u8]) -> Result<&[u8], CertificateError> {
    match value {
        [] => Err(CertificateError::Der { field: "serialNumber", at: 0 }),
        [0x00, second, ..] if *second < 0x80 => Err(CertificateError::Der { field: "serialNumber", at: 0 }),
        [first, ..] if *first >= 0x80 => Err(CertificateError::NegativeSerial),
        _ => Ok(value),
    }
}

/// What comes after the key: `issuerUniqueID [1]`, `subjectUniqueID [2]`, `extensions [3]`.
fn tail<'a>(mut walk: Walk<'a>, version: u8, limits: &Limits) -> Result<(Extensions<'a>, Known<'a>), CertificateError> {
    let unique = walk.optional(tag::primitive(1))?.is_some() | walk.optional(tag::primitive(2))?.is_some();
    let explicit = walk.optional(tag::constructed(3))?;
    walk.finish()?;
    // RFC 5280, 4.1.2.1: extensions only in version 3; 4.1.2.8: unique identifiers not in version 1.
    if (explicit.is_some() && version != 3) || (unique && version == 1) {
        return Err(CertificateError::ExtensionsInOldVersion { version });
    }
    let Some(explicit) = explicit else { return Ok(Default::default()) };
    let mut outer = Walk::new(explicit, "extensions");
    let list = outer.expect(tag::SEQUENCE)?;
    outer.finish()?;
    Ok((Extensions(list), extensions(list, limits)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690, 8.3.2: the fewest octets.
    #[test]
    fn a_serial_number_has_one_encoding() {
        for value in [&[0][..], &[1], &[0x7f], &[0, 0x80], &[0, 0xff, 1]] {
            assert_eq!(serial(value), Ok(value), "{value:?}");
        }
        for value in [&[][..], &[0, 0], &[0, 0x7f], &[0, 1, 2]] {
            assert!(matches!(serial(value), Err(CertificateError::Der { .. })), "{value:?}");
        }
        for value in [&[0x80][..], &[0xff, 0]] {
            assert_eq!(serial(value), Err(CertificateError::NegativeSerial), "{value:?}");
        }
    }

    #[test]
    fn a_version_is_one_of_three() {
        let of = |value: &[u8]| version(&mut Walk::new(value, "x"));
        assert_eq!(of(&[]), Ok(1));
        for (number, expected) in [(0, 1), (1, 2), (2, 3)] {
            assert_eq!(of(&[0xa0, 3, 2, 1, number]), Ok(expected));
        }
        assert_eq!(of(&[0xa0, 3, 2, 1, 3]), Err(CertificateError::Version));
        assert!(of(&[0xa0, 5, 2, 1, 2, 5, 0]).is_err(), "something behind it");
    }

    /// RFC 5280, 4.1.2.8: unique identifiers came with version 2.
    #[test]
    fn unique_identifiers_are_not_of_version_1() {
        let (issuer, subject) = ([0x81, 1, 0], [0x82, 1, 0]);
        for identifiers in [&issuer[..], &subject, &[issuer, subject].concat()] {
            let read = |version| tail(Walk::new(identifiers, "x"), version, &Limits::default()).map(|_| ());
            assert_eq!(read(1), Err(CertificateError::ExtensionsInOldVersion { version: 1 }), "{identifiers:?}");
            assert_eq!((read(2), read(3)), (Ok(()), Ok(())), "{identifiers:?}");
        }
        assert!(tail(Walk::new(&[], "x"), 1, &Limits::default()).is_ok());
    }
}
