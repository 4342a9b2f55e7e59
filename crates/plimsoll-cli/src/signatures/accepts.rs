//! What an image must have to be verified.

use plimsoll::{
    core::{Completeness, Digest, Evaluate, Fact as _, Facts, Horizon, Outcome, Reads, Reason, Row, Verdict},
    notary::{SignatureFact, code},
};
use std::{collections::BTreeMap, sync::Arc};

/// At least one signature that the trust policy lets pass, with this metadata.
pub(crate) struct Accepts {
    /// The metadata.
    pub(crate) metadata: BTreeMap<String, String>,
    /// The digest of the trust policy.
    pub(crate) policy: Digest,
}

impl Accepts {
    fn has_metadata(&self, fact: &SignatureFact) -> bool {
        let signed = fact.claims().map(|claims| &claims.metadata);
        self.metadata.iter().all(|(key, value)| signed.and_then(|signed| signed.get(key)) == Some(value))
    }
    fn reasons(&self, facts: &Facts, digest: Digest) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for (row, fact) in facts.of::<SignatureFact>() {
            let reason =
                |code, message: Arc<str>| Reason::new(code, "notary", digest, message).on(row.evidence.clone());
            match &row.outcome {
                Outcome::Failed(code, message) => reasons.push(reason(*code, Arc::clone(message))),
                Outcome::Held if !self.has_metadata(fact) => {
                    let message =
                        format!("the signature {} does not hold the metadata that was demanded", fact.manifest());
                    reasons.push(reason(code::SIGNED_METADATA_MISMATCH, message.into()));
                }
                Outcome::Held => {}
            }
        }
        reasons
    }
}

impl Evaluate for Accepts {
    fn digest(&self) -> Digest {
        self.policy
    }
    fn reads(&self) -> Reads {
        Reads::kinds([SignatureFact::SCHEMA.kind])
    }
    fn evaluate(&self, facts: &Facts) -> Verdict {
        let Some(subject) = facts.targets().first() else {
            return Verdict::of(None, self.policy, Vec::new(), Vec::new(), Horizon::ALWAYS);
        };
        let digest = subject.descriptor.digest;
        let passes = |(_, fact): &(&Row, &SignatureFact)| fact.is_accepted() && self.has_metadata(fact);
        if let Some((row, fact)) = facts.of::<SignatureFact>().find(passes) {
            let logged = fact.checks().iter().filter_map(|check| check.failure.as_ref()).map(|(code, message)| {
                Reason::new(*code, "notary", digest, Arc::clone(message)).on(row.evidence.clone())
            });
            return Verdict::of(digest, self.policy, Vec::new(), logged.collect(), row.horizon);
        }
        let mut reasons = self.reasons(facts, digest);
        match facts.about(subject).completeness(SignatureFact::SCHEMA.kind) {
            Completeness::Partial(code, message) => reasons.push(Reason::new(code, "notary", digest, message)),
            Completeness::Complete if reasons.is_empty() => {
                let message = "no signature refers to it: make sure that it was signed";
                reasons.push(Reason::new(plimsoll::policy::code::NO_SIGNATURE, "notary", digest, message));
            }
            Completeness::Complete => {}
        }
        Verdict::of(digest, self.policy, reasons, Vec::new(), Horizon::ALWAYS)
    }
}
