//! The client: what all repositories share.

use crate::{
    Credentials, DynTransport, Error, Limits, Network, NoCredentials, Reach, RemoteRepository, Request, Responders,
    Retry, Timer, Transport, auth::AuthState, network::Allowed, reach::literal, remembered::Remembered,
};
use plimsoll_core::{Bytes, Digest, Escaped, Repository};
use std::{collections::BTreeSet, fmt, net::IpAddr, sync::Arc};
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
    pub(crate) transport: Arc<dyn DynTransport>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) plain_http: PlainHttp,
    pub(crate) allowed: Allowed,
    pub(crate) responders: Responders,
    pub(crate) trusted_realms: BTreeSet<String>,
    pub(crate) limits: Limits,
    pub(crate) retry: Retry,
    pub(crate) user_agent: http::HeaderValue,
    pub(crate) auth: AuthState,
    /// The addresses at which registries were reached, by origin.
    pub(crate) peers: Remembered<String, IpAddr>,
    /// Manifests by digest, so that what was resolved is not fetched again.
    pub(crate) manifests: Remembered<(Repository, Digest), (Arc<str>, Bytes)>,
    /// Held while a referrers tag is read, changed and written.
    pub(crate) updating: futures_util::lock::Mutex<()>,
}

impl Client {
    /// Starts a client on an HTTP stack and a timer.
    pub fn builder(transport: impl Transport + 'static, timer: impl Timer + 'static) -> ClientBuilder {
        ClientBuilder {
            transport: Arc::new(transport),
            timer: Arc::new(timer),
            credentials: Arc::new(NoCredentials),
            plain_http: PlainHttp::Loopback,
            allowed: Allowed::default(),
            responders: Responders::default(),
            trusted_realms: BTreeSet::new(),
            limits: Limits::default(),
            retry: Retry::default(),
        }
    }
    /// The repository with this name.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a registry whose name makes no URL.
    pub fn repository(&self, repository: &Repository) -> Result<RemoteRepository, Error> {
        let host = match repository.registry() {
            // Docker Hub answers under another name than references use.
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let of = |scheme| Url::parse(&format!("{scheme}://{host}/v2/{}/", repository.path()));
        let url = of("https").and_then(|url| if self.0.plain_http.covers(host, &url) { of("http") } else { Ok(url) });
        let url = url.map_err(|_| Error::Unsupported { what: "a registry whose name is no host of a URL" })?;
        Ok(RemoteRepository::new(self.clone(), repository.clone(), url))
    }
    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
    /// A request that may also dial the networks that the operator listed.
    pub(crate) fn request(&self, method: http::Method, url: Url, reach: Reach) -> Request {
        let mut request = Request::new(method, url, reach);
        request.networks = self.0.allowed.networks.clone();
        request
    }
    /// How far a registry may send us: as far inside as it is itself.
    pub(crate) fn reach_of(&self, home: &Url) -> Reach {
        let peer = self.0.peers.get(&home.origin().ascii_serialization());
        peer.map_or_else(|| Reach::of_host(home), Reach::of_peer)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("plain_http", &self.0.plain_http)
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
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
    fn covers(&self, host: &str, url: &Url) -> bool {
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
    plain_http: PlainHttp,
    allowed: Allowed,
    responders: Responders,
    trusted_realms: BTreeSet<String>,
    limits: Limits,
    retry: Retry,
}

impl ClientBuilder {
    /// Takes credentials from `credentials`. Default: none.
    pub fn credentials(mut self, credentials: impl Credentials + 'static) -> Self {
        self.credentials = Arc::new(credentials);
        self
    }
    /// Says which registries speak plain HTTP. Default: those on loopback.
    pub fn plain_http(mut self, which: PlainHttp) -> Self {
        self.plain_http = which;
        self
    }
    /// Permits that registries redirect to, or take tokens from, this host, and that certificates name it, whatever its address is:
    /// loopback too, but no metadata or link-local address. `HOST`, or `HOST:PORT` for one port only, an IPv6 address in brackets.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed.hosts.insert(host.into().to_ascii_lowercase());
        self
    }
    /// Permits that registries redirect to, or take tokens from, addresses of this network, and that certificates name them. What
    /// counts is the address that is dialled, whatever name led there. A metadata or link-local address is never dialled.
    pub fn allow_network(mut self, network: Network) -> Self {
        self.allowed.push(network);
        self
    }
    /// Says which addresses the certificates of a chain that holds may name for revocation. Default: public and private ones.
    pub fn responders(mut self, which: Responders) -> Self {
        self.responders = which;
        self
    }
    /// Permits that passwords and refresh tokens go to this host when a registry names it as its token realm.
    pub fn trust_realm(mut self, host: impl Into<String>) -> Self {
        self.trusted_realms.insert(host.into());
        self
    }
    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
    /// Sets how often requests are sent again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
    /// Makes the client.
    #[must_use]
    pub fn build(self) -> Client {
        let remembered = self.limits.remembered;
        Client(Arc::new(Inner {
            transport: self.transport,
            timer: self.timer,
            credentials: self.credentials,
            plain_http: self.plain_http,
            allowed: self.allowed,
            responders: self.responders,
            trusted_realms: self.trusted_realms,
            retry: self.retry,
            user_agent: http::HeaderValue::from_static(concat!("plimsoll/", env!("CARGO_PKG_VERSION"))),
            auth: AuthState::new(remembered),
            peers: Remembered::new(remembered, usize::MAX),
            manifests: Remembered::new(remembered, self.limits.remembered_bytes),
            updating: futures_util::lock::Mutex::new(()),
            limits: self.limits,
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("plain_http", &self.plain_http).finish_non_exhaustive()
    }
}

/// The name of a registry as errors show it.
pub(crate) fn registry_of(repository: &Repository) -> Escaped {
    Escaped::new(repository.registry())
}
