//! `TimeStampToken` (RFC 3161, 2.4.2).

use super::{TimestampError, TimestampLimits, TstInfo, VerifiedTimestamp, verify};
use crate::{
    CmsError, TrustStore,
    cms::{SignedData, ber},
    oid,
};
use alloc::vec::Vec;
use plimsoll_core::{LimitExceeded, Provider};

/// A timestamp as it came: signed data whose content is a [`TstInfo`]. Nothing about it is verified.
///
/// Authorities may send BER (RFC 5652, 2): it is kept as DER, which means the same to everybody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimestampToken {
    der: Vec<u8>,
    info: TstInfo,
    limits: TimestampLimits,
}

impl TimestampToken {
    /// Reads a BER- or DER-encoded token.
    ///
    /// # Errors
    /// [`TimestampError`]: over the limits, malformed, or with an imprint by a hash function that is not accepted.
    pub fn parse(bytes: &[u8], limits: &TimestampLimits) -> Result<Self, TimestampError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one timestamp", limits.bytes, size)?;
        Self::from_der(ber::to_der(bytes, &limits.ber())?, limits)
    }
    pub(super) fn from_der(der: Vec<u8>, limits: &TimestampLimits) -> Result<Self, TimestampError> {
        let data = SignedData::from_der(&der, &limits.cms())?;
        if data.content_type != oid::TST_INFO {
            return Err(CmsError::ContentType { expected: oid::TST_INFO, found: data.content_type }.into());
        }
        let info = TstInfo::from_der(data.content)?;
        Ok(Self { der, info, limits: *limits })
    }
    /// The token in DER, as it belongs into an envelope.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// What it says, before anything of it was verified: for display, and to compare an answer with its request.
    #[must_use]
    pub fn claimed(&self) -> &TstInfo {
        &self.info
    }
    /// Verifies the timestamp over `message`, the very bytes that were hashed for it, up to a root of `store`.
    ///
    /// A token has one signer. Of several, the first counts whose signature, certificate and chain hold, as for Notation, and there is a
    /// warning; they share one budget ([`TimestampLimits::path`]). The chain is judged at the time of the timestamp; whether it was revoked is a question of its own.
    ///
    /// # Errors
    /// [`TimestampError`]; of several signers, that of the first.
    pub fn verify<'a>(
        &'a self,
        message: &[u8],
        store: &'a TrustStore,
        provider: Provider<'_>,
    ) -> Result<VerifiedTimestamp<'a>, TimestampError> {
        let data = SignedData::from_der(&self.der, &self.limits.cms())?;
        verify::verify(&data, &self.info, message, store, &self.limits, provider)
    }
}
