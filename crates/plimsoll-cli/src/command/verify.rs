//! `verify`: is there a signature that the trust policy accepts?

#![allow(clippy::indexing_slicing, reason = "a member of a JSON object that is made here")]

use super::Scene;
use crate::{
    arguments::Verify,
    exit::Exit,
    failure::Failure,
    many::{self, Work},
    outside::Sources,
    place::{Purpose, Target},
    report::{Report, warn},
    show,
    trust::Trust,
};
use plimsoll::{
    core::{
        Completeness, Digest, Evaluate, Fact as _, Facts, Gather, Horizon, Outcome, Reads, Reason, Row, UnixTime,
        Verdict,
    },
    crypto::provider,
    notary::{NotarySignatures, SignatureFact, code, policy::Level},
    verify::{Memo, Session, Setup, drive},
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

pub(crate) async fn run(words: Verify, scene: &Scene<'_>) -> Result<Report, Failure> {
    let trust = Trust::of_machine(scene, &[])?;
    let notary = trust.notary(provider());
    // For a thousand images of one signer, the chain is verified once.
    let memo = Memo::new(SHARED_PROOFS);
    let settings = settings(&words, &trust);
    let work = Work { command: "verify", settings: &settings, output: scene.global.report };
    many::run(&words.references, work, |reference| verify(reference, &words, &trust, &notary, &memo, scene)).await
}

async fn verify(
    reference: String,
    words: &Verify,
    trust: &Trust,
    notary: &NotarySignatures,
    memo: &Memo,
    scene: &Scene<'_>,
) -> Result<Report, Failure> {
    let target = Target::open(&reference, Purpose::Read, scene.global, scene.machine)?.scoped()?;
    let policy = trust.policy();
    let statement = crate::failure::Blame::given(policy.applicable(target.reference.repository()), "")?;
    if statement.level() == Level::Skip {
        return skipped(&target, statement.name()).await;
    }
    let gather: [&dyn Gather; 1] = [notary];
    let accepts = Accepts { metadata: words.metadata.iter().cloned().collect(), policy: policy.digest() };
    let at = words.at.unwrap_or_else(|| scene.machine.clock());
    let setup = Setup::new(&accepts, provider(), at).gathering(&gather).remembering(memo);
    let mut session = Session::new(setup, target.reference.clone());
    let sources = Sources::open(&target, trust, scene)?;
    let judged = drive(&mut session, sources.answers()).await;
    sources.heed();
    let marks = marks(words.at, at);
    let facts = judged.facts.as_ref();
    let mut text = show::verdict_text(&judged.verdict, facts, &target.text, &marks);
    let verified = if judged.verdict.is_admitted() { "verified" } else { "not verified" };
    if let Some((_, rest)) = text.split_once('\n') {
        text = format!("{verified} {}\n{rest}", plimsoll::core::Escaped::whole(&target.text));
    }
    let mut json = show::verdict_json(&judged.verdict, facts, &target.text, &marks);
    json["verified"] = json!(judged.verdict.is_admitted());
    Ok(Report::done(text, json).ending(Exit::of_decision(judged.verdict.decision)))
}

/// All that decides whether a reference is verified, but the time: what was verified stays so in a journal.
fn settings(words: &Verify, trust: &Trust) -> String {
    let inputs = trust.to_inputs();
    let trust: Vec<_> = inputs.iter().map(|input| (&input.name, Digest::sha256_of(&input.bytes))).collect();
    format!("{:?} {:?} {trust:?}", words.metadata, words.at)
}

/// A verdict at a given time is marked.
pub(crate) fn marks(given: Option<UnixTime>, at: UnixTime) -> Vec<String> {
    given.map(|_| format!("judged as of {at}, a time that was given")).into_iter().collect()
}

/// What is absent fails even where nothing is verified, as in Notation.
async fn skipped(target: &Target, statement: &str) -> Result<Report, Failure> {
    let found = target.resolve().await?;
    warn(format!("the trust policy statement `{statement}` skips the verification of signatures"));
    let text = format!("skipped {}\n  digest   {}", target.text, found.digest);
    Ok(Report::done(text, json!({ "reference": target.text, "subject": found.digest.to_string(), "skipped": true })))
}

/// At least one signature that the trust policy lets pass, with this metadata.
struct Accepts {
    metadata: BTreeMap<String, String>,
    policy: Digest,
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

/// Proofs that the images of one call share: of a few hundred signers with their chains.
const SHARED_PROOFS: usize = 4096;
