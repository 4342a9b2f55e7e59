//! The registry as a function from request to answer.

use crate::{
    Htpasswd, Limits,
    body::{Answer, ResponseBody, empty},
    host,
    refusal::Refusal,
    repositories::Repositories,
    route::Route,
    upload::Uploads,
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use std::{collections::BTreeSet, fmt, path::Path, sync::Arc};

/// A registry over OCI image layouts in a directory: [distribution-spec 1.1][spec], end-points 1 to 13.
///
/// A repository `team/app` is the layout `<directory>/team/app/_layout`, which other tools can read while the registry runs.
/// Content is acknowledged when it is durable. Cheap to clone.
///
/// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
#[derive(Clone)]
pub struct Registry(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) repositories: Repositories,
    pub(crate) uploads: Uploads,
    pub(crate) limits: Limits,
    pub(crate) stored: StoredContent,
    htpasswd: Option<Htpasswd>,
    hosts: BTreeSet<String>,
    any_host: AnyHost,
    /// Held while a tag is compared and set.
    pub(crate) tagging: tokio::sync::Mutex<()>,
}

/// What is done about content that was changed in the storage.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum StoredContent {
    /// It is not served: the blob or manifest with that digest is not there any more, and can be pushed again.
    #[default]
    Verify,
    /// It is served as it is, as most registries do. Clients have to notice.
    Trust,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AnyHost {
    Allow,
    Refuse,
}

impl Registry {
    /// Starts with the defaults, over the layouts in `directory`.
    pub fn builder(directory: impl AsRef<Path>) -> RegistryBuilder {
        RegistryBuilder {
            directory: directory.as_ref().to_owned(),
            limits: Limits::default(),
            stored: StoredContent::Verify,
            htpasswd: None,
            hosts: BTreeSet::new(),
            any_host: AnyHost::Refuse,
        }
    }
    /// Answers one request.
    pub async fn respond<B>(&self, request: Request<B>) -> Response<ResponseBody>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let head = request.method() == Method::HEAD;
        let mut answer = match self.answer(request).await {
            Ok(answer) => answer,
            Err(refusal) => refusal.into_answer(),
        };
        let headers = answer.headers_mut();
        headers.insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if head {
            // hyper sends the length that the body would have, and no body.
            let length = http_body::Body::size_hint(answer.body()).exact().unwrap_or_default();
            answer.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
            *answer.body_mut() = crate::body::full(Bytes::new());
        }
        answer
    }
    async fn answer<B>(&self, request: Request<B>) -> Result<Answer, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        if self.0.any_host == AnyHost::Refuse {
            host::check(request.headers(), request.uri(), &self.0.hosts)?;
        }
        host::check_origin(request.headers())?;
        if let Some(htpasswd) = &self.0.htpasswd
            && !htpasswd.admits(request.headers().get(header::AUTHORIZATION)).await
        {
            return Err(Refusal::unauthorized());
        }
        let route = Route::parse(request.uri().path())?;
        match (request.method().clone(), route) {
            (Method::GET | Method::HEAD, Route::Ping) => Ok(empty(StatusCode::OK)),
            (Method::GET | Method::HEAD, Route::Blob(repository, digest)) => {
                self.blob(&repository, &digest, request.headers()).await
            }
            (Method::DELETE, Route::Blob(repository, digest)) => self.delete_blob(&repository, &digest),
            (Method::POST, Route::Uploads(repository)) => self.begin_upload(&repository, request).await,
            (Method::PATCH, Route::Upload(repository, id)) => self.append_upload(&repository, &id, request).await,
            (Method::PUT, Route::Upload(repository, id)) => self.finish_upload(&repository, &id, request).await,
            (Method::GET | Method::HEAD, Route::Upload(repository, id)) => self.upload_status(&repository, &id).await,
            (Method::DELETE, Route::Upload(repository, id)) => self.cancel_upload(&repository, &id),
            (Method::GET | Method::HEAD, Route::Manifest(repository, pointer)) => {
                self.manifest(&repository, &pointer).await
            }
            (Method::PUT, Route::Manifest(repository, pointer)) => {
                self.put_manifest(&repository, &pointer, request).await
            }
            (Method::DELETE, Route::Manifest(repository, pointer)) => self.delete_manifest(&repository, &pointer).await,
            (Method::GET | Method::HEAD, Route::Tags(repository)) => self.tags(&repository, request.uri().query()),
            (Method::GET | Method::HEAD, Route::Referrers(repository, subject)) => {
                self.referrers(&repository, &subject, request.uri().query()).await
            }
            _ => Err(Refusal::not_allowed()),
        }
    }
    pub(crate) fn has_password(&self) -> bool {
        self.0.htpasswd.is_some()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// What a [`Registry`] is made of.
#[must_use]
pub struct RegistryBuilder {
    directory: std::path::PathBuf,
    limits: Limits,
    stored: StoredContent,
    htpasswd: Option<Htpasswd>,
    hosts: BTreeSet<String>,
    any_host: AnyHost,
}

impl RegistryBuilder {
    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
    /// Says what is done about content that was changed in the storage. Default: it is not served.
    pub fn stored_content(mut self, stored: StoredContent) -> Self {
        self.stored = stored;
        self
    }
    /// Admits only the users of a password file. Default: everybody who reaches the registry.
    pub fn htpasswd(mut self, htpasswd: Htpasswd) -> Self {
        self.htpasswd = Some(htpasswd);
        self
    }
    /// Answers requests for this name too. Default: only those for loopback addresses and `localhost`, so that a web page
    /// that rebinds its own name reaches nothing.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.insert(name.into().to_ascii_lowercase());
        self
    }
    /// Answers requests for any name: for a registry that has a login and TLS, which rebinding cannot pass.
    pub fn any_host(mut self) -> Self {
        self.any_host = AnyHost::Allow;
        self
    }
    /// Makes the registry.
    #[must_use]
    pub fn build(self) -> Registry {
        Registry(Arc::new(Inner {
            repositories: Repositories::new(self.directory),
            uploads: Uploads::default(),
            limits: self.limits,
            stored: self.stored,
            htpasswd: self.htpasswd,
            hosts: self.hosts,
            any_host: self.any_host,
            tagging: tokio::sync::Mutex::default(),
        }))
    }
}

impl fmt::Debug for RegistryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryBuilder").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// The values of the query parameters with this name.
pub(crate) fn query(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Sets a header whose text this crate made.
pub(crate) fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        answer.headers_mut().insert(name, value);
    }
}

pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
