//! A repository in memory.

use crate::layout::absent;
use plimsoll_core::{
    Answer, Answerer, Blob, BoxBody, Bytes, Classify as _, Descriptor, Digest, Failure, Fetch, Mismatch, OneChunk,
    Pointer, Push, Referrer, Referrers, Replay, Resolve, Retag, StoreError, Tag, Want, code, next_chunk,
};
use plimsoll_oci::{LayoutIndex, Manifest, media_type};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A repository in memory, with the same traits as a layout. Cheap to clone; clones are the same repository.
#[derive(Clone, Default, Debug)]
pub struct Memory(Arc<Mutex<State>>);

#[derive(Default, Debug)]
struct State {
    blobs: BTreeMap<Digest, Bytes>,
    index: LayoutIndex,
}

impl Memory {
    /// Makes an empty repository.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Stores a blob; a manifest is listed.
    pub fn put(&self, blob: &Blob) {
        let mut state = self.state();
        state.blobs.insert(blob.descriptor().digest, blob.to_bytes());
        if media_type::is_manifest(&blob.descriptor().media_type) {
            state.index.add(blob.descriptor().clone());
        }
    }
    /// The tags, in order.
    #[must_use]
    pub fn tags(&self) -> std::collections::BTreeSet<Tag> {
        self.state().index.tags()
    }
    /// Reads content, checked.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where there is none.
    pub fn read_checked(&self, descriptor: &Descriptor) -> Result<Blob, StoreError> {
        let bytes = self.state().blobs.get(&descriptor.digest).cloned().ok_or_else(|| absent(&descriptor.digest))?;
        Ok(Blob::check(descriptor.clone(), bytes)?)
    }
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetch for Memory {
    async fn fetch(&self, descriptor: &Descriptor) -> Result<BoxBody, StoreError> {
        let bytes = self.state().blobs.get(&descriptor.digest).cloned().ok_or_else(|| absent(&descriptor.digest))?;
        Ok(Box::pin(OneChunk::new(bytes)))
    }
}

impl Push for Memory {
    async fn push(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        let mut body = content.open_at(0);
        while let Some(chunk) = next_chunk(&mut body).await {
            bytes.extend_from_slice(&chunk?);
            let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if found > descriptor.size {
                return Err(Mismatch::Size { expected: descriptor.size, found }.into());
            }
        }
        self.put(&Blob::check(descriptor.clone(), bytes.into())?);
        Ok(())
    }
}

impl Resolve for Memory {
    async fn resolve(&self, pointer: &Pointer) -> Result<Descriptor, StoreError> {
        let state = self.state();
        let found = match pointer {
            Pointer::Digest(digest) => state.index.entry(digest).map(|entry| &entry.descriptor),
            Pointer::Tag(tag) => {
                state.index.find(tag).map_err(|error| StoreError::other(error.code(), error.to_string()))?
            }
        };
        found.cloned().ok_or_else(|| absent(pointer))
    }
}

impl Retag for Memory {
    async fn retag(&self, manifest: &Descriptor, tag: &Tag) -> Result<(), StoreError> {
        let mut state = self.state();
        if !state.blobs.contains_key(&manifest.digest) {
            return Err(absent(&manifest.digest));
        }
        state.index.tag(manifest, tag);
        Ok(())
    }
}

impl Referrers for Memory {
    async fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Referrer>, StoreError> {
        let listed: Vec<_> = self.state().index.entries().iter().map(|entry| entry.descriptor.clone()).collect();
        let mut seen = std::collections::BTreeSet::new();
        let mut found = Vec::new();
        for descriptor in listed {
            if !seen.insert(descriptor.digest) {
                continue;
            }
            let Ok(manifest) = Manifest::parse(&self.read_checked(&descriptor)?) else { continue };
            let is_wanted = artifact_type.is_none_or(|wanted| manifest.artifact_type() == Some(wanted));
            if manifest.refers_to(subject) && is_wanted {
                found.push(manifest.referrer(descriptor));
            }
        }
        Ok(found)
    }
}

impl Answerer for Memory {
    async fn answer(&self, want: &Want) -> Answer {
        match want {
            Want::Blob { descriptor, .. } | Want::Manifest { descriptor, .. } => {
                self.read_checked(descriptor).map_or_else(Into::into, |blob| Answer::Bytes(blob.to_bytes()))
            }
            Want::Referrers { subject, artifact_type, .. } => {
                self.referrers(subject, artifact_type.as_deref()).await.map_or_else(Into::into, Answer::Referrers)
            }
            Want::Resolve { reference } => {
                self.resolve(&reference.pointer()).await.map_or_else(Into::into, Answer::Descriptor)
            }
            _ => {
                Answer::Failed(Failure::new(code::NOT_SUPPORTED, "a repository in memory cannot answer this question"))
            }
        }
    }
}
