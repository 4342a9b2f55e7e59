//! One question to a registry, and its answer.

use super::{Content, Head};
use crate::Exchange;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use plimsoll_core::Bytes;
use std::time::Duration;
use url::Url;

/// What is asked of a registry.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) content: Content,
    /// What a token must allow.
    pub(super) scopes: Vec<String>,
}

impl Call {
    pub(super) fn exchange(&self) -> Exchange {
        Exchange::new(&self.method, &self.url)
    }
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// What is wanted of the content of a success.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// Nothing.
    Head,
    /// Everything, up to so many bytes of something, within so much time for head and content.
    Whole { what: &'static str, limit: u64, span: Duration },
    /// It is streamed by whoever called.
    Stream,
}

/// An answer. Of a success the content is what was wanted, of all else the beginning.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) content: Bytes,
}

impl Reply {
    pub(super) fn new(head: Head, content: Bytes) -> Self {
        Self { status: head.status, headers: head.headers, content }
    }
    /// The text of a header that is there once and is visible ASCII.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
