//! The traits of core, over a layout.

use super::{Layout, absent, receive};
use plimsoll_core::{
    BoxBody, Descriptor, Digest, Fetch, Pointer, Push, Referrer, Referrers, Replay, Resolve, Retag, StoreError, Tag,
};
use plimsoll_oci::media_type;

impl Fetch for Layout {
    async fn fetch(&self, descriptor: &Descriptor) -> Result<BoxBody, StoreError> {
        Ok(Box::pin(self.body(descriptor)?))
    }
}

/// A manifest is listed in `index.json` too, untagged, as oras-go does: that is how its referrers and tools find it.
impl Push for Layout {
    async fn push(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<(), StoreError> {
        if !self.holds(descriptor)? {
            let mut staged = self.stage()?;
            receive(&mut staged, descriptor, content.open_at(0)).await?;
            staged.commit_as(descriptor)?;
        }
        self.list(descriptor)
    }
}

impl Resolve for Layout {
    async fn resolve(&self, pointer: &Pointer) -> Result<Descriptor, StoreError> {
        match pointer {
            Pointer::Digest(digest) => self.find(digest)?,
            Pointer::Tag(tag) => self.index()?.find(tag).map_err(|error| self.malformed(&error))?.cloned(),
        }
        .ok_or_else(|| absent(pointer))
    }
}

impl Retag for Layout {
    async fn retag(&self, manifest: &Descriptor, tag: &Tag) -> Result<(), StoreError> {
        if !media_type::is_manifest(&manifest.media_type) {
            let message = format!(
                "expected a manifest to tag `{tag}`, found `{}`",
                plimsoll_core::Escaped::new(&manifest.media_type)
            );
            return Err(StoreError::other(plimsoll_oci::code::UNSUPPORTED_MEDIA_TYPE, message));
        }
        // A tag never leads to what is not there.
        if self.stat(&manifest.digest)? != Some(manifest.size) {
            return Err(absent(&manifest.digest));
        }
        self.change(|index| {
            let moves = index.find(tag) != Ok(Some(manifest)); // an ambiguous tag is healed by moving it
            if moves {
                index.tag(manifest, tag);
            }
            moves
        })?;
        Ok(())
    }
}

impl Referrers for Layout {
    async fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Referrer>, StoreError> {
        self.list_referrers(subject, artifact_type)
    }
}
