//! `distrust`, `trust-policy lint`, `plugin`, and what `key` and `cert` say of keys and certificates.

use crate::harbour::{Harbour, Verdict, trust_policy};
use serde_json::{Value, json};

const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";

/// An image that the publisher signed.
fn signed() -> Harbour {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour.run(&format!("sign {IMAGE} --config publisher")).succeeds();
    harbour
}
fn verify(harbour: &Harbour) -> Verdict {
    Verdict::of(harbour.run(&format!("verify {IMAGE} --config consumer -o json")))
}

#[test]
fn whom_the_operator_distrusts_is_not_trusted_and_can_be_again() {
    let harbour = signed();
    verify(&harbour).admits();
    harbour.run("distrust ls --config consumer").succeeds().says("nobody");
    let leaf = "publisher/localkeys/release.crt";
    for whom in [
        format!("--cert {leaf}"),
        format!("--key {leaf}"),
        "--issuer pki/intermediate.pem".to_owned(),
        "--issuer pki/root.pem".to_owned(),
    ] {
        let added = harbour.run(&format!("distrust add {whom} --reason 'laptop stolen' --config consumer -o json"));
        let added = added.succeeds().json();
        let verdict = verify(&harbour).blocks("certificate-distrusted");
        assert!(verdict.json["reasons"].to_string().contains("laptop stolen"), "{whom}: {:#}", verdict.json);
        let listed = harbour.json("distrust ls --config consumer");
        assert_eq!(listed, json!([added["added"]]), "{whom}");
        harbour.run(&format!("distrust rm {whom} --config consumer")).succeeds().says("distrusted no more");
        verify(&harbour).admits();
        harbour.run(&format!("distrust rm {whom} --config consumer")).exits(1).says("is not on the list");
    }
}

#[test]
fn only_a_verified_time_saves_what_is_distrusted_since_a_time() {
    let harbour = signed();
    let add = |more: &str| {
        harbour.run(&format!("distrust add --cert publisher/localkeys/release.crt --config consumer {more}"))
    };
    // The signer claims to have signed before that; nobody else says so.
    add("--signed-after 2099-01-01T00:00:00Z --reason leaked").succeeds().says("2099-01-01T00:00:00Z");
    verify(&harbour).blocks("certificate-distrusted");
    add("--reason 'leaked for sure'").succeeds().says("in place of").says("2099");
    assert_eq!(harbour.json("distrust ls --config consumer").as_array().unwrap().len(), 1);
    // A digest will do, where the file is gone.
    let digest = harbour.json("distrust ls --config consumer")[0]["certificate"].as_str().unwrap().to_owned();
    harbour.run(&format!("distrust rm --cert {digest} --config consumer")).succeeds();
    verify(&harbour).admits();
    add("").exits(2);
    add("--signed-after yesterday --reason x").exits(2);
    let both = "--key publisher/localkeys/release.crt --reason x";
    add(both).exits(2);
    harbour.run("distrust add --reason x --config consumer").exits(2);
    // A signer issues nothing: such an entry would say nothing.
    let wrong = "distrust add --issuer publisher/localkeys/release.crt --reason x --config consumer";
    harbour.run(wrong).exits(2).says("expected the certificate of an authority");
    verify(&harbour).admits();
    // A list that cannot be read may hold anybody.
    harbour.write("consumer/distrust.json", r#"{"entries": [{"certificates": "x", "reason": "y"}]}"#);
    harbour.run(&format!("verify {IMAGE} --config consumer")).exits(2).says("malformed-distrust-list");
}

fn lint(harbour: &Harbour, policy: &Value, more: &str, exit: i32) -> Vec<(String, String)> {
    harbour.write("lint.json", policy.to_string());
    let done = harbour.run(&format!("trust-policy lint lint.json --config consumer -o json {more}")).exits(exit);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    done.json().as_array().unwrap().iter().map(|one| (text(&one["severity"]), text(&one["message"]))).collect()
}

#[test]
fn lint_finds_what_is_allowed_and_likely_not_meant() {
    let harbour = Harbour::empty().with_trust();
    harbour.run("cert add --type tsa --store clock pki/root.pem --config consumer").succeeds();
    let mut policy = trust_policy("strict", "localhost/team/app");
    let has = |found: &[(String, String)], severity: &str, text: &str| {
        assert!(found.iter().any(|(s, m)| s == severity && m.contains(text)), "{severity} {text}: {found:?}");
    };
    has(&lint(&harbour, &policy, "", 1), "warning", "no `tsa` trust store");
    policy["trustPolicies"][0]["trustStores"] = json!(["ca:harbour", "tsa:clock"]);
    assert_eq!(lint(&harbour, &policy, "", 0), []);
    // Roots that expire: within ninety days, or what is asked for.
    has(&lint(&harbour, &policy, "--expiring 4000d", 1), "warning", "expires on");
    // What is only worth knowing does not fail.
    let mut wider = policy["trustPolicies"][0].clone();
    (wider["name"], wider["registryScopes"]) = (json!("team"), json!(["localhost/team/*"]));
    let mut nested = policy.clone();
    nested["trustPolicies"].as_array_mut().unwrap().push(wider);
    let found = lint(&harbour, &nested, "", 0);
    has(&found, "note", "is an extension");
    has(&found, "note", "lies within");
    let mut lax = policy.clone();
    lax["trustPolicies"][0]["registryScopes"] = json!(["*"]);
    lax["trustPolicies"][0]["trustedIdentities"] = json!(["*"]);
    lax["trustPolicies"][0]["signatureVerification"] = json!({ "level": "audit" });
    let found = lint(&harbour, &lax, "", 1);
    has(&found, "warning", "accepts every signer");
    has(&found, "warning", "is only logged");
    let mut absent = policy.clone();
    absent["trustPolicies"][0]["trustStores"] = json!(["ca:absent", "tsa:clock"]);
    let found = lint(&harbour, &absent, "", 1);
    has(&found, "error", "ca:absent");
    assert_eq!(found[0].0, "error", "the worst comes first");
    // The one in place; one that is none is malformed, and not merely unwise.
    harbour.run("trust-policy lint --config consumer").exits(1).says("warning: ");
    harbour.write("none.json", "{}");
    harbour.run("trust-policy lint none.json --config consumer").exits(2).says("malformed-trust-policy");
    harbour.run("trust-policy lint none.json --blob --config consumer").exits(2).says("malformed-trust-policy");
}

#[test]
fn the_trust_policy_for_blobs_has_its_own_file() {
    let harbour = Harbour::empty().with_trust();
    let mut policy = trust_policy("strict", "*");
    policy["trustPolicies"][0].as_object_mut().unwrap().remove("registryScopes");
    harbour.write("blob.json", policy.to_string());
    harbour.run("trust-policy show --blob --config consumer").exits(3).says("file-missing");
    harbour.run("trust-policy import blob.json --blob --config consumer").succeeds().says("trustpolicy.blob.json");
    harbour.run("trust-policy import blob.json --blob --config consumer").exits(2).says("already-there");
    harbour.run("trust-policy import blob.json --blob --force --config consumer").succeeds();
    assert_eq!(harbour.json("trust-policy show --blob --config consumer"), policy);
    harbour.run("trust-policy lint --blob --config consumer").exits(1).says("no `tsa` trust store");
    harbour.run("trust-policy import blob.json --config other").exits(2).says("malformed-trust-policy");
}

#[test]
fn keys_are_chosen_and_taken_from_the_list() {
    let harbour = Harbour::empty().with_trust();
    harbour.issue("pki", "publisher", "second", "");
    let default = || {
        let keys = harbour.json("key ls --config publisher");
        let keys: Vec<_> = keys.as_array().unwrap().iter().filter(|one| one["default"] == true).cloned().collect();
        keys.first().map(|one| one["name"].as_str().unwrap().to_owned())
    };
    assert_eq!(default().as_deref(), Some("release"));
    harbour.run("key update second --default --config publisher").succeeds();
    assert_eq!(default().as_deref(), Some("second"));
    harbour.run("key update third --default --config publisher").exits(2).says("unknown-key");
    // All or none.
    harbour.run("key rm second third --config publisher").exits(2).says("unknown-key");
    assert_eq!(default().as_deref(), Some("second"));
    harbour.run("key rm second --config publisher").succeeds();
    assert_eq!(default(), None);
    assert!(harbour.path("publisher/localkeys/second.key").exists(), "the files stay");
    harbour.run("key add x --config publisher").exits(2);
    harbour.run("key add x --key publisher/localkeys/second.key --config publisher").exits(2);
}

#[test]
fn certificates_are_shown_and_taken_out_of_their_stores() {
    let harbour = Harbour::empty().with_trust();
    let store = "--type ca --store harbour --config consumer";
    let shown = harbour.json(&format!("cert show {store} root.pem"));
    assert_eq!(shown[0]["subject"], "CN=Root,O=Harbour,ST=WA,C=US");
    assert_eq!((&shown[0]["authority"], shown[0]["sha256"].as_str().unwrap().len()), (&json!(true), 64));
    for wrong in ["../../../trustpolicy.oci.json", "..", "/etc/passwd", "a/b"] {
        harbour.run(&format!("cert show {store} {wrong}")).exits(2).says("expected the name of a file");
        harbour.run(&format!("cert rm {store} {wrong}")).exits(2).says("expected the name of a file");
    }
    assert!(harbour.path("consumer/trustpolicy.oci.json").exists());
    harbour.run(&format!("cert rm {store}")).exits(2);
    harbour.run(&format!("cert rm {store} absent.pem")).exits(2);
    harbour.run(&format!("cert rm {store} root.pem")).succeeds();
    harbour.run(&format!("cert add {store} pki/root.pem")).succeeds();
    harbour.run(&format!("cert rm {store} --all")).succeeds();
    harbour.run("cert ls --config consumer").succeeds().says("no trust stores");
}

#[cfg(unix)]
#[test]
fn plugins_are_installed_checked_listed_and_removed() {
    let harbour = Harbour::empty().with_trust();
    let metadata = |version: &str| {
        json!({
            "name": "kms", "description": "a key service", "version": version, "url": "https://kms.test",
            "supportedContractVersions": ["1.0"], "capabilities": ["SIGNATURE_GENERATOR.RAW"],
        })
    };
    let script = |version: &str| format!("#!/bin/sh\necho '{}'\n", metadata(version));
    harbour.write("notation-kms", script("1.0.0"));
    let install = |more: &str| harbour.run(&format!("plugin install notation-kms --config publisher {more}"));
    install("").exits(2).says("plugin-unchecked").says("--sha256sum");
    install(&format!("--sha256sum {}", "0".repeat(64))).exits(2).says("digest-mismatch");
    let digest = plimsoll::core::Digest::sha256_of(script("1.0.0").as_bytes());
    install(&format!("--sha256sum {}", digest.encoded())).succeeds().says("kms 1.0.0");
    install("--unchecked").exits(2);
    harbour.write("notation-kms", script("1.1.0"));
    install("--unchecked").succeeds().says("in place of 1.0.0");
    let listed = harbour.json("plugin ls --config publisher");
    assert_eq!((&listed[0]["name"], &listed[0]["version"]), (&json!("kms"), &json!("1.1.0")));
    // A key that the plugin holds.
    let add = "--plugin kms --id key-1 --plugin-config region=north --config publisher";
    harbour.run(&format!("key add remote {add}")).succeeds();
    let file: Value = serde_json::from_str(&harbour.read("publisher/signingkeys.json")).unwrap();
    let entry = file["keys"].as_array().unwrap().iter().find(|one| one["name"] == "remote").unwrap();
    assert_eq!(
        *entry,
        json!({ "name": "remote", "id": "key-1", "pluginName": "kms", "pluginConfig": { "region": "north" } })
    );
    harbour.run("key add none --plugin absent --id x --config publisher").exits(3).says("plugin-not-installed");
    harbour.run("key add none --plugin ../kms --id x --config publisher").exits(2).says("malformed-plugin-name");
    harbour.run("plugin rm kms --config publisher").succeeds();
    harbour.run("plugin ls --config publisher").succeeds().says("no plugins");
    harbour.run("plugin rm kms --config publisher").exits(3).says("plugin-not-installed");
}

#[test]
fn a_policy_that_checks_nothing_anywhere_is_imported_only_if_it_is_meant() {
    let harbour = signed();
    harbour.write("skip.json", trust_policy("skip", "*").to_string());
    let import = |more: &str| harbour.run(&format!("trust-policy import skip.json --config fresh {more}"));
    import("").exits(2).says("checks no repository").says("--force");
    harbour.run("trust-policy show --config fresh").exits(3);
    import("--force").succeeds().says("imported").says("checks no repository");
    // Elsewhere than everywhere it is the operator's choice.
    harbour.write("skip.json", trust_policy("skip", "localhost/team/app").to_string());
    harbour.run("trust-policy import skip.json --config other").succeeds();
}
