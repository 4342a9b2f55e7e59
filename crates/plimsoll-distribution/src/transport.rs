//! The HTTP stack as one small trait.

use crate::{Network, Reach};
use http::{HeaderMap, Method, StatusCode};
use plimsoll_core::{Body, BodyError, BoxBody, Bytes};
use std::{
    fmt,
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use url::Url;

/// An HTTP stack.
///
/// # Contract
/// An implementer sends exactly this request to exactly the origin of its URL, once. It follows no redirect, adds no
/// credential or cookie, does not retry, decodes no content coding, and takes no proxy from the environment. It connects
/// only to an address that [`Request::permits`], and judges the address that it dials, not the name: one
/// resolution, one connection to what was resolved. Behind a proxy only literal addresses can be judged. Every
/// wait is bounded. The answer comes as soon as its headers are there; its body streams. A body that ends before the length that
/// the connection promised is [`BodyError::Broken`], never a shorter body. `plimsoll_testkit::registry::contract` tests this.
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the head of the answer.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send;
}

/// The boxed twin of [`Transport`], for `Arc<dyn DynTransport>`.
pub trait DynTransport: Send + Sync {
    /// Sends a request and waits for the head of the answer.
    fn send_boxed(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + '_>>;
}

impl<T: Transport> DynTransport for T {
    fn send_boxed(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + '_>> {
        Box::pin(self.send(request))
    }
}
impl Transport for dyn DynTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.send_boxed(request).await
    }
}
impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        (**self).send(request)
    }
}
impl<T: Transport + ?Sized> Transport for &T {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        (**self).send(request)
    }
}

/// One HTTP request.
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to. It never holds user information or a fragment.
    pub url: Url,
    /// Every header that is sent, but `Host` and `Content-Length`.
    pub headers: HeaderMap,
    /// The content.
    pub body: BoxBody,
    /// The length of the content in bytes.
    pub size: u64,
    /// Which addresses may be dialled.
    pub reach: Reach,
    /// Networks that the operator listed: their addresses may be dialled too, except for metadata and link-local ones.
    pub networks: Arc<[Network]>,
}

impl Request {
    /// Makes a request without content.
    #[must_use]
    pub fn new(method: Method, url: Url, reach: Reach) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Box::pin(Empty), size: 0, reach, networks: Arc::default() }
    }
    /// Says whether an address may be dialled for this request.
    #[must_use]
    pub fn permits(&self, address: IpAddr) -> bool {
        self.reach.permits_or(&self.networks, address)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("headers", &self.headers)
            .field("size", &self.size)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

/// One HTTP answer.
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The content, as it comes.
    pub body: BoxBody,
    /// The address that was dialled, where the stack knows it.
    pub peer: Option<IpAddr>,
}

impl Response {
    /// Makes an answer.
    #[must_use]
    pub fn new(status: StatusCode, headers: HeaderMap, body: BoxBody) -> Self {
        Self { status, headers, body, peer: None }
    }
    /// The text of a header that is there once and is visible ASCII.
    pub(crate) fn header(&self, name: &http::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// Why a request got no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The connection broke off.
    #[error("the connection broke off: {0}")]
    Broken(Box<str>),
    /// No connection came about.
    #[error("no connection: {0}")]
    Connect(Box<str>),
    /// The address may not be dialled.
    #[error("the address {0} may not be dialled")]
    Forbidden(IpAddr),
    /// The stack cannot send such a request.
    #[error("the request cannot be sent: {0}")]
    Invalid(Box<str>),
    /// No answer in time.
    #[error("no answer within {seconds} s")]
    TimedOut {
        /// The time waited.
        seconds: u64,
    },
    /// The peer did not prove who it is, or does not speak TLS.
    #[error("no TLS connection: {0}")]
    Tls(Box<str>),
}

/// No content.
#[derive(Clone, Copy, Debug)]
struct Empty;

impl Body for Empty {
    fn poll_chunk(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        Poll::Ready(None)
    }
}

#[cfg(feature = "reqwest")]
pub(crate) mod with_reqwest;
