//! Where the keys of an issuer come from.

use super::KeySet;
use crate::{Limits, code};
use plimsoll_core::{Classify, Code, Escaped, UnixTime};
use std::{fmt, future::Future, pin::Pin, sync::Arc};
use tokio::sync::Mutex;

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
/// that the issuer took back must not live on. A question that was begun is brought to its end, on tokio, though whoever brought the token
/// is gone.
pub struct FetchedKeys<F> {
    fetch: Arc<F>,
    limits: Limits,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    set: Option<(Arc<KeySet>, UnixTime)>,
    asked: Option<UnixTime>,
}

impl<F: FetchKeySet + 'static> FetchedKeys<F> {
    /// Fetches by `fetch`, when the first token comes.
    pub fn new(fetch: F, limits: Limits) -> Self {
        Self { fetch: Arc::new(fetch), limits, state: Arc::default() }
    }
    async fn current(&self, kid: Option<&str>, now: UnixTime) -> Result<Arc<KeySet>, KeysError> {
        // Held while the issuer is asked: one question at a time.
        let mut state = self.state.clone().lock_owned().await;
        let age = |since: UnixTime| now.as_secs().saturating_sub(since.as_secs());
        let asked_lately = state.asked.is_some_and(|asked| age(asked) < PAUSE);
        if let Some((set, since)) = &state.set
            && ((age(*since) < FRESH && set.find(kid).is_some()) || (asked_lately && age(*since) < LONGEST))
        {
            return Ok(set.clone());
        }
        if asked_lately {
            return Err(unavailable("the issuer did not answer, and is asked again soon"));
        }
        state.asked = Some(now);
        let (fetch, limits) = (self.fetch.clone(), self.limits.clone());
        // On its own: whoever asked may hang up, and must not take the answer from those who come after.
        let asking = tokio::spawn(async move {
            let fetched = fetch.fetch().await.and_then(|bytes| {
                KeySet::parse(&bytes, &limits).map_err(|error| KeysError::Malformed { reason: error.shown() })
            });
            match (fetched, &state.set) {
                (Ok(set), _) => {
                    let set = Arc::new(set);
                    state.set = Some((set.clone(), now));
                    Ok(set)
                }
                (Err(_), Some((set, since))) if now.as_secs().saturating_sub(since.as_secs()) < LONGEST => {
                    Ok(set.clone())
                }
                (Err(error), _) => Err(error),
            }
        });
        asking.await.unwrap_or_else(|_| Err(unavailable("the question to the issuer broke off")))
    }
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
