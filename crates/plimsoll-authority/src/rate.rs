//! How many certificates in how much time.

use plimsoll_core::UnixTime;
use std::{collections::BTreeMap, fmt, sync::Mutex, sync::PoisonError};

/// A rate: `burst` at once, and `per_hour` in the long run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How many in an hour.
    pub per_hour: u32,
}

/// A token bucket for all, and one for each identity. Time is what the caller says; one that goes back fills nothing.
pub(crate) struct RateLimiter {
    all: Rate,
    each: Rate,
    most: usize,
    state: Mutex<State>,
}

struct State {
    all: Bucket,
    each: BTreeMap<String, Bucket>,
}

/// Counted in 3 600ths, so that a second adds a whole number.
#[derive(Clone, Copy)]
struct Bucket {
    level: u64,
    at: UnixTime,
}

impl RateLimiter {
    pub(crate) fn new(all: Rate, each: Rate, most: usize) -> Self {
        let state = State { all: Bucket::full(all, UnixTime::MIN), each: BTreeMap::new() };
        Self { all, each, most, state: Mutex::new(state) }
    }
    /// Takes one for an identity from both buckets, or nothing from either.
    pub(crate) fn take(&self, identity: String, now: UnixTime) -> bool {
        // INVARIANT: nothing below panics.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let all = state.all.filled(self.all, now);
        let known = state.each.get(&identity).copied();
        if known.is_none() && state.each.len() >= self.most {
            // Whose bucket is full again is as good as never seen.
            let each = self.each;
            state.each.retain(|_, bucket| !bucket.filled(each, now).is_full(each));
            if state.each.len() >= self.most {
                return false;
            }
        }
        let one = known.map_or_else(|| Bucket::full(self.each, now), |bucket| bucket.filled(self.each, now));
        let (Some(all), Some(one)) = (all.taken(), one.taken()) else { return false };
        state.all = all;
        state.each.insert(identity, one);
        true
    }
}

impl Bucket {
    fn full(rate: Rate, at: UnixTime) -> Self {
        Self { level: u64::from(rate.burst).saturating_mul(UNIT), at }
    }
    fn filled(self, rate: Rate, now: UnixTime) -> Self {
        let seconds = now.as_secs().saturating_sub(self.at.as_secs());
        let gained = seconds.saturating_mul(u64::from(rate.per_hour));
        let most = u64::from(rate.burst).saturating_mul(UNIT);
        Self { level: self.level.saturating_add(gained).min(most), at: self.at.max(now) }
    }
    fn is_full(self, rate: Rate) -> bool {
        self.level >= u64::from(rate.burst).saturating_mul(UNIT)
    }
    fn taken(self) -> Option<Self> {
        Some(Self { level: self.level.checked_sub(UNIT)?, at: self.at })
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").field("all", &self.all).field("each", &self.each).finish_non_exhaustive()
    }
}

/// One certificate, in the unit that levels are counted in: the seconds of an hour.
const UNIT: u64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixTime = UnixTime::saturating_from_secs(1_780_272_000);

    fn limiter(most: usize) -> RateLimiter {
        RateLimiter::new(Rate { burst: 3, per_hour: 360 }, Rate { burst: 2, per_hour: 60 }, most)
    }

    #[test]
    fn one_identity_does_not_take_all() {
        let limiter = limiter(8);
        assert!(limiter.take("a".into(), START) && limiter.take("a".into(), START));
        assert!(!limiter.take("a".into(), START), "the burst of one is used up");
        assert!(limiter.take("b".into(), START) && !limiter.take("b".into(), START), "the burst of all is used up");
        assert!(limiter.take("b".into(), START.saturating_add(10)), "ten seconds give one for all");
        assert!(!limiter.take("a".into(), START.saturating_add(59)));
        assert!(limiter.take("a".into(), START.saturating_add(60)), "a minute gives one for each");
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let limiter = limiter(8);
        assert!(limiter.take("a".into(), START) && limiter.take("a".into(), START));
        assert!(!limiter.take("a".into(), UnixTime::MIN));
        assert!(!limiter.take("a".into(), START), "going forth again counts from where it was");
    }

    #[test]
    fn more_identities_than_there_is_room_for_are_refused_until_others_are_full_again() {
        let limiter = limiter(1);
        assert!(limiter.take("a".into(), START) && !limiter.take("b".into(), START));
        assert!(limiter.take("b".into(), START.saturating_add(3600)));
    }
}
