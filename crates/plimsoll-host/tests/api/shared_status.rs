//! Answers about revocation that the images of one call share.

use plimsoll_core::{Answer, Answerer, Bytes, Failure, Purpose, UnixTime, Want, code};
use plimsoll_host::SharedStatus;
use plimsoll_pki::{crl::RevokedReason, ocsp::OcspStatus};
use plimsoll_testkit::{
    crl, ocsp,
    pki::{KeySpec, NOW, TestCa},
};
use std::{
    future::Future as _,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};
use tokio::sync::Notify;

/// Counts how often it is asked, and answers when it may.
#[derive(Clone)]
struct Origin {
    asked: Arc<AtomicUsize>,
    answer: Answer,
    may: Option<Arc<Notify>>,
}
impl Answerer for Origin {
    async fn answer(&self, _: &Want) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(may) = &self.may {
            may.notified().await;
        }
        self.answer.clone()
    }
}
impl Origin {
    fn of(answer: Answer) -> Self {
        Self { asked: Arc::default(), answer, may: None }
    }
    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}
fn want(url: &str, purpose: Purpose) -> Want {
    Want::Http { url: url.into(), body: None, limit: 1 << 20, purpose }
}
fn ocsp_want() -> Want {
    want("http://ca.example/ocsp", Purpose::Ocsp)
}
fn shared() -> SharedStatus {
    SharedStatus::new().with_clock(|| NOW)
}
/// Good for an hour.
fn good() -> Answer {
    let ca = TestCa::new(KeySpec::P256);
    Answer::Bytes(ocsp::response(&ca.intermediate, &ca.leaf, OcspStatus::Good).into())
}
/// Good for an hour, with this `nextUpdate` in it.
fn until(edit: impl FnOnce(&mut Option<Vec<u8>>)) -> Answer {
    let ca = TestCa::new(KeySpec::P256);
    let edit = |draft: &mut plimsoll_pki::ocsp::ResponseDraft| edit(&mut draft.responses[0].next_update);
    Answer::Bytes(ocsp::forge(&ca.intermediate, &ca.intermediate, &ca.leaf, OcspStatus::Good, edit).into())
}
fn list() -> Answer {
    let ca = TestCa::new(KeySpec::P256);
    Answer::Bytes(crl::list(&ca.intermediate, &[(&ca.leaf, RevokedReason::KeyCompromise)]).into())
}
fn failed() -> Answer {
    Answer::Failed(Failure::new(code::NOT_COLLECTED, "nobody answers"))
}
/// Says whether an answer that came at [`NOW`] is still shared then.
async fn lasts(answer: &Answer, want: &Want, then: fn() -> UnixTime) -> bool {
    let (shared, origin) = (shared(), Origin::of(answer.clone()));
    assert_eq!(shared.over(origin.clone()).answer(want).await, *answer);
    assert_eq!(shared.with_clock(then).over(origin.clone()).answer(want).await, *answer);
    origin.asked() == 1
}

#[tokio::test]
async fn a_thousand_images_ask_once() {
    let (shared, origin) = (shared(), Origin::of(good()));
    for _ in 0..1000 {
        assert_eq!(shared.over(origin.clone()).answer(&ocsp_want()).await, origin.answer);
    }
    assert_eq!(origin.asked(), 1);
    // Another call has its own.
    self::shared().over(origin.clone()).answer(&ocsp_want()).await;
    assert_eq!(origin.asked(), 2);
}

#[tokio::test]
async fn only_the_very_same_question_is_answered_again() {
    let (shared, origin) = (shared(), Origin::of(good()));
    let with = |body: Option<&'static [u8]>, limit| Want::Http {
        url: "http://ca.example/ocsp".into(),
        body: body.map(Bytes::from_static),
        limit,
        purpose: Purpose::Ocsp,
    };
    let questions = [
        with(None, 1 << 20),
        with(None, 1 << 19),
        // A nonce is in the body, or in the URL.
        with(Some(b"one"), 1 << 20),
        with(Some(b"two"), 1 << 20),
        want("http://ca.example/ocsp/one", Purpose::Ocsp),
        want("http://ca.example/ocsp", Purpose::Crl),
    ];
    for question in questions.iter().chain(&questions) {
        shared.over(origin.clone()).answer(question).await;
    }
    assert_eq!(origin.asked(), questions.len());
    // What is not about revocation passes through.
    let other = Want::Resolve { reference: "registry.example/app:v1".parse().unwrap() };
    for _ in 0..2 {
        shared.over(origin.clone()).answer(&other).await;
    }
    assert_eq!(origin.asked(), questions.len() + 2);
}

// attack: A-179
#[tokio::test]
async fn a_179_an_answer_is_shared_no_longer_than_it_counts_and_five_minutes_at_most() {
    let (want, list_want) = (ocsp_want(), want("http://ca.example/crl", Purpose::Crl));
    assert!(lasts(&good(), &want, || NOW.saturating_add(299)).await);
    assert!(!lasts(&good(), &want, || NOW.saturating_add(300)).await, "five minutes");
    assert!(lasts(&list(), &list_want, || NOW.saturating_add(299)).await);
    assert!(!lasts(&list(), &list_want, || NOW.saturating_add(300)).await, "five minutes");
    // A minute, by nextUpdate.
    let minute = until(|next| next.as_mut().unwrap()[..].copy_from_slice(&time("20260601000100Z")));
    assert!(lasts(&minute, &want, || NOW.saturating_add(59)).await);
    assert!(!lasts(&minute, &want, || NOW.saturating_add(60)).await);
    // What is over, has no end, or cannot be read is shared as a failure is.
    let over = until(|next| next.as_mut().unwrap()[..].copy_from_slice(&time("20260531235959Z")));
    let endless = until(|next| *next = None);
    for bad in [over, endless, Answer::Bytes("<html>".into()), Answer::Absent, failed()] {
        for want in [&want, &list_want] {
            assert!(lasts(&bad, want, || NOW.saturating_add(9)).await, "{bad:?}");
            assert!(!lasts(&bad, want, || NOW.saturating_add(10)).await, "{bad:?}");
        }
    }
    // A clock that went back knows nothing.
    assert!(!lasts(&good(), &want, || NOW.saturating_sub(1)).await);
}

/// `GeneralizedTime` as DER.
fn time(text: &str) -> Vec<u8> {
    [&[0x18, 15], text.as_bytes()].concat()
}

// attack: A-195
#[tokio::test]
async fn a_195_what_came_past_the_caches_takes_the_place_of_what_was_in_them() {
    let shared = shared();
    let (old, new) = (Origin::of(list()), Origin::of(list()));
    let (cached, fresh) =
        (want("http://ca.example/crl", Purpose::Crl), want("http://ca.example/crl", Purpose::FreshCrl));
    assert_eq!(shared.over(old.clone()).answer(&cached).await, old.answer);
    assert_eq!(shared.over(new.clone()).answer(&fresh).await, new.answer);
    let later = shared.clone().with_clock(|| NOW.saturating_add(200));
    assert_eq!(later.over(old.clone()).answer(&cached).await, new.answer);
    // Past the caches is past this one too, but for a moment.
    assert_eq!(shared.over(old.clone()).answer(&fresh).await, new.answer);
    assert_eq!(later.over(old.clone()).answer(&fresh).await, old.answer);
    assert_eq!((old.asked(), new.asked()), (2, 1));
    // A failure past the caches takes no place.
    let dead = Origin::of(failed());
    let last = shared.with_clock(|| NOW.saturating_add(250));
    last.over(dead.clone()).answer(&fresh).await;
    assert_eq!(last.over(dead.clone()).answer(&cached).await, old.answer);
}

// attack: A-184
#[tokio::test]
async fn a_184_who_asks_at_the_same_time_waits_for_the_one_who_asked_first() {
    let (shared, may) = (shared(), Arc::new(Notify::new()));
    let origin = Origin { may: Some(may.clone()), ..Origin::of(failed()) };
    let sharing = shared.over(origin.clone());
    let want = ocsp_want();
    let mut cx = Context::from_waker(Waker::noop());
    {
        let mut first = pin!(sharing.answer(&want));
        let mut second = pin!(sharing.answer(&want));
        let mut third = pin!(sharing.answer(&want));
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert!(second.as_mut().poll(&mut cx).is_pending() && third.as_mut().poll(&mut cx).is_pending());
        assert_eq!(origin.asked(), 1);
        may.notify_one();
        assert_eq!(first.await, failed());
        assert_eq!(second.as_mut().poll(&mut cx), Poll::Ready(failed()));
        assert_eq!(third.await, failed());
    }
    assert_eq!(origin.asked(), 1);
    // If the first gives up, the next one asks, and nobody waits for ever.
    let later = shared.with_clock(|| NOW.saturating_add(100)).over(origin.clone());
    let mut second = Box::pin(later.answer(&want));
    let mut third = Box::pin(later.answer(&want));
    {
        let mut first = Box::pin(later.answer(&want));
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert!(second.as_mut().poll(&mut cx).is_pending() && third.as_mut().poll(&mut cx).is_pending());
    }
    assert!(third.as_mut().poll(&mut cx).is_pending() && second.as_mut().poll(&mut cx).is_pending());
    assert_eq!(origin.asked(), 3);
    may.notify_one();
    assert_eq!((third.await, second.await), (failed(), failed()));
    assert_eq!(origin.asked(), 3);
}
