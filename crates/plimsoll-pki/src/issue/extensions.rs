//! The extensions that each role has, and no other.

use super::{DraftExtension, Request, Role};
use crate::{
    Certificate,
    asn1::{bits, sequence, tag},
    encode::element,
};
use alloc::{vec, vec::Vec};
use der::{
    Encode, Tag,
    asn1::{Ia5String, OctetString},
    flagset::FlagSet,
    oid::AssociatedOid,
};
use plimsoll_core::Digest;
use spki::ObjectIdentifier;
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints,
    ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
    crl::dp::DistributionPoint,
    name::{DistributionPointName, GeneralName},
};

pub(super) fn of(request: &Request<'_>, issuer: Option<&Certificate<'_>>) -> der::Result<Vec<DraftExtension>> {
    let own = key_identifier(request.key.spki_der())?;
    let of_issuer = match issuer {
        None => own.clone(),
        Some(issuer) => match issuer.subject_key_identifier() {
            Some(named) => named.to_vec(),
            None => key_identifier(issuer.public_key().spki_der())?,
        },
    };
    let mut list = match request.role {
        Role::Root { path_length } | Role::Intermediate { path_length } => authority(path_length)?,
        Role::RevocableIntermediate { path_length, ocsp, crl } => {
            let mut list = authority(path_length)?;
            list.extend(addresses(ocsp, crl)?);
            list
        }
        Role::OcspResponder { crl } => {
            let mut list = leaf(false, crate::oid::OCSP_SIGNING, &[], crl)?;
            if crl.is_empty() {
                let value = element(tag::NULL, &[]);
                list.push(DraftExtension { oid: crate::oid::OCSP_NO_CHECK, critical: false, value });
            }
            list
        }
        Role::Signer { ocsp, crl } => leaf(false, crate::oid::CODE_SIGNING, ocsp, crl)?,
        // RFC 3161, 2.3: the purpose is critical.
        Role::TimestampAuthority { ocsp, crl } => leaf(true, crate::oid::TIME_STAMPING, ocsp, crl)?,
    };
    list.push(extension(false, &SubjectKeyIdentifier(OctetString::new(own)?))?);
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(of_issuer)?),
        authority_cert_issuer: None,
        authority_cert_serial_number: None,
    };
    list.push(extension(false, &authority)?);
    Ok(list)
}

fn authority(path_len_constraint: Option<u8>) -> der::Result<Vec<DraftExtension>> {
    Ok(vec![
        extension(true, &BasicConstraints { ca: true, path_len_constraint })?,
        extension(true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
    ])
}

fn leaf(critical: bool, purpose: ObjectIdentifier, ocsp: &[&str], crl: &[&str]) -> der::Result<Vec<DraftExtension>> {
    let mut list = vec![
        extension(true, &BasicConstraints { ca: false, path_len_constraint: None })?,
        extension(true, &KeyUsage(FlagSet::from(KeyUsages::DigitalSignature)))?,
        extension(critical, &ExtendedKeyUsage(vec![purpose]))?,
    ];
    list.extend(addresses(ocsp, crl)?);
    Ok(list)
}

/// Where to ask whether the certificate is revoked.
fn addresses(ocsp: &[&str], crl: &[&str]) -> der::Result<Vec<DraftExtension>> {
    let mut list = Vec::new();
    let url = |text: &&str| Ia5String::new(*text).map(GeneralName::UniformResourceIdentifier);
    if !ocsp.is_empty() {
        let one = |text| {
            url(text).map(|access_location| AccessDescription { access_method: crate::oid::OCSP, access_location })
        };
        let access = ocsp.iter().map(one).collect::<der::Result<_>>()?;
        list.push(extension(false, &AuthorityInfoAccessSyntax(access))?);
    }
    if !crl.is_empty() {
        let one = |text| url(text).map(|name| point(vec![name]));
        let points = crl.iter().map(one).collect::<der::Result<_>>()?;
        list.push(extension(false, &CrlDistributionPoints(points))?);
    }
    Ok(list)
}

fn point(names: Vec<GeneralName>) -> DistributionPoint {
    let distribution_point = Some(DistributionPointName::FullName(names));
    DistributionPoint { distribution_point, reasons: None, crl_issuer: None }
}

fn extension<T: Encode + AssociatedOid>(critical: bool, value: &T) -> der::Result<DraftExtension> {
    Ok(DraftExtension { oid: T::OID, critical, value: value.to_der()? })
}

/// The first 160 bits of the SHA-256 of the key (RFC 7093, 2, method 1).
fn key_identifier(spki_der: &[u8]) -> der::Result<Vec<u8>> {
    let broken = || der::Error::from(der::ErrorKind::Value { tag: Tag::BitString });
    let mut walk = sequence(spki_der, "subjectPublicKeyInfo").map_err(|_| broken())?;
    let key = walk.expect(tag::SEQUENCE).and_then(|_| walk.expect(tag::BIT_STRING)).map_err(|_| broken())?;
    let (_, key) = bits(key, "subjectPublicKeyInfo").map_err(|_| broken())?;
    Ok(Digest::sha256_of(key).as_bytes().iter().take(20).copied().collect())
}
