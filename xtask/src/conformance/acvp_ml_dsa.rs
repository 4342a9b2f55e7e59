//! ML-DSA signatures of NIST's ACVP, over the internal interface (FIPS 204, Algorithm 8): the message has neither the octet that tells pure
//! from prehashed, nor a context.
//!
//! Our back ends have the external interface alone (Algorithm 3). So the verdict of the suite is that of the library under them, by the same
//! readers of keys and signatures, and each back end must refuse every case: what was signed internally is no signature externally.

use super::{Report, read, wycheproof::back_ends};
use ml_dsa::{EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey};
use plimsoll_core::{Algorithm, Message, PublicKey};
use serde_json::Value;
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let suite = read::json(&folder.join("sig-ver.json"))?;
    for group in read::list(&suite, "testGroups")? {
        let set = read::text(group, "parameterSet")?;
        for test in read::list(group, "tests")? {
            let case = format!("{set} {}", test["tcId"]);
            if group["signatureInterface"] == "external" || group["preHash"] == "preHash" {
                report.skip(case, "an interface that the suite did not have when this was written");
                continue;
            }
            let accept = test["testPassed"].as_bool().ok_or("expected a verdict in `testPassed`")?;
            let [key, message, signature] = octets(group, test)?;
            let (algorithm, last, internal) = match set {
                "ML-DSA-44" => (Algorithm::MlDsa44, 17, internal::<MlDsa44>(&key, &message, &signature)),
                "ML-DSA-65" => (Algorithm::MlDsa65, 18, internal::<MlDsa65>(&key, &message, &signature)),
                "ML-DSA-87" => (Algorithm::MlDsa87, 19, internal::<MlDsa87>(&key, &message, &signature)),
                other => return Err(format!("no parameter set is called `{other}`")),
            };
            report.verdict(format!("{case} internal"), accept, internal);
            let spki = spki(last, &key)?;
            for (library, provider) in back_ends() {
                let key = PublicKey::from_spki_der(&spki);
                let found = provider.verify(algorithm, key, Message::Parts(&[&message]), &signature);
                report.verdict(format!("{library}: {case}"), false, found.map_err(|error| error.to_string()));
            }
        }
    }
    Ok(())
}

fn octets(group: &Value, test: &Value) -> Result<[Vec<u8>; 3], String> {
    Ok([read::hex(group, "pk")?, read::hex(test, "message")?, read::hex(test, "signature")?])
}

fn internal<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), String> {
    let key = EncodedVerifyingKey::<P>::try_from(key).map_err(|error| error.to_string())?;
    let signature = Signature::<P>::try_from(signature).map_err(|error| error.to_string())?;
    let holds = VerifyingKey::<P>::decode(&key).verify_internal(message, &signature);
    holds.then_some(()).ok_or_else(|| "the signature does not hold".into())
}

/// RFC 9881, 2 and 4: the identifiers differ in the last octet.
fn spki(last: u8, key: &[u8]) -> Result<Vec<u8>, String> {
    let length = |length: usize| u16::try_from(length).map(u16::to_be_bytes).map_err(|error| error.to_string());
    let [high, low] = length(key.len().saturating_add(1))?;
    let [outer_high, outer_low] = length(key.len().saturating_add(18))?;
    let mut spki = vec![0x30, 0x82, outer_high, outer_low];
    spki.extend([0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last]);
    spki.extend([0x03, 0x82, high, low, 0]);
    spki.extend_from_slice(key);
    Ok(spki)
}
