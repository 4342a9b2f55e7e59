//! Glue's vectors for `COSE_Sign1`: signing and verifying, with external data.

use super::{Report, jwk, read};
use plimsoll_core::{Algorithm, PublicKey};
use plimsoll_crypto::provider;
use plimsoll_envelope::{CoseDraft, Critical, HeaderValue, Limits, Member, Sealed};
use serde_json::Value;
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    for file in read::files(folder)?.iter().filter(|file| file.ends_with(".json")) {
        let case = read::json(&folder.join(file))?;
        let algorithm = algorithm(read::text(&case, "alg")?)?;
        let key = jwk::spki(&case["key"])?;
        if let Some(sign) = case.get("sign1::sign") {
            report.equal(format!("{file}: Sig_structure"), structure(sign, algorithm));
            report.verdict(format!("{file}: expected output"), true, open(sign, "expectedOutput", algorithm, &key));
        } else {
            let verify = &case["sign1::verify"];
            let accept = verify["shouldVerify"].as_bool().ok_or_else(|| format!("{file}: no `shouldVerify`"))?;
            report.verdict(file.as_str(), accept, open(verify, "taggedCOSESign1", algorithm, &key));
        }
    }
    Ok(())
}

fn open(case: &Value, member: &str, algorithm: Algorithm, key: &[u8]) -> Result<(), String> {
    let (envelope, external) = (read::hex(&case[member], "cborHex")?, optional(case, "external")?);
    let payload = optional(case, "detachedPayload")?;
    let limits = Limits::default();
    let sealed = if payload.is_empty() {
        Sealed::cose_sign1_with_external_aad(&envelope, &external, &limits)
    } else {
        Sealed::cose_sign1_detached(&envelope, &payload, &external, &limits)
    };
    let sealed = sealed.map_err(|error| error.to_string())?;
    let opened = sealed.open(0, PublicKey::from_spki_der(key), algorithm, provider(), Critical::Only(&[]));
    opened.map(|_| ()).map_err(|error| error.to_string())
}

/// What our own writer has signed, from the header that the vector gives.
fn structure(case: &Value, algorithm: Algorithm) -> Result<(), String> {
    let (payload, external) = (read::hex(case, "payload")?, optional(case, "external")?);
    let header = read::text(&case["protectedHeaders"], "cborDiag")?;
    // Besides the algorithm the vectors have a content type of 0 at most.
    let members: Vec<Member<'_>> =
        if header.contains("3: 0") { vec![(3.into(), HeaderValue::Int(0))] } else { Vec::new() };
    let draft = CoseDraft::with_external_aad(algorithm, &members, &payload, &external);
    let draft = draft.map_err(|error| error.to_string())?;
    let expected = read::hex(&case["tbsHex"], "cborHex")?;
    if draft.signing_input() == expected { Ok(()) } else { Err(format!("expected {expected:02x?}")) }
}

fn optional(case: &Value, member: &str) -> Result<Vec<u8>, String> {
    if case.get(member).is_none() { Ok(Vec::new()) } else { read::hex(case, member) }
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    Ok(match name {
        "ES256" => Algorithm::EcdsaP256Sha256Fixed,
        "ES384" => Algorithm::EcdsaP384Sha384Fixed,
        "ES512" => Algorithm::EcdsaP521Sha512Fixed,
        "PS256" => Algorithm::RsaPssSha256,
        "PS384" => Algorithm::RsaPssSha384,
        "PS512" => Algorithm::RsaPssSha512,
        _ => return Err(format!("no algorithm of COSE is called `{name}`")),
    })
}
