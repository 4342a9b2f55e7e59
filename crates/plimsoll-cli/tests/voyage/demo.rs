//! `demo`: the whole voyage in one command.

use crate::harbour::Harbour;

#[test]
fn the_demonstration_admits_one_and_blocks_eight_and_can_be_kept() {
    let harbour = Harbour::empty();
    // It ships the lock file of where it runs.
    harbour.write("Cargo.lock", CARGO_LOCK);
    let done = harbour.run("demo --keep kept -o json").succeeds();
    let report = done.json();
    assert_eq!(report["asExpected"], true);
    let rows: Vec<(&str, &str)> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["decision"].as_str().unwrap(), row["codes"][0].as_str().unwrap_or("-")))
        .collect();
    let expected = [
        ("ADMIT", "-"),
        ("BLOCK", "no-signature"),
        ("BLOCK", "untrusted-chain"),
        ("BLOCK", "no-signature"),
        ("BLOCK", "rollback"),
        ("BLOCK", "name-not-bound"),
        ("BLOCK", "digest-mismatch"),
        ("BLOCK", "attestation-subject-mismatch"),
        ("BLOCK", "component-denied"),
    ];
    for (row, (decision, code)) in report["cases"].as_array().unwrap().iter().zip(expected) {
        assert_eq!(row["decision"], decision, "{row}");
        let codes = row["codes"].as_array().unwrap();
        assert!(code == "-" && codes.is_empty() || codes.iter().any(|found| found == code), "{row}");
    }
    assert_eq!(rows.len(), expected.len());
    for kept in
        ["pki/root.pem", "publisher/signingkeys.json", "rules.yaml", "consumer/trustpolicy.oci.json", "registry"]
    {
        assert!(harbour.path("kept").join(kept).exists(), "{kept}");
    }
    // What it leaves can be gone on with, and is not written over.
    harbour
        .run("discover oci:kept/registry/demo/plimsoll/_layout:v2")
        .succeeds()
        .says("application/vnd.cncf.notary.signature");
    harbour.run("demo --keep kept").exits(2).says("expected a new or empty directory");
}

const CARGO_LOCK: &str = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"2.0.0\"\n";
