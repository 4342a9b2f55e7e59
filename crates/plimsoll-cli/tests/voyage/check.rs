//! `check`: malformed evidence in layouts, and what it says of an image.

use crate::harbour::Harbour;
use plimsoll::{core::Blob, oci::media_type, store::Layout};
use serde_json::{Value, json};

const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";

fn layout() -> Harbour {
    let harbour = Harbour::empty().with_trust();
    harbour.run("ship rootfs -t oci:layout:v1 --scope localhost/team/app --app-version 2.0.0 --key release --config publisher").succeeds();
    harbour
}

/// Puts a manifest into the layout as it is, tags it by hand, and signs it if it can be signed.
fn tag_by_hand(harbour: &Harbour, media_type: &str, text: &str, tag: &str) {
    let blob = Blob::of(media_type, text.to_owned());
    Layout::create(harbour.path("layout")).unwrap().put(&blob).unwrap();
    let descriptor = blob.descriptor();
    let mut index: Value = serde_json::from_str(&harbour.read("layout/index.json")).unwrap();
    index["manifests"].as_array_mut().unwrap().push(json!({
        "mediaType": &*descriptor.media_type,
        "digest": descriptor.digest.to_string(),
        "size": descriptor.size,
        "annotations": { "org.opencontainers.image.ref.name": tag },
    }));
    harbour.write("layout/index.json", index.to_string());
}

#[test]
fn a_verdict_lists_every_fact_with_the_digest_of_its_evidence() {
    let harbour = layout();
    let verdict = harbour.check(IMAGE, "").admits();
    for kind in ["signature", "attestation", "provenance", "inventory", "image", "request"] {
        let facts = verdict.facts(kind);
        assert!(!facts.is_empty(), "{kind}");
        for fact in facts {
            assert!(kind == "request" || !fact["evidence"].as_array().unwrap().is_empty(), "{fact:#}");
        }
    }
    assert!(verdict.json["policy"].as_str().unwrap().starts_with("sha256:"));
    let text = harbour.run(&format!("check {IMAGE} --policy rules.yaml --config consumer")).succeeds();
    text.says("ADMIT oci:layout:v1").says("signed by").says("evidence");
    // What would make a failed rule pass.
    harbour.run("build rootfs -t oci:layout:bare --label bare=1").succeeds();
    let text = harbour.run("check oci:layout:bare --scope localhost/team/app --policy rules.yaml --config consumer");
    text.exits(1).says("BLOCK oci:layout:bare").says("no-signature").says("to pass: ");
}

// attack: A-039, A-087
#[test]
fn a_039_a_manifest_that_two_readers_read_differently_is_refused() {
    let harbour = layout();
    let shipped = harbour.json(&format!("discover {IMAGE}"));
    let name = format!("layout/blobs/{}", shipped["digest"].as_str().unwrap().replace(':', "/"));
    let good = harbour.read(&name);
    let both = good.replacen('{', r#"{"manifests":[],"#, 1);
    let twice = good.replacen('{', r#"{"layers":[],"#, 1);
    let escaped = good.replacen('{', r#"{"laye\u0072s":[],"#, 1);
    let list = good.replacen(
        "\"application/vnd.oci.image.manifest.v1+json\"",
        "\"application/vnd.oci.image.index.v1+json\"",
        1,
    );
    for (tag, text, code) in [
        ("both", both, "ambiguous-manifest"),
        ("twice", twice, "malformed-manifest"),
        ("escaped", escaped, "malformed-manifest"),
        ("list", list, "media-type-mismatch"),
    ] {
        tag_by_hand(&harbour, media_type::IMAGE_MANIFEST, &text, tag);
        let reference = format!("oci:layout:{tag}");
        harbour.run(&format!("sbom {reference}")).exits(1).says(code);
        harbour.run(&format!("copy {reference} oci:out:{tag}")).exits(1).says(code);
        harbour.run(&format!("discover oci:out:{tag}")).exits(3);
        let verdict = harbour.check(&format!("{reference} --scope localhost/team/app"), "");
        assert!(verdict.exit != 0 && verdict.codes().contains(&code), "{tag}: {:?}", verdict.codes());
    }
}

#[test]
fn a_layout_that_is_none_or_leads_out_of_its_place_is_refused() {
    let harbour = layout();
    harbour.run("discover oci:absent:v1").exits(3);
    std::fs::create_dir(harbour.path("empty")).unwrap();
    let done = harbour.run("discover oci:empty:v1");
    assert!(matches!(done.code, Some(2 | 3)), "{done:?}");
    harbour.write("layout/oci-layout", r#"{"imageLayoutVersion": "9.9.9"}"#);
    let done = harbour.run(&format!("check {IMAGE} --policy rules.yaml --config consumer"));
    assert!(matches!(done.code, Some(2 | 3)), "{done:?}");
    harbour.write("layout/oci-layout", r#"{"imageLayoutVersion": "1.0.0"}"#);
    harbour.write("layout/index.json", "{\"schemaVersion\": 2, \"manifests\": [}");
    let done = harbour.run("discover oci:layout:v1");
    assert!(matches!(done.code, Some(1 | 2)), "{done:?}");
}

#[test]
fn a_platform_and_a_label_are_read_from_checked_bytes() {
    let harbour = layout();
    harbour.run("build rootfs -t oci:layout:arm --platform linux/arm64 --label team=harbour").succeeds();
    harbour.run("ship oci:layout:arm -t oci:layout:arm2 --scope localhost/team/app --app-version 2.0.0 --key release --config publisher").succeeds();
    let rules = |text: &str| {
        harbour
            .write("rules.yaml", format!("{}  - name: more\n    require: {{image: {text}}}\n", crate::harbour::RULES))
    };
    let image = "oci:layout:arm2 --scope localhost/team/app";
    rules("{platforms: [linux/arm64], labels: {team: harbour}}");
    harbour.check(image, "").admits();
    rules("{platforms: [linux/amd64]}");
    harbour.check(image, "").blocks("platform-not-allowed");
    rules("{labels: {team: other}}");
    harbour.check(image, "").blocks("label-mismatch");
}
