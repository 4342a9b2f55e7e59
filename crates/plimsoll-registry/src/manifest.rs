//! Manifests: end-3, end-7, end-9.

use crate::{
    body::{Answer, empty, full, next},
    refusal::Refusal,
    registry::{CONTENT_DIGEST, Registry, StoredContent, set},
    tags::page_bytes,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use http_body::Body;
use plimsoll_core::{Blob, Descriptor, Digest, Pointer, Repository, Resolve as _, Retag as _, StoreError, Tag};
use plimsoll_oci::{Manifest, media_type};
use plimsoll_store::Layout;

impl Registry {
    pub(crate) async fn manifest(&self, repository: &Repository, pointer: &Pointer) -> Result<Answer, Refusal> {
        let unknown = || unknown(pointer);
        let layout = self.0.repositories.find(repository)?.ok_or_else(unknown)?;
        let descriptor = match layout.resolve(pointer).await {
            Err(StoreError::Absent { .. } | StoreError::Mismatch(_)) => return Err(unknown()),
            resolved => resolved?,
        };
        let bytes = match (layout.read_checked(&descriptor, self.0.limits.manifest_bytes), self.0.stored) {
            (Ok(blob), _) => blob.to_bytes(),
            (Err(StoreError::Mismatch(_)), StoredContent::Trust) => self.as_stored(&layout, &descriptor).await?,
            // What was changed in the storage is not that manifest any more.
            (Err(StoreError::Absent { .. } | StoreError::Mismatch(_)), _) => return Err(unknown()),
            (Err(error), _) => return Err(error.into()),
        };
        let mut answer = Response::new(full(bytes));
        set(&mut answer, header::CONTENT_TYPE, &descriptor.media_type);
        set(&mut answer, header::ETAG, &etag(&descriptor.digest));
        set(&mut answer, CONTENT_DIGEST, &descriptor.digest.to_string());
        Ok(answer)
    }
    async fn as_stored(&self, layout: &Layout, descriptor: &Descriptor) -> Result<Bytes, Refusal> {
        use plimsoll_core::Replay as _;
        let content = layout.open_blob(&descriptor.digest)?;
        let (mut body, mut bytes) = (content.open_at(0), Vec::new());
        while let Some(chunk) = plimsoll_core::next_chunk(&mut body).await {
            bytes.extend_from_slice(&chunk.map_err(StoreError::from)?);
            if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > self.0.limits.manifest_bytes {
                return Err(Refusal::not_found("MANIFEST_UNKNOWN", descriptor.digest));
            }
        }
        Ok(bytes.into())
    }
    pub(crate) async fn put_manifest<B>(
        &self,
        repository: &Repository,
        pointer: &Pointer,
        request: Request<B>,
    ) -> Result<Answer, Refusal>
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        let (head, body) = request.into_parts();
        let bytes = self.read_manifest(body).await?;
        let declared = declared_type(&head.headers, &bytes)?;
        let manifest = Manifest::parse_bytes(&declared, &bytes)
            .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", error.to_string()))?;
        let digest = match pointer {
            Pointer::Digest(digest) => *digest,
            Pointer::Tag(_) => Digest::sha256_of(&bytes),
        };
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let blob = Blob::check(Descriptor::new(&declared, digest, size), bytes).map_err(StoreError::from)?;
        let layout = self.0.repositories.create(repository)?;
        self.check_children(repository, &layout, &manifest).await?;
        // Its entry in a list of referrers must fit into a page, or nobody could read the list.
        if manifest.subject().is_some()
            && page_bytes(&[manifest.referrer(blob.descriptor().clone())]) > self.0.limits.manifest_bytes
        {
            let message = "expected annotations that fit into a list of referrers";
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message));
        }
        let _one_at_a_time = self.0.tagging.lock().await;
        check_condition(&head.headers, &layout, pointer).await?;
        layout.put(&blob)?;
        if let Pointer::Tag(tag) = pointer {
            layout.retag(blob.descriptor(), tag).await?;
        }
        let mut answer = empty(StatusCode::CREATED);
        set(&mut answer, header::LOCATION, &format!("/v2/{}/manifests/{digest}", repository.path()));
        set(&mut answer, header::ETAG, &etag(&digest));
        set(&mut answer, CONTENT_DIGEST, &digest.to_string());
        if let Some(subject) = manifest.subject() {
            set(&mut answer, OCI_SUBJECT, &subject.digest.to_string());
        }
        Ok(answer)
    }
    pub(crate) async fn delete_manifest(&self, repository: &Repository, pointer: &Pointer) -> Result<Answer, Refusal> {
        let _one_at_a_time = self.0.tagging.lock().await;
        let layout = self.0.repositories.find(repository)?.ok_or_else(|| unknown(pointer))?;
        let was_there = match pointer {
            Pointer::Digest(digest) => layout.delete_manifest(digest)?,
            Pointer::Tag(tag) => layout.untag(tag)?,
        };
        if was_there { Ok(empty(StatusCode::ACCEPTED)) } else { Err(unknown(pointer)) }
    }
    async fn read_manifest<B>(&self, mut body: B) -> Result<Bytes, Refusal>
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        let mut bytes = Vec::new();
        while let Some(chunk) = next(&mut body, self.0.limits.body_idle).await? {
            let length = u64::try_from(bytes.len().saturating_add(chunk.len())).unwrap_or(u64::MAX);
            if length > self.0.limits.manifest_bytes {
                let message = format!("expected a manifest of at most {} bytes", self.0.limits.manifest_bytes);
                return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.into())
    }
    /// What a manifest names must be there before it, so that a half-pushed image is never tagged. The subject may be missing, and so may
    /// a layer that says where else it is.
    async fn check_children(
        &self,
        repository: &Repository,
        layout: &Layout,
        manifest: &Manifest,
    ) -> Result<(), Refusal> {
        let needed = manifest.blobs().filter(|blob| blob.urls.is_empty()).chain(manifest.manifests());
        for child in needed {
            let descriptor = &child.descriptor;
            let found = self.size_of(repository, layout, &descriptor.digest).await?;
            if found != Some(descriptor.size) {
                let message = match found {
                    None => format!("{} is not there", descriptor.digest),
                    Some(found) => format!("{} has {found} bytes, not {}", descriptor.digest, descriptor.size),
                };
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN", message));
            }
        }
        Ok(())
    }
}

/// The type of the header, else of the document.
fn declared_type(headers: &HeaderMap, bytes: &[u8]) -> Result<String, Refusal> {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "mediaType")]
        media_type: Option<String>,
    }
    let header = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(media_type::essence);
    let own = || serde_json::from_slice::<Typed>(bytes).ok().and_then(|typed| typed.media_type);
    header.map(str::to_owned).or_else(own).ok_or_else(|| {
        Refusal::new(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", "expected a Content-Type or a mediaType")
    })
}

/// `If-Match` and `If-None-Match` of RFC 9110, section 13.1, on a tag: what keeps concurrent writers of a referrers tag from losing
/// one another's entries.
async fn check_condition(headers: &HeaderMap, layout: &Layout, pointer: &Pointer) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or_default());
    let (only_if, only_if_not) = (text(header::IF_MATCH), text(header::IF_NONE_MATCH));
    if only_if.is_none() && only_if_not.is_none() {
        return Ok(());
    }
    let now = match pointer {
        Pointer::Tag(tag) => current(layout, tag)?,
        Pointer::Digest(digest) => layout.stat(digest)?.map(|_| *digest),
    };
    let lists = |list: &str| {
        now.is_some_and(|now| list.split(',').any(|item| matches!(item.trim(), "*") || item.trim() == etag(&now)))
    };
    if only_if.is_some_and(|list| !lists(list)) || only_if_not.is_some_and(lists) {
        return Err(Refusal::new(StatusCode::PRECONDITION_FAILED, "DENIED", "the tag is not what the condition says"));
    }
    Ok(())
}

fn current(layout: &Layout, tag: &Tag) -> Result<Option<Digest>, Refusal> {
    let index = layout.index()?;
    let found =
        index.find(tag).map_err(|_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "a broken index"))?;
    Ok(found.map(|descriptor| descriptor.digest))
}

fn etag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

fn unknown(pointer: &Pointer) -> Refusal {
    Refusal::not_found("MANIFEST_UNKNOWN", pointer)
}

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
