//! An index is judged for itself and for every platform that it will be used for.

use crate::{
    harbour::Harbour,
    ship::{index, two_platforms},
};

const SIGN: &str =
    "--user-metadata org.plimsoll.repository=localhost/team/app --user-metadata org.plimsoll.version=2.0.0";
const SCOPE: &str = "--scope localhost/team/app";

/// An index of two platforms, signed and attested as `ship` does, but without the inventory of the second platform.
fn one_inventory_short() -> (Harbour, [String; 2]) {
    let harbour = Harbour::empty().with_trust();
    let images = two_platforms(&harbour);
    harbour.run("sbom rootfs --output bom.json").succeeds();
    harbour.write("provenance.json", PROVENANCE);
    harbour.run(&format!("sign oci:layout:both {SCOPE} --key release --config publisher {SIGN}")).succeeds();
    attest(&harbour, "oci:layout:both", "slsaprovenance1", "provenance.json");
    attest(&harbour, &format!("oci:layout@{}", images[0]), "cyclonedx", "bom.json");
    (harbour, images)
}

fn attest(harbour: &Harbour, reference: &str, kind: &str, file: &str) {
    harbour
        .run(&format!("attest {reference} {SCOPE} --type {kind} --predicate {file} --key release --config publisher"))
        .succeeds();
}

const PROVENANCE: &str = r#"{
    "buildDefinition": {"buildType": "https://example.com/build", "externalParameters": {}},
    "runDetails": {"builder": {"id": "https://github.com/plimsoll-rs/plimsoll/blob/main/docs/provenance.md#builder-v1"}}
}"#;

#[test]
fn a_platform_without_an_inventory_blocks_and_is_named() {
    let (harbour, images) = one_inventory_short();
    let verdict = harbour.check("oci:layout:both", SCOPE).blocks("no-inventory");
    let reasons = verdict.json["reasons"].as_array().unwrap();
    // The index itself needs none, the first platform has one: only the second is named.
    let subjects: Vec<_> = reasons.iter().map(|reason| reason["subject"].as_str().unwrap()).collect();
    assert!(subjects.contains(&&*images[1]), "{reasons:#?}");
    assert!(!subjects.contains(&&*images[0]), "{reasons:#?}");
    let text = harbour.run(&format!("check oci:layout:both --policy rules.yaml --config consumer {SCOPE}")).exits(1);
    text.says("linux/arm64");

    // Asked for the first alone, that one alone is judged.
    harbour.check("oci:layout:both", &format!("{SCOPE} --platform linux/amd64")).admits();
    harbour.check("oci:layout:both", &format!("{SCOPE} --platform linux/arm64")).blocks("no-inventory");
    harbour.check("oci:layout:both", &format!("{SCOPE} --platform linux/s390x")).denies("platform-not-found");
    attest(&harbour, &format!("oci:layout@{}", images[1]), "cyclonedx", "bom.json");
    harbour.check("oci:layout:both", SCOPE).admits();
}

#[test]
fn an_index_vouches_for_its_children_and_never_a_child_for_the_index() {
    let harbour = Harbour::empty().with_trust();
    let images = two_platforms(&harbour);
    for digest in &images {
        harbour.run(&format!("sign oci:layout@{digest} {SCOPE} --key release --config publisher {SIGN}")).succeeds();
    }
    harbour.write("rules.yaml", ONLY_SIGNED);
    harbour.check(&format!("oci:layout@{}", images[0]), SCOPE).admits();
    // Every child is signed, and the index that is asked for is not.
    harbour.check("oci:layout:both", SCOPE).blocks("no-signature");
    harbour.run(&format!("sign oci:layout:both {SCOPE} --key release --config publisher {SIGN}")).succeeds();
    harbour.check("oci:layout:both", SCOPE).admits();
    // Another index over the same children is another thing.
    let other = index(&harbour, "layout", &[("linux/amd64", &images[0])]);
    harbour.run(&format!("tag oci:layout@{other} other")).succeeds();
    harbour.check("oci:layout:other", SCOPE).blocks("no-signature");
}

const ONLY_SIGNED: &str = r#"
version: 1
name: signed
rules:
  - name: signed
    require:
      signature: {by: [{subject: "CN=release,O=Harbour,ST=WA,C=US", store: "ca:harbour"}], name: bound}
"#;

#[test]
fn a_component_that_is_forbidden_on_one_platform_blocks_the_index() {
    let (harbour, images) = one_inventory_short();
    harbour.write("bad/Cargo.lock", "version = 4\n[[package]]\nname = \"stowaway\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n");
    harbour.run("sbom bad/Cargo.lock --output bad.json").succeeds();
    attest(&harbour, &format!("oci:layout@{}", images[1]), "cyclonedx", "bad.json");
    harbour.check("oci:layout:both", SCOPE).blocks("component-denied");
    harbour.check("oci:layout:both", &format!("{SCOPE} --platform linux/amd64")).admits();
}

#[test]
fn an_entry_that_lies_about_its_platform_is_refused() {
    let harbour = Harbour::empty().with_trust();
    let built = harbour.json("build rootfs -t oci:layout:one --platform linux/amd64");
    let image = built["digest"].as_str().unwrap();
    let lying = index(&harbour, "layout", &[("linux/arm64", image)]);
    harbour.run(&format!("tag oci:layout@{lying} lying")).succeeds();
    harbour.run(&format!("sign oci:layout:lying {SCOPE} --key release --config publisher {SIGN}")).succeeds();
    harbour.write("rules.yaml", format!("{ONLY_SIGNED}  - name: intact\n    require:\n      image: {{}}\n"));
    harbour.check("oci:layout:lying", SCOPE).blocks("platform-mismatch");
}
