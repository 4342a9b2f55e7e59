//! `sign`, `verify`, `inspect`: Notary Project signatures by Notation's configuration.

use crate::harbour::{Done, Harbour, SIGNER, Verdict, trust_policy};
use plimsoll::{
    core::UnixTime,
    host::clock,
    pki::issue::{Draft, Role},
};
use plimsoll_testkit::{
    pki::{Certified, KeySpec, NOT_BEFORE, ROOT, set_validity},
    rsa_key,
};
use serde_json::{Value, json};

const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";

/// A layout with an image, and nobody's signature.
fn unsigned() -> Harbour {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour
}
fn sign(harbour: &Harbour, more: &str) -> Done {
    harbour.run(&format!("sign {IMAGE} --config publisher {more} -o json")).succeeds()
}
fn verify(harbour: &Harbour, more: &str) -> Verdict {
    Verdict::of(harbour.run(&format!("verify {IMAGE} --config consumer {more} -o json")))
}
fn trust(harbour: &Harbour, policy: &Value) {
    harbour.write("trustpolicy.json", policy.to_string());
    harbour.run("trust-policy import trustpolicy.json --force --config consumer").succeeds();
}
fn inspect(harbour: &Harbour) -> Vec<Value> {
    harbour.json(&format!("inspect {IMAGE}"))["signatures"].as_array().unwrap().clone()
}

#[test]
fn each_curve_and_format_signs_and_verifies() {
    for (curve, algorithm) in [("p256", "Es256"), ("p384", "Es384"), ("p521", "Es512")] {
        let harbour = unsigned();
        harbour.issue("pki", "publisher", "other", &format!("--curve {curve}"));
        for format in ["jws", "cose"] {
            sign(&harbour, &format!("--key other --signature-format {format}"));
        }
        let found = inspect(&harbour);
        assert_eq!(found.len(), 2, "{found:?}");
        for one in &found {
            assert_eq!(one["integrity"], "held", "{one:#}");
            assert_eq!(
                one["signedArtifact"]["digest"],
                harbour.json(&format!("discover {IMAGE}"))["digest"],
                "{algorithm}"
            );
            assert_eq!(one["certificates"].as_array().unwrap().len(), 3);
            assert_eq!(one["certificates"][0]["issuedTo"], SIGNER);
        }
        let types: Vec<_> = found.iter().map(|one| one["mediaType"].as_str().unwrap()).collect();
        assert!(types.contains(&"application/jose+json") && types.contains(&"application/cose"), "{types:?}");
        let verdict = verify(&harbour, "").admits();
        assert_eq!(verdict.json["verified"], true);
        for fact in verdict.facts("signature") {
            assert_eq!((&fact["backing"], &fact["body"]["subject"]), (&json!("signed"), &json!(SIGNER)));
        }
    }
}

#[test]
fn rsa_keys_of_others_sign_and_verify_in_the_clear_and_encrypted() {
    for (bits, spec) in [(2048, KeySpec::Rsa2048), (3072, KeySpec::Rsa3072), (4096, KeySpec::Rsa4096)] {
        let harbour = unsigned();
        let root = Certified::self_signed(spec, ROOT, Role::Root { path_length: None }, lasting);
        let leaf = root.issue(spec, SIGNER, Role::Signer { ocsp: &[], crl: &[] }, lasting);
        harbour.write("rsa.pem", leaf.pem() + &root.pem());
        harbour.write("rsa-root.pem", root.pem());
        let key = if bits == 2048 {
            include_str!("../../../plimsoll-host/tests/keys/rsa-2048.encrypted.pem")
        } else {
            rsa_key(bits)
        };
        private(&harbour, "rsa.key", key);
        harbour.write("passphrase", "ballast\n");
        let passphrase = if bits == 2048 { "--passphrase-file passphrase" } else { "" };
        harbour.run("cert add --type ca --store harbour rsa-root.pem --config consumer").succeeds();
        harbour.run(&format!("key add rsa --key rsa.key --chain rsa.pem --config publisher {passphrase}")).succeeds();
        for format in ["jws", "cose"] {
            sign(&harbour, &format!("--key rsa --signature-format {format} {passphrase}"));
        }
        verify(&harbour, "").admits();
        // What such a key attests is read by the same rules, whatever its size.
        harbour.write("predicate.json", "{}");
        let kind = "https://example.com/p/v1";
        let attest = format!("attest {IMAGE} --type {kind} --predicate predicate.json --key rsa --config publisher");
        harbour.run(&format!("{attest} {passphrase}")).succeeds();
        let by = json!({ "trustStores": ["ca:harbour"], "trustedIdentities": ["*"] });
        let rules = json!({
            "version": 1, "name": "attested", "attestations": [{ "predicateTypes": [kind], "certificates": by }],
            "rules": [{ "name": "attested", "require": { "attestation": { "types": [kind] } } }],
        });
        harbour.write("attested.yaml", rules.to_string());
        Verdict::of(harbour.run(&format!("check {IMAGE} --policy attested.yaml --config consumer -o json"))).admits();
        if bits == 2048 {
            harbour
                .run_with(
                    &format!("sign {IMAGE} --key rsa --config publisher"),
                    &[("PLIMSOLL_KEY_PASSPHRASE_FILE", "passphrase")],
                )
                .succeeds();
            harbour.write("passphrase", "wrong\n");
            for (more, said) in [
                ("", "no passphrase was given"),
                ("--passphrase-file passphrase", "the passphrase does not open the private key"),
            ] {
                harbour
                    .run(&format!("sign {IMAGE} --key rsa --config publisher {more}"))
                    .exits(3)
                    .says("private-key-locked")
                    .says(said);
            }
            assert_eq!(inspect(&harbour).len(), 3);
        }
    }
}

/// Valid for as long as anybody will run this test.
pub(crate) fn lasting(draft: &mut Draft) {
    let before = draft.not_before.clone();
    set_validity(draft, NOT_BEFORE, "2099-12-31T23:59:59Z".parse().unwrap());
    draft.not_before = before;
}

/// Writes a file that its owner alone may read.
pub(crate) fn private(harbour: &Harbour, name: &str, text: &str) {
    let path = harbour.write(name, text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Its word for the time counts, so that the signature outlives the key; but only from the stores for such authorities.
#[test]
fn a_signing_authority_answers_for_the_time() {
    let harbour = unsigned();
    harbour.issue("pki", "publisher", "brief", "--valid 2h");
    let line = "--key brief --signing-scheme notary.x509.signingAuthority";
    let refused = format!("sign {IMAGE} --config publisher {line} --timestamp-url http://127.0.0.1:9/");
    harbour.run(&format!("{refused} --timestamp-root-cert pki/root.pem")).exits(2).says("signingAuthority");
    harbour.run(&format!("sign {IMAGE} --config publisher --signing-scheme notary.x509.other")).exits(2);
    for format in ["jws", "cose"] {
        sign(&harbour, &format!("{line} --signature-format {format}"));
    }
    let schemes: Vec<Value> =
        inspect(&harbour).iter().map(|one| one["claimedAttributes"]["signingScheme"].clone()).collect();
    assert_eq!(schemes, ["notary.x509.signingAuthority"; 2]);
    let tomorrow = clock::now().saturating_add(86_400);
    assert_eq!(verify(&harbour, "").exit, 1, "its root is in a store of the other kind");
    harbour.run("cert add --type signingAuthority --store harbour pki/root.pem --config consumer").succeeds();
    let mut policy = trust_policy("strict", "*");
    policy["trustPolicies"][0]["trustStores"] = json!(["signingAuthority:harbour"]);
    trust(&harbour, &policy);
    verify(&harbour, "").admits();
    verify(&harbour, &format!("--at {tomorrow}")).admits();
    // A signer who is none of them counts only by the stores for signers.
    let plain = unsigned();
    sign(&plain, "");
    plain.run("cert add --type signingAuthority --store harbour pki/root.pem --config consumer").succeeds();
    trust(&plain, &policy);
    assert_eq!(verify(&plain, "").exit, 1);
}

#[test]
fn metadata_must_be_the_one_that_was_signed() {
    let harbour = unsigned();
    sign(&harbour, "--user-metadata stage=test --user-metadata build=7");
    verify(&harbour, "--user-metadata stage=test").admits();
    verify(&harbour, "--user-metadata stage=test --user-metadata build=7").admits();
    verify(&harbour, "--user-metadata stage=live").blocks("signed-metadata-mismatch");
    verify(&harbour, "--user-metadata other=x").blocks("signed-metadata-mismatch");
    // One of two signatures is enough, and it must hold all of it.
    sign(&harbour, "--user-metadata stage=live");
    verify(&harbour, "--user-metadata stage=live").admits();
    verify(&harbour, "--user-metadata stage=live --user-metadata build=7").blocks("signed-metadata-mismatch");
    // The prefix of the specification is not the user's.
    harbour.run(&format!("sign {IMAGE} --key release --config publisher --user-metadata io.cncf.notary.x=y")).exits(2);
    assert_eq!(inspect(&harbour).len(), 2);
}

#[test]
fn expiry_is_judged_at_the_time_that_is_given_and_the_verdict_says_so() {
    let harbour = unsigned();
    sign(&harbour, "--expiry 1h");
    let found = inspect(&harbour);
    let (signed, expiry) = (
        found[0]["claimedAttributes"]["signingTime"].as_str().unwrap(),
        found[0]["claimedAttributes"]["expiry"].as_str().unwrap(),
    );
    let last = expiry.parse::<UnixTime>().unwrap().saturating_sub(1).to_string();
    let verdict = verify(&harbour, &format!("--at {signed}")).admits();
    assert!(verdict.json["notes"][0].as_str().unwrap().contains("a time that was given"), "{}", verdict.json["notes"]);
    verify(&harbour, &format!("--at {last}")).admits();
    verify(&harbour, &format!("--at {expiry}")).blocks("signature-expired");
    verify(&harbour, "--at 2120-01-01T00:00:00Z").blocks("certificate-expired");
    verify(&harbour, "--at 2001-01-01T00:00:00Z").blocks("certificate-not-yet-valid");
}

/// What each level makes of each failure. `true` is verified.
#[test]
fn levels_enforce_and_log_as_the_specification_says() {
    let harbour = unsigned();
    sign(&harbour, "--expiry 1h");
    let expiry = inspect(&harbour)[0]["claimedAttributes"]["expiry"].as_str().unwrap().to_owned();
    let stranger = json!(["x509.subject: C=US, ST=WA, O=Harbour, CN=somebody else"]);
    for (level, expired, unknown) in [("strict", false, false), ("permissive", true, false), ("audit", true, true)] {
        trust(&harbour, &trust_policy(level, "*"));
        let verdict = verify(&harbour, &format!("--at {expiry}"));
        let verdict = if expired { verdict.admits() } else { verdict.blocks("signature-expired") };
        // Logged is said, and is no more than a claim.
        if expired {
            assert!(verdict.warnings().contains(&"signature-expired"), "{:#}", verdict.json["warnings"]);
            assert_eq!(verdict.facts("signature")[0]["backing"], "attached");
        }
        let mut policy = trust_policy(level, "*");
        policy["trustPolicies"][0]["trustedIdentities"] = stranger.clone();
        trust(&harbour, &policy);
        let verdict = verify(&harbour, "");
        if unknown {
            let verdict = verdict.admits();
            assert!(verdict.warnings().contains(&"untrusted-identity"));
            assert_eq!(verdict.facts("signature")[0]["backing"], "attached");
        } else {
            verdict.blocks("untrusted-identity");
        }
    }
    // Skipped is not verified, and what is absent fails even then.
    trust(&harbour, &trust_policy("skip", "*"));
    let skipped = harbour.run(&format!("verify {IMAGE} --config consumer -o json")).succeeds();
    assert_eq!(skipped.json()["skipped"], true);
    harbour.run("verify oci:layout:absent --scope localhost/team/app --config consumer").exits(3);
}

#[test]
fn a_scope_that_does_not_fit_and_a_chain_that_nobody_knows_are_refused() {
    let harbour = unsigned();
    sign(&harbour, "");
    trust(&harbour, &trust_policy("strict", "localhost/team/app"));
    verify(&harbour, "").admits();
    let done = harbour.run("verify oci:layout:v1 --scope localhost/team/other --config consumer");
    assert!(matches!(done.code, Some(1 | 2)) && done.stderr.contains("no-applicable-trust-policy"), "{done:?}");
    // The same names under another root.
    let other = unsigned();
    other.authority("pki2", "stranger");
    other.run(&format!("sign {IMAGE} --config stranger --key release")).succeeds();
    verify(&other, "").blocks("untrusted-chain");
    // A trusted signature beside it is enough; what the other is, is said.
    sign(&other, "");
    verify(&other, "").admits();
}

#[test]
fn notations_own_files_are_read_where_notation_has_them() {
    let harbour = unsigned();
    sign(&harbour, "");
    // The older name of the trust policy, and the directory in the environment.
    std::fs::rename(harbour.path("consumer/trustpolicy.oci.json"), harbour.path("consumer/trustpolicy.json")).unwrap();
    harbour.run_with(&format!("verify {IMAGE}"), &[("NOTATION_CONFIG", "consumer")]).succeeds().says("verified");
    // `config.json` chooses the format.
    harbour.write("publisher/config.json", r#"{"signatureFormat": "cose"}"#);
    sign(&harbour, "--key release");
    assert!(inspect(&harbour).iter().any(|one| one["mediaType"] == "application/cose"));
    // The home directory is where Notation looks last.
    std::fs::create_dir_all(harbour.path(".config")).unwrap();
    std::fs::rename(harbour.path("consumer"), harbour.path(".config/notation")).unwrap();
    #[cfg(target_os = "linux")]
    harbour.run(&format!("verify {IMAGE}")).succeeds().says("verified");
}

#[test]
fn a_changed_envelope_is_refused_and_hides_no_other() {
    let harbour = unsigned();
    sign(&harbour, "");
    let found = harbour.json(&format!("discover {IMAGE}"));
    let manifest = found["referrers"][0]["digest"].as_str().unwrap().replace(':', "/");
    let manifest: Value = serde_json::from_str(&harbour.read(&format!("layout/blobs/{manifest}"))).unwrap();
    let name = format!("layout/blobs/{}", manifest["layers"][0]["digest"].as_str().unwrap().replace(':', "/"));
    let before = harbour.read(&name);
    std::fs::remove_file(harbour.path(&name)).unwrap();
    harbour.write(&name, before.replacen('A', "B", 1));
    verify(&harbour, "").blocks("digest-mismatch");
    assert_eq!(inspect(&harbour)[0]["error"]["code"], "digest-mismatch");
    sign(&harbour, "--signature-format cose");
    verify(&harbour, "").admits();
    assert_eq!(inspect(&harbour).iter().filter(|one| one["integrity"] == "held").count(), 1);
}

#[test]
fn a_chain_that_says_where_to_ask_for_revocation_is_not_passed_over() {
    let harbour = unsigned();
    let root = Certified::self_signed(KeySpec::P256, ROOT, Role::Root { path_length: None }, lasting);
    let ocsp = Role::Signer { ocsp: &["http://127.0.0.1:9/ocsp"], crl: &[] };
    let leaf = root.issue(KeySpec::P256, SIGNER, ocsp, lasting);
    harbour.write("revocable.pem", leaf.pem() + &root.pem());
    harbour.write("revocable-root.pem", root.pem());
    private(&harbour, "revocable.key", &leaf.key.to_pkcs8_pem());
    harbour.run("cert add --type ca --store harbour revocable-root.pem --config consumer").succeeds();
    harbour.run("key add revocable --key revocable.key --chain revocable.pem --config publisher").succeeds();
    sign(&harbour, "--key revocable");
    verify(&harbour, "").does_not_know("revocation-unknown");
    trust(&harbour, &trust_policy("permissive", "*"));
    let verdict = verify(&harbour, "").admits();
    assert!(verdict.warnings().contains(&"revocation-unknown"));
    // A timestamp authority in the policy is not passed over either.
    let plain = unsigned();
    sign(&plain, "");
    let mut policy = trust_policy("strict", "*");
    policy["trustPolicies"][0]["trustStores"] = json!(["ca:harbour", "tsa:clock"]);
    plain.run("cert add --type tsa --store clock pki/root.pem --config consumer").succeeds();
    trust(&plain, &policy);
    verify(&plain, "").blocks("timestamp-missing");
}

#[test]
fn the_signatures_of_an_image_are_listed_by_digest() {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour.run("list oci:layout:v1").succeeds().says("no signature");
    for format in ["jws", "cose"] {
        let line = format!("sign oci:layout:v1 --key release --config publisher --signature-format {format}");
        harbour.run(&line).succeeds();
    }
    let inspected = harbour.json("inspect oci:layout:v1");
    let digests: Vec<_> = inspected["signatures"].as_array().unwrap().iter().map(|one| &one["digest"]).collect();
    let listed = harbour.json("list oci:layout:v1");
    assert_eq!(listed["signatures"].as_array().unwrap().iter().collect::<Vec<_>>(), digests);
    assert_eq!((digests.len(), &listed["digest"], &listed["notShown"]), (2, &inspected["digest"], &0.into()));
    for command in ["ls", "inspect"] {
        let some = harbour.json(&format!("{command} oci:layout:v1 --max-signatures 1"));
        assert_eq!((some["signatures"].as_array().unwrap().len(), &some["notShown"]), (1, &1.into()), "{command}");
        harbour.run(&format!("{command} oci:layout:v1 --max-signatures 1")).succeeds().says("1 more are not shown");
    }
    let text = harbour.run("ls oci:layout:v1").succeeds().stdout;
    assert!(digests.iter().all(|digest| text.contains(digest.as_str().unwrap())), "{text}");
}
