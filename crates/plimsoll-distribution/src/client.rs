//! The client: what all repositories share.

use crate::{
    Credentials, DynTransport, Error, Limits, Network, NoCredentials, Observe, Reach, RemoteRepository, Request,
    Responders, Retry, Timer, Transport, Uploading,
    lanes::Lanes,
    network::Allowed,
    protocol::{LastSeen, Protocol, ProtocolBuilder, Registry},
    reach::literal,
};
use plimsoll_core::Repository;
use std::{
    collections::BTreeSet,
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use url::Url;

/// A client of OCI registries over any HTTP stack. Cheap to clone; clones share tokens and connections.
///
/// ```
/// # #[cfg(feature = "reqwest")] {
/// use plimsoll_distribution::{Client, ReqwestTransport, TokioTimer};
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let client = Client::builder(ReqwestTransport::builder().build().unwrap(), TokioTimer::new()).build();
/// let repository = client.repository(&"registry.example.com/app".parse().unwrap()).unwrap();
/// assert_eq!(repository.url().as_str(), "https://registry.example.com/v2/app/");
/// # }) }
/// ```
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) protocol: Protocol,
    pub(crate) transport: Arc<dyn DynTransport>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) observer: Option<Arc<dyn Observe>>,
    pub(crate) responders: Responders,
    pub(crate) uploading: Uploading,
    pub(crate) lanes: Lanes,
    /// Held while a referrers tag is read, changed and written.
    pub(crate) updating: futures_util::lock::Mutex<()>,
    random: (RandomState, AtomicU64),
}

impl Client {
    /// Starts a client on an HTTP stack and a timer.
    pub fn builder(transport: impl Transport + 'static, timer: impl Timer + 'static) -> ClientBuilder {
        ClientBuilder {
            transport: Arc::new(transport),
            timer: Arc::new(timer),
            credentials: Arc::new(NoCredentials),
            observer: None,
            responders: Responders::default(),
            uploading: Uploading::default(),
            protocol: Protocol::builder(),
        }
    }
    /// The repository with this name.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a registry whose name makes no URL.
    pub fn repository(&self, repository: &Repository) -> Result<RemoteRepository, Error> {
        Ok(RemoteRepository::new(self.clone(), self.0.protocol.repository(repository)?))
    }
    /// Asks whether this is a registry, and whether the login is good. `registry` is `host[:port]`.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn ping(&self, registry: &str) -> Result<(), Error> {
        self.drive(self.registry(registry)?.ping()).await
    }
    /// Lists the repositories that a registry shows. Many have no such list, or only for administrators.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn catalog(&self, registry: &str) -> Result<Vec<Repository>, Error> {
        self.drive(self.registry(registry)?.catalog()).await
    }
    fn registry(&self, registry: &str) -> Result<Registry, Error> {
        self.0.protocol.registry(registry)
    }
    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.0.protocol.limits()
    }
    pub(crate) fn allowed(&self) -> &Allowed {
        &self.0.protocol.0.allowed
    }
    /// A request that may also dial the networks that the operator listed.
    pub(crate) fn request(&self, method: http::Method, url: Url, reach: Reach) -> Request {
        let mut request = Request::new(method, url, reach);
        request.networks = self.allowed().networks.clone();
        request.headers.insert(http::header::USER_AGENT, self.0.protocol.0.user_agent.clone());
        request
    }
    /// How far a registry may send us: as far inside as it is itself.
    pub(crate) fn reach_of(&self, home: &Url) -> Reach {
        self.0.protocol.0.reach_of(home)
    }
    /// Something else each time, for pauses.
    pub(crate) fn random(&self) -> u64 {
        let (state, count) = &self.0.random;
        state.hash_one(count.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("protocol", &self.0.protocol).finish_non_exhaustive()
    }
}

/// Which registries speak plain HTTP. Where TLS fails, plain HTTP is never tried in its place
/// (containers/image CVE-2019-10214).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum PlainHttp {
    /// Those at `127.0.0.0/8`, `[::1]` and `localhost`, and no others.
    #[default]
    Loopback,
    /// Those at loopback, and these, named `host[:port]` as in references.
    LoopbackAnd(BTreeSet<String>),
    /// All.
    Everywhere,
    /// None: for a registry on loopback that has a certificate.
    Nowhere,
}

impl PlainHttp {
    pub(crate) fn covers(&self, host: &str, url: &Url) -> bool {
        let loopback = || literal(url).is_some_and(|address| address.is_loopback());
        match self {
            Self::Loopback => loopback(),
            Self::LoopbackAnd(others) => loopback() || others.contains(host),
            Self::Everywhere => true,
            Self::Nowhere => false,
        }
    }
}

/// What a [`Client`] is made of.
#[must_use]
pub struct ClientBuilder {
    transport: Arc<dyn DynTransport>,
    timer: Arc<dyn Timer>,
    credentials: Arc<dyn Credentials>,
    observer: Option<Arc<dyn Observe>>,
    responders: Responders,
    uploading: Uploading,
    protocol: ProtocolBuilder,
}

impl ClientBuilder {
    /// Takes credentials from `credentials`. Default: none.
    pub fn credentials(mut self, credentials: impl Credentials + 'static) -> Self {
        self.credentials = Arc::new(credentials);
        self
    }
    /// Tells `observer` what there is to notice, and how content moves. Default: nobody is told.
    pub fn observer(mut self, observer: impl Observe + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }
    /// Says how blobs are sent. Default: whole.
    pub fn uploading(mut self, how: Uploading) -> Self {
        self.uploading = how;
        self
    }
    /// Keeps elsewhere how many referrers were seen. Default: as long as the client lives.
    pub fn last_seen(mut self, memory: impl LastSeen + 'static) -> Self {
        self.protocol = self.protocol.last_seen(memory);
        self
    }
    /// Says which registries speak plain HTTP. Default: those on loopback.
    pub fn plain_http(mut self, which: PlainHttp) -> Self {
        self.protocol = self.protocol.plain_http(which);
        self
    }
    /// Permits that registries redirect to, or take tokens from, this host, and that certificates name it, whatever its address is:
    /// loopback too, but no metadata or link-local address. `HOST`, or `HOST:PORT` for one port only, an IPv6 address in brackets.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.protocol = self.protocol.allow_host(host);
        self
    }
    /// Permits that registries redirect to, or take tokens from, addresses of this network, and that certificates name them. What
    /// counts is the address that is dialled, whatever name led there. A metadata or link-local address is never dialled.
    pub fn allow_network(mut self, network: Network) -> Self {
        self.protocol = self.protocol.allow_network(network);
        self
    }
    /// Says which addresses the certificates of a chain that holds may name for revocation. Default: public and private ones.
    pub fn responders(mut self, which: Responders) -> Self {
        self.responders = which;
        self
    }
    /// Permits that passwords and refresh tokens go to this host when a registry names it as its token realm.
    pub fn trust_realm(mut self, host: impl Into<String>) -> Self {
        self.protocol = self.protocol.trust_realm(host);
        self
    }
    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.protocol = self.protocol.limits(limits);
        self
    }
    /// Sets how often requests are sent again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.protocol = self.protocol.retry(retry);
        self
    }
    /// Makes the client.
    #[must_use]
    pub fn build(self) -> Client {
        let protocol = self.protocol.build();
        let lanes = Lanes::new(protocol.limits().concurrency, protocol.limits().remembered);
        Client(Arc::new(Inner {
            protocol,
            transport: self.transport,
            timer: self.timer,
            credentials: self.credentials,
            observer: self.observer,
            responders: self.responders,
            uploading: self.uploading,
            lanes,
            updating: futures_util::lock::Mutex::new(()),
            random: (RandomState::new(), AtomicU64::new(0)),
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("protocol", &self.protocol).finish_non_exhaustive()
    }
}
