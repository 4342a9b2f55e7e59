//! `copy` and `pull`.

use super::Scene;
use crate::{
    arguments::{Copy, Pull},
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::Report,
    show::short,
};
use plimsoll::{
    core::Pointer,
    store::{CopyOptions, CopyReport, LayoutReference, copy, copy_with_referrers},
};
use serde_json::json;

pub(crate) async fn run(words: Copy, scene: &Scene<'_>) -> Result<Report, Failure> {
    let source = Target::open(&words.source, Purpose::Read, scene.global, scene.machine)?;
    let target = Target::open(&words.target, Purpose::Write, scene.global, scene.machine)?;
    source.beside(&target, scene.global, scene.machine)?;
    let done = between(&source, &target, !words.without_referrers).await?;
    Ok(report("copied", &source, &target, &done))
}

pub(crate) async fn pull(words: Pull, scene: &Scene<'_>) -> Result<Report, Failure> {
    let source = Target::open(&words.source, Purpose::Read, scene.global, scene.machine)?;
    // What is pulled by digest gets no tag, least of all one that names another image there.
    let named = LayoutReference::new(words.to, Some(source.pointer.clone()));
    let target = Target::open_layout(named, Purpose::Write, scene.global)?;
    let done = between(&source, &target, !words.without_referrers).await?;
    Ok(report("pulled", &source, &target, &done))
}

/// Copies by digest: the source is resolved once.
pub(crate) async fn between(source: &Target, target: &Target, referrers: bool) -> Result<CopyReport, Failure> {
    let root = source.resolve().await?;
    let by_digest = Pointer::Digest(root.digest);
    // Copied by digest to a digest: nothing to tag.
    let tag = match &target.pointer {
        Pointer::Tag(tag) => Some(tag),
        Pointer::Digest(digest) if *digest == root.digest => None,
        Pointer::Digest(digest) => {
            return Err(Failure::given(format!("{}: expected {}, found {digest}", target.text, root.digest)));
        }
    };
    let options = CopyOptions::default();
    let done = if referrers {
        copy_with_referrers(&source.place, &by_digest, &*target.place, tag, &options).await
    } else {
        copy(&source.place, &by_digest, &*target.place, tag, &options).await
    };
    done.evidence(format!("{} to {}", source.text, target.text))
}

fn report(verb: &str, source: &Target, target: &Target, done: &CopyReport) -> Report {
    let text = format!(
        "{verb} {} to {}\n  digest {}\n  {} manifests, {} blobs",
        source.text,
        target.text,
        done.root.digest,
        done.manifests.len(),
        done.blobs.len()
    );
    let list = |descriptors: &[plimsoll::core::Descriptor]| {
        descriptors.iter().map(|one| one.digest.to_string()).collect::<Vec<_>>()
    };
    let json = json!({
        "source": source.text,
        "target": target.at(&done.root.digest),
        "digest": done.root.digest.to_string(),
        "short": short(&done.root.digest),
        "manifests": list(&done.manifests),
        "blobs": list(&done.blobs),
    });
    Report::done(text, json)
}
