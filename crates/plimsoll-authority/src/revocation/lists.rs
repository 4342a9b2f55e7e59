//! The lists of revoked certificates that are shown, and when they are signed anew.

use crate::{Authority, AuthorityError, CrlSettings};
use bytes::Bytes;
use plimsoll_core::{Sign, UnixTime};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Mutex as AsyncMutex;

#[derive(Clone, Copy)]
pub(super) enum Which {
    Full,
    Delta,
}

/// Both lists of an authority.
pub(super) struct Lists<S> {
    authority: Arc<Authority<S>>,
    settings: CrlSettings,
    full: Mutex<State>,
    delta: Mutex<State>,
    /// Held while a list is signed: one at a time.
    turn: Arc<AsyncMutex<()>>,
}

#[derive(Default)]
struct State {
    published: Option<Published>,
    /// When the last one could not be signed, and why.
    failed: Option<(Instant, AuthorityError)>,
}

/// A list that was signed, how many revocations there were, and when it is made anew.
struct Published {
    list: Bytes,
    revocations: usize,
    renewed: UnixTime,
}

impl<S> Lists<S> {
    pub(super) fn new(authority: Arc<Authority<S>>, settings: CrlSettings) -> Self {
        Self { authority, settings, full: Mutex::default(), delta: Mutex::default(), turn: Arc::default() }
    }
    /// For how many seconds a list counts.
    pub(super) fn lifetime(&self, which: Which) -> u64 {
        match which {
            Which::Full => self.settings.lifetime,
            Which::Delta => self.settings.delta_lifetime,
        }
    }
    fn state(&self, which: Which) -> MutexGuard<'_, State> {
        let state = match which {
            Which::Full => &self.full,
            Which::Delta => &self.delta,
        };
        // INVARIANT: nobody panics while he holds it.
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sign + 'static> Lists<S> {
    /// A list that says all that the ledger has, as far as this process has read it; signed anew where there is something to say.
    ///
    /// Each list takes a number, which stands in the ledger. So whoever asks and hangs up does not take the list from those who come
    /// after, who would have another one made.
    pub(super) async fn current(self: &Arc<Self>, which: Which) -> Result<Bytes, AuthorityError> {
        if let Some(known) = self.known(which) {
            return known;
        }
        let turn = self.turn.clone().lock_owned().await;
        // Perhaps it was made while this one waited.
        if let Some(known) = self.known(which) {
            return known;
        }
        let lists = Arc::clone(self);
        let renewing = tokio::spawn(async move {
            let renewed = lists.renew(which).await;
            drop(turn);
            renewed
        });
        renewing.await.unwrap_or_else(|_| Err(AuthorityError::unusable(&"the signing of the list broke off")))
    }
    /// What can be said without signing.
    fn known(&self, which: Which) -> Option<Result<Bytes, AuthorityError>> {
        let (now, revocations) = (self.authority.now(), self.authority.ledger().revocations().len());
        let state = self.state(which);
        let published = state.published.as_ref().filter(|one| one.revocations == revocations && now < one.renewed);
        if let Some(published) = published {
            return Some(Ok(published.list.clone()));
        }
        let failed = state.failed.as_ref().filter(|(since, _)| since.elapsed() < PAUSE);
        failed.map(|(_, error)| Err(error.clone()))
    }
    async fn renew(&self, which: Which) -> Result<Bytes, AuthorityError> {
        let (now, revocations) = (self.authority.now(), self.authority.ledger().revocations().len());
        let signed = match which {
            Which::Full => self.authority.crl(&self.settings).await,
            Which::Delta => self.authority.delta_crl(&self.settings).await,
        };
        let mut state = self.state(which);
        match signed {
            Ok(list) => {
                let list = list.der().clone();
                let renewed = now.saturating_add(self.lifetime(which).checked_div(2).unwrap_or_default());
                *state =
                    State { published: Some(Published { list: list.clone(), revocations, renewed }), failed: None };
                Ok(list)
            }
            // These took no number, so that they may be tried at once.
            Err(error @ (AuthorityError::NoBase | AuthorityError::Ledger(_))) => Err(error),
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

/// How long nobody tries again to have a list signed that could not be: each attempt is a line of the ledger.
const PAUSE: Duration = Duration::from_secs(10);
