//! How many certificates in how much time.

use plimsoll_core::{Digest, UnixTime};
use std::{collections::BTreeMap, fmt, sync::Mutex, sync::PoisonError};

/// A rate: `burst` at once, and `per_hour` in the long run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How many in an hour.
    pub per_hour: u32,
}

/// A token bucket for all, one for each rule, and one for each project below a rule. Time is what the caller says; one that goes back fills
/// nothing.
pub(crate) struct RateLimiter {
    all: Rate,
    rule: Rate,
    each: Rate,
    most: usize,
    state: Mutex<State>,
}

struct State {
    all: Bucket,
    /// By the digest of what they are for, so that a long name takes no more room than a short one.
    some: BTreeMap<Digest, (Bucket, Rate)>,
}

/// Counted in 3 600ths, so that a second adds a whole number.
#[derive(Clone, Copy)]
struct Bucket {
    level: u64,
    at: UnixTime,
}

impl RateLimiter {
    pub(crate) fn new(all: Rate, rule: Rate, each: Rate, most: usize) -> Self {
        let state = State { all: Bucket::full(all, UnixTime::MIN), some: BTreeMap::new() };
        Self { all, rule, each, most, state: Mutex::new(state) }
    }
    /// Takes one from all the buckets, or nothing from any.
    pub(crate) fn take(&self, rule: &str, project: &str, now: UnixTime) -> bool {
        let (rule, project) = (key(&[rule]), key(&[rule, project]));
        // INVARIANT: nothing below panics.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let all = state.all.filled(self.all, now).taken();
        let wanted = [(rule, self.rule), (project, self.each)];
        let unknown = wanted.iter().filter(|(key, _)| !state.some.contains_key(key)).count();
        if state.some.len().saturating_add(unknown) > self.most {
            // Whose bucket is full again is as good as never seen.
            state.some.retain(|key, (bucket, rate)| {
                wanted.iter().any(|(one, _)| one == key) || !bucket.filled(*rate, now).is_full(*rate)
            });
            if state.some.len().saturating_add(unknown) > self.most {
                return false;
            }
        }
        let level = |(key, rate): (Digest, Rate)| {
            let known = state.some.get(&key).map(|(bucket, _)| bucket.filled(rate, now));
            known.unwrap_or_else(|| Bucket::full(rate, now)).taken()
        };
        let [Some(rule_left), Some(project_left)] = wanted.map(level) else { return false };
        let Some(all) = all else { return false };
        state.all = all;
        state.some.insert(rule, (rule_left, self.rule));
        state.some.insert(project, (project_left, self.each));
        true
    }
}

/// No part can run into the next.
fn key(parts: &[&str]) -> Digest {
    let lengths: Vec<String> = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    Digest::sha256_of(lengths.concat().as_bytes())
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
        f.debug_struct("RateLimiter")
            .field("all", &self.all)
            .field("rule", &self.rule)
            .field("each", &self.each)
            .finish_non_exhaustive()
    }
}

/// One certificate, in the unit that levels are counted in: the seconds of an hour.
const UNIT: u64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixTime = UnixTime::saturating_from_secs(1_780_272_000);

    const OPEN: Rate = Rate { burst: 100, per_hour: 3600 };

    fn limiter(most: usize) -> RateLimiter {
        RateLimiter::new(Rate { burst: 3, per_hour: 360 }, OPEN, Rate { burst: 2, per_hour: 60 }, most)
    }

    #[test]
    fn one_project_does_not_take_all() {
        let limiter = limiter(8);
        let take = |project: &str, seconds: u64| limiter.take("r", project, START.saturating_add(seconds));
        assert!(take("a", 0) && take("a", 0));
        assert!(!take("a", 0), "the burst of one is used up");
        assert!(take("b", 0) && !take("b", 0), "the burst of all is used up");
        assert!(take("b", 10), "ten seconds give one for all");
        assert!(!take("a", 59));
        assert!(take("a", 60), "a minute gives one for each");
    }

    #[test]
    fn names_without_end_below_one_rule_share_its_bucket() {
        let limiter = RateLimiter::new(OPEN, Rate { burst: 3, per_hour: 60 }, OPEN, 100);
        assert_eq!((0..50).filter(|name| limiter.take("r", &name.to_string(), START)).count(), 3);
        assert!(limiter.take("other", "0", START), "another rule has its own");
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let limiter = limiter(8);
        assert!(limiter.take("r", "a", START) && limiter.take("r", "a", START));
        assert!(!limiter.take("r", "a", UnixTime::MIN));
        assert!(!limiter.take("r", "a", START), "going forth again counts from where it was");
    }

    #[test]
    fn more_projects_than_there_is_room_for_are_refused_until_others_are_full_again() {
        let limiter = limiter(2);
        assert!(limiter.take("r", "a", START) && !limiter.take("r", "b", START));
        assert!(limiter.take("r", "a", START), "who is known goes on");
        assert!(limiter.take("r", "b", START.saturating_add(3600)));
        assert!(limiter.state.lock().unwrap().some.len() <= 2);
    }

    #[test]
    fn no_name_runs_into_another() {
        assert_ne!(key(&["a", "bc"]), key(&["ab", "c"]));
        assert_ne!(key(&["a", "1:b"]), key(&["a1:", "b"]));
    }
}
