//! Keys that are with plugins.

use super::{
    Home,
    plugin::{metadata, runner, stub},
};
use data_encoding::BASE64;
use plimsoll_core::{Algorithm, Classify as _, Sign as _};
use plimsoll_host::{
    notation::{KeyEntry, KeySource, SigningKeys, SigningKeysError},
    plugin::{PluginKey, PluginKeySource},
};
use plimsoll_notary::{
    Format,
    plugin::{KeySpec, PluginConfig},
};
use plimsoll_testkit::pki::{KeySpec as TestSpec, TestCa};
use serde_json::{Value, json};

/// A plugin that answers each command with a file, and keeps what it was asked.
fn answering(home: &Home, name: &str, capability: &str, answers: &[(&str, Value)]) {
    let metadata = metadata(name, "1.0.0").replace("SIGNATURE_GENERATOR.RAW", capability);
    home.write(&format!("{name}/get-plugin-metadata"), metadata);
    for (command, answer) in answers {
        home.write(&format!("{name}/{command}"), answer.to_string());
    }
    let folder = home.at(name);
    stub(home, name, &format!(r#"cat >"{0}/$1.asked"; cat "{0}/$1""#, folder.display()));
}
fn asked(home: &Home, file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(home.at(file)).unwrap()).unwrap()
}
fn config() -> PluginConfig {
    [("region".to_owned(), "eu".to_owned())].into()
}
fn source(plugin: &str) -> PluginKeySource {
    PluginKeySource::new(plugin.parse().unwrap(), "key-1", config())
}

#[tokio::test]
async fn a_plugin_that_signs_bytes_is_a_signer() {
    let (home, ca) = (Home::new(), TestCa::new(TestSpec::P256));
    let signer = ca.leaf.key.signer(Algorithm::EcdsaP256Sha256Fixed).unwrap();
    let signature = signer.sign_now(b"input").unwrap();
    let chain: Vec<_> = ca.chain().iter().map(|der| BASE64.encode(der)).collect();
    let describe = json!({"keyId": "key-1", "keySpec": "EC-256"});
    let signed = json!({
        "keyId": "key-1", "signature": BASE64.encode(&signature), "signingAlgorithm": "ECDSA-SHA-256",
        "certificateChain": chain,
    });
    answering(&home, "kms", "SIGNATURE_GENERATOR.RAW", &[("describe-key", describe), ("generate-signature", signed)]);
    let PluginKey::Signer(key) = PluginKey::open(&runner(&home), source("kms")).await.unwrap() else {
        panic!("signer")
    };
    assert_eq!((key.key_spec(), key.algorithm()), (KeySpec::Ec256, Algorithm::EcdsaP256Sha256Fixed));
    assert_eq!(key.sign(b"input").await.unwrap(), signature);
    let generated = key.generate(b"input").await.unwrap();
    assert_eq!(generated.chain.iter().map(Vec::as_slice).collect::<Vec<_>>(), ca.chain());
    let request = asked(&home, "kms/generate-signature.asked");
    assert_eq!(request["payload"], BASE64.encode(b"input"));
    assert_eq!((&request["keySpec"], &request["hashAlgorithm"]), (&json!("EC-256"), &json!("SHA-256")));
    assert_eq!(request["pluginConfig"], json!({"region": "eu"}));
    assert_eq!(asked(&home, "kms/describe-key.asked")["contractVersion"], "1.0");
}

// attack: A-351
#[tokio::test]
async fn a_351_an_answer_about_another_key_or_algorithm_is_refused() {
    let home = Home::new();
    let runner = runner(&home);
    let open = || PluginKey::open(&runner, source("kms"));
    let raw = "SIGNATURE_GENERATOR.RAW";
    answering(&home, "kms", raw, &[("describe-key", json!({"keyId": "key-2", "keySpec": "EC-256"}))]);
    let message = "plugin answer to describe-key: keyId: expected `key-1`, found `key-2`";
    home.says(&open().await.unwrap_err(), "plugin-protocol", message);
    let describe = json!({"keyId": "key-1", "keySpec": "EC-256"});
    let signed = json!({"keyId": "key-1", "signature": "AA==", "signingAlgorithm": "ECDSA-SHA-512", "certificateChain": ["AA=="]});
    answering(&home, "kms", raw, &[("describe-key", describe), ("generate-signature", signed)]);
    let PluginKey::Signer(key) = open().await.unwrap() else { panic!("signer") };
    assert_eq!(key.sign(b"x").await.unwrap_err().code().name(), "plugin-protocol");
    answering(&home, "kms", "SIGNATURE_VERIFIER.REVOCATION_CHECK", &[]);
    assert_eq!(open().await.unwrap_err().code().name(), "plugin-unsuitable");
}

#[tokio::test]
async fn a_plugin_that_makes_envelopes_gets_the_payload() {
    let home = Home::new();
    let media_type = Format::Cose.media_type();
    let made = json!({"signatureEnvelope": BASE64.encode(b"envelope"), "signatureEnvelopeType": media_type, "annotations": {"a": "b"}});
    answering(&home, "signer", "SIGNATURE_GENERATOR.ENVELOPE", &[("generate-envelope", made)]);
    let PluginKey::Envelopes(key) = PluginKey::open(&runner(&home), source("signer")).await.unwrap() else {
        panic!("envelopes")
    };
    let generated = key.generate(b"payload", Format::Cose, Some(60)).await.unwrap();
    assert_eq!(generated.envelope, b"envelope");
    assert_eq!(generated.annotations["a"], "b");
    let request = asked(&home, "signer/generate-envelope.asked");
    assert_eq!(request["payload"], BASE64.encode(b"payload"));
    assert_eq!(
        (&request["expiryDurationInSeconds"], &request["signatureEnvelopeType"]),
        (&json!(60), &json!(media_type))
    );
    assert_eq!(key.generate(b"payload", Format::Jws, None).await.unwrap_err().code().name(), "plugin-protocol");
}

#[test]
fn plugin_keys_are_listed_changed_and_taken_away() {
    let home = Home::new();
    let directory = plimsoll_host::notation::NotationDirectory::at(home.at("new"));
    let plugin = "kms".parse().unwrap();
    let entry = |id: &str| KeyEntry::plugin("k".parse().unwrap(), &plugin, id, config());
    SigningKeys::update::<_, SigningKeysError>(&directory, |keys| keys.add(entry("one"))).unwrap();
    let failed = SigningKeys::update::<_, SigningKeysError>(&directory, |keys| {
        keys.remove("k")?;
        keys.remove("k")
    });
    home.says(&failed.unwrap_err(), "unknown-key", "expected a signing key, of which there is none, found `k`");
    let keys = SigningKeys::load(&directory).unwrap().value;
    let key = PluginKeySource::of(keys.find(Some("k")).unwrap()).unwrap().unwrap();
    assert_eq!((key.plugin.as_str(), key.id.as_str(), key.config), ("kms", "one", config()));
    let before =
        SigningKeys::update::<_, SigningKeysError>(&directory, |keys| keys.replace(entry("two"))).unwrap().value;
    assert!(matches!(before.source(), KeySource::Plugin { id, .. } if id == "one"));
    let written = std::fs::read_to_string(home.at("new/signingkeys.json")).unwrap();
    assert!(written.contains(r#""pluginName": "kms""#) && written.contains(r#""id": "two""#), "{written}");
    SigningKeys::update::<_, SigningKeysError>(&directory, |keys| keys.remove("k")).unwrap();
    assert!(SigningKeys::load(&directory).unwrap().value.keys().is_empty());
    let unknown = SigningKeys::default().replace(entry("x")).unwrap_err();
    home.says(&unknown, "unknown-key", "expected a signing key, of which there is none, found `k`");
}

#[test]
fn settings_of_a_key_are_texts() {
    let home = Home::new();
    home.write(
        "signingkeys.json",
        r#"{"keys": [{"name": "a", "id": "1", "pluginName": "kms", "pluginConfig": {"x": 1}},
                     {"name": "b", "id": "1", "pluginName": "../kms"}, {"name": "c", "id": "1", "pluginName": "kms"},
                     {"name": "d", "keyPath": "k", "certPath": "c"}]}"#,
    );
    let keys = SigningKeys::load(&home.notation()).unwrap().value;
    let of = |name| PluginKeySource::of(keys.find(Some(name)).unwrap());
    let message = "signing key `a`: expected texts in `pluginConfig`, found something else";
    home.says(&of("a").unwrap_err(), "malformed-configuration", message);
    assert_eq!(of("b").unwrap_err().code().name(), "malformed-plugin-name");
    assert_eq!(of("c").unwrap().unwrap().config, PluginConfig::new());
    assert_eq!(of("d").unwrap(), None);
}
