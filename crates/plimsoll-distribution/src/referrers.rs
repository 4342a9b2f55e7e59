//! Referrers: the API, and the tag where a registry has none.

use crate::{
    Error, RemoteRepository,
    exchange::Call,
    list::Pages,
    repository::{PULL, PUSH},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Bytes, Digest, Escaped, Pointer, Referrer, Referrers, StoreError};
use plimsoll_oci::{Limits, media_type, parse_referrers, referrers_index, referrers_tag};
use std::collections::BTreeSet;

impl RemoteRepository {
    /// Lists what refers to `subject`: every page of the API, or the fallback tag where the registry has no API.
    ///
    /// Only a 404 of the API means that there is none; no other refusal becomes an empty list. Entries are told apart by
    /// digest and, whatever the registry says of its filter, filtered here.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn list_referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Referrer>, Error> {
        let mut found = match self.referrers_by_api(subject, artifact_type).await? {
            Some(found) => found,
            None => self.read_tag(subject, PULL).await?.referrers,
        };
        let mut seen = BTreeSet::new();
        found.retain(|entry| {
            artifact_type.is_none_or(|wanted| entry.claimed_artifact_type.as_deref() == Some(wanted))
                && seen.insert(entry.descriptor.digest)
        });
        Ok(found)
    }
    /// `None` where the registry has no API.
    async fn referrers_by_api(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Option<Vec<Referrer>>, Error> {
        let mut call = self.at(Method::GET, &format!("referrers/{subject}"), PULL);
        if let Some(artifact_type) = artifact_type {
            call.url.query_pairs_mut().append_pair("artifactType", artifact_type);
        }
        let mut call = call.header(header::ACCEPT, HeaderValue::from_static(media_type::IMAGE_INDEX));
        let (mut found, mut pages) = (Vec::new(), Pages::new(self, "referrers page"));
        loop {
            let (response, bytes) = self.page(&call, "bytes of a referrers page").await?;
            if response.status == StatusCode::NOT_FOUND && pages.is_first() {
                // Not remembered: go-containerregistry says so too as long as the repository is empty.
                return Ok(None);
            }
            let response = self.expect(&call, response, &[StatusCode::OK]).await?;
            found.extend(self.parse_list(&call, response.header(&header::CONTENT_TYPE), &bytes)?);
            match pages.next(&call, &response, found.len(), &bytes)? {
                Some(next) => call.url = next,
                None => return Ok(Some(found)),
            }
        }
    }
    fn parse_list(&self, call: &Call<'_>, declared: Option<&str>, bytes: &Bytes) -> Result<Vec<Referrer>, Error> {
        let mut limits = Limits::list();
        limits.bytes = self.client().limits().document_bytes;
        parse_referrers(declared.unwrap_or(media_type::IMAGE_INDEX), bytes, &limits)
            .map_err(|source| Error::Referrers { exchange: call.exchange(), source })
    }
    /// Reads the fallback tag. Only a 404 means that nothing refers.
    async fn read_tag(&self, subject: &Digest, actions: &str) -> Result<Tagged, Error> {
        let call = self.manifest_call(Method::GET, &Pointer::Tag(referrers_tag(subject)), actions);
        let (response, bytes) = self.page(&call, "bytes of a referrers tag").await?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(Tagged { referrers: Vec::new(), etag: None, is_new: true });
        }
        let response = self.expect(&call, response, &[StatusCode::OK]).await?;
        let etag = response.headers.get(header::ETAG).cloned();
        let referrers = self.parse_list(&call, response.header(&header::CONTENT_TYPE), &bytes)?;
        Ok(Tagged { referrers, etag, is_new: false })
    }
    /// Adds an entry to the fallback tag: reads, changes, writes and reads back, until the entry is there.
    ///
    /// What is under the tag and is no index is an error, and is not overwritten. Registries that honour `If-Match` lose no
    /// entry of another writer; with others, an entry that was lost to one is written again.
    pub(crate) async fn list_under_tag(&self, subject: &Digest, entry: Referrer) -> Result<(), Error> {
        let _one_at_a_time = self.client().0.updating.lock().await;
        let tag = referrers_tag(subject);
        for attempt in 1..=ATTEMPTS {
            let tagged = self.read_tag(subject, PUSH).await?;
            if tagged.lists(&entry) {
                return Ok(());
            }
            let condition = tagged.condition();
            let mut referrers = tagged.referrers;
            referrers.push(entry.clone());
            let index = referrers_index(&referrers);
            match self.put_manifest(&index, &Pointer::Tag(tag.clone()), condition).await {
                Ok(_) if self.read_tag(subject, PUSH).await?.lists(&entry) => return Ok(()),
                // 412: another writer was faster.
                Ok(_) | Err(Error::Status { status: 409 | 412, .. }) => {}
                Err(error) => return Err(error),
            }
            let pause = self.client().0.retry.pause(attempt, None);
            self.client().0.timer.sleep(pause).await;
        }
        Err(Error::ReferrersConflict { tag: Escaped::new(tag.as_str()), subject: *subject, attempts: ATTEMPTS })
    }
}

impl Referrers for RemoteRepository {
    async fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Referrer>, StoreError> {
        Ok(self.list_referrers(subject, artifact_type).await?)
    }
}

/// What stands under a referrers tag.
struct Tagged {
    referrers: Vec<Referrer>,
    etag: Option<HeaderValue>,
    is_new: bool,
}

impl Tagged {
    fn lists(&self, entry: &Referrer) -> bool {
        self.referrers.iter().any(|listed| listed.descriptor.digest == entry.descriptor.digest)
    }
    /// RFC 9110, section 13.1: only if it is still what was read.
    fn condition(&self) -> Option<(HeaderName, HeaderValue)> {
        match &self.etag {
            Some(etag) => Some((header::IF_MATCH, etag.clone())),
            None if self.is_new => Some((header::IF_NONE_MATCH, HeaderValue::from_static("*"))),
            None => None,
        }
    }
}

const ATTEMPTS: u32 = 10;
