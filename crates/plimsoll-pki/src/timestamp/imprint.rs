//! `MessageImprint` (RFC 3161, 2.4.1).

use super::TimestampError;
use crate::{
    Hash,
    asn1::{Walk, tag},
    encode,
    hash::{Parameters, hash_and_parameters},
};
use alloc::vec::Vec;

/// The hash of what is timestamped.
///
/// ```text
/// MessageImprint ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING }
/// ```
/// Two are equal if they are of one hash function and one hash: whether the parameters of the function are absent or NULL, which is the
/// same in RFC 5754, section 2, tells nothing. It is kept for the answer to a request, since clients compare the octets.
#[derive(Clone, Debug)]
pub struct MessageImprint {
    hash: Hash,
    digest: Vec<u8>,
    parameters: Parameters,
}

impl MessageImprint {
    /// Hashes a message.
    #[must_use]
    pub fn of(hash: Hash, message: &[u8]) -> Self {
        Self { hash, digest: hash.digest(message), parameters: Parameters::Absent }
    }
    /// Takes the hash of a message; `None` when it has not the length that hashes by `hash` have.
    #[must_use]
    pub fn new(hash: Hash, digest: impl Into<Vec<u8>>) -> Option<Self> {
        let digest = digest.into();
        (digest.len() == hash.length()).then_some(Self { hash, digest, parameters: Parameters::Absent })
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
        let (found, parameters) = hash_and_parameters(&mut inner, "hashAlgorithm")?;
        let digest = inner.expect(tag::OCTET_STRING)?;
        inner.finish()?;
        let hash = Hash::of_oid(found).ok_or(TimestampError::ImprintHash { found })?;
        let imprint = Self::new(hash, digest).ok_or(TimestampError::Malformed { field: FIELD, at: 0 })?;
        Ok(Self { parameters, ..imprint })
    }
    pub(super) fn to_der(&self) -> Vec<u8> {
        encode::sequence(&[&self.hash.to_der_with(self.parameters), &encode::element(tag::OCTET_STRING, &self.digest)])
    }
}

impl PartialEq for MessageImprint {
    fn eq(&self, other: &Self) -> bool {
        (self.hash, &self.digest) == (other.hash, &other.digest)
    }
}

impl Eq for MessageImprint {}
