//! The driver: answers a session's questions until it is done. A library function, or everybody writes it again, with
//! other bugs.

use crate::{Judged, Session, Step};
use plimsoll_core::{Answer, Answerer, Want};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// Runs a session to its end, with at most [`Limits::concurrency`](crate::Limits) questions open at one time.
///
/// Needs no runtime of its own: it awaits what `from` returns. It holds nothing but the session, so dropping the future
/// leaves the session as it was after its last answered round.
pub async fn drive(session: &mut Session<'_>, from: &(impl Answerer + ?Sized)) -> Judged {
    loop {
        match session.advance() {
            Step::Done(judged) => return *judged,
            Step::Need(wants) => {
                let answers = answer_all(&wants, from, session.limits().concurrency.max(1)).await;
                for (want, answer) in wants.into_iter().zip(answers) {
                    session.supply(want, answer);
                }
            }
        }
    }
}

type Pending<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

enum Slot<'a> {
    Waiting,
    Open(Pending<'a>),
    Answered(Answer),
}

/// Answers in the order of the questions, whatever the order in which they came.
async fn answer_all(wants: &[Want], from: &(impl Answerer + ?Sized), at_once: usize) -> Vec<Answer> {
    let mut slots: Vec<Slot<'_>> = wants.iter().map(|_| Slot::Waiting).collect();
    poll_fn(|cx| {
        loop {
            let mut open = slots.iter().filter(|slot| matches!(slot, Slot::Open(_))).count();
            let mut moved = false;
            for (slot, want) in slots.iter_mut().zip(wants) {
                if matches!(slot, Slot::Waiting) && open < at_once {
                    *slot = Slot::Open(Box::pin(from.answer(want)));
                    open = open.saturating_add(1);
                    moved = true;
                }
                if let Slot::Open(future) = slot
                    && let Poll::Ready(answer) = future.as_mut().poll(cx)
                {
                    *slot = Slot::Answered(answer);
                    open = open.saturating_sub(1);
                    moved = true;
                }
            }
            if slots.iter().all(|slot| matches!(slot, Slot::Answered(_))) {
                return Poll::Ready(());
            }
            if !moved {
                return Poll::Pending;
            }
        }
    })
    .await;
    slots.into_iter().filter_map(|slot| if let Slot::Answered(answer) = slot { Some(answer) } else { None }).collect()
}
