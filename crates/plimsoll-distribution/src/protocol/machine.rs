//! What goes into a machine and comes out of it.

use super::{Notice, port::Port};
use crate::{Credential, Error, Network, Reach, TransportError};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use plimsoll_core::{BodyError, Bytes, Failure, Mismatch};
use std::{fmt, future::Future, net::IpAddr, pin::Pin, sync::Arc, task, time::Duration};
use url::Url;

/// One operation on a registry, as a state machine: an [`Event`] in, a [`Step`] out.
///
/// It is written as straight-line code that the compiler turns into states; nothing wakes it but [`Machine::next`].
#[must_use = "a machine does nothing until it is driven"]
pub struct Machine<T> {
    work: Option<Work<T>>,
    port: Port,
}

type Work<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

impl<T> Machine<T> {
    pub(super) fn new<F>(work: impl FnOnce(Port) -> F) -> Self
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let port = Port::default();
        Self { work: Some(Box::pin(work(port.clone()))), port }
    }
    /// Takes what came of the last action, and says what is to be done next. An event that does not answer the last action, and any
    /// event after the end, is [`Error::Unsupported`].
    pub fn next(&mut self, event: Event, moment: Moment) -> Step<T> {
        let Some(work) = &mut self.work else {
            return Step::Done(Err(Error::Unsupported { what: "an event for an operation that has ended" }));
        };
        self.port.put(event, moment);
        match work.as_mut().poll(&mut task::Context::from_waker(task::Waker::noop())) {
            task::Poll::Ready(outcome) => {
                self.work = None;
                Step::Done(outcome)
            }
            task::Poll::Pending => match self.port.take_action() {
                Some(action) => Step::Do(action),
                None => {
                    self.work = None;
                    Step::Done(Err(Error::Unsupported { what: "an event that answers no action" }))
                }
            },
        }
    }
    /// What there was to notice since the last call.
    pub fn notices(&mut self) -> Vec<Notice> {
        self.port.take_notices()
    }
}

impl<T> fmt::Debug for Machine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("ended", &self.work.is_none()).finish_non_exhaustive()
    }
}

/// When an event comes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Moment {
    /// The time since some fixed moment; it never goes back.
    pub now: Duration,
    /// Anything, for the jitter of pauses; it need not be secret.
    pub random: u64,
}

/// What a machine wants.
#[derive(Debug)]
pub enum Step<T> {
    /// Do this, and say what came of it.
    Do(Action),
    /// The operation has ended.
    Done(Result<T, Error>),
}

/// What is to be done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Action {
    /// Send a request. Events: [`Event::Head`], [`Event::Failed`], [`Event::TimedOut`], [`Event::Source`].
    Send(Box<Outgoing>),
    /// Read the content of the answer. Events: [`Event::Body`], [`Event::TooLong`], [`Event::Broken`], [`Event::TimedOut`].
    Read(Read),
    /// Give the content of the answer, without its first `skip` bytes, to whoever wants it. Event: [`Event::Streamed`].
    Stream {
        /// What was had before.
        skip: u64,
    },
    /// Find the credential for a registry and repository. Event: [`Event::Credential`].
    Credential {
        /// Host and port, as references write them.
        registry: Arc<str>,
        /// The repository; none where the registry as a whole is meant.
        repository: Option<plimsoll_core::Repository>,
    },
    /// Wait. Event: [`Event::Waited`].
    Wait(Duration),
}

/// A request to send.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Every header but `Host` and `Content-Length`.
    pub headers: HeaderMap,
    /// The content.
    pub content: Content,
    /// Which addresses may be dialled.
    pub reach: Reach,
    /// Networks whose addresses may be dialled besides.
    pub networks: Arc<[Network]>,
    /// How long the head of the answer may take.
    pub within: Option<Duration>,
}

/// The content of a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// None.
    Empty,
    /// These bytes.
    Bytes(Bytes),
    /// A part of the content that the operation is about, which only the driver has.
    Source {
        /// The first byte.
        from: u64,
        /// How many.
        size: u64,
    },
}

/// How content is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Read {
    /// The most bytes.
    pub limit: u64,
    /// What there is beyond them.
    pub rest: Rest,
    /// How long it may take.
    pub within: Option<Duration>,
}

/// What is done about content beyond a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// More is [`Event::TooLong`].
    Refuse,
    /// The beginning is enough: what came until the limit, the end of the time, or a broken connection is [`Event::Body`].
    Ignore,
}

/// What came of the last action.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Nothing yet: the first event.
    Begin,
    /// The head of an answer. Its content is not read yet.
    Head(Head),
    /// The content that was to be read.
    Body(Bytes),
    /// There is more content than the limit.
    TooLong,
    /// The content broke off.
    Broken(BodyError),
    /// There is no answer.
    Failed(TransportError),
    /// It took longer than it may.
    TimedOut,
    /// The content to send is not what its descriptor says.
    Source(Mismatch),
    /// Content was streamed, to its end or until it broke off.
    Streamed {
        /// How many bytes were given on.
        bytes: u64,
        /// How it ended.
        outcome: Result<(), BodyError>,
    },
    /// The credential.
    Credential(Result<Credential, Failure>),
    /// The time has passed.
    Waited,
}

/// The head of an answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The address that was dialled, where that is known.
    pub peer: Option<IpAddr>,
}

impl Head {
    /// A head with a status, and no header. A number that is no status counts as 500.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, headers: HeaderMap::new(), peer: None }
    }
    pub(crate) fn of(status: StatusCode, headers: HeaderMap, peer: Option<IpAddr>) -> Self {
        Self { status, headers, peer }
    }
    /// Sets the headers.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }
    /// Sets the address that was dialled.
    #[must_use]
    pub fn peer(mut self, peer: Option<IpAddr>) -> Self {
        self.peer = peer;
        self
    }
    /// The text of a header that is visible ASCII.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
