use crate::world::{Scene, WantsASeal, World, block, now, reference};
use plimsoll_core::*;
use plimsoll_testkit::ocsp::Status;
use plimsoll_verify::{Limits, Session, Setup, drive};
use std::collections::BTreeMap;

#[test]
fn evidence_is_asked_for_round_by_round_and_once() {
    let scene = Scene::new(&[Status::Good, Status::Good]);
    scene.judge(&scene.world, |session, judged| {
        assert_eq!(judged.verdict.decision, Decision::Admit);
        assert_eq!(judged.verdict.horizon.until, now().saturating_add(3600));
        assert_eq!(session.evidence().answers().count(), 8);
    });
    let asked = scene.world.asked.lock().unwrap();
    assert_eq!(asked.len(), 8, "resolve, list, and manifest, blob and status of two");
    assert!(matches!(asked[0], Want::Resolve { .. }));
    assert!(matches!(asked[1], Want::Referrers { .. }));
}

#[test]
fn the_status_over_http_decides() {
    for (statuses, decision) in [
        (&[Status::Good, Status::Revoked][..], Decision::Admit),
        (&[Status::Revoked], Decision::Deny(Class::Untrusted)),
        (&[Status::Unknown], Decision::Deny(Class::Unavailable)),
        (&[Status::Unknown, Status::Revoked], Decision::Deny(Class::Untrusted)),
        (&[], Decision::Deny(Class::Untrusted)),
    ] {
        let scene = Scene::new(statuses);
        assert_eq!(scene.decide(&scene.world), decision, "{statuses:?}");
    }
}

#[test]
fn what_is_not_there_is_not_admitted() {
    let scene = Scene::new(&[]);
    let verdict = |answer: Answer| {
        let world = World::of(BTreeMap::from([(Want::Resolve { reference: reference() }, answer)]));
        scene.judge(&world, |_, judged| {
            assert!(judged.facts.is_none());
            let reason = &judged.verdict.reasons[0];
            (judged.verdict.decision, reason.code, reason.message.to_string())
        })
    };
    assert_eq!(
        verdict(Answer::Absent),
        (Decision::Deny(Class::Unavailable), code::NOT_FOUND, "registry.test/app:v1 is not there".into())
    );
    assert_eq!(
        verdict(Answer::Failed(Failure::new(code::ACCESS_DENIED, "403 DENIED"))),
        (Decision::Deny(Class::Unavailable), code::ACCESS_DENIED, "403 DENIED".into())
    );
}

/// Asks another question in each round, for ever.
struct Endless;
impl Gather for Endless {
    fn id(&self) -> VerifierId {
        VerifierId("endless")
    }
    fn kinds(&self) -> &'static [&'static str] {
        &["seal"]
    }
    fn gather(&self, _: &Subject, cx: &mut Context<'_>, _: &mut Facts) {
        for number in 0_u32.. {
            let url = format!("http://endless.test/{number}");
            if cx.http(&url, None, 1, Purpose::Crl) == Err(Missing::Pending) {
                return;
            }
        }
    }
}

/// Asks ten thousand questions at once.
struct Greedy;
impl Gather for Greedy {
    fn id(&self) -> VerifierId {
        VerifierId("greedy")
    }
    fn kinds(&self) -> &'static [&'static str] {
        &["seal"]
    }
    fn gather(&self, _: &Subject, cx: &mut Context<'_>, _: &mut Facts) {
        for number in 0..10_000 {
            let _ = cx.http(&format!("http://greedy.test/{number}"), None, 1, Purpose::Crl);
        }
    }
}

#[test]
fn evidence_that_never_ends_is_cut_off_and_not_admitted() {
    let scene = Scene::new(&[Status::Good]);
    for (gather, message) in [
        (&Endless as &dyn Gather, "more than 16 rounds of questions"),
        (&Greedy, "more than 8192 questions in one session"),
    ] {
        let gather = [gather];
        let setup = Setup::new(&WantsASeal, plimsoll_crypto::provider(), now()).gathering(&gather);
        let judged = block(drive(&mut Session::new(setup, reference()), &scene.world));
        let reason = &judged.verdict.reasons[0];
        assert_eq!(judged.verdict.decision, Decision::Deny(Class::Unavailable));
        assert_eq!((reason.code, &*reason.message), (code::ROUNDS_EXHAUSTED, message));
    }
}

/// Asks for twenty of the largest envelopes at once, and says of each what came.
struct Hoard;
impl Gather for Hoard {
    fn id(&self) -> VerifierId {
        VerifierId("hoard")
    }
    fn kinds(&self) -> &'static [&'static str] {
        &["seal"]
    }
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) {
        for number in 0..20_u8 {
            let descriptor = Descriptor::new("application/cose", Digest::sha256_of(&[number]), 32 << 20);
            if let Err(Missing::Failed(failure)) = cx.blob(subject.repository(), &descriptor) {
                let why = Completeness::Partial(failure.code, failure.message);
                facts.close(subject.descriptor.digest, "seal", why);
            }
        }
    }
}

// attack: A-228
#[test]
fn a_228_more_evidence_than_fits_is_not_asked_for_and_not_admitted() {
    let scene = Scene::new(&[]);
    let gather: [&dyn Gather; 1] = [&Hoard];
    let setup = Setup::new(&WantsASeal, plimsoll_crypto::provider(), now()).gathering(&gather);
    let mut session = Session::new(setup, reference());
    let judged = block(drive(&mut session, &scene.world));
    assert_eq!(judged.verdict.decision, Decision::Deny(Class::Unavailable));
    assert_eq!(scene.world.asked.lock().unwrap().len(), 17, "what the reference means, and 16 of 32 MiB");
    let refused = |(_, answer): &(&Want, &Answer)| match answer {
        Answer::Failed(failure) => &*failure.message == "more than 536870912 bytes of evidence in one session",
        _ => false,
    };
    assert_eq!(session.evidence().answers().filter(refused).count(), 4);
}

/// Lists one manifest for two platforms.
struct Twice;
impl Expand for Twice {
    fn children(&self, subject: &Subject, _: &mut Context<'_>) -> Result<Vec<Subject>, Missing> {
        let image = Descriptor::of("image", b"twice");
        Ok(["linux/amd64", "linux/arm64"].map(|name| subject.child(image.clone(), Some(name.into()))).into())
    }
}

/// Records one fact about each subject.
struct Count;
impl Gather for Count {
    fn id(&self) -> VerifierId {
        VerifierId("count")
    }
    fn kinds(&self) -> &'static [&'static str] {
        &["seal"]
    }
    fn gather(&self, subject: &Subject, _: &mut Context<'_>, facts: &mut Facts) {
        facts.close(subject.descriptor.digest, "seal", Completeness::Complete);
        let request = facts.of::<plimsoll_verify::Request>().next().unwrap().1.clone();
        facts.record(Row::new(subject.descriptor.digest, request));
    }
}

#[test]
fn one_manifest_for_two_platforms_is_two_targets_with_one_set_of_facts() {
    let scene = Scene::new(&[]);
    let gather: [&dyn Gather; 1] = [&Count];
    let setup = Setup::new(&WantsASeal, plimsoll_crypto::provider(), now()).gathering(&gather).expanding(&Twice);
    let judged = block(drive(&mut Session::new(setup, reference()), &scene.world));
    let facts = judged.facts.unwrap();
    assert_eq!(facts.targets().len(), 3);
    let twice = Digest::sha256_of(b"twice");
    assert_eq!(facts.rows().iter().filter(|row| row.subject == twice).count(), 2, "the request, and what was gathered");
}

/// Cannot list platforms.
struct Blind(Missing);
impl Expand for Blind {
    fn children(&self, _: &Subject, _: &mut Context<'_>) -> Result<Vec<Subject>, Missing> {
        Err(self.0.clone())
    }
}

#[test]
fn platforms_that_cannot_be_listed_deny() {
    let scene = Scene::new(&[Status::Good]);
    let gather: [&dyn Gather; 1] = [&scene.gather];
    for (missing, code, message) in [
        (
            Missing::Absent,
            plimsoll_verify::code::PLATFORMS_UNKNOWN,
            "the manifest that the reference means is not there",
        ),
        (Missing::Failed(Failure::new(code::DIGEST_MISMATCH, "another index")), code::DIGEST_MISMATCH, "another index"),
    ] {
        let blind = Blind(missing);
        let setup = Setup::new(&WantsASeal, plimsoll_crypto::provider(), now()).gathering(&gather).expanding(&blind);
        let judged = block(drive(&mut Session::new(setup, reference()), &scene.world));
        let reason = &judged.verdict.reasons[0];
        assert_eq!((reason.code, &*reason.message), (code, message));
        assert_eq!(judged.verdict.decision, Decision::Deny(code.class()));
    }
    assert_eq!(plimsoll_verify::code::PLATFORMS_UNKNOWN.to_string(), "platforms-unknown");
}

#[test]
fn gatherers_whose_kinds_no_rule_reads_are_not_run() {
    struct ReadsNothing;
    impl Evaluate for ReadsNothing {
        fn digest(&self) -> Digest {
            Digest::sha256_of(b"")
        }
        fn reads(&self) -> Reads {
            Reads::default()
        }
        fn evaluate(&self, facts: &Facts) -> Verdict {
            Verdict::of(facts.targets()[0].descriptor.digest, self.digest(), vec![], vec![], Horizon::ALWAYS)
        }
    }
    let scene = Scene::new(&[Status::Revoked]);
    let gather: [&dyn Gather; 1] = [&scene.gather];
    let setup = Setup::new(&ReadsNothing, plimsoll_crypto::provider(), now()).gathering(&gather);
    let judged = block(drive(&mut Session::new(setup, reference()), &scene.world));
    assert!(judged.verdict.is_admitted());
    assert_eq!(scene.world.asked.lock().unwrap().len(), 1);
}

#[test]
fn futures_are_send_and_answerers_are_objects() {
    fn is_send<T: Send>(_: &T) {}
    let scene = Scene::new(&[]);
    let boxed: Box<dyn DynAnswerer> = Box::new(World::of(BTreeMap::new()));
    let setup = Setup::new(&WantsASeal, plimsoll_crypto::provider(), now()).limited(Limits::default());
    let mut session = Session::new(setup, reference());
    let future = drive(&mut session, &scene.world);
    is_send(&future);
    drop(future);
    assert!(!block(drive(&mut session, &*boxed)).verdict.is_admitted());
}
