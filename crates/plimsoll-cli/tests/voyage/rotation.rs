//! `sign --if-signed-by OLD`, and the worked example in `docs/rotation.md`, command by command.

use crate::{
    harbour::{Done, Harbour, SIGNER, Verdict, files, trust_policy},
    notary::{lasting, private},
};
use plimsoll::pki::issue::Role;
use plimsoll_testkit::pki::{Certified, KeySpec, ROOT};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// An image in a layout, and a publisher with two signers who verifies by the consumer's trust policy, too.
fn scene() -> Harbour {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour.issue("pki", "publisher", "next", "");
    harbour.run("cert add --type ca --store harbour pki/root.pem --config publisher").succeeds();
    trust(&harbour, &trust_policy("strict", "*"));
    harbour
}
fn trust(harbour: &Harbour, policy: &Value) {
    harbour.write("trustpolicy.json", policy.to_string());
    harbour.run("trust-policy import trustpolicy.json --force --config publisher").succeeds();
}
const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";

fn sign(harbour: &Harbour, more: &str) -> Done {
    harbour.run(&format!("sign {IMAGE} --config publisher {more}"))
}
fn signatures(harbour: &Harbour) -> Vec<String> {
    let found = harbour.json(&format!("inspect {IMAGE}"))["signatures"].as_array().unwrap().clone();
    found.iter().map(|one| one["certificates"][0]["sha256"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_signer_takes_over_exactly_what_the_old_one_signed() {
    let harbour = scene();
    let before = files(&harbour.path("layout"));
    let takes_over = "--key next --if-signed-by release";
    sign(&harbour, takes_over).exits(1).says("no-signature").says("`release` did not sign");
    assert_eq!(files(&harbour.path("layout")), before);
    // The signature of somebody else, however good.
    harbour.issue("pki", "publisher", "other", "");
    sign(&harbour, "--key other").succeeds();
    sign(&harbour, takes_over).exits(1).says("signer-not-allowed");
    assert_eq!(signatures(&harbour).len(), 1);
    sign(&harbour, "--key release").succeeds();
    sign(&harbour, takes_over).succeeds();
    assert_eq!(signatures(&harbour).len(), 3);
    // OLD by its certificate in a file, and by an authority above it.
    let leaf = harbour.read("publisher/localkeys/release.crt");
    harbour.write("old.pem", leaf.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap());
    for old in ["old.pem", "pki/intermediate.pem", "pki/root.pem"] {
        sign(&harbour, &format!("--key next --if-signed-by {old}")).succeeds();
    }
    harbour.run("pki init --subject 'CN=Elsewhere,O=Harbour,ST=WA,C=US' --dir elsewhere").succeeds();
    sign(&harbour, "--key next --if-signed-by elsewhere/root.pem").exits(1).says("signer-not-allowed");
    sign(&harbour, "--key next --if-signed-by nobody").exits(2).says("nobody").says("name of a signing key");
    assert_eq!(signatures(&harbour).len(), 6);
}

/// What the trust policy merely lets pass is nobody's signature: the new signer would vouch for what an attacker attached.
#[test]
fn a_signature_that_is_only_logged_is_taken_over_by_nobody() {
    let harbour = scene();
    // The same names as the old signer's, below a root that nobody trusts.
    let root = Certified::self_signed(KeySpec::P256, ROOT, Role::Root { path_length: None }, lasting);
    let leaf = root.issue(KeySpec::P256, SIGNER, Role::Signer { ocsp: &[], crl: &[] }, lasting);
    harbour.write("forged.pem", leaf.pem() + &root.pem());
    private(&harbour, "forged.key", &leaf.key.to_pkcs8_pem());
    harbour.run("key add forged --key forged.key --chain forged.pem --config publisher").succeeds();
    sign(&harbour, "--key forged").succeeds();
    trust(&harbour, &trust_policy("audit", "*"));
    let verified = harbour.run(&format!("verify {IMAGE} --config publisher")).succeeds();
    verified.says("untrusted");
    sign(&harbour, "--key next --if-signed-by forged").exits(1).says("no signature on it holds");
    assert_eq!(signatures(&harbour).len(), 1);
    // Neither is one where verification is skipped altogether.
    trust(&harbour, &trust_policy("skip", "*"));
    sign(&harbour, "--key next --if-signed-by forged").exits(3).says("signature-verification-skipped");
    // Nothing is known of a repository that the trust policy is not about.
    trust(&harbour, &trust_policy("strict", "localhost/team/other"));
    sign(&harbour, "--key next --if-signed-by forged").exits(2).says("no-applicable-trust-policy");
    assert_eq!(signatures(&harbour).len(), 1);
    // A layout does not say which statement is about it.
    harbour.run("sign oci:layout:v1 --key next --if-signed-by forged --config publisher").exits(2).says("--scope");
}

/// Whether a signature is the old signer's may not be known; then it is not said that it is not.
#[test]
fn what_cannot_be_found_out_is_not_skipped_as_if_it_could() {
    let harbour = scene();
    let root = Certified::self_signed(KeySpec::P256, ROOT, Role::Root { path_length: None }, lasting);
    let role = Role::Signer { ocsp: &[], crl: &["http://127.0.0.1:9/none.crl"] };
    let leaf = root.issue(KeySpec::P256, SIGNER, role, lasting);
    harbour.write("revocable.pem", leaf.pem() + &root.pem());
    harbour.write("revocable-root.pem", root.pem());
    private(&harbour, "revocable.key", &leaf.key.to_pkcs8_pem());
    harbour.run("cert add --type ca --store harbour revocable-root.pem --config publisher").succeeds();
    harbour.run("key add revocable --key revocable.key --chain revocable.pem --config publisher").succeeds();
    sign(&harbour, "--key revocable").succeeds();
    // The signature of another, which holds, does not answer the question.
    sign(&harbour, "--key release").succeeds();
    sign(&harbour, "--key next --if-signed-by revocable").exits(3).says("revocation-unknown").says("is unknown");
    assert_eq!(signatures(&harbour).len(), 2);
}

/// An archive is a place of signatures like any other, and nothing is written into it.
#[test]
fn a_layout_in_a_tar_file_is_verified_offline() {
    let harbour = scene();
    sign(&harbour, "--key release").succeeds();
    let pack = |name: &str, edit: &dyn Fn(&mut tar::Builder<Vec<u8>>)| {
        let mut archive = tar::Builder::new(Vec::new());
        edit(&mut archive);
        archive.append_dir_all(".", harbour.path("layout")).unwrap();
        harbour.write(name, archive.into_inner().unwrap());
    };
    pack("ship.tar", &|_| {});
    let verify = |name: &str| {
        let line = format!("verify oci-archive:{name}:v1 --scope localhost/team/app --config consumer -o json");
        harbour.run(&line)
    };
    let verdict = Verdict::of(verify("ship.tar")).admits();
    assert_eq!(verdict.json["signatures"][0]["verified"], true);
    let shown = harbour.json("inspect oci-archive:ship.tar:v1");
    assert!(shown["reference"].as_str().unwrap().starts_with("oci-archive:ship.tar@sha256:"), "{shown:#}");
    harbour.run("sign oci-archive:ship.tar:v1 --config publisher").exits(2).says("nothing is written into an archive");
    // A link in the place of a blob, and two entries of one name, are refused.
    pack("linked.tar", &|archive| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, "index.json", "/etc/passwd").unwrap();
    });
    verify("linked.tar").exits(2).says("regular file");
    pack("twice.tar", &|archive| {
        archive.append_path_with_name(harbour.path("layout/index.json"), "index.json").unwrap();
    });
    verify("twice.tar").exits(2).says("index.json");
    pack("more.tar", &|archive| {
        archive.append_path_with_name(harbour.path("trustpolicy.json"), "manifest.json").unwrap();
    });
    Verdict::of(verify("more.tar")).admits();
    // A blob that was changed inside is noticed where it is read.
    let whole = fs::read(harbour.path("ship.tar")).unwrap();
    let at = whole.windows(9).position(|window| window == b"\"payload\"").unwrap();
    let mut changed = whole;
    changed[at + 13] ^= 1;
    harbour.write("changed.tar", changed);
    Verdict::of(verify("changed.tar")).blocks("digest-mismatch");
    harbour.write("cut.tar", &fs::read(harbour.path("ship.tar")).unwrap()[..5000]);
    verify("cut.tar").exits(2);
    verify("absent.tar").exits(2);
}

/// How many signatures are looked at is bounded, and what was not looked at is not taken for refused.
#[test]
fn no_more_signatures_are_looked_at_than_allowed() {
    let harbour = scene();
    harbour.issue("pki", "publisher", "other", "");
    for _ in 0..2 {
        sign(&harbour, "--key release").succeeds();
    }
    let line = format!("verify {IMAGE} --config consumer -o json");
    let found = Verdict::of(harbour.run(&line)).admits();
    assert_eq!(found.json["signatures"].as_array().unwrap().len(), 2);
    let one = Verdict::of(harbour.run(&format!("{line} --max-signatures 1"))).admits();
    assert_eq!(one.json["signatures"].as_array().unwrap().len(), 1);
    let metadata = format!("{line} --max-signatures 1 -m build=7");
    let unknown = Verdict::of(harbour.run(&metadata));
    assert!(unknown.codes().contains(&"signature-attempts-exhausted"), "{:?}", unknown.codes());
    harbour.run(&format!("{line} --max-signatures 0")).exits(2);
}

/// Each line of the example runs as it stands there, on a registry of the test's own, with the exit code that stands there.
#[test]
fn every_command_of_the_worked_example_runs() {
    let harbour = Harbour::empty();
    let registry = harbour.serve("");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rotation.md")).unwrap();
    let text = text.replace("registry.example.com", &registry.address);
    harbour.write("rootfs/etc/motd", "welcome aboard\n");
    let mut ran = 0;
    for (language, block) in blocks(&text) {
        if let Some(file) = language.strip_prefix("text ").or_else(|| language.strip_prefix("json ")) {
            harbour.write(file, block);
            continue;
        }
        assert_eq!(language, "sh", "a block that is neither a file nor commands");
        for line in block.replace("\\\n", " ").lines() {
            let (command, comment) = line.split_once(" #").unwrap_or((line, ""));
            let command = command.strip_prefix("plimsoll ").unwrap_or_else(|| panic!("no command: {line}"));
            let exit = comment.split("exit code ").nth(1).map_or(0, |code| code[..1].parse().unwrap());
            harbour.run(command).exits(exit);
            ran += 1;
        }
    }
    assert!(ran > 15, "{ran}");
}

/// The fenced blocks of a document, each with the words behind its fence.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !inside => {
                found.push((language, String::new()));
                inside = true;
            }
            Some(_) => inside = false,
            None if inside => {
                let block = &mut found.last_mut().unwrap().1;
                block.push_str(line);
                block.push('\n');
            }
            None => {}
        }
    }
    found
}

#[test]
fn the_journal_of_another_old_signer_is_not_resumed() {
    let harbour = scene();
    sign(&harbour, "--key release").succeeds();
    let line = "--key next --resume journal -o json --if-signed-by";
    sign(&harbour, &format!("{line} release")).succeeds();
    let again = sign(&harbour, &format!("{line} release")).succeeds().json();
    assert_eq!(again["results"][0]["resumed"], json!(true));
    assert_eq!(signatures(&harbour).len(), 2);
    sign(&harbour, &format!("{line} pki/root.pem")).exits(2).says("no journal of this command with these settings");
}
