//! What a service says when it does not do what it was asked: RFC 9457.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use plimsoll_core::{Class, Classify, Code};

/// `{"status":403,"code":"no-issuing-rule","class":"untrusted","detail":"…"}` as `application/problem+json`.
pub(crate) fn problem(status: StatusCode, code: Option<Code>, detail: &str) -> Response<Bytes> {
    let mut body = serde_json::json!({ "status": status.as_u16(), "detail": detail });
    if let (Some(code), Some(members)) = (code, body.as_object_mut()) {
        members.insert("code".into(), code.name().into());
        members.insert("class".into(), code.class().as_str().into());
    }
    with_type(status, "application/problem+json", body.to_string())
}

/// An error as an answer: 400 for what is malformed, 403 for what is not trusted, 503 for what cannot be found out.
pub(crate) fn refusal<E: Classify + std::fmt::Display>(error: &E) -> Response<Bytes> {
    let status = match error.class() {
        Class::Malformed => StatusCode::BAD_REQUEST,
        Class::Untrusted => StatusCode::FORBIDDEN,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    problem(status, Some(error.code()), &error.to_string())
}

pub(crate) fn with_type(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}
