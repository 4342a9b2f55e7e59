//! Limits on timestamps.

use crate::{
    cms::{CmsLimits, ber::BerLimits},
    path::PathLimits,
};

/// How much of foreign timestamps is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TimestampLimits {
    /// Bytes of one token or response. 1 MiB, as notation's client has it; tokens have 2 to 8 KiB.
    pub bytes: u64,
    /// Bytes of one request. 16 KiB: one has about 60 bytes, and its extensions hold whatever a client likes.
    pub request_bytes: u64,
    /// Levels of nesting. 32; a token with its certificates has about 15.
    pub depth: u64,
    /// Elements in one token or response. 65 536; a token has a few hundred, one with a revocation list some thousand.
    pub elements: u64,
    /// Certificates in one token. 32; authorities send 1 to 5.
    pub certificates: u64,
    /// Signers of one token. 8; RFC 3161 allows one.
    pub signers: u64,
    /// Signed attributes of one signer. 32; authorities send 4 to 6.
    pub attributes: u64,
    /// Limits on the searches for a path, for all signers of a token together, and on each certificate.
    pub path: PathLimits,
}

impl Default for TimestampLimits {
    fn default() -> Self {
        Self {
            bytes: 1024 * 1024,
            request_bytes: 16 * 1024,
            depth: 32,
            elements: 65_536,
            certificates: 32,
            signers: 8,
            attributes: 32,
            path: PathLimits::default(),
        }
    }
}

impl TimestampLimits {
    pub(super) fn ber(&self) -> BerLimits {
        BerLimits { depth: self.depth, elements: self.elements }
    }
    pub(super) fn cms(&self) -> CmsLimits {
        CmsLimits { certificates: self.certificates, signers: self.signers, attributes: self.attributes }
    }
}
