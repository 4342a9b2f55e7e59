//! Losing evidence never admits.

use crate::world::Scene;
use plimsoll_core::*;
use plimsoll_testkit::ocsp::Status;
use plimsoll_verify::Recording;
use proptest::prelude::*;

/// What may become of an answer on its way: lost, absent, failed, emptied, changed.
fn spoilt(answer: &Answer) -> Vec<Option<Answer>> {
    let mut ways = vec![
        None,
        Some(Answer::Absent),
        Some(Answer::Failed(Failure::new(code::UNREACHABLE, "down"))),
        Some(Answer::Failed(Failure::new(code::DIGEST_MISMATCH, "changed"))),
    ];
    match answer {
        Answer::Bytes(bytes) => {
            ways.push(Some(Answer::Bytes(Bytes::new())));
            ways.push(Some(Answer::Bytes(bytes.slice(..bytes.len() / 2))));
        }
        Answer::Referrers(list) => {
            ways.push(Some(Answer::Referrers(vec![])));
            ways.extend((0..list.len()).map(|gone| {
                let mut list = list.clone();
                list.remove(gone);
                Some(Answer::Referrers(list))
            }));
        }
        _ => {}
    }
    ways
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Good), Just(Status::Revoked), Just(Status::Unknown)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // attack
    #[test]
    fn dropping_or_failing_an_answer_never_turns_a_block_into_an_admission(
        statuses in proptest::collection::vec(status(), 0..4),
    ) {
        let scene = Scene::new(&statuses);
        let (recording, live) = scene.judge(&scene.world, |session, judged| {
            (Recording::of(session, vec![]), judged.verdict.decision)
        });
        for (want, answer) in recording.answers() {
            for spoilt in spoilt(answer) {
                let decision = scene.decide(&recording.clone().with_answer(want, spoilt.clone()));
                prop_assert!(live == Decision::Admit || decision != Decision::Admit, "{:?} {:?}", want, spoilt);
            }
        }
    }

    #[test]
    fn replay_equals_live(statuses in proptest::collection::vec(status(), 0..4)) {
        let scene = Scene::new(&statuses);
        let (recording, live) = scene.judge(&scene.world, |session, judged| (Recording::of(session, vec![]), judged.verdict));
        let replayed = scene.judge(&recording, |_, judged| judged.verdict);
        prop_assert_eq!(live, replayed);
    }
}
