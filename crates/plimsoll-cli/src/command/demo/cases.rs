//! The eight sabotages. Each is done over HTTP or in the registry's files, and returns the tag that a consumer then asks for.

#![allow(clippy::indexing_slicing, reason = "a member that a JSON value lacks is null")]

use super::scene::Harbour;
use crate::failure::{Failure, OfFile as _};
use serde_json::Value;
use std::fs;

/// A sabotage and the code that it must be blocked with.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) code: &'static str,
    pub(super) sabotage: fn(&Harbour) -> Result<&'static str, Failure>,
}

pub(super) static ALL: &[Case] = &[
    Case { name: "unsigned", code: "no-signature", sabotage: unsigned },
    Case { name: "signed under an unknown root", code: "untrusted-chain", sabotage: unknown_root },
    Case { name: "tag moved to another, unsigned manifest", code: "no-signature", sabotage: tag_moved },
    Case { name: "tag moved back to an older image of the same signer", code: "rollback", sabotage: rolled_back },
    Case { name: "another repository's signed image under this name", code: "name-not-bound", sabotage: another_name },
    Case { name: "a blob changed in the registry's storage", code: "digest-mismatch", sabotage: blob_changed },
    Case {
        name: "attestations copied from another image",
        code: "attestation-subject-mismatch",
        sabotage: attestations_copied,
    },
    Case { name: "a component that the policy forbids", code: "component-denied", sabotage: forbidden_component },
];

fn unsigned(harbour: &Harbour) -> Result<&'static str, Failure> {
    harbour.build("unsigned", "unsigned")?;
    Ok("unsigned")
}

/// The same names, another root.
fn unknown_root(harbour: &Harbour) -> Result<&'static str, Failure> {
    let lock = harbour.path("Cargo.lock");
    harbour.ship_with(&harbour.at("stranger"), "2.0.0", "stranger", &lock, "stranger")?;
    Ok("stranger")
}

/// A tag that was good a moment ago.
fn tag_moved(harbour: &Harbour) -> Result<&'static str, Failure> {
    harbour.run(&["tag", &harbour.at("v2"), "stable"])?;
    let before = harbour.check("stable")?;
    if before.decision != "ADMIT" {
        return Err(Failure::unknown("the tag was not good before it was moved"));
    }
    harbour.build("stable", "moved")?;
    Ok("stable")
}

fn rolled_back(harbour: &Harbour) -> Result<&'static str, Failure> {
    harbour.ship(&harbour.at("v1"), "1.0.0", "v1")?;
    harbour.run(&["tag", &harbour.at("v2"), "latest"])?;
    harbour.run(&["tag", &harbour.at("v1"), "latest"])?;
    Ok("latest")
}

/// The same signer, the same version, all evidence whole: but signed for another name.
fn another_name(harbour: &Harbour) -> Result<&'static str, Failure> {
    harbour.ship(&harbour.elsewhere("v2"), "2.0.0", "other")?;
    harbour.run(&["copy", &harbour.elsewhere("v2"), &harbour.at("swapped")])?;
    Ok("swapped")
}

/// One byte of the image's configuration, which says what is run.
fn blob_changed(harbour: &Harbour) -> Result<&'static str, Failure> {
    harbour.ship(&harbour.at("damaged"), "2.0.0", "damaged")?;
    let manifest = harbour.run(&["discover", &harbour.at("damaged")])?;
    let manifest = read_blob(harbour, &manifest["digest"])?;
    let config = blob_path(harbour, &manifest["config"]["digest"]);
    let mut bytes = fs::read(&config).of_file(&config)?;
    match bytes.iter().position(|byte| *byte == b'/').and_then(|at| bytes.get_mut(at)) {
        Some(byte) => *byte = b'.',
        None => return Err(Failure::unknown("the configuration names no program")),
    }
    // Content is read-only in the storage; whoever owns the files can change that.
    fs::remove_file(&config).of_file(&config)?;
    fs::write(&config, bytes).of_file(&config)?;
    Ok("damaged")
}

/// Signed for this name and version, with the evidence of the good image hung onto it.
fn attestations_copied(harbour: &Harbour) -> Result<&'static str, Failure> {
    harbour.build("borrowed", "borrowed")?;
    let (config, reference) = (harbour.path("publisher"), harbour.at("borrowed"));
    let repository = reference.rsplit_once(':').map_or("", |(repository, _)| repository);
    let bound = format!("org.plimsoll.repository={repository}");
    let words = [
        "--config",
        &config,
        "sign",
        &reference,
        "--user-metadata",
        &bound,
        "--user-metadata",
        "org.plimsoll.version=2.0.0",
    ];
    harbour.run(&words)?;
    let good = harbour.run(&["discover", &harbour.at("v2")])?;
    for referrer in good["referrers"].as_array().into_iter().flatten() {
        let kind = referrer["artifactType"].as_str().unwrap_or_default();
        if kind != "application/vnd.in-toto+json" {
            continue;
        }
        let layer = &read_blob(harbour, &referrer["digest"])?["layers"][0];
        let envelope = blob_path(harbour, &layer["digest"]).display().to_string();
        let media_type = layer["mediaType"].as_str().unwrap_or_default();
        let annotation = referrer["annotations"].as_object().and_then(|all| all.iter().next());
        let annotation =
            annotation.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).unwrap_or_default();
        let words = [
            "attach",
            &reference,
            &envelope,
            "--artifact-type",
            kind,
            "--media-type",
            media_type,
            "--annotation",
            &annotation,
        ];
        harbour.run(&words)?;
    }
    Ok("borrowed")
}

fn forbidden_component(harbour: &Harbour) -> Result<&'static str, Failure> {
    let lock = harbour.path("Cargo.lock");
    let text = fs::read_to_string(&lock).of_file(lock.as_ref())?;
    let folder = harbour.path("forbidden");
    fs::create_dir_all(&folder).of_file(folder.as_ref())?;
    harbour.write("forbidden/Cargo.lock", &format!("{text}\n{FORBIDDEN}"))?;
    let lock = harbour.path("forbidden/Cargo.lock");
    harbour.ship_with(&harbour.at("forbidden"), "2.0.0", "forbidden", &lock, "publisher")?;
    Ok("forbidden")
}

/// A package that the rules name.
const FORBIDDEN: &str = "[[package]]\nname = \"stowaway\"\nversion = \"0.1.0\"\n\
    source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
    checksum = \"0000000000000000000000000000000000000000000000000000000000000000\"\n";

fn blob_path(harbour: &Harbour, digest: &Value) -> std::path::PathBuf {
    let digest = digest.as_str().unwrap_or_default();
    harbour.storage().join("blobs").join(digest.replace(':', "/"))
}

fn read_blob(harbour: &Harbour, digest: &Value) -> Result<Value, Failure> {
    let path = blob_path(harbour, digest);
    let bytes = fs::read(&path).of_file(&path)?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::unknown(format!("{}: {error}", path.display())))
}
