//! `TimeStampReq` (RFC 3161, 2.4.1).

use super::{MessageImprint, Nonce, TimestampError, TimestampLimits};
use crate::{
    asn1::{Walk, boolean, sequence, tag},
    encode,
    extension::extension,
};
use alloc::vec::Vec;
use plimsoll_core::LimitExceeded;
use spki::ObjectIdentifier;

/// What a client asks of an authority.
///
/// ```text
/// TimeStampReq ::= SEQUENCE { version INTEGER { v1(1) }, messageImprint, reqPolicy OBJECT IDENTIFIER OPTIONAL,
///     nonce INTEGER OPTIONAL, certReq BOOLEAN DEFAULT FALSE, extensions [0] IMPLICIT Extensions OPTIONAL }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimestampRequest {
    imprint: MessageImprint,
    policy: Option<ObjectIdentifier>,
    nonce: Option<Nonce>,
    wants_certificates: bool,
}

impl TimestampRequest {
    /// Asks for a timestamp with the authority's certificates (`certReq`), without which nobody can verify it later. The nonce must be
    /// random and new: an answer that repeats it is no old one.
    #[must_use]
    pub fn new(imprint: MessageImprint, nonce: Nonce) -> Self {
        Self { imprint, policy: None, nonce: Some(nonce), wants_certificates: true }
    }
    /// Asks for a policy of the authority.
    #[must_use]
    pub fn with_policy(mut self, policy: ObjectIdentifier) -> Self {
        self.policy = Some(policy);
        self
    }
    /// What is to be timestamped.
    #[must_use]
    pub fn imprint(&self) -> &MessageImprint {
        &self.imprint
    }
    /// The policy that is asked for.
    #[must_use]
    pub fn policy(&self) -> Option<ObjectIdentifier> {
        self.policy
    }
    /// The number to be repeated.
    #[must_use]
    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }
    /// Says whether the token shall hold certificates (`certReq`).
    #[must_use]
    pub fn wants_certificates(&self) -> bool {
        self.wants_certificates
    }
    /// Encodes the request: the body of a POST with [`QUERY_MEDIA_TYPE`](super::QUERY_MEDIA_TYPE).
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let certificates = if self.wants_certificates { encode::element(tag::BOOLEAN, &[0xff]) } else { Vec::new() };
        encode::sequence(&[
            &encode::unsigned(&[1]),
            &self.imprint.to_der(),
            &self.policy.map(encode::oid).unwrap_or_default(),
            &self.nonce.as_ref().map(Nonce::to_der).unwrap_or_default(),
            &certificates,
        ])
    }
    /// Reads a request in DER, for an authority.
    ///
    /// # Errors
    /// [`TimestampError`]: over the limits, malformed, by a hash function that is not accepted, or with an extension, for none is known
    /// (RFC 3161, 2.4.1).
    pub fn parse(der: &[u8], limits: &TimestampLimits) -> Result<Self, TimestampError> {
        let size = u64::try_from(der.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one timestamp request", limits.request_bytes, size)?;
        let mut walk = sequence(der, "TimeStampReq")?;
        if walk.expect(tag::INTEGER)? != [1] {
            return Err(TimestampError::Version { of: "TimeStampReq" });
        }
        let imprint = MessageImprint::read(&mut walk)?;
        let policy = if walk.next_is(tag::OBJECT_IDENTIFIER) { Some(walk.oid()?) } else { None };
        let nonce = walk.optional(tag::INTEGER)?.map(Nonce::read).transpose()?;
        let wants_certificates = walk.optional(tag::BOOLEAN)?.map_or(Ok(false), |value| boolean(value, "certReq"))?;
        if let Some(list) = walk.optional(tag::constructed(0))? {
            let found = extension(&mut Walk::new(list, "extensions"))?.oid;
            return Err(TimestampError::UnknownExtension { found });
        }
        walk.finish()?;
        Ok(Self { imprint, policy, nonce, wants_certificates })
    }
}
