//! Which manifests of a layout refer to which.
//!
//! A layout has no list of referrers: they are the manifests in `index.json`, and in the indexes that it lists, whose `subject`
//! says so. What a manifest says never changes, so each is read once.

use super::{Layout, absent};
use plimsoll_core::{Budget, Classify as _, Descriptor, Digest, LimitExceeded, Referrer, StoreError};
use plimsoll_oci::{Manifest, media_type};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of manifests that were read: what each refers to, and the children that it lists.
pub(super) type Known = BTreeMap<Digest, Told>;

/// What one manifest tells.
#[derive(Clone, Debug)]
pub(super) struct Told {
    subject: Option<Digest>,
    referrer: Referrer,
    children: Vec<Descriptor>,
}

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
        let mut found = Vec::new();
        self.walk(|told| {
            let matches =
                artifact_type.is_none_or(|wanted| told.referrer.claimed_artifact_type.as_deref() == Some(wanted));
            if told.subject == Some(*subject) && matches {
                found.push(told.referrer.clone());
            }
            false
        })?;
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
        let known = |known: &Known| known.get(&descriptor.digest).cloned();
        if let Some(told) = self.0.known.lock().ok().and_then(|map| known(&map)) {
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
        if let Ok(mut map) = self.0.known.lock() {
            map.insert(descriptor.digest, told.clone());
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
