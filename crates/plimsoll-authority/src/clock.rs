//! The time, from outside.

use plimsoll_core::UnixTime;
use std::time::SystemTime;

/// What tells a service the time. A program gives [`SystemClock`], a test a closure.
///
/// # Contract
/// What it says may stand still or jump; a service never waits for it. A time before the last one never makes something valid
/// that was refused as used up.
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> UnixTime;
}

impl<F: Fn() -> UnixTime + Send + Sync> Clock for F {
    fn now(&self) -> UnixTime {
        self()
    }
}

/// The system's clock. One that stands before 1970 says 1970: then no certificate is valid yet.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(UnixTime::MIN, |since| UnixTime::saturating_from_secs(since.as_secs()))
    }
}
