//! Listening: HTTP/1.1 on loopback, or with TLS and a login elsewhere.

use crate::{Limits, Registry, code, patient::Patient};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use plimsoll_core::{Classify, Code};
use std::{convert::Infallible, fmt, net::SocketAddr, sync::Arc, time::Duration};
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

/// A registry that listens.
pub struct Server {
    registry: Registry,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Starts with a registry and the address to listen on; port 0 takes a free one.
    pub fn builder(registry: Registry, address: SocketAddr) -> ServerBuilder {
        ServerBuilder { registry, address, tls: None }
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
        let limits = self.registry.0.limits.clone();
        let (graceful, mut stop) = (GracefulShutdown::new(), self.stop.subscribe());
        let connections = Arc::new(Semaphore::new(limits.connections));
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
            let (registry, tls, limits, watcher) =
                (self.registry.clone(), self.tls.clone(), limits.clone(), graceful.watcher());
            tokio::spawn(async move {
                let _permit = permit;
                connection(registry, stream, tls, &limits, watcher).await;
            });
        }
        drop(self.listener);
        let _ = tokio::time::timeout(limits.shutdown, graceful.shutdown()).await;
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
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
pub struct ServerBuilder {
    registry: Registry,
    address: SocketAddr,
    tls: Option<ServerConfig>,
}

impl ServerBuilder {
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
    /// [`ServeError::Insecure`] for an address other than loopback without a password file and TLS.
    pub async fn bind(self) -> Result<Server, ServeError> {
        let is_guarded = self.registry.has_password() && self.tls.is_some();
        if !self.address.ip().is_loopback() && !is_guarded {
            return Err(ServeError::Insecure { address: self.address });
        }
        let failed =
            |error: std::io::Error| ServeError::Listen { address: self.address, reason: error.to_string().into() };
        let listener = TcpListener::bind(self.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let tls = self.tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        Ok(Server { registry: self.registry, listener, address, tls, stop: watch::Sender::new(false) })
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn connection(
    registry: Registry,
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    limits: &Limits,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => exchange(registry, stream, limits, watcher).await,
        Some(tls) => {
            // A handshake that stalls or fails concerns nobody else.
            if let Ok(Ok(stream)) = tokio::time::timeout(limits.head_time, tls.accept(stream)).await {
                exchange(registry, stream, limits, watcher).await;
            }
        }
    }
}

async fn exchange<S>(registry: Registry, stream: S, limits: &Limits, watcher: hyper_util::server::graceful::Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let registry = registry.clone();
        async move { Ok::<_, Infallible>(registry.respond(request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes.max(LEAST_BUFFER))
        .serve_connection(TokioIo::new(Patient::new(stream, limits.body_idle)), service);
    // A connection that breaks is the client's to notice.
    let _ = watcher.watch(served).await;
}

/// Why a registry does not listen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Others could reach it, unknown or unseen.
    #[error("{address} is not a loopback address: expected a password file and TLS")]
    Insecure {
        /// The address.
        address: SocketAddr,
    },
    /// The system said no.
    #[error("{address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What it said.
        reason: Box<str>,
    },
    /// The chain or key cannot be used.
    #[error("the TLS identity cannot be used: {reason}")]
    TlsIdentity {
        /// Why.
        reason: Box<str>,
    },
}

impl Classify for ServeError {
    fn code(&self) -> Code {
        match self {
            Self::Insecure { .. } => code::INSECURE_LISTENER,
            Self::Listen { .. } => code::LISTEN_FAILED,
            Self::TlsIdentity { .. } => code::MALFORMED_TLS_IDENTITY,
        }
    }
}

/// hyper needs at least 8 KiB.
const LEAST_BUFFER: usize = 8192;
