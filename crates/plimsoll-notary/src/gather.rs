//! Notary signatures as evidence: found, verified, and recorded as facts.

mod looked;

use crate::{
    SignatureFact, Suite, TrustContext, TrustStores, code,
    policy::{Level, TrustPolicy},
};
use alloc::{collections::BTreeSet, format, vec::Vec};
use looked::{Looked, NotRead, read};
use plimsoll_core::{Context, Fact, Facts, Failure, Gather, Missing, Referrer, Subject, VerifierId, Vouch, Voucher};

/// The name under which this crate asserts identities.
pub const VERIFIER: VerifierId = VerifierId("notary");

/// Finds the Notary signatures of a manifest and verifies each by the trust policy.
///
/// Referrers of type [`SIGNATURE_TYPE`](crate::SIGNATURE_TYPE) are taken in the order of the list, each digest once, at most 100 of them, as Notation
/// does. Every one becomes a row: signed, if it holds in every check; attached, with the failure, if it does not. One
/// that cannot be read or fetched does not stop the others.
///
/// An envelope that several manifests name is verified once, and its outcome is that of each. Every manifest that is read and every envelope that is
/// verified spends from the budget of the round by its size ([`Budget::spend_on`](plimsoll_core::Budget::spend_on)); what it does not suffice for is not
/// looked at, and the list is not whole.
///
/// # Security
/// Hiding a referrer takes rows away and adds none. A referrer that nobody authenticated adds an attached row, and nothing else.
#[derive(Clone, Debug)]
pub struct NotarySignatures {
    policy: TrustPolicy,
    stores: TrustStores,
    limits: GatherLimits,
    suites: &'static [Suite],
}

/// Limits on what one manifest's signatures may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GatherLimits {
    /// Signatures that are looked at. 100, as notation's `--max-signatures` (CVE-2023-33957).
    pub signatures: usize,
}

impl Default for GatherLimits {
    fn default() -> Self {
        Self { signatures: 100 }
    }
}

impl NotarySignatures {
    /// Verifies by this policy and these stores.
    #[must_use]
    pub fn new(policy: TrustPolicy, stores: TrustStores) -> Self {
        Self { policy, stores, limits: GatherLimits::default(), suites: &[Suite::Notary] }
    }
    /// Looks for signatures of the shape of the Notary Project that are signed by ML-DSA, too; see [`Suite`]. That is one more question for each
    /// manifest, and experimental.
    #[must_use]
    pub fn with_ml_dsa(mut self) -> Self {
        self.suites = &[Suite::Notary, Suite::MlDsa];
        self
    }
    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: GatherLimits) -> Self {
        self.limits = limits;
        self
    }
    /// The trust policy.
    #[must_use]
    pub fn policy(&self) -> &TrustPolicy {
        &self.policy
    }

    fn trust(&self, subject: &Subject) -> Result<TrustContext, Missing> {
        let statement = self.policy.applicable(subject.repository()).map_err(|error| Failure::of(&error))?;
        if statement.level() == Level::Skip {
            let message =
                format!("the trust policy statement `{}` skips the verification of signatures", statement.name());
            return Err(Failure::new(code::SIGNATURE_SKIPPED, message).into());
        }
        Ok(TrustContext::new(statement.clone(), &self.stores))
    }

    /// Every signature that is listed, with what came of it. Pending as long as anything that is needed is.
    fn look(&self, subject: &Subject, cx: &mut Context<'_>) -> Result<Looked, Missing> {
        let trust = self.trust(subject)?;
        let (mut listed, mut pending) = (Vec::new(), false);
        for suite in self.suites {
            match cx.referrers(subject.repository(), &subject.descriptor.digest, Some(suite.signature_type())) {
                Ok(list) => listed.extend_from_slice(list),
                Err(Missing::Pending) => pending = true,
                Err(missing) => return Err(missing),
            }
        }
        if pending {
            return Err(Missing::Pending);
        }
        let listed = candidates(&listed, self.suites);
        let taken = listed.iter().take(self.limits.signatures);
        // All are asked for before any is verified: a round with open questions is thrown away.
        let read: Vec<_> = taken
            .map(|referrer| (referrer.descriptor.digest, read(&referrer.descriptor, subject, self.suites, cx)))
            .collect();
        if read.iter().any(|(_, read)| matches!(read, Err(NotRead::Missing(Missing::Pending)))) {
            return Err(Missing::Pending);
        }
        let mut looked = Looked::default();
        if listed.len() > self.limits.signatures {
            let message = format!("looked at {} of {} listed signatures", self.limits.signatures, listed.len());
            looked.miss(code::SIGNATURES_EXHAUSTED, message.into());
        }
        let mut pending = false;
        for (manifest, read) in read {
            // What the others need is asked for in the same round.
            pending |= looked.add(manifest, read, subject, &trust, cx).is_err();
        }
        if pending { Err(Missing::Pending) } else { Ok(looked) }
    }
}

/// The list may hold other types, because a registry need not filter, and one digest twice.
fn candidates<'l>(listed: &'l [Referrer], suites: &[Suite]) -> Vec<&'l Referrer> {
    let mut seen = BTreeSet::new();
    let mut wanted = |referrer: &&Referrer| {
        let claimed = referrer.claimed_artifact_type.as_deref();
        let ours = |claimed: &str| suites.iter().any(|suite| suite.signature_type() == claimed);
        claimed.is_none_or(ours) && seen.insert(referrer.descriptor.digest)
    };
    listed.iter().filter(|referrer| wanted(referrer)).collect()
}

static KINDS: [&str; 1] = [SignatureFact::SCHEMA.kind];

impl Gather for NotarySignatures {
    fn id(&self) -> VerifierId {
        VERIFIER
    }
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) {
        let digest = subject.descriptor.digest;
        let completeness = match self.look(subject, cx) {
            Ok(looked) => looked.record(digest, facts),
            Err(missing) => looked::partial(missing),
        };
        facts.close(digest, SignatureFact::SCHEMA.kind, completeness);
    }
}

impl Vouch for NotarySignatures {
    fn vouch(&self, subject: &Subject, cx: &mut Context<'_>) -> Result<Vec<Voucher>, Missing> {
        let looked = self.look(subject, cx)?;
        looked.into_vouchers()
    }
}
