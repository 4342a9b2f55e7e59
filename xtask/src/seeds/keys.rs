//! Encrypted key files: those that the tests of our own reader have.

use super::{Outcome, Seeds};
use data_encoding::BASE64;
use plimsoll_crypto::{ParameterSet, PrivateKey};
use std::fs;

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    for entry in fs::read_dir("crates/plimsoll-crypto/tests/keys")? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let content = fs::read(&path)?;
        if name.ends_with(".p12") {
            seeds.add("pkcs12", content);
        } else if name.ends_with("sigstore.pem") {
            let text = String::from_utf8(content)?;
            let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
            seeds.add("cosign_key", BASE64.decode(body.as_bytes())?);
        } else if name.ends_with(".pem") {
            seeds.add("encrypted_key", content);
        }
    }
    for set in [ParameterSet::MlDsa44, ParameterSet::MlDsa65, ParameterSet::MlDsa87] {
        let key = PrivateKey::generate_ml_dsa(set)?;
        seeds.add("private_key", key.to_pkcs8_pem().as_bytes());
        seeds.add("public_key", key.public_key_spki_der());
    }
    Ok(())
}
