//! `blob sign`, `blob verify`, `blob inspect`: Notary Project signatures of files.

use crate::{
    clock::{Clock, authority},
    harbour::{Done, Harbour, SIGNER, trust_policy},
};
use serde_json::{Value, json};

/// A file, a publisher, and a consumer with a trust policy for files: a global statement, a named one, one that skips.
fn scene() -> Harbour {
    let harbour = Harbour::empty().with_trust();
    harbour.write("cargo.tar", "cargo");
    let oci = trust_policy("strict", "*");
    let mut statement = oci["trustPolicies"][0].clone();
    let members = statement.as_object_mut().unwrap();
    members.remove("registryScopes");
    members["name"] = "files".into();
    let mut named = statement.clone();
    named["name"] = "others".into();
    named["trustedIdentities"] = json!(["x509.subject: C=US, ST=WA, O=Harbour, CN=other"]);
    statement["globalPolicy"] = true.into();
    let skip = json!({"name": "old", "signatureVerification": {"level": "skip"}});
    trust(&harbour, &json!({"version": "1.0", "trustPolicies": [statement, named, skip]}));
    harbour
}
fn trust(harbour: &Harbour, policy: &Value) {
    harbour.write("consumer/trustpolicy.blob.json", policy.to_string());
}
fn sign(harbour: &Harbour, more: &str) -> Done {
    harbour.run(&format!("blob sign cargo.tar --key release --config publisher {more}"))
}
fn verify(harbour: &Harbour, more: &str) -> Done {
    harbour.run(&format!("blob verify cargo.tar --config consumer {more}"))
}

#[test]
fn each_curve_and_format_signs_a_file() {
    for (curve, algorithm) in [("p256", "sha256"), ("p384", "sha384"), ("p521", "sha512")] {
        let harbour = scene();
        harbour.issue("pki", "publisher", "other", &format!("--curve {curve}"));
        for format in ["jws", "cose"] {
            let line =
                format!("blob sign cargo.tar --key other --config publisher --signature-format {format} -o json");
            let signed = harbour.run(&line).succeeds().json();
            assert_eq!(signed["signature"], format!("cargo.tar.{format}.sig"));
            assert!(signed["digest"].as_str().unwrap().starts_with(&format!("{algorithm}:")), "{signed:#}");
            let found = harbour.json(&format!("blob inspect cargo.tar.{format}.sig"));
            assert_eq!((&found["integrity"], &found["signedArtifact"]["size"]), (&json!("held"), &json!(5)));
            assert_eq!(found["signedArtifact"]["digest"], signed["digest"]);
            assert_eq!(found["signedArtifact"]["mediaType"], "application/octet-stream");
            let report = verify(&harbour, &format!("-s cargo.tar.{format}.sig -o json")).succeeds().json();
            assert_eq!((&report["verified"], &report["signature"]["subject"]), (&json!(true), &json!(SIGNER)));
            assert_eq!(report["checks"].as_array().unwrap().len(), 5);
        }
        harbour.write("cargo.tar", "ballast");
        verify(&harbour, "-s cargo.tar.cose.sig").exits(1).says("not verified").says("target-mismatch");
    }
}

#[test]
fn nothing_is_replaced_unasked_and_the_signature_goes_where_it_is_told() {
    let harbour = scene();
    sign(&harbour, "").succeeds();
    let first = harbour.read("cargo.tar.jws.sig");
    sign(&harbour, "").exits(2).says("--force");
    assert_eq!(harbour.read("cargo.tar.jws.sig"), first);
    sign(&harbour, "--force").succeeds();
    assert_ne!(harbour.read("cargo.tar.jws.sig"), first);
    std::fs::create_dir(harbour.path("out")).unwrap();
    sign(&harbour, "--signature-directory out").succeeds();
    verify(&harbour, "--signature out/cargo.tar.jws.sig").succeeds().says("verified cargo.tar");
    harbour.run("blob sign absent.tar --config publisher").exits(2);
    harbour.run("blob sign out --config publisher").exits(2);
    // Whatever its name does not say, is not guessed.
    std::fs::copy(harbour.path("cargo.tar.jws.sig"), harbour.path("cargo.sig")).unwrap();
    verify(&harbour, "-s cargo.sig").exits(2).says(".jws.sig or .cose.sig");
    std::fs::copy(harbour.path("cargo.tar.jws.sig"), harbour.path("cargo.cose.sig")).unwrap();
    verify(&harbour, "-s cargo.cose.sig").exits(1);
}

#[test]
fn the_statement_decides_whose_signature_counts() {
    let harbour = scene();
    sign(&harbour, "").succeeds();
    let signature = "-s cargo.tar.jws.sig";
    verify(&harbour, signature).succeeds().says("statement files (strict)");
    verify(&harbour, &format!("{signature} --policy-name others")).exits(1).says("untrusted-identity");
    verify(&harbour, &format!("{signature} --policy-name none")).exits(2).says("no-applicable-trust-policy");
    // What is skipped succeeds, and says so; no signature is looked at.
    verify(&harbour, "-s none.jws.sig --policy-name old").succeeds().says("skipped").says("warning: ");
    assert_eq!(verify(&harbour, "-s none.jws.sig --policy-name old -o json").json()["skipped"], true);
    verify(&harbour, "-s none.jws.sig").exits(2).says("none.jws.sig");
    std::fs::remove_file(harbour.path("consumer/trustpolicy.blob.json")).unwrap();
    verify(&harbour, signature).exits(3).says("trustpolicy.blob.json");
    // A level that only logs lets it pass, and says what it logged.
    let mut lenient = trust_policy("audit", "*")["trustPolicies"][0].clone();
    lenient.as_object_mut().unwrap().remove("registryScopes");
    lenient["globalPolicy"] = true.into();
    lenient["trustedIdentities"] = json!(["x509.subject: C=US, ST=WA, O=Harbour, CN=other"]);
    trust(&harbour, &json!({"version": "1.0", "trustPolicies": [lenient]}));
    let report = verify(&harbour, &format!("{signature} -o json")).succeeds().json();
    assert_eq!((&report["accepted"], &report["verified"]), (&json!(true), &json!(false)));
    verify(&harbour, signature).succeeds().says("warning").says("untrusted-identity");
}

#[test]
fn media_type_and_metadata_are_signed_along_and_demanded() {
    let harbour = scene();
    sign(&harbour, "--media-type application/x-tar -m build=7").succeeds();
    let signature = "-s cargo.tar.jws.sig";
    verify(&harbour, &format!("{signature} --media-type application/x-tar -m build=7")).succeeds();
    verify(&harbour, &format!("{signature} --media-type text/plain")).exits(1).says("target-mismatch");
    verify(&harbour, &format!("{signature} -m build=8")).exits(1).says("signed-metadata-mismatch");
    sign(&harbour, "--force --expiry 1h").succeeds();
    let later = plimsoll::host::clock::now().saturating_add(7200);
    verify(&harbour, signature).succeeds();
    verify(&harbour, &format!("{signature} --at {later}")).exits(1).says("signature-expired");
}

#[test]
fn the_other_spelling_does_the_same() {
    let harbour = scene();
    harbour.run("sign-blob cargo.tar --key release --config publisher").succeeds();
    harbour.run("verify-blob cargo.tar -s cargo.tar.jws.sig --config consumer").succeeds().says("verified");
}

#[test]
fn a_file_is_stamped_before_its_signature_is_written() {
    let tsa = authority();
    let harbour = scene();
    harbour.write("tsa.pem", tsa.root.pem());
    let stamp = |url: &str| format!("--timestamp-url {url} --timestamp-root-cert tsa.pem");
    sign(&harbour, &stamp("http://127.0.0.1:9/")).exits(3);
    assert!(!harbour.path("cargo.tar.jws.sig").exists());
    sign(&harbour, &stamp(&Clock::of(tsa).url)).succeeds();
    let found = harbour.json("blob inspect cargo.tar.jws.sig");
    assert_eq!(found["claimedTimestamp"]["isOfSignature"], true);
    harbour.issue("pki", "publisher", "brief", "--valid 2h");
    harbour
        .run("blob sign cargo.tar --force --key brief --config publisher")
        .exits(2)
        .says("short-lived-without-timestamp");
}
