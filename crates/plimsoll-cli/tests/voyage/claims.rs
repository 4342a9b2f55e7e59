//! What is proven, about what, by whom: images that would like to look better than they are.

use crate::{
    harbour::{Harbour, RULES, SIGNER, trust_policy},
    notary::{lasting, private},
};
use plimsoll::pki::issue::Role;
use plimsoll_testkit::pki::{Certified, KeySpec, ROOT};
use serde_json::{Value, json};

/// An image that is shipped as it should be, at version 2.
fn shipped() -> Harbour {
    let harbour = Harbour::open();
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    harbour.check(&harbour.at("v2"), "").admits();
    harbour
}

fn lock(harbour: &Harbour, name: &str, package: &str) -> String {
    let text = format!(
        "version = 4\n\n[[package]]\nname = \"{package}\"\nversion = \"1.0.0\"\n\
         source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
    );
    harbour.write(&format!("{name}/Cargo.lock"), text);
    format!("{name}/Cargo.lock")
}

// attack: A-368
#[test]
fn a_368_another_repositorys_signed_image_is_not_this_one() {
    let harbour = shipped();
    harbour.ship(&harbour.elsewhere("v2"), "2.0.0", "--label other=1");
    harbour.run(&format!("copy {} {}", harbour.elsewhere("v2"), harbour.at("v2"))).succeeds();
    harbour.check(&harbour.at("v2"), "").blocks("name-not-bound");
    // Where the policy does not demand the name, it warns that it does not.
    harbour.write("rules.yaml", RULES.replace("        name: bound\n", ""));
    let verdict = harbour.check(&harbour.at("v2"), "").admits();
    assert!(verdict.stderr.contains("warning: ") && verdict.stderr.contains("name"), "{}", verdict.stderr);
}

// attack: A-369
#[test]
fn a_369_an_older_image_of_the_same_signer_is_a_rollback() {
    let harbour = shipped();
    harbour.ship(&harbour.at("v1"), "1.9.9", "--label old=1");
    harbour.run(&format!("tag {} v2", harbour.at("v1"))).succeeds();
    harbour.check(&harbour.at("v2"), "").blocks("rollback");
    // A signature without a version is not newer than any.
    harbour.run(&format!("build rootfs -t {} --label none=1", harbour.at("none"))).succeeds();
    let bound = harbour.at("none").rsplit_once(':').unwrap().0.to_owned();
    let line = format!("sign {} --key release --config publisher", harbour.at("none"));
    harbour.run(&format!("{line} --user-metadata org.plimsoll.repository={bound}")).succeeds();
    harbour.check(&harbour.at("none"), "").blocks("version-not-signed");
}

// attack: A-009, A-010
#[test]
fn a_009_a_tag_that_moves_is_resolved_once_and_judged_anew() {
    let harbour = shipped();
    harbour.run(&format!("tag {} stable", harbour.at("v2"))).succeeds();
    let before = harbour.check(&harbour.at("stable"), "--save before").admits();
    let moved = harbour.json(&format!("build rootfs -t {} --label moved=1", harbour.at("stable")));
    let after = harbour.check(&harbour.at("stable"), "").blocks("no-signature");
    assert_eq!(after.json["subject"], moved["digest"]);
    assert_ne!(before.json["subject"], after.json["subject"]);
    // One question about the tag; all others name the digest that it gave.
    let recording: Value = serde_json::from_str(&harbour.read("before/recording.json")).unwrap();
    let asked: Vec<_> = recording["answers"].as_array().unwrap().iter().map(|pair| &pair[0]["ask"]).collect();
    assert_eq!(asked.iter().filter(|ask| ***ask == "resolve").count(), 1, "{asked:?}");
}

// attack: A-377
#[test]
fn a_377_a_cleaner_inventory_of_a_stranger_changes_nothing_and_a_worse_one_of_a_signer_denies() {
    let harbour = Harbour::open();
    let bad = lock(&harbour, "bad", "stowaway");
    let good = lock(&harbour, "good", "passenger");
    harbour.ship(&harbour.at("v2"), "2.0.0", &format!("--sbom-from {bad}"));
    harbour.check(&harbour.at("v2"), "").blocks("component-denied");
    // Whoever may push hangs a clean one beside it: signed by nobody, and signed by a stranger.
    harbour.run(&format!("sbom {good} --output clean.json")).succeeds();
    let attach = "--artifact-type application/vnd.cyclonedx+json";
    harbour.run(&format!("attach {} clean.json {attach}", harbour.at("v2"))).succeeds();
    harbour.authority("pki2", "stranger");
    let attest = |image: &str, file: &str, config: &str| {
        let line = format!("attest {} --type cyclonedx --predicate {file} --key release", harbour.at(image));
        harbour.run(&format!("{line} --config {config}")).succeeds();
    };
    attest("v2", "clean.json", "stranger");
    let verdict = harbour.check(&harbour.at("v2"), "").blocks("component-denied");
    let inventories = verdict.facts("inventory");
    assert!(inventories.iter().any(|fact| fact["backing"] == "attached"), "what does not count is shown");

    // The other way round: a stranger can neither spoil a clean image nor can a signer take back what he listed.
    harbour.ship(&harbour.at("clean"), "2.0.0", &format!("--sbom-from {good} --label clean=1"));
    harbour.run(&format!("sbom {bad} --output bad.json")).succeeds();
    attest("clean", "bad.json", "stranger");
    harbour.check(&harbour.at("clean"), "").admits();
    attest("clean", "bad.json", "publisher");
    harbour.check(&harbour.at("clean"), "").blocks("component-denied");
    attest("clean", "clean.json", "publisher");
    harbour.check(&harbour.at("clean"), "").blocks("component-denied");
}

// attack: A-378
#[test]
fn a_378_that_an_inventory_was_not_compared_with_the_image_is_said() {
    let harbour = shipped();
    let verdict = harbour.check(&harbour.at("v2"), "").admits();
    let notes = verdict.json["notes"].to_string();
    assert!(notes.contains("not compared with the image's layers"), "{notes}");
    // Nothing is said where there is none.
    harbour.run(&format!("build rootfs -t {} --label bare=1", harbour.at("bare"))).succeeds();
    let verdict = harbour.check(&harbour.at("bare"), "").blocks("no-inventory");
    assert!(!verdict.json["notes"].to_string().contains("layers"));
}

// attack: A-376
#[test]
fn a_376_rules_that_hiding_evidence_could_turn_are_refused() {
    let harbour = shipped();
    for require in [
        "not: {attestation: {types: [\"https://example.com/recall/v1\"]}}",
        "condition: \"!attestations.exists(a, a.predicate_type == 'https://example.com/recall/v1')\"",
        "condition: size(signatures) < 2",
    ] {
        harbour.write(
            "hideable.yaml",
            format!("version: 1\nname: x\nrules:\n  - name: recalled\n    require:\n      {require}\n"),
        );
        harbour.run("policy test hideable.yaml").exits(2).says("policy-invalid");
        harbour.run(&format!("check {} --policy hideable.yaml --config consumer", harbour.at("v2"))).exits(2);
    }
    // Hidden evidence that is required blocks: the files of the referrers are gone from the storage.
    let found = harbour.json(&format!("discover {}", harbour.at("v2")));
    for referrer in found["referrers"].as_array().unwrap() {
        let path = harbour.blob("team/app", referrer["digest"].as_str().unwrap());
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let verdict = harbour.check(&harbour.at("v2"), "");
        assert!(matches!(verdict.exit, 1 | 3), "{:#}", verdict.json);
        std::fs::write(&path, bytes).unwrap();
    }
    harbour.check(&harbour.at("v2"), "").admits();
}

// attack: A-379
#[test]
fn a_379_a_verdict_at_a_given_time_says_so() {
    let harbour = Harbour::open();
    harbour.issue("pki", "publisher", "short", "--valid 1h");
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    harbour.run(&format!("build rootfs -t {} --label short=1", harbour.at("short"))).succeeds();
    let line = format!(
        "ship {0} -t {0} --app-version 2.0.0 --key short --allow-short-lived --config publisher",
        harbour.at("short")
    );
    harbour.run(&line).succeeds();
    let now = harbour.check(&harbour.at("short"), "").admits();
    assert!(!now.json["notes"].to_string().contains("given"));
    let until = now.json["holds"]["until"].as_str().unwrap().to_owned();
    // The verdict does not outlive the certificate, at whose end it comes out otherwise.
    let late = harbour.check(&harbour.at("short"), &format!("--at {until}")).blocks("certificate-expired");
    let early = harbour.check(&harbour.at("short"), &format!("--at {}", now.json["holds"]["from"].as_str().unwrap()));
    for verdict in [&late, &early.admits()] {
        assert!(verdict.json["notes"].to_string().contains("a time that was given"), "{:#}", verdict.json["notes"]);
    }
    let text =
        harbour.run(&format!("check {} --policy rules.yaml --config consumer --at {until}", harbour.at("short")));
    text.exits(1).says("a time that was given");
}

/// A consumer who also trusts this root, and a key under it.
fn add_signer(harbour: &Harbour, root: &Certified, leaf: &Certified, name: &str) {
    harbour.write(&format!("{name}.pem"), leaf.pem() + &root.pem());
    private(harbour, &format!("{name}.key"), &leaf.key.to_pkcs8_pem());
    let line = format!("key add {name} --key {name}.key --chain {name}.pem --config publisher");
    harbour.run(&line).succeeds();
}

// attack: A-384
#[test]
fn a_384_one_key_with_two_certificates_is_one_signer() {
    let harbour = shipped();
    let root = Certified::self_signed(KeySpec::P256, ROOT, Role::Root { path_length: None }, lasting);
    harbour.write("two.pem", root.pem());
    harbour.run("cert add --type ca --store harbour two.pem --config consumer").succeeds();
    // The test key of that size is one and the same: two certificates on it.
    for name in ["first", "second"] {
        let edit = |draft: &mut plimsoll::pki::issue::Draft| {
            lasting(draft);
            draft.serial = if name == "first" { vec![1] } else { vec![2] };
        };
        let leaf = root.issue(KeySpec::Rsa2048, SIGNER, Role::Signer { ocsp: &[], crl: &[] }, edit);
        add_signer(&harbour, &root, &leaf, name);
    }
    harbour.write(
        "rules.yaml",
        RULES.replace("        name: bound\n        minimumVersion: \"2.0.0\"\n", "        count: 2\n"),
    );
    harbour.run(&format!("build rootfs -t {} --label twice=1", harbour.at("twice"))).succeeds();
    let sign = |name: &str| {
        harbour.run(&format!("sign {} --key {name} --config publisher", harbour.at("twice"))).succeeds();
    };
    sign("first");
    sign("second");
    harbour.check(&harbour.at("twice"), "").blocks("too-few-signers");
    sign("release");
    let verdict = harbour.check(&harbour.at("twice"), "");
    assert!(!verdict.codes().contains(&"too-few-signers"), "{:?}", verdict.codes());
}

// attack: A-385
#[test]
fn a_385_what_a_level_only_logged_is_a_claim_and_no_signature() {
    let harbour = shipped();
    let at = "--at 2120-01-01T00:00:00Z";
    for level in ["permissive", "audit"] {
        harbour.write("trustpolicy.json", trust_policy(level, "*").to_string());
        harbour.run("trust-policy import trustpolicy.json --force --config consumer").succeeds();
        // `verify` does as Notation does and says what was logged; a rule about signers is not met by it.
        harbour
            .run(&format!("verify {} --config consumer {at}", harbour.at("v2")))
            .succeeds()
            .says("certificate-expired");
        let verdict = harbour.check(&harbour.at("v2"), at).blocks("certificate-expired");
        assert_eq!(verdict.facts("signature")[0]["backing"], "attached");
    }
    let mut stranger = trust_policy("audit", "*");
    stranger["trustPolicies"][0]["trustedIdentities"] = json!(["x509.subject: C=US, ST=WA, O=Harbour, CN=other"]);
    harbour.write("trustpolicy.json", stranger.to_string());
    harbour.run("trust-policy import trustpolicy.json --force --config consumer").succeeds();
    harbour.run(&format!("verify {} --config consumer", harbour.at("v2"))).succeeds();
    harbour.check(&harbour.at("v2"), "").blocks("untrusted-identity");
    // Skipped is not signed either.
    harbour.write("trustpolicy.json", trust_policy("skip", "*").to_string());
    harbour.run("trust-policy import trustpolicy.json --force --config consumer").succeeds();
    let verdict = harbour.check(&harbour.at("v2"), "");
    assert!(verdict.codes().contains(&"signature-verification-skipped"), "{:?}", verdict.codes());
}

// attack: A-136
#[test]
fn a_136_an_attestation_of_one_type_is_none_of_another() {
    let harbour = shipped();
    // Good for images and for provenance is not good for inventories.
    harbour.write("rules.yaml", RULES.replace("[slsaprovenance1, cyclonedx]", "[slsaprovenance1]"));
    let verdict = harbour.check(&harbour.at("v2"), "");
    assert!(verdict.exit != 0 && verdict.codes().contains(&"attestation-type-not-allowed"), "{:?}", verdict.codes());
    // Good for images alone is good for no attestation.
    let nobody = RULES.replace("CN=release\"]", "CN=somebody\"]");
    assert_ne!(nobody, RULES);
    harbour.write("rules.yaml", nobody);
    let verdict = harbour.check(&harbour.at("v2"), "").blocks("attestation-not-authenticated");
    assert!(
        verdict.facts("provenance").iter().all(|fact| fact["backing"] == "attached"),
        "{:#}",
        verdict.json["facts"]
    );
}

// attack: A-371
#[test]
fn a_371_annotations_and_labels_about_the_base_prove_nothing() {
    let harbour = shipped();
    let forged = "--annotation org.opencontainers.image.base.name=registry.example.com/hardened:1 \
                  --annotation org.opencontainers.image.base.digest=sha256:0000 --label base=hardened --label signed=yes";
    harbour.run(&format!("build rootfs -t {} {forged}", harbour.at("forged"))).succeeds();
    let verdict = harbour.check(&harbour.at("forged"), "").blocks("no-signature");
    assert_eq!(verdict.facts("image")[0]["backing"], "computed");
    // A rule alone over what the pusher wrote admits, and the policy says what it is worth.
    harbour.write(
        "rules.yaml",
        "version: 1\nname: x\nrules:\n  - name: base\n    require: {image: {labels: {base: hardened}}}\n",
    );
    let verdict = harbour.check(&harbour.at("forged"), "");
    assert!(verdict.stderr.contains("warning: "), "{}", verdict.stderr);
    // No condition reads annotations or labels as if they were signed.
    harbour.write(
        "rules.yaml",
        "version: 1\nname: x\nrules:\n  - name: base\n    require:\n      condition: claimed.signatures.exists(s, true)\n",
    );
    harbour
        .run(&format!("check {} --policy rules.yaml --config consumer", harbour.at("forged")))
        .exits(2)
        .says("`claimed` is what anybody who may push can write");
}

// attack: A-383
#[test]
fn a_383_the_registry_answers_nobody_who_meant_another_host() {
    use std::io::{Read as _, Write as _};
    let harbour = Harbour::open();
    let ask = |host: &str, more: &str| {
        let mut stream = std::net::TcpStream::connect(&harbour.registry().address).unwrap();
        write!(stream, "GET /v2/ HTTP/1.1\r\nhost: {host}\r\n{more}connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(ask(&harbour.registry().address, ""), "200");
    assert_eq!(ask("evil.example", ""), "421");
    assert_eq!(ask(&harbour.registry().address, "origin: https://evil.example\r\n"), "421");
    harbour.run("serve registry --addr 0.0.0.0:0 --store other").exits(2).says("insecure-listener");
}

// attack: A-377
#[test]
fn a_377_rubbish_that_anybody_hangs_onto_an_image_blocks_nothing() {
    let harbour = shipped();
    harbour.write("rubbish.json", "{\"payload\": \"!\", ");
    harbour.write("statement.json", r#"{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"x"}"#);
    for (kind, media_type) in [
        ("application/vnd.in-toto+json", "application/vnd.dsse.envelope.v1+json"),
        ("application/vnd.in-toto+json", "application/vnd.in-toto+json"),
        ("application/vnd.cyclonedx+json", "application/vnd.cyclonedx+json"),
        ("application/spdx+json", "application/spdx+json"),
        ("application/vnd.cncf.notary.signature", "application/jose+json"),
        ("application/vnd.cncf.notary.signature", "application/cose"),
        ("application/vnd.cncf.notary.signature", "text/plain"),
    ] {
        for file in ["rubbish.json", "statement.json"] {
            let line = format!("attach {} {file} --artifact-type {kind} --media-type {media_type}", harbour.at("v2"));
            harbour.run(&line).succeeds();
        }
    }
    harbour.check(&harbour.at("v2"), "").admits();
    harbour.run(&format!("verify {} --config consumer", harbour.at("v2"))).succeeds();
    harbour.run(&format!("inspect {}", harbour.at("v2"))).succeeds();
}
