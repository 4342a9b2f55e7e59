//! Keys with plugins, verification plugins, and keys on tokens. The plugin is a shell stub in front of this very test program.

#[cfg(feature = "pkcs11")]
use crate::token::SoftHsm;
use crate::{
    harbour::{Done, Harbour, RULES, SIGNER, Verdict, files, trust_policy},
    notary::{lasting, private},
};
use data_encoding::BASE64;
use plimsoll::{
    core::{Algorithm, UnixTime},
    crypto::PrivateKey,
    host::clock,
    notary::{EnvelopeDraft, Format, SignedAttributes, SigningScheme},
    pki::{Limits, OwnedCertificate, issue::Role, read_certificates},
};
use plimsoll_testkit::pki::{Certified, KeySpec, ROOT};
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";

/// An image that nobody signed, and a key that only a plugin of the publisher's has.
fn scene(capabilities: &[&str]) -> Harbour {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let root = Certified::self_signed(KeySpec::P256, ROOT, Role::Root { path_length: None }, lasting);
    let leaf = root.issue(KeySpec::P256, SIGNER, Role::Signer { ocsp: &[], crl: &[] }, lasting);
    harbour.write("kms/chain.pem", leaf.pem() + &root.pem());
    harbour.write("kms/key.pem", leaf.key.to_pkcs8_pem().as_bytes());
    harbour.write("kms/capabilities.json", json!(capabilities).to_string());
    harbour.write("kms-root.pem", root.pem());
    harbour.run("cert add --type ca --store harbour kms-root.pem --config consumer").succeeds();
    install(&harbour, "publisher");
    let keys = json!({"keys": [
        {"name": "remote", "id": "key-1", "pluginName": "kms", "pluginConfig": {"region": "eu", "tier": "low"}}]});
    private(&harbour, "publisher/signingkeys.json", &keys.to_string());
    harbour
}

/// The plugin `kms`, in the folder where Notation has it.
fn install(harbour: &Harbour, config: &str) {
    let stub = format!(
        "#!/bin/sh\ncat >'{0}/request.json'\nrm -f '{0}/answer.json'\nPLIMSOLL_TEST_PLUGIN='{0}' PLIMSOLL_TEST_COMMAND=\"$1\" \
         '{1}' --exact plugins::the_plugin_answers >/dev/null 2>&1\nexec cat '{0}/answer.json'\n",
        harbour.path("kms").display(),
        std::env::current_exe().unwrap().display()
    );
    let path = harbour.write(&format!("{config}/plugins/kms/notation-kms"), stub);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Not a test by itself: what the stub runs. Without its variables, there is nobody to answer.
#[test]
fn the_plugin_answers() {
    let Some(folder) = std::env::var_os("PLIMSOLL_TEST_PLUGIN").map(PathBuf::from) else { return };
    let command = std::env::var("PLIMSOLL_TEST_COMMAND").unwrap();
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let request: Value = serde_json::from_slice(&read("request.json")).unwrap();
    let key = PrivateKey::read(&read("key.pem"), None).unwrap();
    let chain = read_certificates(&read("chain.pem"), &Limits::default()).unwrap();
    let chain: Vec<&[u8]> = chain.iter().map(OwnedCertificate::der).collect();
    let bytes = |member: &str| BASE64.decode(request[member].as_str().unwrap().as_bytes()).unwrap();
    let sign = |input: &[u8]| key.envelope_signer().unwrap().sign_now(input).unwrap();
    if command == "generate-signature" && folder.join("hangs").exists() {
        // For as long as it lives, it holds this lock.
        let lives = fs::File::create(folder.join("lives")).unwrap();
        flock(&lives, FlockOperation::LockExclusive).unwrap();
        fs::write(folder.join("hanging"), "").unwrap();
        std::thread::sleep(std::time::Duration::from_secs(30));
        fs::write(folder.join("outlived"), "").unwrap();
    }
    let answer = match &*command {
        "get-plugin-metadata" => json!({
            "name": "kms", "description": "of a test", "version": "1.2.0", "url": "https://example.com/kms",
            "supportedContractVersions": ["1.0"],
            "capabilities": serde_json::from_slice::<Value>(&read("capabilities.json")).unwrap(),
        }),
        "describe-key" => json!({"keyId": request["keyId"], "keySpec": "EC-256"}),
        "generate-signature" => json!({
            "keyId": request["keyId"], "signingAlgorithm": "ECDSA-SHA-256", "signature": BASE64.encode(&sign(&bytes("payload"))),
            "certificateChain": chain.iter().map(|der| BASE64.encode(der)).collect::<Vec<_>>(),
        }),
        "generate-envelope" => {
            let mut attributes = SignedAttributes::new(SigningScheme::X509, now());
            attributes.plugin = folder.join("demands-itself").exists().then_some("kms".into());
            let payload = bytes("payload");
            let algorithm = Algorithm::EcdsaP256Sha256Fixed;
            let draft = EnvelopeDraft::new(Format::Jws, algorithm, &attributes, &payload).unwrap();
            let envelope = draft.attach(&sign(draft.signing_input()), &chain, "kms/1.2.0").unwrap();
            json!({
                "signatureEnvelope": BASE64.encode(&envelope), "signatureEnvelopeType": "application/jose+json",
                "annotations": {"org.example.kms": "yes"},
            })
        }
        "verify-signature" => {
            let allowed = request["pluginConfig"]["tenant"] == "harbour";
            let said = json!({"success": allowed, "reason": "the tenant decides"});
            json!({"verificationResults": {"SIGNATURE_VERIFIER.TRUSTED_IDENTITY": said}, "processedAttributes": []})
        }
        other => panic!("{other}"),
    };
    fs::write(folder.join(format!("{command}.asked")), request.to_string()).unwrap();
    fs::write(folder.join("answer.json"), answer.to_string()).unwrap();
}

fn now() -> UnixTime {
    clock::now()
}
fn asked(harbour: &Harbour, command: &str) -> Value {
    serde_json::from_str(&harbour.read(&format!("kms/{command}.asked"))).unwrap()
}
fn verify(harbour: &Harbour, more: &str) -> Verdict {
    Verdict::of(harbour.run(&format!("verify {IMAGE} --config consumer -o json {more}")))
}
fn signatures(harbour: &Harbour) -> usize {
    harbour.json(&format!("inspect {IMAGE}"))["signatures"].as_array().unwrap().len()
}

#[test]
fn a_key_of_a_plugin_signs_images_and_files() {
    let harbour = scene(&["SIGNATURE_GENERATOR.RAW"]);
    let line = format!("sign {IMAGE} --config publisher");
    for format in ["jws", "cose"] {
        harbour.run(&format!("{line} --key remote --signature-format {format} --plugin-config tier=high")).succeeds();
        let told = json!({"region": "eu", "tier": "high"});
        assert_eq!(asked(&harbour, "generate-signature")["pluginConfig"], told, "what is said now goes before");
    }
    // A key that is listed nowhere.
    harbour
        .run(&format!("{line} --plugin kms --id key-9 --plugin-config region=us"))
        .succeeds()
        .says("with      key-9");
    let request = asked(&harbour, "generate-signature");
    assert_eq!((&request["keyId"], &request["pluginConfig"]), (&json!("key-9"), &json!({"region": "us"})));
    let verdict = verify(&harbour, "").admits();
    assert_eq!(verdict.json["signatures"].as_array().unwrap().len(), 3);
    assert!(verdict.json["signatures"].as_array().unwrap().iter().all(|one| one["verified"] == true));
    harbour.write("cargo.bin", "cargo");
    harbour.run("blob sign cargo.bin --key remote --config publisher").succeeds();
    assert!(harbour.path("cargo.bin.jws.sig").exists());
    for (wrong, said) in [
        ("--plugin kms", "--id"),
        ("--id key-1", "--plugin"),
        ("--key remote --plugin kms --id key-1", "cannot be used with"),
        ("--plugin ../kms --id key-1", "malformed-plugin-name"),
    ] {
        harbour.run(&format!("{line} {wrong}")).exits(2).says(said);
    }
    harbour.run(&format!("{line} --plugin absent --id key-1")).exits(3).says("plugin-not-installed");
    assert_eq!(signatures(&harbour), 3);
}

/// Ships to the layout of the scene, and attests there once more.
fn ship(harbour: &Harbour, key: &str) -> Done {
    harbour.run_with(
        &format!(
            "ship rootfs -t oci:layout:v2 --scope localhost/team/app --app-version 2.0.0 --config publisher {key}"
        ),
        &[("SOFTHSM2_CONF", harbour.path("softhsm.conf").to_str().unwrap())],
    )
}
fn attest(harbour: &Harbour, key: &str) -> Done {
    harbour.write("predicate.json", "{}");
    harbour.run_with(
        &format!(
            "attest oci:layout:v2 --type https://example.com/p/v1 --predicate predicate.json --config publisher {key}"
        ),
        &[("SOFTHSM2_CONF", harbour.path("softhsm.conf").to_str().unwrap())],
    )
}
/// Judges what was shipped, and that all of it is by one signer; gives how the attestations are vouched for.
fn shipped(harbour: &Harbour) -> Vec<String> {
    let verdict = harbour.check("oci:layout:v2", "--scope localhost/team/app").admits();
    let facts = verdict.facts("attestation").into_iter();
    facts
        .filter(|fact| fact["outcome"] == "held")
        .map(|fact| fact["body"]["how"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_key_of_a_plugin_ships_and_attests() {
    let harbour = scene(&["SIGNATURE_GENERATOR.RAW"]);
    ship(&harbour, "--key remote").succeeds();
    assert_eq!(shipped(&harbour), ["dsse-certificate"; 2]);
    attest(&harbour, "--plugin kms --id key-9 --plugin-config region=us").succeeds().says("with        key-9");
    // One that makes only envelopes vouches for the attestation itself.
    let harbour = scene(&["SIGNATURE_GENERATOR.ENVELOPE"]);
    ship(&harbour, "--key remote").succeeds();
    harbour.check("oci:layout:v2", "--scope localhost/team/app").blocks("attestation-not-authenticated");
    harbour.write("rules.yaml", RULES.replace("    certificates:\n", "    notary: true\n    certificates:\n"));
    assert_eq!(shipped(&harbour), ["notary"; 2]);
    attest(&harbour, "--key remote").succeeds().says("signature   sha256:");
}

#[test]
fn what_a_plugin_does_not_sign_is_neither_shipped_nor_attested() {
    let harbour = scene(&["SIGNATURE_GENERATOR.RAW"]);
    ship(&harbour, "--key remote").succeeds();
    let before = files(&harbour.path("layout"));
    harbour.write("rootfs/etc/motd", "another image");
    // With another key.
    let key = harbour.read("kms/key.pem");
    harbour.write("kms/key.pem", KeySpec::P256.key().to_pkcs8_pem().as_bytes());
    ship(&harbour, "--key remote").exits(2).says("does not hold");
    attest(&harbour, "--key remote").exits(2).says("does not hold");
    assert_eq!(files(&harbour.path("layout")), before);
    harbour.write("kms/key.pem", key);
    // Cancelled while the plugin signs: the first of three signatures, or the only one.
    harbour.write("kms/hangs", "");
    for line in [
        "ship rootfs -t oci:layout:v2 --scope localhost/team/app --key remote --config publisher",
        "attest oci:layout:v2 --type https://example.com/p/v1 --predicate predicate.json --key remote --config publisher",
        "sign oci:layout:v2 --key remote --config publisher",
        "blob sign predicate.json --key remote --config publisher",
    ] {
        let mut child = harbour.command(line).stderr(std::process::Stdio::null()).spawn().unwrap();
        while !harbour.path("kms/hanging").exists() {
            assert!(child.try_wait().unwrap().is_none(), "it waits for the plugin");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let id = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(143), "{line}");
        // The plugin is gone, too.
        flock(fs::File::open(harbour.path("kms/lives")).unwrap(), FlockOperation::LockExclusive).unwrap();
        assert!(!harbour.path("kms/outlived").exists(), "{line}");
        fs::remove_file(harbour.path("kms/hanging")).unwrap();
        assert_eq!(files(&harbour.path("layout")), before, "{line}");
    }
}

// attack: A-350
#[test]
fn a_350_who_fails_without_a_variable_hears_that_it_was_held_back() {
    let harbour = scene(&["SIGNATURE_GENERATOR.RAW"]);
    let line = format!("sign {IMAGE} --key remote --config publisher");
    let secrets = [("KMS_TOKEN", "of-the-bridge"), ("NOTATION_PASSWORD", "of-the-hold")];
    let key = harbour.read("kms/key.pem");
    harbour.write("kms/key.pem", "none");
    for line in [
        line.clone(),
        format!(
            "attest {IMAGE} --type https://example.com/p/v1 --predicate kms/capabilities.json --key remote --config publisher"
        ),
    ] {
        harbour
            .run_with(&line, &secrets)
            .exits(3)
            .says("hint: the plugin was not given the variables ")
            .says("KMS_TOKEN")
            .says("plugins: {kms: {environment: [NAME]}}")
            .does_not_say("of-the-bridge")
            .does_not_say("NOTATION_PASSWORD");
    }
    harbour.write("publisher/plimsoll.yaml", "plugins: {kms: {environment: [KMS_TOKEN]}}");
    harbour.run_with(&line, &secrets).exits(3).does_not_say("KMS_TOKEN");
    harbour.write("kms/key.pem", key);
    harbour.run_with(&line, &[("OTHER_TOKEN", "x")]).succeeds().does_not_say("OTHER_TOKEN");
}

#[test]
fn what_a_plugin_signs_with_another_key_is_not_pushed() {
    let harbour = scene(&["SIGNATURE_GENERATOR.RAW"]);
    let before = files(&harbour.path("layout"));
    harbour.write("kms/key.pem", KeySpec::P256.key().to_pkcs8_pem().as_bytes());
    harbour.run(&format!("sign {IMAGE} --key remote --config publisher")).exits(2).says("does not hold");
    assert_eq!(files(&harbour.path("layout")), before);
}

#[test]
fn a_plugin_that_makes_envelopes_is_compared_with_what_was_asked_for() {
    let harbour = scene(&["SIGNATURE_GENERATOR.ENVELOPE"]);
    let line = format!("sign {IMAGE} --key remote --config publisher");
    harbour.run(&line).succeeds();
    verify(&harbour, "").admits();
    let shown = harbour.json(&format!("discover {IMAGE}"));
    let manifest = shown["referrers"][0]["digest"].as_str().unwrap().replace(':', "/");
    let manifest: Value = serde_json::from_str(&harbour.read(&format!("layout/blobs/{manifest}"))).unwrap();
    assert_eq!(manifest["annotations"]["org.example.kms"], "yes");
    // It made no envelope that ends with the time that was asked for.
    harbour
        .run(&format!("{line} --expiry 30d"))
        .exits(2)
        .says("expected an envelope that expires 2592000 seconds after its signing time");
    // One that cannot sign files says so.
    harbour.write("cargo.bin", "cargo");
    harbour.run("blob sign cargo.bin --key remote --config publisher").exits(3).says("plugin-unsuitable");
    assert_eq!(signatures(&harbour), 1);
}

#[test]
fn a_plugin_that_a_signature_demands_decides_only_where_the_policy_lists_it() {
    let harbour = scene(&["SIGNATURE_GENERATOR.ENVELOPE", "SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]);
    harbour.write("kms/demands-itself", "");
    harbour.run(&format!("sign {IMAGE} --key remote --config publisher")).succeeds();
    fs::remove_file(harbour.path("kms/get-plugin-metadata.asked")).unwrap();
    install(&harbour, "consumer");
    verify(&harbour, "").blocks("plugin-not-allowed");
    assert!(!harbour.path("kms/get-plugin-metadata.asked").exists(), "it was not even started");
    let mut policy = trust_policy("strict", "*");
    policy["trustPolicies"][0]["plimsoll"] = json!({"plugins": ["kms"]});
    harbour.write("trustpolicy.json", policy.to_string());
    harbour.run("trust-policy import trustpolicy.json --force --config consumer").succeeds();
    verify(&harbour, "--plugin-config tenant=somebody").blocks("plugin-refused");
    let stub = harbour.read("consumer/plugins/kms/notation-kms");
    fs::write(harbour.path("consumer/plugins/kms/notation-kms"), "#!/bin/sh\nexit 7\n").unwrap();
    let line = format!("verify {IMAGE} --config consumer");
    harbour.run_with(&line, &[("KMS_TOKEN", "x")]).exits(3).says("warning: the plugin was not given").says("KMS_TOKEN");
    fs::write(harbour.path("consumer/plugins/kms/notation-kms"), stub).unwrap();
    let verdict = verify(&harbour, "--plugin-config tenant=harbour").admits();
    assert_eq!(asked(&harbour, "verify-signature")["pluginConfig"], json!({"tenant": "harbour"}));
    let checks = verdict.json["signatures"][0]["checks"].as_array().unwrap();
    let outcomes: Vec<_> = checks.iter().map(|one| (one["type"].as_str().unwrap(), &one["outcome"])).collect();
    assert_eq!(outcomes[1], ("authenticity", &json!("held")));
}

/// SoftHSM, where it is installed: the key never leaves its token.
#[cfg(feature = "pkcs11")]
#[test]
fn a_key_on_a_token_signs() {
    let harbour = scene(&[]);
    let Some(hsm) = SoftHsm::new(&harbour) else { return };
    let key = PrivateKey::read(harbour.read("kms/key.pem").as_bytes(), None).unwrap();
    hsm.import(&harbour, "signer", "01", &key);
    let module = hsm.module;
    let sign = |more: &str| {
        let line = format!("sign {IMAGE} --config publisher --pkcs11-module {module} {more}");
        hsm.run(&harbour, &line)
    };
    let uri = "--key pkcs11:token=release;object=signer";
    sign(&format!("{uri} --pin-file pin")).exits(2).says("--chain");
    for format in ["jws", "cose"] {
        let done = sign(&format!("{uri} --pin-file pin --chain kms/chain.pem --signature-format {format}"));
        done.succeeds().says("with      pkcs11:").does_not_say("123456");
    }
    verify(&harbour, "").admits();
    let key = format!("{uri} --pkcs11-module {module} --pin-file pin --chain kms/chain.pem");
    ship(&harbour, &key).succeeds().does_not_say("123456");
    assert_eq!(shipped(&harbour), ["dsse-certificate"; 2]);
    attest(&harbour, &key).succeeds().says("with        pkcs11:");
    let before = files(&harbour.path("layout"));
    harbour.write("rootfs/etc/motd", "another image");
    let other = key.replace("kms/chain.pem", "publisher/localkeys/release.crt");
    ship(&harbour, &other).exits(2);
    attest(&harbour, &other).exits(2);
    assert_eq!(files(&harbour.path("layout")), before);
    sign(&format!("{uri} --pin-file pin --chain publisher/localkeys/release.crt")).exits(2);
    sign(&format!("{uri} --chain kms/chain.pem")).exits(3).says("demands a PIN");
    private(&harbour, "pin", "654321\n");
    sign(&format!("{uri} --pin-file pin --chain kms/chain.pem")).says("refused the PIN").does_not_say("654321");
    assert_eq!(files(&harbour.path("layout")), before);
}
