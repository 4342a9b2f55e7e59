//! What came of a verification.

use super::{Countersigner, VerificationError};
use crate::{
    Format, SigningScheme, VERIFIER,
    policy::{Action, Check, StoreName},
};
use alloc::{boxed::Box, collections::BTreeMap, format, string::String, sync::Arc, vec, vec::Vec};
use plimsoll_core::{
    Class, Classify, Digest, Failure, Horizon, Name, Outcome, TrustedTime, UnixTime, VerifiedIdentity,
};
use plimsoll_pki::{Anchor, ChainWarning, Validity, revocation::RevocationReport, timestamp::TimestampWarning};

/// How a check came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckOutcome {
    /// It did not hold.
    Failed(VerificationError),
    /// It held.
    Held,
    /// It was not reached, because integrity did not hold.
    NotReached,
    /// The trust policy skips it.
    Skipped,
}

/// One check with its outcome and what the trust policy makes of a failure.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// What a failure leads to.
    pub action: Action,
    /// How it came out.
    pub outcome: CheckOutcome,
}

impl CheckResult {
    pub(super) fn of(check: Check, action: Action, outcome: Result<(), VerificationError>) -> Self {
        let outcome = match (action, outcome) {
            (Action::Skip, _) => CheckOutcome::Skipped,
            (_, Ok(())) => CheckOutcome::Held,
            (_, Err(error)) => CheckOutcome::Failed(error),
        };
        Self { check, action, outcome }
    }
    /// The failure, if it is one.
    #[must_use]
    pub fn failure(&self) -> Option<&VerificationError> {
        if let CheckOutcome::Failed(error) = &self.outcome { Some(error) } else { None }
    }
}

/// A certificate of the chain that stands in a trust store.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FoundAnchor {
    /// SHA-256 of the certificate.
    pub digest: Digest,
    /// The store.
    pub store: StoreName,
}

/// What a signature whose bytes hold says. Whether its signer is anybody is another question.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SignatureClaims {
    /// The subject of the leaf, as RFC 4514 writes it. Foreign text.
    pub subject: Arc<str>,
    /// SHA-256 of the leaf.
    pub leaf: Digest,
    /// SHA-256 of the leaf's public key.
    pub spki: Digest,
    /// The trusted certificate that the chain meets; none if authenticity did not hold.
    pub anchor: Option<FoundAnchor>,
    /// The signing scheme.
    pub scheme: SigningScheme,
    /// The signing time: a claim of the signer's under [`SigningScheme::X509`].
    pub signing_time: UnixTime,
    /// The expiry.
    pub expiry: Option<UnixTime>,
    /// The signed user metadata.
    pub metadata: BTreeMap<String, String>,
    /// Who signed this signature along, each under a key of its own: verified, and no claims.
    pub countersigners: Vec<Countersigner>,
    /// What the specification lets pass, and people should know.
    pub warnings: Vec<SignatureWarning>,
}

/// A timestamp that holds: when the signature was made at the latest, and who says so.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SignatureTimestamp {
    /// The first second at which the timestamp can have been made.
    pub earliest: UnixTime,
    /// The last second at which it can have been made. The signature is not younger.
    pub latest: UnixTime,
    /// The subject of the authority's certificate, as RFC 4514 writes it. Foreign text.
    pub subject: Arc<str>,
    /// SHA-256 of the authority's certificate.
    pub authority: Digest,
    /// The trusted certificate that its chain meets.
    pub anchor: Option<FoundAnchor>,
    /// The policy of the authority, as an object identifier in dots.
    pub policy: Box<str>,
}

/// Something odd about a signature that does not make it fail.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureWarning {
    /// Something in its chain.
    #[error(transparent)]
    Chain(ChainWarning),
    /// A countersignature that does not count.
    #[error("countersignature {index}: {}", problem.message)]
    Countersignature {
        /// Its place, from 0.
        index: usize,
        /// Why not.
        problem: Failure,
    },
    /// The signing time that it claims lies outside the validity of the signing certificate.
    #[error("the claimed signing time {claimed} lies outside the validity of the signing certificate, {} to {}", validity.not_before, validity.not_after)]
    SigningTime {
        /// The claimed time.
        claimed: UnixTime,
        /// The validity of the certificate.
        validity: Validity,
    },
    /// Something in its timestamp.
    #[error(transparent)]
    Timestamp(TimestampWarning),
}

/// A signature that holds in every check that the trust policy does not skip. The only way to make one is
/// [`Verifier::verify`](super::Verifier::verify).
///
/// ```compile_fail
/// fn forge(claims: plimsoll_notary::SignatureClaims) -> plimsoll_notary::VerifiedSignature {
///     plimsoll_notary::VerifiedSignature { claims }
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedSignature {
    claims: SignatureClaims,
    anchor: FoundAnchor,
    time: TrustedTime,
    horizon: Horizon,
}

impl VerifiedSignature {
    /// The subject of the leaf, as RFC 4514 writes it. Foreign text, signed by the authority.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.claims.subject
    }
    /// What it says, all of it signed.
    #[must_use]
    pub fn claims(&self) -> &SignatureClaims {
        &self.claims
    }
    /// The trusted certificate.
    #[must_use]
    pub fn anchor(&self) -> &FoundAnchor {
        &self.anchor
    }
    /// The time at which it held.
    #[must_use]
    pub fn time(&self) -> &TrustedTime {
        &self.time
    }
    /// The span in which the verification would come out the same.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }
    /// The identity of the signer, asserted as `notary`.
    #[must_use]
    pub fn identity(&self) -> VerifiedIdentity {
        let name = Name::X509 {
            subject: Arc::clone(&self.claims.subject),
            leaf: self.claims.leaf,
            spki: self.claims.spki,
            anchor: self.anchor.digest,
            store: Arc::clone(self.anchor.store.as_str()),
        };
        VerifiedIdentity::assertion(VERIFIER, name, vec![self.time.clone()])
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    Claimed(SignatureClaims),
    Unread,
    Verified(VerifiedSignature),
}

impl Standing {
    pub(super) fn of(checks: &[CheckResult; 5], claims: SignatureClaims, time: TrustedTime, horizon: Horizon) -> Self {
        let holds = |result: &CheckResult| match result.outcome {
            CheckOutcome::Held => true,
            // Revocation is the one check that a policy can skip.
            CheckOutcome::Skipped => result.check == Check::Revocation,
            CheckOutcome::Failed(_) | CheckOutcome::NotReached => false,
        };
        match claims.anchor.clone() {
            Some(anchor) if checks.iter().all(holds) => {
                Self::Verified(VerifiedSignature { claims, anchor, time, horizon })
            }
            _ => Self::Claimed(claims),
        }
    }
}

/// What came of the verification of one signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    format: Option<Format>,
    checks: [CheckResult; 5],
    standing: Standing,
    horizon: Horizon,
    timestamp: Option<Box<SignatureTimestamp>>,
    revocation: Option<Box<RevocationReport>>,
}

impl Verification {
    pub(super) fn new(format: Option<Format>, checks: [CheckResult; 5], standing: Standing, horizon: Horizon) -> Self {
        Self { format, checks, standing, horizon, timestamp: None, revocation: None }
    }
    pub(super) fn with(
        mut self,
        timestamp: Option<SignatureTimestamp>,
        revocation: Option<Box<RevocationReport>>,
    ) -> Self {
        self.timestamp = timestamp.map(Box::new);
        self.revocation = revocation;
        self
    }
    pub(super) fn skipped() -> Self {
        let checks =
            Check::ALL.map(|check| CheckResult { check, action: Action::Skip, outcome: CheckOutcome::Skipped });
        Self::new(None, checks, Standing::Unread, Horizon::ALWAYS)
    }
    pub(super) fn broken(format: Option<Format>, error: VerificationError, action: impl Fn(Check) -> Action) -> Self {
        let mut error = Some(error);
        let checks = Check::ALL.map(|check| {
            let outcome = error.take().map_or(CheckOutcome::NotReached, CheckOutcome::Failed);
            CheckResult { check, action: action(check), outcome }
        });
        Self::new(format, checks, Standing::Unread, Horizon::ALWAYS)
    }
    /// The format, where the media type is that of one.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.format
    }
    /// The five checks, in order.
    #[must_use]
    pub fn checks(&self) -> &[CheckResult; 5] {
        &self.checks
    }
    /// The signature as one that holds: every check was run or skipped by the policy, and none failed, not even one that is
    /// only logged.
    #[must_use]
    pub fn verified(&self) -> Option<&VerifiedSignature> {
        if let Standing::Verified(signature) = &self.standing { Some(signature) } else { None }
    }
    /// What the signature says, if its bytes hold.
    #[must_use]
    pub fn claims(&self) -> Option<&SignatureClaims> {
        match &self.standing {
            Standing::Claimed(claims) => Some(claims),
            Standing::Unread => None,
            Standing::Verified(signature) => Some(&signature.claims),
        }
    }
    /// The timestamp, if it was looked at and holds. What a signature claims about its time is in [`Verification::claims`].
    #[must_use]
    pub fn timestamp(&self) -> Option<&SignatureTimestamp> {
        self.timestamp.as_deref()
    }
    /// What was found out about the revocation of each certificate, where there was anything to find out natively.
    #[must_use]
    pub fn revocation(&self) -> Option<&RevocationReport> {
        self.revocation.as_deref()
    }
    /// Whether the trust policy lets the signature pass: no enforced check failed. A signature that passes with a failure
    /// that was only logged is not [verified](Self::verified).
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        let refused = |result: &CheckResult| result.failure().is_some() && result.action == Action::Enforce;
        !self.checks.iter().any(refused)
    }
    /// The failure that says most: one that is certain goes before one that could not be found out, an earlier check before a
    /// later one.
    #[must_use]
    pub fn failure(&self) -> Option<&CheckResult> {
        let failed = || self.checks.iter().filter(|result| result.failure().is_some());
        let certain = |result: &&CheckResult| result.failure().is_some_and(|error| error.class() != Class::Unavailable);
        failed().find(certain).or_else(|| failed().next())
    }
    /// The outcome as a row of the facts has it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.failure().and_then(|result| Some((result, result.failure()?))) {
            Some((result, error)) => Outcome::Failed(error.code(), format!("{}: {error}", result.check).into()),
            None => Outcome::Held,
        }
    }
    /// The span in which the verification would come out the same.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }
}

pub(super) fn found(anchor: &Anchor) -> FoundAnchor {
    FoundAnchor { digest: anchor.digest(), store: anchor.store().clone() }
}
