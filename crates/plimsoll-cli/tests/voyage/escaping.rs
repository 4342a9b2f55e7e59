//! Foreign text drives no terminal, wherever it is shown.

use crate::harbour::{Done, Harbour};
use plimsoll::core::{Blob, Escaped};
use plimsoll::oci::{ImageManifest, media_type};
use plimsoll::store::Layout;
use serde_json::json;

/// Clears the screen, reorders the line, ends it, and forges another.
const HOSTILE: &str = "x\u{1b}[2J\u{202e}y\nADMIT forged\u{2028}\u{9b}31m\u{200b}\u{e0041}\u{7f}";

#[track_caller]
fn is_inert(done: Done) -> Done {
    for said in [&done.stdout, &done.stderr] {
        let found = said.chars().find(|character| *character != '\n' && Escaped::escapes(*character));
        assert_eq!(found, None, "{said:?}");
        assert!(!said.lines().any(|line| line.starts_with("ADMIT forged")), "{said}");
    }
    done
}

// attack: A-382
#[test]
fn a_382_annotations_labels_and_metadata_are_escaped_as_text_and_as_json() {
    let harbour = Harbour::empty().with_trust();
    let image = "oci:layout:v1 --scope localhost/team/app";
    let pair = format!("'hostile={HOSTILE}'");
    harbour.run(&format!("build rootfs -t oci:layout:v1 --annotation {pair} --label {pair}")).succeeds();
    harbour.run(&format!("attach {image} rootfs/etc/motd --artifact-type text/plain --annotation {pair}")).succeeds();
    harbour.run(&format!("sign {image} --key release --config publisher --user-metadata {pair}")).succeeds();
    for line in [
        "discover REF",
        "inspect REF",
        "verify REF --config consumer",
        "check REF --policy rules.yaml --config consumer",
    ] {
        let line = line.replace("REF", image);
        let text = is_inert(harbour.run(&line));
        assert!(text.stdout.contains(r"x\u{1b}[2J\u{202e}y\u{a}ADMIT forged"), "{line}: {}", text.stdout);
        let whole = is_inert(harbour.run(&format!("{line} -o json")));
        // Nothing is lost for who reads it as JSON.
        assert!(texts(&whole.json()).iter().any(|text| text == HOSTILE), "{line}: {}", whole.stdout);
    }
}

// attack: A-382
#[test]
fn a_382_names_of_packages_and_licenses_are_escaped() {
    let harbour = Harbour::empty().with_trust();
    let image = "oci:layout:v1 --scope localhost/team/app";
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [{
            "type": "library", "name": HOSTILE, "version": HOSTILE,
            "licenses": [{ "license": { "name": HOSTILE } }],
        }],
    });
    harbour.write("bom.json", document.to_string());
    harbour
        .run(&format!("attest {image} --type cyclonedx --predicate bom.json --key release --config publisher"))
        .succeeds();
    // A rule that has to name the package when it refuses it.
    harbour.write("rules.yaml", crate::harbour::RULES.replace("- purl: pkg:cargo/stowaway", r#"- name: {glob: "x*"}"#));
    let line = format!("check {image} --policy rules.yaml --config consumer");
    let text = is_inert(harbour.run(&line));
    assert!(text.stdout.contains(r"x\u{1b}[2J"), "{}", text.stdout);
    let whole = is_inert(harbour.run(&format!("{line} -o json")));
    assert!(texts(&whole.json()).iter().any(|text| text == HOSTILE), "{}", whole.stdout);
}

// attack: A-382
#[test]
fn a_382_artifact_types_and_media_types_of_others_are_escaped() {
    let harbour = Harbour::empty().with_trust();
    let built = harbour.json("build rootfs -t oci:layout:v1");
    let layout = Layout::create(harbour.path("layout")).unwrap();
    let subject = layout.read_manifest(&built["digest"].as_str().unwrap().parse().unwrap()).unwrap();
    // Written by hand, as a pusher can: the artifact type is whatever the manifest says.
    let manifest = ImageManifest::artifact("text/plain").about(subject.descriptor().clone()).to_blob();
    let text = String::from_utf8(manifest.bytes().to_vec()).unwrap();
    let text = text.replace("\"text/plain\"", &serde_json::to_string(HOSTILE).unwrap());
    let forged = Blob::of(media_type::IMAGE_MANIFEST, text);
    layout.put(&media_type::empty_blob()).unwrap();
    let put = layout.put(&forged);
    // Refused as malformed, or shown escaped.
    if put.is_ok() {
        is_inert(harbour.run("discover oci:layout:v1"));
        is_inert(harbour.run("discover oci:layout:v1 -o json"));
    }
    let error = is_inert(harbour.run(&format!("discover 'oci:layout:{HOSTILE}'")));
    assert_eq!(error.code, Some(2));
    is_inert(harbour.run(&format!("explain '{HOSTILE}'")).exits(2));
    is_inert(harbour.run(&format!("explain '{HOSTILE}' -o json")).exits(2));
}

/// All texts of a document.
fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        serde_json::Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
