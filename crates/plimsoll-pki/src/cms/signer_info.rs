//! `SignerInfo` (RFC 5652, 5.3).

use super::{CmsError, CmsLimits, SignedData};
use crate::{
    Certificate, Hash, SignatureMethod,
    asn1::{Walk, tag},
    encode,
    hash::hash_identifier,
    oid,
};
use alloc::vec::Vec;
use plimsoll_core::{LimitExceeded, Message, Provider, VerifyError};
use spki::ObjectIdentifier;

const FIELD: &str = "SignerInfo";

/// One who signed, read in place.
///
/// ```text
/// SignerInfo ::= SEQUENCE { version, sid, digestAlgorithm, signedAttrs [0] IMPLICIT SET OPTIONAL,
///     signatureAlgorithm, signature OCTET STRING, unsignedAttrs [1] IMPLICIT SET OPTIONAL }
/// ```
pub(crate) struct SignerInfo<'a> {
    /// `version` 1 and `IssuerAndSerialNumber`; `None` for the other form.
    sid: Option<IssuerAndSerial<'a>>,
    digest: ObjectIdentifier,
    attributes: Vec<Attribute<'a>>,
    /// What is in the SEQUENCE of `signatureAlgorithm`.
    method: &'a [u8],
    signature: &'a [u8],
}

/// `IssuerAndSerialNumber`, or the same as `IssuerSerial` says it (RFC 5035, 4).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct IssuerAndSerial<'a> {
    /// `Name`, whole.
    pub(crate) issuer: &'a [u8],
    /// Content of the INTEGER.
    pub(crate) serial: &'a [u8],
}

impl IssuerAndSerial<'_> {
    /// Says whether `certificate` is the one that is named.
    pub(crate) fn names(&self, certificate: &Certificate<'_>) -> bool {
        certificate.issuer().der() == self.issuer && certificate.serial() == self.serial
    }
}

/// `Attribute ::= SEQUENCE { attrType, attrValues SET OF ANY }`
struct Attribute<'a> {
    whole: &'a [u8],
    oid: ObjectIdentifier,
    /// What is in the SET.
    values: &'a [u8],
}

impl<'a> SignerInfo<'a> {
    pub(super) fn read(value: &'a [u8], limits: &CmsLimits) -> Result<Self, CmsError> {
        let mut walk = Walk::new(value, FIELD);
        let version = walk.expect(tag::INTEGER)?;
        let named = walk.optional(tag::SEQUENCE)?;
        if named.is_none() {
            walk.expect(tag::primitive(0))?; // subjectKeyIdentifier
        }
        let named = named.map(issuer_and_serial).transpose()?;
        let digest = hash_identifier(&mut walk, "digestAlgorithm")?;
        let attributes = walk.optional(tag::constructed(0))?.unwrap_or_default();
        let method = walk.expect(tag::SEQUENCE)?;
        let signature = walk.expect(tag::OCTET_STRING)?;
        walk.optional(tag::constructed(1))?; // unsignedAttrs: nobody vouches for them
        walk.finish()?;
        let attributes = read_attributes(attributes, limits)?;
        Ok(Self { sid: named.filter(|_| version == [1]), digest, attributes, method, signature })
    }
    /// Finds the certificate that the signer names.
    pub(crate) fn certificate<'c>(
        &self,
        certificates: impl IntoIterator<Item = &'c Certificate<'a>>,
    ) -> Result<&'c Certificate<'a>, CmsError>
    where
        'a: 'c,
    {
        // RFC 5652, 5.3: version 1 goes with issuerAndSerialNumber. A key identifier names any certificate that claims it.
        let sid = self.sid.ok_or(CmsError::SignerVersion)?;
        certificates.into_iter().find(|one| sid.names(one)).ok_or(CmsError::NoCertificate)
    }
    /// The value of a signed attribute, whole, which may be there once and with one value.
    pub(crate) fn attribute(&self, oid: ObjectIdentifier, name: &'static str) -> Result<Option<&'a [u8]>, CmsError> {
        let mut found = self.attributes.iter().filter(|one| one.oid == oid);
        let Some(attribute) = found.next() else { return Ok(None) };
        let mut walk = Walk::new(attribute.values, name);
        let value = walk.whole()?;
        // RFC 5652, 11.1 and 11.2: one attribute, one value. Of two, one would go unchecked.
        if found.next().is_some() || !walk.is_done() {
            return Err(CmsError::AttributeRepeated { name });
        }
        Ok(Some(value))
    }
    /// Checks that the key of `certificate` signed the content of `data`, by way of the signed attributes (RFC 5652, 5.4).
    pub(crate) fn verify(
        &self,
        data: &SignedData<'_>,
        certificate: &Certificate<'_>,
        provider: Provider<'_>,
    ) -> Result<(), CmsError> {
        self.check_content_type(data.content_type)?;
        let hash = Hash::of_oid(self.digest).ok_or(CmsError::Hash { found: self.digest })?;
        self.check_digest(&hash.digest(data.content))?;
        let method = self.method(hash)?;
        let found = Walk::new(self.method, FIELD).oid()?;
        let algorithm = method.under(certificate.key()).ok_or(CmsError::Algorithm { found })?;
        // RFC 5652, 5.4: what is signed is the DER of the SET, not the implicit [0] that stands in the message.
        let signed = attribute_set(tag::SET, self.attributes.iter().map(|one| one.whole));
        let outcome = provider.verify(algorithm, certificate.public_key(), Message::Parts(&[&signed]), self.signature);
        outcome.map_err(|error| match error {
            VerifyError::BadSignature => CmsError::Signature,
            VerifyError::Unsupported => CmsError::Algorithm { found },
        })
    }
    /// RFC 5652, 11.1: the attribute must be there, and say the same as `eContentType`.
    fn check_content_type(&self, expected: ObjectIdentifier) -> Result<(), CmsError> {
        const NAME: &str = "contentType";
        let value = self.attribute(oid::CONTENT_TYPE, NAME)?.ok_or(CmsError::AttributeMissing { name: NAME })?;
        let found = Walk::new(value, NAME).oid()?;
        if found == expected { Ok(()) } else { Err(CmsError::ContentType { expected, found }) }
    }
    /// RFC 5652, 11.2: the attribute must be there, and be the digest of the content.
    fn check_digest(&self, expected: &[u8]) -> Result<(), CmsError> {
        const NAME: &str = "messageDigest";
        let value = self.attribute(oid::MESSAGE_DIGEST, NAME)?.ok_or(CmsError::AttributeMissing { name: NAME })?;
        let found = Walk::new(value, NAME).expect(tag::OCTET_STRING)?;
        if found == expected { Ok(()) } else { Err(CmsError::DigestMismatch) }
    }
    /// The signature algorithm, which in CMS may be named without its hash (RFC 3370, 3.2).
    fn method(&self, hash: Hash) -> Result<SignatureMethod, CmsError> {
        if Walk::new(self.method, FIELD).oid()? == oid::RSA_ENCRYPTION {
            return Ok(SignatureMethod::RsaPkcs1(hash));
        }
        match SignatureMethod::read(self.method)? {
            SignatureMethod::Broken(found) => Err(CmsError::Hash { found }),
            // Not among the algorithms that Notation takes for timestamps.
            SignatureMethod::Ed25519 => Err(CmsError::Algorithm { found: oid::ED25519 }),
            SignatureMethod::Other(found) => Err(CmsError::Algorithm { found }),
            method => Ok(method),
        }
    }
}

/// `IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber INTEGER }`
fn issuer_and_serial(value: &[u8]) -> Result<IssuerAndSerial<'_>, CmsError> {
    let mut walk = Walk::new(value, "issuerAndSerialNumber");
    let issuer = walk.whole()?;
    let serial = walk.expect(tag::INTEGER)?;
    walk.finish()?;
    Ok(IssuerAndSerial { issuer, serial })
}

fn read_attributes<'a>(value: &'a [u8], limits: &CmsLimits) -> Result<Vec<Attribute<'a>>, CmsError> {
    const FIELD: &str = "signedAttrs";
    let mut walk = Walk::new(value, FIELD);
    let mut found = Vec::new();
    while !walk.is_done() {
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX).saturating_add(1);
        LimitExceeded::check("signed attributes of one signer", limits.attributes, count)?;
        let whole = walk.whole()?;
        let mut inner = crate::asn1::sequence(whole, FIELD)?;
        let oid = inner.oid()?;
        let values = inner.expect(tag::SET)?;
        inner.finish()?;
        found.push(Attribute { whole, oid, values });
    }
    Ok(found)
}

/// The DER of a SET OF attributes: sorted by their encoding (X.690, 11.6), under `tag`.
pub(crate) fn attribute_set<'a>(tag: u8, attributes: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut sorted: Vec<&[u8]> = attributes.into_iter().collect();
    sorted.sort_unstable();
    encode::element(tag, &sorted.concat())
}
