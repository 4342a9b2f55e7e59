//! Lists that come in pages.

use super::{
    Machine, Notice, Registry, Repository,
    call::{Call, Reply, Wanted},
    endpoint::{PULL, Talk},
    manifest::length,
};
use crate::{Error, next_link};
use http::{Method, StatusCode, header};
use plimsoll_core::{Bytes, Escaped, LimitExceeded, Tag};
use std::{collections::BTreeSet, time::Duration};
use url::Url;

impl Repository {
    /// Lists the tags, in the registry's order, each once. What is no tag is left out.
    pub fn tags(&self) -> Machine<Vec<Tag>> {
        let repository = self.clone();
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            let call = talk.at(Method::GET, "tags/list", PULL);
            let read =
                |bytes: &[u8]| serde_json::from_slice(bytes).ok().map(|list: TagList| list.tags.unwrap_or_default());
            let names = talk.names(call, ("tags page", "bytes of a tags page", "a list of tags"), read).await?;
            Ok(names.iter().filter_map(|text| text.parse().ok()).collect())
        })
    }
}

impl Registry {
    /// Lists the repositories that the registry shows, each once; what is no name is left out. The specification has no such list:
    /// it is [Docker's][spec], and many registries have none, or only for administrators.
    ///
    /// [spec]: https://distribution.github.io/distribution/spec/api/#listing-repositories
    pub fn catalog(&self) -> Machine<Vec<plimsoll_core::Repository>> {
        let registry = self.clone();
        Machine::new(|port| async move {
            let talk = registry.talk(port);
            let call = talk.at(Method::GET, "_catalog", "registry:catalog:*");
            let read = |bytes: &[u8]| {
                serde_json::from_slice(bytes).ok().map(|list: Catalog| list.repositories.unwrap_or_default())
            };
            let names = talk.names(call, ("catalog page", "bytes of a catalog page", "a list of repositories"), read);
            let full = |path: &String| format!("{}/{path}", registry.name()).parse().ok();
            Ok(names.await?.iter().filter_map(full).collect())
        })
    }
}

#[derive(serde::Deserialize)]
struct TagList {
    tags: Option<Vec<String>>,
}

#[derive(serde::Deserialize)]
struct Catalog {
    repositories: Option<Vec<String>>,
}

impl Talk {
    /// The names of all pages, each once, in the registry's order.
    async fn names(
        &self,
        mut call: Call,
        (role, what, expected): (&'static str, &'static str, &'static str),
        read: impl Fn(&[u8]) -> Option<Vec<String>> + Send,
    ) -> Result<Vec<String>, Error> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        let (mut pages, first) = (Pages::new(self, role), call.url.clone());
        let mut entries = 0_usize;
        loop {
            let reply = Self::expect(&call, self.page(&call, what).await?, &[StatusCode::OK])?;
            let page = read(&reply.content).ok_or_else(|| Error::Malformed {
                exchange: call.exchange(),
                expected,
                found: Escaped::bytes(&reply.content),
            })?;
            entries = entries.saturating_add(page.len());
            let last = page.last().cloned();
            found.extend(page.into_iter().filter(|name| seen.insert(name.clone())));
            match pages.next(&call, &reply, entries)? {
                Some(next) if self.is_api(&next) => call.url = next,
                // A list that leads elsewhere, and can still be asked for as the specification has it.
                Some(next) => match last {
                    Some(last) => {
                        self.port.notice(Notice::LinkAside { exchange: call.exchange() });
                        call.url = after(&first, &next, &last);
                    }
                    None => return Ok(found),
                },
                None => return Ok(found),
            }
        }
    }
    pub(super) async fn page(&self, call: &Call, what: &'static str) -> Result<Reply, Error> {
        let limits = &self.shared().limits;
        self.call(call, Wanted::Whole { what, limit: limits.document_bytes, span: limits.document_time }).await
    }
    /// Says whether a URL is below the registry's API. The links of Sonatype Nexus are not, on the port of a connector
    /// (sonatype/nexus-public#1011).
    fn is_api(&self, url: &Url) -> bool {
        url.path().starts_with("/v2/")
    }
}

/// The page after an entry, as long as the pages of the link: distribution-spec, Listing Tags, `n` and `last`.
fn after(first: &Url, link: &Url, last: &str) -> Url {
    let mut url = first.clone();
    url.set_query(None);
    let size = link.query_pairs().find(|(name, _)| name == "n").map(|(_, value)| value.into_owned());
    url.query_pairs_mut().extend_pairs(size.map(|size| ("n", size))).append_pair("last", last);
    url
}

/// Goes from page to page, on the registry's origin, within limits.
pub(super) struct Pages<'a> {
    talk: &'a Talk,
    role: &'static str,
    seen: u64,
    bytes: u64,
    start: Duration,
}

impl<'a> Pages<'a> {
    pub(super) fn new(talk: &'a Talk, role: &'static str) -> Self {
        Self { talk, role, seen: 0, bytes: 0, start: talk.port.now() }
    }
    pub(super) fn is_first(&self) -> bool {
        self.seen == 0
    }
    /// The next page, when there is one. Only a missing link ends a list, not a short page.
    pub(super) fn next(&mut self, call: &Call, reply: &Reply, entries: usize) -> Result<Option<Url>, Error> {
        let limits = &self.talk.shared().limits;
        let exceeded = |source| Error::Limit { exchange: call.exchange(), source };
        let entries = u64::try_from(entries).unwrap_or(u64::MAX);
        LimitExceeded::check("entries of a list", limits.entries, entries).map_err(exceeded)?;
        self.seen = self.seen.saturating_add(1);
        let Some(next) = reply.header(&header::LINK).and_then(next_link) else { return Ok(None) };
        // The next page would be one more than is allowed: go-containerregistry and oras-go had no end here (#1214).
        LimitExceeded::check("pages of a list", limits.pages, self.seen.saturating_add(1)).map_err(exceeded)?;
        // Few entries can be large, and pages that come slowly are each in time.
        self.bytes = self.bytes.saturating_add(length(&Bytes::clone(&reply.content)));
        LimitExceeded::check("bytes of a list", limits.list_bytes, self.bytes).map_err(exceeded)?;
        if self.talk.port.now().saturating_sub(self.start) > limits.list_time {
            return Err(Error::TimedOut { exchange: call.exchange(), seconds: limits.list_time.as_secs() });
        }
        self.talk.gate().same_origin(&call.url, next, self.role).map(Some)
    }
}
