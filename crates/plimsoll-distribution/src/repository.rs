//! One repository of a registry.

use crate::{
    Client, Error,
    download::Download,
    drive::Source,
    protocol::{self, Pushed},
};
use plimsoll_core::{
    Blob, BoxBody, Descriptor, Digest, Fetch, LimitExceeded, Mismatch, Pointer, Push, Referrer, Referrers, Replay,
    Repository, Resolve, Retag, StoreError, Tag, next_chunk,
};
use plimsoll_oci::{Manifest, media_type};
use url::Url;

/// One repository: implements the store traits of `plimsoll-core`.
///
/// A tag is resolved by fetching the manifest and hashing it; `Docker-Content-Digest` is never the digest of anything
/// (notation-go CVE-2023-33959).
#[derive(Clone, Debug)]
pub struct RemoteRepository {
    client: Client,
    protocol: protocol::Repository,
}

impl RemoteRepository {
    pub(crate) fn new(client: Client, protocol: protocol::Repository) -> Self {
        Self { client, protocol }
    }
    /// The name.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        self.protocol.name()
    }
    /// Where it is: the URL that every path of the distribution specification is appended to.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.protocol.url()
    }
    /// The client that it belongs to.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
    /// Fetches a manifest whole: by digest, checked against it; by tag, described by what came.
    ///
    /// # Errors
    /// [`Error`]; [`Error::is_absent`] when the registry said that it is not there.
    pub async fn manifest(&self, pointer: &Pointer) -> Result<Blob, Error> {
        self.client.drive(self.protocol.manifest(pointer)).await
    }
    /// What a tag or digest means, as the registry says it, without the manifest: to see whether something changed, and for nothing that
    /// is then trusted.
    ///
    /// # Errors
    /// [`Error`]; [`Error::is_absent`] when the registry said that it is not there.
    pub async fn claimed_descriptor(&self, pointer: &Pointer) -> Result<Descriptor, Error> {
        self.client.drive(self.protocol.claimed_descriptor(pointer)).await
    }
    /// Fetches a blob whole, checked.
    ///
    /// # Errors
    /// [`Error`]; one larger than [`Limits::blob_bytes`](crate::Limits::blob_bytes) is not asked for.
    pub async fn blob(&self, descriptor: &Descriptor) -> Result<Blob, Error> {
        self.client.drive(self.protocol.blob(descriptor)).await
    }
    /// Says whether the registry has this content.
    ///
    /// # Errors
    /// [`Error`], when it did not say.
    pub async fn exists(&self, descriptor: &Descriptor) -> Result<bool, Error> {
        self.client.drive(self.protocol.exists(descriptor)).await
    }
    /// Opens content. The stream is unchecked, as the contract of [`Fetch`] has it. Where it breaks off, it goes on from there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn open(&self, descriptor: &Descriptor) -> Result<BoxBody, Error> {
        self.open_from(descriptor, 0).await
    }
    /// Opens content at its byte `offset`, for whoever has the bytes before it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn open_from(&self, descriptor: &Descriptor, offset: u64) -> Result<BoxBody, Error> {
        Download::open(&self.client, self.protocol.download(descriptor, offset), descriptor.digest).await
    }
    /// Pushes content, unless it is there: a blob as [`ClientBuilder::uploading`](crate::ClientBuilder::uploading) has it, streamed; a
    /// manifest by PUT.
    ///
    /// A manifest with a subject is also listed under the referrers tag where the registry does not say that it keeps the list
    /// (distribution-spec, Pushing Manifests with Subject).
    ///
    /// # Errors
    /// [`Error`]; [`Error::Source`] when the content is not the described one, and then nothing was stored.
    pub async fn push_content(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<(), Error> {
        check_size(descriptor, content)?;
        if media_type::is_manifest(&descriptor.media_type) {
            let blob = self.read_manifest(descriptor, content).await?;
            return self.push_manifest(&blob, &Pointer::Digest(descriptor.digest)).await;
        }
        let machine = self.protocol.upload(descriptor, self.client.0.uploading);
        self.client.send(machine, Source { descriptor, content }).await
    }
    /// Takes a blob over from another repository of the same registry, or uploads it where the registry does not do that.
    ///
    /// # Errors
    /// As [`RemoteRepository::push_content`].
    pub async fn push_from(
        &self,
        descriptor: &Descriptor,
        from: &Repository,
        content: &dyn Replay,
    ) -> Result<(), Error> {
        check_size(descriptor, content)?;
        let machine = self.protocol.mount(descriptor, from, self.client.0.uploading);
        self.client.send(machine, Source { descriptor, content }).await
    }
    /// Pushes a manifest under its digest or a tag.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn push_manifest(&self, manifest: &Blob, pointer: &Pointer) -> Result<(), Error> {
        match self.client.drive(self.protocol.push_manifest(manifest, pointer)).await? {
            Pushed::Done => Ok(()),
            Pushed::Unlisted { subject, entry } => {
                let _one_at_a_time = self.client.0.updating.lock().await;
                self.client.drive(self.protocol.list_under_tag(&subject, entry)).await
            }
        }
    }
    /// Deletes a manifest, and takes it out of the list of what it refers to where the registry has no referrers API.
    ///
    /// # Errors
    /// [`Error`]; status 400 or 405 where the registry deletes nothing.
    pub async fn delete_manifest(&self, digest: &Digest) -> Result<(), Error> {
        let manifest = self.manifest(&Pointer::Digest(*digest)).await?;
        self.client.drive(self.protocol.delete_manifest(digest)).await?;
        let subject = Manifest::parse(&manifest).ok().and_then(|parsed| parsed.subject().map(|one| one.digest));
        let Some(subject) = subject else { return Ok(()) };
        if self.client.drive(self.protocol.has_referrers_api(&subject)).await? {
            return Ok(());
        }
        let _one_at_a_time = self.client.0.updating.lock().await;
        self.client.drive(self.protocol.unlist_under_tag(&subject, digest)).await
    }
    /// Deletes a tag, and leaves what it means.
    ///
    /// # Errors
    /// [`Error`]; status 400 or 405 where the registry does not do that.
    pub async fn delete_tag(&self, tag: &Tag) -> Result<(), Error> {
        self.client.drive(self.protocol.delete_tag(tag)).await
    }
    /// Deletes a blob.
    ///
    /// # Errors
    /// [`Error`]; status 400 or 405 where the registry does not do that.
    pub async fn delete_blob(&self, digest: &Digest) -> Result<(), Error> {
        self.client.drive(self.protocol.delete_blob(digest)).await
    }
    /// Lists the tags, in the registry's order, each once. What is no tag is left out.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn tags(&self) -> Result<Vec<Tag>, Error> {
        self.client.drive(self.protocol.tags()).await
    }
    /// Lists what refers to `subject`: every page of the API, or the fallback tag where the registry has no API.
    ///
    /// Only a 404 of the API means that there is none; no other refusal becomes an empty list. Entries are told apart by
    /// digest and, whatever the registry says of its filter, filtered here.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn list_referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Referrer>, Error> {
        self.client.drive(self.protocol.referrers(subject, artifact_type)).await
    }
    /// Says whether the registry has a referrers API.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn has_referrers_api(&self, subject: &Digest) -> Result<bool, Error> {
        self.client.drive(self.protocol.has_referrers_api(subject)).await
    }
    async fn read_manifest(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<Blob, Error> {
        let exchange = self.protocol.exchange_of(&descriptor.digest);
        let limit = self.client.limits().document_bytes;
        LimitExceeded::check("bytes of a manifest", limit, descriptor.size)
            .map_err(|source| Error::Limit { exchange: exchange.clone(), source })?;
        let (mut body, mut bytes) = (content.open_at(0), Vec::new());
        while let Some(chunk) = next_chunk(&mut body).await {
            bytes.extend_from_slice(&chunk.map_err(|source| Error::Body { exchange: exchange.clone(), source })?);
            if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > descriptor.size {
                break; // the check says so
            }
        }
        Blob::check(descriptor.clone(), bytes.into()).map_err(Error::Source)
    }
}

impl Fetch for RemoteRepository {
    async fn fetch(&self, descriptor: &Descriptor) -> Result<BoxBody, StoreError> {
        Ok(self.open(descriptor).await?)
    }
}

impl Push for RemoteRepository {
    async fn push(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<(), StoreError> {
        Ok(self.push_content(descriptor, content).await?)
    }
}

impl Referrers for RemoteRepository {
    async fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Referrer>, StoreError> {
        Ok(self.list_referrers(subject, artifact_type).await?)
    }
}

impl Resolve for RemoteRepository {
    async fn resolve(&self, pointer: &Pointer) -> Result<Descriptor, StoreError> {
        Ok(self.manifest(pointer).await?.descriptor().clone())
    }
}

impl Retag for RemoteRepository {
    async fn retag(&self, manifest: &Descriptor, tag: &Tag) -> Result<(), StoreError> {
        let blob = self.manifest(&Pointer::Digest(manifest.digest)).await?;
        // What it refers to was listed when the manifest came.
        let _ = self.client.drive(self.protocol.push_manifest(&blob, &Pointer::Tag(tag.clone()))).await?;
        Ok(())
    }
}

fn check_size(descriptor: &Descriptor, content: &dyn Replay) -> Result<(), Error> {
    let found = content.size();
    if found == descriptor.size {
        Ok(())
    } else {
        Err(Error::Source(Mismatch::Size { expected: descriptor.size, found }))
    }
}
