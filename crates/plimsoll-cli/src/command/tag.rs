//! `tag`.

use super::Scene;
use crate::{
    arguments::Tag,
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::Report,
};
use plimsoll::core::Retag as _;
use serde_json::json;

pub(crate) async fn run(words: Tag, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.reference, Purpose::Change, scene.global, scene.machine)?;
    let manifest = target.resolve().await?;
    for tag in &words.tags {
        target.place.retag(&manifest, tag).await.evidence(&target.text)?;
    }
    let tags: Vec<&str> = words.tags.iter().map(plimsoll::core::Tag::as_str).collect();
    let text = format!("tagged {} as {}", manifest.digest, tags.join(", "));
    Ok(Report::done(text, json!({ "digest": manifest.digest.to_string(), "tags": tags })))
}
