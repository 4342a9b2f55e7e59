//! The packages, by dpkg's own account and by the SBOM's.

use crate::lab::Folder;
use data_encoding::BASE64;
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, process::Command};

/// The predicate of the CycloneDX attestation in a layout.
pub(super) fn attested(layout: &Path) -> Result<String, String> {
    for path in Folder::files(&layout.join("blobs")) {
        // An attestation is small; a layer is not read.
        if path.metadata().is_ok_and(|what| what.len() > 64 << 20) {
            continue;
        }
        let Some(statement) = std::fs::read(&path).ok().and_then(|bytes| payload(&bytes)) else { continue };
        if statement["predicateType"] == "https://cyclonedx.org/bom" {
            return Ok(statement["predicate"].to_string());
        }
    }
    Err(format!("{}: no CycloneDX attestation", layout.display()))
}

/// The statement in a DSSE envelope.
fn payload(bytes: &[u8]) -> Option<Value> {
    let envelope: Value = serde_json::from_slice(bytes).ok()?;
    let payload = BASE64.decode(envelope["payload"].as_str()?.as_bytes()).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Both lists, name and version and architecture, must be the same; how many packages there are.
pub(super) fn compare(rootfs: &Path, sbom: &str) -> Result<usize, String> {
    let (dpkg, sbom) = (dpkg(rootfs)?, listed(sbom)?);
    let missing: Vec<_> = dpkg.difference(&sbom).collect();
    let invented: Vec<_> = sbom.difference(&dpkg).collect();
    if missing.is_empty() && invented.is_empty() && !dpkg.is_empty() {
        return Ok(dpkg.len());
    }
    Err(format!("{} packages by dpkg; the SBOM lacks {missing:?} and invents {invented:?}", dpkg.len()))
}

/// What `dpkg-query` says is installed; where it is not at hand, the stanzas of its status file.
fn dpkg(rootfs: &Path) -> Result<BTreeSet<String>, String> {
    let admin = rootfs.join("var/lib/dpkg");
    let format = "${db:Status-Status} ${Package} ${Version} ${Architecture}\\n";
    let mut query = Command::new("dpkg-query");
    query.arg("--admindir").arg(&admin).args(["--show", "--showformat", format]);
    let said = match query.output() {
        Ok(done) if done.status.success() => String::from_utf8_lossy(&done.stdout).into_owned(),
        _ => {
            println!("dpkg-query is absent: its status file is read instead");
            let status = admin.join("status");
            stanzas(&std::fs::read_to_string(&status).map_err(|error| format!("{}: {error}", status.display()))?)
        }
    };
    Ok(said.lines().filter_map(|line| line.strip_prefix("installed ")).map(str::to_owned).collect())
}

fn stanzas(status: &str) -> String {
    let lines = status.split("\n\n").map(|stanza| {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        let state = field("Status:").rsplit(' ').next().unwrap_or_default();
        format!("{state} {} {} {}\n", field("Package:"), field("Version:"), field("Architecture:"))
    });
    lines.collect()
}

/// The Debian packages of a CycloneDX document, read from their package URLs.
fn listed(sbom: &str) -> Result<BTreeSet<String>, String> {
    let document: Value = serde_json::from_str(sbom).map_err(|error| format!("the SBOM: {error}"))?;
    let components = document["components"].as_array().ok_or("the SBOM lists no components")?;
    let mut found = BTreeSet::new();
    for component in components {
        let Some(purl) = component["purl"].as_str().filter(|purl| purl.starts_with("pkg:deb/")) else { continue };
        let (path, qualifiers) = purl.split_once('?').unwrap_or((purl, ""));
        let (name, version) = path.rsplit('/').next().and_then(|last| last.split_once('@')).ok_or("no version")?;
        let architecture = qualifiers.split('&').find_map(|one| one.strip_prefix("arch=")).unwrap_or_default();
        if !found.insert(format!("{} {} {architecture}", decoded(name), decoded(version))) {
            return Err(format!("{purl} is listed twice"));
        }
    }
    Ok(found)
}

/// Percent-decoding, as package URLs encode `+`, `:` and `~`.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (code, part.get(2..)) {
            (Some(code), Some(rest)) if code.is_ascii() => {
                out.push(char::from(code));
                out.push_str(rest);
            }
            _ => out.push_str(part),
        }
    }
    out
}
