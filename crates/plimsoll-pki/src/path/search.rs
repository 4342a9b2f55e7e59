//! The search for a path: from the leaf up, depth first, each certificate judged before its signature is checked.

use super::{Bag, PathBuilder, PathError, PathLimits, PathRule, rules::Place, validate};
use crate::{Anchor, Certificate, KeyKind, Which, chain::check_signature};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use plimsoll_core::{Budget, LimitExceeded, UnixTime, VerifyError};
use spki::ObjectIdentifier;

/// A path that holds.
pub(super) struct Found<'a> {
    pub(super) certificates: Vec<Certificate<'a>>,
    pub(super) anchor: &'a Anchor,
    pub(super) policies: BTreeSet<ObjectIdentifier>,
}

/// Where an issuer stands.
#[derive(Clone, Copy)]
enum Seat {
    Anchor,
    Below,
}

/// What was found out about the signature of a certificate under a key.
struct Known<'a> {
    certificate: &'a [u8],
    key: &'a [u8],
    held: Result<(), VerifyError>,
}

pub(super) struct Search<'s, 'a> {
    builder: &'s PathBuilder<'a, 's>,
    bag: &'s Bag<'a>,
    at: UnixTime,
    /// The path so far; the leaf first.
    path: Vec<Certificate<'a>>,
    known: Vec<Known<'a>>,
    best: Option<PathError>,
    work: &'s mut Work,
}

/// What is left to spend, for one search or for several that belong together.
pub(crate) struct Work {
    signatures: Budget,
    /// Checks that cost nothing yet: as many as the longest path takes, so that a path without any choice is validated whatever its keys.
    free: u64,
    /// What all checks cost, in checks under a key of P-256, and what they may.
    cost: (u64, u64),
    steps: Budget,
    names: Budget,
    policies: Budget,
}

impl Work {
    pub(crate) const fn new(limits: &PathLimits) -> Self {
        Self {
            signatures: Budget::new("checks of signatures in the search for a path", limits.signatures),
            free: limits.path.saturating_sub(1),
            cost: (0, limits.signatures),
            steps: Budget::new("steps in the search for a path", limits.steps),
            names: Budget::new("comparisons of names with constraints", limits.name_comparisons),
            policies: Budget::new("steps in the processing of certificate policies", limits.policy_steps),
        }
    }
    /// Counts a check of a signature, and what it costs.
    fn check(&mut self, key: KeyKind) -> Result<(), LimitExceeded> {
        self.signatures.spend(1)?;
        let (spent, limit) = self.cost;
        self.cost = (spent.saturating_add(cost(key)), limit);
        match self.free.checked_sub(1) {
            Some(free) => self.free = free,
            None => LimitExceeded::check("checks by their cost in the search for a path", limit, self.cost.0)?,
        }
        Ok(())
    }
}

impl<'s, 'a> Search<'s, 'a> {
    pub(super) fn new(
        builder: &'s PathBuilder<'a, 's>,
        leaf: Certificate<'a>,
        bag: &'s Bag<'a>,
        at: UnixTime,
        work: &'s mut Work,
    ) -> Self {
        Self { builder, bag, at, path: vec![leaf], known: Vec::new(), best: None, work }
    }
    pub(super) fn run(mut self) -> Result<Found<'a>, PathError> {
        match self.extend()? {
            Some(found) => Ok(found),
            None => Err(self.best.take().unwrap_or_else(|| self.no_issuer())),
        }
    }
    /// Tries every issuer of the last certificate: anchors first, so that the shortest path is found and what was sent along cannot
    /// hide one. It calls itself no deeper than a path is long.
    fn extend(&mut self) -> Result<Option<Found<'a>>, LimitExceeded> {
        let Some(child) = self.path.last().copied() else { return Ok(None) };
        let no_issuer = self.no_issuer();
        self.note(no_issuer);
        for anchor in self.builder.anchors.named(child.issuer()) {
            self.work.steps.spend(1)?;
            // INVARIANT: it was read when the store was loaded.
            let Ok(certificate) = anchor.certificate().view(&self.builder.limits.certificate) else { continue };
            if certificate.der() == child.der() {
                continue;
            }
            if self.issued(&child, &certificate, Seat::Anchor)?
                && let Some(found) = self.judge(certificate, anchor)?
            {
                return Ok(Some(found));
            }
        }
        for issuer in self.candidates(&child) {
            self.work.steps.spend(1)?;
            if self.issued(&child, &issuer, Seat::Below)? {
                self.path.push(issuer);
                let found = self.extend()?;
                self.path.pop();
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }
    /// The certificates of the bag that may have issued this one, the likeliest first. Key identifiers only order them: they may lie.
    ///
    /// A certificate with the name and key of one that is in the path already is left out: going through it again proves nothing.
    fn candidates(&self, child: &Certificate<'a>) -> Vec<Certificate<'a>> {
        let again = |one: &Certificate<'_>| {
            self.path.iter().any(|on| on.subject() == one.subject() && on.public_key() == one.public_key())
        };
        let wanted = child.authority_key_identifier();
        let mut found: Vec<_> = self
            .bag
            .certificates
            .iter()
            .filter(|one| one.subject() == child.issuer() && !again(one))
            .copied()
            .collect();
        found.sort_by_key(|one| match (wanted, one.subject_key_identifier()) {
            (Some(wanted), Some(found)) if wanted == found => 0,
            (Some(_), Some(_)) => 2,
            _ => 1,
        });
        found
    }
    /// Judges one certificate as the issuer of another: first all that costs nothing, then the signature.
    fn issued(&mut self, child: &Certificate<'a>, issuer: &Certificate<'a>, seat: Seat) -> Result<bool, LimitExceeded> {
        let place = Place { index: self.path.len(), certificate: issuer, profile: self.builder.profile, at: self.at };
        let judged = self.room(&place).and_then(|below| match seat {
            Seat::Anchor => place.authority(below),
            Seat::Below => place.intermediate(below),
        });
        let judged = match judged {
            Ok(()) => self.signed(child, issuer)?,
            wrong => wrong,
        };
        Ok(judged.map_err(|error| self.note(error)).is_ok())
    }
    /// The authorities in the path that are not self-issued, if there is room for one certificate more.
    fn room(&self, place: &Place<'_, 'a>) -> Result<u64, PathError> {
        let limits = &self.builder.limits;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let found = count(self.path.iter().skip(1).filter(|one| !one.is_self_issued()).count());
        let too_long =
            |allowed, found| PathError::Rule { which: place.which(), rule: PathRule::PathLength { allowed, found } };
        if found > limits.authorities {
            return Err(too_long(limits.authorities, found));
        }
        if count(self.path.len()) >= limits.path {
            return Err(too_long(limits.path, count(self.path.len()).saturating_add(1)));
        }
        Ok(found)
    }
    /// Checks a signature, each only once.
    fn signed(
        &mut self,
        child: &Certificate<'a>,
        issuer: &Certificate<'a>,
    ) -> Result<Result<(), PathError>, LimitExceeded> {
        let key = issuer.public_key().spki_der();
        let known = self.known.iter().find(|known| known.certificate == child.der() && known.key == key);
        let held = match known {
            Some(known) => known.held,
            None => {
                self.work.check(issuer.key())?;
                let held = check_signature(child, issuer, self.builder.provider);
                self.known.push(Known { certificate: child.der(), key, held });
                held
            }
        };
        let which = || Which::new(self.path.len().saturating_sub(1), child);
        Ok(held.map_err(|error| match error {
            VerifyError::BadSignature => PathError::Signature { which: which(), issuer: Which::text(issuer.subject()) },
            VerifyError::Unsupported => {
                PathError::Unsupported { which: which(), method: child.signature_method(), key: issuer.key() }
            }
        }))
    }
    /// Judges the path up to an anchor as a whole.
    fn judge(&mut self, root: Certificate<'a>, anchor: &'a Anchor) -> Result<Option<Found<'a>>, LimitExceeded> {
        let mut certificates = self.path.clone();
        certificates.push(root);
        let judged = validate::names(&certificates, &mut self.work.names)
            .and_then(|()| validate::policies(&certificates, self.builder.profile, &mut self.work.policies));
        match judged {
            Ok(policies) => Ok(Some(Found { certificates, anchor, policies })),
            Err(PathError::Limit(limit)) => Err(limit),
            Err(error) => {
                self.note(error);
                Ok(None)
            }
        }
    }
    /// Keeps the error that says most.
    fn note(&mut self, error: PathError) {
        if self.best.as_ref().is_none_or(|best| error.rank() > best.rank()) {
            self.best = Some(error);
        }
    }
    fn no_issuer(&self) -> PathError {
        // INVARIANT: the path begins with the leaf and never loses it.
        let (which, issuer) = match self.path.split_last() {
            Some((last, below)) => (Which::new(below.len(), last), Which::text(last.issuer())),
            None => (Which::last_of(&[]), plimsoll_core::Escaped::new("")),
        };
        PathError::NoIssuer { which, issuer, unreadable: self.bag.unreadable.clone() }
    }
}

/// What a check under a key costs, in checks under one of P-256. With `ring` and `p521` those of P-384 and P-521 take 2.2 and 2.0 ms where P-256 takes 53 µs and
/// RSA-4096 82 µs; that of RSA grows with the square of the size.
const fn cost(key: KeyKind) -> u64 {
    match key {
        KeyKind::Ed25519 | KeyKind::P256 | KeyKind::Rsa { bits: ..=4096, .. } => 1,
        KeyKind::Rsa { .. } | KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => 6,
        KeyKind::P384 | KeyKind::P521 | KeyKind::Other(_) => 25,
    }
}
