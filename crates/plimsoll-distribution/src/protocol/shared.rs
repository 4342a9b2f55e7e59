//! What all operations share: settings, and what is remembered of registries.

use super::{Registry, Repository, login::AuthState};
use crate::{Error, Limits, Network, PlainHttp, Reach, Retry, network::Allowed, remembered::Remembered};
use plimsoll_core::{Bytes, Digest, Tag};
use std::{collections::BTreeSet, fmt, net::IpAddr, sync::Arc, time::Duration};
use url::Url;

/// The protocol: settings, and a bounded memory of tokens, challenges, manifests and addresses. Cheap to clone; clones share it all.
///
/// See the [module](super) for how its operations are driven.
#[derive(Clone)]
pub struct Protocol(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) plain_http: PlainHttp,
    pub(crate) allowed: Allowed,
    pub(crate) trusted_realms: BTreeSet<String>,
    pub(crate) limits: Limits,
    pub(crate) retry: Retry,
    pub(crate) user_agent: http::HeaderValue,
    pub(crate) auth: AuthState,
    /// The addresses at which registries were reached, by origin.
    pub(crate) peers: Remembered<String, IpAddr>,
    /// Manifests by digest, so that what was resolved is not fetched again.
    pub(crate) manifests: Remembered<(plimsoll_core::Repository, Digest), (Arc<str>, Bytes)>,
    /// What a tag was when it was last resolved, and the validator that came with it.
    pub(crate) tags: Remembered<(plimsoll_core::Repository, Tag), (http::HeaderValue, Digest)>,
    /// Until when a registry asked not to be asked, by origin.
    pub(crate) busy: Remembered<String, Duration>,
    /// Warnings that were given already.
    pub(crate) warned: Remembered<(String, String), ()>,
    pub(crate) last_seen: Arc<dyn LastSeen>,
}

/// A memory of how many referrers were seen last, so that a list that became shorter is noticed.
///
/// # Contract
/// `replace` says what was kept before under the same key, and keeps the new number. It may forget: then nothing is noticed.
pub trait LastSeen: Send + Sync {
    /// Keeps how many referrers of one artifact type, or of all, a subject has now; says how many it had.
    fn replace(
        &self,
        repository: &plimsoll_core::Repository,
        subject: &Digest,
        artifact_type: Option<&str>,
        count: u64,
    ) -> Option<u64>;
}

/// As long as the protocol lives.
struct InMemory(Remembered<(plimsoll_core::Repository, Digest, String), u64>);

impl LastSeen for InMemory {
    fn replace(
        &self,
        repository: &plimsoll_core::Repository,
        subject: &Digest,
        artifact_type: Option<&str>,
        count: u64,
    ) -> Option<u64> {
        let key = (repository.clone(), *subject, artifact_type.unwrap_or_default().to_owned());
        let before = self.0.get(&key);
        self.0.insert(key, count);
        before
    }
}

impl Protocol {
    /// Starts with the defaults.
    pub fn builder() -> ProtocolBuilder {
        ProtocolBuilder {
            plain_http: PlainHttp::default(),
            allowed: Allowed::default(),
            trusted_realms: BTreeSet::new(),
            limits: Limits::default(),
            retry: Retry::default(),
            last_seen: None,
        }
    }
    /// The repository with this name.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a registry whose name makes no URL.
    pub fn repository(&self, repository: &plimsoll_core::Repository) -> Result<Repository, Error> {
        let url = self.url(repository.registry(), &format!("{}/", repository.path()))?;
        Ok(Repository::new(self.clone(), repository.clone(), url))
    }
    /// The registry with this name, `host[:port]`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a name that makes no URL.
    pub fn registry(&self, registry: &str) -> Result<Registry, Error> {
        // What is a registry's name is decided where references are read.
        let any: plimsoll_core::Repository = format!("{registry}/any").parse().map_err(|_| NO_HOST)?;
        if any.registry() != registry {
            return Err(NO_HOST);
        }
        Ok(Registry::new(self.clone(), registry.into(), self.url(registry, "")?))
    }
    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
    fn url(&self, registry: &str, below: &str) -> Result<Url, Error> {
        let host = match registry {
            // Docker Hub answers under another name than references use.
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let of = |scheme| Url::parse(&format!("{scheme}://{host}/v2/{below}"));
        let url = of("https").and_then(|url| if self.0.plain_http.covers(host, &url) { of("http") } else { Ok(url) });
        url.map_err(|_| NO_HOST)
    }
}

const NO_HOST: Error = Error::Unsupported { what: "a registry whose name is no host of a URL" };

impl Shared {
    /// How far a registry may send us: as far inside as it is itself.
    pub(crate) fn reach_of(&self, home: &Url) -> Reach {
        let peer = self.peers.get(&home.origin().ascii_serialization());
        peer.map_or_else(|| Reach::of_host(home), Reach::of_peer)
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protocol")
            .field("plain_http", &self.0.plain_http)
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

/// What a [`Protocol`] is made of.
#[must_use]
pub struct ProtocolBuilder {
    plain_http: PlainHttp,
    allowed: Allowed,
    trusted_realms: BTreeSet<String>,
    limits: Limits,
    retry: Retry,
    last_seen: Option<Arc<dyn LastSeen>>,
}

impl ProtocolBuilder {
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
    /// Keeps elsewhere how many referrers were seen. Default: as long as the protocol lives.
    pub fn last_seen(mut self, memory: impl LastSeen + 'static) -> Self {
        self.last_seen = Some(Arc::new(memory));
        self
    }
    /// Makes the protocol.
    #[must_use]
    pub fn build(self) -> Protocol {
        let remembered = self.limits.remembered;
        let last_seen = self.last_seen.unwrap_or_else(|| Arc::new(InMemory(Remembered::new(MOST_SEEN, usize::MAX))));
        Protocol(Arc::new(Shared {
            plain_http: self.plain_http,
            allowed: self.allowed,
            trusted_realms: self.trusted_realms,
            retry: self.retry,
            user_agent: http::HeaderValue::from_static(concat!("plimsoll/", env!("CARGO_PKG_VERSION"))),
            auth: AuthState::new(remembered),
            peers: Remembered::new(remembered, usize::MAX),
            manifests: Remembered::new(remembered, self.limits.remembered_bytes),
            tags: Remembered::new(remembered, usize::MAX),
            busy: Remembered::new(remembered, usize::MAX),
            warned: Remembered::new(remembered, usize::MAX),
            last_seen,
            limits: self.limits,
        }))
    }
}

impl fmt::Debug for ProtocolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtocolBuilder").field("plain_http", &self.plain_http).finish_non_exhaustive()
    }
}

/// Subjects whose referrers are counted, before all are forgotten.
const MOST_SEEN: usize = 4096;
