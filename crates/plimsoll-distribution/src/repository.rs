//! One repository of a registry.

use crate::{Client, Error, Exchange, Reach, exchange::Call, gate::Gate, paced::Paced};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use plimsoll_core::{
    Blob, BoxBody, Bytes, Descriptor, Digest, Escaped, Fetch, LimitExceeded, Mismatch, Pointer, Repository, Resolve,
    StoreError,
};
use plimsoll_oci::media_type;
use std::time::Duration;
use url::Url;

/// One repository: implements the store traits of `plimsoll-core`.
///
/// A tag is resolved by fetching the manifest and hashing it; `Docker-Content-Digest` is never the digest of anything
/// (notation-go CVE-2023-33959).
#[derive(Clone, Debug)]
pub struct RemoteRepository {
    client: Client,
    repository: Repository,
    /// `…/v2/<name>/`
    url: Url,
}

impl RemoteRepository {
    pub(crate) fn new(client: Client, repository: Repository, url: Url) -> Self {
        Self { client, repository, url }
    }
    /// The name.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }
    /// Where it is: the URL that every path of the distribution specification is appended to.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
    /// The client that it belongs to.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
    /// Fetches a manifest whole: by digest, checked against it; by tag, described by what came.
    ///
    /// # Errors
    /// [`Error`]; [`Error::is_absent`] when the registry said that it is not there.
    pub async fn manifest(&self, pointer: &Pointer) -> Result<Blob, Error> {
        if let Pointer::Digest(digest) = pointer
            && let Some((media_type, bytes)) = self.client.0.manifests.get(&(self.repository.clone(), *digest))
        {
            let descriptor = Descriptor::new(&media_type, *digest, length(&bytes));
            return Blob::check(descriptor, bytes).map_err(|source| self.mismatch(pointer, source));
        }
        let call = self.manifest_call(Method::GET, pointer, PULL);
        let limits = self.client.limits();
        let what = "bytes of a manifest";
        let (response, bytes) = self.call_whole(&call, what, limits.document_bytes, limits.document_time).await?;
        let response = self.expect(&call, response, &[StatusCode::OK]).await?;
        let digest = match pointer {
            Pointer::Digest(digest) => *digest,
            Pointer::Tag(_) => Digest::sha256_of(&bytes),
        };
        let found = digest.of_same_algorithm(&bytes);
        if found != digest {
            return Err(self.mismatch(pointer, Mismatch::Digest { expected: digest, found }));
        }
        let media_type = manifest_type(call.exchange(), response.header(&header::CONTENT_TYPE), &bytes)?;
        let descriptor = Descriptor::new(&media_type, digest, length(&bytes));
        let blob = Blob::check(descriptor, bytes).map_err(|source| self.mismatch(pointer, source))?;
        self.remember(&blob);
        Ok(blob)
    }
    /// Fetches a blob whole, checked.
    ///
    /// # Errors
    /// [`Error`]; one larger than [`Limits::blob_bytes`](crate::Limits::blob_bytes) is not asked for.
    pub async fn blob(&self, descriptor: &Descriptor) -> Result<Blob, Error> {
        let call = self.blob_call(Method::GET, &descriptor.digest, PULL);
        let limits = self.client.limits();
        LimitExceeded::check("bytes of a blob in memory", limits.blob_bytes, descriptor.size)
            .map_err(|source| Error::Limit { exchange: call.exchange(), source })?;
        let seconds = descriptor.size.checked_div(limits.slowest).unwrap_or_default();
        let span = limits.document_time.saturating_add(Duration::from_secs(seconds));
        // One byte more than described is enough to know.
        let most = descriptor.size.saturating_add(1);
        let (response, bytes) = match self.call_whole(&call, TOO_LONG, most, span).await {
            Err(Error::Limit { exchange, source }) if source.what == TOO_LONG => {
                let source = Mismatch::Size { expected: descriptor.size, found: most };
                return Err(Error::Mismatch { exchange, source });
            }
            done => done?,
        };
        self.expect(&call, response, &[StatusCode::OK]).await?;
        Blob::check(descriptor.clone(), bytes).map_err(|source| Error::Mismatch { exchange: call.exchange(), source })
    }
    /// Says whether the registry has this content.
    ///
    /// # Errors
    /// [`Error`], when it did not say.
    pub async fn exists(&self, descriptor: &Descriptor) -> Result<bool, Error> {
        self.exists_within(descriptor, PULL).await
    }
    pub(crate) async fn exists_within(&self, descriptor: &Descriptor, actions: &str) -> Result<bool, Error> {
        let call = if media_type::is_manifest(&descriptor.media_type) {
            self.manifest_call(Method::HEAD, &Pointer::Digest(descriptor.digest), actions)
        } else {
            self.blob_call(Method::HEAD, &descriptor.digest, actions)
        };
        let response = self.call(&call).await?;
        match response.status {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => self.expect(&call, response, &[]).await.map(|_| false),
        }
    }
    /// Opens content. The stream is unchecked, as the contract of [`Fetch`] has it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn open(&self, descriptor: &Descriptor) -> Result<BoxBody, Error> {
        let call = if media_type::is_manifest(&descriptor.media_type) {
            self.manifest_call(Method::GET, &Pointer::Digest(descriptor.digest), PULL)
        } else {
            self.blob_call(Method::GET, &descriptor.digest, PULL)
        };
        let response = self.call(&call).await?;
        let body = self.expect(&call, response, &[StatusCode::OK]).await?.body;
        Ok(Box::pin(Paced::new(body, &self.client)))
    }
    pub(crate) fn remember(&self, blob: &Blob) {
        let descriptor = blob.descriptor();
        let key = (self.repository.clone(), descriptor.digest);
        let value = (descriptor.media_type.clone(), blob.to_bytes());
        self.client.0.manifests.insert_weighing(key, value, blob.bytes().len());
    }
    pub(crate) fn gate(&self) -> Gate<'_> {
        Gate {
            home: &self.url,
            own: Reach::Any,
            reach: self.client.reach_of(&self.url),
            allowed: &self.client.0.allowed,
        }
    }
    pub(crate) fn manifest_call<'c>(&self, method: Method, pointer: &Pointer, actions: &str) -> Call<'c> {
        let call = self.at(method, &format!("manifests/{pointer}"), actions);
        call.header(header::ACCEPT, HeaderValue::from_static(ACCEPT))
    }
    pub(crate) fn blob_call<'c>(&self, method: Method, digest: &Digest, actions: &str) -> Call<'c> {
        self.at(method, &format!("blobs/{digest}"), actions)
    }
    /// A request below this repository. `path` is of parsed parts, none of which needs escaping.
    pub(crate) fn at<'c>(&self, method: Method, path: &str, actions: &str) -> Call<'c> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path()));
        Call { method, url, headers: HeaderMap::new(), content: None, scopes: vec![self.scope(actions)] }
    }
    pub(crate) fn scope(&self, actions: &str) -> String {
        scope_of(&self.repository, actions)
    }
    fn mismatch(&self, pointer: &Pointer, source: Mismatch) -> Error {
        Error::Mismatch { exchange: self.manifest_call(Method::GET, pointer, PULL).exchange(), source }
    }
}

impl Fetch for RemoteRepository {
    async fn fetch(&self, descriptor: &Descriptor) -> Result<BoxBody, StoreError> {
        Ok(self.open(descriptor).await?)
    }
}

impl Resolve for RemoteRepository {
    async fn resolve(&self, pointer: &Pointer) -> Result<Descriptor, StoreError> {
        Ok(self.manifest(pointer).await?.descriptor().clone())
    }
}

/// The scope of a token: `repository:<path>:<actions>`.
pub(crate) fn scope_of(repository: &Repository, actions: &str) -> String {
    format!("repository:{}:{actions}", repository.path())
}

/// The media type of a manifest: the header's, which must be the document's own where it has one (distribution-spec,
/// Pulling manifests).
fn manifest_type(exchange: Exchange, header: Option<&str>, bytes: &[u8]) -> Result<String, Error> {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "mediaType")]
        media_type: Option<String>,
    }
    let own = serde_json::from_slice::<Typed>(bytes).ok().and_then(|typed| typed.media_type);
    let header =
        header.map(media_type::essence).filter(|text| !UNTYPED.iter().any(|none| media_type::same(none, text)));
    match (header, own) {
        (Some(header), Some(own)) if !media_type::same(header, &own) => {
            Err(Error::MediaType { exchange, header: Escaped::new(header), own: Escaped::new(&own) })
        }
        (_, Some(own)) => Ok(own),
        (Some(header), None) => Ok(header.to_owned()),
        (None, None) => Err(Error::Malformed {
            exchange,
            expected: "a manifest with a media type, in the header or in itself",
            found: Escaped::bytes(bytes),
        }),
    }
}

pub(crate) fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

pub(crate) const PULL: &str = "pull";
pub(crate) const PUSH: &str = "pull,push";
/// Every manifest type that is read: `media_type::MANIFESTS`, as one header.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
/// What a server says that does not know the type.
const UNTYPED: [&str; 4] = ["application/json", "application/octet-stream", "text/plain", ""];
const TOO_LONG: &str = "bytes than described";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_type_is_accepted() {
        assert_eq!(ACCEPT.split(", ").collect::<Vec<_>>(), media_type::MANIFESTS);
    }
}
