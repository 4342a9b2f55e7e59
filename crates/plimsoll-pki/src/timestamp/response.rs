//! `TimeStampResp` (RFC 3161, 2.4.2).

use super::{
    FailureInfo, PkiStatus, TimestampError, TimestampLimits, TimestampRequest, TimestampToken, status::StatusInfo,
};
use crate::{
    asn1::{sequence, tag},
    cms::ber,
    encode,
};
use alloc::vec::Vec;
use plimsoll_core::{Escaped, LimitExceeded};

/// What an authority answers.
///
/// ```text
/// TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimestampResponse {
    status: StatusInfo,
    /// Only where the status says so.
    token: Option<TimestampToken>,
}

impl TimestampResponse {
    /// Answers with a token.
    #[must_use]
    pub fn granted(token: TimestampToken) -> Self {
        Self { status: StatusInfo { status: PkiStatus::Granted, failure: None, text: None }, token: Some(token) }
    }
    /// Answers without one.
    #[must_use]
    pub fn rejected(failure: FailureInfo, text: &str) -> Self {
        let text = Some(Escaped::new(text));
        Self { status: StatusInfo { status: PkiStatus::Rejection, failure: Some(failure), text }, token: None }
    }
    /// Reads an answer in BER or DER: the body of a response with [`REPLY_MEDIA_TYPE`](super::REPLY_MEDIA_TYPE).
    ///
    /// What stands beside a status that grants nothing is not looked at.
    ///
    /// # Errors
    /// [`TimestampError`]: over the limits, or malformed. That the authority refused is an answer, too; see
    /// [`TimestampResponse::token_for`].
    pub fn parse(bytes: &[u8], limits: &TimestampLimits) -> Result<Self, TimestampError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one timestamp response", limits.bytes, size)?;
        let der = ber::to_der(bytes, &limits.ber())?;
        let mut walk = sequence(&der, "TimeStampResp")?;
        let status = StatusInfo::read(walk.expect(tag::SEQUENCE)?)?;
        let token = if walk.is_done() { None } else { Some(walk.whole()?) };
        walk.finish()?;
        let token = token.filter(|_| status.status.is_granted());
        let token = token.map(|token| TimestampToken::from_der(token.to_vec(), limits)).transpose()?;
        Ok(Self { status, token })
    }
    /// How the authority answered.
    #[must_use]
    pub fn status(&self) -> PkiStatus {
        self.status.status
    }
    /// Encodes the answer.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        encode::sequence(&[&self.status.to_der(), self.token.as_ref().map_or(&[][..], TimestampToken::der)])
    }
    /// Takes the token, if it is an answer to `request`: its imprint, its nonce and, if one was asked for, its policy are those of the
    /// request. Whether it holds, [`TimestampToken::verify`] says.
    ///
    /// # Errors
    /// [`TimestampError::Refused`], [`TimestampError::NoToken`], or what is not as in the request.
    pub fn token_for(&self, request: &TimestampRequest) -> Result<TimestampToken, TimestampError> {
        if !self.status.status.is_granted() {
            let StatusInfo { status, failure, text } = self.status.clone();
            return Err(TimestampError::Refused { status, failure, text });
        }
        let token = self.token.as_ref().ok_or(TimestampError::NoToken)?;
        let claimed = token.claimed();
        if claimed.imprint != *request.imprint() {
            return Err(TimestampError::ImprintMismatch);
        }
        // RFC 3161, 2.4.2: repeated if it was there. One that was not asked for is nobody's.
        if claimed.nonce.as_ref() != request.nonce() {
            return Err(TimestampError::NonceMismatch);
        }
        match request.policy() {
            Some(expected) if expected != claimed.policy => {
                Err(TimestampError::PolicyMismatch { expected, found: claimed.policy })
            }
            _ => Ok(token.clone()),
        }
    }
}
