//! Time-stamping authorities over HTTP ([RFC 3161, 3.4]).
//!
//! [RFC 3161, 3.4]: https://www.rfc-editor.org/rfc/rfc3161#section-3.4

use crate::{
    Client, Error, Exchange, Reach, Response, error::shown, gate::Gate, gate::required, reading, timer::within,
};
use http::{HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Bytes, Escaped, LimitExceeded, OneChunk};
use std::time::Duration;
use url::Url;

impl Client {
    /// Sends a request for a timestamp to a time-stamping authority, and returns its answer as it came: `application/timestamp-query`
    /// out, `application/timestamp-reply` back, at most 1 MiB in at most 15 s.
    ///
    /// The operator named the authority, so that it may be at a private address or on this machine; a metadata or link-local address
    /// is never asked. A redirect that keeps the request (307, 308) is followed where it leads no further inside than the authority
    /// itself is, and never from https to http. No credential is sent.
    ///
    /// ```no_run
    /// # async fn run(client: plimsoll_distribution::Client, request: plimsoll_core::Bytes) -> Result<(), plimsoll_distribution::Error> {
    /// let answer = client.timestamp("http://timestamp.example.com", request.clone()).await?;
    /// // Refused before anything is sent.
    /// assert!(client.timestamp("http://169.254.169.254/", request).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error`]: a URL or address that may not be asked, no answer in time, another status than 200, another media type, or too much.
    pub async fn timestamp(&self, url: &str, request: Bytes) -> Result<Bytes, Error> {
        let target = authority(url)?;
        let exchange = Exchange::new(&Method::POST, &target);
        let work = async {
            let response = self.ask_authority(&target, request).await?;
            if response.status != StatusCode::OK {
                return Err(reading::refusal(self, exchange.clone(), response).await);
            }
            let found = response.header(&header::CONTENT_TYPE).unwrap_or_default();
            if !found.eq_ignore_ascii_case(REPLY) {
                let found = Escaped::new(found);
                return Err(Error::Malformed { exchange: exchange.clone(), expected: EXPECTED, found });
            }
            reading::read_whole(&exchange, response.body, "bytes of a timestamp", LIMIT).await
        };
        let done = within(&*self.0.timer, TIME, work).await;
        done.unwrap_or_else(|| Err(Error::TimedOut { exchange: exchange.clone(), seconds: TIME.as_secs() }))
    }
    async fn ask_authority(&self, home: &Url, body: Bytes) -> Result<Response, Error> {
        let (mut url, mut reach) = (home.clone(), Reach::Machine);
        let mut gate =
            Gate { home, own: Reach::Machine, reach: self.reach_of(home).min(Reach::Machine), allowed: self.allowed() };
        let most = self.limits().redirects;
        for hop in 0..=most {
            let mut request = self.request(Method::POST, url.clone(), reach);
            request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(QUERY));
            request.headers.insert(header::ACCEPT, HeaderValue::from_static(REPLY));
            request.size = u64::try_from(body.len()).unwrap_or(u64::MAX);
            request.body = Box::pin(OneChunk::new(body.clone()));
            let sent = self.0.transport.send_boxed(request).await;
            let failed = |source| Error::Transport { exchange: Exchange::new(&Method::POST, &url), source };
            let response = sent.map_err(failed)?;
            if let Some(peer) = response.peer {
                let peer = Reach::of_peer(peer);
                // The first says how far inside the authority is; each further link of the chain may only narrow it.
                gate.reach = if hop == 0 { peer } else { gate.reach.min(peer) };
            }
            // Others would turn the request into a GET (RFC 9110, section 15.4).
            if !matches!(response.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
                return Ok(response);
            }
            let location = required(
                response.header(&header::LOCATION),
                || Exchange::new(&Method::POST, &url),
                "a redirect with a Location",
            )?;
            (url, reach) = gate.redirect(&url, location)?;
        }
        let source = LimitExceeded { what: "redirects", limit: most };
        Err(Error::Limit { exchange: Exchange::new(&Method::POST, home), source })
    }
}

/// The URL of an authority, without user information and fragment.
fn authority(text: &str) -> Result<Url, Error> {
    let forbidden = |target, reason| Error::ForbiddenTarget {
        named_by: Escaped::new("the configuration"),
        role: "time-stamping authority",
        target,
        reason,
    };
    let mut url = Url::parse(text).map_err(|_| forbidden(Escaped::new(text), "it is no URL"))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.set_username("").is_ok()
        && url.set_password(None).is_ok();
    if !plain {
        return Err(forbidden(Escaped::new(text), "expected an http or https URL"));
    }
    url.set_fragment(None);
    match crate::reach::literal(&url) {
        Some(address) if !Reach::Machine.permits(address) => {
            Err(forbidden(shown(&url), "it is an address that nobody may name"))
        }
        _ => Ok(url),
    }
}

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";
const EXPECTED: &str = "an answer of type application/timestamp-reply";
/// As tspclient-go.
const LIMIT: u64 = 1024 * 1024;
/// As notation: the time that signing waits for a timestamp.
const TIME: Duration = Duration::from_secs(15);
