//! `ship`: the left half of the voyage.

use crate::harbour::{Harbour, files};
use plimsoll::{
    core::{Blob, Descriptor},
    oci::{ContentDescriptor, ImageIndex, Platform},
    store::Layout,
};
use serde_json::Value;
use std::fs;

/// Puts an index over images of a layout, by hand, and gives its digest.
pub(crate) fn index(harbour: &Harbour, layout: &str, images: &[(&str, &str)]) -> String {
    let place = Layout::create(harbour.path(layout)).unwrap();
    let mut index = ImageIndex::new();
    for (platform, digest) in images {
        let manifest: Blob = place.read_manifest(&digest.parse().unwrap()).unwrap();
        let platform: Platform = platform.parse().unwrap();
        let descriptor: Descriptor = manifest.descriptor().clone();
        index = index.manifest(ContentDescriptor::from(descriptor).for_platform(platform));
    }
    let blob = index.to_blob();
    place.put(&blob).unwrap();
    blob.descriptor().digest.to_string()
}

/// A layout with an index of two platforms, tagged `both`. Gives the digests of the images.
pub(crate) fn two_platforms(harbour: &Harbour) -> [String; 2] {
    let images = ["linux/amd64", "linux/arm64"].map(|platform| {
        let built = harbour.json(&format!("build rootfs -t oci:layout:one --platform {platform}"));
        (platform, built["digest"].as_str().unwrap().to_owned())
    });
    let listed: Vec<(&str, &str)> = images.iter().map(|(platform, digest)| (*platform, &**digest)).collect();
    let digest = index(harbour, "layout", &listed);
    harbour.run(&format!("tag oci:layout@{digest} both")).succeeds();
    images.map(|(_, digest)| digest)
}

fn metadata(harbour: &Harbour, reference: &str) -> Value {
    harbour.json(&format!("inspect {reference}"))["signatures"][0]["signedMetadata"].clone()
}

#[test]
fn a_directory_a_layout_and_a_pushed_image_are_shipped_under_this_name_and_version() {
    let harbour = Harbour::open();
    let address = &harbour.registry().address;
    let shipped = harbour.ship(&harbour.at("v2"), "2.0.0", "");
    harbour.check(&harbour.at("v2"), "").admits();
    let signed = metadata(&harbour, &harbour.at("v2"));
    assert_eq!(signed["org.plimsoll.repository"], format!("{address}/team/app"));
    assert_eq!(signed["org.plimsoll.version"], "2.0.0");
    assert_eq!(shipped["attestations"].as_array().unwrap().len(), 2);

    // A layout; the version is the tag.
    harbour.run("build rootfs -t oci:layout:v1 --label from=layout").succeeds();
    let line = format!("ship oci:layout:v1 -t {} --key release --config publisher", harbour.at("3.1.0"));
    let from_layout = harbour.json(&line);
    assert_eq!(from_layout["digest"], harbour.json("discover oci:layout:v1")["digest"]);
    assert_eq!(metadata(&harbour, &harbour.at("3.1.0"))["org.plimsoll.version"], "3.1.0");
    harbour.check(&harbour.at("3.1.0"), "").admits();

    // Pushed already, elsewhere in the registry: shipped without what refers to it there.
    harbour.run(&format!("build rootfs -t {} --label from=registry", harbour.elsewhere("raw"))).succeeds();
    harbour.run(&format!("attach {} rootfs/etc/motd --artifact-type text/x-note", harbour.elsewhere("raw"))).succeeds();
    let line = format!(
        "ship {} -t {} --app-version 4.0.0 --signature-format cose --key release --config publisher",
        harbour.elsewhere("raw"),
        harbour.at("four")
    );
    harbour.run(&line).succeeds();
    harbour.check(&harbour.at("four"), "").admits();
    assert_eq!(harbour.json(&format!("discover {}", harbour.at("four")))["referrers"].as_array().unwrap().len(), 3);
    // Pushed already, in place.
    harbour.run(&format!("build rootfs -t {} --label from=here", harbour.at("5.0.0"))).succeeds();
    harbour.run(&format!("ship {0} -t {0} --key release --config publisher", harbour.at("5.0.0"))).succeeds();
    harbour.check(&harbour.at("5.0.0"), "").admits();
    // Into a layout, which has to be named.
    harbour.run("ship rootfs -t oci:out:6.0.0 --key release --config publisher").exits(2).says("--scope");
    harbour.run("ship rootfs -t oci:out:6.0.0 --key release --config publisher --scope localhost/team/app").succeeds();
    harbour.check("oci:out:6.0.0", "--scope localhost/team/app").admits();
    harbour.check("oci:out:6.0.0", "--scope localhost/team/other").blocks("name-not-bound");
}

#[test]
fn an_index_is_shipped_with_an_inventory_for_each_platform() {
    let harbour = Harbour::open();
    let images = two_platforms(&harbour);
    let line = format!("ship oci:layout:both -t {} --key release --config publisher", harbour.at("2.0.0"));
    let shipped = harbour.json(&line);
    let types: Vec<_> =
        shipped["attestations"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["cyclonedx", "cyclonedx", "slsaprovenance1"]);
    for digest in images {
        let found = harbour.json(&format!("discover {}/team/app@{digest}", harbour.registry().address));
        assert_eq!(found["referrers"].as_array().unwrap().len(), 1, "{found:#}");
    }
    harbour.check(&harbour.at("2.0.0"), "").admits();
}

#[test]
fn half_way_is_not_tagged() {
    let harbour = Harbour::open();
    harbour.write("broken/Cargo.lock", "version = 4\n[[package]\n");
    harbour.write("damaged/etc/os-release", "ID=debian\n");
    harbour.write("damaged/var/lib/dpkg/status", "Package: bash\nStatus: install ok installed\nno colon here\n");
    let ship = |tag: &str, source: &str, more: &str| {
        let target = harbour.at(tag);
        harbour.run(&format!("ship {source} -t {target} --key release --app-version 2.0.0 --config publisher {more}"))
    };
    let is_absent = |tag: &str| drop(harbour.run(&format!("discover {}", harbour.at(tag))).exits(3).says("not-found"));
    ship("a", "rootfs", "--sbom-from broken/Cargo.lock").exits(2);
    is_absent("a");
    // An inventory that is known to lack packages is none.
    let done = ship("b", "damaged", "");
    assert!(matches!(done.code, Some(1 | 2)), "{done:?}");
    is_absent("b");
    // A source whose content is gone.
    harbour.write("unlike/file", "no other image has this");
    let built = harbour.json("build unlike -t oci:layout:v1");
    let name = format!("layout/blobs/{}", built["digest"].as_str().unwrap().replace(':', "/"));
    let manifest: Value = serde_json::from_str(&harbour.read(&name)).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap().replace(':', "/");
    fs::remove_file(harbour.path(&format!("layout/blobs/{layer}"))).unwrap();
    ship("c", "oci:layout:v1", "").exits(3);
    is_absent("c");
    let target = harbour.at("d");
    harbour.run(&format!("copy oci:layout:v1 {target}")).exits(3);
    is_absent("d");
    // A tag that stood before stands as it stood.
    ship("e", "rootfs", "").succeeds();
    let before = harbour.json(&format!("discover {}", harbour.at("e")));
    ship("e", "rootfs", "--sbom-from broken/Cargo.lock --label x=y").exits(2);
    assert_eq!(harbour.json(&format!("discover {}", harbour.at("e")))["digest"], before["digest"]);
    harbour.check(&harbour.at("e"), "").admits();
}

#[test]
fn no_layout_is_left_where_nothing_came_to_be() {
    let harbour = Harbour::empty().with_trust();
    harbour.write("notes.txt", "no archive");
    harbour.write("broken/Cargo.lock", "version = 4\n[[package]\n");
    fs::create_dir(harbour.path("empty")).unwrap();
    let ship = "ship rootfs --scope localhost/team/app --config publisher";
    for (line, code) in [
        (format!("{ship} -t oci:new/deep:1 --key absent"), 2),
        (format!("{ship} -t oci:new/deep:1 --key release --sbom-from broken/Cargo.lock"), 2),
        (format!("{ship} -t oci:empty:1 --key absent"), 2),
        ("build absent -t oci:new/deep:1".to_owned(), 2),
        ("build notes.txt -t oci:new/deep:1".to_owned(), 2),
        ("build notes.txt -t oci:empty:1".to_owned(), 2),
        ("copy oci:absent:1 oci:new/deep:1".to_owned(), 3),
        ("pull oci:absent:1 --to new/deep".to_owned(), 3),
    ] {
        harbour.run(&line).exits(code);
        assert!(!harbour.path("new").exists(), "{line}");
        assert_eq!(fs::read_dir(harbour.path("empty")).unwrap().count(), 0, "{line}");
    }
    // One that was there without an image stays as it was.
    harbour.run("build rootfs -t oci:blank:1").succeeds();
    let before = files(&harbour.path("blank"));
    harbour.run(&format!("{ship} -t oci:blank:2 --key absent")).exits(2);
    assert_eq!(files(&harbour.path("blank")), before);
    harbour.run(&format!("{ship} -t oci:new/deep:2.0.0 --key release")).succeeds();
    harbour.check("oci:new/deep:2.0.0", "--scope localhost/team/app").admits();
}

#[test]
fn a_ship_signs_as_sign_does() {
    let harbour = Harbour::empty().with_trust();
    let ship = |tag: &str, more: &str| {
        let line = format!("ship rootfs -t oci:layout:{tag} --scope localhost/team/app --key release");
        harbour.run(&format!("{line} --config publisher --label tag={tag} {more}"))
    };
    let shown = |tag: &str| harbour.json(&format!("inspect oci:layout:{tag}"))["signatures"][0].clone();
    ship("1.0.0", "").succeeds();
    assert_eq!(shown("1.0.0")["mediaType"], "application/jose+json");
    harbour.write("publisher/config.json", r#"{"signatureFormat": "cose"}"#);
    ship("2.0.0", "-m team=harbour --signing-scheme notary.x509.signingAuthority").succeeds();
    let signature = shown("2.0.0");
    assert_eq!(signature["mediaType"], "application/cose");
    assert_eq!(signature["claimedAttributes"]["signingScheme"], "notary.x509.signingAuthority");
    assert_eq!(signature["signedMetadata"]["team"], "harbour");
    assert_eq!(signature["signedMetadata"]["org.plimsoll.version"], "2.0.0");
    ship("3.0.0", "--signature-format jws").succeeds();
    assert_eq!(shown("3.0.0")["mediaType"], "application/jose+json");
    // What it vouches for itself is not for the user to say.
    for key in ["org.plimsoll.version", "org.plimsoll.repository"] {
        ship("4.0.0", &format!("--user-metadata {key}=9.9.9")).exits(2).says("--app-version");
    }
}

#[test]
fn attestations_are_for_their_type_and_their_image() {
    let harbour = Harbour::open();
    let reference = harbour.at("v2");
    harbour.ship(&reference, "2.0.0", "");
    harbour.write("predicate.json", r#"{"anything": 1}"#);
    let attest = |kind: &str| {
        harbour.run(&format!(
            "attest {reference} --type {kind} --predicate predicate.json --key release --config publisher"
        ))
    };
    attest("https://example.com/review/v1").succeeds();
    // What is known is checked before it is signed.
    for kind in ["slsaprovenance1", "cyclonedx", "spdx"] {
        let done = attest(kind);
        assert_eq!(done.code, Some(2), "{kind}: {done:?}");
    }
    harbour.check(&reference, "").admits();
}
