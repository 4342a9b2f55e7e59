//! Trust stores.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

use plimsoll_core::Classify;
use plimsoll_crypto::provider;
use plimsoll_pki::{Limits, NamedStore, StoreName, StoreType, TrustStore, TrustStoreError, code, issue::Role};
use plimsoll_testkit::pki::{Certified, KeySpec, LEAF, ROOT, TestCa, named_store};

const SIGNER: Role<'_> = Role::Signer { ocsp: &[], crl: &[] };

fn load(name: &str, certificates: &[&[u8]]) -> Result<NamedStore, TrustStoreError> {
    let name: StoreName = name.parse().unwrap();
    NamedStore::load(name, certificates.iter().copied(), provider(), &Limits::default())
}

#[test]
fn an_anchor_is_of_an_authority_or_self_signed() {
    let ca = TestCa::new(KeySpec::P256);
    let lone = Certified::self_signed(KeySpec::P256, LEAF, SIGNER, |_| ());
    // Its own name as issuer, but signed by another: neither.
    let feigned = ca.root.issue(KeySpec::P256, ROOT, SIGNER, |_| ());
    for name in ["ca:x", "signingAuthority:x"] {
        assert!(load(name, &[&ca.root.der, &ca.intermediate.der, &lone.der]).is_ok());
        for other in [&ca.leaf.der, &feigned.der] {
            let error = load(name, &[&ca.root.der, other]).unwrap_err();
            assert_eq!(error.code(), code::TRUST_STORE_INVALID);
            assert!(matches!(error, TrustStoreError::NotAnAnchor { which, .. } if which.index == 1));
        }
    }
    assert!(load("tsa:x", &[&ca.root.der]).is_ok());
    for other in [&ca.intermediate.der, &lone.der, &ca.leaf.der] {
        assert_eq!(load("tsa:x", &[other]).unwrap_err().code(), code::TRUST_STORE_INVALID);
    }
}

#[test]
fn self_signatures_are_checked_when_a_store_is_loaded() {
    let ca = TestCa::new(KeySpec::P256);
    let mut broken = ca.root.der.clone();
    *broken.last_mut().unwrap() ^= 1;
    let store = load("ca:x", &[&ca.root.der, &ca.intermediate.der, &broken]).unwrap();
    assert!(store.find(&ca.root.der).unwrap().is_self_signed());
    assert!(!store.find(&ca.intermediate.der).unwrap().is_self_signed());
    assert!(!store.find(&broken).unwrap().is_self_signed());
    assert_eq!(load("tsa:x", &[&broken]).unwrap_err().code(), code::TRUST_STORE_INVALID);
}

#[test]
fn a_store_finds_exactly_its_bytes_and_holds_each_once() {
    let roots: Vec<_> = (0..9).map(|_| TestCa::new(KeySpec::P256).root).collect();
    let mut ders: Vec<&[u8]> = roots.iter().map(|root| &*root.der).collect();
    ders.push(&roots[0].der);
    let store = load("ca:x", &ders).unwrap();
    assert_eq!(store.anchors().len(), 9);
    for root in &roots {
        assert_eq!(store.find(&root.der).unwrap().certificate().der(), root.der);
        assert_eq!(store.find(&root.der[..root.der.len() - 1]), None);
    }
    assert_eq!(store.find(&TestCa::new(KeySpec::P256).root.der), None);
}

#[test]
fn named_stores_are_searched_in_order() {
    let ca = TestCa::new(KeySpec::P256);
    let store =
        TrustStore::new([ca.named_store("ca:first"), named_store("ca:second", &[&ca.root.der, &ca.intermediate.der])]);
    let found = |der| store.find(der).map(|anchor| anchor.store().as_str().to_string());
    assert_eq!(found(&ca.root.der), Some("ca:first".to_owned()));
    assert_eq!(found(&ca.intermediate.der), Some("ca:second".to_owned()));
    assert_eq!(found(&ca.leaf.der), None);
    assert_eq!(TrustStore::default().find(&ca.root.der), None);
}

#[test]
fn a_store_is_bounded_and_one_that_is_broken_or_empty_is_an_error() {
    let ca = TestCa::new(KeySpec::P256);
    assert_eq!(load("ca:x", &[]).unwrap_err().code(), code::TRUST_STORE_EMPTY);
    assert_eq!(load("ca:x", &[&ca.root.der, b"x"]).unwrap_err().code(), code::MALFORMED_CERTIFICATE);
    let mut limits = Limits::default();
    limits.store_certificates = 1;
    let twice = [&*ca.root.der, &ca.intermediate.der];
    let error = NamedStore::load("ca:x".parse().unwrap(), twice, provider(), &limits).unwrap_err();
    assert_eq!(error.to_string(), "trust store `ca:x` is too large: more than 1 certificates in one trust store");
}

#[test]
fn names_of_stores_stay_in_their_directory() {
    let read = |text: &str| text.parse::<StoreName>();
    for text in ["ca:a", "signingAuthority:A-1_b.c", "tsa:..."] {
        assert_eq!(read(text).unwrap().to_string(), text);
    }
    assert_eq!(read("tsa:x").unwrap().store_type(), StoreType::Tsa);
    assert_eq!(read("tsa:x").unwrap().name(), "x");
    for text in ["", "ca", "ca:", ":x", "CA:x", "ca:.", "ca:..", "ca:a/b", "ca:a:b", "ca:ä", "ca:a b", "crl:x"] {
        assert_eq!(read(text).unwrap_err().code(), code::MALFORMED_STORE_NAME, "{text}");
    }
}

#[test]
fn a_bundle_is_taken_whole_or_not_at_all() {
    let (one, other) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let read = |bundle: &str| {
        let name = "ca:bundle".parse().unwrap();
        NamedStore::from_bundle(name, bundle.as_bytes(), provider(), &Limits::default())
    };
    let both = one.root.pem() + "a comment\n" + &other.root.pem();
    assert_eq!(read(&both).unwrap().anchors().len(), 2);
    assert_eq!(read(&(both.clone() + &one.leaf.pem())).unwrap_err().code(), code::TRUST_STORE_INVALID);
    let error = read("-----BEGIN CERTIFICATE-----").unwrap_err();
    assert_eq!(error.code(), code::MALFORMED_PEM);
    assert_eq!(
        error.to_string(),
        "trust store `ca:bundle`: line 1: expected PEM as RFC 7468 has it, found a broken or unfinished block"
    );
}

#[test]
fn of_a_systems_roots_those_are_taken_that_can_be() {
    let ca = TestCa::new(KeySpec::P256);
    let load = |certificates: &[&[u8]], limits: &Limits| {
        let name = "ca:system".parse().unwrap();
        NamedStore::load_usable(name, certificates.iter().copied(), provider(), limits)
    };
    let limits = Limits::default();
    let (store, aside) = load(&[b"old", &ca.root.der, &ca.leaf.der, &ca.root.der], &limits).unwrap();
    assert_eq!(store.anchors().len(), 1);
    let codes: Vec<_> = aside.iter().map(Classify::code).collect();
    assert_eq!(codes, [code::MALFORMED_CERTIFICATE, code::TRUST_STORE_INVALID]);
    assert_eq!(load(&[b"old"], &limits).unwrap_err().code(), code::TRUST_STORE_EMPTY);
    let mut few = Limits::default();
    few.store_certificates = 1;
    let error = load(&[b"old", &ca.root.der], &few).unwrap_err();
    assert!(matches!(error, TrustStoreError::Limit { .. }), "what is left aside counts too");
}

#[test]
fn anchors_are_found_by_their_subject() {
    let (one, other) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let store = TrustStore::new([one.named_store("ca:one"), other.named_store("ca:other")]);
    let view = one.root.view();
    assert_eq!(store.named(view.subject()).count(), 2, "both have the same name");
    assert_eq!(store.named(one.leaf.view().subject()).count(), 0);
}
