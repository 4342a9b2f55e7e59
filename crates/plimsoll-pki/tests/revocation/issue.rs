//! What is issued is read back as it was meant.

use crate::fixture::{Harbour, OCSP};
use plimsoll_core::UnixTime;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    crl::{self, CertificateList, CrlIssueError, CrlLimits, CrlRequest, ListScope, RevokedEntry, RevokedReason},
    issue::Role,
    ocsp::{self, CertId, IdHash, OcspLimits, OcspRequest, OcspResponse, OcspStatus, ResponseRequest},
};
use plimsoll_testkit::pki::{Certified, KeySpec, NOW};
use proptest::prelude::*;
use std::{
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

/// Runs a future that never waits: the keys are in this process.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a local key does not wait"),
    }
}

static HARBOUR: LazyLock<Harbour> = LazyLock::new(|| Harbour::new(&[], &[]));

fn reason() -> impl Strategy<Value = RevokedReason> {
    (0_u8..=0x7f).prop_filter("only in delta lists", |number| *number != 8).prop_map(RevokedReason::from_number)
}

fn time() -> impl Strategy<Value = UnixTime> {
    (0_u64..=253_402_300_799).prop_map(UnixTime::saturating_from_secs)
}

fn entry() -> impl Strategy<Value = RevokedEntry> {
    (reason(), time(), proptest::option::of(time())).prop_map(|(reason, at, date)| {
        let entry = RevokedEntry::new(reason, at);
        date.map_or(entry, |date| entry.with_invalidity_date(date))
    })
}

/// A serial number as DER writes a positive one.
fn serial() -> impl Strategy<Value = Vec<u8>> {
    (1_u8..0x80, proptest::collection::vec(any::<u8>(), 0..20)).prop_map(|(first, rest)| [&[first][..], &rest].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_list_is_read_as_it_was_issued(entries in proptest::collection::btree_map(serial(), entry(), 0..20), number in any::<u64>()) {
        let issuer = HARBOUR.intermediate.view();
        let signer = HARBOUR.intermediate.key.signer(KeySpec::P256.certificate_algorithm()).unwrap();
        let given: Vec<_> = entries.iter().rev().map(|(serial, entry)| (serial.as_slice(), *entry)).collect();
        let next_update = NOW.saturating_add(60);
        let number = number.to_be_bytes();
        let request = CrlRequest { number: &number, this_update: NOW, next_update, entries: &given, delta_of: None, freshest: &["http://f.test"], scope: ListScope::All };
        let list = now(crl::issue(&request, &issuer, &signer, provider())).unwrap();
        let again = CertificateList::from_der(list.der().clone(), &CrlLimits::default()).unwrap();
        prop_assert_eq!(&again, &list);
        prop_assert_eq!((list.claimed_this_update(), list.claimed_next_update()), (NOW, Some(next_update)));
        prop_assert_eq!(list.len(), entries.len());
        let checked = again.verify(&issuer, provider()).unwrap();
        for (serial, entry) in &entries {
            prop_assert_eq!(checked.entry(serial), Some(*entry));
        }
        prop_assert_eq!(checked.entry(&[0x7f; 21]), None);
        let freshest = checked.freshest_urls(&CrlLimits::default()).unwrap();
        prop_assert_eq!(freshest[0].as_str(), "http://f.test");
    }
    #[test]
    fn a_response_is_read_as_it_was_issued(entry in proptest::option::of(entry()), hash in 0..2, nonce in proptest::option::of(any::<[u8; 32]>())) {
        let (leaf, issuer) = (HARBOUR.leaf.view(), HARBOUR.intermediate.view());
        let signer = HARBOUR.intermediate.key.signer(KeySpec::P256.certificate_algorithm()).unwrap();
        let hash = if hash == 0 { IdHash::Sha1 } else { IdHash::Sha256 };
        let id = CertId::of(&leaf, &issuer, hash).unwrap();
        let status = entry.map_or(OcspStatus::Good, OcspStatus::Revoked);
        let request = ResponseRequest { statuses: &[(&id, status)], this_update: NOW, next_update: NOW.saturating_add(60), nonce: nonce.as_ref().map(|nonce| &nonce[..]), certificates: &[] };
        let response = now(ocsp::issue(&request, &issuer, &signer, provider())).unwrap();
        let again = OcspResponse::from_der(response.der().clone(), &OcspLimits::default()).unwrap();
        prop_assert_eq!(&again, &response);
        let mut asked = OcspRequest::new(&leaf, &issuer);
        if let Some(nonce) = nonce {
            asked = asked.with_nonce(nonce);
        }
        let said = again.verify(&asked, &leaf, &issuer, NOW, provider()).unwrap();
        prop_assert_eq!(said.status(), status);
        prop_assert_eq!(said.produced_at(), NOW);
        prop_assert_eq!(OcspRequest::from_der(&asked.to_der(), &OcspLimits::default()), Ok(asked));
    }
    #[test]
    fn whatever_comes_does_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = CertificateList::from_der(bytes.clone(), &CrlLimits::default());
        let _ = OcspResponse::from_der(bytes.clone(), &OcspLimits::default());
        let _ = OcspRequest::from_der(&bytes, &OcspLimits::default());
        let _ = OcspRequest::from_get(&String::from_utf8_lossy(&bytes), &OcspLimits::default());
    }
}

#[test]
fn every_kind_of_key_signs_lists_and_responses() {
    for spec in KeySpec::ALL {
        let root = Certified::self_signed(spec, "CN=Root", Role::Root { path_length: None }, |_| ());
        let view = root.view();
        // A key for envelopes signs, too: its signature is written as certificates have it.
        for algorithm in [spec.certificate_algorithm(), root.key.kind().envelope_algorithm().unwrap()] {
            let signer = root.key.signer(algorithm).unwrap();
            let request = plimsoll_testkit::crl::request(&[]);
            now(crl::issue(&request, &view, &signer, provider())).unwrap();
            let id = CertId::of(&view, &view, IdHash::Sha1).unwrap();
            let request = ResponseRequest {
                statuses: &[(&id, OcspStatus::Unknown)],
                this_update: NOW,
                next_update: NOW.saturating_add(1),
                nonce: None,
                certificates: &[],
            };
            now(ocsp::issue(&request, &view, &signer, provider())).unwrap();
        }
    }
}

/// RFC 5280, 4.2.1.13: addresses are IA5 text, and an empty one is none.
#[test]
fn a_list_names_addresses_or_is_not_made() {
    let root = Certified::self_signed(KeySpec::P256, "CN=Root", Role::Root { path_length: None }, |_| ());
    let (view, signer) = (root.view(), root.key.signer(KeySpec::P256.certificate_algorithm()).unwrap());
    let make = |freshest: &[&str], place: &[&str]| {
        let mut request = plimsoll_testkit::crl::request(&[]);
        (request.freshest, request.scope) = (freshest, ListScope::DistributionPoint(place));
        now(crl::issue(&request, &view, &signer, provider())).map(drop)
    };
    let good = "http://crl.test/l";
    assert!(make(&[good], &[good]).is_ok());
    for bad in ["", "http://crl.test/ l", "http://crl.t\u{e4}st/l", "a\nb"] {
        assert!(matches!(make(&[bad], &[good]), Err(CrlIssueError::Url)), "{bad}");
        assert!(matches!(make(&[good], &[bad]), Err(CrlIssueError::Url)), "{bad}");
    }
}

#[test]
fn certificates_of_responders_and_revocable_intermediates_say_what_they_must() {
    let harbour = Harbour::new(&[], &[]);
    let has = |one: &Certified, oid: &str| one.view().extensions().iter().any(|one| one.oid.to_string() == oid);
    let (free, named) = (harbour.responder(&[]), harbour.responder(&["http://crl.test/r"]));
    assert!(has(&free, "1.3.6.1.5.5.7.48.1.5") && !has(&named, "1.3.6.1.5.5.7.48.1.5"));
    assert_eq!(named.view().crl_urls(), [b"http://crl.test/r"]);
    let usage = free.view().extended_key_usage().unwrap();
    assert_eq!(usage.purposes().map(|one| one.to_string()).collect::<Vec<_>>(), ["1.3.6.1.5.5.7.3.9"]);
    let role = Role::RevocableIntermediate { path_length: Some(0), ocsp: &[OCSP], crl: &["http://crl.test/i"] };
    let middle = harbour.root.issue(KeySpec::P256, "CN=Middle", role, |_| ()).view().to_owned();
    let middle = middle.view(&Default::default()).unwrap();
    assert_eq!((middle.ocsp_urls(), middle.crl_urls()), (vec![OCSP.as_bytes()], vec![&b"http://crl.test/i"[..]]));
    assert!(middle.is_ca());
}
