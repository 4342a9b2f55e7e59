//! What the registry says when it does not do what it was asked: distribution-spec, Error Codes.

use crate::body::{Answer, full};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use plimsoll_core::{Classify as _, Escaped, StoreError};

/// A status, a code of the specification, and a message.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new() }
    }
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
        self
    }
    pub(crate) fn not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "the method is not supported here")
    }
    pub(crate) fn not_found(code: &'static str, what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, format!("{} is not there", Escaped::new(&what.to_string())))
    }
    pub(crate) fn name_invalid(name: &str) -> Self {
        let message = format!("expected a repository name in lower case, found `{}`", Escaped::new(name));
        Self::new(StatusCode::BAD_REQUEST, "NAME_INVALID", message)
    }
    pub(crate) fn digest_invalid(found: &str) -> Self {
        let message = format!("expected a sha256 or sha512 digest, found `{}`", Escaped::new(found));
        Self::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message)
    }
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "a user name and a password are needed")
            .with(header::WWW_AUTHENTICATE, r#"Basic realm="plimsoll", charset="UTF-8""#)
    }
    pub(crate) fn into_answer(self) -> Answer {
        let body = serde_json::json!({ "errors": [{ "code": self.code, "message": self.message }] });
        let mut answer = Response::new(full(body.to_string()));
        *answer.status_mut() = self.status;
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer.headers_mut().extend(self.headers.into_iter().map(|(name, value)| (Some(name), value)));
        answer
    }
}

/// What the store says, for content that a client sent or asked for.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Mismatch(mismatch) => {
                Self::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", mismatch.to_string())
            }
            StoreError::Absent { what } => {
                Self::new(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", format!("{what} is not there"))
            }
            // Paths of this machine are no business of a client.
            error => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", format!("the storage failed: {}", error.code()))
            }
        }
    }
}
