//! Waiting, without a runtime in any signature.

use futures_util::future::{Either, select};
use std::{future::Future, pin::Pin, pin::pin, time::Duration};

/// A monotonic clock that can be waited on.
///
/// # Contract
/// `now` never goes back; `sleep` ends no earlier than `span` later by `now`.
pub trait Timer: Send + Sync {
    /// The time since some fixed moment.
    fn now(&self) -> Duration;
    /// Waits.
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Runs `work` for at most `span`; `None` when it took longer.
pub(crate) async fn within<T>(timer: &dyn Timer, span: Duration, work: impl Future<Output = T> + Send) -> Option<T> {
    match select(pin!(work), timer.sleep(span)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// The timer of tokio. It must be used inside of a tokio runtime.
#[cfg(feature = "reqwest")]
#[derive(Clone, Copy, Debug)]
pub struct TokioTimer {
    start: tokio::time::Instant,
}

#[cfg(feature = "reqwest")]
impl TokioTimer {
    /// Starts at zero.
    #[must_use]
    pub fn new() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

#[cfg(feature = "reqwest")]
impl Default for TokioTimer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "reqwest")]
impl Timer for TokioTimer {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(span))
    }
}
