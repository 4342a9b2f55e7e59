//! `key`, `cert`, `trust-policy`, `pki`: what is wrong is said precisely, with its place.

use crate::{
    harbour::{Harbour, SIGNER, trust_policy},
    notary::private,
};

#[test]
fn a_key_of_another_chain_is_named() {
    let harbour = Harbour::empty().with_trust();
    harbour.issue("pki", "publisher", "other", "");
    std::fs::copy(harbour.path("publisher/localkeys/other.key"), harbour.path("publisher/localkeys/release.key"))
        .unwrap();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour
        .run("sign oci:layout:v1 --key release --config publisher")
        .exits(2)
        .says("key-not-of-certificate")
        .says("release.crt")
        .says("release.key");
    let line =
        "key add mixed --key publisher/localkeys/other.key --chain publisher/localkeys/release.crt --config publisher";
    harbour.run(line).exits(2).says("key-not-of-certificate");
    // A chain in the wrong order, and one without its root.
    let chain = harbour.read("publisher/localkeys/other.crt");
    let blocks: Vec<&str> = chain.split_inclusive("-----END CERTIFICATE-----\n").collect();
    for (name, order) in [("swapped", [0, 2, 1].as_slice()), ("headless", &[0, 1])] {
        harbour.write("chain.pem", order.iter().map(|at| blocks[*at]).collect::<String>());
        harbour
            .run(&format!("key add {name} --key publisher/localkeys/other.key --chain chain.pem --config publisher"))
            .exits(2)
            .says("chain-invalid");
    }
    harbour.run("key ls --config publisher").succeeds().does_not_say("swapped").does_not_say("headless");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_write_is_refused_and_one_that_they_can_read_is_warned_about() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let line = "sign oci:layout:v1 --key release --config publisher";
    let mode = |mode| {
        std::fs::set_permissions(harbour.path("publisher/localkeys/release.key"), Permissions::from_mode(mode))
            .unwrap();
    };
    let made = std::fs::metadata(harbour.path("publisher/localkeys/release.key")).unwrap().permissions().mode();
    assert_eq!(made & 0o077, 0, "a key that is made is its owner's alone");
    harbour.run(line).succeeds().does_not_say("readable");
    mode(0o644);
    harbour.run(line).succeeds().says("warning: ").says("readable by its owner only");
    mode(0o622);
    harbour.run(line).exits(2).says("unsafe-path");
    let signatures = harbour.json("inspect oci:layout:v1")["signatures"].as_array().unwrap().len();
    assert_eq!(signatures, 2);
}

#[test]
fn a_stray_brace_in_a_trust_policy_is_said_with_its_place() {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let good = format!("{:#}", trust_policy("strict", "*"));
    let stray = format!("{good}\n}}\n");
    let line = stray.lines().count();
    harbour.write("stray.json", &stray);
    harbour.run("trust-policy import stray.json --config new").exits(2).says(&format!("line {line}")).says("column 1");
    harbour.write("consumer/trustpolicy.oci.json", &stray);
    for command in ["verify oci:layout:v1 --scope localhost/a --config consumer", "trust-policy show --config consumer"]
    {
        harbour.run(command).exits(2).says(&format!("line {line}")).says("trustpolicy.oci.json");
    }
    // What breaks a rule is named, with what was expected.
    let mut policy = trust_policy("strict", "*");
    policy["trustPolicies"][0]["signatureVerification"]["level"] = "lax".into();
    harbour.write("lax.json", policy.to_string());
    harbour.run("trust-policy import lax.json --config new").exits(2).says("lax").says("malformed-trust-policy");
}

#[test]
fn the_configuration_directory_is_read_and_written_as_notation_has_it() {
    let harbour = Harbour::empty().with_trust();
    harbour.issue("pki", "publisher", "second", "--default");
    let keys = harbour.json("key ls --config publisher");
    let names: Vec<_> =
        keys.as_array().unwrap().iter().map(|one| (one["name"].as_str(), one["default"].as_bool())).collect();
    assert_eq!(names, [(Some("release"), Some(false)), (Some("second"), Some(true))]);
    let file: serde_json::Value = serde_json::from_str(&harbour.read("publisher/signingkeys.json")).unwrap();
    assert_eq!(file["default"], "second");
    assert!(file["keys"][0]["keyPath"].as_str().unwrap().ends_with("localkeys/release.key"));
    // The default key signs.
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    assert_eq!(harbour.json("sign oci:layout:v1 --config publisher")["key"], "second");
    // Certificates.
    let stores = harbour.json("cert ls --config consumer");
    assert_eq!(stores[0]["store"], "ca:harbour");
    assert_eq!(stores[0]["certificates"][0]["subject"], "CN=Root,O=Harbour,ST=WA,C=US");
    assert!(harbour.path("consumer/truststore/x509/ca/harbour/root.pem").exists());
    harbour.run("cert add --type ca --store harbour publisher/localkeys/release.crt --config consumer").exits(2);
    // Nothing is overwritten unasked.
    harbour.run("trust-policy import trustpolicy.json --config consumer").exits(2).says("already-there");
    harbour.run("trust-policy import trustpolicy.json --config consumer --force").succeeds();
    harbour.run(&format!("pki init --subject '{SIGNER}' --dir pki")).exits(2).says("already-there");
    let issue = "--issuer-key pki/intermediate.key --issuer-chain pki/intermediate.pem --config publisher";
    harbour.run(&format!("pki issue --subject '{SIGNER}' --name release {issue}")).exits(2).says("already-there");
    harbour.run(&format!("pki issue --subject '{SIGNER}' --name ../up {issue}")).exits(2).says("malformed-name");
    assert!(!harbour.path("up.key").exists() && !harbour.path("publisher/up.key").exists());
    private(&harbour, "empty.key", "");
    harbour.run("key add empty --key empty.key --chain pki/root.pem --config publisher").exits(2);
}

#[test]
fn an_issuer_that_may_not_issue_does_not() {
    let harbour = Harbour::empty().with_trust();
    let leaf = "--issuer-key publisher/localkeys/release.key --issuer-chain publisher/localkeys/release.crt";
    harbour
        .run(&format!("pki issue --subject '{SIGNER}' --name below {leaf} --config publisher"))
        .exits(2)
        .says("issue-refused");
    // Path length zero: no authority below the intermediate.
    let below = "--issuer-key pki/intermediate.key --issuer-chain pki/intermediate.pem --name deeper --dir pki";
    harbour.run(&format!("pki intermediate --subject 'CN=Deeper,O=Harbour' {below}")).exits(2).says("issue-refused");
    let crossed = "--issuer-key pki/root.key --issuer-chain pki/intermediate.pem --name crossed --dir pki";
    harbour.run(&format!("pki intermediate --subject 'CN=Crossed,O=Harbour' {crossed}")).exits(2);
    assert!(!harbour.path("pki/deeper.pem").exists() && !harbour.path("pki/crossed.pem").exists());
}

#[test]
fn what_expires_soon_is_listed_and_decides_the_exit_code() {
    let harbour = Harbour::empty().with_trust();
    harbour.issue("pki", "publisher", "brief", "--valid 2d");
    let done = harbour.run("cert ls --expiring 3d --config publisher -o json").exits(1);
    let listed = done.json();
    let places: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["place"].as_str().unwrap()).collect();
    assert_eq!(places, ["key:brief"]);
    assert_eq!(listed[0]["expired"], false);
    harbour.run("cert ls --expiring 1d --config publisher").succeeds().says("nothing expires before");
    // The root of the trust store lasts longer than the chain of the key.
    harbour.run("cert ls --expiring 36000d --config consumer").exits(1).says("ca:harbour");
    // What cannot be read may be about to expire.
    harbour.write("publisher/localkeys/brief.crt", "no certificate");
    harbour.run("cert ls --expiring 1d --config publisher").exits(3);
}

#[test]
fn a_mounted_store_is_listed_as_it_is_read() {
    let harbour = Harbour::empty().with_trust();
    let store = "consumer/truststore/x509/ca/mounted";
    harbour.write(&format!("{store}/..1/root.pem"), harbour.read("pki/root.pem"));
    std::os::unix::fs::symlink("..1", harbour.path(&format!("{store}/..data"))).unwrap();
    std::os::unix::fs::symlink("..data/root.pem", harbour.path(&format!("{store}/root.pem"))).unwrap();
    let lines = ["cert ls --config consumer", "cert ls --expiring 36000d --config consumer"];
    for line in lines {
        assert!(!matches!(harbour.run(line).code, Some(0 | 1)), "{line}: a link is not followed where nobody says so");
    }
    harbour.write("consumer/plimsoll.yaml", "mounted-stores: ['ca:mounted']");
    harbour.run(lines[0]).succeeds().says("ca:mounted");
    harbour.run(lines[1]).exits(1).says("ca:mounted");
}
