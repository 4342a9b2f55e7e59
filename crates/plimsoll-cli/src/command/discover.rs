//! `discover`: what refers to an image, and what refers to that.

use super::Scene;
use crate::{
    arguments::Discover,
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::Report,
};
use plimsoll::core::{Descriptor, Digest, Escaped, Referrer, Referrers as _};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write as _};

/// Deepest chain of evidence about evidence.
const DEPTH: usize = 8;
/// Most referrers in all.
const LISTED: usize = 1000;

pub(crate) async fn run(words: Discover, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.reference, Purpose::Read, scene.global, scene.machine)?;
    let root = target.resolve().await?;
    let tree = walk(&target, &root, words.artifact_type.as_deref()).await?;
    let mut text = format!("{} {}\n", target.text, root.digest);
    let referrers = children(&tree, root.digest, 1, &mut text);
    if referrers.is_empty() {
        text.push_str("  nothing refers to it\n");
    }
    let json = json!({
        "reference": target.at(&root.digest),
        "mediaType": &*root.media_type,
        "digest": root.digest.to_string(),
        "size": root.size,
        "referrers": referrers,
    });
    Ok(Report::done(text, json))
}

/// Each referrer with the digest that it refers to, breadth first; one that was seen is not followed again.
async fn walk(target: &Target, root: &Descriptor, kind: Option<&str>) -> Result<Vec<(Digest, Referrer)>, Failure> {
    let mut found: Vec<(Digest, Referrer)> = Vec::new();
    let mut seen = BTreeSet::from([root.digest]);
    let mut level = vec![root.digest];
    for depth in 0..DEPTH {
        let mut next = Vec::new();
        for subject in level {
            let only = if depth == 0 { kind } else { None };
            for referrer in target.place.referrers(&subject, only).await.evidence(&target.text)? {
                if found.len() >= LISTED {
                    return Err(Failure::no(
                        plimsoll::core::code::LIMIT_EXCEEDED,
                        format!("{}: more than {LISTED} referrers", target.text),
                    ));
                }
                if seen.insert(referrer.descriptor.digest) {
                    next.push(referrer.descriptor.digest);
                    found.push((subject, referrer));
                }
            }
        }
        level = next;
        if level.is_empty() {
            break;
        }
    }
    Ok(found)
}

fn children(tree: &[(Digest, Referrer)], subject: Digest, depth: usize, text: &mut String) -> Vec<Value> {
    let mut listed = Vec::new();
    for (_, one) in tree.iter().filter(|(of, _)| *of == subject) {
        let kind = one.claimed_artifact_type.as_deref().unwrap_or("no artifact type");
        let _ = writeln!(text, "{}{} {}", "  ".repeat(depth), Escaped::new(kind), one.descriptor.digest);
        for (key, value) in &one.claimed_annotations {
            let _ = writeln!(text, "{}  claimed {}={}", "  ".repeat(depth), Escaped::new(key), Escaped::new(value));
        }
        let below = children(tree, one.descriptor.digest, depth.saturating_add(1), text);
        listed.push(json!({
            "digest": one.descriptor.digest.to_string(),
            "mediaType": &*one.descriptor.media_type,
            "size": one.descriptor.size,
            "artifactType": one.claimed_artifact_type.as_deref(),
            "annotations": one.claimed_annotations,
            "referrers": below,
        }));
    }
    listed
}
