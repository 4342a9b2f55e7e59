//! Lists whose signature held.

use super::{
    CertificateList, CrlError, CrlLimits, DeltaMismatch, OutOfScope, RevokedEntry, RevokedReason, distribution_points,
    entry::entry, point,
};
use crate::Certificate;
use alloc::vec::Vec;
use plimsoll_core::{Escaped, Horizon, UnixTime};

/// A list whose signature held under the issuer's certificate. The only way to make one is [`CertificateList::verify`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerifiedList<'l> {
    list: &'l CertificateList,
}

impl<'l> VerifiedList<'l> {
    pub(super) fn of(list: &'l CertificateList) -> Self {
        Self { list }
    }
    /// The list.
    #[must_use]
    pub fn list(&self) -> &'l CertificateList {
        self.list
    }
    /// What the list says of a serial number; `None` when it is not there.
    ///
    /// Ask with [`Certificate::serial`]. Who is not there is not revoked only where the list covers the certificate
    /// ([`VerifiedList::covers`]) and is fresh ([`VerifiedList::fresh_at`]). Of several entries the gravest counts.
    #[must_use]
    pub fn entry(&self, serial: &[u8]) -> Option<RevokedEntry> {
        let gravity = |one: &RevokedEntry| match one.reason {
            RevokedReason::RemoveFromCrl => 0,
            RevokedReason::CertificateHold => 1,
            _ => 2,
        };
        // INVARIANT: every entry was read when the list was.
        let entries = self.list.find(serial).filter_map(|value| entry(value, u64::MAX).ok());
        entries.map(|one| one.entry).max_by_key(gravity)
    }
    /// Checks that the list counts at a time.
    ///
    /// # Errors
    /// [`CrlError::Future`], [`CrlError::NoNextUpdate`] or [`CrlError::Stale`].
    pub fn fresh_at(&self, at: UnixTime, limits: &CrlLimits) -> Result<(), CrlError> {
        let this_update = self.list.claimed_this_update();
        if this_update > at.saturating_add(limits.skew_seconds) {
            return Err(CrlError::Future { this_update, at });
        }
        let next_update = self.list.claimed_next_update().ok_or(CrlError::NoNextUpdate)?;
        if at > next_update { Err(CrlError::Stale { next_update, at }) } else { Ok(()) }
    }
    /// When it counts: never beyond `nextUpdate`.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        let until = self.list.claimed_next_update().map_or(UnixTime::MIN, |next| next.saturating_add(1));
        Horizon::new(self.list.claimed_this_update(), until)
    }
    /// Checks that the list speaks of a certificate, so that one which is not on it is not revoked.
    ///
    /// Rule: [RFC 5280, 6.3.3](https://www.rfc-editor.org/rfc/rfc5280#section-6.3.3) (b) (2), against every distribution point of the certificate.
    ///
    /// # Errors
    /// [`CrlError::Scope`], or what is wrong with the distribution points of the certificate.
    pub fn covers(&self, certificate: &Certificate<'_>, limits: &CrlLimits) -> Result<(), CrlError> {
        if self.list.is_delta() {
            return Err(OutOfScope::Delta.into());
        }
        let Some(scope) = &self.list.extensions.scope else { return Ok(()) };
        Ok(scope.covers(certificate, &distribution_points(certificate, limits.points)?)?)
    }
    /// Checks that its serial numbers are those of its issuer's certificates: only then does an entry revoke one of them.
    ///
    /// # Errors
    /// [`CrlError::Scope`].
    pub fn is_of_own_certificates(&self) -> Result<(), CrlError> {
        let scope = self.list.extensions.scope.as_ref();
        scope.map_or(Ok(()), |scope| Ok(scope.is_of_own_certificates()?))
    }
    /// Checks that a delta list completes this list.
    ///
    /// Rule: [RFC 5280, 5.2.4](https://www.rfc-editor.org/rfc/rfc5280#section-5.2.4), and the signature specification of the Notary Project:
    /// the delta is newer than the base, builds on it or on an older one, and has the same scope.
    ///
    /// # Errors
    /// [`CrlError::Delta`].
    pub fn completed_by(&self, delta: &VerifiedList<'_>) -> Result<(), CrlError> {
        let (own, other) = (&self.list.extensions, &delta.list.extensions);
        let builds_on = other.builds_on.clone().ok_or(DeltaMismatch::NoDelta)?;
        let (Some(base), Some(number)) = (own.number.clone(), other.number.clone()) else {
            return Err(DeltaMismatch::NoNumber.into());
        };
        if number <= base {
            return Err(DeltaMismatch::NotNewer { delta: number, base }.into());
        }
        if builds_on > base {
            return Err(DeltaMismatch::BaseTooOld { builds_on, base }.into());
        }
        let scope = |one: &'_ Option<super::scope::Scope>| one.as_ref().map(|scope| scope.der().to_vec());
        if scope(&own.scope) == scope(&other.scope) { Ok(()) } else { Err(DeltaMismatch::Scope.into()) }
    }
    /// The URLs at which the list says that its delta lists are: foreign text, which is safe to show.
    ///
    /// # Errors
    /// None in practice: the extension was read when the list was.
    pub fn freshest_urls(&self, limits: &CrlLimits) -> Result<Vec<Escaped>, CrlError> {
        let urls = self.freshest(limits)?;
        Ok(urls.into_iter().map(Escaped::bytes).collect())
    }
    pub(crate) fn freshest(&self, limits: &CrlLimits) -> Result<Vec<&'l [u8]>, CrlError> {
        let Some(value) = &self.list.extensions.freshest else { return Ok(Vec::new()) };
        let points = point::points(value, "freshestCRL", limits.points)?;
        Ok(points.into_iter().flat_map(|point| point.urls).collect())
    }
    /// Says whether it names a place for delta lists.
    pub(crate) fn names_freshest(&self) -> bool {
        self.list.extensions.freshest.is_some()
    }
}
