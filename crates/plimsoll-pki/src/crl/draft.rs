//! The parts of a revocation list, as they will be written.

use crate::{
    asn1::tag,
    encode::{element, sequence},
    issue::DraftExtension,
};
use alloc::vec::Vec;

/// The parts of a revocation list, each encoded, as they will be written. Nothing is checked: [`issue`](super::issue) fills one by
/// the rules, and a forger for tests breaks one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrlDraft {
    /// Content of the INTEGER `version`; `None` leaves it out, which means version 1.
    pub version: Option<Vec<u8>>,
    /// `signature`, the AlgorithmIdentifier that is signed.
    pub inner_method: Vec<u8>,
    /// `issuer`.
    pub issuer: Vec<u8>,
    /// `thisUpdate`.
    pub this_update: Vec<u8>,
    /// `nextUpdate`.
    pub next_update: Option<Vec<u8>>,
    /// `revokedCertificates`; left out if empty.
    pub entries: Vec<DraftEntry>,
    /// `crlExtensions`; left out if empty.
    pub extensions: Vec<DraftExtension>,
    /// `signatureAlgorithm`, the AlgorithmIdentifier beside the signature.
    pub outer_method: Vec<u8>,
}

/// An entry, as it will be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftEntry {
    /// Content of the INTEGER `userCertificate`.
    pub serial: Vec<u8>,
    /// `revocationDate`.
    pub revoked_at: Vec<u8>,
    /// `crlEntryExtensions`; left out if empty.
    pub extensions: Vec<DraftExtension>,
}

impl CrlDraft {
    /// Encodes `tbsCertList`: what is signed.
    #[must_use]
    pub fn tbs(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(version) = &self.version {
            out.extend(element(tag::INTEGER, version));
        }
        out.extend_from_slice(&self.inner_method);
        out.extend_from_slice(&self.issuer);
        out.extend_from_slice(&self.this_update);
        out.extend_from_slice(self.next_update.as_deref().unwrap_or_default());
        if !self.entries.is_empty() {
            let entries: Vec<u8> = self.entries.iter().flat_map(DraftEntry::to_der).collect();
            out.extend(element(tag::SEQUENCE, &entries));
        }
        if let Some(list) = DraftExtension::list(&self.extensions) {
            out.extend(element(tag::constructed(0), &list));
        }
        element(tag::SEQUENCE, &out)
    }
    /// Encodes the list, with a signature over `tbs`.
    #[must_use]
    pub fn sealed(&self, tbs: &[u8], signature: &[u8]) -> Vec<u8> {
        let bits = element(tag::BIT_STRING, &[&[0], signature].concat());
        sequence(&[tbs, &self.outer_method, &bits])
    }
}

impl DraftEntry {
    fn to_der(&self) -> Vec<u8> {
        let serial = element(tag::INTEGER, &self.serial);
        let extensions = DraftExtension::list(&self.extensions).unwrap_or_default();
        sequence(&[&serial, &self.revoked_at, &extensions])
    }
}
