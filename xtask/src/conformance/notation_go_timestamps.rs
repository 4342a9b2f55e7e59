//! The cases of notation-go's timestamp tests: envelopes, trust stores and `verifyTimestamp`.

use super::{Report, read};
use plimsoll_core::{Bytes, Descriptor, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    CheckOutcome, Envelope, TrustContext, TrustStores, VerificationError,
    policy::{Check, TrustPolicy},
    verify_signature,
};
use plimsoll_pki::{Limits, NamedStore, code, read_certificates};
use serde_json::Value;
use std::path::Path;

/// The store of whoever signed.
const SIGNER: &str = "ca:signer";
/// When upstream's suite was current.
const AT: &str = "2025-11-07T00:00:00Z";

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let cases = read::json(&folder.join("TIMESTAMP_CASES.json"))?;
    for (index, case) in cases.as_array().ok_or("expected a list in TIMESTAMP_CASES.json")?.iter().enumerate() {
        let name = format!("timestamp case {index}: {}", read::text(case, "name")?);
        let accept = match read::text(case, "expect")? {
            "pass" => true,
            "fail" => false,
            other => return Err(format!("{name}: expected pass or fail, found {other}")),
        };
        report.verdict(name, accept, judge(&folder.join("verifier/testdata"), case)?);
    }
    Ok(())
}

/// What came of the check of the timestamp. Upstream judges it alone, so that a store of its own makes every signer one who is looked at, and asks the responders
/// of the authority over the network: that nobody could be asked is the one failure that counts as none.
fn judge(data: &Path, case: &Value) -> Result<Result<(), String>, String> {
    let files: Vec<_> = read::list(case, "files")?.iter().filter_map(Value::as_str).collect();
    let (bytes, media_type) = match files.as_slice() {
        [envelope] => envelope_of(&read::bytes(&data.join(envelope))?, None),
        [token, envelope] => envelope_of(&read::bytes(&data.join(envelope))?, Some(&read::bytes(&data.join(token))?)),
        other => return Err(format!("expected one or two files, found {other:?}")),
    }?;
    let policy = match TrustPolicy::parse(policy(case)?.as_bytes()) {
        Ok(policy) => policy,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let statement = policy.statements().first().ok_or("expected a statement")?;
    let mut stores = stores(data, case)?;
    stores.add(signer(&bytes, media_type)?);
    let trust = TrustContext::new(statement.clone(), &stores);
    let at: UnixTime = AT.parse().map_err(|error| format!("{AT}: {error:?}"))?;
    let target = target(&bytes, media_type)?;
    let verification = verify_signature(&bytes, media_type, &target, &trust, at, provider());
    let check = verification.checks().iter().find(|one| one.check == Check::AuthenticTimestamp);
    Ok(match check.map(|check| &check.outcome) {
        Some(CheckOutcome::Held) => Ok(()),
        Some(CheckOutcome::Failed(VerificationError::TimestampAuthority(error))) if is_unknown(error) => Ok(()),
        Some(CheckOutcome::Failed(error)) => Err(error.to_string()),
        other => Err(format!("{other:?}, {:?}", verification.failure())),
    })
}

fn is_unknown(error: &VerificationError) -> bool {
    plimsoll_core::Classify::code(error) == code::REVOCATION_UNKNOWN
}

/// The envelope, with the token put into it if there is one. The envelopes that take one are JWS.
fn envelope_of(bytes: &[u8], token: Option<&[u8]>) -> Result<(Bytes, &'static str), String> {
    let jws = bytes.first() == Some(&b'{');
    let media_type = if jws { "application/jose+json" } else { "application/cose" };
    let Some(token) = token else { return Ok((Bytes::copy_from_slice(bytes), media_type)) };
    let mut json: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let header = json.get_mut("header").and_then(Value::as_object_mut).ok_or("expected a header")?;
    header.insert("io.cncf.notary.timestampSignature".into(), data_encoding::BASE64.encode(token).into());
    Ok((json.to_string().into(), media_type))
}

fn target(bytes: &[u8], media_type: &str) -> Result<Descriptor, String> {
    let envelope = Envelope::parse(bytes, media_type).map_err(|error| error.to_string())?;
    let checked = envelope.check(provider(), |_| None).map_err(|error| error.to_string())?;
    let payload = checked.target().map_err(|error| error.to_string())?;
    let digest = payload.digest().registry().ok_or("expected a digest of a registry")?;
    Ok(Descriptor::new(payload.media_type(), digest, payload.size()))
}

fn policy(case: &Value) -> Result<String, String> {
    let when = match read::text(case, "verifyTimestamp")? {
        "OptionAfterCertExpiry" => "afterCertExpiry",
        _ => "always",
    };
    let mut stores = read::list(case, "trustStores")?.to_vec();
    stores.push(SIGNER.into());
    let statement = serde_json::json!({
        "name": "test-timestamp", "registryScopes": ["*"],
        "signatureVerification": {"level": "strict", "verifyTimestamp": when},
        "trustStores": stores, "trustedIdentities": ["*"],
    });
    Ok(serde_json::json!({"version": "1.0", "trustPolicies": [statement]}).to_string())
}

/// The store of the root that the envelope itself presents.
fn signer(bytes: &[u8], media_type: &str) -> Result<NamedStore, String> {
    let envelope = Envelope::parse(bytes, media_type).map_err(|error| error.to_string())?;
    let checked = envelope.check(provider(), |_| None).map_err(|error| error.to_string())?;
    let root = checked.chain().certificates().last().map(|root| root.der());
    let name = SIGNER.parse().map_err(|error| format!("{error}"))?;
    NamedStore::load(name, root, provider(), &Limits::default()).map_err(|error| error.to_string())
}

/// The named stores that there are.
fn stores(data: &Path, case: &Value) -> Result<TrustStores, String> {
    let mut stores = TrustStores::new();
    for name in read::list(case, "trustStores")?.iter().filter_map(Value::as_str) {
        let Some((kind, folder)) = name.split_once(':') else { continue };
        let folder = data.join("truststore/x509").join(kind).join(folder);
        if !folder.is_dir() {
            continue;
        }
        let mut certificates = Vec::new();
        for file in read::files(&folder)? {
            let bytes = read::bytes(&folder.join(&file))?;
            certificates
                .extend(read_certificates(&bytes, &Limits::default()).map_err(|error| format!("{file}: {error}"))?);
        }
        let name = name.parse().map_err(|error| format!("{error}"))?;
        let ders = certificates.iter().map(|certificate| certificate.der());
        stores.add(NamedStore::load(name, ders, provider(), &Limits::default()).map_err(|error| error.to_string())?);
    }
    Ok(stores)
}
