//! Workloads that attest: an X.509-SVID signs, and rules demand its SPIFFE ID by the bundle of its trust domain.

use crate::{
    harbour::{Done, Harbour, Verdict, files},
    notary::{lasting, private},
};
use data_encoding::BASE64;
use plimsoll::{
    host::clock,
    pki::issue::{Draft, Role},
};
use plimsoll_testkit::pki::{Certified, KeySpec, NOT_BEFORE, ROOT, extension, set_purposes, set_validity};
use serde_json::json;
use std::fs;

const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";
const KIND: &str = "https://example.com/review/v1";
const DOMAIN: &str = "harbour.example";
const ID: &str = "spiffe://harbour.example/ci/release";

/// An image that nobody attested, rules that demand the workload's word, and the authority of its trust domain.
fn scene() -> (Harbour, Certified) {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour.write("predicate.json", "{}");
    let rules = json!({
        "version": 1, "name": "reviewed",
        "attestations": [{ "predicateTypes": [KIND], "workloads": { "identities": [format!("spiffe://{DOMAIN}/ci/*")] } }],
        "rules": [{ "name": "reviewed", "require": { "attestation": { "types": [KIND], "by": [{ "spiffe": ID }] } } }],
    });
    harbour.write("reviewed.yaml", rules.to_string());
    (harbour, authority())
}
pub(crate) fn authority() -> Certified {
    Certified::self_signed(KeySpec::P256, ROOT, Role::Root { path_length: None }, lasting)
}
/// What an agent gives a workload.
pub(crate) fn svid(harbour: &Harbour, by: &Certified, id: &str, change: impl FnOnce(&mut Draft)) {
    let svid = by.issue(KeySpec::P256, "O=SPIRE,C=US", Role::Signer { ocsp: &[], crl: &[] }, |draft| {
        lasting(draft);
        set_purposes(draft, &["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
        let length = u8::try_from(id.len()).unwrap();
        let names = [&[0x30, length + 2, 0x86, length], id.as_bytes()].concat();
        draft.extensions.push(extension("2.5.29.17", false, &names));
        change(draft);
    });
    harbour.write("svid.pem", svid.pem());
    private(harbour, "svid.key", &svid.key.to_pkcs8_pem());
}
fn attest(harbour: &Harbour, more: &str) -> Done {
    harbour.run(&format!(
        "attest {IMAGE} --type {KIND} --predicate predicate.json --svid svid.pem --svid-key svid.key {more}"
    ))
}
fn checked(harbour: &Harbour, more: &str) -> Done {
    harbour.run(&format!("check {IMAGE} --policy reviewed.yaml --config consumer -o json {more}"))
}
fn check(harbour: &Harbour) -> Verdict {
    Verdict::of(checked(harbour, ""))
}

#[test]
fn a_policy_demands_the_word_of_a_workload() {
    let (harbour, root) = scene();
    harbour.write(&format!("consumer/spiffe/{DOMAIN}.pem"), root.pem());
    check(&harbour).blocks("no-attestation");
    svid(&harbour, &root, ID, |_| ());
    attest(&harbour, "").succeeds().says(&format!("with        {ID}"));
    let verdict = check(&harbour).admits();
    let fact = &verdict.facts("attestation")[0]["body"];
    assert_eq!((&fact["how"], &fact["signer"]), (&json!("dsse-svid"), &json!(ID)), "{fact:#}");
    // As bundle endpoints serve it.
    fs::remove_file(harbour.path("consumer/spiffe/harbour.example.pem")).unwrap();
    let key = json!({ "kty": "EC", "use": "x509-svid", "x5c": [BASE64.encode(&root.der)] });
    harbour.write("consumer/spiffe/harbour.example.json", json!({ "keys": [key] }).to_string());
    Verdict::of(checked(&harbour, "--save saved")).admits();
    // The bundle is in the recording, and the caller's own counts where the caller names it.
    fs::remove_dir_all(harbour.path("consumer/spiffe")).unwrap();
    Verdict::of(harbour.run("check --replay saved -o json")).admits();
    let without = "authority 0: expected a bundle of the trust domain of `spiffe://harbour.example/ci/*`, found none";
    harbour.run("check --replay saved --config consumer").exits(2).says(without);
    checked(&harbour, "").exits(2).says(without);
    // Whom the operator distrusts attests nothing.
    harbour.write("consumer/spiffe/harbour.example.pem", root.pem());
    check(&harbour).admits();
    harbour.run("distrust add --cert svid.pem --reason 'node lost' --config consumer").succeeds();
    check(&harbour).blocks("certificate-distrusted");
}

#[test]
fn another_workload_domain_or_authority_is_refused() {
    for (id, ours, code) in [
        ("spiffe://harbour.example/web", true, "attestation-not-authenticated"),
        // A trust domain speaks for itself alone, whoever signed the certificate.
        ("spiffe://foreign.example/ci/release", true, "svid-invalid"),
        (ID, false, "chain-invalid"),
    ] {
        let (harbour, root) = scene();
        harbour.write(&format!("consumer/spiffe/{DOMAIN}.pem"), root.pem());
        let by = if ours { root } else { authority() };
        svid(&harbour, &by, id, |_| ());
        attest(&harbour, "").succeeds();
        check(&harbour).blocks(code);
    }
    // Trusted by a bundle of its own, the foreign domain is still not the one that is demanded.
    let (harbour, root) = scene();
    harbour.write(&format!("consumer/spiffe/{DOMAIN}.pem"), authority().pem());
    harbour.write("consumer/spiffe/foreign.example.pem", root.pem());
    svid(&harbour, &root, "spiffe://foreign.example/ci/release", |_| ());
    attest(&harbour, "").succeeds();
    check(&harbour).blocks("svid-invalid");
}

#[test]
fn a_bundle_that_cannot_be_read_is_refused_by_its_name() {
    let (harbour, root) = scene();
    svid(&harbour, &root, ID, |_| ());
    attest(&harbour, "").succeeds();
    harbour.write("consumer/spiffe/harbour.example.json", "{");
    checked(&harbour, "").exits(2).says("spiffe/harbour.example.json").says("malformed-spiffe-bundle");
    harbour.write("consumer/spiffe/harbour.example.json", r#"{"keys": []}"#);
    harbour.write("consumer/spiffe/harbour.example.pem", root.pem());
    checked(&harbour, "").exits(2).says("expected one bundle of a trust domain");
    fs::remove_file(harbour.path("consumer/spiffe/harbour.example.json")).unwrap();
    check(&harbour).admits();
    // One that nobody asks for is not read.
    harbour.write("consumer/spiffe/other.example.json", "{");
    check(&harbour).admits();
    // Links are those of a mounted folder, where the operator says that it is one.
    let bundle = harbour.path("consumer/spiffe/harbour.example.pem");
    fs::create_dir(harbour.path("consumer/spiffe/..1")).unwrap();
    fs::rename(&bundle, harbour.path("consumer/spiffe/..1/harbour.example.pem")).unwrap();
    std::os::unix::fs::symlink("..1", harbour.path("consumer/spiffe/..data")).unwrap();
    std::os::unix::fs::symlink("..data/harbour.example.pem", &bundle).unwrap();
    let refused = checked(&harbour, "");
    assert_ne!(refused.code, Some(0), "{refused:?}");
    harbour.write("consumer/plimsoll.yaml", "mounted-bundles: true");
    check(&harbour).admits();
}

#[test]
fn what_is_no_svid_attests_nothing() {
    let (harbour, root) = scene();
    let before = files(&harbour.path("layout"));
    svid(&harbour, &root, ID, |_| ());
    let line = format!("attest {IMAGE} --type {KIND} --predicate predicate.json");
    for (words, said) in [
        ("--svid svid.pem", "--svid-key"),
        ("--svid-key svid.key", "--svid"),
        ("--svid svid.pem --svid-key svid.key --key release", "cannot be used with"),
        ("--svid svid.pem --svid-key publisher/localkeys/release.key", "expected the SVID of the key"),
        ("--svid publisher/localkeys/release.crt --svid-key publisher/localkeys/release.key", "svid-invalid"),
        ("--svid predicate.json --svid-key svid.key", "predicate.json"),
    ] {
        harbour.run(&format!("{line} {words}")).exits(2).says(said);
    }
    // An attestation by an SVID ends with it, and most of them live for an hour.
    svid(&harbour, &root, ID, |draft| set_validity(draft, NOT_BEFORE, clock::now().saturating_add(3600)));
    attest(&harbour, "").exits(2).says("short-lived-without-timestamp");
    assert_eq!(files(&harbour.path("layout")), before);
    harbour.write(&format!("consumer/spiffe/{DOMAIN}.pem"), root.pem());
    attest(&harbour, "--allow-short-lived").succeeds();
    check(&harbour).admits();
    let later = clock::now().saturating_add(7200);
    Verdict::of(checked(&harbour, &format!("--at {later}"))).blocks("certificate-expired");
}
