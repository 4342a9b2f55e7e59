//! One request to a registry with all that belongs to it: login, redirects, attempts, bounded answers.

use crate::{
    Client, Error, Exchange, Reach, RemoteRepository, Request, Response, TransportError, gate::required,
    limits::retry_after, outgoing::Outgoing, timer::within,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use plimsoll_core::{BoxBody, Bytes, Descriptor, Escaped, LimitExceeded, Replay, next_chunk};
use std::time::Duration;
use url::Url;

/// What is asked of a registry.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    /// Content to send, and what it must be.
    pub(crate) content: Option<(&'a Descriptor, &'a dyn Replay)>,
    /// What a token must allow.
    pub(crate) scopes: Vec<String>,
}

impl Call<'_> {
    pub(crate) fn exchange(&self) -> Exchange {
        Exchange::new(&self.method, &self.url)
    }
    pub(crate) fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl RemoteRepository {
    /// Sends until there is an answer that sending again would not change. The body is still to be read.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<Response, Error> {
        let mut attempt = 1;
        loop {
            let (error, asked) = match self.call_once(call).await {
                Ok(response) if is_passing(response.status) => {
                    let asked = retry_after(&response.headers);
                    (refusal(self.client(), call.exchange(), response).await, asked)
                }
                Err(error) if error.is_passing() => (error, None),
                decided => return decided,
            };
            attempt = self.pause(attempt, asked, error).await?;
        }
    }
    /// The same for a short answer, which is read whole. What is no success is left unread.
    pub(crate) async fn call_whole(
        &self,
        call: &Call<'_>,
        what: &'static str,
        limit: u64,
        span: Duration,
    ) -> Result<(Response, Bytes), Error> {
        let mut attempt = 1;
        loop {
            let work = async {
                let mut response = self.call(call).await?;
                if !response.status.is_success() {
                    return Ok((response, Bytes::new()));
                }
                let body = std::mem::replace(&mut response.body, Box::pin(plimsoll_core::OneChunk::new(Bytes::new())));
                let whole = read_whole(&call.exchange(), body, what, limit).await?;
                Ok((response, whole))
            };
            let done = within(&*self.client().0.timer, span, work).await;
            match done.unwrap_or_else(|| Err(Error::TimedOut { exchange: call.exchange(), seconds: span.as_secs() })) {
                Err(error @ Error::Body { .. }) => attempt = self.pause(attempt, None, error).await?,
                decided => return decided,
            }
        }
    }
    /// Sends once, logging in when the registry asks for it.
    pub(crate) async fn call_once(&self, call: &Call<'_>) -> Result<Response, Error> {
        let mut authorization = self.known_authorization(&call.scopes).await?;
        let mut rounds = 0_u8;
        loop {
            let (response, at_home) = self.follow(call, authorization.as_ref()).await?;
            // Only the registry itself may ask for credentials, not where it redirected to.
            if response.status != StatusCode::UNAUTHORIZED || !at_home || rounds == 1 {
                return Ok(response);
            }
            let used = authorization.as_ref();
            let next = self.authorization_after(&response.headers, || call.exchange(), &call.scopes, used).await?;
            if next.is_none() {
                return Ok(response);
            }
            discard(self.client(), response.body).await;
            (authorization, rounds) = (next, 1);
        }
    }
    /// Sends, and follows redirects of GET and HEAD. Says whether the answer is still the registry's own.
    async fn follow(&self, call: &Call<'_>, authorization: Option<&HeaderValue>) -> Result<(Response, bool), Error> {
        let (mut url, mut reach, mut at_home) = (call.url.clone(), Reach::Any, true);
        let mut gate = self.gate();
        let most = self.client().limits().redirects;
        for _ in 0..=most {
            let outgoing = Outgoing::default();
            let request = self.request(call, url.clone(), reach, authorization.filter(|_| at_home), &outgoing);
            let sent = self.client().0.transport.send_boxed(request).await;
            let response = sent.map_err(|source| outgoing.error(failed(&call.method, &url, source)))?;
            match response.peer {
                Some(peer) if at_home => {
                    self.client().0.peers.insert(self.url().origin().ascii_serialization(), peer);
                    gate.reach = self.client().reach_of(self.url());
                }
                // A chain leads no further inside than each of its links may send us.
                Some(peer) => gate.reach = gate.reach.min(Reach::of_peer(peer)),
                None => {}
            }
            if !response.status.is_redirection() || !matches!(call.method, Method::GET | Method::HEAD) {
                return Ok((response, at_home));
            }
            let location = response.header(&header::LOCATION);
            let location = required(location, || Exchange::new(&call.method, &url), "a redirect with a Location")?;
            let (next, next_reach) = gate.redirect(&url, location)?;
            // Once away, the credentials do not come back in this chain (Go CVE-2024-45336).
            at_home = at_home && next.origin() == self.url().origin();
            discard(self.client(), response.body).await;
            (url, reach) = (next, next_reach);
        }
        let source = LimitExceeded { what: "redirects", limit: most };
        Err(Error::Limit { exchange: call.exchange(), source })
    }
    fn request(
        &self,
        call: &Call<'_>,
        url: Url,
        reach: Reach,
        authorization: Option<&HeaderValue>,
        outgoing: &Outgoing,
    ) -> Request {
        let mut request = self.client().request(call.method.clone(), url, reach);
        request.headers = call.headers.clone();
        request.headers.insert(header::USER_AGENT, self.client().0.user_agent.clone());
        // What is hashed is what is stored (Harbor compresses manifests when it may).
        request.headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(authorization) = authorization {
            request.headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        if let Some((descriptor, content)) = call.content {
            request.size = descriptor.size;
            request.body = outgoing.check(descriptor.clone(), content.open_at(0));
        }
        request
    }
    /// Waits before the next attempt; the error when there is none.
    pub(crate) async fn pause(&self, attempt: u32, asked: Option<Duration>, error: Error) -> Result<u32, Error> {
        let retry = &self.client().0.retry;
        if attempt >= retry.attempts {
            return Err(error);
        }
        self.client().0.timer.sleep(retry.pause(attempt, asked)).await;
        Ok(attempt.saturating_add(1))
    }
    /// The answer when its status is one of `expected`, else the error that it is.
    pub(crate) async fn expect(
        &self,
        call: &Call<'_>,
        response: Response,
        expected: &[StatusCode],
    ) -> Result<Response, Error> {
        if expected.contains(&response.status) {
            return Ok(response);
        }
        Err(refusal(self.client(), call.exchange(), response).await)
    }
}

/// Reads a body of at most `limit` bytes. The buffer grows with what came, not with what was announced.
pub(crate) async fn read_whole(
    exchange: &Exchange,
    mut body: BoxBody,
    what: &'static str,
    limit: u64,
) -> Result<Bytes, Error> {
    let mut whole = Vec::new();
    while let Some(chunk) = next_chunk(&mut body).await {
        let chunk = chunk.map_err(|source| Error::Body { exchange: exchange.clone(), source })?;
        let length = u64::try_from(whole.len().saturating_add(chunk.len())).unwrap_or(u64::MAX);
        LimitExceeded::check(what, limit, length)
            .map_err(|source| Error::Limit { exchange: exchange.clone(), source })?;
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}

/// The error that an unexpected status is, with what the body says: distribution-spec, Error Codes.
pub(crate) async fn refusal(client: &Client, exchange: Exchange, response: Response) -> Error {
    let body = discard(client, response.body).await;
    let (registry_code, message) = match serde_json::from_slice::<Errors>(&body) {
        Ok(Errors { errors }) => match errors.into_iter().next() {
            Some(first) => (first.code.as_deref().map(Escaped::new), first.message.as_deref().map(Escaped::new)),
            None => (None, None),
        },
        // Some answer in HTML or plain text, and may still say why.
        Err(_) => (None, Some(Escaped::bytes(&body)).filter(|text| !text.as_str().is_empty())),
    };
    Error::Status {
        exchange,
        status: response.status.as_u16(),
        registry_code,
        message: message.filter(|text| !text.as_str().is_empty()),
    }
}

#[derive(serde::Deserialize)]
struct Errors {
    errors: Vec<OneError>,
}

#[derive(serde::Deserialize)]
struct OneError {
    code: Option<String>,
    message: Option<String>,
}

/// Reads a little, for a little time, so that the connection can be used again, and lets go of the rest: a body that comes
/// byte by byte would otherwise last for days without ever being idle.
async fn discard(client: &Client, mut body: BoxBody) -> Vec<u8> {
    let limits = client.limits();
    let mut kept = Vec::new();
    let work = async {
        while let Some(Ok(chunk)) = next_chunk(&mut body).await {
            let left = usize::try_from(limits.error_bytes).unwrap_or(usize::MAX).saturating_sub(kept.len());
            kept.extend_from_slice(chunk.get(..left.min(chunk.len())).unwrap_or_default());
            if chunk.len() > left {
                break;
            }
        }
    };
    within(&*client.0.timer, limits.error_time, work).await;
    kept
}

fn failed(method: &Method, url: &Url, source: TransportError) -> Error {
    Error::Transport { exchange: Exchange::new(method, url), source }
}

fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}
