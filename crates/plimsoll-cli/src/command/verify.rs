//! `verify`: is there a signature that the trust policy accepts?

#![allow(clippy::indexing_slicing, reason = "a member of a JSON object that is made here")]

use super::Scene;
use crate::{
    arguments::{Output, Verify},
    exit::Exit,
    failure::{Blame as _, Failure},
    many::{self, Came, Earlier, Work},
    place::{Purpose, Target},
    report::{Report, warn},
    show,
    signatures::{Accepts, Detail, Signature, Signatures},
    trust::Trust,
};
use plimsoll::{core::UnixTime, notary::policy::Level};
use serde_json::{Value, json};

pub(crate) async fn run(words: Verify, scene: &Scene<'_>) -> Result<Report, Failure> {
    let trust = Trust::of_machine(scene)?;
    let config = words.plugin_config.iter().cloned().collect();
    let signatures = Signatures::new(trust, &config).at_most(words.max_signatures);
    let settings = || settings(&words, signatures.trust(), scene);
    let work = Work { command: "verify", settings: &settings, output: scene.global.report };
    let one = |reference, earlier| verify(reference, earlier, &words, &signatures, scene);
    many::run(&words.references, work, one).await
}

async fn verify(
    reference: String,
    earlier: Earlier,
    words: &Verify,
    signatures: &Signatures,
    scene: &Scene<'_>,
) -> Result<Came, Failure> {
    let target = Target::open(&reference, Purpose::Read, scene.global, scene.machine)?.scoped()?;
    let at = words.at.unwrap_or_else(|| scene.machine.clock());
    if let Some(line) = earlier.found(&target).await?.filter(|line| holds(line, [at, scene.machine.clock()])) {
        return Ok(Came::Before(line));
    }
    let policy = signatures.trust().policy();
    let statement = policy.applicable(target.reference.repository()).given("")?;
    if statement.level() == Level::Skip {
        return skipped(&target, statement.name()).await;
    }
    let accepts = Accepts { metadata: words.metadata.iter().cloned().collect(), policy: policy.digest() };
    let detail = if scene.global.report == Output::Text { Detail::Verdict } else { Detail::Each };
    let looked = signatures.judge(&target, &accepts, at, detail, scene).await?;
    let judged = &looked.judged;
    let marks = marks(words.at, at);
    let facts = judged.facts.as_ref();
    let mut text = show::verdict_text(&judged.verdict, facts, &target.text, &marks);
    let verified = if judged.verdict.is_admitted() { "verified" } else { "not verified" };
    if let Some((_, rest)) = text.split_once('\n') {
        text = format!("{verified} {}\n{rest}", plimsoll::core::Escaped::whole(&target.text));
    }
    let mut json = Value::Null;
    // Nobody else reads it.
    if scene.global.report != Output::Text || words.references.resume.is_some() {
        json = show::verdict_json(&judged.verdict, facts, &target.text, &marks);
        json["verified"] = json!(judged.verdict.is_admitted());
        json["signatures"] = looked.signatures.iter().map(Signature::to_json).collect();
    }
    let report = Report::done(text, json).ending(Exit::of_decision(judged.verdict.decision));
    Ok(Came::Now(report, judged.verdict.subject))
}

/// All that decides whether a reference is verified, but the content that it means and the time: a journal's line counts for that
/// content alone, and within its horizon.
fn settings(words: &Verify, trust: &Trust, scene: &Scene<'_>) -> String {
    let (scope, trust) = (&scene.global.scope, trust.identity());
    format!("{:?} {:?} {:?} {} {scope:?} {trust}", words.metadata, words.at, words.plugin_config, words.max_signatures)
}

/// Whether a verdict of an earlier run holds at all of these times. One that does not say for how long holds no longer.
fn holds(line: &Value, times: [UnixTime; 2]) -> bool {
    let time = |name: &str| line["holds"][name].as_str()?.parse::<UnixTime>().ok();
    let (Some(from), Some(until)) = (time("from"), time("until")) else { return false };
    times.into_iter().all(|time| from <= time && time < until)
}

/// A verdict at a given time is marked.
pub(crate) fn marks(given: Option<UnixTime>, at: UnixTime) -> Vec<String> {
    given.map(|_| format!("judged as of {at}, a time that was given")).into_iter().collect()
}

/// What is absent fails even where nothing is verified, as in Notation.
async fn skipped(target: &Target, statement: &str) -> Result<Came, Failure> {
    let found = target.resolve().await?;
    warn(format!("the trust policy statement `{statement}` skips the verification of signatures"));
    let text = format!("skipped {}\n  digest   {}", target.text, found.digest);
    let json = json!({ "reference": target.text, "subject": found.digest.to_string(), "skipped": true });
    Ok(Came::Now(Report::done(text, json), Some(found.digest)))
}
