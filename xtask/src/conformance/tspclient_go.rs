//! Timestamps of the Notary Project's own client: tokens of real authorities, whole and damaged, and responses.

use super::{Report, read};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    CmsError, Limits, NamedStore, TrustStore, read_certificates,
    timestamp::{TimestampError, TimestampLimits, TimestampRequest, TimestampResponse, TimestampToken},
};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, sync::Arc};

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let expected = read::json(&folder.join("EXPECT.json"))?;
    let expected = expected.as_array().ok_or("expected a list in EXPECT.json")?;
    let data = folder.join("testdata");
    let mut named = BTreeSet::new();
    for case in expected {
        let (file, level) = (read::text(case, "file")?, read::text(case, "level")?);
        named.insert(file);
        let bytes = read::bytes(&data.join(file))?;
        let root = case["root"].as_str().unwrap_or(if case["root"].is_null() && level == "verify" { "" } else { ROOT });
        let store = if root.is_empty() { TrustStore::default() } else { store(&data.join(root))? };
        let accept = read::text(case, "expect")? == "accept";
        let found = judge(&bytes, level, case, &store);
        report.verdict(report.name(format!("{level}: {file}")), accept, found);
    }
    for file in read::files(&data)?.iter().filter(|file| !named.contains(file.as_str())) {
        let bytes = read::bytes(&data.join(file))?;
        if file.ends_with(".p7s") {
            report.verdict(format!("parse: {file}"), true, parse(&bytes).map(|_| ()));
        } else if file.ends_with(".tsr") {
            let found = TimestampResponse::parse(&bytes, &TimestampLimits::default());
            report.verdict(format!("parse: {file}"), true, found.map(|_| ()).map_err(show));
        }
    }
    Ok(())
}

fn store(path: &Path) -> Result<TrustStore, String> {
    let certificates = read_certificates(&read::bytes(path)?, &Limits::default()).map_err(show)?;
    let certificates: Vec<&[u8]> = certificates.iter().map(|one| one.der()).collect();
    let name = "tsa:test".parse().map_err(show)?;
    let store = NamedStore::load(name, certificates, provider(), &Limits::default()).map_err(show)?;
    Ok(TrustStore::new([Arc::new(store)]))
}

fn parse(bytes: &[u8]) -> Result<TimestampToken, String> {
    TimestampToken::parse(bytes, &TimestampLimits::default()).map_err(show)
}

/// The verdict at the level that the case names: what is checked after it does not count.
fn judge(bytes: &[u8], level: &str, case: &Value, store: &TrustStore) -> Result<(), String> {
    if level == "tsp-response" {
        return respond(bytes, store);
    }
    let token = parse(bytes)?;
    let message = match case["message"].as_str() {
        Some(message) => message,
        // Upstream's tests hash one of these.
        None => ["notation", "test"]
            .into_iter()
            .find(|message| token.claimed().imprint.is_of(message.as_bytes()))
            .ok_or("nobody knows the message of the token")?,
    };
    let verified = token.verify(message.as_bytes(), store, provider()).map(|_| ());
    match (level, verified) {
        ("parse" | "info" | "info-validate", _) => Ok(()),
        ("message-imprint", Err(error @ TimestampError::ImprintMismatch)) => Err(show(error)),
        ("message-imprint", _) => Ok(()),
        // The attribute is looked at before the signature, which the damage broke as well.
        ("signing-certificate-attribute", Err(TimestampError::Cms(CmsError::Signature | CmsError::DigestMismatch))) => {
            Ok(())
        }
        ("signing-certificate-attribute" | "verify", verified) => verified.map_err(show),
        (other, _) => Err(format!("the level `{other}` is not known")),
    }
}

/// Upstream asked for SHA-256 of `notation`, with certificates and without a nonce.
fn respond(bytes: &[u8], store: &TrustStore) -> Result<(), String> {
    let limits = TimestampLimits::default();
    let response = TimestampResponse::parse(bytes, &limits).map_err(show)?;
    let digest = plimsoll_core::Digest::sha256_of(b"notation");
    let sha256 = [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];
    let request = [&[0x30, 57, 2, 1, 1, 0x30, 49], &sha256[..], &[4, 32], digest.as_bytes(), &[1, 1, 0xff]].concat();
    let request = TimestampRequest::parse(&request, &limits).map_err(show)?;
    let token = response.token_for(&request).map_err(show)?;
    token.verify(b"notation", store, provider()).map(|_| ()).map_err(show)
}

fn show(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Root of the authority whose tokens most of the files are.
const ROOT: &str = "GlobalSignRootCA.crt";
