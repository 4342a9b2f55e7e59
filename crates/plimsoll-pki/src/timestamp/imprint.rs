//! `MessageImprint` (RFC 3161, 2.4.1).

use super::TimestampError;
use crate::{
    Hash,
    asn1::{Walk, tag},
    encode,
    hash::hash_identifier,
};
use alloc::vec::Vec;

/// The hash of what is timestamped.
///
/// ```text
/// MessageImprint ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageImprint {
    hash: Hash,
    digest: Vec<u8>,
}

impl MessageImprint {
    /// Hashes a message.
    #[must_use]
    pub fn of(hash: Hash, message: &[u8]) -> Self {
        Self { hash, digest: hash.digest(message) }
    }
    /// Takes the hash of a message; `None` when it has not the length that hashes by `hash` have.
    #[must_use]
    pub fn new(hash: Hash, digest: impl Into<Vec<u8>>) -> Option<Self> {
        let digest = digest.into();
        (digest.len() == hash.length()).then_some(Self { hash, digest })
    }
    /// The hash function.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }
    /// The hash.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }
    /// Says whether this is the imprint of `message`.
    #[must_use]
    pub fn is_of(&self, message: &[u8]) -> bool {
        self.hash.digest(message) == self.digest
    }
    pub(super) fn read(walk: &mut Walk<'_>) -> Result<Self, TimestampError> {
        const FIELD: &str = "messageImprint";
        let mut inner = Walk::new(walk.expect(tag::SEQUENCE)?, FIELD);
        let found = hash_identifier(&mut inner, "hashAlgorithm")?;
        let digest = inner.expect(tag::OCTET_STRING)?;
        inner.finish()?;
        let hash = Hash::of_oid(found).ok_or(TimestampError::ImprintHash { found })?;
        Self::new(hash, digest).ok_or(TimestampError::Malformed { field: FIELD, at: 0 })
    }
    pub(super) fn to_der(&self) -> Vec<u8> {
        encode::sequence(&[&self.hash.to_der(), &encode::element(tag::OCTET_STRING, &self.digest)])
    }
}
