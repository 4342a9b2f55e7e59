//! `inspect`: what the signatures of an image say. Nothing is judged.

use super::Scene;
use crate::{
    arguments::Inspect,
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::Report,
};
use plimsoll::{
    core::{Classify as _, Descriptor, Digest, Escaped, Referrer, Referrers as _},
    crypto::provider,
    notary::{Inspection, SIGNATURE_TYPE, SignatureManifest, inspect},
};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Bytes of a manifest and of an envelope: as notation-go.
const MANIFEST: u64 = 4 << 20;
const ENVELOPE: u64 = 32 << 20;

pub(crate) async fn run(words: Inspect, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.reference, Purpose::Read, scene.global, scene.machine)?;
    let subject = target.resolve().await?;
    let Listed { shown, more } = listed(&target, &subject.digest, words.max_signatures).await?;
    let mut text = format!("{} {}\n", target.text, subject.digest);
    let mut signatures = Vec::new();
    for referrer in &shown {
        let shown = match one(&target, &referrer.descriptor, &subject.digest).await {
            Ok(shown) => shown,
            // One that cannot be read does not hide the others.
            Err(failure) => json!({
                "digest": referrer.descriptor.digest.to_string(),
                "error": { "code": failure.code.map(plimsoll::core::Code::name), "message": failure.message },
            }),
        };
        lines(&shown, 1, &mut text);
        signatures.push(shown);
    }
    if more > 0 {
        let _ = writeln!(text, "  {more} more are not shown");
    }
    if signatures.is_empty() {
        text.push_str("  no signature\n");
    }
    let json = json!({
        "reference": target.at(&subject.digest),
        "digest": subject.digest.to_string(),
        "signatures": signatures,
        "notShown": more,
    });
    Ok(Report::done(text, json))
}

/// The signatures that a place lists.
pub(crate) struct Listed {
    pub(crate) shown: Vec<Referrer>,
    /// How many there are beside.
    pub(crate) more: usize,
}

/// The signatures of an image, at most so many of them.
pub(crate) async fn listed(target: &Target, subject: &Digest, most: u16) -> Result<Listed, Failure> {
    let mut shown = target.place.referrers(subject, Some(SIGNATURE_TYPE)).await.evidence(&target.text)?;
    let more = shown.len().saturating_sub(most.into());
    shown.truncate(most.into());
    Ok(Listed { shown, more })
}

async fn one(target: &Target, manifest: &Descriptor, subject: &Digest) -> Result<Value, Failure> {
    let manifest = target.read(manifest, MANIFEST).await?;
    let digest = manifest.descriptor().digest;
    let signature = SignatureManifest::read(&manifest, subject).evidence("")?;
    let blob = target.read(&signature.envelope, ENVELOPE).await?;
    let media_type = &blob.descriptor().media_type;
    let inspection = inspect(blob.bytes(), media_type, provider()).evidence("")?;
    Ok(describe(&digest, media_type, &inspection))
}

/// A signature on its own, as indented lines and as JSON.
pub(crate) fn alone(bytes: &[u8], media_type: &str, name: &str) -> Result<Report, Failure> {
    let inspection = inspect(bytes, media_type, provider()).evidence(name)?;
    let json = describe(&Digest::sha256_of(bytes), media_type, &inspection);
    let mut text = format!("{}\n", Escaped::new(name));
    lines(&json, 1, &mut text);
    Ok(Report::done(text, json))
}

/// What the envelope says. Whose certificate it is, `verify` says.
fn describe(digest: &Digest, media_type: &str, found: &Inspection) -> Value {
    let integrity = match &found.integrity {
        Ok(()) => json!("held"),
        Err(error) => json!({ "code": error.code().name(), "message": error.to_string() }),
    };
    let certificates = found.certificates.iter().map(|certificate| {
        json!({
            "sha256": certificate.digest.encoded(),
            "issuedTo": certificate.subject.as_str(),
            "issuedBy": certificate.issuer.as_str(),
            "serial": &*certificate.serial,
            "key": &*certificate.key,
            "notBefore": certificate.not_before.to_string(),
            "notAfter": certificate.not_after.to_string(),
        })
    });
    let attributes = found.attributes.as_ref().map(|attributes| {
        let extended = attributes.extended.iter().map(
            |(name, value, critical)| json!({ "name": name.as_str(), "value": value.as_str(), "critical": critical }),
        );
        json!({
            "signingScheme": attributes.scheme.as_str(),
            "signingTime": attributes.signing_time.to_string(),
            "expiry": attributes.expiry.map(|time| time.to_string()),
            "plugin": attributes.plugin.as_ref().map(Escaped::as_str),
            "extended": extended.collect::<Vec<_>>(),
        })
    });
    let artifact = found.artifact.as_ref().map(|artifact| {
        json!({
            "mediaType": artifact.media_type.as_str(),
            "digest": artifact.digest.to_string(),
            "size": artifact.size,
        })
    });
    // Anybody may have put it there: `verify` says whether it holds.
    let timestamp = found.claimed_timestamp.as_ref().map(|timestamp| {
        json!({
            "earliest": timestamp.earliest.to_string(),
            "latest": timestamp.latest.to_string(),
            "policy": &*timestamp.policy,
            "serial": &*timestamp.serial,
            "imprintHash": &*timestamp.imprint_hash,
            "isOfSignature": timestamp.is_of_signature,
        })
    });
    json!({
        "digest": digest.to_string(),
        "mediaType": media_type,
        "integrity": integrity,
        "signedArtifact": artifact,
        "signedMetadata": found.metadata,
        "claimedSignatureAlgorithm": found.claimed_algorithm.as_str(),
        "claimedAttributes": attributes,
        "claimedSigningAgent": found.claimed_signing_agent.as_ref().map(Escaped::as_str),
        "hasTimestamp": found.has_timestamp,
        "claimedTimestamp": timestamp,
        "certificates": certificates.collect::<Vec<_>>(),
    })
}

/// JSON as indented lines, foreign text escaped.
fn lines(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::Null => {}
                    Value::Object(_) | Value::Array(_) => {
                        let _ = writeln!(text, "{indent}{}", Escaped::new(name));
                        lines(value, depth.saturating_add(1), text);
                    }
                    plain => {
                        let _ = writeln!(text, "{indent}{} {}", Escaped::new(name), plain_text(plain));
                    }
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| lines(item, depth, text)),
        plain => {
            let _ = writeln!(text, "{indent}{}", plain_text(plain));
        }
    }
}

fn plain_text(value: &Value) -> Escaped {
    match value {
        Value::String(text) => Escaped::new(text),
        other => Escaped::new(&other.to_string()),
    }
}
