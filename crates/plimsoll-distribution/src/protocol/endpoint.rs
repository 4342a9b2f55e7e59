//! Registries and repositories, as far as the protocol knows them.

use super::{Protocol, call::Call, port::Port, shared::Shared};
use crate::{Exchange, Reach, gate::Gate};
use http::{HeaderMap, HeaderValue, Method, header};
use plimsoll_core::{Digest, Pointer};
use std::sync::Arc;
use url::Url;

/// One repository: a source of operations.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(crate) protocol: Protocol,
    pub(crate) name: plimsoll_core::Repository,
    /// `…/v2/<name>/`
    pub(crate) url: Url,
}

impl Repository {
    pub(super) fn new(protocol: Protocol, name: plimsoll_core::Repository, url: Url) -> Self {
        Self { protocol, name, url }
    }
    /// The name.
    #[must_use]
    pub fn name(&self) -> &plimsoll_core::Repository {
        &self.name
    }
    /// Where it is: the URL that every path of the distribution specification is appended to.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
    /// The request that puts a manifest there, as errors show it.
    pub(crate) fn exchange_of(&self, manifest: &Digest) -> Exchange {
        let mut url = self.url.clone();
        url.set_path(&format!("{}manifests/{manifest}", self.url.path()));
        Exchange::new(&Method::PUT, &url)
    }
    pub(super) fn talk(&self, port: Port) -> Talk {
        Talk {
            protocol: self.protocol.clone(),
            registry: self.name.registry().into(),
            repository: Some(self.name.clone()),
            url: self.url.clone(),
            port,
        }
    }
}

/// One registry, without a repository.
#[derive(Clone, Debug)]
pub struct Registry {
    protocol: Protocol,
    name: Arc<str>,
    /// `…/v2/`
    url: Url,
}

impl Registry {
    pub(super) fn new(protocol: Protocol, name: Arc<str>, url: Url) -> Self {
        Self { protocol, name, url }
    }
    /// The name, `host[:port]`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Where it is: `…/v2/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
    pub(super) fn talk(&self, port: Port) -> Talk {
        Talk {
            protocol: self.protocol.clone(),
            registry: self.name.clone(),
            repository: None,
            url: self.url.clone(),
            port,
        }
    }
}

/// An operation under way: whom it talks to, and through which port.
pub(crate) struct Talk {
    protocol: Protocol,
    pub(super) registry: Arc<str>,
    pub(super) repository: Option<plimsoll_core::Repository>,
    pub(super) url: Url,
    pub(super) port: Port,
}

impl Talk {
    pub(super) fn shared(&self) -> &Shared {
        &self.protocol.0
    }
    pub(super) fn gate(&self) -> Gate<'_> {
        let shared = self.shared();
        Gate { home: &self.url, own: Reach::Any, reach: shared.reach_of(&self.url), allowed: &shared.allowed }
    }
    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
    pub(super) fn manifest_call(&self, method: Method, pointer: &Pointer, actions: &str) -> Call {
        let call = self.at(method, &format!("manifests/{pointer}"), actions);
        call.header(header::ACCEPT, HeaderValue::from_static(ACCEPT))
    }
    pub(super) fn blob_call(&self, method: Method, digest: &Digest, actions: &str) -> Call {
        self.at(method, &format!("blobs/{digest}"), actions)
    }
    /// A request below this repository or registry. `path` is of parsed parts, none of which needs escaping.
    pub(super) fn at(&self, method: Method, path: &str, actions: &str) -> Call {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path()));
        let scopes = match &self.repository {
            Some(repository) => vec![scope_of(repository, actions)],
            None if actions.is_empty() => Vec::new(),
            None => vec![actions.to_owned()],
        };
        Call { method, url, headers: HeaderMap::new(), content: super::Content::Empty, scopes }
    }
}

/// The scope of a token: `repository:<path>:<actions>`.
pub(super) fn scope_of(repository: &plimsoll_core::Repository, actions: &str) -> String {
    format!("repository:{}:{actions}", repository.path())
}

pub(super) const PULL: &str = "pull";
pub(super) const PUSH: &str = "pull,push";
/// What distribution's and Harbor's token servers call it; others give it with `*`.
pub(super) const DELETE: &str = "pull,push,delete";
/// Every manifest type that is read: `media_type::MANIFESTS`, as one header.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_type_is_accepted() {
        assert_eq!(ACCEPT.split(", ").collect::<Vec<_>>(), plimsoll_oci::media_type::MANIFESTS);
    }
}
