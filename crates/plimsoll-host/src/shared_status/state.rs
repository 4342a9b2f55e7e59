//! What is known, and what is under way.

use futures_channel::oneshot::{self, Receiver, Sender};
use plimsoll_core::{Answer, Purpose, UnixTime, Want};
use std::collections::BTreeMap;

/// Answers, each with its time, and questions that are under way, each with those who wait.
#[derive(Default)]
pub(super) struct State {
    known: BTreeMap<Want, Known>,
    /// Bytes of all answers.
    weight: usize,
    asked: BTreeMap<Want, Vec<Sender<Answer>>>,
}

struct Known {
    answer: Answer,
    since: UnixTime,
    until: UnixTime,
}

/// What is to be done about a question.
pub(super) enum Turn {
    /// It is for the caller to ask.
    Ask,
    Known(Answer),
    /// Somebody else has asked.
    Wait(Receiver<Answer>),
}

impl State {
    pub(super) fn turn(&mut self, want: &Want, now: UnixTime) -> Turn {
        if let Some(known) = self.known.get(want).filter(|known| known.since <= now && now < known.until) {
            return Turn::Known(known.answer.clone());
        }
        match self.asked.get_mut(want) {
            Some(waiting) => {
                let (sender, receiver) = oneshot::channel();
                waiting.push(sender);
                Turn::Wait(receiver)
            }
            None => {
                self.asked.insert(want.clone(), Vec::new());
                Turn::Ask
            }
        }
    }
    pub(super) fn answered(&mut self, want: &Want, answer: &Answer, now: UnixTime, until: UnixTime) {
        for waiting in self.asked.remove(want).unwrap_or_default() {
            // Nobody may be waiting any more.
            let _ = waiting.send(answer.clone());
        }
        let fresh = matches!(want, Want::Http { purpose: Purpose::FreshCrl, .. });
        self.keep(want.clone(), answer, now, if fresh { until.min(now.saturating_add(MOMENT)) } else { until });
        // What came past the caches takes the place of what was in them.
        if let (Want::Http { url, body, limit, purpose: Purpose::FreshCrl }, Answer::Bytes(_)) = (want, answer) {
            let cached = Want::Http { url: url.clone(), body: body.clone(), limit: *limit, purpose: Purpose::Crl };
            self.keep(cached, answer, now, until);
        }
    }
    pub(super) fn given_up(&mut self, want: &Want) {
        // Those who wait are told by the end of their senders.
        self.asked.remove(want);
    }
    fn keep(&mut self, want: Want, answer: &Answer, now: UnixTime, until: UnixTime) {
        let own = weight(answer);
        self.forget(|known, _| known != &want);
        if own > HEAVIEST {
            return;
        }
        if self.known.len() >= MOST || self.weight.saturating_add(own) > HEAVIEST {
            self.forget(|_, known| known.since <= now && now < known.until);
        }
        if self.known.len() >= MOST || self.weight.saturating_add(own) > HEAVIEST {
            // It costs time and no more.
            self.forget(|_, _| false);
        }
        self.weight = self.weight.saturating_add(own);
        self.known.insert(want, Known { answer: answer.clone(), since: now, until });
    }
    fn forget(&mut self, keep: impl Fn(&Want, &Known) -> bool) {
        self.known.retain(|want, known| keep(want, known));
        self.weight = self.known.values().fold(0, |sum, known| sum.saturating_add(weight(&known.answer)));
    }
}

fn weight(answer: &Answer) -> usize {
    if let Answer::Bytes(bytes) = answer { bytes.len() } else { 0 }
}

/// Seconds for which a failure is shared: as long as one verdict waits for answers in all.
pub(super) const MOMENT: u64 = 10;
/// Answers: more than the signers and authorities of any team.
const MOST: usize = 1024;
/// Bytes of all answers: two of the largest lists, or some thousand OCSP responses.
const HEAVIEST: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn want(number: usize) -> Want {
        Want::Http { url: format!("http://ca.example/{number}").into(), body: None, limit: 1, purpose: Purpose::Ocsp }
    }
    fn bytes(length: usize) -> Answer {
        Answer::Bytes(vec![0; length].into())
    }
    fn known(state: &mut State, number: usize, now: UnixTime) -> bool {
        let known = matches!(state.turn(&want(number), now), Turn::Known(_));
        state.given_up(&want(number));
        known
    }

    #[test]
    fn it_never_holds_more_than_its_bounds() {
        let (start, end) = (UnixTime::MIN, UnixTime::MIN.saturating_add(10));
        let mut state = State::default();
        for number in 0..=MOST {
            state.answered(&want(number), &bytes(1), start, end);
            assert!(state.known.len() <= MOST && state.weight == state.known.len());
        }
        assert!(known(&mut state, MOST, start) && !known(&mut state, 0, start));
        let mut state = State::default();
        state.answered(&want(0), &bytes(HEAVIEST / 2), start, end);
        state.answered(&want(1), &bytes(HEAVIEST / 2), start, end.saturating_add(10));
        assert!(known(&mut state, 0, start) && known(&mut state, 1, start));
        // What is over makes room first.
        state.answered(&want(2), &bytes(1), end, end.saturating_add(10));
        assert!(!known(&mut state, 0, end) && known(&mut state, 1, end) && known(&mut state, 2, end));
        state.answered(&want(3), &bytes(HEAVIEST + 1), end, end.saturating_add(10));
        assert!(!known(&mut state, 3, end) && known(&mut state, 1, end));
        // The same question again replaces, and weighs once.
        state.answered(&want(2), &bytes(7), end, end.saturating_add(10));
        assert_eq!(state.weight, HEAVIEST / 2 + 7);
    }

    #[test]
    fn a_clock_that_went_back_makes_nothing_last_longer() {
        let now = UnixTime::MIN.saturating_add(100);
        let mut state = State::default();
        state.answered(&want(0), &bytes(1), now, now.saturating_add(10));
        assert!(known(&mut state, 0, now) && known(&mut state, 0, now.saturating_add(9)));
        assert!(!known(&mut state, 0, now.saturating_add(10)) && !known(&mut state, 0, now.saturating_sub(1)));
    }
}
