//! A key that signs in time, or is given up.

use crate::{Limits, code};
use plimsoll_core::{Algorithm, Classify, Code, Sign};
use std::{fmt, time::Duration};
use tokio::sync::Semaphore;

/// A key whose every signature is waited for only so long, and by only so many at once: a token that hangs shall not hold whatever
/// else a service has to say. Whoever stops waiting drops the future, as [`Sign`] has it.
pub(crate) struct TimedKey<S> {
    key: S,
    time: Duration,
    turns: Semaphore,
}

impl<S> TimedKey<S> {
    pub(crate) fn new(key: S, limits: &Limits) -> Self {
        let turns = Semaphore::new(limits.signing.min(Semaphore::MAX_PERMITS));
        Self { key, time: limits.signing_time, turns }
    }
    pub(crate) fn with_limits(self, limits: &Limits) -> Self {
        Self::new(self.key, limits)
    }
}

impl<S: Sign> Sign for TimedKey<S> {
    type Error = TimedKeyError<S::Error>;
    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }
    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Self::Error> {
        // Nobody queues: behind a key that hangs, nothing would move.
        let _turn = self.turns.try_acquire().map_err(|_| TimedKeyError::Busy)?;
        match tokio::time::timeout(self.time, self.key.sign(input)).await {
            Ok(signed) => signed.map_err(TimedKeyError::Key),
            Err(_) => Err(TimedKeyError::Late(self.time)),
        }
    }
}

/// Why such a key did not sign.
#[derive(Debug)]
pub(crate) enum TimedKeyError<E> {
    /// As many wait for it as may.
    Busy,
    /// It says why.
    Key(E),
    /// It did not answer in time.
    Late(Duration),
}

impl<E> TimedKeyError<E> {
    /// Whether it may sign if it is asked again.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Late(_))
    }
}

impl<E: fmt::Display> fmt::Display for TimedKeyError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many wait for it already"),
            Self::Key(error) => error.fmt(f),
            Self::Late(time) => write!(f, "expected its answer within {time:?}, found none"),
        }
    }
}

impl<E: std::error::Error> std::error::Error for TimedKeyError<E> {}

impl<E: Classify> Classify for TimedKeyError<E> {
    fn code(&self) -> Code {
        match self {
            Self::Key(error) => error.code(),
            Self::Busy | Self::Late(_) => code::ISSUING_FAILED,
        }
    }
}
