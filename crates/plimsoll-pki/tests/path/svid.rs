//! SPIFFE IDs, X.509-SVIDs and the bundles of trust domains.

use crate::fixture::{ANY, AUTHORITY, CLIENT_AUTH, SERVER_AUTH, SPEC, code, dns, server, set_names, uri};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    Limits, code as codes,
    issue::Draft,
    path::{PathError, PathLimits},
    svid::{
        SpiffeBundle, SpiffeBundleError, SpiffeBundles, SpiffeId, SpiffePattern, SvidError, SvidRule, TrustDomain,
        verify_svid,
    },
};
use plimsoll_testkit::pki::{Certified, NOW, remove_extension, set_key_usage, set_purposes};
use proptest::prelude::*;

const ID: &str = "spiffe://harbour.example/ci/release";

fn domain(text: &str) -> TrustDomain {
    text.parse().unwrap()
}

fn authority(id: Option<&str>) -> Certified {
    Certified::self_signed(SPEC, "O=SPIRE,C=US", ANY, |draft| {
        if let Some(id) = id {
            set_names(draft, &[uri(id)]);
        }
    })
}

fn svid(issuer: &Certified, edit: impl Fn(&mut Draft)) -> Certified {
    server(issuer, "x", |draft| {
        set_purposes(draft, &[SERVER_AUTH, CLIENT_AUTH]);
        set_key_usage(draft, true, [0xa8, 0]);
        set_names(draft, &[uri(ID), dns("pod.example")]);
        edit(draft);
    })
}

fn bundle(of: &str, authorities: &[&Certified]) -> SpiffeBundle {
    let pem: String = authorities.iter().map(|one| one.pem()).collect();
    SpiffeBundle::from_pem(domain(of), pem.as_bytes(), provider(), &Limits::default()).unwrap()
}

fn verify(leaf: &Certified, bag: &[&[u8]], bundles: &SpiffeBundles) -> Result<SpiffeId, SvidError> {
    let limits = PathLimits::default();
    verify_svid(&leaf.der, bag, bundles, NOW, provider(), &limits).map(|svid| {
        assert_eq!(svid.path().leaf().der(), leaf.der);
        svid.id().clone()
    })
}

#[test]
fn an_svid_holds_under_the_bundle_of_its_own_trust_domain_only() {
    let (ours, theirs) = (authority(Some("spiffe://harbour.example")), authority(Some("spiffe://other.example")));
    let leaf = svid(&ours, |_| ());
    let bundles = SpiffeBundles::new([bundle("harbour.example", &[&ours]), bundle("other.example", &[&theirs])]);
    assert_eq!(verify(&leaf, &[], &bundles).unwrap().to_string(), ID);
    let below = ours.issue(SPEC, "CN=Sub,O=SPIRE,C=US", AUTHORITY, |_| ());
    assert!(verify(&svid(&below, |_| ()), &[&below.der], &bundles).is_ok());
    // The other domain signs an identity of ours.
    let forged = svid(&theirs, |_| ());
    assert_eq!(code(verify(&forged, &[], &bundles)), codes::CHAIN_INVALID);
    let alone = SpiffeBundles::new([bundle("other.example", &[&ours])]);
    let refused = verify(&leaf, &[], &alone);
    assert!(matches!(refused, Err(SvidError::UnknownTrustDomain { .. })), "{refused:?}");
    assert_eq!(code(refused), codes::SVID_INVALID);
    let empty = SpiffeBundle::from_json(domain("harbour.example"), br#"{"keys": []}"#, provider(), &Limits::default());
    let revoked = verify(&leaf, &[], &SpiffeBundles::new([empty.unwrap()]));
    assert!(matches!(revoked, Err(SvidError::Path(PathError::NoIssuer { .. }))), "{revoked:?}");
}

#[test]
fn the_rules_of_the_specification_hold_for_leaves() {
    let ours = authority(None);
    let bundles = SpiffeBundles::new([bundle("harbour.example", &[&ours])]);
    let rule = |edit: &dyn Fn(&mut Draft)| match verify(&svid(&ours, edit), &[], &bundles) {
        Err(SvidError::Rule { which, rule }) => {
            assert_eq!(which.index, 0);
            Some(rule)
        }
        Ok(_) => None,
        Err(other) => panic!("expected a broken rule, found {other:?}"),
    };
    assert_eq!(rule(&|_| ()), None);
    assert_eq!(rule(&|draft| remove_extension(draft, "2.5.29.37")), None);
    assert_eq!(rule(&|draft| set_names(draft, &[dns("a.example")])), Some(SvidRule::OneUri { found: 0 }));
    assert_eq!(rule(&|draft| set_names(draft, &[uri(ID), uri(ID)])), Some(SvidRule::OneUri { found: 2 }));
    assert_eq!(
        rule(&|draft| set_names(draft, &[uri(ID), uri("https://x.example")])),
        Some(SvidRule::OneUri { found: 2 })
    );
    assert_eq!(rule(&|draft| set_names(draft, &[uri("spiffe://harbour.example")])), Some(SvidRule::LeafWithoutPath));
    assert_eq!(rule(&|draft| set_key_usage(draft, false, [0x80, 0])), Some(SvidRule::KeyUsage));
    assert_eq!(rule(&|draft| set_key_usage(draft, true, [0x20, 0])), Some(SvidRule::KeyUsage));
    assert_eq!(rule(&|draft| remove_extension(draft, "2.5.29.15")), Some(SvidRule::KeyUsage));
    for (bits, found) in [(0x84, plimsoll_pki::Usage::KeyCertSign), (0x82, plimsoll_pki::Usage::CrlSign)] {
        assert_eq!(rule(&|draft| set_key_usage(draft, true, [bits, 0])), Some(SvidRule::UsageForbidden { found }));
    }
    assert_eq!(rule(&|draft| set_purposes(draft, &[SERVER_AUTH])), Some(SvidRule::Purposes));
    assert_eq!(rule(&|draft| set_purposes(draft, &[CLIENT_AUTH])), Some(SvidRule::Purposes));
    assert_eq!(rule(&|draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3"])), Some(SvidRule::Purposes));
    let as_authority = ours.issue(SPEC, "CN=Sub,C=US", AUTHORITY, |draft| set_names(draft, &[uri(ID)]));
    let refused = verify(&as_authority, &[], &bundles);
    assert!(matches!(refused, Err(SvidError::Rule { rule: SvidRule::LeafIsAuthority, .. })));
    let other = svid(&ours, |draft| set_names(draft, &[uri("https://harbour.example/x")]));
    assert_eq!(code(verify(&other, &[], &bundles)), codes::MALFORMED_SPIFFE_ID);
    let old = plimsoll_core::UnixTime::MIN;
    let expired = svid(&ours, |draft| plimsoll_testkit::pki::set_validity(draft, old, old));
    assert_eq!(code(verify(&expired, &[], &bundles)), codes::CERTIFICATE_EXPIRED);
}

#[test]
fn an_authority_has_no_id_or_one_without_a_path() {
    let verdict = |id: &str| {
        let ours = authority(Some(id));
        verify(&svid(&ours, |_| ()), &[], &SpiffeBundles::new([bundle("harbour.example", &[&ours])]))
    };
    assert!(verdict("spiffe://harbour.example").is_ok());
    assert!(verdict("spiffe://upstream.example").is_ok(), "it may be of another domain");
    assert!(verdict("https://harbour.example/ca").is_ok());
    for wrong in ["spiffe://harbour.example/ca", "spiffe://harbour.example/", "SPIFFE://x", "spiffe://"] {
        let refused = verdict(wrong);
        assert!(
            matches!(&refused, Err(SvidError::Rule { which, rule: SvidRule::AuthorityWithPath }) if which.index == 1),
            "{wrong}: {refused:?}"
        );
    }
}

#[test]
fn an_id_has_one_spelling() {
    for good in ["spiffe://a", "spiffe://a.b-c_d.9", "spiffe://a/b", "spiffe://a/B.c_d-e/...", "spiffe://a/.b"] {
        assert_eq!(good.parse::<SpiffeId>().unwrap().to_string(), good);
    }
    for bad in [
        "",
        "spiffe:",
        "spiffe://",
        "spiffe:///a",
        "SPIFFE://a/b",
        "https://a/b",
        "spiffe://A/b",
        "spiffe://a:8443/b",
        "spiffe://u@a/b",
        "spiffe://a/",
        "spiffe://a/b/",
        "spiffe://a//b",
        "spiffe://a/.",
        "spiffe://a/../b",
        "spiffe://a/%62",
        "spiffe://a/b?c",
        "spiffe://a/b#c",
        "spiffe://a?b",
        "spiffe://\u{e4}/b",
        "spiffe://a/\u{e4}",
        " spiffe://a/b",
        "spiffe://a/b\n",
        "spiffe://a/b c",
        "spiffe://a/*",
    ] {
        assert_eq!(code(bad.parse::<SpiffeId>()), codes::MALFORMED_SPIFFE_ID, "{bad}");
    }
    let longest = format!("spiffe://a/{}", "b".repeat(2048 - 11));
    assert!(longest.parse::<SpiffeId>().is_ok() && format!("{longest}b").parse::<SpiffeId>().is_err());
    assert!("d".repeat(255).parse::<TrustDomain>().is_ok() && "d".repeat(256).parse::<TrustDomain>().is_err());
}

#[test]
fn a_pattern_is_one_id_or_all_below() {
    let matches = |pattern: &str, id: &str| {
        let read: SpiffePattern = pattern.parse().unwrap();
        assert_eq!(read.to_string(), pattern);
        read.matches(&id.parse().unwrap())
    };
    assert!(
        matches(ID, ID) && matches("spiffe://harbour.example/*", ID) && matches("spiffe://harbour.example/ci/*", ID)
    );
    assert!(!matches("spiffe://harbour.example/ci", ID) && !matches("spiffe://harbour.example/c/*", ID));
    assert!(!matches("spiffe://harbour.example/ci/release/*", ID) && !matches("spiffe://other.example/*", ID));
    for bad in ["*", "spiffe://*", "spiffe://a/*/b", "spiffe://a/b*", "spiffe://a/**", "spiffe:///*"] {
        assert!(bad.parse::<SpiffePattern>().is_err(), "{bad}");
    }
}

#[test]
fn a_bundle_is_a_jwk_set() {
    let ours = authority(None);
    let read = |json: &str| {
        SpiffeBundle::from_json(domain("harbour.example"), json.as_bytes(), provider(), &Limits::default())
    };
    let x5c = data_encoding::BASE64.encode(&ours.der);
    let key = format!(r#"{{"use": "x509-svid", "kty": "EC", "crv": "P-256", "x": "x", "x5c": ["{x5c}"]}}"#);
    let jwt = r#"{"use": "jwt-svid", "kty": "EC", "kid": "a"}, {"kty": "EC"}, {"use": "new", "x5c": ["!"]}"#;
    let found =
        read(&format!(r#"{{"keys": [{jwt}, {key}], "spiffe_sequence": 7, "spiffe_refresh_hint": 600, "more": {{}}}}"#));
    let found = found.unwrap();
    assert_eq!((found.sequence(), found.refresh_hint()), (Some(7), Some(600)));
    assert_eq!(found.anchors().stores()[0].anchors()[0].certificate().der(), ours.der);
    assert_eq!(found.anchors().stores()[0].name().to_string(), "ca:harbour.example");
    assert!(read(&format!(r#"{{"keys": [{jwt}]}}"#)).unwrap().anchors().stores().is_empty());
    for broken in [
        "",
        "{}",
        "[]",
        r#"{"keys": {}}"#,
        r#"{"keys": [], "keys": []}"#,
        r#"{"keys": []} x"#,
        r#"{"keys": [], "spiffe_sequence": -1}"#,
    ] {
        assert_eq!(code(read(broken)), codes::MALFORMED_SPIFFE_BUNDLE, "{broken}");
    }
    for key in [
        key.replace(r#""kty": "EC", "#, ""),
        key.replace(&format!(r#"["{x5c}"]"#), "[]"),
        key.replace(&format!(r#"["{x5c}"]"#), &format!(r#"["{x5c}", "{x5c}"]"#)),
        key.replace(&x5c, "!"),
        key.replace(r#""x5c""#, r#""x5d""#),
    ] {
        let refused = read(&format!(r#"{{"keys": [{key}]}}"#));
        assert_eq!(refused, Err(SpiffeBundleError::Key { index: 0 }));
    }
    let leaf = data_encoding::BASE64.encode(&svid(&ours, |_| ()).der);
    assert_eq!(code(read(&format!(r#"{{"keys": [{}]}}"#, key.replace(&x5c, &leaf)))), codes::TRUST_STORE_INVALID);
    assert_eq!(code(read(&format!(r#"{{"keys": [{}]}}"#, key.replace(&x5c, "MAA=")))), codes::MALFORMED_CERTIFICATE);
}

proptest! {
    #[test]
    fn what_is_written_is_read(domain in "[a-z0-9._-]{1,40}", path in "(/[A-Za-z0-9_-]{1,12}){0,5}") {
        let text = format!("spiffe://{domain}{path}");
        let id: SpiffeId = text.parse().unwrap();
        prop_assert_eq!((id.trust_domain().as_str(), id.path()), (domain.as_str(), path.as_str()));
        prop_assert_eq!(id.to_string(), text);
    }
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        for text in [text.clone(), format!("spiffe://{text}")] {
            if let Ok(id) = text.parse::<SpiffeId>() {
                prop_assert_eq!(id.to_string(), text.clone());
            }
            let _ = text.parse::<SpiffePattern>();
        }
    }
}
