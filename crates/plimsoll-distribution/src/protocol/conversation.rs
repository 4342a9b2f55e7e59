//! One request to a registry with all that belongs to it: login, redirects, attempts, bounded answers.

use super::{
    Content, Head, Notice, Outgoing,
    call::{Call, Reply, Wanted},
    endpoint::Talk,
    warning::warnings,
};
use crate::{Error, Exchange, Reach, gate::required, limits::Asked};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Bytes, Escaped, LimitExceeded};
use std::time::Duration;
use url::Url;

impl Talk {
    /// Sends until there is an answer that sending again would not change.
    pub(super) async fn call(&self, call: &Call, wanted: Wanted) -> Result<Reply, Error> {
        let mut attempt = 1;
        loop {
            let (error, asked) = match self.call_once(call, wanted).await {
                Ok(reply) if is_passing(reply.status) => {
                    (refusal_of(call.exchange(), &reply), Asked::of(&reply.headers))
                }
                Err(error) if error.is_passing() => (error, Asked::default()),
                decided => return decided,
            };
            attempt = self.pause(attempt, asked, error).await?;
        }
    }
    /// Sends once, logging in when the registry asks for it.
    pub(super) async fn call_once(&self, call: &Call, wanted: Wanted) -> Result<Reply, Error> {
        self.keep_the_limit(call).await?;
        let span = match wanted {
            Wanted::Whole { span, .. } => Some(span),
            Wanted::Head | Wanted::Stream => None,
        };
        let clock = Clock { until: span.map(|span| self.port.now().saturating_add(span)), span };
        let mut authorization = self.known_authorization(&call.scopes).await?;
        let mut rounds = 0_u8;
        loop {
            let (head, at_home) = self.follow(call, authorization.as_ref(), clock).await?;
            self.note(&head);
            // Only the registry itself may ask for credentials, not where it redirected to.
            if head.status != StatusCode::UNAUTHORIZED || !at_home || rounds == 1 {
                return self.read(call, head, wanted, clock).await;
            }
            let used = authorization.as_ref();
            let content = self.beginning(&head).await;
            let next = self.authorization_after(&head.headers, || call.exchange(), &call.scopes, used).await?;
            if next.is_none() {
                return Ok(Reply::new(head, content));
            }
            (authorization, rounds) = (next, 1);
        }
    }
    async fn read(&self, call: &Call, head: Head, wanted: Wanted, clock: Clock) -> Result<Reply, Error> {
        if call.method == Method::HEAD || head.status == StatusCode::NOT_MODIFIED {
            return Ok(Reply::new(head, Bytes::new()));
        }
        if !head.status.is_success() {
            let content = self.beginning(&head).await;
            return Ok(Reply::new(head, content));
        }
        let content = match wanted {
            Wanted::Head | Wanted::Stream => Bytes::new(),
            Wanted::Whole { what, limit, span } => {
                self.port.read(&call.exchange(), (what, limit), (clock.left(self.port.now()), span)).await?
            }
        };
        Ok(Reply::new(head, content))
    }
    /// Reads a little, for a little time, so that the connection can be used again, and lets go of the rest: a body that comes
    /// byte by byte would otherwise last for days without ever being idle.
    async fn beginning(&self, head: &Head) -> Bytes {
        let limits = &self.shared().limits;
        if head.header(&header::CONTENT_LENGTH) == Some("0") {
            return Bytes::new();
        }
        self.port.read_beginning(limits.error_bytes, limits.error_time).await
    }
    /// Sends, and follows redirects of GET and HEAD. Says whether the answer is still the registry's own.
    async fn follow(
        &self,
        call: &Call,
        authorization: Option<&HeaderValue>,
        clock: Clock,
    ) -> Result<(Head, bool), Error> {
        let (mut url, mut reach, mut at_home) = (call.url.clone(), Reach::Any, true);
        let mut gate = self.gate();
        let most = self.shared().limits.redirects;
        for _ in 0..=most {
            let request = self.outgoing(call, url.clone(), reach, authorization.filter(|_| at_home), clock);
            let exchange = Exchange::new(&call.method, &url);
            let head = self.port.send(request, &exchange, clock.span.unwrap_or_default()).await?;
            match head.peer {
                Some(peer) if at_home => {
                    self.shared().peers.insert(self.origin(), peer);
                    gate.reach = self.shared().reach_of(&self.url);
                }
                // A chain leads no further inside than each of its links may send us.
                Some(peer) => gate.reach = gate.reach.min(Reach::of_peer(peer)),
                None => {}
            }
            let leads_on = head.status.is_redirection() && head.status != StatusCode::NOT_MODIFIED;
            if !leads_on || !matches!(call.method, Method::GET | Method::HEAD) {
                return Ok((head, at_home));
            }
            let location = required(head.header(&header::LOCATION), || exchange, "a redirect with a Location")?;
            let (next, next_reach) = gate.redirect(&url, location)?;
            // Once away, the credentials do not come back in this chain (Go CVE-2024-45336).
            at_home = at_home && next.origin() == self.url.origin();
            self.beginning(&head).await;
            (url, reach) = (next, next_reach);
        }
        let source = LimitExceeded { what: "redirects", limit: most };
        Err(Error::Limit { exchange: call.exchange(), source })
    }
    fn outgoing(
        &self,
        call: &Call,
        url: Url,
        reach: Reach,
        authorization: Option<&HeaderValue>,
        clock: Clock,
    ) -> Outgoing {
        let mut request = self.request(call.method.clone(), url, reach);
        request.headers.extend(call.headers.clone());
        // What is hashed is what is stored (Harbor compresses manifests when it may).
        request.headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(authorization) = authorization {
            request.headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        request.content = call.content.clone();
        request.within = clock.left(self.port.now());
        request
    }
    /// A request that may also dial the networks that the operator listed.
    pub(super) fn request(&self, method: Method, url: Url, reach: Reach) -> Outgoing {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, self.shared().user_agent.clone());
        let networks = self.shared().allowed.networks.clone();
        Outgoing { method, url, headers, content: Content::Empty, reach, networks, within: None }
    }
    /// Waits before the next attempt; the error when there is none.
    pub(super) async fn pause(&self, attempt: u32, asked: Asked, error: Error) -> Result<u32, Error> {
        let retry = &self.shared().retry;
        if let Some(pause) = asked.pause() {
            // Nobody asks before that, not even for something else.
            self.shared().busy.insert(self.origin(), self.port.now().saturating_add(pause));
        }
        let attempts = attempt < retry.attempts;
        let Some(pause) = retry.pause(attempt, asked.pause(), self.port.random()).filter(|_| attempts) else {
            return Err(error);
        };
        let next = attempt.saturating_add(1);
        self.port.notice(Notice::Retrying { error: error.to_string(), attempt: next, pause });
        self.port.wait(pause).await?;
        Ok(next)
    }
    /// Waits until the registry may be asked again, where it announced when that is.
    async fn keep_the_limit(&self, call: &Call) -> Result<(), Error> {
        let origin = self.origin();
        let Some(until) = self.shared().busy.get(&origin) else { return Ok(()) };
        let Some(left) = until.checked_sub(self.port.now()).filter(|left| !left.is_zero()) else {
            self.shared().busy.remove(&origin);
            return Ok(());
        };
        let longest = self.shared().retry.longest;
        if left > longest {
            let (seconds, longest) = (left.as_secs(), longest.as_secs());
            return Err(Error::Busy { exchange: call.exchange(), seconds, longest });
        }
        self.port.notice(Notice::Waiting { registry: Escaped::new(&self.registry), span: left });
        self.port.wait(left).await
    }
    /// Hands on what the registry says besides its answer, once.
    fn note(&self, head: &Head) {
        for text in warnings(&head.headers) {
            let key = (self.registry.to_string(), text.to_string());
            if self.shared().warned.get(&key).is_none() {
                self.shared().warned.insert(key, ());
                self.port.notice(Notice::Warning { registry: Escaped::new(&self.registry), text });
            }
        }
        if let Some(pause) = Asked::exhausted(&head.headers) {
            self.shared().busy.insert(self.origin(), self.port.now().saturating_add(pause));
        }
    }
    /// The answer when its status is one of `expected`, else the error that it is.
    pub(super) fn expect(call: &Call, reply: Reply, expected: &[StatusCode]) -> Result<Reply, Error> {
        if expected.contains(&reply.status) { Ok(reply) } else { Err(refusal_of(call.exchange(), &reply)) }
    }
}

/// Until when an answer must be there, and what the error says if it is not.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    until: Option<Duration>,
    span: Option<Duration>,
}

impl Clock {
    fn left(self, now: Duration) -> Option<Duration> {
        self.until.map(|until| until.saturating_sub(now))
    }
}

/// The error that an unexpected answer is.
pub(crate) fn refusal_of(exchange: Exchange, reply: &Reply) -> Error {
    status_error(exchange, reply.status, &reply.content)
}

/// The error that an unexpected status is, with what the body says: distribution-spec, Error Codes.
pub(crate) fn status_error(exchange: Exchange, status: StatusCode, body: &[u8]) -> Error {
    let (registry_code, message) = match serde_json::from_slice::<Errors>(body) {
        Ok(Errors { errors }) => match errors.into_iter().next() {
            Some(first) => (first.code.as_deref().map(Escaped::new), first.message.as_deref().map(Escaped::new)),
            None => (None, None),
        },
        // Some answer in HTML or plain text, and may still say why.
        Err(_) => (None, Some(Escaped::bytes(body)).filter(|text| !text.as_str().is_empty())),
    };
    Error::Status {
        exchange,
        status: status.as_u16(),
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

fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}
