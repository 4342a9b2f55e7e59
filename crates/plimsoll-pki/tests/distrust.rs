//! Distrust lists: what they cover, when, and how they are written.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may panic")]

use plimsoll_core::{Classify, Digest, PublicKey, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    ChainOptions, Profile, VerifiedChain, code,
    distrust::{Distrust, DistrustEntry, DistrustError, Subject},
    verify_chain,
};
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};
use proptest::prelude::*;
use std::ops::RangeInclusive;

fn chain(ca: &TestCa) -> VerifiedChain<'static> {
    let certificates: Vec<&'static [u8]> = ca.chain().into_iter().map(|one| &*one.to_vec().leak()).collect();
    verify_chain(&certificates, &ChainOptions::new(Profile::NotarySigning), provider(), None).unwrap()
}

fn certificate(chain: &VerifiedChain<'_>, index: usize) -> Digest {
    chain.certificates()[index].digest()
}

fn key(chain: &VerifiedChain<'_>, index: usize) -> Digest {
    Digest::sha256_of(chain.certificates()[index].public_key().spki_der())
}

/// The place of the certificate that is distrusted altogether.
fn place(chain: &VerifiedChain<'_>, subject: Subject) -> Option<usize> {
    let refused = Distrust::new([DistrustEntry::new(subject, "r")]).check(chain, Some(NOW..=NOW)).err()?;
    assert_eq!(refused.code(), code::CERTIFICATE_DISTRUSTED);
    Some(refused.which.unwrap().index)
}

#[test]
fn a_certificate_or_key_is_distrusted_wherever_it_stands() {
    let chain = chain(&TestCa::new(KeySpec::P256));
    for index in 0..3 {
        assert_eq!(place(&chain, Subject::Certificate(certificate(&chain, index))), Some(index));
        assert_eq!(place(&chain, Subject::Key(key(&chain, index))), Some(index));
        assert_eq!(place(&chain, Subject::Certificate(key(&chain, index))), None, "a key is no certificate");
        assert_eq!(place(&chain, Subject::Key(certificate(&chain, index))), None);
    }
}

#[test]
fn an_issuer_is_distrusted_by_either_digest_and_never_as_the_signer() {
    let chain = chain(&TestCa::new(KeySpec::P256));
    assert_eq!(place(&chain, Subject::Issuer(certificate(&chain, 0))), None);
    assert_eq!(place(&chain, Subject::Issuer(key(&chain, 0))), None);
    for index in 1..3 {
        assert_eq!(place(&chain, Subject::Issuer(certificate(&chain, index))), Some(index));
        assert_eq!(place(&chain, Subject::Issuer(key(&chain, index))), Some(index));
    }
}

#[test]
fn another_chain_is_left_alone() {
    let (one, other) = (chain(&TestCa::new(KeySpec::P256)), chain(&TestCa::new(KeySpec::P256)));
    let all = (0..3).flat_map(|index| {
        let (certificate, key) = (certificate(&other, index), key(&other, index));
        [Subject::Certificate(certificate), Subject::Key(key), Subject::Issuer(certificate), Subject::Issuer(key)]
    });
    assert_eq!(Distrust::new(all.map(|subject| DistrustEntry::new(subject, "r"))).check(&one, None), Ok(()));
    assert_eq!(Distrust::default().check(&one, None), Ok(()));
}

// attack: A-119
#[test]
fn only_a_verified_time_wholly_before_saves_the_chain() {
    let chain = chain(&TestCa::new(KeySpec::P256));
    let entry = DistrustEntry::new(Subject::Key(key(&chain, 0)), "r").signed_after(NOW);
    let holds = |time: Option<RangeInclusive<UnixTime>>| {
        let by_chain = Distrust::new([entry.clone()]).check(&chain, time.clone());
        let by_key = Distrust::new([entry.clone()]).check_key(chain.leaf().public_key(), time);
        assert_eq!(by_chain.is_ok(), by_key.is_ok());
        by_chain.is_ok()
    };
    let (before, after) = (NOW.saturating_sub(1), NOW.saturating_add(1));
    assert!(holds(Some(before..=before)));
    assert!(!holds(None));
    assert!(!holds(Some(NOW..=NOW)));
    assert!(!holds(Some(before..=NOW)), "it may have been signed at that time");
    assert!(!holds(Some(before..=after)));
    assert!(!holds(Some(NOW..=before)), "a range the wrong way round proves nothing");
    assert!(!holds(Some(after..=after)));
}

#[test]
fn a_key_without_a_certificate_is_covered_by_key_entries_only() {
    let chain = chain(&TestCa::new(KeySpec::P256));
    let (key, digest) = (chain.leaf().public_key(), key(&chain, 0));
    let check = |subject, key: PublicKey<'_>| Distrust::new([DistrustEntry::new(subject, "r")]).check_key(key, None);
    assert_eq!(check(Subject::Key(digest), key).unwrap_err().which, None);
    assert!(check(Subject::Certificate(digest), key).is_ok());
    assert!(check(Subject::Issuer(digest), key).is_ok());
    assert!(check(Subject::Key(digest), chain.certificates()[1].public_key()).is_ok());
}

#[test]
fn one_entry_for_a_subject() {
    let subject = Subject::Key(Digest::sha256_of(b"x"));
    let mut list = Distrust::default();
    assert_eq!(list.add(DistrustEntry::new(subject, "first").signed_after(NOW)), None);
    assert_eq!(list.add(DistrustEntry::new(subject, "second")).unwrap().reason(), "first");
    assert_eq!((list.entries().len(), list.entries()[0].since()), (1, None));
    assert_eq!(list.remove(&subject).unwrap().reason(), "second");
    assert!(list.is_empty() && list.remove(&subject).is_none());
}

#[test]
fn a_list_that_says_anything_else_is_refused() {
    let digest = Digest::sha256_of(b"x");
    let entry = format!(r#""key": "{digest}", "reason": "r""#);
    let read = |entry: &str| Distrust::from_json(format!(r#"{{"entries": [{{{entry}}}]}}"#).as_bytes());
    assert_eq!(read(&entry).unwrap().entries().len(), 1);
    for wrong in [
        r#""reason": "r""#.to_owned(),
        format!(r#""key": "{digest}""#),
        format!(r#"{entry}, "issuer": "{digest}""#),
        format!(r#"{entry}, "signed_after": "2026-01-01T00:00:00Z""#),
        format!(r#"{entry}, "signedAfter": "yesterday""#),
        format!(r#"{entry}, "reason": "again""#),
        entry.replace("sha256:", "sha256:0"),
        entry.replace(&digest.to_string(), &Digest::sha512_of(b"x").to_string()),
    ] {
        assert_eq!(read(&wrong).unwrap_err().code(), code::MALFORMED_DISTRUST_LIST, "{wrong}");
    }
    for wrong in ["", "[]", "{}", r#"{"entries": []} x"#, r#"{"entries": [], "more": 1}"#] {
        assert!(matches!(Distrust::from_json(wrong.as_bytes()), Err(DistrustError::Document { .. })), "{wrong}");
    }
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    assert!(matches!(Distrust::from_json(&large), Err(DistrustError::Limit(_))));
}

proptest! {
    #[test]
    fn what_is_written_is_read(entries in proptest::collection::vec((0..3_u8, any::<[u8; 32]>(), proptest::option::of(0..1u64 << 36), any::<String>()), 0..9)) {
        let entries = entries.into_iter().map(|(kind, digest, after, reason)| {
            let digest = Digest::Sha256(digest);
            let subject = [Subject::Certificate(digest), Subject::Key(digest), Subject::Issuer(digest)][usize::from(kind)];
            let entry = DistrustEntry::new(subject, reason);
            match after {
                Some(seconds) => entry.signed_after(UnixTime::from_secs(seconds).unwrap()),
                None => entry,
            }
        });
        let list = Distrust::new(entries);
        prop_assert_eq!(Distrust::from_json(list.to_json().as_bytes()), Ok(list));
    }
}
