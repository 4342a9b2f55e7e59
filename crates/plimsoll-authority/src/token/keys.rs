//! Where the keys of an issuer come from.

use super::KeySet;
use crate::{Limits, code};
use plimsoll_core::{Classify, Code, Escaped, UnixTime};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Mutex as AsyncMutex;

/// A future that is boxed, so that a list can hold issuers of several kinds.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where the keys of an issuer come from: a file ([`KeySet`] itself), or the issuer ([`FetchedKeys`]).
///
/// # Contract
/// `key_set` gives keys that the operator trusts for this one issuer, whatever `kid` says: anybody may have written it, and it may
/// only be a reason to look for newer keys. What cannot be found out is an error, never an empty set.
pub trait Keys: Send + Sync {
    /// The keys, at this time; `kid` is the name that a token claims.
    fn key_set<'a>(&'a self, kid: Option<&'a str>, now: UnixTime) -> Boxed<'a, Result<Arc<KeySet>, KeysError>>;
}

impl Keys for KeySet {
    fn key_set<'a>(&'a self, _: Option<&'a str>, _: UnixTime) -> Boxed<'a, Result<Arc<KeySet>, KeysError>> {
        let set = Arc::new(self.clone());
        Box::pin(std::future::ready(Ok(set)))
    }
}

/// Asks an issuer for its key set.
///
/// # Contract
/// The bytes are those that the address of the issuer answered over TLS, and every wait is bounded.
pub trait FetchKeySet: Send + Sync {
    /// Fetches the key set.
    fn fetch(&self) -> Boxed<'_, Result<Vec<u8>, KeysError>>;
}

/// Keys that are fetched from the issuer, and kept for a while.
///
/// They are fetched again after ten minutes, or when a token names a key that is not there, and then at most once a minute, so that
/// no made-up name makes this service ask without end. While the issuer does not answer, keys serve on for at most an hour: a key
/// that the issuer took back must not live on. A question has ten seconds in all; it is brought to its end, on tokio, though whoever
/// brought the token is gone, and only those wait for it whose key is not known.
pub struct FetchedKeys<F> {
    shared: Arc<Shared<F>>,
}

struct Shared<F> {
    fetch: F,
    limits: Limits,
    state: Mutex<State>,
    /// Held while the issuer is asked: one question at a time.
    asking: Arc<AsyncMutex<()>>,
}

#[derive(Default)]
struct State {
    set: Option<(Arc<KeySet>, UnixTime)>,
    asked: Option<UnixTime>,
}

impl<F: FetchKeySet + 'static> FetchedKeys<F> {
    /// Fetches by `fetch`, when the first token comes.
    pub fn new(fetch: F, limits: Limits) -> Self {
        Self { shared: Arc::new(Shared { fetch, limits, state: Mutex::default(), asking: Arc::default() }) }
    }
    async fn current(&self, kid: Option<&str>, now: UnixTime) -> Result<Arc<KeySet>, KeysError> {
        if let Some(set) = self.shared.younger(FRESH, kid, now) {
            return Ok(set);
        }
        let turn = match self.shared.asking.clone().try_lock_owned() {
            Ok(turn) => turn,
            // Somebody asks right now. Keys that still count need not wait for that.
            Err(_) => match self.shared.younger(LONGEST, kid, now) {
                Some(set) => return Ok(set),
                None => self.shared.asking.clone().lock_owned().await,
            },
        };
        // Perhaps it was answered while this one waited.
        if let Some(known) = self.shared.known(kid, now) {
            return known;
        }
        self.shared.state().asked = Some(now);
        let shared = self.shared.clone();
        // On its own: whoever asked may hang up, and must not take the answer from those who come after.
        let asking = tokio::spawn(async move {
            let answer = shared.ask(now).await;
            drop(turn);
            answer
        });
        asking.await.unwrap_or_else(|_| Err(unavailable("the question to the issuer broke off")))
    }
}

impl<F: FetchKeySet> Shared<F> {
    fn state(&self) -> MutexGuard<'_, State> {
        // INVARIANT: nobody panics while he holds it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// What can be said without asking, while nobody asks.
    fn known(&self, kid: Option<&str>, now: UnixTime) -> Option<Result<Arc<KeySet>, KeysError>> {
        let state = self.state();
        let asked_lately = state.asked.is_some_and(|asked| age(asked, now) < PAUSE);
        match &state.set {
            Some((set, since)) if age(*since, now) < FRESH && set.find(kid).is_some() => Some(Ok(set.clone())),
            // Whether or not they have this key: the issuer was asked.
            Some((set, since)) if asked_lately && age(*since, now) < LONGEST => Some(Ok(set.clone())),
            _ if asked_lately => Some(Err(unavailable("the issuer did not answer, and is asked again soon"))),
            _ => None,
        }
    }
    /// The keys, if they came less than so many seconds ago and have this one.
    fn younger(&self, seconds: u64, kid: Option<&str>, now: UnixTime) -> Option<Arc<KeySet>> {
        let state = self.state();
        let (set, since) = state.set.as_ref()?;
        (age(*since, now) < seconds && set.find(kid).is_some()).then(|| set.clone())
    }
    async fn ask(&self, now: UnixTime) -> Result<Arc<KeySet>, KeysError> {
        let most = self.limits.key_set_time;
        // Whatever the transport does, nobody waits for ever.
        let fetched = tokio::time::timeout(most, self.fetch.fetch()).await;
        let fetched = fetched.unwrap_or_else(|_| Err(too_late(most))).and_then(|bytes| {
            KeySet::parse(&bytes, &self.limits).map_err(|error| KeysError::Malformed { reason: error.shown() })
        });
        let mut state = self.state();
        match (fetched, &state.set) {
            (Ok(set), _) => {
                let set = Arc::new(set);
                state.set = Some((set.clone(), now));
                Ok(set)
            }
            (Err(_), Some((set, since))) if age(*since, now) < LONGEST => Ok(set.clone()),
            (Err(error), _) => Err(error),
        }
    }
}

fn age(since: UnixTime, now: UnixTime) -> u64 {
    now.as_secs().saturating_sub(since.as_secs())
}

pub(super) fn too_late(most: Duration) -> KeysError {
    unavailable(&format!("expected an answer within {most:?}, found none"))
}

fn unavailable(reason: &str) -> KeysError {
    KeysError::Unavailable { reason: Escaped::new(reason) }
}

impl<F: FetchKeySet + 'static> Keys for FetchedKeys<F> {
    fn key_set<'a>(&'a self, kid: Option<&'a str>, now: UnixTime) -> Boxed<'a, Result<Arc<KeySet>, KeysError>> {
        Box::pin(self.current(kid, now))
    }
}

impl<F> fmt::Debug for FetchedKeys<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedKeys").finish_non_exhaustive()
    }
}

/// Why there are no keys.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The issuer answered with something else.
    #[error("the issuer's answer is no key set: {reason}")]
    Malformed {
        /// Why.
        reason: Escaped,
    },
    /// The issuer did not answer.
    #[error("{reason}")]
    Unavailable {
        /// Why.
        reason: Escaped,
    },
}

impl Classify for KeysError {
    fn code(&self) -> Code {
        // Both mean that nothing can be said of the token.
        code::TOKEN_KEYS_UNAVAILABLE
    }
}

/// Seconds for which fetched keys are not asked for again: ten minutes.
const FRESH: u64 = 600;
/// Seconds for which they serve while the issuer does not answer: an hour.
const LONGEST: u64 = 3600;
/// Least seconds between two questions to the issuer: a minute.
const PAUSE: u64 = 60;
