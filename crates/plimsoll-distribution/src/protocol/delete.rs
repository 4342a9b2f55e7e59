//! Deleting, and what a registry answers when it is asked whether it is one.

use super::{
    Machine, Registry, Repository,
    call::{Call, Wanted},
    endpoint::{DELETE, Talk},
};
use crate::Error;
use http::{Method, StatusCode};
use plimsoll_core::{Digest, Pointer, Tag};

impl Repository {
    /// Deletes a manifest, and with it its tags ([distribution-spec, Deleting Manifests][spec]). A registry that does not do that says 400
    /// or 405, which is an error.
    ///
    /// Where a registry has no referrers API, whoever deletes a manifest with a subject has to take its entry out of the list
    /// ([`Repository::unlist_under_tag`]).
    ///
    /// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-manifests
    pub fn delete_manifest(&self, digest: &Digest) -> Machine<()> {
        let (repository, digest) = (self.clone(), *digest);
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            let call = talk.manifest_call(Method::DELETE, &Pointer::Digest(digest), DELETE);
            talk.delete(&call).await?;
            talk.shared().manifests.remove(&(repository.name.clone(), digest));
            Ok(())
        })
    }
    /// Deletes a tag, and leaves the manifest.
    pub fn delete_tag(&self, tag: &Tag) -> Machine<()> {
        let (repository, tag) = (self.clone(), tag.clone());
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            let call = talk.manifest_call(Method::DELETE, &Pointer::Tag(tag.clone()), DELETE);
            talk.delete(&call).await?;
            talk.shared().tags.remove(&(repository.name.clone(), tag));
            Ok(())
        })
    }
    /// Deletes a blob.
    pub fn delete_blob(&self, digest: &Digest) -> Machine<()> {
        let (repository, digest) = (self.clone(), *digest);
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            talk.delete(&talk.blob_call(Method::DELETE, &digest, DELETE)).await
        })
    }
}

impl Registry {
    /// Asks whether this is a registry, and whether the login is good ([distribution-spec, Determining Support][spec]).
    ///
    /// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#determining-support
    pub fn ping(&self) -> Machine<()> {
        let registry = self.clone();
        Machine::new(|port| async move {
            let talk = registry.talk(port);
            let call = talk.at(Method::GET, "", "");
            let reply = talk.call(&call, Wanted::Head).await?;
            Talk::expect(&call, reply, &[StatusCode::OK]).map(|_| ())
        })
    }
}

impl Talk {
    async fn delete(&self, call: &Call) -> Result<(), Error> {
        let reply = self.call(call, Wanted::Head).await?;
        // 202 by the specification; others are about.
        Self::expect(call, reply, &[StatusCode::ACCEPTED, StatusCode::OK, StatusCode::NO_CONTENT]).map(|_| ())
    }
}
