//! Answers about revocation that the images of one call share.

mod state;

use crate::{aside::aside, clock};
use plimsoll_core::{Answer, Answerer, Purpose, UnixTime, Want};
use plimsoll_pki::{
    crl::{CertificateList, CrlLimits},
    ocsp::{OcspLimits, OcspResponse},
};
use state::{MOMENT, State, Turn};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Answers about revocation, shared between the verdicts of one call, so that a thousand images of one signer ask his responder once.
///
/// Make one for each call, and wrap the answerer of each image ([`SharedStatus::over`]). An answer serves the very same question again:
/// the same URL, body and purpose; a question with a nonce is never the same. Who asks while the answer is under way waits for it; if
/// the one who asked first gives up, the next one asks.
///
/// # Security
/// Nothing is trusted for standing here: whoever asks checks signature, time and certificate of each answer, as if it came over the
/// network. An answer is given until its own `nextUpdate` ([RFC 6960, 2.4], [RFC 5280, 5.1.2.5]), and for five minutes at most: a
/// revocation in the middle of a long call is seen, and what somebody on the way put in the place of an answer does not last. What cannot
/// be read or is over, a failure, and an answer to [`Purpose::FreshCrl`] serve those who wait, and ten seconds more: a thousand images do
/// not wait for one dead responder a thousand times.
///
/// [RFC 6960, 2.4]: https://www.rfc-editor.org/rfc/rfc6960#section-2.4
/// [RFC 5280, 5.1.2.5]: https://www.rfc-editor.org/rfc/rfc5280#section-5.1.2.5
///
/// ```
/// use plimsoll_core::{Answer, Answerer, Purpose, Want, code, Failure};
/// use plimsoll_host::SharedStatus;
///
/// struct Dead;
/// impl Answerer for Dead {
///     async fn answer(&self, _: &Want) -> Answer {
///         Answer::Failed(Failure::new(code::NOT_COLLECTED, "nobody answers"))
///     }
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let shared = SharedStatus::new();
/// let want = Want::Http { url: "http://ca.example/ocsp".into(), body: None, limit: 1024, purpose: Purpose::Ocsp };
/// // A failure is shared for a moment, and stays one.
/// assert!(matches!(shared.over(Dead).answer(&want).await, Answer::Failed(_)));
/// assert!(matches!(shared.over(Dead).answer(&want).await, Answer::Failed(_)));
/// # });
/// ```
#[derive(Clone)]
pub struct SharedStatus {
    state: Arc<Mutex<State>>,
    now: fn() -> UnixTime,
}

impl SharedStatus {
    /// Starts with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Arc::default(), now: clock::now }
    }
    /// Takes the time from another clock.
    #[must_use]
    pub fn with_clock(mut self, now: fn() -> UnixTime) -> Self {
        self.now = now;
        self
    }
    /// Looks here before an answerer is asked. Questions that are not [`Want::Http`] pass through.
    pub fn over<A>(&self, answers: A) -> Sharing<A> {
        Sharing { shared: self.clone(), answers }
    }
    fn state(&self) -> MutexGuard<'_, State> {
        // INVARIANT: nothing panics while the lock is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SharedStatus {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SharedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStatus").finish_non_exhaustive()
    }
}

/// An answerer that shares ([`SharedStatus::over`]).
#[derive(Clone, Debug)]
pub struct Sharing<A> {
    shared: SharedStatus,
    answers: A,
}

impl<A: Answerer> Answerer for Sharing<A> {
    async fn answer(&self, want: &Want) -> Answer {
        let Want::Http { purpose, .. } = want else { return self.answers.answer(want).await };
        loop {
            let turn = self.shared.state().turn(want, (self.shared.now)());
            match turn {
                Turn::Known(answer) => return answer,
                Turn::Wait(answer) => {
                    // Whoever asked may have given up; then it is somebody else's turn.
                    if let Ok(answer) = answer.await {
                        return answer;
                    }
                }
                Turn::Ask => {
                    let asking = Asking { shared: &self.shared, want, done: false };
                    let answer = self.answers.answer(want).await;
                    let until = until(*purpose, &answer, (self.shared.now)()).await;
                    asking.done(&answer, until);
                    return answer;
                }
            }
        }
    }
}

/// A question that is under way. Dropped, it is nobody's.
struct Asking<'a> {
    shared: &'a SharedStatus,
    want: &'a Want,
    done: bool,
}

impl Asking<'_> {
    fn done(mut self, answer: &Answer, until: UnixTime) {
        self.done = true;
        self.shared.state().answered(self.want, answer, (self.shared.now)(), until);
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.shared.state().given_up(self.want);
        }
    }
}

/// How long an answer is shared.
async fn until(purpose: Purpose, answer: &Answer, now: UnixTime) -> UnixTime {
    let next_update = match (purpose, answer) {
        (Purpose::Ocsp, Answer::Bytes(der)) => {
            let response = OcspResponse::from_der(der.clone(), &OcspLimits::default()).ok();
            response.and_then(|response| response.claimed_next_update())
        }
        (Purpose::Crl | Purpose::FreshCrl, Answer::Bytes(der)) => {
            let der = der.clone();
            // A large list takes a while to be read.
            let list = aside(move || CertificateList::from_der(der, &CrlLimits::default()).ok()).await;
            list.ok().flatten().and_then(|list| list.claimed_next_update())
        }
        _ => None,
    };
    match next_update {
        Some(next) if next > now => next.min(now.saturating_add(LONGEST)),
        _ => now.saturating_add(MOMENT),
    }
}

/// Seconds for which an answer is shared at most: five minutes.
const LONGEST: u64 = 300;
