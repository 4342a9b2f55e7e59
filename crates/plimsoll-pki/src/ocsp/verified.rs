//! Responses whose signature held.

use super::{OcspError, OcspLimits, Responder, single::Single};
use crate::crl::{RevokedEntry, RevokedReason};
use plimsoll_core::{Horizon, UnixTime};

/// What an authorized responder says of one certificate. The only way to make one is
/// [`OcspResponse::verify`](super::OcspResponse::verify).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedResponse {
    status: OcspStatus,
    this_update: UnixTime,
    next_update: Option<UnixTime>,
    produced_at: UnixTime,
    responder: Responder,
    nonce: NonceCheck,
}

/// `CertStatus`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OcspStatus {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked(RevokedEntry),
    /// The responder does not know the certificate.
    Unknown,
}

/// What became of the nonce (RFC 8954).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NonceCheck {
    /// One was sent, and none came back.
    Absent,
    /// None was sent.
    NotAsked,
    /// It came back.
    Same,
}

impl VerifiedResponse {
    pub(super) fn of(single: &Single, produced_at: UnixTime, responder: Responder, nonce: NonceCheck) -> Self {
        let Single { status, this_update, next_update, .. } = *single;
        Self { status, this_update, next_update, produced_at, responder, nonce }
    }
    /// What is said.
    #[must_use]
    pub fn status(&self) -> OcspStatus {
        self.status
    }
    /// Who said it.
    #[must_use]
    pub fn responder(&self) -> &Responder {
        &self.responder
    }
    /// When it was said.
    #[must_use]
    pub fn produced_at(&self) -> UnixTime {
        self.produced_at
    }
    /// What became of the nonce.
    #[must_use]
    pub fn nonce(&self) -> NonceCheck {
        self.nonce
    }
    /// Checks that the response counts at a time.
    ///
    /// A response without `nextUpdate` does not, as Notation has it; RFC 6960 would have the newest always at hand.
    ///
    /// # Errors
    /// [`OcspError::Future`], [`OcspError::NoNextUpdate`] or [`OcspError::Stale`].
    pub fn fresh_at(&self, at: UnixTime, limits: &OcspLimits) -> Result<(), OcspError> {
        if self.this_update > at.saturating_add(limits.skew_seconds) {
            return Err(OcspError::Future { this_update: self.this_update, at });
        }
        let next_update = self.next_update.ok_or(OcspError::NoNextUpdate)?;
        if at > next_update { Err(OcspError::Stale { next_update, at }) } else { Ok(()) }
    }
    /// When it counts: never beyond `nextUpdate`.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        Horizon::new(self.this_update, self.next_update.map_or(UnixTime::MIN, |next| next.saturating_add(1)))
    }
}

/// The order of several statuses of one certificate.
pub(super) fn gravity(status: &OcspStatus) -> u8 {
    match status {
        OcspStatus::Good => 0,
        OcspStatus::Unknown => 1,
        OcspStatus::Revoked(RevokedEntry { reason: RevokedReason::CertificateHold, .. }) => 2,
        OcspStatus::Revoked(_) => 3,
    }
}
