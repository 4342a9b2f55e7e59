//! The key set of an issuer, from where it publishes it.

use super::{FetchKeySet, KeysError, keys::too_late};
use crate::{Limits, remote};
use plimsoll_core::{Escaped, next_chunk};
use plimsoll_distribution::{Reach, Request, Transport};
use std::{fmt, future::Future, pin::Pin, time::Duration};
use url::Url;

/// The address of a key set, such as `https://gitlab.example.com/oauth/discovery/keys` or
/// `https://token.actions.githubusercontent.com/.well-known/jwks`, and a transport to ask by.
///
/// The operator names the address, so it may be any; no redirect is followed, to another origin or the same. It is `https`, or `http` on
/// loopback. The whole answer has ten seconds ([`Limits::key_set_time`]). Kept for a while by [`FetchedKeys`](crate::FetchedKeys).
pub struct KeySetUrl<T> {
    transport: T,
    url: Url,
    most: usize,
    time: Duration,
}

impl<T: Transport> KeySetUrl<T> {
    /// Asks at an address.
    ///
    /// # Errors
    /// [`KeysError::Unavailable`] for what is no such address.
    pub fn new(transport: T, url: &str, limits: &Limits) -> Result<Self, KeysError> {
        let refused = || unavailable(&format!("expected an https URL of a key set, found `{}`", Escaped::new(url)));
        let url = remote::url(url).ok_or_else(refused)?;
        let most = usize::try_from(limits.key_set_bytes).unwrap_or(usize::MAX);
        let time = limits.key_set_time;
        Ok(Self { transport, url, most, time })
    }
    async fn get(&self) -> Result<Vec<u8>, KeysError> {
        let request = Request::new(http::Method::GET, self.url.clone(), Reach::Any);
        let failed = |reason: String| unavailable(&format!("GET {}: {reason}", self.url));
        let answer = self.transport.send(request).await.map_err(|error| failed(error.to_string()))?;
        if answer.status != http::StatusCode::OK {
            return Err(failed(format!("expected status 200, found {}", answer.status.as_u16())));
        }
        let (mut body, mut bytes) = (answer.body, Vec::new());
        while let Some(chunk) = next_chunk(&mut body).await {
            let chunk = chunk.map_err(|error| failed(error.to_string()))?;
            if bytes.len().saturating_add(chunk.len()) > self.most {
                return Err(failed(format!("expected at most {} bytes, found more", self.most)));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

impl<T: Transport> FetchKeySet for KeySetUrl<T> {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, KeysError>> + Send + '_>> {
        Box::pin(async {
            // Head and content together: an answer that trickles has no more than one that does not come.
            tokio::time::timeout(self.time, self.get()).await.unwrap_or_else(|_| Err(too_late(self.time)))
        })
    }
}

impl<T> fmt::Debug for KeySetUrl<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySetUrl").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

fn unavailable(reason: &str) -> KeysError {
    KeysError::Unavailable { reason: Escaped::new(reason) }
}
