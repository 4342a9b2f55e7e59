//! Signature primitives and compact JWS, with every back end that is compiled in.

use super::{Report, jwk, read};
use plimsoll_core::{Algorithm, Message, Provider, PublicKey};
use plimsoll_envelope::{Critical, Limits, Sealed, algorithm_name};
use serde_json::Value;
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    for file in read::files(folder)?.iter().filter(|file| file.ends_with(".json")) {
        let suite = read::json(&folder.join(file))?;
        for group in read::list(&suite, "testGroups")? {
            for test in read::list(group, "tests")? {
                // What JWS adds is the same above each back end: two of them tell enough.
                let is_jws = group["type"].as_str().is_some_and(|name| name.starts_with("JsonWeb"));
                let back_ends = back_ends().take(if is_jws { 2 } else { usize::MAX });
                for (library, provider) in back_ends {
                    let case = format!("{library}: {file} {}", test["tcId"]);
                    match found(group, test, provider) {
                        Ok(found) => judge(report, case, test, found)?,
                        Err(Unjudged::Skipped(why)) => report.skip(case, why),
                        Err(Unjudged::Broken(why)) => return Err(format!("{case}: {why}")),
                    }
                }
            }
        }
    }
    Ok(())
}

/// The back ends, each by the name of its library.
pub(super) fn back_ends() -> impl Iterator<Item = (&'static str, Provider<'static>)> {
    [
        ("ring", plimsoll_crypto::ring::provider()),
        ("pure", plimsoll_crypto::pure::provider()),
        #[cfg(feature = "aws-lc-rs")]
        ("aws-lc-rs", plimsoll_crypto::aws_lc::provider()),
    ]
    .into_iter()
}

/// Why a case has no verdict.
enum Unjudged {
    Broken(String),
    Skipped(&'static str),
}

impl From<String> for Unjudged {
    fn from(why: String) -> Self {
        Self::Broken(why)
    }
}

fn judge(report: &mut Report, case: String, test: &Value, found: Result<(), String>) -> Result<(), String> {
    match read::text(test, "result")? {
        "valid" => report.verdict(case, true, found),
        "invalid" => report.verdict(case, false, found),
        _ => report.skip(case, "the suite leaves the verdict open"),
    }
    Ok(())
}

/// What a back end, or the reader of JWS over it, says.
fn found(group: &Value, test: &Value, provider: Provider<'_>) -> Result<Result<(), String>, Unjudged> {
    match group["type"].as_str().unwrap_or_default() {
        "JsonWebSignature" | "JsonWebKey" | "JsonWebCrypto" => jws(group, test, provider),
        _ => primitive(group, test, provider),
    }
}

fn primitive(group: &Value, test: &Value, provider: Provider<'_>) -> Result<Result<(), String>, Unjudged> {
    let algorithm = algorithm(group).map_err(Unjudged::Skipped)?;
    if test["ctx"].as_str().is_some_and(|context| !context.is_empty()) && test["result"] == "valid" {
        return Err(Unjudged::Skipped("a context string, which neither RFC 9881 nor RFC 9964 allows"));
    }
    let spki = read::hex(group, "publicKeyDer")?;
    let (message, signature) = (read::hex(test, "msg")?, read::hex(test, "sig")?);
    let key = PublicKey::from_spki_der(&spki);
    let found = provider.verify(algorithm, key, Message::Parts(&[&message]), &signature);
    Ok(found.map_err(|error| error.to_string()))
}

/// A compact JWS under a key that says which algorithm it is for (RFC 7517, 4.4).
fn jws(group: &Value, test: &Value, provider: Provider<'_>) -> Result<Result<(), String>, Unjudged> {
    let Some(jws) = test["jws"].as_str() else { return Err(Unjudged::Skipped("encryption, not a signature")) };
    let key = match &group["public"]["keys"] {
        Value::Array(keys) => keys.first().unwrap_or(&Value::Null),
        _ => &group["public"],
    };
    if key.is_null() {
        return Err(Unjudged::Skipped("an HMAC is no signature"));
    }
    let verifies = |list: &Value| list.as_array().is_none_or(|list| list.iter().any(|one| one == "verify"));
    if key["use"].as_str().is_some_and(|found| found != "sig") || !verifies(&key["key_ops"]) {
        return Err(Unjudged::Skipped("what a JWK may be used for is for the caller to look at"));
    }
    if test["comment"] == "rejectsKeyWithRocaVulnerability" {
        return Err(Unjudged::Skipped("keys of a generator that was broken (ROCA) are not looked for"));
    }
    let named = |one: &Algorithm| algorithm_name(*one).is_some_and(|name| key["alg"] == name);
    let Some(algorithm) = provider.algorithms().iter().map(|one| one.algorithm()).find(named) else {
        return Err(Unjudged::Skipped("the key names an algorithm that is not registered"));
    };
    let Ok(spki) = jwk::spki(key) else { return Ok(Err("no key".into())) };
    let opened = Sealed::jws_compact(jws.as_bytes(), &Limits::default()).and_then(|sealed| {
        let key = PublicKey::from_spki_der(&spki);
        sealed.open(0, key, algorithm, provider, Critical::Only(&[])).map(|_| ())
    });
    Ok(opened.map_err(|error| error.to_string()))
}

/// The algorithm of a group, or why it is none of ours.
fn algorithm(group: &Value) -> Result<Algorithm, &'static str> {
    let text = |member: &str| group[member].as_str().unwrap_or_default();
    let curve = group["publicKey"]["curve"].as_str().unwrap_or_default();
    match (text("type"), text("sha"), curve) {
        ("EcdsaP1363Verify", "SHA-256", "secp256r1") => Ok(Algorithm::EcdsaP256Sha256Fixed),
        ("EcdsaP1363Verify", "SHA-384", "secp384r1") => Ok(Algorithm::EcdsaP384Sha384Fixed),
        ("EcdsaP1363Verify", "SHA-512", "secp521r1") => Ok(Algorithm::EcdsaP521Sha512Fixed),
        ("EcdsaVerify", "SHA-256", "secp256r1") => Ok(Algorithm::EcdsaP256Sha256Der),
        ("EcdsaVerify", "SHA-384", "secp384r1") => Ok(Algorithm::EcdsaP384Sha384Der),
        ("EcdsaVerify", "SHA-512", "secp521r1") => Ok(Algorithm::EcdsaP521Sha512Der),
        ("EddsaVerify", _, _) => Ok(Algorithm::Ed25519),
        ("RsassaPkcs1Verify", "SHA-256", _) => Ok(Algorithm::RsaPkcs1Sha256),
        ("RsassaPkcs1Verify", "SHA-384", _) => Ok(Algorithm::RsaPkcs1Sha384),
        ("RsassaPkcs1Verify", "SHA-512", _) => Ok(Algorithm::RsaPkcs1Sha512),
        ("RsassaPssVerify", sha, _) => match (sha, text("mgfSha"), group["sLen"].as_u64()) {
            ("SHA-256", "SHA-256", Some(32)) => Ok(Algorithm::RsaPssSha256),
            ("SHA-384", "SHA-384", Some(48)) => Ok(Algorithm::RsaPssSha384),
            ("SHA-512", "SHA-512", Some(64)) => Ok(Algorithm::RsaPssSha512),
            _ => Err("an RSA-PSS parameter that is not claimed"),
        },
        // The files of the three parameter sets say it in the identifier of the key alone; only ML-DSA-44 is there.
        ("MlDsaVerify", ..) => Ok(Algorithm::MlDsa44),
        _ => Err("an algorithm that is not claimed"),
    }
}
