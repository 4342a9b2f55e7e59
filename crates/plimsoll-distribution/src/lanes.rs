//! How many requests to one host are under way.

use crate::remembered::Remembered;
use http::Method;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// A bounded number of lanes to each origin: for what reads, and for what writes. They are apart because content that goes up may be
/// content that comes down from the same host: a lane for the one never waits for a lane of the other kind.
pub(crate) struct Lanes {
    most: usize,
    origins: Remembered<(String, Kind), Arc<Semaphore>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Reads,
    Writes,
}

/// A lane, until it is dropped.
pub(crate) struct Lane(#[expect(dead_code, reason = "held")] Option<OwnedSemaphorePermit>);

impl Lanes {
    pub(crate) fn new(most: usize, remembered: usize) -> Self {
        Self { most: most.max(1), origins: Remembered::new(remembered.max(1), usize::MAX) }
    }
    /// Waits for a lane to this origin.
    pub(crate) async fn take(&self, method: &Method, url: &Url) -> Lane {
        let kind = if matches!(*method, Method::GET | Method::HEAD) { Kind::Reads } else { Kind::Writes };
        let key = (url.origin().ascii_serialization(), kind);
        let lanes = self.origins.get_or_insert(key, || Arc::new(Semaphore::new(self.most)));
        // It is never closed.
        Lane(lanes.acquire_owned().await.ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn one_more_than_allowed_waits_for_its_own_kind_and_host() {
        let lanes = Lanes::new(1, 10);
        let at = |host: &str| Url::parse(&format!("https://{host}/v2/")).unwrap();
        let first = lanes.take(&Method::GET, &at("a")).now_or_never().unwrap();
        assert!(lanes.take(&Method::HEAD, &at("a")).now_or_never().is_none());
        assert!(lanes.take(&Method::PUT, &at("a")).now_or_never().is_some());
        assert!(lanes.take(&Method::GET, &at("b")).now_or_never().is_some());
        drop(first);
        assert!(lanes.take(&Method::GET, &at("a")).now_or_never().is_some());
    }
}
