//! Envelopes signed by notation-core-go, mutated and re-signed.

use super::{Report, read};
use plimsoll_crypto::provider;
use plimsoll_envelope::HeaderValue;
use plimsoll_notary::{CheckedEnvelope, Envelope, Format};
use serde_json::Value;
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let text = String::from_utf8(read::bytes(&folder.join("cases.jsonl"))?).map_err(|error| error.to_string())?;
    for line in text.lines().filter(|line| !line.is_empty()) {
        let case: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        // One id names a mutated and a re-signed envelope.
        let id = format!("{} ({})", read::text(&case, "id")?, read::text(&case, "kind")?);
        let expect = read::text(&case, "expect")?;
        let bytes = read::base64(&case, "envelope_b64")?;
        let found = judge(&case, &bytes);
        match expect {
            "accept" => report.verdict(id, true, found),
            "reject" => report.verdict(id, false, found),
            "either" => report.skip(id, "the suite leaves the verdict open"),
            other => return Err(format!("{id}: expected accept, reject or either, found `{other}`")),
        }
    }
    Ok(())
}

/// The envelope layer: form, signature, attributes, chain, payload. No trust, no time.
fn judge(case: &Value, bytes: &[u8]) -> Result<(), String> {
    let envelope = Envelope::parse(bytes, read::text(case, "mediaType")?).map_err(|error| error.to_string())?;
    let checked = envelope.check(provider(), |_| None).map_err(|error| error.to_string())?;
    checked.target().map_err(|error| error.to_string())?;
    if case["kind"] == "as-signed" { recovered(case, &checked) } else { Ok(()) }
}

fn recovered(case: &Value, checked: &CheckedEnvelope<'_>) -> Result<(), String> {
    let attributes = checked.attributes();
    let same = |what: &str, expected: &Value, found: Value| {
        if *expected == found { Ok(()) } else { Err(format!("expected {expected} as {what}, found {found}")) }
    };
    payload(read::text(case, "payload")?, checked)?;
    same("scheme", &case["scheme"], attributes.scheme.as_str().into())?;
    same("signingTime", &case["signingTime"], attributes.signing_time.to_string().into())?;
    same("expiry", &case["expiry"], attributes.expiry.map(|time| time.to_string()).into())?;
    same("signerSubject", &case["signerSubject"], checked.chain().leaf().subject().to_string().into())?;
    let agent = checked.claimed_signing_agent().map(|agent| agent.as_str().to_owned());
    same("signingAgent", &case["signingAgent"], agent.into())?;
    same("chainLen", &case["chainLen"], checked.chain().certificates().len().into())?;
    same("extended", &case["extended"], extended(checked))
}

/// notation-core-go signs a JWS over the claims of the payload, written anew: equal as JSON. In COSE it signs the bytes.
fn payload(expected: &str, checked: &CheckedEnvelope<'_>) -> Result<(), String> {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|error| error.to_string());
    let same = match checked.format() {
        Format::Jws => parsed(expected.as_bytes())? == parsed(checked.payload())?,
        _ => expected.as_bytes() == checked.payload(),
    };
    let found = || String::from_utf8_lossy(checked.payload());
    if same { Ok(()) } else { Err(format!("expected the payload {expected}, found {}", found())) }
}

/// The suite counts the attributes of plugins as extended ones.
fn extended(checked: &CheckedEnvelope<'_>) -> Value {
    let attributes = checked.attributes();
    let mut found = serde_json::Map::new();
    let mut add = |name: &str, critical: bool, value: Value| {
        found.insert(name.to_owned(), serde_json::json!({ "critical": critical, "value": value }));
    };
    for one in &attributes.extended {
        let value = match &one.value {
            HeaderValue::Text(text) => text.as_ref().into(),
            other => format!("{other:?}").into(),
        };
        add(&one.name, one.critical, value);
    }
    let plugin = [
        ("io.cncf.notary.verificationPlugin", &attributes.plugin),
        ("io.cncf.notary.verificationPluginMinVersion", &attributes.plugin_min_version),
    ];
    for (name, value) in plugin {
        if let Some(value) = value {
            add(name, true, value.as_ref().into());
        }
    }
    if found.is_empty() { Value::Null } else { found.into() }
}
