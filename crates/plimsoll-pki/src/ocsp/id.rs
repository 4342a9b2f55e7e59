//! `CertID` (RFC 6960, 4.1.1): which certificate is meant.

use super::OcspError;
use crate::{
    Certificate,
    asn1::{Walk, bits, sequence, tag},
    encode::{self, element, sequence as sequence_of},
    oid,
};
use alloc::{boxed::Box, vec::Vec};
use plimsoll_core::Digest;
use sha1::{Digest as _, Sha1};
use spki::ObjectIdentifier;

/// Names a certificate by hashes of its issuer's name and key, and its serial number.
///
/// ```text
/// CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING, serialNumber }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertId {
    der: Box<[u8]>,
    hash: IdHash,
    name_hash: Box<[u8]>,
    key_hash: Box<[u8]>,
    serial: Box<[u8]>,
}

/// The hash of a [`CertId`]. It identifies, and protects nothing, so SHA-1 does no harm here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum IdHash {
    /// Another: it matches no certificate.
    Other(ObjectIdentifier),
    /// SHA-1, which every responder knows (RFC 5019, 2.1.1).
    Sha1,
    /// SHA-256.
    Sha256,
}

impl IdHash {
    fn of(self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Sha1 => Some(Sha1::digest(bytes).to_vec()),
            Self::Sha256 => Some(Digest::sha256_of(bytes).as_bytes().to_vec()),
            Self::Other(_) => None,
        }
    }
    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Other(oid) => oid,
        }
    }
}

impl CertId {
    /// The name of a certificate that `issuer` issued; `None` for a hash that is not known.
    #[must_use]
    pub fn of(certificate: &Certificate<'_>, issuer: &Certificate<'_>, hash: IdHash) -> Option<Self> {
        let name_hash = hash.of(issuer.subject().der())?.into_boxed_slice();
        let key_hash = hash.of(key_bits(issuer)?)?.into_boxed_slice();
        let serial = Box::from(certificate.serial());
        let der = encode(hash, &name_hash, &key_hash, &serial).into_boxed_slice();
        Some(Self { der, hash, name_hash, key_hash, serial })
    }
    /// Says whether it names the certificate of `issuer` with this serial number: number, name and key all match.
    #[must_use]
    pub fn matches(&self, serial: &[u8], issuer: &Certificate<'_>) -> bool {
        *self.serial == *serial && self.is_of_issuer(issuer)
    }
    /// Says whether it names a certificate of this issuer.
    #[must_use]
    pub fn is_of_issuer(&self, issuer: &Certificate<'_>) -> bool {
        let name = self.hash.of(issuer.subject().der());
        let key = key_bits(issuer).and_then(|key| self.hash.of(key));
        name.is_some_and(|name| *name == *self.name_hash) && key.is_some_and(|key| *key == *self.key_hash)
    }
    /// The octets of `serialNumber`, as [`Certificate::serial`] has them.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }
    /// The hash.
    #[must_use]
    pub fn hash(&self) -> IdHash {
        self.hash
    }
    /// The bytes as they came, for a response to repeat.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// Reads one that is the next element.
    pub(super) fn read(walk: &mut Walk<'_>) -> Result<Self, OcspError> {
        const FIELD: &str = "CertID";
        let der = walk.whole()?;
        let mut walk = sequence(der, FIELD)?;
        let algorithm = Walk::new(walk.expect(tag::SEQUENCE)?, FIELD).oid()?;
        let name_hash = walk.expect(tag::OCTET_STRING)?;
        let key_hash = walk.expect(tag::OCTET_STRING)?;
        let serial = walk.expect(tag::INTEGER)?;
        walk.finish()?;
        let hash = match algorithm {
            oid::SHA1 => IdHash::Sha1,
            oid::SHA256 => IdHash::Sha256,
            other => IdHash::Other(other),
        };
        let [der, name_hash, key_hash, serial] = [der, name_hash, key_hash, serial].map(Box::from);
        Ok(Self { der, hash, name_hash, key_hash, serial })
    }
}

fn encode(hash: IdHash, name: &[u8], key: &[u8], serial: &[u8]) -> Vec<u8> {
    let algorithm = sequence_of(&[&encode::oid(hash.oid()), &element(tag::NULL, &[])]);
    let [name, key] = [name, key].map(|hash| element(tag::OCTET_STRING, hash));
    sequence_of(&[&algorithm, &name, &key, &element(tag::INTEGER, serial)])
}

/// What `issuerKeyHash` and `byKey` are of: the value of the BIT STRING, without its header and its count of unused bits.
pub(super) fn key_bits<'a>(certificate: &Certificate<'a>) -> Option<&'a [u8]> {
    let mut walk = sequence(certificate.public_key().spki_der(), "subjectPublicKeyInfo").ok()?;
    walk.expect(tag::SEQUENCE).ok()?;
    Some(bits(walk.expect(tag::BIT_STRING).ok()?, "subjectPublicKeyInfo").ok()?.1)
}

/// `KeyHash` of a `ResponderID`: always SHA-1 (RFC 6960, 4.2.1).
pub(super) fn key_hash(certificate: &Certificate<'_>) -> Option<Vec<u8>> {
    IdHash::Sha1.of(key_bits(certificate)?)
}
