//! What the lines amount to.

use super::{
    Entry, RevocationReason,
    entry::{self, Line},
};
use plimsoll_core::{Digest, UnixTime};
use plimsoll_pki::crl::{RevokedEntry, RevokedReason};
use std::collections::BTreeMap;

/// What an authority says of a serial number.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CertificateStatus {
    /// It was issued, and not revoked.
    Good,
    /// It was revoked.
    Revoked(Revocation),
    /// It was not issued here.
    Unknown,
}

/// A certificate that was revoked.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Revocation {
    /// Its serial number.
    pub serial: Vec<u8>,
    /// When.
    pub at: UnixTime,
    /// Why.
    pub reason: RevocationReason,
    /// Since when its key was not to be trusted (RFC 5280, 5.3.2).
    pub invalidity_date: Option<UnixTime>,
    /// The line that says so.
    pub line: u64,
}

impl Revocation {
    /// The same, as CRLs and OCSP responses have it.
    #[must_use]
    pub fn to_entry(&self) -> RevokedEntry {
        let entry = RevokedEntry::new(RevokedReason::from_number(self.reason.number()), self.at);
        self.invalidity_date.map_or(entry, |date| entry.with_invalidity_date(date))
    }
}

/// A full list of revoked certificates that was signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FullList {
    pub(crate) number: u64,
    pub(crate) line: u64,
    next_update: UnixTime,
}

/// What is known of a token that was swapped for a certificate.
struct Used {
    /// For which key.
    key: Digest,
    /// Until when the token is valid.
    until: UnixTime,
    /// How many were swapped by then.
    number: u64,
}

/// The state after the last line that was read.
#[derive(Default)]
pub(crate) struct Index {
    pub(super) lines: u64,
    pub(super) length: u64,
    pub(super) last: Option<Digest>,
    /// By serial number: `None` for one that is good.
    certificates: BTreeMap<Vec<u8>, Option<Revocation>>,
    /// Tokens that were swapped for a certificate.
    used: BTreeMap<Digest, Used>,
    /// How many tokens were.
    swapped: u64,
    /// The number of the last list of revoked certificates.
    pub(crate) last_crl: u64,
    /// The full ones that may still be in use.
    full: Vec<FullList>,
}

impl Index {
    pub(super) fn status(&self, serial: &[u8]) -> CertificateStatus {
        match self.certificates.get(serial) {
            None => CertificateStatus::Unknown,
            Some(None) => CertificateStatus::Good,
            Some(Some(revocation)) => CertificateStatus::Revoked(revocation.clone()),
        }
    }
    /// The revocations that stand behind a line.
    pub(crate) fn revocations(&self, after: u64) -> Vec<Revocation> {
        self.certificates.values().flatten().filter(|one| one.line > after).cloned().collect()
    }
    /// The oldest full list that somebody may still use: what a delta must complete, so that it completes every one.
    pub(crate) fn oldest_full(&self, now: UnixTime) -> Option<FullList> {
        self.full.iter().find(|one| one.next_update > now).copied()
    }
    /// Whether a serial number was used.
    pub(crate) fn knows(&self, serial: &[u8]) -> bool {
        self.certificates.contains_key(serial)
    }
    /// The digest of the key that a token was used for.
    pub(crate) fn used_for(&self, token: &Digest) -> Option<Digest> {
        self.used.get(token).map(|used| used.key)
    }
    /// Takes in a line that was checked.
    pub(super) fn take(&mut self, line: &Line, text: &[u8]) {
        self.lines = line.number;
        self.length = self.length.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.last = Some(Digest::sha256_of(text));
        match &line.entry {
            Entry::CrlIssued { number, base, next_update } => {
                self.last_crl = self.last_crl.max(*number);
                self.full.retain(|one| one.next_update > line.at);
                if let (None, Ok(next_update)) = (base, entry::time(next_update)) {
                    self.full.push(FullList { number: *number, line: line.number, next_update });
                }
            }
            Entry::Issued { serial, key, request, .. } => {
                // INVARIANT: `Line::read` has read each of these texts once, and our own writer made the others.
                self.certificates.entry(entry::bytes(serial).unwrap_or_default()).or_default();
                if let Some(request) = request
                    && let (Ok(token), Ok(key), Ok(until)) =
                        (entry::digest(&request.token), entry::digest(key), entry::time(&request.token_until))
                {
                    self.swapped = self.swapped.saturating_add(1);
                    let number = self.swapped;
                    // Once in a while, so that it costs little.
                    if number.is_multiple_of(256) {
                        // By the time alone, a clock that jumps ahead and comes back would make it forget tokens that are valid.
                        let is_young = |used: &Used| number.saturating_sub(used.number) < REMEMBERED;
                        self.used.retain(|_, used| is_young(used) || used.until.saturating_add(GRACE) >= line.at);
                    }
                    self.used.insert(token, Used { key, until, number });
                }
            }
            Entry::Refused { .. } => {}
            Entry::Revoked { serial, reason, invalidity_date } => {
                let serial = entry::bytes(serial).unwrap_or_default();
                let invalidity_date = invalidity_date.as_deref().and_then(|date| entry::time(date).ok());
                let revocation = Revocation {
                    serial: serial.clone(),
                    at: line.at,
                    reason: *reason,
                    invalidity_date,
                    line: line.number,
                };
                self.certificates.entry(serial).or_default().get_or_insert(revocation);
            }
        }
    }
}

/// Seconds for which a token is remembered after its end, because clocks differ: an hour, more than any skew that is allowed.
const GRACE: u64 = 3600;
/// The last so many tokens are remembered in any case: 65 536, which at the 1 200 an hour that a service issues is two days and a half,
/// more than any token lives here. They take some megabytes.
const REMEMBERED: u64 = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Requester;

    fn swapped(number: u64, at: u64) -> Line {
        let digest = |text: &str| Digest::sha256_of(format!("{text} {number}").as_bytes()).to_string();
        let at = UnixTime::saturating_from_secs(at);
        let request = Requester {
            issuer: "i".into(),
            subject: "s".into(),
            token: digest("token"),
            token_until: at.saturating_add(600).to_string(),
            rule: None,
        };
        let entry = Entry::Issued {
            serial: format!("{number:032x}"),
            subject: "CN=x".into(),
            not_before: at.to_string(),
            not_after: at.to_string(),
            certificate: digest("certificate"),
            key: digest("key"),
            request: Some(request),
        };
        Line { number, at, previous: None, entry }
    }

    #[test]
    fn a_clock_that_jumps_ahead_and_comes_back_forgets_no_token_that_is_valid() {
        let (now, mut index) = (1_780_272_000, Index::default());
        index.take(&swapped(1, now), b"");
        for number in 2..=600 {
            index.take(&swapped(number, now + 100 * 365 * 86_400), b"");
        }
        let first = Digest::sha256_of(b"token 1");
        assert_eq!(index.used_for(&first), Some(Digest::sha256_of(b"key 1")));
        // Those of long ago go, so that there is an end to it.
        for number in 601..=REMEMBERED + 600 {
            index.take(&swapped(number, now + 100 * 365 * 86_400), b"");
        }
        assert_eq!(index.used_for(&first), None);
        assert!(index.used.len() < 70_000, "{}", index.used.len());
    }
}
