//! Referrers: the API, and the tag where a registry has none.

use super::{
    Machine, Notice, Repository,
    call::Call,
    endpoint::{PULL, PUSH, Talk},
    list::Pages,
};
use crate::{Error, limits::Asked};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Bytes, Digest, Escaped, Pointer, Referrer};
use plimsoll_oci::{Limits, media_type, parse_referrers, referrers_index, referrers_tag};
use std::collections::BTreeSet;

impl Repository {
    /// Lists what refers to `subject`: every page of the API, or the fallback tag where the registry has no API.
    ///
    /// Only a 404 of the API means that there is none; no other refusal becomes an empty list. Entries are told apart by
    /// digest and, whatever the registry says of its filter, filtered here. A list that is shorter than the last one that was seen is
    /// noticed ([`Notice::FewerReferrers`]).
    pub fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Machine<Vec<Referrer>> {
        let (repository, subject) = (self.clone(), *subject);
        let artifact_type = artifact_type.map(str::to_owned);
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            let found = talk.list_referrers(&subject, artifact_type.as_deref()).await?;
            let now = u64::try_from(found.len()).unwrap_or(u64::MAX);
            let before = talk.shared().last_seen.replace(&repository.name, &subject, artifact_type.as_deref(), now);
            if let Some(before) = before.filter(|before| *before > now) {
                talk.port.notice(Notice::FewerReferrers { subject, before, now });
            }
            Ok(found)
        })
    }
    /// Adds an entry to the fallback tag: reads, changes, writes and reads back, until the entry is there.
    ///
    /// What is under the tag and is no index is an error, and is not overwritten. Registries that honour `If-Match` lose no
    /// entry of another writer; with others, an entry that was lost to one is written again. One client changes one tag at a time.
    pub fn list_under_tag(&self, subject: &Digest, entry: Referrer) -> Machine<()> {
        let (repository, subject) = (self.clone(), *subject);
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            let listed = |all: &[Referrer]| all.iter().any(|one| one.descriptor.digest == entry.descriptor.digest);
            let change = |mut all: Vec<Referrer>| {
                all.push(entry.clone());
                all
            };
            talk.change_tag(&repository.name, &subject, listed, change).await
        })
    }
    /// Takes an entry out of the fallback tag: distribution-spec, Deleting Manifests. Where there is no tag, nothing is written.
    pub fn unlist_under_tag(&self, subject: &Digest, manifest: &Digest) -> Machine<()> {
        let (repository, subject, manifest) = (self.clone(), *subject, *manifest);
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            let gone = |all: &[Referrer]| all.iter().all(|one| one.descriptor.digest != manifest);
            let change = |mut all: Vec<Referrer>| {
                all.retain(|one| one.descriptor.digest != manifest);
                all
            };
            talk.change_tag(&repository.name, &subject, gone, change).await
        })
    }
    /// Says whether the registry has a referrers API.
    pub fn has_referrers_api(&self, subject: &Digest) -> Machine<bool> {
        let (repository, subject) = (self.clone(), *subject);
        Machine::new(|port| async move {
            let found = repository.talk(port).referrers_by_api(&subject, None).await?;
            Ok(found.is_some())
        })
    }
}

impl Talk {
    async fn list_referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Referrer>, Error> {
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
            let reply = self.page(&call, "bytes of a referrers page").await?;
            if reply.status == StatusCode::NOT_FOUND && pages.is_first() {
                // Not remembered: go-containerregistry says so too as long as the repository is empty.
                return Ok(None);
            }
            let reply = Self::expect(&call, reply, &[StatusCode::OK])?;
            found.extend(self.parse_list(&call, reply.header(&header::CONTENT_TYPE), &reply.content)?);
            match pages.next(&call, &reply, found.len())? {
                Some(next) => call.url = next,
                None => return Ok(Some(found)),
            }
        }
    }
    fn parse_list(&self, call: &Call, declared: Option<&str>, bytes: &Bytes) -> Result<Vec<Referrer>, Error> {
        let mut limits = Limits::list();
        limits.bytes = self.shared().limits.document_bytes;
        parse_referrers(declared.unwrap_or(media_type::IMAGE_INDEX), bytes, &limits)
            .map_err(|source| Error::Referrers { exchange: call.exchange(), source })
    }
    /// Reads the fallback tag. Only a 404 means that nothing refers.
    async fn read_tag(&self, subject: &Digest, actions: &str) -> Result<Tagged, Error> {
        let call = self.manifest_call(Method::GET, &Pointer::Tag(referrers_tag(subject)), actions);
        let reply = self.page(&call, "bytes of a referrers tag").await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(Tagged { referrers: Vec::new(), etag: None, is_new: true });
        }
        let reply = Self::expect(&call, reply, &[StatusCode::OK])?;
        let etag = reply.headers.get(header::ETAG).cloned();
        let referrers = self.parse_list(&call, reply.header(&header::CONTENT_TYPE), &reply.content)?;
        Ok(Tagged { referrers, etag, is_new: false })
    }
    /// Changes the list under the tag until it is as it should be.
    async fn change_tag(
        &self,
        name: &plimsoll_core::Repository,
        subject: &Digest,
        is_right: impl Fn(&[Referrer]) -> bool + Send,
        change: impl Fn(Vec<Referrer>) -> Vec<Referrer> + Send,
    ) -> Result<(), Error> {
        let tag = referrers_tag(subject);
        for attempt in 1..=ATTEMPTS {
            let tagged = self.read_tag(subject, PUSH).await?;
            if is_right(&tagged.referrers) {
                return Ok(());
            }
            let condition = tagged.condition();
            let index = referrers_index(&change(tagged.referrers));
            match self.put_manifest(name, &index, &Pointer::Tag(tag.clone()), condition).await {
                Ok(_) if is_right(&self.read_tag(subject, PUSH).await?.referrers) => return Ok(()),
                // 412: another writer was faster.
                Ok(_) | Err(Error::Status { status: 409 | 412, .. }) => {}
                Err(error) => return Err(error),
            }
            self.port.notice(Notice::LostRace { subject: *subject });
            let pause = self.shared().retry.pause(attempt, Asked::default().pause(), self.port.random());
            self.port.wait(pause.unwrap_or_default()).await?;
        }
        Err(Error::ReferrersConflict { tag: Escaped::new(tag.as_str()), subject: *subject, attempts: ATTEMPTS })
    }
}

/// What stands under a referrers tag.
struct Tagged {
    referrers: Vec<Referrer>,
    etag: Option<HeaderValue>,
    is_new: bool,
}

impl Tagged {
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
