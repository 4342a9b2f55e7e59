//! `check`: judge an image by rules, live or from a recording.

use super::Scene;
use crate::{
    arguments::Check,
    codes,
    exit::Exit,
    failure::{Blame as _, Failure, OfFile as _},
    judge::{Inputs, Rules},
    outside::Sources,
    place::{Purpose, Target},
    report::Report,
    show,
    trust::Trust,
};
use plimsoll::{
    core::Bytes,
    host::file::{Links, read_file},
    oci::Platform,
    provenance::InventoryFact,
    verify::{Input, Judged, Recording},
};
use std::path::{Component, Path};

pub(crate) async fn run(words: Check, scene: &Scene<'_>) -> Result<Report, Failure> {
    match (&words.replay, &words.reference) {
        (Some(dir), _) => replay(dir, &words, scene).await,
        (None, Some(reference)) => live(reference, &words, scene).await,
        (None, None) => Err(Failure::given("expected a reference, or --replay")),
    }
}

async fn live(reference: &str, words: &Check, scene: &Scene<'_>) -> Result<Report, Failure> {
    let path = words.policy.as_deref().ok_or_else(|| Failure::given("expected --policy FILE"))?;
    let rules = Rules::read(policy_input(path)?)?;
    let target = Target::open(reference, Purpose::Read, scene.global, scene.machine)?.scoped()?;
    let trust = rules.trust_of_machine(scene)?;
    let platforms: Vec<Platform> =
        words.platforms.iter().map(|text| text.parse()).collect::<Result<_, _>>().given("")?;
    let inputs = Inputs::new(rules, trust, platforms);
    let at = words.at.unwrap_or(scene.machine.now());
    let sources = Sources::open(&target, inputs.trust(), scene)?;
    let (judged, recording) = inputs.judge(&target.reference, at, sources.answers()).await?;
    sources.heed();
    let mut marks = super::verify::marks(words.at, at);
    if let Some(dir) = &words.save {
        save(dir, &recording)?;
        marks.push(format!("recorded in {}", dir.display()));
    }
    Ok(report(&judged, reference, &marks))
}

async fn replay(dir: &Path, words: &Check, scene: &Scene<'_>) -> Result<Report, Failure> {
    let recording = load(dir)?;
    let rules = match words.policy.as_deref() {
        Some(path) => Rules::read(policy_input(path)?)?,
        None => Rules::of_recording(&recording)?,
    };
    // The caller's trust, where the caller names it. What lies about on this machine is not meant by itself.
    let trust = match &scene.global.config {
        Some(_) => rules.trust_of_machine(scene)?,
        None => Trust::of_inputs(&recording.inputs)?,
    };
    let mut marks =
        vec![format!("replayed from {}, recorded at {} by {}", dir.display(), recording.at, recording.made_by)];
    marks.push(format!(
        "judged by {} and {}",
        if words.policy.is_some() { "the rules given" } else { "the recording's own rules" },
        if scene.global.config.is_some() { "the trust given" } else { "the recording's own trust" }
    ));
    let at = words.at.unwrap_or(recording.at);
    marks.extend(super::verify::marks(words.at, at));
    let inputs = Inputs::of_recording(&recording, rules, trust)?;
    // Whoever kept the recording says for whom it was made: the rest of an index is not looked at.
    marks.extend(inputs.platforms().map(|names| format!("judged only for the recording's own platforms: {names}")));
    let (judged, _) = inputs.judge(&recording.reference, at, &recording).await?;
    Ok(report(&judged, &recording.reference.to_string(), &marks))
}

fn report(judged: &Judged, reference: &str, marks: &[String]) -> Report {
    let facts = judged.facts.as_ref();
    let mut marks = marks.to_vec();
    // An inventory that is bound to this digest can still describe another image.
    if facts.is_some_and(|facts| facts.of::<InventoryFact>().next().is_some()) {
        marks.push("what an inventory lists is its signer's word: it was not compared with the image's layers".into());
    }
    let text = show::verdict_text(&judged.verdict, facts, reference, &marks);
    let json = show::verdict_json(&judged.verdict, facts, reference, &marks);
    Report::done(text, json).ending(Exit::of_decision(judged.verdict.decision))
}

fn policy_input(path: &Path) -> Result<Input, Failure> {
    let bytes = crate::given::read(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Input::new(name, bytes))
}

/// Writes a recording into a directory that is new or empty.
fn save(dir: &Path, recording: &Recording) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).of_file(dir)?;
    if std::fs::read_dir(dir).of_file(dir)?.next().is_some() {
        return Err(Failure::given(format!("{}: expected a new or empty directory", dir.display())));
    }
    // The document comes last: without it the directory is no recording.
    for (name, bytes) in recording.to_files().iter().rev() {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).of_file(folder)?;
        }
        std::fs::write(&path, bytes).of_file(&path)?;
    }
    Ok(())
}

fn load(dir: &Path) -> Result<Recording, Failure> {
    std::fs::read_dir(dir).of_file(dir)?;
    let file = |name: &str| {
        // The names come out of the recording, which may be somebody else's: only regular files below its directory are read.
        let mut path = dir.to_path_buf();
        for part in Path::new(name).components() {
            let Component::Normal(part) = part else { return None };
            path.push(part);
            if path.symlink_metadata().ok()?.is_symlink() {
                return None;
            }
        }
        read_file(&path, Links::Refuse, LARGEST).ok().map(|contents| Bytes::from(contents.bytes))
    };
    Recording::from_files(file, codes::KNOWN).evidence(dir.display())
}

/// Most bytes of a file of a recording: twice what an answer may have.
const LARGEST: u64 = 64 << 20;
