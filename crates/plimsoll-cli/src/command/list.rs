//! `list`: the signatures of an image, by digest. Nothing of them is read.

use super::{
    Scene,
    inspect::{Listed, listed},
};
use crate::{
    arguments::Inspect,
    failure::Failure,
    place::{Purpose, Target},
    report::Report,
};
use serde_json::json;
use std::fmt::Write as _;

pub(crate) async fn run(words: Inspect, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.reference, Purpose::Read, scene.global, scene.machine)?;
    let subject = target.resolve().await?;
    let Listed { shown, more } = listed(&target, &subject.digest, words.max_signatures).await?;
    let digests: Vec<_> = shown.iter().map(|signature| signature.descriptor.digest.to_string()).collect();
    let mut text = format!("{} {}\n", target.text, subject.digest);
    for digest in &digests {
        let _ = writeln!(text, "  {digest}");
    }
    if more > 0 {
        let _ = writeln!(text, "  {more} more are not shown");
    }
    if digests.is_empty() {
        text.push_str("  no signature\n");
    }
    let json = json!({
        "reference": target.at(&subject.digest),
        "digest": subject.digest.to_string(),
        "signatures": digests,
        "notShown": more,
    });
    Ok(Report::done(text, json))
}
