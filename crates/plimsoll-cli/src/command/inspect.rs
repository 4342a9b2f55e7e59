//! `inspect`: what the signatures of an image say. Nothing is judged.

#![allow(clippy::indexing_slicing, reason = "members of a JSON object that is made here")]

use super::Scene;
use crate::{
    arguments::Inspect,
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::Report,
};
use plimsoll::{
    core::{Classify as _, Descriptor, Digest, Escaped, Referrers as _},
    crypto::provider,
    notary::{CheckedEnvelope, Envelope, SIGNATURE_TYPE, SignatureManifest},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write as _};

/// Most signatures that are shown: as Notation's `--max-signatures`.
const SHOWN: usize = 100;
/// Bytes of a manifest and of an envelope: as notation-go.
const MANIFEST: u64 = 4 << 20;
const ENVELOPE: u64 = 32 << 20;

pub(crate) async fn run(words: Inspect, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.reference, Purpose::Read, scene.global, scene.machine)?;
    let subject = target.resolve().await?;
    let listed = target.place.referrers(&subject.digest, Some(SIGNATURE_TYPE)).await.evidence(&target.text)?;
    let mut text = format!("{} {}\n", target.text, subject.digest);
    let mut signatures = Vec::new();
    for referrer in listed.iter().take(SHOWN) {
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
    if listed.len() > SHOWN {
        let _ = writeln!(text, "  {} more are not shown", listed.len().saturating_sub(SHOWN));
    }
    if signatures.is_empty() {
        text.push_str("  no signature\n");
    }
    let json = json!({ "reference": target.at(&subject.digest), "digest": subject.digest.to_string(), "signatures": signatures });
    Ok(Report::done(text, json))
}

async fn one(target: &Target, manifest: &Descriptor, subject: &Digest) -> Result<Value, Failure> {
    let manifest = target.read(manifest, MANIFEST).await?;
    let digest = manifest.descriptor().digest;
    let signature = SignatureManifest::read(&manifest, subject).evidence("")?;
    let blob = target.read(&signature.envelope, ENVELOPE).await?;
    let media_type = &blob.descriptor().media_type;
    let envelope = Envelope::parse(blob.bytes(), media_type).evidence("")?;
    let mut shown = json!({ "digest": digest.to_string(), "mediaType": &**media_type });
    match envelope.check(provider(), |_| None) {
        Ok(checked) => {
            shown["integrity"] = json!("held");
            describe(&checked, &mut shown);
        }
        Err(error) => shown["integrity"] = json!({ "code": error.code().name(), "message": error.to_string() }),
    }
    Ok(shown)
}

/// What the envelope holds, whose signature holds under its own leaf. Whose leaf that is, `verify` says.
fn describe(checked: &CheckedEnvelope<'_>, shown: &mut Value) {
    let attributes = checked.attributes();
    shown["signatureAlgorithm"] = json!(format!("{:?}", checked.algorithm()));
    shown["signingScheme"] = json!(attributes.scheme.as_str());
    shown["claimedSigningTime"] = json!(attributes.signing_time.to_string());
    shown["expiry"] = json!(attributes.expiry.map(|time| time.to_string()));
    shown["claimedSigningAgent"] = json!(checked.claimed_signing_agent().map(|agent| agent.to_string()));
    shown["hasTimestamp"] = json!(checked.has_timestamp());
    let certificates = checked.chain().certificates().iter().map(|certificate| {
        json!({
            "sha256": Digest::sha256_of(certificate.der()).encoded(),
            "issuedTo": certificate.subject().to_string(),
            "issuedBy": certificate.issuer().to_string(),
            "expiry": certificate.validity().not_after.to_string(),
        })
    });
    shown["certificates"] = certificates.collect();
    match checked.target() {
        Ok(target) => {
            shown["signedArtifact"] = json!({
                "mediaType": target.media_type(),
                "digest": target.digest().to_string(),
                "size": target.size(),
            });
            shown["userDefinedAttributes"] = json!(target.metadata().collect::<BTreeMap<_, _>>());
        }
        Err(error) => shown["signedArtifact"] = json!({ "error": error.to_string() }),
    }
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
