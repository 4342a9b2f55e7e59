//! Exit codes and JSON, for every command: 0 yes, 1 no, 2 what you gave is malformed, 3 could not find out.

use crate::harbour::Harbour;
use std::fs;

/// Every command that takes a reference, with everything else right.
fn of_reference(reference: &str) -> Vec<String> {
    let config = "--config publisher";
    vec![
        format!("attach {reference} rootfs/etc/motd --artifact-type text/plain"),
        format!("attest {reference} --type https://example.com/p/v1 --predicate predicate.json --key release {config}"),
        format!("check {reference} --policy rules.yaml --config consumer"),
        format!("copy {reference} oci:copied:v1"),
        format!("discover {reference}"),
        format!("inspect {reference}"),
        format!("list {reference}"),
        format!("pull {reference} --to pulled"),
        format!("sbom {reference}"),
        format!("ship {reference} -t oci:shipped:v1 --scope localhost/team/app --key release {config}"),
        format!("sign {reference} --key release {config}"),
        format!("tag {reference} other"),
        format!("verify {reference} --config consumer"),
    ]
}

#[test]
fn yes_is_0_and_json_of_every_command() {
    let harbour = Harbour::open();
    let reference = harbour.at("v2");
    harbour.write("predicate.json", "{}");
    harbour.ship(&reference, "2.0.0", "");
    let mut lines = of_reference(&reference);
    lines.extend(
        [
            "build rootfs -t oci:built:v1",
            "cert add --type ca --store more pki/root.pem --config consumer",
            "cert ls --config consumer",
            "explain no-signature",
            "explain",
            "key ls --config publisher",
            "pki init --subject 'CN=Other,O=Harbour,ST=WA,C=US' --dir other",
            "policy test rules.yaml",
            "sbom rootfs",
            "sbom rootfs --format spdx-json",
            "trust-policy import trustpolicy.json --force --config consumer",
            "trust-policy show --config consumer",
            "version",
        ]
        .map(str::to_owned),
    );
    for line in lines {
        // Once as text, in a place of its own, and once as JSON.
        harbour.run(&format!("{line} -o json")).succeeds().json();
        if !line.starts_with("pki") && !line.starts_with("cert add") {
            harbour.run(&line).succeeds();
        }
    }
}

#[test]
fn a_malformed_reference_is_2_for_every_command() {
    let harbour = Harbour::empty().with_trust();
    harbour.write("predicate.json", "{}");
    for line in of_reference("localhost/UPPER:v1") {
        let done = harbour.run(&format!("{line} -o json")).exits(2);
        let error = &done.json()["error"];
        assert_eq!((error["code"].as_str(), error["class"].as_str()), (Some("malformed-reference"), Some("malformed")));
        assert!(error["hint"].is_string() && error["message"].as_str().unwrap().contains("UPPER"), "{error}");
        harbour.run(&line).exits(2).says("error: ").says("(malformed-reference)").says("hint: ");
    }
    harbour.run("build rootfs -t localhost/UPPER:v1").exits(2);
}

#[test]
fn what_is_not_there_is_3_for_every_command() {
    let harbour = Harbour::open();
    harbour.write("predicate.json", "{}");
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    for line in of_reference(&harbour.at("absent")) {
        let done = harbour.run(&format!("{line} -o json")).exits(3);
        let report = done.json();
        let code = if report["error"].is_object() { &report["error"]["code"] } else { &report["reasons"][0]["code"] };
        assert_eq!(code, "not-found", "{line}: {report}");
    }
}

#[test]
fn changed_content_is_1_for_every_command_that_reads_it() {
    let harbour = Harbour::open();
    let shipped = harbour.ship(&harbour.at("v2"), "2.0.0", "");
    let manifest = harbour.document("team/app", &shipped["digest"]);
    for (digest, lines) in [
        (&manifest["layers"][0]["digest"], vec!["copy REF oci:copied:v1", "pull REF --to pulled", "sbom REF"]),
        (&manifest["config"]["digest"], vec!["check REF --policy rules.yaml --config consumer"]),
    ] {
        let path = harbour.blob("team/app", digest.as_str().unwrap());
        let before = fs::read(&path).unwrap();
        let mut after = before.clone();
        after[20] ^= 1;
        fs::remove_file(&path).unwrap();
        fs::write(&path, &after).unwrap();
        for line in lines {
            let done = harbour.run(&format!("{} -o json", line.replace("REF", &harbour.at("v2")))).exits(1);
            let report = done.json();
            let code =
                if report["error"].is_object() { &report["error"]["code"] } else { &report["reasons"][0]["code"] };
            assert_eq!(code, "digest-mismatch", "{line}: {report}");
        }
        fs::write(&path, before).unwrap();
    }
    // Nothing half of it was tagged.
    harbour.run("discover oci:copied:v1").exits(3);
}

#[test]
fn a_registry_that_is_not_there_is_3() {
    let mut harbour = Harbour::open();
    let reference = harbour.at("v2");
    harbour.close_registry();
    let done = harbour.run(&format!("discover {reference} -o json")).exits(3);
    let report = done.json();
    assert_eq!(report["error"]["code"], "unreachable");
    assert_eq!(report["error"]["class"], "unavailable");
    harbour.check(&reference, "").does_not_know("unreachable");
}

#[test]
fn flags_policies_and_files_that_are_malformed_are_2() {
    let harbour = Harbour::empty().with_trust();
    harbour.write("stray.json", "{\"version\": \"1.0\",\n \"trustPolicies\": []}}\n");
    harbour.write("stray.yaml", "version: 1\nname: x\nrulez: []\n");
    harbour.write("empty.yaml", "version: 1\nname: x\nrules: []\n");
    harbour.write("notes.txt", "Cargo.lock it is not");
    let image = "oci:layout:v1 --scope localhost/team/app";
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let mut wrong = String::new();
    for line in [
        "",
        "nonsense",
        "check --policy rules.yaml",
        "check localhost/team/app:v1",
        "verify oci:layout:v1 --config consumer",
        "ship rootfs -t oci:layout:v2 --key release --config publisher",
        &format!("check {image} --policy stray.yaml --config consumer"),
        &format!("check {image} --policy absent.yaml --config consumer"),
        &format!("check {image} --policy rules.yaml --config consumer --at yesterday"),
        &format!("check {image} --policy rules.yaml --config consumer --platform linux"),
        &format!("sign {image} --key absent --config publisher"),
        &format!("sign {image} --key release --config publisher --expiry soon"),
        &format!("sign {image} --key release --config publisher --user-metadata novalue"),
        &format!("attest {image} --type nonsense --predicate rules.yaml --key release --config publisher"),
        &format!("attest {image} --type slsaprovenance1 --predicate notes.txt --key release --config publisher"),
        "trust-policy import stray.json --config other",
        "cert add --type ca --store harbour notes.txt --config other",
        "cert add --type ca --store ../up pki/root.pem --config other",
        "policy test stray.yaml",
        "policy test empty.yaml",
        "build absent -t oci:layout:v2",
        "build notes.txt -t oci:layout:v2",
        "build rootfs -t oci:layout@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "sbom notes.txt",
        "explain nonsense",
        "serve registry --addr nonsense --store s",
        "serve registry --addr 0.0.0.0:0 --store s",
        "pki init --subject nonsense --dir other",
        "check --replay absent",
    ] {
        let done = harbour.run(line);
        if done.code != Some(2) || done.stderr.contains("panicked") {
            wrong += &format!("`{line}`: {:?}\n{}{}", done.code, done.stdout, done.stderr);
        }
    }
    assert!(wrong.is_empty(), "expected exit code 2 of\n{wrong}");
}

/// `-o json` holds for the errors too that the reader of the command line finds.
#[test]
fn a_wrong_command_line_is_json_where_json_is_asked_for() {
    let harbour = Harbour::empty();
    for line in
        ["nonsense -o json", "sign -o json", "check localhost/a:v1 -o json", "--report=json nonsense", "-ojson x"]
    {
        let done = harbour.run(line).exits(2);
        assert!(done.json()["error"]["message"].is_string(), "{line}: {}", done.stdout);
    }
    harbour.run("--help").succeeds().says("Exit codes");
}

#[test]
fn the_version_is_told_however_it_is_asked_for() {
    let harbour = Harbour::empty();
    let told = format!("plimsoll {}\n", env!("CARGO_PKG_VERSION"));
    for line in ["--version", "-V", "version"] {
        assert_eq!(harbour.run(line).succeeds().stdout, told, "{line}");
    }
    harbour.run("sign --version").exits(2);
}

#[test]
fn every_known_code_is_explained() {
    let harbour = Harbour::empty();
    let listed = harbour.json("explain");
    let listed = listed.as_array().unwrap();
    assert!(listed.len() > 100, "{}", listed.len());
    for one in listed {
        let code = one["code"].as_str().unwrap();
        let told = harbour.json(&format!("explain {code}"));
        assert_eq!((&told["code"], &told["class"], &told["summary"]), (&one["code"], &one["class"], &one["summary"]));
    }
}
