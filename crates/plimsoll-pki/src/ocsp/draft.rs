//! The parts of an OCSP response, as they will be written.

use crate::{
    asn1::tag,
    encode::{element, oid, sequence},
    issue::DraftExtension,
};
use alloc::vec::Vec;
use spki::ObjectIdentifier;

/// The parts of a response, each encoded, as they will be written. Nothing is checked: [`issue`](super::issue) fills one by the rules,
/// and a forger for tests breaks one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResponseDraft {
    /// `responseStatus`.
    pub status: u8,
    /// `responseType`.
    pub kind: ObjectIdentifier,
    /// Content of the INTEGER `version`; `None` leaves it out, which means version 1.
    pub version: Option<Vec<u8>>,
    /// `responderID`.
    pub responder: Vec<u8>,
    /// `producedAt`.
    pub produced_at: Vec<u8>,
    /// `responses`.
    pub responses: Vec<SingleDraft>,
    /// `responseExtensions`; left out if empty.
    pub extensions: Vec<DraftExtension>,
    /// `signatureAlgorithm`.
    pub method: Vec<u8>,
    /// `certs`; left out if empty.
    pub certificates: Vec<Vec<u8>>,
}

/// What is said of one certificate, as it will be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SingleDraft {
    /// `certID`.
    pub id: Vec<u8>,
    /// `certStatus`.
    pub status: Vec<u8>,
    /// `thisUpdate`.
    pub this_update: Vec<u8>,
    /// The time in `nextUpdate`.
    pub next_update: Option<Vec<u8>>,
    /// `singleExtensions`; left out if empty.
    pub extensions: Vec<DraftExtension>,
}

impl ResponseDraft {
    /// Encodes `tbsResponseData`: what is signed.
    #[must_use]
    pub fn tbs(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(version) = &self.version {
            out.extend(element(tag::constructed(0), &element(tag::INTEGER, version)));
        }
        out.extend_from_slice(&self.responder);
        out.extend_from_slice(&self.produced_at);
        let responses: Vec<u8> = self.responses.iter().flat_map(SingleDraft::to_der).collect();
        out.extend(element(tag::SEQUENCE, &responses));
        if let Some(list) = DraftExtension::list(&self.extensions) {
            out.extend(element(tag::constructed(1), &list));
        }
        element(tag::SEQUENCE, &out)
    }
    /// Encodes the response, with a signature over `tbs`.
    #[must_use]
    pub fn sealed(&self, tbs: &[u8], signature: &[u8]) -> Vec<u8> {
        let bits = element(tag::BIT_STRING, &[&[0], signature].concat());
        let mut basic = [tbs, &self.method, &bits].concat();
        if !self.certificates.is_empty() {
            basic.extend(element(tag::constructed(0), &element(tag::SEQUENCE, &self.certificates.concat())));
        }
        let response = element(tag::OCTET_STRING, &element(tag::SEQUENCE, &basic));
        let bytes = sequence(&[&oid(self.kind), &response]);
        sequence(&[&element(tag::ENUMERATED, &[self.status]), &element(tag::constructed(0), &bytes)])
    }
}

impl SingleDraft {
    fn to_der(&self) -> Vec<u8> {
        let next = self.next_update.as_ref().map(|next| element(tag::constructed(0), next)).unwrap_or_default();
        let list = DraftExtension::list(&self.extensions);
        let extensions = list.map(|list| element(tag::constructed(1), &list)).unwrap_or_default();
        sequence(&[&self.id, &self.status, &self.this_update, &next, &extensions])
    }
}
