//! Manifests on their way in.

use super::{
    Content, Machine, Repository,
    call::{Call, Reply, Wanted},
    endpoint::{PUSH, Talk},
};
use crate::Error;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Blob, Digest, Mismatch, Pointer, Referrer};
use plimsoll_oci::Manifest;

/// What became of a manifest that was pushed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "an entry that the registry does not keep has to be listed by whoever pushes"]
pub enum Pushed {
    /// It is there, and nothing else is to be done.
    Done,
    /// It refers to something, and the registry does not say that it keeps the list: the entry has to be written under the referrers tag
    /// ([`Repository::list_under_tag`]).
    Unlisted {
        /// What it refers to.
        subject: Digest,
        /// The entry.
        entry: Referrer,
    },
}

impl Repository {
    /// Pushes a manifest under its digest or a tag.
    pub fn push_manifest(&self, manifest: &Blob, pointer: &Pointer) -> Machine<Pushed> {
        let (repository, manifest, pointer) = (self.clone(), manifest.clone(), pointer.clone());
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            let reply = talk.put_manifest(&repository.name, &manifest, &pointer, None).await?;
            let Ok(parsed) = Manifest::parse(&manifest) else { return Ok(Pushed::Done) };
            match parsed.subject() {
                Some(subject)
                    if reply.header(&OCI_SUBJECT).and_then(|text| text.parse().ok()) != Some(subject.digest) =>
                {
                    let entry = parsed.referrer(manifest.descriptor().clone());
                    Ok(Pushed::Unlisted { subject: subject.digest, entry })
                }
                _ => Ok(Pushed::Done),
            }
        })
    }
}

impl Talk {
    pub(super) async fn put_manifest(
        &self,
        name: &plimsoll_core::Repository,
        manifest: &Blob,
        pointer: &Pointer,
        condition: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Reply, Error> {
        let descriptor = manifest.descriptor();
        let mut call = self.at(Method::PUT, &format!("manifests/{pointer}"), PUSH);
        // The type exactly as the document writes it, without parameters.
        if let Ok(value) = HeaderValue::try_from(&*descriptor.media_type) {
            call = call.header(header::CONTENT_TYPE, value);
        }
        call.headers.extend(condition.map(|(name, value)| (Some(name), value)));
        call.content = Content::Bytes(manifest.to_bytes());
        let reply = self.call(&call, Wanted::Head).await?;
        let reply = Self::expect(&call, reply, &[StatusCode::CREATED])?;
        same_digest(&call, &reply, &descriptor.digest)?;
        self.remember(name, manifest);
        Ok(reply)
    }
}

/// A digest that the registry gives must be ours; one of another algorithm cannot be compared.
pub(super) fn same_digest(call: &Call, reply: &Reply, expected: &Digest) -> Result<(), Error> {
    match reply.header(&DOCKER_CONTENT_DIGEST).and_then(|text| text.parse::<Digest>().ok()) {
        Some(found) if found.algorithm() == expected.algorithm() && found != *expected => {
            Err(Error::Mismatch { exchange: call.exchange(), source: Mismatch::Digest { expected: *expected, found } })
        }
        _ => Ok(()),
    }
}

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
pub(super) const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
