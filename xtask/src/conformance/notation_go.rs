//! Envelopes that Notation's releases wrote, and the cases of its timestamp tests.

use super::{Report, notation_go_timestamps, read};
use plimsoll_crypto::provider;
use plimsoll_envelope::{Critical, Limits, Sealed};
use plimsoll_notary::Envelope;
use plimsoll_pki::{KeyKind, PresentedChain};
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let facts = read::json(&folder.join("FACTS.json"))?;
    for (file, fact) in facts.as_object().ok_or("expected an object in FACTS.json")? {
        let Some(valid) = fact["signature_valid"].as_bool() else {
            report.skip(file, "no verdict on a signature");
            continue;
        };
        let bytes = read::bytes(&folder.join(file))?;
        report.verdict(file, valid, signature(&bytes, read::text(fact, "format")?));
        if !valid {
            let whole = Envelope::parse(&bytes, media_type(read::text(fact, "format")?))
                .and_then(|envelope| envelope.check(provider(), |_| None).map(|_| ()));
            report.verdict(format!("{file}, whole"), false, whole.map_err(|error| error.to_string()));
        }
    }
    notation_go_timestamps::run(folder, report)
}

fn media_type(format: &str) -> &'static str {
    if format == "jws" { "application/jose+json" } else { "application/cose" }
}

/// The signature alone: under the key of the first certificate, by the algorithm that the key demands.
fn signature(bytes: &[u8], format: &str) -> Result<(), String> {
    let limits = Limits::default();
    let sealed = match format {
        "jws" => Sealed::jws_flattened(bytes, &limits),
        _ => Sealed::cose_sign1(bytes, &limits),
    };
    let sealed = sealed.map_err(|error| error.to_string())?;
    let unverified = sealed.unverified(0).map_err(|error| error.to_string())?;
    let certificates: Vec<_> = unverified.presented_chain().collect();
    let chain = PresentedChain::from_der(&certificates, &plimsoll_pki::Limits::default());
    let chain = chain.map_err(|error| error.to_string())?;
    let algorithm = match chain.leaf().key() {
        KeyKind::Rsa { bits: 2048, .. } => plimsoll_core::Algorithm::RsaPssSha256,
        KeyKind::Rsa { bits: 3072, .. } => plimsoll_core::Algorithm::RsaPssSha384,
        KeyKind::Rsa { bits: 4096, .. } => plimsoll_core::Algorithm::RsaPssSha512,
        KeyKind::P256 => plimsoll_core::Algorithm::EcdsaP256Sha256Fixed,
        KeyKind::P384 => plimsoll_core::Algorithm::EcdsaP384Sha384Fixed,
        KeyKind::P521 => plimsoll_core::Algorithm::EcdsaP521Sha512Fixed,
        other => return Err(format!("no algorithm for {other}")),
    };
    let opened = sealed.open(0, chain.leaf().public_key(), algorithm, provider(), Critical::JudgedByCaller);
    opened.map(|_| ()).map_err(|error| error.to_string())
}
