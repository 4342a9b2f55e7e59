//! Signature primitives, for the algorithms and parameters that the default back ends claim.

use super::{Report, read};
use plimsoll_core::{Algorithm, Message, PublicKey};
use plimsoll_crypto::provider;
use serde_json::Value;
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    for file in read::files(folder)?.iter().filter(|file| file.ends_with(".json")) {
        let suite = read::json(&folder.join(file))?;
        for group in read::list(&suite, "testGroups")? {
            let algorithm = algorithm(group);
            for test in read::list(group, "tests")? {
                let case = format!("{file} {}", test["tcId"]);
                match algorithm {
                    Ok(algorithm) => judge(report, case, algorithm, group, test)?,
                    Err(why) => report.skip(case, why),
                }
            }
        }
    }
    Ok(())
}

fn judge(report: &mut Report, case: String, algorithm: Algorithm, group: &Value, test: &Value) -> Result<(), String> {
    let spki = read::hex(group, "publicKeyDer")?;
    let (message, signature) = (read::hex(test, "msg")?, read::hex(test, "sig")?);
    let key = PublicKey::from_spki_der(&spki);
    let found = provider().verify(algorithm, key, Message::Parts(&[&message]), &signature);
    let found = found.map_err(|error| error.to_string());
    match read::text(test, "result")? {
        "valid" => report.verdict(case, true, found),
        "invalid" => report.verdict(case, false, found),
        _ => report.skip(case, "the suite leaves the verdict open"),
    }
    Ok(())
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
        ("JsonWebSignature" | "JsonWebKey" | "JsonWebCrypto", ..) => Err("general JOSE is not claimed"),
        ("MlDsaVerify", ..) => Err("ML-DSA is not claimed"),
        _ => Err("an algorithm that is not claimed"),
    }
}
