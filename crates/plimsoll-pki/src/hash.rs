//! Hash functions of signed data: SHA-256, SHA-384 and SHA-512, and no other.

use crate::{
    CertificateError, Hash,
    asn1::{Walk, tag},
    encode, oid,
};
use alloc::vec::Vec;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use spki::ObjectIdentifier;

impl Hash {
    /// Hashes `bytes`.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
    /// The length of a digest, in octets.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
    /// The object identifier (RFC 5754, 2).
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }
    /// The hash function with this object identifier.
    #[must_use]
    pub fn of_oid(oid: ObjectIdentifier) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|hash| hash.oid() == oid)
    }
    /// The `AlgorithmIdentifier`, without parameters (RFC 5754, 2).
    pub(crate) fn to_der(self) -> Vec<u8> {
        self.to_der_with(Parameters::Absent)
    }
    /// The `AlgorithmIdentifier`, as somebody else wrote it.
    pub(crate) fn to_der_with(self, parameters: Parameters) -> Vec<u8> {
        let oid = encode::oid(self.oid());
        match parameters {
            Parameters::Absent => encode::sequence(&[&oid]),
            Parameters::Null => encode::sequence(&[&oid, &encode::element(tag::NULL, &[])]),
        }
    }
}

/// The object identifier in an `AlgorithmIdentifier` of a hash function, whose parameters are absent or NULL (RFC 5754, 2).
pub(crate) fn hash_identifier(walk: &mut Walk<'_>, field: &'static str) -> Result<ObjectIdentifier, CertificateError> {
    hash_and_parameters(walk, field).map(|(found, _)| found)
}

/// The same, and which of the two the parameters are.
pub(crate) fn hash_and_parameters(
    walk: &mut Walk<'_>,
    field: &'static str,
) -> Result<(ObjectIdentifier, Parameters), CertificateError> {
    let mut algorithm = Walk::new(walk.expect(tag::SEQUENCE)?, field);
    let found = algorithm.oid()?;
    let parameters = match algorithm.optional(tag::NULL)? {
        None => Parameters::Absent,
        Some([]) => Parameters::Null,
        Some(_) => return Err(CertificateError::Der { field, at: 0 }),
    };
    algorithm.finish()?;
    Ok((found, parameters))
}

/// How the parameters of a hash function, which has none, are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parameters {
    Absent,
    Null,
}
