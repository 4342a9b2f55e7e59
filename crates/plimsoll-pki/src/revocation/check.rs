//! The check of a chain, certificate by certificate.

use super::{
    Attempt, Cause, CertificateReport, Requirement, RevocationReport, RevocationSources, Source, Status, StatusAnswers,
};
use crate::{
    Certificate, VerifiedChain, Which,
    crl::{RevokedEntry, RevokedReason},
};
use alloc::vec::Vec;
use plimsoll_core::{Bytes, Digest, Escaped, Horizon, LimitExceeded, Missing, Provider, Purpose, UnixTime};

/// Finds out whether the certificates of a chain are revoked, at a time.
///
/// All but the last are looked up, in this order: the caller's lists; the OCSP responders that the certificate names, one after the other until
/// one answers; the lists that it names, until one holds. Revoked is revoked whoever says it, and however old the word is, but for
/// `certificateHold`, which may have been lifted. That a certificate is *not* revoked needs a fresh answer that speaks of it. What
/// came from a cache and does not hold is asked for once more, past the cache. Whom the operator distrusts clears nobody
/// ([`RevocationSources::distrust`]).
///
/// What could not be found out is no error here but [`Status::Unknown`], with everybody who was asked; [`RevocationReport::outcome`] makes it one.
///
/// # Errors
/// [`Missing::Pending`], when something was asked now: run it again with the answers. No other.
///
/// # Security
/// Give only a chain whose anchor was found in a trust store: whoever makes a chain of his own chooses its addresses.
///
/// # Examples
/// ```
/// use plimsoll_crypto::provider;
/// use plimsoll_pki::revocation::{NoAnswers, Requirement, RevocationSources, check_chain};
/// use plimsoll_pki::{ChainOptions, Profile, code, verify_chain};
/// use plimsoll_core::Classify;
/// use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};
///
/// let ca = TestCa::new(KeySpec::P256);
/// let chain = verify_chain(&ca.chain(), &ChainOptions::new(Profile::NotarySigning), provider(), None)?;
/// // These certificates name nobody to ask, which the Notary Project lets pass ...
/// let sources = RevocationSources::new();
/// let report = check_chain(&chain, NOW, &sources, &mut NoAnswers, provider()).unwrap();
/// assert!(report.outcome().is_ok());
/// // ... and a stricter policy does not.
/// let sources = sources.with_requirement(Requirement::Required);
/// let report = check_chain(&chain, NOW, &sources, &mut NoAnswers, provider()).unwrap();
/// assert_eq!(report.outcome().unwrap_err().code(), code::CERTIFICATE_NOT_REVOCABLE);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_chain<A: StatusAnswers + ?Sized>(
    chain: &VerifiedChain<'_>,
    at: UnixTime,
    sources: &RevocationSources<'_>,
    ask: &mut A,
    crypto: Provider<'_>,
) -> Result<RevocationReport, Missing> {
    let mut check = Check { at, sources, ask, crypto };
    let (mut certificates, mut pending) = (Vec::new(), false);
    let mut rest = chain.certificates();
    while let [certificate, above @ ..] = rest {
        let Some(issuer) = above.first() else { break };
        let index = chain.certificates().len().saturating_sub(rest.len());
        let lookup = Lookup { certificate, issuer, authentic_time: sources.authentic_time };
        // The others are asked for in the same round, although this one is not known yet.
        match check.certificate(Which::new(index, certificate), lookup, above) {
            Ok(report) => certificates.push(report),
            Err(_) => pending = true,
        }
        rest = above;
    }
    if pending { Err(Missing::Pending) } else { Ok(RevocationReport { certificates }) }
}

/// One check: the time, what is given, and who is asked.
pub(super) struct Check<'c, 's, A: ?Sized> {
    pub(super) at: UnixTime,
    pub(super) sources: &'c RevocationSources<'s>,
    pub(super) ask: &'c mut A,
    pub(super) crypto: Provider<'c>,
}

/// Whose status is looked up.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'a, 'd> {
    pub(super) certificate: &'a Certificate<'d>,
    pub(super) issuer: &'a Certificate<'d>,
    /// The latest time at which what it signed can have been signed.
    pub(super) authentic_time: Option<UnixTime>,
}

/// A status that somebody said.
pub(super) struct Finding {
    pub(super) status: Status,
    pub(super) source: Source,
    pub(super) evidence: Vec<Digest>,
    pub(super) horizon: Horizon,
}

/// What was tried for one certificate.
pub(super) struct Trail {
    pub(super) attempts: Vec<Attempt>,
    urls_left: usize,
}

impl<A: StatusAnswers + ?Sized> Check<'_, '_, A> {
    fn certificate(
        &mut self,
        which: Which,
        lookup: Lookup<'_, '_>,
        above: &[Certificate<'_>],
    ) -> Result<CertificateReport, Missing> {
        let mut trail = self.trail();
        let mut found = self.local_lists(lookup, &mut trail)?;
        if found.is_none() {
            found = self.responders(lookup, &mut trail)?.and_then(|found| self.believed(found, above, &mut trail));
        }
        if found.is_none() {
            let listed = self.distribution_points(lookup, &mut trail)?;
            found = listed.and_then(|found| self.believed(found, above, &mut trail));
        }
        let attempts = trail.attempts;
        Ok(match found {
            Some(Finding { status, source, evidence, horizon }) => {
                CertificateReport { which, status, source: Some(source), attempts, evidence, horizon }
            }
            None => {
                let status = self.without_finding(lookup.certificate, &attempts);
                CertificateReport {
                    which,
                    status,
                    source: None,
                    attempts,
                    evidence: Vec::new(),
                    horizon: Horizon::ALWAYS,
                }
            }
        })
    }
    /// What came from outside under an authority that is distrusted revokes, and clears nobody.
    fn believed(&self, found: Finding, above: &[Certificate<'_>], trail: &mut Trail) -> Option<Finding> {
        match self.distrusted(above, 1) {
            Some(cause) if !matches!(found.status, Status::Revoked(_)) => {
                trail.failed(&found.source, cause);
                None
            }
            _ => Some(found),
        }
    }
    /// Whether the operator distrusts one of the certificates under which an answer stands, of which the first is at `start` of its chain.
    pub(super) fn distrusted(&self, certificates: &[Certificate<'_>], start: usize) -> Option<Cause> {
        // When an answer was signed, only who signed it says.
        let (entry, _, certificate) = self.sources.distrust?.find(certificates, start, None)?;
        Some(Cause::Distrusted {
            signer: Which::text(certificate.subject()),
            subject: entry.subject(),
            reason: Escaped::new(entry.reason()),
        })
    }
    /// The status of a certificate of which nobody said anything.
    fn without_finding(&self, certificate: &Certificate<'_>, attempts: &[Attempt]) -> Status {
        if certificate.has_revocation_address() || !attempts.is_empty() {
            return Status::Unknown;
        }
        match self.sources.requirement {
            Requirement::IfOffered => Status::NonRevokable,
            Requirement::Required => Status::NotRevocable,
        }
    }
    pub(super) fn trail(&self) -> Trail {
        Trail { attempts: Vec::new(), urls_left: self.sources.limits.urls }
    }
    /// Asks a URL that is foreign text; `Ok(Err(_))` when there is no answer.
    pub(super) fn get(
        &mut self,
        url: &str,
        body: Option<Vec<u8>>,
        limit: u64,
        purpose: Purpose,
    ) -> Result<Result<Bytes, Cause>, Missing> {
        match self.ask.http(url, body.map(Bytes::from), limit, purpose) {
            Ok(bytes) => Ok(Ok(bytes)),
            Err(Missing::Pending) => Err(Missing::Pending),
            Err(Missing::Absent) => Ok(Err(Cause::Absent)),
            Err(Missing::Failed(failure)) => Ok(Err(failure.into())),
        }
    }
    /// A URL that may be asked: http or https, and not longer than the limit.
    ///
    /// Whatever else a certificate names (`ldap:`, `file:`, a script) is not asked. Which hosts may be asked, whoever answers decides.
    pub(super) fn address<'u>(&self, url: &'u [u8]) -> Result<&'u str, Cause> {
        let text = core::str::from_utf8(url).map_err(|_| Cause::Url)?;
        let (scheme, rest) = text.split_once("://").ok_or(Cause::Url)?;
        let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        let clean = !rest.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if known && clean && text.len() <= self.sources.limits.url_length { Ok(text) } else { Err(Cause::Url) }
    }
    /// The status that an entry is for a certificate; an entry that is excused needs a fresh list or response.
    pub(super) fn revoked(&self, entry: RevokedEntry, lookup: Lookup<'_, '_>) -> Status {
        // Only an authentic time is compared, never a claimed one.
        let before = |date| lookup.authentic_time.is_some_and(|time| time < date);
        if entry.invalidity_date.is_some_and(before) { Status::Excused(entry) } else { Status::Revoked(entry) }
    }
    /// A horizon that begins no later than now: clocks differ.
    pub(super) fn begun(&self, horizon: Horizon) -> Horizon {
        Horizon::new(horizon.from.min(self.at), horizon.until)
    }
}

/// Says whether this is revoked for good, so that even an old word counts.
pub(super) fn is_final(status: &Status) -> bool {
    matches!(status, Status::Revoked(entry) if entry.reason != RevokedReason::CertificateHold)
}

impl Trail {
    /// Counts one more URL of the certificate.
    pub(super) fn spend(&mut self, limits: &super::RevocationLimits) -> Result<(), LimitExceeded> {
        let limit = u64::try_from(limits.urls).unwrap_or(u64::MAX);
        let exceeded = LimitExceeded { what: "URLs of one certificate", limit };
        self.urls_left = self.urls_left.checked_sub(1).ok_or(exceeded)?;
        Ok(())
    }
    pub(super) fn failed(&mut self, source: &Source, cause: impl Into<Cause>) {
        self.attempts.push(Attempt::new(source.clone(), cause));
    }
}

/// The text of a URL, safe to show.
pub(super) fn shown(url: &[u8]) -> Escaped {
    Escaped::bytes(url)
}
