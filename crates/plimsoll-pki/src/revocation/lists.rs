//! Status by revocation lists (RFC 5280, 6.3.3).

use super::{
    Cause, Source, Status, StatusAnswers,
    check::{Check, Finding, Lookup, Trail, is_final, shown},
};
use crate::{
    CertificateError,
    crl::{
        self, CertificateList, CrlError, DeltaMismatch, OutOfScope, RevokedEntry, RevokedReason, VerifiedList,
        remembered,
    },
};
use alloc::{sync::Arc, vec::Vec};
use plimsoll_core::{Bytes, Digest, Horizon, Missing, Purpose};

impl<'s, A: StatusAnswers + ?Sized> Check<'_, 's, A> {
    /// The caller's lists. Whoever is revoked for good in any is; else the newest list that holds counts.
    pub(super) fn local_lists(
        &mut self,
        lookup: Lookup<'_, '_>,
        trail: &mut Trail,
    ) -> Result<Option<Finding>, Missing> {
        let issuer = lookup.issuer.subject();
        let lists = self.sources.lists.iter().enumerate();
        let mut own: Vec<_> = lists.filter(|(_, list)| list.claimed_issuer_der() == issuer.der()).collect();
        own.sort_by_key(|(_, list)| core::cmp::Reverse(list.claimed_this_update()));
        let has_base = own.iter().any(|(_, list)| !list.is_delta());
        let mut best = None;
        for (index, list) in own {
            let before = trail.attempts.len();
            let found = self.judge(list, &Source::LocalList(index), lookup, trail)?;
            // A delta list alone revokes, and clears nobody; beside a base list that is no failure.
            if list.is_delta() && has_base {
                trail.attempts.truncate(before);
            }
            match found {
                Some(finding) if is_final(&finding.status) => return Ok(Some(finding)),
                found => best = best.or(found),
            }
        }
        Ok(best)
    }
    /// The lists that the certificate names: those of one distribution point are the same, so the first that holds counts; and a list
    /// that speaks of all reasons is enough, whichever point has it.
    pub(super) fn distribution_points(
        &mut self,
        lookup: Lookup<'_, '_>,
        trail: &mut Trail,
    ) -> Result<Option<Finding>, Missing> {
        let limits = self.sources.limits;
        let points = match crl::distribution_points(lookup.certificate, limits.crl.points) {
            Ok(points) => points,
            Err(error) => {
                trail.failed(&Source::Certificate, of_certificate(error));
                return Ok(None);
            }
        };
        for point in points {
            for url in point.urls {
                let source = Source::List(shown(url));
                if !point.is_whole {
                    trail.failed(&source, CrlError::from(OutOfScope::SomeReasons));
                } else if let Err(limit) = trail.spend(&limits) {
                    trail.failed(&source, limit);
                } else if let Some(found) = self.list_at(url, &source, lookup, trail)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }
    /// One list at a URL. If what comes does not hold, it may be an old copy out of a cache: it is asked for once more.
    fn list_at(
        &mut self,
        url: &[u8],
        source: &Source,
        lookup: Lookup<'_, '_>,
        trail: &mut Trail,
    ) -> Result<Option<Finding>, Missing> {
        let before = trail.attempts.len();
        for purpose in [Purpose::Crl, Purpose::FreshCrl] {
            trail.attempts.truncate(before);
            let bytes = match self.address(url) {
                Ok(url) => self.get(url, None, self.sources.limits.crl.bytes, purpose)?,
                Err(cause) => Err(cause),
            };
            let bytes = match bytes {
                Ok(bytes) => bytes,
                Err(cause) => {
                    trail.failed(source, cause);
                    return Ok(None);
                }
            };
            match self.read(bytes) {
                Err(cause) => trail.failed(source, cause),
                Ok(list) => {
                    let found = self.judge(&list, source, lookup, trail)?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
            }
        }
        Ok(None)
    }
    /// Reads what came, unless it was read before and held.
    fn read(&mut self, bytes: Bytes) -> Result<Arc<CertificateList>, Cause> {
        let limits = &self.sources.limits.crl;
        if let Some(known) = remembered::recall(&bytes, limits, self.crypto) {
            return Ok(known);
        }
        self.ask.spend_on(bytes.len()).map_err(CrlError::from)?;
        Ok(Arc::new(CertificateList::from_der(bytes, limits)?))
    }
    fn verify<'l>(&self, list: &'l CertificateList, lookup: Lookup<'_, '_>) -> Result<VerifiedList<'l>, CrlError> {
        remembered::verify(list, &self.sources.limits.crl, lookup.issuer, self.crypto)
    }
    /// What a base list says of a certificate; `None` where it says nothing, with the reason in the trail.
    fn judge(
        &mut self,
        list: &CertificateList,
        source: &Source,
        lookup: Lookup<'_, '_>,
        trail: &mut Trail,
    ) -> Result<Option<Finding>, Missing> {
        let checked = self.verify(list, lookup).and_then(|list| {
            list.is_of_own_certificates()?;
            Ok(list)
        });
        let list = match checked {
            Ok(list) => list,
            Err(error) => {
                trail.failed(source, error);
                return Ok(None);
            }
        };
        let entry = list.entry(lookup.certificate.serial());
        if let Some(found) = self.finally(entry, lookup, source, &[list]) {
            return Ok(Some(found));
        }
        let limits = &self.sources.limits.crl;
        if let Err(error) = list.covers(lookup.certificate, limits).and_then(|()| list.fresh_at(self.at, limits)) {
            trail.failed(source, error);
            return Ok(None);
        }
        let urls = match freshest(&list, lookup, limits) {
            Ok(Some(urls)) => urls,
            // Nobody names delta lists; one that the caller has says more all the same.
            Ok(None) => {
                let mut own = self.local_deltas(lookup);
                let found = own.find_map(|(_, delta)| self.complete(&list, entry, delta, source, lookup).ok());
                return Ok(Some(found.unwrap_or_else(|| self.finding(entry, lookup, source, &[list]))));
            }
            Err(error) => {
                trail.failed(source, error);
                return Ok(None);
            }
        };
        self.with_delta(&list, entry, &urls, source, lookup, trail)
    }
    /// Completes a base list by its delta list: the caller's, or one at these URLs.
    fn with_delta(
        &mut self,
        base: &VerifiedList<'_>,
        entry: Option<RevokedEntry>,
        urls: &[&[u8]],
        source: &Source,
        lookup: Lookup<'_, '_>,
        trail: &mut Trail,
    ) -> Result<Option<Finding>, Missing> {
        for (index, delta) in self.local_deltas(lookup) {
            match self.complete(base, entry, delta, source, lookup) {
                Ok(found) => return Ok(Some(found)),
                Err(error) => trail.failed(&Source::LocalList(index), error),
            }
        }
        for url in urls.iter().take(self.sources.limits.urls) {
            let at = Source::List(shown(url));
            let before = trail.attempts.len();
            for purpose in [Purpose::Crl, Purpose::FreshCrl] {
                trail.attempts.truncate(before);
                let bytes = match self.address(url) {
                    Ok(url) => self.get(url, None, self.sources.limits.crl.bytes, purpose)?,
                    Err(cause) => Err(cause),
                };
                let bytes = match bytes {
                    Ok(bytes) => bytes,
                    Err(cause) => {
                        trail.failed(&at, cause);
                        break;
                    }
                };
                let found = self
                    .read(bytes)
                    .and_then(|delta| self.complete(base, entry, &delta, source, lookup).map_err(Into::into));
                match found {
                    Ok(found) => return Ok(Some(found)),
                    Err(cause) => trail.failed(&at, cause),
                }
            }
        }
        if urls.is_empty() {
            trail.failed(source, Cause::Url);
        }
        Ok(None)
    }
    /// The caller's delta lists of an issuer with their places, the newest first: each holds all that came before it.
    fn local_deltas(&self, lookup: Lookup<'_, '_>) -> alloc::vec::IntoIter<(usize, &'s CertificateList)> {
        let issuer = lookup.issuer.subject().der();
        let lists: &'s [CertificateList] = self.sources.lists;
        let own = lists.iter().enumerate().filter(|(_, one)| one.is_delta() && one.claimed_issuer_der() == issuer);
        let mut own: Vec<_> = own.collect();
        own.sort_by_key(|(_, list)| core::cmp::Reverse(list.claimed_this_update()));
        own.into_iter()
    }
    /// What base and delta say together.
    fn complete(
        &self,
        base: &VerifiedList<'_>,
        entry: Option<RevokedEntry>,
        delta: &CertificateList,
        source: &Source,
        lookup: Lookup<'_, '_>,
    ) -> Result<Finding, CrlError> {
        let delta = self.verify(delta, lookup)?;
        delta.is_of_own_certificates()?;
        if !delta.list().is_delta() {
            return Err(DeltaMismatch::NoDelta.into());
        }
        let changed = delta.entry(lookup.certificate.serial());
        if let Some(found) = self.finally(changed, lookup, source, &[*base, delta]) {
            return Ok(found);
        }
        base.completed_by(&delta)?;
        delta.fresh_at(self.at, &self.sources.limits.crl)?;
        // RFC 5280, 5.2.4: what a delta says replaces what the base says, and removeFromCRL lifts a hold.
        let entry = match changed {
            None => entry,
            Some(RevokedEntry { reason: RevokedReason::RemoveFromCrl, .. }) => None,
            changed => changed,
        };
        Ok(self.finding(entry, lookup, source, &[*base, delta]))
    }
    /// A revocation for good, which counts however old the list is.
    fn finally(
        &self,
        entry: Option<RevokedEntry>,
        lookup: Lookup<'_, '_>,
        source: &Source,
        lists: &[VerifiedList<'_>],
    ) -> Option<Finding> {
        let entry = entry.filter(|entry| entry.reason != RevokedReason::RemoveFromCrl)?;
        let found = self.finding(Some(entry), lookup, source, lists);
        is_final(&found.status).then_some(Finding { horizon: Horizon::ALWAYS, ..found })
    }
    fn finding(
        &self,
        entry: Option<RevokedEntry>,
        lookup: Lookup<'_, '_>,
        source: &Source,
        lists: &[VerifiedList<'_>],
    ) -> Finding {
        let status = entry.map_or(Status::Good, |entry| self.revoked(entry, lookup));
        let horizon = lists.iter().fold(Horizon::ALWAYS, |all, one| all.and(self.begun(one.horizon())));
        let evidence: Vec<Digest> = lists.iter().map(|one| remembered::digest(one.list(), self.crypto)).collect();
        Finding { status, source: source.clone(), evidence, horizon }
    }
}

/// What is wrong with the distribution points is wrong with the certificate, and not with a list.
fn of_certificate(error: CrlError) -> Cause {
    match error {
        CrlError::Der { field, at } => CertificateError::Der { field, at }.into(),
        other => other.into(),
    }
}

/// Where the delta lists are: the base list says it, or else the certificate; `None` where neither does.
fn freshest<'l>(
    list: &VerifiedList<'l>,
    lookup: Lookup<'_, 'l>,
    limits: &crl::CrlLimits,
) -> Result<Option<Vec<&'l [u8]>>, CrlError> {
    if list.names_freshest() {
        return list.freshest(limits).map(Some);
    }
    let points = crl::freshest(lookup.certificate, limits.points)?;
    if points.is_empty() { Ok(None) } else { Ok(Some(points.into_iter().flat_map(|point| point.urls).collect())) }
}
