//! Which manifests of a layout refer to which.
//!
//! A layout has no list of referrers: they are the manifests in `index.json`, and in the indexes that it lists, whose `subject`
//! says so. What a manifest says never changes, so each is read once.

use super::{Layout, absent};
use plimsoll_core::{Budget, Classify as _, Descriptor, Digest, LimitExceeded, Referrer, StoreError};
use plimsoll_oci::{Manifest, media_type};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of manifests that were read: what each refers to, and the children that it lists. When it is full it forgets
/// everything, which costs only time: whoever may push could otherwise fill the memory of a registry with annotations.
#[derive(Debug, Default)]
pub(super) struct Known {
    told: BTreeMap<Digest, Told>,
    bytes: u64,
}

impl Known {
    fn get(&self, digest: &Digest) -> Option<Told> {
        self.told.get(digest).cloned()
    }
    fn insert(&mut self, digest: Digest, told: Told) {
        let bytes = told.bytes();
        if bytes > KEPT {
            return;
        }
        if self.bytes.saturating_add(bytes) > KEPT {
            *self = Self::default();
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.told.insert(digest, told);
    }
}

/// What one manifest tells.
#[derive(Clone, Debug)]
pub(super) struct Told {
    subject: Option<Digest>,
    referrer: Referrer,
    children: Vec<Descriptor>,
}

impl Told {
    /// About what it takes in memory.
    fn bytes(&self) -> u64 {
        let annotations =
            self.referrer.claimed_annotations.iter().map(|(key, value)| key.len().saturating_add(value.len()));
        let entries = self.referrer.claimed_annotations.len().saturating_add(self.children.len()).saturating_add(1);
        let bytes = annotations.fold(entries.saturating_mul(ENTRY), usize::saturating_add);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// Bytes that an entry takes beside its text.
const ENTRY: usize = 256;
/// Bytes of what is known: 64 MiB.
const KEPT: u64 = 64 << 20;
/// Bytes of a list of referrers: 64 MiB, as much as the client of registries reads.
const LISTED: u64 = 64 << 20;
/// Deepest nesting of indexes, as the expansion of an index has it.
const DEPTH: usize = 8;
/// Most manifests that one walk visits: what fits into an `index.json` of 4 MiB, and the children of some.
const NODES: u64 = 100_000;

impl Layout {
    pub(super) fn list_referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Referrer>, StoreError> {
        let (mut found, mut budget) = (Vec::new(), Budget::new("bytes of a list of referrers", LISTED));
        let mut spent = Ok(());
        self.walk(|told| {
            let matches =
                artifact_type.is_none_or(|wanted| told.referrer.claimed_artifact_type.as_deref() == Some(wanted));
            if told.subject == Some(*subject) && matches {
                spent = budget.spend(told.bytes());
                found.push(told.referrer.clone());
            }
            spent.is_err()
        })?;
        spent.map_err(limit)?;
        Ok(found)
    }
    /// The manifest that a digest names: an entry of `index.json`, or of an index below it.
    pub(super) fn find(&self, digest: &Digest) -> Result<Option<Descriptor>, StoreError> {
        if let Some(entry) = self.index()?.entry(digest) {
            return Ok(Some(entry.descriptor.clone()));
        }
        let mut found = None;
        self.walk(|told| {
            found = told.children.iter().find(|child| child.digest == *digest).cloned();
            found.is_some()
        })?;
        Ok(found)
    }
    /// Visits every manifest, level by level, each once, until `visit` says that it is done.
    fn walk(&self, mut visit: impl FnMut(&Told) -> bool) -> Result<(), StoreError> {
        let mut budget = Budget::new("manifests in a layout", NODES);
        let mut level: Vec<_> = self.index()?.entries().iter().map(|entry| entry.descriptor.clone()).collect();
        let mut seen = BTreeSet::new();
        for depth in 0..=DEPTH {
            let mut next = Vec::new();
            for descriptor in level {
                budget.spend(1).map_err(limit)?;
                if !media_type::is_manifest(&descriptor.media_type) || !seen.insert(descriptor.digest) {
                    continue;
                }
                // "Blobs may be missing": below an index that is usual, what `index.json` itself lists must be there.
                let Some(told) = self.tell(&descriptor, depth == 0)? else { continue };
                if visit(&told) {
                    return Ok(());
                }
                next.extend(told.children);
            }
            if next.is_empty() {
                return Ok(());
            }
            level = next;
        }
        Err(limit(LimitExceeded { what: "levels of indexes in a layout", limit: DEPTH.try_into().unwrap_or(u64::MAX) }))
    }
    fn tell(&self, descriptor: &Descriptor, is_required: bool) -> Result<Option<Told>, StoreError> {
        if let Some(told) = self.0.known.lock().ok().and_then(|known| known.get(&descriptor.digest)) {
            return Ok(Some(told));
        }
        let blob = match self.read_checked(descriptor, self.0.limits.manifest) {
            Ok(blob) => blob,
            Err(StoreError::Absent { .. }) if !is_required => return Ok(None),
            Err(StoreError::Absent { .. }) => return Err(missing(descriptor)),
            Err(error) => return Err(error),
        };
        // What is no manifest refers to nothing.
        let Ok(manifest) = Manifest::parse(&blob) else { return Ok(None) };
        let told = Told {
            subject: manifest.subject().map(|subject| subject.digest),
            referrer: manifest.referrer(descriptor.clone()),
            children: manifest.manifests().iter().map(|entry| entry.descriptor.clone()).collect(),
        };
        if let Ok(mut known) = self.0.known.lock() {
            known.insert(descriptor.digest, told.clone());
        }
        Ok(Some(told))
    }
}

/// Without it nobody can say whether it refers to something, so it must not look like "no referrers".
fn missing(descriptor: &Descriptor) -> StoreError {
    let message = format!("{}; `index.json` lists it", absent(&descriptor.digest));
    StoreError::other(plimsoll_core::code::NOT_FOUND, message)
}

fn limit(error: LimitExceeded) -> StoreError {
    StoreError::other(error.code(), error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_oci::ImageManifest;

    fn told(mark: &str, size: usize) -> (Digest, Told) {
        let blob = ImageManifest::artifact("application/x").annotate(mark, "x".repeat(size)).to_blob();
        let descriptor = blob.descriptor().clone();
        let referrer = Manifest::parse(&blob).map(|manifest| manifest.referrer(descriptor.clone())).unwrap();
        (descriptor.digest, Told { subject: None, referrer, children: Vec::new() })
    }

    #[test]
    fn what_is_remembered_of_manifests_is_bounded_in_bytes() {
        let mut known = Known::default();
        let mut last = None;
        for mark in 0..100 {
            let (digest, told) = told(&mark.to_string(), 1 << 20);
            known.insert(digest, told);
            assert!(known.bytes <= KEPT);
            last = Some(digest);
        }
        assert!(known.told.len() <= 64, "{}", known.told.len());
        assert!(known.get(&last.unwrap()).is_some());
    }
}
