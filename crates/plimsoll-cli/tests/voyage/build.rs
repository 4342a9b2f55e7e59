//! `build` and what a build records of itself.

use crate::harbour::{Harbour, files};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::Write as _,
    time::{Duration, SystemTime},
};

const EPOCH: (&str, &str) = ("SOURCE_DATE_EPOCH", "1700000000");

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_600_000_000);
        // As raw bytes: a hostile archive does not ask whether its paths are well-formed.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn blob(harbour: &Harbour, layout: &str, digest: &Value) -> Value {
    let path = format!("{layout}/blobs/{}", digest.as_str().unwrap().replace(':', "/"));
    serde_json::from_str(&harbour.read(&path)).unwrap()
}

#[test]
fn the_same_input_and_epoch_give_the_same_digest() {
    let harbour = Harbour::empty();
    // The same names and bytes, made in another order at another time.
    for (root, names) in [("one", ["a", "b/c", "d"]), ("two", ["d", "b/c", "a"])] {
        for name in names {
            let path = harbour.write(&format!("{root}/{name}"), format!("content of {name}"));
            let age = Duration::from_secs(if root == "one" { 10 } else { 86_400 * 400 });
            File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
        }
    }
    let digest = |line: &str, epoch: &str| {
        let done = harbour.run_with(&format!("{line} -o json"), &[("SOURCE_DATE_EPOCH", epoch)]);
        done.succeeds().json()["digest"].as_str().unwrap().to_owned()
    };
    let one = digest("build one -t oci:first:v1 --platform linux/amd64 --label a=b", EPOCH.1);
    assert_eq!(one, digest("build two -t oci:second:v2 --platform linux/amd64 --label a=b", EPOCH.1));
    assert_ne!(one, digest("build two -t oci:second:v3 --platform linux/amd64 --label a=b", "1700000001"));
    assert_ne!(one, digest("build two -t oci:second:v3 --platform linux/arm64 --label a=b", EPOCH.1));
    harbour.run_with("build one -t oci:third:v1", &[("SOURCE_DATE_EPOCH", "soon")]).exits(2).says("SOURCE_DATE_EPOCH");
    assert!(!harbour.run("discover oci:third:v1").stdout.contains("sha256"));
}

#[test]
fn directories_and_archives_become_layers_in_order() {
    let harbour = Harbour::empty();
    harbour.write("dir/var/lib/dpkg/status", DPKG);
    harbour.write("dir/etc/os-release", "ID=debian\nVERSION_ID=13\n");
    harbour.write("upper.tar", tar(&[("etc/motd", b"upper"), ("etc/issue", b"plimsoll")]));
    harbour.write("white.tar.gz", gzip(&tar(&[("var/lib/dpkg/.wh.status", b"")])));
    let built = harbour.run_with("build dir upper.tar -t oci:out:v1 -o json", &[EPOCH]).succeeds().json();
    let manifest = blob(&harbour, "out", &built["digest"]);
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
    let config = blob(&harbour, "out", &manifest["config"]["digest"]);
    assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 2);
    assert_eq!(config["created"], "2023-11-14T22:13:20Z");
    let names = |reference: &str| {
        let document = harbour.json(&format!("sbom {reference}"));
        document["components"].as_array().unwrap().iter().map(|one| one["purl"].to_string()).collect::<Vec<_>>()
    };
    let found = names("oci:out:v1");
    assert!(found.iter().any(|purl| purl.contains("pkg:deb/debian/bash@5.2")), "{found:?}");
    // A whiteout in a higher layer takes the package away.
    harbour.run_with("build dir upper.tar white.tar.gz -t oci:out:v2", &[EPOCH]).succeeds();
    assert!(!names("oci:out:v2").iter().any(|purl| purl.contains("bash")));
}

const DPKG: &str = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n\n";

// attack: A-058
#[test]
fn a_058_a_layer_that_leaves_its_place_is_refused_and_writes_nothing() {
    let harbour = Harbour::empty();
    for (name, archive) in [("up.tar", tar(&[("../outside", b"x")])), ("deep.tar", tar(&[("a/../../outside", b"x")]))] {
        harbour.write(name, archive);
        harbour.run(&format!("build {name} -t oci:out:v1")).exits(2);
        harbour.run("discover oci:out:v1").exits(3);
    }
    let mut builder = tar::Builder::new(Vec::new());
    let mut link = tar::Header::new_ustar();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    link.set_mode(0o777);
    link.set_path("var").unwrap();
    link.as_mut_bytes()[157..157 + 2].copy_from_slice(b"..");
    link.set_cksum();
    builder.append(&link, &b""[..]).unwrap();
    harbour
        .write("link.tar", [builder.into_inner().unwrap(), tar(&[("var/lib/dpkg/status", DPKG.as_bytes())])].concat());
    // Whatever is made of the link, nothing is written, and no package is read through it.
    if harbour.run("build link.tar -t oci:linked:v1").code == Some(0) {
        harbour.run("sbom oci:linked:v1").does_not_say("bash");
        harbour.run("pull oci:linked:v1 --to pulled").succeeds();
    }
    assert!(!harbour.path("outside").exists());
    assert!(!harbour.path("var").exists() && !harbour.path("lib").exists());
}

// attack: A-064
#[test]
fn a_064_a_file_is_never_read_as_headers() {
    let harbour = Harbour::empty();
    let mut smuggled = tar(&[("var/lib/dpkg/status", DPKG.as_bytes())]);
    smuggled.truncate(smuggled.len() - 1024);
    let mut builder = tar::Builder::new(Vec::new());
    let size = smuggled.len().to_string();
    builder.append_pax_extensions([("size", size.as_bytes())]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_path("carrier").unwrap();
    // "The size record overrides" the header, which says that there is no content.
    header.set_size(0);
    header.set_mode(0o644);
    header.set_cksum();
    builder.append(&header, &smuggled[..]).unwrap();
    harbour.write("smuggled.tar", builder.into_inner().unwrap());
    harbour.run("build smuggled.tar -t oci:out:v1").succeeds();
    harbour.run("sbom oci:out:v1").succeeds().does_not_say("bash");
}

/// Tokens as both services and their users put them into the environment of a job.
const CANARIES: &[&str] = &[
    "CI_JOB_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "CI_DEPLOY_PASSWORD",
    "GITHUB_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "NOTATION_PASSWORD",
    "PLIMSOLL_PASSWORD",
    "MY_TOKEN",
    "SSH_PRIVATE_KEY",
];

// attack: A-373
#[test]
fn a_373_pipelines_are_recorded_by_an_allow_list_and_secrets_are_not() {
    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
    let gitlab: &[(&str, &str)] = &[
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_AUTHOR", "Ada <ada@example.com>"),
        ("CI_COMMIT_SHA", SHA),
        ("CI_PROJECT_URL", "https://ci:canary-url@gitlab.example/team/app?private_token=canary-query"),
        ("CI_PIPELINE_URL", "https://gitlab.example/team/app/-/pipelines/7"),
        ("CI_JOB_STARTED_AT", "2026-01-01T00:00:00Z"),
        ("CI_COMMIT_MESSAGE", "canary-message"),
    ];
    let github: &[(&str, &str)] = &[
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_ACTOR", "ada"),
        ("GITHUB_SHA", SHA),
        ("GITHUB_SERVER_URL", "https://github.example"),
        ("GITHUB_REPOSITORY", "team/app"),
        ("GITHUB_RUN_ID", "7"),
    ];
    let expected = [
        json!({
            "org.opencontainers.image.authors": "Ada <ada@example.com>",
            "org.opencontainers.image.revision": SHA,
            "org.opencontainers.image.source": "https://gitlab.example/team/app",
            "org.plimsoll.pipeline": "https://gitlab.example/team/app/-/pipelines/7",
        }),
        json!({
            "org.opencontainers.image.authors": "ada",
            "org.opencontainers.image.revision": SHA,
            "org.opencontainers.image.source": "https://github.example/team/app",
            "org.plimsoll.pipeline": "https://github.example/team/app/actions/runs/7",
        }),
    ];
    for (service, expected) in [gitlab, github].into_iter().zip(expected) {
        let harbour = Harbour::empty().with_trust();
        let canaries: Vec<(String, String)> =
            CANARIES.iter().map(|name| ((*name).to_owned(), format!("canary-{name}"))).collect();
        let mut environment: Vec<(&str, &str)> = canaries.iter().map(|(name, value)| (&**name, &**value)).collect();
        environment.extend(service);
        environment.push(EPOCH);
        let line = "ship rootfs -t oci:out:v1 --scope localhost/team/app --key release --config publisher -o json";
        let done = harbour.run_with(line, &environment).succeeds();
        let manifest = blob(&harbour, "out", &done.json()["digest"]);
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&manifest["annotations"][key], value, "{manifest:#}");
        }
        let config = blob(&harbour, "out", &manifest["config"]["digest"]);
        assert_eq!(config["created"], "2023-11-14T22:13:20Z");
        // Provenance names the commit, and no file of the image, the layout or the output holds a secret.
        harbour.run("inspect oci:out:v1").succeeds();
        let mut everything = done.stdout.into_bytes();
        everything.extend(done.stderr.into_bytes());
        for (_, bytes) in files(&harbour.path("out")) {
            everything.extend(bytes);
        }
        let payloads = payloads(&harbour);
        assert!(payloads.contains(SHA), "{payloads}");
        everything.extend(payloads.into_bytes());
        let text = String::from_utf8_lossy(&everything);
        assert!(!text.contains("canary"), "a secret of the environment was written");
    }
}

/// The statements of the attestations of a layout, decoded.
fn payloads(harbour: &Harbour) -> String {
    let mut decoded = String::new();
    for (_, bytes) in files(&harbour.path("out/blobs")) {
        let Ok(envelope) = serde_json::from_slice::<Value>(&bytes) else { continue };
        if let Some(payload) = envelope["payload"].as_str() {
            let bytes = data_encoding::BASE64.decode(payload.as_bytes());
            let bytes = bytes.or_else(|_| data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes())).unwrap();
            decoded.push_str(&String::from_utf8(bytes).unwrap());
        }
    }
    decoded
}

#[test]
fn a_label_of_the_user_wins_over_nothing_and_is_kept() {
    let harbour = Harbour::empty();
    harbour.write("rootfs/a", "a");
    fs::create_dir_all(harbour.path("rootfs/empty")).unwrap();
    let line = "build rootfs -t oci:out:v1 --annotation k=v=w --label l=1 --entrypoint '[\"/bin/app\",\"serve\"]' --platform linux/arm64/v8 -o json";
    let built = harbour.run(line).succeeds().json();
    let manifest = blob(&harbour, "out", &built["digest"]);
    assert_eq!(manifest["annotations"]["k"], "v=w");
    let config = blob(&harbour, "out", &manifest["config"]["digest"]);
    assert_eq!(config["config"]["Labels"]["l"], "1");
    assert_eq!(config["config"]["Entrypoint"], json!(["/bin/app", "serve"]));
    assert_eq!(
        (&config["os"], &config["architecture"], &config["variant"]),
        (&json!("linux"), &json!("arm64"), &json!("v8"))
    );
}
