//! The time that a verdict may spend on asking about revocation.

use crate::{Error, Timer, timer::within};
use plimsoll_core::{Answer, Answerer, Failure, Want};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// An answerer that spends at most so much time on [`Want::Http`] in all: 10 s unless told otherwise.
///
/// Each address that a certificate names has a time-out of its own, but a hostile certificate names many (Notation asks 40 addresses
/// for 5 s each). Questions that wait at the same time cost that time once. Make one for each verdict; other questions pass through.
///
/// ```
/// # #[cfg(feature = "reqwest")] {
/// use plimsoll_distribution::{Client, ReqwestTransport, StatusTime, TokioTimer};
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let client = Client::builder(ReqwestTransport::builder().build().unwrap(), TokioTimer::new()).build();
/// let answers = StatusTime::new(client, TokioTimer::new());
/// # drop(answers);
/// # }) }
/// ```
pub struct StatusTime<A, T> {
    answers: A,
    timer: T,
    most: Duration,
    spent: Arc<Mutex<Spent>>,
}

#[derive(Default)]
struct Spent {
    /// While nobody waited any more.
    before: Duration,
    /// Since when somebody waits, and how many do.
    since: Duration,
    waiting: usize,
}

impl<A, T: Timer> StatusTime<A, T> {
    /// Wraps an answerer.
    pub fn new(answers: A, timer: T) -> Self {
        Self { answers, timer, most: MOST, spent: Arc::default() }
    }
    /// Sets the time.
    #[must_use]
    pub fn with_most(mut self, most: Duration) -> Self {
        self.most = most;
        self
    }
    fn left(&self) -> Duration {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let running = if spent.waiting > 0 { self.timer.now().saturating_sub(spent.since) } else { Duration::ZERO };
        self.most.saturating_sub(spent.before).saturating_sub(running)
    }
    fn start(&self) -> Waiting<'_, A, T> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.waiting == 0 {
            spent.since = self.timer.now();
        }
        spent.waiting = spent.waiting.saturating_add(1);
        Waiting(self)
    }
}

/// Somebody waits; dropped when he does no more, whatever came of it.
struct Waiting<'a, A, T: Timer>(&'a StatusTime<A, T>);

impl<A, T: Timer> Drop for Waiting<'_, A, T> {
    fn drop(&mut self) {
        let now = self.0.timer.now();
        let mut spent = self.0.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.waiting = spent.waiting.saturating_sub(1);
        if spent.waiting == 0 {
            spent.before = spent.before.saturating_add(now.saturating_sub(spent.since));
        }
    }
}

impl<A: Answerer, T: Timer> Answerer for StatusTime<A, T> {
    async fn answer(&self, want: &Want) -> Answer {
        let Want::Http { url, .. } = want else { return self.answers.answer(want).await };
        let left = self.left();
        let answer = if left.is_zero() {
            None
        } else {
            let _waiting = self.start();
            within(&self.timer, left, self.answers.answer(want)).await
        };
        answer.unwrap_or_else(|| {
            let seconds = self.most.as_secs();
            let error = Error::NoTimeLeft { url: plimsoll_core::Escaped::new(url), seconds };
            Answer::Failed(Failure::of(&error))
        })
    }
}

impl<A, T> std::fmt::Debug for StatusTime<A, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusTime").field("most", &self.most).finish_non_exhaustive()
    }
}

/// Two OCSP responders and one list at their own time-outs of 2 and 5 s.
const MOST: Duration = Duration::from_secs(10);
