//! Arrows only go down: a crate may use crates of a lower floor, never of its own or a higher one.

use std::{path::Path, process::Command};

/// The floors of `docs/architecture.md`.
const FLOORS: &[(u8, &[&str])] = &[
    (0, &["plimsoll-core"]),
    (
        1,
        &[
            "plimsoll-crypto",
            "plimsoll-envelope",
            "plimsoll-pki",
            "plimsoll-oci",
            "plimsoll-sbom",
            "plimsoll-policy",
            "plimsoll-verify",
        ],
    ),
    (2, &["plimsoll-notary", "plimsoll-provenance", "plimsoll-image", "plimsoll-catalog"]),
    (3, &["plimsoll-distribution", "plimsoll-store", "plimsoll-host", "plimsoll-pkcs11"]),
    (4, &["plimsoll-registry", "plimsoll-authority"]),
    (5, &["plimsoll"]),
    (6, &["plimsoll-cli"]),
];

/// Packages that stand outside the house: for development only.
const OUTSIDE: &[&str] = &["plimsoll-testkit", "plimsoll-benches", "xtask"];

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, crates)| crates.contains(&name)).map(|(floor, _)| *floor)
}

pub(crate) fn check(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let empty = Vec::new();
    let packages = metadata["packages"].as_array().unwrap_or(&empty);
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if OUTSIDE.contains(&name) {
            continue;
        }
        let Some(here) = floor(name) else {
            wrong.push(format!("`{name}` has no floor in xtask/src/check/floors.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap_or(&empty) {
            let used = dependency["name"].as_str().unwrap_or_default();
            let for_development = dependency["kind"].as_str() == Some("dev");
            if for_development || !used.starts_with("plimsoll") {
                continue;
            }
            arrows += 1;
            match floor(used) {
                Some(there) if there < here => {}
                Some(there) => wrong.push(format!("`{name}` (floor {here}) uses `{used}` (floor {there})")),
                None => wrong.push(format!("`{name}` uses `{used}`, which is for development only")),
            }
        }
    }
    println!("floors: {arrows} arrows between {} crates", packages.len().saturating_sub(OUTSIDE.len()));
    Ok(wrong)
}
