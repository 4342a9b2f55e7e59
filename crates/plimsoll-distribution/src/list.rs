//! Lists that come in pages.

use crate::{
    Error, RemoteRepository, Response,
    exchange::Call,
    next_link,
    repository::{PULL, length},
};
use http::{Method, StatusCode, header};
use plimsoll_core::{Bytes, Escaped, LimitExceeded, Tag};
use std::{collections::BTreeSet, time::Duration};
use url::Url;

impl RemoteRepository {
    /// Lists the tags, in the registry's order, each once. What is no tag is left out.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn tags(&self) -> Result<Vec<Tag>, Error> {
        #[derive(serde::Deserialize)]
        struct TagList {
            tags: Option<Vec<String>>,
        }
        let mut call = self.at(Method::GET, "tags/list", PULL);
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        let mut pages = Pages::new(self, "tags page");
        let mut entries = 0_usize;
        loop {
            let (response, bytes) = self.page(&call, "bytes of a tags page").await?;
            let response = self.expect(&call, response, &[StatusCode::OK]).await?;
            let page: TagList = serde_json::from_slice(&bytes).map_err(|_| Error::Malformed {
                exchange: call.exchange(),
                expected: "a list of tags",
                found: Escaped::bytes(&bytes),
            })?;
            let page = page.tags.unwrap_or_default();
            entries = entries.saturating_add(page.len());
            found.extend(page.iter().filter_map(|text| text.parse().ok()).filter(|tag: &Tag| seen.insert(tag.clone())));
            match pages.next(&call, &response, entries, &bytes)? {
                Some(next) => call.url = next,
                None => return Ok(found),
            }
        }
    }
    pub(crate) async fn page(&self, call: &Call<'_>, what: &'static str) -> Result<(Response, Bytes), Error> {
        let limits = self.client().limits();
        self.call_whole(call, what, limits.document_bytes, limits.document_time).await
    }
}

/// Goes from page to page, on the registry's origin, within limits.
pub(crate) struct Pages<'a> {
    repository: &'a RemoteRepository,
    role: &'static str,
    seen: u64,
    bytes: u64,
    start: Duration,
}

impl<'a> Pages<'a> {
    pub(crate) fn new(repository: &'a RemoteRepository, role: &'static str) -> Self {
        Self { repository, role, seen: 0, bytes: 0, start: repository.client().0.timer.now() }
    }
    pub(crate) fn is_first(&self) -> bool {
        self.seen == 0
    }
    /// The next page, when there is one. Only a missing link ends a list, not a short page.
    pub(crate) fn next(
        &mut self,
        call: &Call<'_>,
        response: &Response,
        entries: usize,
        bytes: &Bytes,
    ) -> Result<Option<Url>, Error> {
        let limits = self.repository.client().limits();
        let exceeded = |source| Error::Limit { exchange: call.exchange(), source };
        let entries = u64::try_from(entries).unwrap_or(u64::MAX);
        LimitExceeded::check("entries of a list", limits.entries, entries).map_err(exceeded)?;
        self.seen = self.seen.saturating_add(1);
        let Some(next) = response.header(&header::LINK).and_then(next_link) else { return Ok(None) };
        // The next page would be one more than is allowed: go-containerregistry and oras-go had no end here (#1214).
        LimitExceeded::check("pages of a list", limits.pages, self.seen.saturating_add(1)).map_err(exceeded)?;
        // Few entries can be large, and pages that come slowly are each in time.
        self.bytes = self.bytes.saturating_add(length(bytes));
        LimitExceeded::check("bytes of a list", limits.list_bytes, self.bytes).map_err(exceeded)?;
        if self.repository.client().0.timer.now().saturating_sub(self.start) > limits.list_time {
            return Err(Error::TimedOut { exchange: call.exchange(), seconds: limits.list_time.as_secs() });
        }
        self.repository.gate().same_origin(&call.url, next, self.role).map(Some)
    }
}
