//! What clients and issuers send to an authority.

use super::{Outcome, Seeds};
use data_encoding::BASE64URL_NOPAD;
use plimsoll_authority::{Entry, IssuingRequest, Ledger, RevocationReason};
use plimsoll_core::Digest;
use plimsoll_crypto::PrivateKey;
use plimsoll_envelope::JwsDraft;
use plimsoll_pki::issue::CertificationRequestDraft;
use plimsoll_testkit::pki::{KeySpec, NOW, pem};
use std::fs;

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    let csr = requests(seeds)?;
    token(seeds)?;
    seeds.add("issuing_request", IssuingRequest::with_csr("a.b.c", pem("CERTIFICATE REQUEST", &csr)).to_json());
    seeds.add("issuing_request", IssuingRequest::with_proof("a.b.c", "x", "d.e.f").by_svid().to_json());
    seeds.all("issuing_rules", [RULES, BROAD]);
    seeds.add("key_set", KEYS);
    ledger(seeds)
}

fn requests(seeds: &mut Seeds) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut last = Vec::new();
    for spec in [KeySpec::P256, KeySpec::P521, KeySpec::Rsa2048] {
        let key = spec.key();
        let algorithm = spec.certificate_algorithm();
        let draft = CertificationRequestDraft::new("CN=a,O=b,ST=c,C=US", key.public_key(), algorithm)?;
        let signature = key.signer(algorithm)?.sign_now(draft.signing_input())?;
        last = draft.attach(signature).ok_or("a signature of another length")?;
        seeds.add("certification_request", last.clone());
    }
    Ok(last)
}

/// A key set, a line, a token that the target's rules take.
fn token(seeds: &mut Seeds) -> Outcome {
    let key = KeySpec::P256.key();
    let now = NOW.as_secs();
    let claims = serde_json::json!({ "iss": "https://issuer.test", "aud": ["a"], "sub": "s/t", "p": "a,b", "iat": now, "exp": now.saturating_add(9) });
    let header = [("kid".into(), "k".into()), ("typ".into(), "JWT".into())];
    let signer = key.envelope_signer()?;
    let draft = JwsDraft::new(plimsoll_core::Sign::algorithm(&signer), &header, claims.to_string().as_bytes())?;
    let token = draft.attach_compact(&signer.sign_now(draft.signing_input())?);
    let keys = format!(r#"{{"keys":[{}]}}"#, jwk(&key));
    seeds.add("identity_token", format!("{keys}\n{token}"));
    seeds.add("key_set", keys);
    Ok(())
}

fn jwk(key: &PrivateKey) -> String {
    let spki = key.public_key_spki_der();
    let point = spki.get(spki.len().saturating_sub(64)..).unwrap_or_default();
    let (x, y) = point.split_at_checked(32).unwrap_or_default();
    let [x, y] = [x, y].map(|part| BASE64URL_NOPAD.encode(part));
    format!(r#"{{"kty":"EC","crv":"P-256","kid":"k","x":"{x}","y":"{y}"}}"#)
}

fn ledger(seeds: &mut Seeds) -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ledger.jsonl");
    let ledger = Ledger::open(&path)?;
    let digest = Digest::sha256_of(b"x").to_string();
    let issued = Entry::Issued {
        serial: "0a".into(),
        subject: "CN=a".into(),
        not_before: NOW.to_string(),
        not_after: NOW.to_string(),
        certificate: digest.clone(),
        key: digest,
        request: None,
    };
    ledger.add(NOW, issued)?;
    ledger.revoke(&[10], NOW, RevocationReason::KeyCompromise, Some(NOW))?;
    ledger.add(NOW, Entry::CrlIssued { number: 1, base: None, next_update: NOW.to_string() })?;
    seeds.add("ledger", fs::read(&path)?);
    let key = Digest::sha256_of(b"no key");
    let title = "plimsoll-ledger-checkpoint/1";
    seeds.add("checkpoint", format!("{title}\nauthority {key}\nlines 3\nhead {key}\nat {NOW}\nsignature AAAA\n"));
    Ok(())
}

const RULES: &str = "version: 1\nrules:\n  - name: a\n    issuer: https://gitlab.com\n    claims: {project_path: a/b, ref: {glob: 'v*'}, \
    ref_protected: true, project_id: 7}\n    subject: CN={project_path} {ref},O=a,ST=b,C=US\n    uri: https://gitlab.com/{project_path}\n    minutes: 15\n";

const BROAD: &str =
    r#"{"version": 1, "rules": [{"name": "a", "issuer": "i", "claims": {"sub": {"glob": "**"}}, "subject": "CN=x"}]}"#;

const KEYS: &str = r#"{"keys":[{"kty":"oct","k":"AA"},{"kty":"RSA","use":"enc","n":"AQ","e":"AQAB"},{"kty":"OKP","crv":"Ed25519","alg":"EdDSA",
    "key_ops":["verify"],"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
