//! `copy`, `pull`, `attach`, `discover`, `tag`: registries and layouts alike, with the evidence.

use crate::harbour::{Done, Harbour, Registry};
use plimsoll_testkit::registry::{Front, FrontBuilder};
use serde_json::Value;

/// A registry with switches, in this process.
pub(crate) struct Lan {
    pub(crate) front: Front,
    // After the registry, whose tasks it runs.
    _runtime: tokio::runtime::Runtime,
}

impl Lan {
    pub(crate) fn start(builder: FrontBuilder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let front = runtime.block_on(builder.start());
        Self { front, _runtime: runtime }
    }
    pub(crate) fn at(&self, tag: &str) -> String {
        format!("{}/team/app:{tag}", self.front.name())
    }
}

/// Digests of all that refers to it, at any depth.
fn tree(report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for one in report["referrers"].as_array().unwrap() {
        found.push(one["digest"].as_str().unwrap().to_owned());
        found.extend(tree(one));
    }
    found.sort();
    found
}

#[test]
fn evidence_of_evidence_travels_with_the_image_and_stays_behind_when_told() {
    let harbour = Harbour::open();
    let reference = harbour.at("v2");
    harbour.ship(&reference, "2.0.0", "");
    let attached =
        harbour.json(&format!("attach {reference} rootfs/etc/motd --artifact-type text/x-note --annotation a=b"));
    let note = attached["reference"].as_str().unwrap();
    // Signed evidence: the signature refers to the note.
    harbour.run(&format!("sign {note} --key release --config publisher")).succeeds();
    let here = harbour.json(&format!("discover {reference}"));
    assert_eq!(tree(&here).len(), 5, "{here:#}");
    let nested = here["referrers"].as_array().unwrap().iter().find(|one| one["artifactType"] == "text/x-note").unwrap();
    assert_eq!(nested["annotations"]["a"], "b");
    assert_eq!(nested["referrers"].as_array().unwrap().len(), 1);

    // To a layout, to another registry, and back to a layout: the same digests everywhere.
    let other = harbour.serve("");
    let far = format!("{}/far/app:v9", other.address);
    harbour.run(&format!("copy {reference} oci:layout:v2")).succeeds();
    harbour.run(&format!("copy oci:layout:v2 {far}")).succeeds();
    harbour.run(&format!("pull {far} --to pulled")).succeeds();
    for place in ["oci:layout:v2", &far, "oci:pulled:v9"] {
        let there = harbour.json(&format!("discover {place}"));
        assert_eq!((&there["digest"], tree(&there)), (&here["digest"], tree(&here)), "{place}");
        harbour.run(&format!("verify {place} --scope localhost/team/app --config consumer")).succeeds();
    }
    // By digest too.
    let by_digest = format!("oci:pulled@{}", here["digest"].as_str().unwrap());
    assert_eq!(tree(&harbour.json(&format!("discover {by_digest}"))), tree(&here));

    harbour.run("copy oci:layout:v2 oci:bare:v2 --without-referrers").succeeds();
    harbour.run("discover oci:bare:v2").succeeds().says("nothing refers to it");
    harbour.run("pull oci:layout:v2 --to naked --without-referrers").succeeds();
    harbour.run("verify oci:naked:v2 --scope localhost/team/app --config consumer").exits(1).says("no-signature");
    // Only one type, in either place.
    for place in [&reference, "oci:layout:v2"] {
        let only = harbour.json(&format!("discover {place} --artifact-type application/vnd.cncf.notary.signature"));
        assert_eq!(only["referrers"].as_array().unwrap().len(), 1, "{place}");
    }
}

#[test]
fn tags_move_and_digests_do_not() {
    let harbour = Harbour::open();
    let first = harbour.json(&format!("build rootfs -t {} --label n=1", harbour.at("one")));
    let second = harbour.json(&format!("build rootfs -t {} --label n=2", harbour.at("two")));
    assert_ne!(first["digest"], second["digest"]);
    let digest = |tag: &str| harbour.json(&format!("discover {}", harbour.at(tag)))["digest"].clone();
    harbour.run(&format!("tag {} stable latest", harbour.at("one"))).succeeds();
    assert_eq!((digest("stable"), digest("latest")), (first["digest"].clone(), first["digest"].clone()));
    harbour.run(&format!("tag {} stable", harbour.at("two"))).succeeds();
    assert_eq!((digest("stable"), digest("latest")), (second["digest"].clone(), first["digest"].clone()));
    harbour.run(&format!("tag {} 'not a tag'", harbour.at("two"))).exits(2);
    // A layout without a tag means `latest`.
    harbour.run(&format!("copy {} oci:layout", harbour.at("latest"))).succeeds();
    assert_eq!(harbour.json("discover oci:layout")["digest"], first["digest"]);
    // A digest that does not fit is no place to copy to.
    let elsewhere = format!("oci:layout@{}", second["digest"].as_str().unwrap());
    harbour.run(&format!("copy {} {elsewhere}", harbour.at("one"))).exits(2);
}

#[test]
fn a_registry_without_the_referrers_api_keeps_evidence_by_the_fallback_tag() {
    for builder in [Front::builder().without_referrers(), Front::builder().without_referrers().without_conditions()] {
        let lan = Lan::start(builder);
        let harbour = Harbour::empty().with_trust();
        let reference = lan.at("v2");
        harbour.ship(&reference, "2.0.0", "");
        let found = harbour.json(&format!("discover {reference}"));
        assert_eq!(tree(&found).len(), 3, "{found:#}");
        harbour.run(&format!("sign {reference} --key release --signature-format cose --config publisher")).succeeds();
        harbour.run(&format!("verify {reference} --config consumer")).succeeds().says("verified");
        harbour.check(&reference, "").admits();
        let fallback = found["digest"].as_str().unwrap().replace(':', "-");
        assert!(lan.front.log().iter().any(|line| line.ends_with(&format!("/manifests/{fallback}"))));
        // From such a registry into one with the API.
        harbour.run(&format!("copy {reference} oci:layout:v2")).succeeds();
        assert_eq!(tree(&harbour.json("discover oci:layout:v2")).len(), 4);
    }
}

#[test]
fn a_login_is_taken_from_dockers_configuration_and_tokens_that_end_are_renewed() {
    let lan = Lan::start(Front::builder().tokens("ada", "correct horse", 2));
    let harbour = Harbour::empty().with_trust();
    let reference = lan.at("v2");
    let done = harbour.run(&format!("build rootfs -t {reference} -o json")).exits(3);
    assert_eq!(done.json()["error"]["code"], "access-denied");
    log_in(&harbour, &lan.front.name(), "guesswork");
    harbour.run(&format!("build rootfs -t {reference}")).exits(3).says("access-denied").does_not_say("guesswork");
    log_in(&harbour, &lan.front.name(), "correct horse");
    harbour.ship(&reference, "2.0.0", "");
    harbour.check(&reference, "").admits();
    // Notation's own variables come first.
    harbour.write("docker/config.json", "{}");
    let variables = [("NOTATION_USERNAME", "ada"), ("NOTATION_PASSWORD", "correct horse")];
    harbour.run_with(&format!("verify {reference} --config consumer"), &variables).succeeds();
}

/// Writes a login as `docker login` does.
pub(crate) fn log_in(harbour: &Harbour, registry: &str, password: &str) {
    let text = data_encoding::BASE64.encode(format!("ada:{password}").as_bytes());
    harbour.write("docker/config.json", format!(r#"{{"auths":{{"{registry}":{{"auth":"{text}"}}}}}}"#));
}

#[test]
fn the_embedded_registry_asks_for_its_password() {
    // bcrypt of `secret`, lowest cost.
    const LINE: &str = "ada:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\n";
    let harbour = Harbour::empty().with_trust();
    harbour.write("users", LINE);
    let registry: Registry = harbour.serve("--htpasswd users");
    let reference = format!("{}/team/app:v1", registry.address);
    let refused: Done = harbour.run(&format!("build rootfs -t {reference}")).exits(3).says("access-denied");
    assert!(!refused.stderr.contains("bcrypt"));
    log_in(&harbour, &registry.address, "guess");
    harbour.run(&format!("build rootfs -t {reference}")).exits(3);
    harbour.write("users", "ada\n");
    harbour.run("serve registry --addr 127.0.0.1:0 --store other --htpasswd users").exits(2);
    // Where others can reach it, a password alone is not enough.
    harbour.write("users", LINE);
    harbour.run("serve registry --addr 0.0.0.0:0 --store other --htpasswd users").exits(2).says("insecure-listener");
}

#[test]
fn a_changed_blob_is_not_served_where_the_registry_looks() {
    let harbour = Harbour::open();
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    let line = "serve registry --addr 127.0.0.1:0 --store registry";
    let careful = Registry::start(harbour.command(line));
    let manifest = harbour.json(&format!("discover {}", harbour.at("v2")));
    let manifest = harbour.document("team/app", &manifest["digest"]);
    let path = harbour.blob("team/app", manifest["layers"][0]["digest"].as_str().unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    // One says that it failed, the other serves it and the client notices.
    harbour.run(&format!("copy {}/team/app:v2 oci:one:v2", careful.address)).exits(3);
    harbour.run(&format!("copy {} oci:two:v2", harbour.at("v2"))).exits(1).says("digest-mismatch");
}
