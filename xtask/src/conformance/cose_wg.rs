//! The examples of the COSE working group: every `COSE_Sign1`, good and broken, and what is signed in it.

use super::{Report, jwk, read};
use plimsoll_core::{Algorithm, PublicKey};
use plimsoll_crypto::provider;
use plimsoll_envelope::{CoseDraft, Critical, HeaderValue, Limits, Member, Sealed};
use serde_json::Value;
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    for file in read::files(folder)?.iter().filter(|file| file.ends_with(".json")) {
        let case = read::json(&folder.join(file))?;
        let input = &case["input"];
        if let Some(kind) = NOT_CLAIMED.iter().find(|(kind, _)| input.get(kind).is_some()) {
            report.skip(file.as_str(), kind.1);
            continue;
        }
        let sign = &input["sign0"];
        match (algorithm(sign), jwk::spki(&sign["key"])) {
            (Ok(algorithm), Ok(key)) => judge(report, file, &case, algorithm, &key)?,
            (Err(why), _) => report.skip(file.as_str(), why),
            (_, Err(_)) => report.skip(file.as_str(), "a key that is not claimed"),
        }
    }
    Ok(())
}

fn judge(report: &mut Report, file: &str, case: &Value, algorithm: Algorithm, key: &[u8]) -> Result<(), String> {
    let external = external(&case["input"]["sign0"])?;
    let envelope = read::hex(&case["output"], "cbor")?;
    let fail = case["fail"].as_bool().unwrap_or(false);
    report.verdict(format!("{file}: signature"), !fail, open(&envelope, &external, algorithm, key));
    // Where the algorithm stands in no protected header there is nothing that a writer here would write.
    if case["input"]["sign0"]["protected"].get("alg").is_some() {
        report.equal(format!("{file}: Sig_structure"), structure(case, &external, algorithm));
    }
    Ok(())
}

fn open(envelope: &[u8], external: &[u8], algorithm: Algorithm, key: &[u8]) -> Result<(), String> {
    let sealed = Sealed::cose_sign1_with_external_aad(envelope, external, &Limits::default());
    let sealed = sealed.map_err(|error| error.to_string())?;
    let opened = sealed.open(0, PublicKey::from_spki_der(key), algorithm, provider(), Critical::Only(&[]));
    opened.map(|_| ()).map_err(|error| error.to_string())
}

/// What our own writer has signed, from the same input.
fn structure(case: &Value, external: &[u8], algorithm: Algorithm) -> Result<(), String> {
    let input = &case["input"];
    let payload = match input["plaintext"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => read::hex(input, "plaintext_hex")?,
    };
    let content_type = input["sign0"]["protected"]["ctyp"].as_i64();
    let members: Vec<Member<'_>> =
        content_type.map(|number| (3.into(), HeaderValue::Int(number))).into_iter().collect();
    let draft = CoseDraft::with_external_aad(algorithm, &members, &payload, external);
    let draft = draft.map_err(|error| error.to_string())?;
    let expected = read::hex(&case["intermediates"], "ToBeSign_hex")?;
    if draft.signing_input() == expected {
        Ok(())
    } else {
        Err(format!("expected {expected:02x?}, found {:02x?}", draft.signing_input()))
    }
}

fn external(sign: &Value) -> Result<Vec<u8>, String> {
    if sign.get("external").is_none() { Ok(Vec::new()) } else { read::hex(sign, "external") }
}

fn algorithm(sign: &Value) -> Result<Algorithm, &'static str> {
    let name = sign["alg"].as_str().or(sign["protected"]["alg"].as_str()).unwrap_or_default();
    match (name, sign["key"]["crv"].as_str().unwrap_or_default()) {
        ("ES256", "P-256") => Ok(Algorithm::EcdsaP256Sha256Fixed),
        ("ES384", "P-384") => Ok(Algorithm::EcdsaP384Sha384Fixed),
        ("ES512", "P-521") => Ok(Algorithm::EcdsaP521Sha512Fixed),
        ("EdDSA", "Ed25519") => Ok(Algorithm::Ed25519),
        ("EdDSA", _) => Err("Ed448 is not claimed"),
        _ => Err("a curve with another curve's hash is not claimed"),
    }
}

/// What an input describes, and why it is not read.
const NOT_CLAIMED: [(&str, &str); 5] = [
    ("encrypted", "encryption is not claimed"),
    ("enveloped", "encryption is not claimed"),
    ("mac", "message authentication codes are not claimed"),
    ("mac0", "message authentication codes are not claimed"),
    ("sign", "COSE_Sign (tag 98) is not claimed"),
];
