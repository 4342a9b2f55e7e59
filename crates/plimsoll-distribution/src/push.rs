//! Pushing: blobs by POST and PUT, manifests by PUT, tags by PUT of what is there.

use crate::{
    Error, RemoteRepository, Response,
    exchange::{Call, read_whole},
    gate::required,
    repository::{PUSH, scope_of},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Blob, Descriptor, Digest, Mismatch, Pointer, Push, Replay, Repository, Retag, StoreError, Tag};
use plimsoll_oci::{Manifest, media_type};
use url::Url;

impl RemoteRepository {
    /// Pushes content, unless it is there: a blob by one POST and one PUT, streamed; a manifest by PUT.
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
        if self.exists_within(descriptor, PUSH).await? {
            return Ok(());
        }
        self.upload(descriptor, content, None).await
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
        if self.exists_within(descriptor, PUSH).await? {
            return Ok(());
        }
        let mut call = self.at(Method::POST, "blobs/uploads/", PUSH);
        call.url
            .query_pairs_mut()
            .append_pair("mount", &descriptor.digest.to_string())
            .append_pair("from", from.path());
        call.scopes.push(scope_of(from, crate::repository::PULL));
        let response = self.call(&call).await?;
        match response.status {
            // A registry may say so and not have done it, so it is asked.
            StatusCode::CREATED if self.exists_within(descriptor, PUSH).await? => Ok(()),
            StatusCode::ACCEPTED => {
                let session = self.session(&call, &response)?;
                self.upload(descriptor, content, Some(session)).await
            }
            _ => self.upload(descriptor, content, None).await,
        }
    }
    /// Pushes a manifest under its digest or a tag.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn push_manifest(&self, manifest: &Blob, pointer: &Pointer) -> Result<(), Error> {
        let response = self.put_manifest(manifest, pointer, None).await?;
        if let Ok(parsed) = Manifest::parse(manifest)
            && let Some(subject) = parsed.subject()
            && response.header(&OCI_SUBJECT).and_then(|text| text.parse().ok()) != Some(subject.digest)
        {
            self.list_under_tag(&subject.digest, parsed.referrer(manifest.descriptor().clone())).await?;
        }
        Ok(())
    }
    pub(crate) async fn put_manifest(
        &self,
        manifest: &Blob,
        pointer: &Pointer,
        condition: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Response, Error> {
        let descriptor = manifest.descriptor();
        let mut call = self.at(Method::PUT, &format!("manifests/{pointer}"), PUSH);
        // The type exactly as the document writes it, without parameters.
        if let Ok(value) = HeaderValue::try_from(&*descriptor.media_type) {
            call = call.header(header::CONTENT_TYPE, value);
        }
        call.headers.extend(condition.map(|(name, value)| (Some(name), value)));
        let bytes = manifest.to_bytes();
        call.content = Some((descriptor, &bytes));
        let response = self.call(&call).await?;
        let response = self.expect(&call, response, &[StatusCode::CREATED]).await?;
        same_digest(&call, &response, &descriptor.digest)?;
        self.remember(manifest);
        Ok(response)
    }
    /// Uploads a blob whole, in `session` or a new one. What broke off is begun anew, in a new session.
    async fn upload(&self, descriptor: &Descriptor, content: &dyn Replay, session: Option<Url>) -> Result<(), Error> {
        let (mut session, mut attempt) = (session, 1);
        loop {
            let url = match session.take() {
                Some(url) => url,
                None => self.begin().await?,
            };
            let error = match self.complete(url, descriptor, content).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            // A session that the registry no longer knows is as lost as a connection.
            let lost = matches!(error, Error::Status { status: 404 | 416, .. });
            if !lost && !error.is_passing() {
                return Err(error);
            }
            attempt = self.pause(attempt, None, error).await?;
        }
    }
    async fn begin(&self) -> Result<Url, Error> {
        let call = self.at(Method::POST, "blobs/uploads/", PUSH);
        let response = self.call(&call).await?;
        let response = self.expect(&call, response, &[StatusCode::ACCEPTED]).await?;
        self.session(&call, &response)
    }
    /// Where the upload goes on: on the registry's own origin, since content and credentials are sent there.
    fn session(&self, call: &Call<'_>, response: &Response) -> Result<Url, Error> {
        let location = response.header(&header::LOCATION);
        let location = required(location, || call.exchange(), "an upload session with a Location")?;
        self.gate().same_origin(&call.url, location, "upload location")
    }
    async fn complete(&self, mut url: Url, descriptor: &Descriptor, content: &dyn Replay) -> Result<(), Error> {
        // What the location's query holds already is the registry's, and is kept.
        url.query_pairs_mut().append_pair("digest", &descriptor.digest.to_string());
        let mut call = self.at(Method::PUT, "", PUSH);
        call.url = url;
        let mut call = call.header(header::CONTENT_TYPE, HeaderValue::from_static(media_type::OCTET_STREAM));
        call.content = Some((descriptor, content));
        let response = self.call_once(&call).await?;
        let response = self.expect(&call, response, &[StatusCode::CREATED]).await?;
        same_digest(&call, &response, &descriptor.digest)
    }
    async fn read_manifest(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<Blob, Error> {
        let exchange = self.at(Method::PUT, &format!("manifests/{}", descriptor.digest), PUSH).exchange();
        let limit = self.client().limits().document_bytes;
        let bytes = read_whole(&exchange, content.open_at(0), "bytes of a manifest", limit).await?;
        Blob::check(descriptor.clone(), bytes).map_err(Error::Source)
    }
}

impl Push for RemoteRepository {
    async fn push(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<(), StoreError> {
        Ok(self.push_content(descriptor, content).await?)
    }
}

impl Retag for RemoteRepository {
    async fn retag(&self, manifest: &Descriptor, tag: &Tag) -> Result<(), StoreError> {
        let blob = self.manifest(&Pointer::Digest(manifest.digest)).await?;
        self.put_manifest(&blob, &Pointer::Tag(tag.clone()), None).await?;
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

/// A digest that the registry gives must be ours; one of another algorithm cannot be compared.
fn same_digest(call: &Call<'_>, response: &Response, expected: &Digest) -> Result<(), Error> {
    match response.header(&DOCKER_CONTENT_DIGEST).and_then(|text| text.parse::<Digest>().ok()) {
        Some(found) if found.algorithm() == expected.algorithm() && found != *expected => {
            Err(Error::Mismatch { exchange: call.exchange(), source: Mismatch::Digest { expected: *expected, found } })
        }
        _ => Ok(()),
    }
}

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
