//! Our own transport, on reqwest and rustls with ring.

use super::{Network, Reach, Request, Response, Transport, TransportError};
use http_body::{Frame, SizeHint};
use plimsoll_core::{Body, BodyError, BoxBody, Bytes};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use std::{
    collections::BTreeMap,
    error::Error as _,
    fmt,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;

/// A [`Transport`] on reqwest, with rustls and ring and without a process-global provider.
///
/// Roots are the operating system's and those that are given. TLS 1.2 and 1.3, HTTP/1.1. No redirect, no cookie, no proxy unless
/// given, no content decoding. An address is judged by [`Request::permits`] after its one resolution, before the connection.
pub struct ReqwestTransport {
    builder: ReqwestTransportBuilder,
    /// The roots that were given.
    roots: RootCertStore,
    /// One client per judgement and kind of connection, made when it is first needed: what may be dialled is decided by its resolver.
    clients: Mutex<BTreeMap<(Judging, Trust), reqwest::Client>>,
}

/// Whom a client trusts for TLS.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Trust {
    /// Nobody: it speaks plain HTTP, for which reading the system's hundreds of roots would be in vain.
    Nobody,
    Roots,
}

impl ReqwestTransport {
    /// Starts with the defaults.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            roots: Vec::new(),
            system_roots: true,
            proxy: None,
            connect_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(30),
        }
    }
    fn client(&self, judging: Judging, scheme: &str) -> Result<reqwest::Client, TransportError> {
        // The way to a proxy may be TLS, too.
        let is_plain = scheme == "http" && self.builder.proxy.is_none();
        let trust = if is_plain { Trust::Nobody } else { Trust::Roots };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (judging, trust);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls(trust)?)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(self.builder.connect_time);
        match &self.builder.proxy {
            Some(proxy) => {
                let proxy = reqwest::Proxy::all(proxy.as_str());
                builder = builder.proxy(proxy.map_err(|error| TransportError::Invalid(reason(&error)))?);
            }
            None => builder = builder.dns_resolver(key.0.clone()),
        }
        let client = builder.build().map_err(|error| TransportError::Invalid(reason(&error)))?;
        clients.insert(key, client.clone());
        Ok(client)
    }
    fn tls(&self, trust: Trust) -> Result<ClientConfig, TransportError> {
        let mut roots = RootCertStore::empty();
        if trust == Trust::Roots {
            roots.clone_from(&self.roots);
            if self.builder.system_roots {
                // What the system has and cannot be read is left out: trust only shrinks.
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TransportError::Tls(error.to_string().into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(tls)
    }
}

impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // A literal address never reaches the resolver.
        if let Some(address) = crate::reach::literal(&request.url).filter(|address| !request.permits(*address)) {
            return Err(TransportError::Forbidden(address));
        }
        let mut sent = self
            .client(Judging { reach: request.reach, networks: request.networks }, request.url.scheme())?
            .request(request.method, request.url)
            .headers(request.headers);
        let progress = Progress::new();
        if request.size > 0 {
            let body = Mutex::new(request.body);
            let outgoing = Outgoing { body, chunk: Bytes::new(), left: request.size, progress: progress.clone() };
            sent = sent.body(reqwest::Body::wrap(outgoing));
        } else {
            sent = sent.header(http::header::CONTENT_LENGTH, 0);
        }
        // reqwest's own read timeout would count from the start of the request, whatever an upload still sends.
        let idle = self.builder.idle_time;
        let tail = Duration::from_secs(request.size.min(BUFFERED) / SLOWEST);
        let response = progress.watch(idle, tail, sent.send()).await;
        let response = response.ok_or(TransportError::TimedOut { seconds: idle.as_secs() })?;
        let response = response.map_err(|error| self.builder.classify(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let peer = response.remote_addr().filter(|_| self.builder.proxy.is_none()).map(|address| address.ip());
        let body = Incoming { body: response.into(), idle, waiting: None };
        let mut response = Response::new(status, headers, Box::pin(body));
        response.peer = peer;
        Ok(response)
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").field("builder", &self.builder).finish_non_exhaustive()
    }
}

/// What a [`ReqwestTransport`] is made of.
#[must_use]
#[derive(Clone)]
pub struct ReqwestTransportBuilder {
    roots: Vec<CertificateDer<'static>>,
    system_roots: bool,
    proxy: Option<String>,
    connect_time: Duration,
    idle_time: Duration,
}

impl ReqwestTransportBuilder {
    /// Trusts one more authority for TLS, as DER.
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.roots.push(CertificateDer::from(der.into()));
        self
    }
    /// Trusts only the authorities that are given, not the operating system's.
    pub fn without_system_roots(mut self) -> Self {
        self.system_roots = false;
        self
    }
    /// Sends everything through an HTTP proxy. Names are then resolved by the proxy, so that only literal addresses can be judged
    /// here.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }
    /// Most time for a connection, TLS included. Default: 10 s.
    pub fn connect_time(mut self, span: Duration) -> Self {
        self.connect_time = span;
        self
    }
    /// Most time without a byte, before and in an answer. Default: 30 s.
    pub fn idle_time(mut self, span: Duration) -> Self {
        self.idle_time = span;
        self
    }
    /// Makes the transport.
    ///
    /// # Errors
    /// [`TransportError::Tls`] when a given root is no certificate.
    pub fn build(self) -> Result<ReqwestTransport, TransportError> {
        let mut roots = RootCertStore::empty();
        for root in &self.roots {
            roots.add(root.clone()).map_err(|error| TransportError::Tls(error.to_string().into()))?;
        }
        Ok(ReqwestTransport { builder: self, roots, clients: Mutex::default() })
    }
    fn classify(&self, error: &reqwest::Error) -> TransportError {
        let causes = || causes_of(error);
        if let Some(Refused(address)) = causes().find_map(|cause| cause.downcast_ref()) {
            return TransportError::Forbidden(*address);
        }
        if error.is_timeout() {
            let span = if error.is_connect() { self.connect_time } else { self.idle_time };
            return TransportError::TimedOut { seconds: span.as_secs() };
        }
        match error {
            _ if causes().any(is_tls) => TransportError::Tls(reason(error)),
            _ if error.is_connect() => TransportError::Connect(reason(error)),
            _ if error.is_builder() => TransportError::Invalid(reason(error)),
            _ => TransportError::Broken(reason(error)),
        }
    }
}

impl fmt::Debug for ReqwestTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder")
            .field("roots", &self.roots.len())
            .field("system_roots", &self.system_roots)
            .field("connect_time", &self.connect_time)
            .field("idle_time", &self.idle_time)
            .finish_non_exhaustive()
    }
}

/// Resolves once, and gives only addresses that may be dialled.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Judging {
    reach: Reach,
    networks: Arc<[Network]>,
}

impl Judging {
    fn permits(&self, address: IpAddr) -> bool {
        self.reach.permits_or(&self.networks, address)
    }
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let judging = self.clone();
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let (permitted, refused): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|address| judging.permits(address.ip()));
            match refused.first() {
                Some(address) if permitted.is_empty() => Err(Refused(address.ip()).into()),
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the address {0} may not be dialled")]
struct Refused(IpAddr);

/// Our content as reqwest takes it. The mutex is never contended: it only makes the body `Sync`.
struct Outgoing {
    body: Mutex<BoxBody>,
    /// What was taken from the body and not yet given on: in small pieces, so that it shows how far the sending is.
    chunk: Bytes,
    left: u64,
    progress: Progress,
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        this.progress.made();
        if !this.chunk.is_empty() {
            let piece = this.chunk.split_to(this.chunk.len().min(PIECE));
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        let body = this.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        body.as_mut().poll_chunk(cx).map(|next| {
            let mut chunk = match next? {
                Ok(chunk) => chunk,
                Err(error) => return Some(Err(error)),
            };
            this.left = this.left.saturating_sub(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            let piece = chunk.split_to(chunk.len().min(PIECE));
            this.chunk = chunk;
            Some(Ok(Frame::data(piece)))
        })
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.saturating_add(u64::try_from(self.chunk.len()).unwrap_or(u64::MAX)))
    }
}

/// When something was last sent.
#[derive(Clone)]
struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
    fn made(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
    /// Waits for `work` as long as there is progress; `None` after a silence of `idle`, and of `tail` for what was handed to the
    /// system and is still on its way.
    async fn watch<T>(&self, idle: Duration, tail: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let until = last.checked_add(idle.saturating_add(tail))?;
            match tokio::time::timeout_at(until, &mut work).await {
                Ok(done) => return Some(done),
                Err(_) if *self.0.lock().unwrap_or_else(PoisonError::into_inner) > last => {}
                Err(_) => return None,
            }
        }
    }
}

/// reqwest's content as ours.
struct Incoming {
    body: reqwest::Body,
    idle: Duration,
    /// Runs while the next bytes are awaited.
    waiting: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Body for Incoming {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let this = &mut *self;
        let Poll::Ready(next) = http_body::Body::poll_frame(Pin::new(&mut this.body), cx) else {
            let waiting = this.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.idle)));
            return waiting.as_mut().poll(cx).map(|()| Some(Err(BodyError::Stalled { seconds: this.idle.as_secs() })));
        };
        this.waiting = None;
        Poll::Ready(next.map(|next| match next {
            // A trailer is no content.
            Ok(frame) => Ok(frame.into_data().unwrap_or_default()),
            Err(error) => Err(BodyError::Broken(reason(&error))),
        }))
    }
}

/// Bytes that are given on at once.
const PIECE: usize = 64 * 1024;
/// Bytes that the system may hold of a connection before they are on their way: Linux's default for the largest send buffer.
const BUFFERED: u64 = 4 * 1024 * 1024;
/// Bytes per second at which these are waited for.
const SLOWEST: u64 = 64 * 1024;

/// The innermost cause, which names no URL.
fn reason(error: &reqwest::Error) -> Box<str> {
    let innermost = causes_of(error).last();
    let text = innermost.map_or_else(|| "the request failed".to_owned(), ToString::to_string);
    plimsoll_core::Escaped::new(&text).as_str().into()
}

fn causes_of(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// rustls hides in one or two `io::Error`s, whose `source` passes over what they hold.
fn is_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = cause;
    while let Some(inner) = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        cause = inner;
    }
    cause.is::<rustls::Error>()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails loudly")]

    use super::*;

    fn by(reach: Reach) -> Judging {
        Judging { reach, networks: Arc::default() }
    }

    fn trusts(builder: ReqwestTransportBuilder, schemes: &[&str]) -> Vec<Trust> {
        let transport = builder.build().unwrap();
        for scheme in schemes {
            transport.client(by(Reach::Any), scheme).unwrap();
        }
        let clients = transport.clients.into_inner().unwrap();
        clients.into_keys().map(|(_, trust)| trust).collect()
    }

    // attack: A-017
    #[tokio::test]
    async fn a_017_what_a_name_means_is_judged_before_it_is_dialled() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let transport = ReqwestTransport::builder().without_system_roots().build().unwrap();
        for reach in [Reach::Public, Reach::Site] {
            // Past the judgement of the literal name, straight to the resolver.
            let error = transport.client(by(reach), "http").unwrap().get(&url).send().await.unwrap_err();
            assert!(matches!(transport.builder.classify(&error), TransportError::Forbidden(_)), "{reach:?}: {error:?}");
        }
        assert!(listener.accept().is_err(), "a forbidden address sees no connection");
        let found: Vec<_> = by(Reach::Machine).resolve("localhost".parse().unwrap()).await.unwrap().collect();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback()));
    }

    #[test]
    fn the_systems_roots_are_read_only_where_tls_is_spoken() {
        assert_eq!(trusts(ReqwestTransport::builder(), &["http", "http"]), [Trust::Nobody]);
        assert_eq!(trusts(ReqwestTransport::builder(), &["https"]), [Trust::Roots]);
        // One that spoke plain HTTP first does not keep from trusting what it must.
        assert_eq!(trusts(ReqwestTransport::builder(), &["http", "https"]), [Trust::Nobody, Trust::Roots]);
        // The way to the proxy may be TLS.
        assert_eq!(trusts(ReqwestTransport::builder().proxy("https://proxy.example"), &["http"]), [Trust::Roots]);
    }
}
