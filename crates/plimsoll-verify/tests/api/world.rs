//! A world that answers, and a rule that wants a seal.

use plimsoll_core::*;
use plimsoll_crypto::{Curve, PrivateKey};
use plimsoll_testkit::ocsp::{OcspForge, SEAL_TYPE, SealGather, Status};
use plimsoll_verify::{Judged, Session, Setup, drive};
use std::{
    collections::BTreeMap,
    pin::pin,
    sync::Mutex,
    task::{Context as Cx, Poll, Waker},
};

pub(crate) const URL: &str = "http://ocsp.test/";

pub(crate) fn now() -> UnixTime {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// At least one seal that holds. Bad ones beside it count for nothing: whoever can hide them could hide them.
pub(crate) struct WantsASeal;
impl Evaluate for WantsASeal {
    fn digest(&self) -> Digest {
        Digest::sha256_of(b"wants a seal")
    }
    fn reads(&self) -> Reads {
        Reads::kinds(["seal"])
    }
    fn evaluate(&self, facts: &Facts) -> Verdict {
        let subject = &facts.targets()[0];
        let digest = subject.descriptor.digest;
        let view = facts.about(subject);
        if let Some(row) = view.kind("seal").find(|row| row.counts()) {
            return Verdict::of(digest, self.digest(), vec![], vec![], row.horizon);
        }
        let mut reasons = vec![];
        for row in view.kind("seal") {
            if let Outcome::Failed(code, why) = &row.outcome {
                reasons.push(Reason::new(*code, "seal", digest, why.clone()));
            }
        }
        match view.completeness("seal") {
            Completeness::Partial(code, why) => reasons.push(Reason::new(code, "seal", digest, why)),
            Completeness::Complete if reasons.is_empty() => {
                let none = Code::new("test-no-seal", Class::Untrusted, "there is no seal");
                reasons.push(Reason::new(none, "seal", digest, "there is no seal"));
            }
            Completeness::Complete => {}
        }
        Verdict::of(digest, self.digest(), reasons, vec![], Horizon::ALWAYS)
    }
}

/// Answers from a table, and counts.
pub(crate) struct World {
    pub(crate) answers: BTreeMap<Want, Answer>,
    pub(crate) asked: Mutex<Vec<Want>>,
}

impl World {
    pub(crate) fn of(answers: BTreeMap<Want, Answer>) -> Self {
        Self { answers, asked: Mutex::default() }
    }
}

impl Answerer for World {
    async fn answer(&self, want: &Want) -> Answer {
        self.asked.lock().unwrap().push(want.clone());
        let missing = Failure::new(code::UNREACHABLE, "the world does not answer");
        self.answers.get(want).cloned().unwrap_or(Answer::Failed(missing))
    }
}

pub(crate) fn reference() -> Reference {
    "registry.test/app:v1".parse().unwrap()
}

/// A responder, its gatherer, and a world in which one image has seals of these statuses.
pub(crate) struct Scene {
    pub(crate) gather: SealGather,
    pub(crate) world: World,
}

impl Scene {
    pub(crate) fn new(statuses: &[Status]) -> Self {
        let responder = PrivateKey::generate(Curve::P256).unwrap();
        let repository = reference().repository().clone();
        let image = Descriptor::of("image", b"image");
        let mut answers = BTreeMap::new();
        let mut list = vec![];
        for (serial, status) in (1_u8..).zip(statuses) {
            let url = format!("{URL}{serial}");
            let blob = Blob::of("text/plain", format!("{url} {serial}"));
            let manifest = Blob::of("manifest", format!("{} {}", blob.descriptor().digest, blob.bytes().len()));
            let forge =
                OcspForge { serial, status: *status, this_update: now(), next_update: Some(now().saturating_add(60)) };
            let http = Want::Http { url: url.as_str().into(), body: None, limit: 20_480, purpose: Purpose::Ocsp };
            answers.insert(http, Answer::Bytes(forge.response(&responder).into()));
            let (repository, descriptor) = (repository.clone(), blob.descriptor().clone());
            answers.insert(Want::Blob { repository: repository.clone(), descriptor }, Answer::Bytes(blob.to_bytes()));
            let descriptor = manifest.descriptor().clone();
            list.push(Referrer::new(descriptor.clone(), Some(SEAL_TYPE)));
            answers.insert(Want::Manifest { repository, descriptor }, Answer::Bytes(manifest.to_bytes()));
        }
        answers.insert(
            Want::Referrers { repository, subject: image.digest, artifact_type: Some(SEAL_TYPE.into()) },
            Answer::Referrers(list),
        );
        answers.insert(Want::Resolve { reference: reference() }, Answer::Descriptor(image));
        Self {
            gather: SealGather { responder_spki_der: responder.public_key_spki_der().to_vec() },
            world: World::of(answers),
        }
    }
    /// Judges over any source of answers, and hands the session on.
    pub(crate) fn judge<T>(&self, from: &(impl Answerer + ?Sized), then: impl FnOnce(&Session<'_>, Judged) -> T) -> T {
        let gather: [&dyn Gather; 1] = [&self.gather];
        let setup = Setup::new(&WantsASeal, plimsoll_crypto::provider(), now()).gathering(&gather);
        let mut session = Session::new(setup, reference());
        let judged = block(drive(&mut session, from));
        then(&session, judged)
    }
    pub(crate) fn decide(&self, from: &(impl Answerer + ?Sized)) -> Decision {
        self.judge(from, |_, judged| judged.verdict.decision)
    }
}

/// Waits without a runtime: nothing here ever parks.
pub(crate) fn block<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Cx::from_waker(Waker::noop())) {
            return output;
        }
    }
}
