use super::*;
use plimsoll_crypto::provider;
use plimsoll_pki::svid::SpiffeBundle;
use plimsoll_testkit::pki::{KeySpec, TestCa, pem};

fn load(entry: &str) -> Result<Authorities, String> {
    let ca = TestCa::new(KeySpec::P256);
    let entries: Vec<AuthorityConfig> = serde_json::from_str(entry).map_err(|error| error.to_string())?;
    Authorities::load(&entries, &[ca.named_store("ca:release")], provider()).map_err(|error| {
        assert_eq!(error.code(), code::MALFORMED_AUTHORITIES);
        error.to_string()
    })
}

fn refusal(entry: &str) -> String {
    load(entry).expect_err(entry)
}

#[test]
fn a_full_entry_is_taken() {
    let key = KeySpec::P256.key();
    let entry = serde_json::json!([{
        "predicateTypes": ["spdx"], "notary": true,
        "keys": [{"name": "pilot", "pem": pem("PUBLIC KEY", key.public_key_spki_der())}],
        "certificates": {"trustStores": ["ca:release"], "trustedIdentities": ["*"]},
    }]);
    assert!(load(&entry.to_string()).is_ok());
}

#[test]
fn what_names_nobody_or_nothing_is_refused() {
    assert_eq!(
        refusal(r#"[{"predicateTypes":[],"notary":true}]"#),
        "authority 0: expected at least one predicate type, found none"
    );
    assert_eq!(
        refusal(r#"[{"predicateTypes":["spdx"],"notary":false}]"#),
        "authority 0: expected `keys`, `certificates`, `workloads` or `notary: true`, found none"
    );
    for certificates in
        [r#""trustStores":[],"trustedIdentities":["*"]"#, r#""trustStores":["ca:release"],"trustedIdentities":[]"#]
    {
        let entry = format!(r#"[{{"predicateTypes":["spdx"],"certificates":{{{certificates}}}}}]"#);
        assert_eq!(
            refusal(&entry),
            "authority 0: expected at least one trust store and one trusted identity, found none"
        );
    }
}

#[test]
fn certificates_are_named_as_in_a_trust_policy() {
    let entry = |store: &str, identities: &str| {
        format!(
            r#"[{{"predicateTypes":["spdx"],"certificates":{{"trustStores":["{store}"],"trustedIdentities":{identities}}}}}]"#
        )
    };
    assert!(load(&entry("ca:release", r#"["x509.subject: C=US, ST=WA, O=Harbour"]"#)).is_ok());
    assert_eq!(
        refusal(&entry("ca:other", r#"["*"]"#)),
        "authority 0: expected a trust store that is there, found the name `ca:other`"
    );
    assert!(refusal(&entry("release", r#"["*"]"#)).contains("found `release`"));
    let mixed = refusal(&entry("ca:release", r#"["*","x509.subject: C=US, ST=WA, O=Harbour"]"#));
    assert_eq!(mixed, "authority 0: expected identities as `x509.subject: …`, or `*` alone, found `*`");
    assert!(refusal(&entry("ca:release", r#"["x509.subject: O=Harbour"]"#)).contains("found no `C`"));
}

#[test]
fn workloads_are_named_by_spiffe_ids_of_domains_that_have_a_bundle() {
    let ca = TestCa::new(KeySpec::P256);
    let domain: plimsoll_pki::svid::TrustDomain = "harbour.example".parse().unwrap();
    let limits = plimsoll_pki::Limits::default();
    let bundle = SpiffeBundle::from_pem(domain, ca.root.pem().as_bytes(), provider(), &limits).unwrap();
    let bundles = SpiffeBundles::new([bundle]);
    let load = |workloads: &str| {
        let entry = format!(r#"[{{"predicateTypes":["spdx"],"workloads":{workloads}}}]"#);
        let entries: Vec<AuthorityConfig> = serde_json::from_str(&entry).map_err(|error| error.to_string())?;
        let loaded = Authorities::load_with_bundles(&entries, &[], &bundles, provider());
        loaded.map(|_| ()).map_err(|error| error.to_string())
    };
    let ci = r#"{"identities":["spiffe://harbour.example/ci/*"],"revocation":"required"}"#;
    assert_eq!(load(ci), Ok(()));
    assert_eq!(
        load(r#"{"identities":["spiffe://other.example/ci"]}"#).unwrap_err(),
        "authority 0: expected a bundle of the trust domain of `spiffe://other.example/ci`, found none"
    );
    assert_eq!(
        load(r#"{"identities":[]}"#).unwrap_err(),
        "authority 0: expected at least one SPIFFE ID in `workloads`, found none"
    );
    // There is no `*`: who is meant is in a trust domain.
    assert_eq!(
        load(r#"{"identities":["*"]}"#).unwrap_err(),
        "authority 0: the SPIFFE ID is malformed: expected `spiffe://` and a trust domain, found `*`"
    );
    let members = load(r#"{"identities":["spiffe://harbour.example/ci"],"trustDomain":"x"}"#).unwrap_err();
    assert!(members.starts_with("unknown field `trustDomain`"), "{members}");
    assert!(load(r#"{"identities":["spiffe://harbour.example/ci"],"revocation":"always"}"#).is_err());
}

// attack: A-088
#[test]
fn a_088_unknown_members_are_refused() {
    for entry in [
        r#"[{"predicateTypes":["spdx"],"Notary":true}]"#,
        r#"[{"predicateTypes":["spdx"],"keys":[{"name":"a","pem":"","type":"x"}]}]"#,
        r#"[{"predicateTypes":["spdx"],"notary":true,"notary":true}]"#,
        r#"[{"predicateTypes":["sdpx"],"notary":true}]"#,
    ] {
        assert!(load(entry).is_err(), "{entry}");
    }
}

#[test]
fn a_key_must_be_one_that_can_be_checked() {
    let key = |text: &str| {
        let entry = serde_json::json!([{"predicateTypes": ["spdx"], "keys": [{"name": "pilot", "pem": text}]}]);
        refusal(&entry.to_string())
    };
    assert_eq!(key("rubbish"), "authority 0: expected a public key in PEM as the key `pilot`");
    assert_eq!(key(&pem("PUBLIC KEY", b"rubbish")), "authority 0: expected a public key in PEM as the key `pilot`");
    let label = key(&TestCa::new(KeySpec::P256).leaf.pem());
    assert_eq!(label, "authority 0: expected `PUBLIC KEY` as the PEM label of the key `pilot`, found `CERTIFICATE`");
    let good = serde_json::json!([{"predicateTypes": ["spdx"], "keys": [
        {"name": "pilot", "pem": pem("PUBLIC KEY", KeySpec::P384.key().public_key_spki_der())}]}]);
    let entries: Vec<AuthorityConfig> = serde_json::from_value(good).unwrap();
    let without = Authorities::load(&entries, &[], Provider::new(&[])).unwrap_err();
    assert_eq!(
        (without.code(), without.to_string().as_str()),
        (
            code::MALFORMED_AUTHORITIES,
            "authority 0: expected a key that can be checked as the key `pilot`, found P-384"
        )
    );
}
