use crate::world::{Scene, WantsASeal, block, now, reference};
use plimsoll_core::*;
use plimsoll_testkit::ocsp::Status;
use plimsoll_verify::{Memo, Session, Setup, drive};
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what reaches the back end.
struct Counting<'a>(&'a dyn SignatureAlgorithm, AtomicUsize);
impl SignatureAlgorithm for Counting<'_> {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.verify(key, message, signature)
    }
}

/// A gatherer that asks one more question after the seals were judged, so that there is one more round.
struct OneMoreRound<'a>(&'a dyn Gather);
impl Gather for OneMoreRound<'_> {
    fn id(&self) -> VerifierId {
        self.0.id()
    }
    fn kinds(&self) -> &'static [&'static str] {
        self.0.kinds()
    }
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) {
        self.0.gather(subject, cx, facts);
        if facts.rows().len() > 1 {
            let _ = cx.http("http://late.test/", None, 1, Purpose::Crl);
        }
    }
}

#[test]
fn a_public_key_operation_runs_once_in_a_session() {
    let scene = Scene::new(&[Status::Good]);
    let inner = plimsoll_crypto::provider().find(Algorithm::EcdsaP256Sha256Der).unwrap();
    let counting = Counting(inner, AtomicUsize::new(0));
    let algorithms: [&dyn SignatureAlgorithm; 1] = [&counting];
    let more = OneMoreRound(&scene.gather);
    let gather: [&dyn Gather; 1] = [&more];
    let setup = Setup::new(&WantsASeal, Provider::new(&algorithms), now()).gathering(&gather);
    assert!(block(drive(&mut Session::new(setup, reference()), &scene.world)).verdict.is_admitted());
    assert_eq!(counting.1.load(Ordering::Relaxed), 1, "two rounds saw the signature");
}

#[test]
fn sessions_that_share_a_memo_share_its_proofs() {
    let scene = Scene::new(&[Status::Good]);
    let inner = plimsoll_crypto::provider().find(Algorithm::EcdsaP256Sha256Der).unwrap();
    let counting = Counting(inner, AtomicUsize::new(0));
    let algorithms: [&dyn SignatureAlgorithm; 1] = [&counting];
    let gather: [&dyn Gather; 1] = [&scene.gather];
    let memo = Memo::new(8);
    for _ in 0..3 {
        let setup = Setup::new(&WantsASeal, Provider::new(&algorithms), now()).gathering(&gather).remembering(&memo);
        assert!(block(drive(&mut Session::new(setup, reference()), &scene.world)).verdict.is_admitted());
    }
    assert_eq!(counting.1.load(Ordering::Relaxed), 1);
}

/// A back end that holds what it likes: the signature of a message is the message.
struct Echo(AtomicUsize);
impl SignatureAlgorithm for Echo {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }
    fn verify(&self, _: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let Message::Parts(parts) = message else { return Err(VerifyError::Unsupported) };
        if parts.concat() == signature { Ok(()) } else { Err(VerifyError::BadSignature) }
    }
}

proptest! {
    /// Whatever is asked in whatever order, and however small the memo is, the answers are those of the back end.
    #[test]
    fn a_memo_changes_no_answer(limit in 0_usize..6, asked in prop::collection::vec((0_u8..4, 0_u8..4, 0_u8..4), 0..64)) {
        let echo = Echo(AtomicUsize::new(0));
        let algorithms: [&dyn SignatureAlgorithm; 1] = [&echo];
        let plain = Provider::new(&algorithms);
        let memo = Memo::new(limit);
        for (key, message, signature) in asked {
            let key = [key];
            let ask = |crypto: Provider<'_>| {
                let key = PublicKey::from_spki_der(&key);
                crypto.verify(Algorithm::Ed25519, key, Message::Parts(&[&[message], &[]]), &[signature])
            };
            prop_assert_eq!(memo.remember(plain, ask), ask(plain));
        }
    }
}

#[test]
fn a_memo_that_is_asked_for_the_same_again_forgets_others_first() {
    let echo = Echo(AtomicUsize::new(0));
    let algorithms: [&dyn SignatureAlgorithm; 1] = [&echo];
    let memo = Memo::new(4);
    let ask = |message: u8| {
        memo.remember(Provider::new(&algorithms), |crypto| {
            crypto.verify(
                Algorithm::Ed25519,
                PublicKey::from_spki_der(b"key"),
                Message::Parts(&[&[message]]),
                &[message],
            )
        })
    };
    for stranger in 1..=100 {
        assert_eq!((ask(0), ask(stranger)), (Ok(()), Ok(())));
    }
    assert_eq!(echo.0.load(Ordering::Relaxed), 101, "the signer once, each stranger once");
}

/// Says the same to everything.
struct Always(bool);
impl SignatureAlgorithm for Always {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }
    fn verify(&self, _: PublicKey<'_>, _: Message<'_>, _: &[u8]) -> Result<(), VerifyError> {
        if self.0 { Ok(()) } else { Err(VerifyError::BadSignature) }
    }
}

#[test]
fn what_one_back_end_said_is_not_said_of_another() {
    let (yes, no) = (Always(true), Always(false));
    let memo = Memo::new(8);
    let ask = |one: &dyn SignatureAlgorithm| {
        memo.remember(Provider::new(&[one]), |crypto| {
            let known = crypto.proofs().and_then(|proofs| proofs.recall(b"leaf"));
            crypto.proofs().unwrap().keep(b"leaf", std::sync::Arc::new(one.algorithm()));
            let key = PublicKey::from_spki_der(b"key");
            (crypto.verify(Algorithm::Ed25519, key, Message::Parts(&[b"message"]), b"signature"), known.is_some())
        })
    };
    assert_eq!([ask(&yes), ask(&yes)], [(Ok(()), false), (Ok(()), true)]);
    assert_eq!(ask(&no), (Err(VerifyError::BadSignature), false), "the proof of another is none");
}

/// Holds everything.
struct Yes;
/// Holds nothing.
struct No;

impl SignatureAlgorithm for Yes {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }
    fn verify(&self, _: PublicKey<'_>, _: Message<'_>, _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}
impl SignatureAlgorithm for No {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }
    fn verify(&self, _: PublicKey<'_>, _: Message<'_>, _: &[u8]) -> Result<(), VerifyError> {
        Err(VerifyError::BadSignature)
    }
}

/// What back ends without fields take is nothing, so that two lie in one place.
struct Both {
    yes: Yes,
    no: No,
}

/// What a provider says of one signature, and whether it knows a proof; and leaves one.
fn said(crypto: Provider<'_>) -> (Result<(), VerifyError>, bool) {
    let proofs = crypto.proofs().unwrap();
    let known = proofs.recall(b"leaf").is_some();
    proofs.keep(b"leaf", std::sync::Arc::new(()));
    let key = PublicKey::from_spki_der(b"key");
    (crypto.verify(Algorithm::Ed25519, key, Message::Parts(&[b"message"]), b"signature"), known)
}

#[test]
fn back_ends_without_fields_are_told_apart_by_their_types() {
    let both = Both { yes: Yes, no: No };
    let back_ends: [&dyn SignatureAlgorithm; 2] = [&both.yes, &both.no];
    assert!(std::ptr::addr_eq(back_ends[0], back_ends[1]), "one place");
    assert_ne!(back_ends[0].back_end(), back_ends[1].back_end());
    assert_eq!((&back_ends[0]).back_end(), back_ends[0].back_end(), "a reference is no other back end");
    let memo = Memo::new(8);
    let [yes, no] = back_ends.map(|one| memo.remember(Provider::new(&[one]), said));
    assert_eq!(yes, (Ok(()), false));
    assert_eq!(no, (Err(VerifyError::BadSignature), false));
}

#[test]
fn a_memo_around_another_knows_the_back_ends_within() {
    let both = Both { yes: Yes, no: No };
    let back_ends: [&dyn SignatureAlgorithm; 2] = [&both.yes, &both.no];
    let outer = Memo::new(8);
    let ask = |one| Memo::new(8).remember(Provider::new(&[one]), |crypto| outer.remember(crypto, said));
    let [yes, no] = back_ends;
    assert_eq!(ask(yes), (Ok(()), false));
    assert_eq!(ask(no), (Err(VerifyError::BadSignature), false));
    // And the same one again, although what is put around it is new.
    assert_eq!(ask(no), (Err(VerifyError::BadSignature), true));
    assert_eq!(ask(yes), (Ok(()), false));
}
