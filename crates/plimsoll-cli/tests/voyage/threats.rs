//! What those can do who hold more than a pusher: the limits that docs/threat-model.md states.

use crate::harbour::{Harbour, RULES};
use plimsoll::core::Digest;

/// Nothing is asked about revocation yet: a stolen key is good until its certificate ends, or until nobody trusts it any more.
#[test]
fn a_stolen_key_signs_until_its_certificate_ends_or_its_root_is_no_longer_trusted() {
    let harbour = Harbour::open();
    harbour.issue("pki", "publisher", "stolen", "--valid 1h");
    let image = harbour.at("v3");
    harbour.write("rootfs/bin/implant", "what the owner never built");
    let line =
        format!("ship rootfs -t {image} --app-version 99.0.0 --key stolen --allow-short-lived --config publisher");
    harbour.run(&line).succeeds();
    let verdict = harbour.check(&image, "").admits();
    // A claimed signing time revives nothing.
    let until = verdict.json["holds"]["until"].as_str().unwrap();
    harbour.check(&image, &format!("--at {until}")).blocks("certificate-expired");
    // Two keys are more than one: whoever stole one cannot fill both places.
    harbour.write("rules.yaml", RULES.replace("name: bound\n", "name: bound\n        count: 2\n"));
    harbour.check(&image, "").blocks("too-few-signers");
    harbour.write("rules.yaml", RULES);
    // A rule can name the leaf certificate, and a stolen one is then struck off.
    let leaf = verdict.facts("signature")[0]["body"]["leaf"].as_str().unwrap().to_owned();
    let only = |leaf: &str| {
        RULES.replace("store: \"ca:harbour\"}]\n        name", &format!("leaf: \"{leaf}\"}}]\n        name"))
    };
    harbour.write("rules.yaml", only(&leaf));
    harbour.check(&image, "").admits();
    harbour.write("rules.yaml", only(&Digest::sha256_of(b"another certificate").to_string()));
    harbour.check(&image, "").blocks("signer-not-allowed");
    harbour.write("rules.yaml", RULES);
    // The root goes, and a new one comes.
    std::fs::remove_file(harbour.path("consumer/truststore/x509/ca/harbour/root.pem")).unwrap();
    harbour.authority("pki2", "reborn");
    harbour.run("cert add --type ca --store harbour pki2/root.pem --config consumer").succeeds();
    harbour.check(&image, "").blocks("untrusted-chain");
}

/// Whoever runs the registry can serve what was good yesterday, until the policy or the signature says otherwise.
#[test]
fn a_frozen_tag_is_admitted_until_the_minimum_version_or_the_expiry_says_otherwise() {
    let harbour = Harbour::open();
    harbour.ship(&harbour.at("stable"), "2.0.0", "--expiry 1h");
    let old = harbour.check(&harbour.at("stable"), "").admits();
    harbour.ship(&harbour.at("next"), "2.1.0", "--label fixed=1");
    // 2.1.0 is out, and `stable` is still the old image: nothing that is signed says which is the newest.
    harbour.check(&harbour.at("stable"), "").admits();
    harbour
        .check(&harbour.at("stable"), &format!("--at {}", old.json["holds"]["until"].as_str().unwrap()))
        .blocks("signature-expired");
    harbour.write("rules.yaml", RULES.replace("\"2.0.0\"", "\"2.1.0\""));
    harbour.check(&harbour.at("stable"), "").blocks("rollback");
    harbour.check(&harbour.at("next"), "").admits();
}

/// What refers to an image can be hidden. Whatever a rule demands is then missing.
#[test]
fn hidden_evidence_that_a_rule_demands_blocks() {
    let harbour = Harbour::open();
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    harbour.run(&format!("copy {} {} --without-referrers", harbour.at("v2"), harbour.elsewhere("v2"))).succeeds();
    let verdict = harbour.check(&harbour.elsewhere("v2"), "");
    for code in ["no-signature", "no-provenance", "no-inventory"] {
        assert!(verdict.codes().contains(&code), "{:?}", verdict.codes());
    }
    verdict.blocks("no-signature");
}

/// Of two authenticated inventories, the registry can hide the one that lists what is denied. This is not covered.
#[test]
fn a_second_inventory_can_be_hidden_so_have_one_made() {
    let harbour = Harbour::open();
    let image = harbour.at("v2");
    harbour.ship(&image, "2.0.0", "");
    let package = "version = 4\n\n[[package]]\nname = \"stowaway\"\nversion = \"1.0.0\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    harbour.write("bad/Cargo.lock", package);
    harbour.run("sbom bad/Cargo.lock --output bad.json").succeeds();
    let line = format!("attest {image} --type cyclonedx --predicate bad.json --key release --config publisher");
    let second = harbour.json(&line)["attestation"].as_str().unwrap().to_owned();
    harbour.check(&image, "").blocks("component-denied");
    // Taken out of the list, as only whoever owns the storage can: nobody can tell.
    harbour.run(&format!("copy {image} oci:hidden:v2")).succeeds();
    let index: serde_json::Value = serde_json::from_str(&harbour.read("hidden/index.json")).unwrap();
    let mut hidden = index.clone();
    hidden["manifests"].as_array_mut().unwrap().retain(|one| one["digest"] != *second);
    assert_ne!(hidden, index);
    harbour.write("hidden/index.json", hidden.to_string());
    let scope = image.rsplit_once(':').unwrap().0;
    harbour.check("oci:hidden:v2", &format!("--scope {scope}")).admits();
}
