//! `SigningCertificateV2` (RFC 5035, 3), which RFC 5816 brings to timestamps.

use super::TimestampError;
use crate::{
    Certificate, CmsError, Hash,
    asn1::{Walk, sequence, tag},
    cms::{IssuerAndSerial, SignerInfo},
    encode,
    hash::hash_identifier,
    oid,
};
use alloc::vec::Vec;

const FIELD: &str = "signing-certificate-v2";

/// Checks that the signer signed which certificate is its own: without that, whoever passes the token on can put another certificate of
/// the same key, or with the same issuer and number, in its place.
///
/// Only the first certificate that the attribute names is looked at; the others would name issuers. The attribute of RFC 2634 (SHA-1) is no
/// substitute.
pub(super) fn check(signer: &SignerInfo<'_>, certificate: &Certificate<'_>) -> Result<(), TimestampError> {
    let value = signer.attribute(oid::SIGNING_CERTIFICATE_V2, FIELD)?;
    let first = first(value.ok_or(CmsError::AttributeMissing { name: FIELD })?)?;
    let named = first.issuer_serial.is_none_or(|named| named.names(certificate));
    if named && first.hash.digest(certificate.der()) == first.digest {
        Ok(())
    } else {
        Err(TimestampError::CertificateMismatch)
    }
}

/// The attribute's value for a certificate, by SHA-256, with issuer and serial number.
pub(super) fn to_der(certificate: &Certificate<'_>) -> Vec<u8> {
    let digest = encode::element(tag::OCTET_STRING, &Hash::Sha256.digest(certificate.der()));
    let issuer = encode::sequence(&[&encode::element(tag::constructed(4), certificate.issuer().der())]);
    let serial = encode::element(tag::INTEGER, certificate.serial());
    let id = encode::sequence(&[&digest, &encode::sequence(&[&issuer, &serial])]);
    encode::sequence(&[&encode::sequence(&[&id])])
}

/// ```text
/// SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies SEQUENCE OF PolicyInformation OPTIONAL }
/// ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash OCTET STRING, issuerSerial IssuerSerial OPTIONAL }
/// IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber INTEGER }
/// ```
struct EssCertIdV2<'a> {
    hash: Hash,
    digest: &'a [u8],
    issuer_serial: Option<IssuerAndSerial<'a>>,
}

fn first(value: &[u8]) -> Result<EssCertIdV2<'_>, TimestampError> {
    let mut outer = sequence(value, FIELD)?;
    let mut list = Walk::new(outer.expect(tag::SEQUENCE)?, FIELD);
    outer.optional(tag::SEQUENCE)?; // policies
    outer.finish()?;
    let mut walk = Walk::new(list.expect(tag::SEQUENCE)?, FIELD);
    let mut hash = Hash::Sha256;
    // hashAlgorithm is a SEQUENCE and comes before an OCTET STRING.
    if walk.next_is(tag::SEQUENCE) {
        let found = hash_identifier(&mut walk, FIELD)?;
        hash = Hash::of_oid(found).ok_or(TimestampError::CertificateHash { found })?;
    }
    let digest = walk.expect(tag::OCTET_STRING)?;
    let issuer_serial = walk.optional(tag::SEQUENCE)?.map(issuer_serial).transpose()?;
    walk.finish()?;
    Ok(EssCertIdV2 { hash, digest, issuer_serial })
}

/// RFC 5035, 4: for a public-key certificate, the issuer is exactly one directoryName.
fn issuer_serial(value: &[u8]) -> Result<IssuerAndSerial<'_>, TimestampError> {
    let mut walk = Walk::new(value, FIELD);
    let mut names = Walk::new(walk.expect(tag::SEQUENCE)?, FIELD);
    let issuer = names.expect(tag::constructed(4))?;
    names.finish()?;
    let serial = walk.expect(tag::INTEGER)?;
    walk.finish()?;
    Ok(IssuerAndSerial { issuer, serial })
}
