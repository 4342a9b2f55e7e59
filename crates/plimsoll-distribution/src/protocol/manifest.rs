//! Manifests and small blobs, read whole; and whether something is there.

use super::{
    Machine, Repository,
    call::{Reply, Wanted},
    endpoint::{PULL, Talk},
};
use crate::{Error, Exchange};
use http::{HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Blob, Bytes, Descriptor, Digest, Escaped, LimitExceeded, Mismatch, Pointer, Tag};
use plimsoll_oci::media_type;
use std::time::Duration;

impl Repository {
    /// Fetches a manifest whole: by digest, checked against it; by tag, described by what came.
    ///
    /// A tag that was resolved before is asked for on the condition that it changed (RFC 9110, section 13.1.2), where the registry gave
    /// a validator: what did not change is taken from memory, and was checked when it came.
    pub fn manifest(&self, pointer: &Pointer) -> Machine<Blob> {
        let (repository, pointer) = (self.clone(), pointer.clone());
        Machine::new(|port| async move { repository.talk(port).manifest(&repository.name, &pointer).await })
    }
    /// Fetches a blob whole, checked. One larger than [`Limits::blob_bytes`](crate::Limits::blob_bytes) is not asked for.
    pub fn blob(&self, descriptor: &Descriptor) -> Machine<Blob> {
        let (repository, descriptor) = (self.clone(), descriptor.clone());
        Machine::new(|port| async move { repository.talk(port).blob(&descriptor).await })
    }
    /// Says whether the registry has this content.
    pub fn exists(&self, descriptor: &Descriptor) -> Machine<bool> {
        let (repository, descriptor) = (self.clone(), descriptor.clone());
        Machine::new(|port| async move { repository.talk(port).exists(&descriptor, PULL).await })
    }
    /// Says what a tag or digest means, without the manifest: by HEAD, where the registry says type, size and digest. A registry that
    /// leaves something out is asked for the manifest.
    ///
    /// # Security
    /// The answer is the registry's word. It serves to see whether something changed, and for nothing that is then trusted:
    /// [`Repository::manifest`] hashes what came.
    pub fn claimed_descriptor(&self, pointer: &Pointer) -> Machine<Descriptor> {
        let (repository, pointer) = (self.clone(), pointer.clone());
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            let call = talk.manifest_call(Method::HEAD, &pointer, PULL);
            let reply = talk.call(&call, Wanted::Head).await?;
            let reply = Talk::expect(&call, reply, &[StatusCode::OK])?;
            match claimed(&reply, &pointer) {
                Some(descriptor) => Ok(descriptor),
                None => Ok(talk.manifest(&repository.name, &pointer).await?.descriptor().clone()),
            }
        })
    }
}

impl Talk {
    pub(super) async fn manifest(&self, name: &plimsoll_core::Repository, pointer: &Pointer) -> Result<Blob, Error> {
        if let Pointer::Digest(digest) = pointer
            && let Some(blob) = self.remembered(name, digest)
        {
            return Ok(blob);
        }
        let (mut call, known) = (self.manifest_call(Method::GET, pointer, PULL), self.known(name, pointer));
        if let Some((etag, _)) = &known {
            call = call.header(header::IF_NONE_MATCH, etag.clone());
        }
        let limits = &self.shared().limits;
        let what = "bytes of a manifest";
        let wanted = Wanted::Whole { what, limit: limits.document_bytes, span: limits.document_time };
        let reply = self.call(&call, wanted).await?;
        if reply.status == StatusCode::NOT_MODIFIED
            && let Some((_, blob)) = known
        {
            return Ok(blob);
        }
        let reply = Self::expect(&call, reply, &[StatusCode::OK])?;
        let bytes = reply.content.clone();
        let digest = match pointer {
            Pointer::Digest(digest) => *digest,
            Pointer::Tag(_) => Digest::sha256_of(&bytes),
        };
        let mismatch = |source| Error::Mismatch { exchange: call.exchange(), source };
        let found = digest.of_same_algorithm(&bytes);
        if found != digest {
            return Err(mismatch(Mismatch::Digest { expected: digest, found }));
        }
        let media_type = manifest_type(call.exchange(), reply.header(&header::CONTENT_TYPE), &bytes)?;
        let descriptor = Descriptor::new(&media_type, digest, length(&bytes));
        let blob = Blob::check(descriptor, bytes).map_err(mismatch)?;
        self.remember(name, &blob);
        if let (Pointer::Tag(tag), Some(etag)) = (pointer, reply.headers.get(header::ETAG)) {
            self.shared().tags.insert((name.clone(), tag.clone()), (etag.clone(), digest));
        }
        Ok(blob)
    }
    async fn blob(&self, descriptor: &Descriptor) -> Result<Blob, Error> {
        let call = self.blob_call(Method::GET, &descriptor.digest, PULL);
        let limits = &self.shared().limits;
        LimitExceeded::check("bytes of a blob in memory", limits.blob_bytes, descriptor.size)
            .map_err(|source| Error::Limit { exchange: call.exchange(), source })?;
        let seconds = descriptor.size.checked_div(limits.slowest).unwrap_or_default();
        let span = limits.document_time.saturating_add(Duration::from_secs(seconds));
        // One byte more than described is enough to know.
        let limit = descriptor.size.saturating_add(1);
        let reply = match self.call(&call, Wanted::Whole { what: TOO_LONG, limit, span }).await {
            Err(Error::Limit { exchange, source }) if source.what == TOO_LONG => {
                let source = Mismatch::Size { expected: descriptor.size, found: limit };
                return Err(Error::Mismatch { exchange, source });
            }
            done => Self::expect(&call, done?, &[StatusCode::OK])?,
        };
        Blob::check(descriptor.clone(), reply.content)
            .map_err(|source| Error::Mismatch { exchange: call.exchange(), source })
    }
    pub(super) async fn exists(&self, descriptor: &Descriptor, actions: &str) -> Result<bool, Error> {
        let call = if media_type::is_manifest(&descriptor.media_type) {
            self.manifest_call(Method::HEAD, &Pointer::Digest(descriptor.digest), actions)
        } else {
            self.blob_call(Method::HEAD, &descriptor.digest, actions)
        };
        let reply = self.call(&call, Wanted::Head).await?;
        match reply.status {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Self::expect(&call, reply, &[]).map(|_| false),
        }
    }
    pub(super) fn remember(&self, name: &plimsoll_core::Repository, blob: &Blob) {
        let descriptor = blob.descriptor();
        let value = (descriptor.media_type.clone(), blob.to_bytes());
        self.shared().manifests.insert_weighing((name.clone(), descriptor.digest), value, blob.bytes().len());
    }
    fn remembered(&self, name: &plimsoll_core::Repository, digest: &Digest) -> Option<Blob> {
        let (media_type, bytes) = self.shared().manifests.get(&(name.clone(), *digest))?;
        Blob::check(Descriptor::new(&media_type, *digest, length(&bytes)), bytes).ok()
    }
    /// What a tag was, and the validator of that.
    fn known(&self, name: &plimsoll_core::Repository, pointer: &Pointer) -> Option<(HeaderValue, Blob)> {
        let Pointer::Tag(tag) = pointer else { return None };
        let (etag, digest) = self.shared().tags.get(&(name.clone(), Tag::clone(tag)))?;
        Some((etag, self.remembered(name, &digest)?))
    }
}

/// What a HEAD says, where it says all.
fn claimed(reply: &Reply, pointer: &Pointer) -> Option<Descriptor> {
    let digest: Digest = reply.header(&super::push::DOCKER_CONTENT_DIGEST)?.parse().ok()?;
    // A registry may answer by another algorithm than the one that was asked with (distribution-spec, Pulling manifests).
    let digest = match pointer {
        Pointer::Digest(asked) => *asked,
        Pointer::Tag(_) => digest,
    };
    let size = reply.header(&header::CONTENT_LENGTH)?.parse().ok()?;
    let media_type = media_type::essence(reply.header(&header::CONTENT_TYPE)?);
    (!is_untyped(media_type)).then(|| Descriptor::new(media_type, digest, size))
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
    let header = header.map(media_type::essence).filter(|text| !is_untyped(text));
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

fn is_untyped(text: &str) -> bool {
    UNTYPED.iter().any(|none| media_type::same(none, text))
}

pub(super) fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// What a server says that does not know the type.
const UNTYPED: [&str; 4] = ["application/json", "application/octet-stream", "text/plain", ""];
const TOO_LONG: &str = "bytes than described";
