//! A transport and a timer in memory: the script says what comes, the log what was asked.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "each test file uses its part, and fails loudly"
)]

use plimsoll_core::{Body, BodyError, Bytes, OneChunk, next_chunk};
use plimsoll_distribution::{
    Client, ClientBuilder, Reach, RemoteRepository, Request, Response, Timer, Transport, TransportError,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    url::Url,
};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

/// A request as it would have been sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: String,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub reach: Reach,
}

impl Sent {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.url)
    }
}

/// What comes back.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub endless: Option<&'static [u8]>,
    pub stalls: Option<()>,
    pub trickles: Option<Duration>,
    pub peer: Option<&'static str>,
    pub fails: Option<TransportError>,
}

pub fn reply(status: u16) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: Vec::new(),
        endless: None,
        stalls: None,
        trickles: None,
        peer: None,
        fails: None,
    }
}

impl Reply {
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
    pub fn json(self, body: impl ToString) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }
    pub fn manifest(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", plimsoll_oci::media_type::IMAGE_MANIFEST).body(body)
    }
    pub fn index(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", plimsoll_oci::media_type::IMAGE_INDEX).body(body)
    }
    pub fn endless(mut self, chunk: &'static [u8]) -> Self {
        self.endless = Some(chunk);
        self
    }
    pub fn stalling(mut self) -> Self {
        self.stalls = Some(());
        self
    }
    /// Sends the content again and again, after a while each time.
    pub fn trickling(mut self, span: Duration) -> Self {
        self.trickles = Some(span);
        self
    }
    pub fn from(mut self, peer: &'static str) -> Self {
        self.peer = Some(peer);
        self
    }
}

pub fn failing(error: TransportError) -> Reply {
    Reply { fails: Some(error), ..reply(0) }
}

struct Endless(&'static [u8]);
impl Body for Endless {
    fn poll_chunk(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        Poll::Ready(Some(Ok(Bytes::from_static(self.0))))
    }
}
struct Trickle(Bytes, Duration, Clock, bool);
impl Body for Trickle {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        self.3 = !self.3;
        if self.3 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        *self.2.0.lock().unwrap() += self.1;
        Poll::Ready(Some(Ok(self.0.clone())))
    }
}
struct Never;
impl Body for Never {
    fn poll_chunk(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        Poll::Pending
    }
}

type Script = dyn Fn(&Sent) -> Reply + Send + Sync;

#[derive(Clone)]
pub struct Fake {
    script: Arc<Script>,
    log: Arc<Mutex<Vec<Sent>>>,
    clock: Clock,
    takes: Duration,
}

impl Fake {
    pub fn new(script: impl Fn(&Sent) -> Reply + Send + Sync + 'static) -> Self {
        Self { script: Arc::new(script), log: Arc::default(), clock: Clock::default(), takes: Duration::ZERO }
    }
    pub fn builder(&self) -> ClientBuilder {
        Client::builder(self.clone(), self.clock.clone())
    }
    pub fn repository(&self, name: &str) -> RemoteRepository {
        self.builder().build().repository(&name.parse().unwrap()).unwrap()
    }
    pub fn log(&self) -> Vec<Sent> {
        self.log.lock().unwrap().clone()
    }
    pub fn lines(&self) -> Vec<String> {
        self.log().iter().map(Sent::line).collect()
    }
    pub fn timer(&self) -> Clock {
        self.clock.clone()
    }
    pub fn slept(&self) -> Duration {
        self.clock.now()
    }
    /// Lets time pass before each answer.
    pub fn taking(mut self, span: Duration) -> Self {
        self.takes = span;
        self
    }
    pub fn pass(&self, span: Duration) {
        *self.clock.0.lock().unwrap() += span;
    }
}

impl Transport for Fake {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        let mut body = Vec::new();
        while let Some(chunk) = next_chunk(&mut request.body).await {
            body.extend_from_slice(&chunk.map_err(|error| TransportError::Broken(error.to_string().into()))?);
        }
        let Request { method, url, headers, reach, .. } = request;
        let sent = Sent { method: method.to_string(), url, headers, body, reach };
        self.pass(self.takes);
        let reply = (self.script)(&sent);
        self.log.lock().unwrap().push(sent);
        if let Some(error) = reply.fails {
            return Err(error);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in reply.headers {
            headers.append(HeaderName::from_static(name), HeaderValue::try_from(value).unwrap());
        }
        let body: plimsoll_core::BoxBody = match (reply.endless, reply.stalls) {
            _ if reply.trickles.is_some() => {
                Box::pin(Trickle(reply.body.into(), reply.trickles.unwrap(), self.clock.clone(), false))
            }
            (Some(chunk), _) => Box::pin(Endless(chunk)),
            (None, Some(())) => Box::pin(Never),
            (None, None) => Box::pin(OneChunk::new(reply.body.into())),
        };
        let mut response = Response::new(StatusCode::from_u16(reply.status).unwrap(), headers, body);
        response.peer = reply.peer.map(|peer| peer.parse().unwrap());
        Ok(response)
    }
}

/// A clock that stands still until somebody waits on it.
#[derive(Clone, Default)]
pub struct Clock(Arc<Mutex<Duration>>);

impl Timer for Clock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            *self.0.lock().unwrap() += span;
        })
    }
}
