//! The parts of a token, as they will be written.

use super::{TstInfo, signing_certificate};
use crate::{Certificate, Hash, asn1::tag, cms::attribute_set, encode, oid};
use alloc::{vec, vec::Vec};
use spki::ObjectIdentifier;

/// The parts of a token, as they will be written. Nothing is checked: [`draft`](super::draft()) fills one by the rules, and a forger for
/// tests breaks one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenDraft {
    /// `eContentType`
    pub content_type: ObjectIdentifier,
    /// What is in `eContent`: the DER of a `TSTInfo`.
    pub content: Vec<u8>,
    /// The certificates, each encoded.
    pub certificates: Vec<Vec<u8>>,
    /// Content of the INTEGER `version` of the signer info.
    pub signer_version: Vec<u8>,
    /// `sid`, encoded.
    pub signer: Vec<u8>,
    /// `digestAlgorithm`, encoded.
    pub digest_algorithm: Vec<u8>,
    /// `signedAttrs`; left out if empty.
    pub attributes: Vec<DraftAttribute>,
    /// `signatureAlgorithm`, encoded.
    pub method: Vec<u8>,
}

/// A signed attribute, as it will be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftAttribute {
    /// `attrType`
    pub oid: ObjectIdentifier,
    /// What is in the SET `attrValues`.
    pub values: Vec<u8>,
}

impl TokenDraft {
    /// A token for `info`, signed under `certificate` by `method`, an encoded `AlgorithmIdentifier`.
    pub(super) fn of(info: &TstInfo, certificate: &Certificate<'_>, hash: Hash, method: Vec<u8>) -> Self {
        let content = info.to_der();
        let serial = encode::element(tag::INTEGER, certificate.serial());
        let attributes = vec![
            attribute(oid::CONTENT_TYPE, encode::oid(oid::TST_INFO)),
            attribute(oid::MESSAGE_DIGEST, encode::element(tag::OCTET_STRING, &hash.digest(&content))),
            attribute(oid::SIGNING_CERTIFICATE_V2, signing_certificate::to_der(certificate)),
        ];
        Self {
            content_type: oid::TST_INFO,
            content,
            certificates: Vec::new(),
            signer_version: vec![1],
            signer: encode::sequence(&[certificate.issuer().der(), &serial]),
            digest_algorithm: hash.to_der(),
            attributes,
            method,
        }
    }
    /// Encodes the signed attributes as the SET that is signed (RFC 5652, 5.4).
    #[must_use]
    pub fn signing_input(&self) -> Vec<u8> {
        self.attribute_set(tag::SET)
    }
    /// Encodes the token, with a signature over the signing input.
    #[must_use]
    pub fn sealed(&self, signature: &[u8]) -> Vec<u8> {
        self.sealed_by(&[&self.signer_info(signature)])
    }
    /// Encodes the signer info, with a signature over the signing input.
    #[must_use]
    pub fn signer_info(&self, signature: &[u8]) -> Vec<u8> {
        encode::sequence(&[
            &encode::element(tag::INTEGER, &self.signer_version),
            &self.signer,
            &self.digest_algorithm,
            &if self.attributes.is_empty() { Vec::new() } else { self.attribute_set(tag::constructed(0)) },
            &self.method,
            &encode::element(tag::OCTET_STRING, signature),
        ])
    }
    /// Encodes the token with these signer infos.
    #[must_use]
    pub fn sealed_by(&self, signer_infos: &[&[u8]]) -> Vec<u8> {
        let content = encode::element(tag::constructed(0), &encode::element(tag::OCTET_STRING, &self.content));
        let certificates = match self.certificates.as_slice() {
            [] => Vec::new(),
            some => attribute_set(tag::constructed(0), some.iter().map(Vec::as_slice)),
        };
        let data = encode::sequence(&[
            &encode::unsigned(&[3]), // RFC 5652, 5.1: the content is no id-data
            &encode::element(tag::SET, &self.digest_algorithm),
            &encode::sequence(&[&encode::oid(self.content_type), &content]),
            &certificates,
            &attribute_set(tag::SET, signer_infos.iter().copied()),
        ]);
        encode::sequence(&[&encode::oid(oid::SIGNED_DATA), &encode::element(tag::constructed(0), &data)])
    }
    fn attribute_set(&self, tag: u8) -> Vec<u8> {
        let attributes: Vec<_> = self.attributes.iter().map(DraftAttribute::to_der).collect();
        attribute_set(tag, attributes.iter().map(Vec::as_slice))
    }
}

impl DraftAttribute {
    fn to_der(&self) -> Vec<u8> {
        encode::sequence(&[&encode::oid(self.oid), &encode::element(tag::SET, &self.values)])
    }
}

fn attribute(oid: ObjectIdentifier, values: Vec<u8>) -> DraftAttribute {
    DraftAttribute { oid, values }
}
