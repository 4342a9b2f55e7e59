//! Quirks: what registries of the field do besides the specification, or in place of it.

use super::plain;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::Full;
use plimsoll_registry::{Registry, ResponseBody};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

/// One thing that a registry does in its own way.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Quirk {
    /// No referrers API: 404, and no `OCI-Subject`.
    WithoutReferrers,
    /// The referrers API redirects to a page of a web site elsewhere, and there is no `OCI-Subject`.
    ReferrersElsewhere(String),
    /// No `ETag`, `If-Match` or `If-None-Match`.
    WithoutConditions,
    /// A tag that is there cannot be written again: 412.
    ImmutableTags,
    /// So many bytes of blobs fit; the upload that would pass them is refused when it is closed: 403.
    Quota(u64),
    /// The next page of a list is said to be below this path, where there is nothing.
    LinksBelow(String),
    /// Nothing can be deleted: 405.
    WithoutDelete,
    /// There is no catalog: 404.
    WithoutCatalog,
    /// `Range` is not read: 200 and everything.
    WithoutRanges,
    /// Content comes in one piece: a piece that does not start at zero is refused, and uploads have no status.
    WithoutChunks,
    /// Nothing is mounted: 202, an upload.
    WithoutMount,
    /// Only these repositories exist; none comes into being by a push: 404 `NAME_UNKNOWN`.
    OnlyRepositories(BTreeSet<String>),
    /// What is not there is a page of HTML, without an error code.
    HtmlNotFound,
}

/// The quirks of one registry, and what has to be remembered for them.
#[derive(Default, Debug)]
pub(super) struct Quirks {
    all: Vec<Quirk>,
    stored: AtomicU64,
}

impl Quirks {
    pub(super) fn new(all: Vec<Quirk>) -> Self {
        Self { all, stored: AtomicU64::new(0) }
    }
    /// The answer that the registry gives instead of what the specification says; the request is changed where it is not understood.
    pub(super) async fn before<B>(
        &self,
        registry: &Registry,
        request: &mut Request<B>,
    ) -> Option<Response<ResponseBody>> {
        for quirk in &self.all {
            let answer = match quirk {
                Quirk::ImmutableTags => immutable(registry, request).await,
                Quirk::Quota(most) => self.over(*most, request),
                other => other.before(request),
            };
            if answer.is_some() {
                return answer;
            }
        }
        None
    }
    /// What the registry makes of the answer.
    pub(super) fn after(&self, put: Option<u64>, mut answer: Response<ResponseBody>) -> Response<ResponseBody> {
        if let (Some(bytes), StatusCode::CREATED) = (put, answer.status()) {
            self.stored.fetch_add(bytes, Ordering::SeqCst);
        }
        for quirk in &self.all {
            quirk.after(&mut answer);
        }
        answer
    }
    fn over<B>(&self, most: u64, request: &Request<B>) -> Option<Response<ResponseBody>> {
        let bytes = closes_upload(request)?;
        let stored = self.stored.load(Ordering::SeqCst);
        (stored.saturating_add(bytes) > most).then(|| {
            let message = format!(
                "adding {bytes} B of storage resource, which when updated to current usage of {stored} B will exceed the \
                 configured upper limit of {most} B."
            );
            error(StatusCode::FORBIDDEN, "DENIED", &message)
        })
    }
}

impl Quirk {
    fn before<B>(&self, request: &mut Request<B>) -> Option<Response<ResponseBody>> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        match self {
            Self::WithoutReferrers if path.contains("/referrers/") => {
                Some(plain(StatusCode::NOT_FOUND, "404 page not found"))
            }
            Self::ReferrersElsewhere(location) if path.contains("/referrers/") => {
                let mut answer = plain(StatusCode::SEE_OTHER, "");
                set(&mut answer, header::LOCATION, location);
                Some(answer)
            }
            Self::LinksBelow(prefix) if path.starts_with(prefix.as_str()) => Some(plain(StatusCode::BAD_REQUEST, "")),
            Self::WithoutDelete if method == Method::DELETE => {
                Some(error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "The operation is unsupported."))
            }
            Self::WithoutCatalog if path == "/v2/_catalog" => Some(plain(StatusCode::NOT_FOUND, "404 page not found")),
            Self::WithoutChunks if is_upload(&path) => match method {
                Method::GET => Some(plain(StatusCode::NOT_FOUND, "")),
                Method::PATCH if starts_late(request.headers()) => {
                    Some(error(StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID", "the range is out of order"))
                }
                _ => None,
            },
            Self::OnlyRepositories(names) if method == Method::POST => {
                let name = path.strip_prefix("/v2/").and_then(|rest| rest.split("/blobs/").next()).unwrap_or_default();
                let message = format!("The repository with name '{name}' does not exist");
                (!names.contains(name)).then(|| error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", &message))
            }
            Self::WithoutMount if method == Method::POST => {
                forget_query(request);
                None
            }
            Self::WithoutRanges => forget(request, &[header::RANGE, header::IF_RANGE]),
            Self::WithoutConditions => forget(request, &[header::IF_MATCH, header::IF_NONE_MATCH]),
            _ => None,
        }
    }
    fn after(&self, answer: &mut Response<ResponseBody>) {
        match self {
            Self::WithoutReferrers | Self::ReferrersElsewhere(_) => {
                answer.headers_mut().remove("oci-subject");
            }
            Self::WithoutConditions => {
                answer.headers_mut().remove(header::ETAG);
            }
            Self::WithoutRanges => {
                answer.headers_mut().remove(header::ACCEPT_RANGES);
            }
            Self::LinksBelow(prefix) => {
                let link = answer.headers().get(header::LINK).and_then(|link| link.to_str().ok());
                if let Some(link) = link.map(|link| link.replacen("/v2/", &format!("{prefix}/v2/"), 1)) {
                    set(answer, header::LINK, &link);
                }
            }
            Self::HtmlNotFound if answer.status() == StatusCode::NOT_FOUND => {
                *answer =
                    plain(StatusCode::NOT_FOUND, "<!DOCTYPE html>\n<html><title>404 - Not Found</title></html>\n");
                set(answer, header::CONTENT_TYPE, "text/html");
            }
            _ => {}
        }
    }
}

/// The bytes of the request that closes an upload.
pub(super) fn closes_upload<B>(request: &Request<B>) -> Option<u64> {
    let closes = request.uri().query().is_some_and(|query| query.contains("digest="));
    if !closes || !is_upload(request.uri().path()) || !matches!(*request.method(), Method::PUT | Method::POST) {
        return None;
    }
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Asks the registry whether the tag is there.
async fn immutable<B>(registry: &Registry, request: &Request<B>) -> Option<Response<ResponseBody>> {
    let (repository, reference) = request.uri().path().strip_prefix("/v2/")?.rsplit_once("/manifests/")?;
    if request.method() != Method::PUT || reference.contains(':') {
        return None;
    }
    let mut asked = Request::new(Full::new(Bytes::new()));
    *asked.method_mut() = Method::HEAD;
    *asked.uri_mut() = request.uri().clone();
    for name in [header::HOST, header::AUTHORIZATION] {
        if let Some(value) = request.headers().get(&name) {
            asked.headers_mut().insert(name, value.clone());
        }
    }
    let there = registry.respond(asked).await.status() == StatusCode::OK;
    let name = repository.rsplit('/').next().unwrap_or_default();
    let message = format!("Failed to process request due to '{name}:{reference}' configured as immutable.");
    there.then(|| error(StatusCode::PRECONDITION_FAILED, "PRECONDITION", &message))
}

fn is_upload(path: &str) -> bool {
    path.contains("/blobs/uploads/")
}

fn starts_late(headers: &HeaderMap) -> bool {
    let range = headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    range.is_some_and(|range| !range.starts_with("0-"))
}

fn forget<B>(request: &mut Request<B>, names: &[HeaderName]) -> Option<Response<ResponseBody>> {
    names.iter().for_each(|name| {
        request.headers_mut().remove(name);
    });
    None
}

/// A request to mount becomes one for an upload.
fn forget_query<B>(request: &mut Request<B>) {
    if request.uri().query().is_some_and(|query| query.contains("mount=")) {
        let path = request.uri().path().to_owned();
        *request.uri_mut() = Uri::try_from(path).expect("the path of a request");
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<ResponseBody> {
    let mut answer = plain(status, &format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#));
    set(&mut answer, header::CONTENT_TYPE, "application/json");
    answer
}

fn set(answer: &mut Response<ResponseBody>, name: HeaderName, value: &str) {
    answer.headers_mut().insert(name, HeaderValue::try_from(value).expect("the value of a header"));
}
