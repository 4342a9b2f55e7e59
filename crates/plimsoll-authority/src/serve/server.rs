//! Listening.

use super::{
    Exposure, ServeError, Service,
    host::{self, Hosts},
    patient::Patient,
    problem::problem,
};
use crate::Limits;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use std::{collections::BTreeSet, convert::Infallible, fmt, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// A service that listens.
pub struct Server<S> {
    shared: Arc<Shared<S>>,
    listener: TcpListener,
    address: SocketAddr,
    stop: watch::Sender<bool>,
}

struct Shared<S> {
    service: S,
    limits: Limits,
    hosts: Hosts,
    tls: Option<TlsAcceptor>,
}

impl<S: Service> Server<S> {
    /// Starts with a service and the address to listen on; port 0 takes a free one.
    pub fn builder(service: S, address: SocketAddr) -> ServerBuilder<S> {
        let hosts = Hosts::Named(BTreeSet::new());
        ServerBuilder { service, address, limits: Limits::default(), hosts, tls: None, public: Public::No }
    }
    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// What ends [`Server::run`].
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        Shutdown(self.stop.clone())
    }
    /// Serves until it is shut down; requests that are under way are finished, for a while.
    pub async fn run(self) {
        let (graceful, mut stop) = (GracefulShutdown::new(), self.stop.subscribe());
        let connections = Arc::new(Semaphore::new(self.shared.limits.connections));
        loop {
            let accept = async {
                // With all connections taken, the next one waits in the backlog.
                let permit = connections.clone().acquire_owned().await;
                (self.listener.accept().await, permit)
            };
            let (accepted, permit) = tokio::select! {
                accepted = accept => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let Ok((stream, _)) = accepted else {
                // Out of file descriptors, most likely: some will be free again.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (shared, watcher) = (self.shared.clone(), graceful.watcher());
            tokio::spawn(async move {
                let _permit = permit;
                connection(shared, stream, watcher).await;
            });
        }
        drop(self.listener);
        let _ = tokio::time::timeout(self.shared.limits.shutdown, graceful.shutdown()).await;
    }
}

impl<S> fmt::Debug for Server<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = self.shared.tls.is_some();
        f.debug_struct("Server").field("address", &self.address).field("tls", &tls).finish_non_exhaustive()
    }
}

/// Ends a server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<bool>);

impl Shutdown {
    /// Takes no more connections, and lets requests that are under way finish.
    pub fn shut_down(&self) {
        self.0.send_replace(true);
    }
}

/// What a [`Server`] is made of.
#[must_use]
pub struct ServerBuilder<S> {
    service: S,
    address: SocketAddr,
    limits: Limits,
    hosts: Hosts,
    tls: Option<ServerConfig>,
    public: Public,
}

/// Whether the operator said that a public service may be reached by others without TLS.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Public {
    Yes,
    No,
}

impl<S: Service> ServerBuilder<S> {
    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
    /// Answers requests for this name too. Default: only those for loopback addresses and `localhost`, so that a web page that rebinds
    /// its own name reaches nothing.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        if let Hosts::Named(names) = &mut self.hosts {
            names.insert(name.into().to_ascii_lowercase());
        }
        self
    }
    /// Answers requests for any name, and lets a service whose answers are signed ([`Exposure::Public`]) listen without TLS where others
    /// can reach it: as OCSP responders, CRLs and time-stamping authorities are.
    pub fn public(mut self) -> Self {
        self.hosts = Hosts::Any;
        self.public = Public::Yes;
        self
    }
    /// Speaks TLS with this chain and key, both as PEM.
    ///
    /// # Errors
    /// [`ServeError::TlsIdentity`] when they cannot be used.
    pub fn tls(mut self, chain: &[u8], key: &[u8]) -> Result<Self, ServeError> {
        let refused = |reason: String| ServeError::TlsIdentity { reason: reason.into() };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(|error| refused(format!("the certificate chain: {error}")))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| refused(format!("the key: {error}")))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|error| refused(error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        self.tls = Some(config);
        Ok(self)
    }
    /// Binds the address.
    ///
    /// # Errors
    /// [`ServeError::Exposed`] for an address other than loopback without TLS, unless the service and the operator both allow it.
    pub async fn bind(self) -> Result<Server<S>, ServeError> {
        let expected = match self.service.exposure() {
            _ if self.address.ip().is_loopback() || self.tls.is_some() => None,
            Exposure::Public if self.public == Public::Yes => None,
            Exposure::Public => Some("TLS, or that it is said to be public"),
            Exposure::Secret => Some("TLS"),
        };
        if let Some(expected) = expected {
            return Err(ServeError::Exposed { address: self.address, expected });
        }
        let failed =
            |error: std::io::Error| ServeError::Listen { address: self.address, reason: error.to_string().into() };
        let listener = TcpListener::bind(self.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let tls = self.tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let shared = Shared { service: self.service, limits: self.limits, hosts: self.hosts, tls };
        Ok(Server { shared: Arc::new(shared), listener, address, stop: watch::Sender::new(false) })
    }
}

impl<S> fmt::Debug for ServerBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn connection<S: Service>(shared: Arc<Shared<S>>, stream: TcpStream, watcher: Watcher) {
    let _ = stream.set_nodelay(true);
    match &shared.tls {
        None => exchange(shared, stream, watcher).await,
        Some(tls) => {
            // A handshake that stalls or fails concerns nobody else.
            if let Ok(Ok(stream)) = tokio::time::timeout(shared.limits.head_time, tls.accept(stream)).await {
                exchange(shared, stream, watcher).await;
            }
        }
    }
}

async fn exchange<S, T>(shared: Arc<Shared<S>>, stream: T, watcher: Watcher)
where
    S: Service,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (idle, head_time) = (shared.limits.answer_idle, shared.limits.head_time);
    let head_bytes = shared.limits.head_bytes.max(LEAST_BUFFER);
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(shared.respond(request).await.map(Full::new)) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_buf_size(head_bytes)
        .serve_connection(TokioIo::new(Patient::new(stream, idle)), service);
    // A connection that breaks is the client's to notice.
    let _ = watcher.watch(served).await;
}

impl<S: Service> Shared<S> {
    async fn respond(&self, request: Request<Incoming>) -> Response<Bytes> {
        let mut answer = match self.admit(request).await {
            Ok(request) => self.answer(request).await,
            Err(refused) => refused,
        };
        let headers = answer.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        answer
    }
    /// Whatever a service waits for, nobody waits for ever, nor keeps a connection from others.
    async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let most = self.limits.answer_time;
        let answer = tokio::time::timeout(most, self.service.answer(request)).await;
        answer.unwrap_or_else(|_| {
            let detail = format!("expected an answer within {most:?}, found none: try again later");
            problem(StatusCode::SERVICE_UNAVAILABLE, None, &detail)
        })
    }
    async fn admit(&self, request: Request<Incoming>) -> Result<Request<Bytes>, Response<Bytes>> {
        host::check(&self.hosts, request.headers(), request.uri())
            .map_err(|detail| problem(StatusCode::MISDIRECTED_REQUEST, None, &detail))?;
        let (head, body) = request.into_parts();
        let most = usize::try_from(self.service.most_bytes()).unwrap_or(usize::MAX);
        let whole = tokio::time::timeout(self.limits.body_time, Limited::new(body, most).collect());
        match whole.await {
            Ok(Ok(body)) => Ok(Request::from_parts(head, body.to_bytes())),
            Err(_) => Err(problem(StatusCode::REQUEST_TIMEOUT, None, "the content came too slowly")),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                let detail = format!("expected at most {most} bytes of content, found more");
                Err(problem(StatusCode::PAYLOAD_TOO_LARGE, None, &detail))
            }
            Ok(Err(_)) => Err(problem(StatusCode::BAD_REQUEST, None, "the content broke off")),
        }
    }
}

/// hyper needs at least 8 KiB.
const LEAST_BUFFER: usize = 8192;
