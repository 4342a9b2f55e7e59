//! What the registry acknowledged.

use plimsoll_core::Digest;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// Kept by all pushers together.
#[derive(Default)]
pub(super) struct Ledger {
    known: Mutex<Known>,
    images: AtomicU64,
    cut: AtomicU64,
    next: AtomicU64,
    stopped: AtomicBool,
}

/// Everything for which an acknowledgement was received.
#[derive(Clone, Default)]
pub(super) struct Known {
    /// Blobs and manifests, by repository.
    pub(super) content: BTreeSet<(String, Digest)>,
    /// Tags that are written once.
    pub(super) tags: BTreeMap<(String, String), Digest>,
    /// Tags that move: every digest that one was to point at, in order, and how many of them were acknowledged.
    pub(super) moving: BTreeMap<(String, String), (Vec<Digest>, usize)>,
}

impl Known {
    pub(super) fn count(&self) -> u64 {
        let moved: usize = self.moving.values().map(|(_, acknowledged)| acknowledged).sum();
        (self.content.len() + self.tags.len() + moved) as u64
    }
}

impl Ledger {
    /// The number of the next image to push, while there is one.
    pub(super) fn take(&self, all: u64) -> Option<u64> {
        Some(self.next.fetch_add(1, Ordering::SeqCst)).filter(|number| *number < all)
    }
    pub(super) fn content(&self, repository: &str, digest: Digest) {
        self.lock().content.insert((repository.to_owned(), digest));
    }
    pub(super) fn tag(&self, repository: &str, tag: &str, digest: Digest) {
        self.lock().tags.insert((repository.to_owned(), tag.to_owned()), digest);
    }
    /// A moving tag is about to be written.
    pub(super) fn moving(&self, repository: &str, tag: &str, digest: Digest) {
        let mut known = self.lock();
        let (digests, _) = known.moving.entry((repository.to_owned(), tag.to_owned())).or_default();
        digests.push(digest);
    }
    /// The last write of a moving tag was acknowledged.
    pub(super) fn moved(&self, repository: &str, tag: &str) {
        if let Some((digests, acknowledged)) = self.lock().moving.get_mut(&(repository.to_owned(), tag.to_owned())) {
            *acknowledged = digests.len();
        }
    }
    pub(super) fn done(&self) {
        self.images.fetch_add(1, Ordering::SeqCst);
    }
    pub(super) fn failed(&self) {
        self.cut.fetch_add(1, Ordering::SeqCst);
    }
    pub(super) fn images(&self) -> u64 {
        self.images.load(Ordering::SeqCst)
    }
    pub(super) fn cut(&self) -> u64 {
        self.cut.load(Ordering::SeqCst)
    }
    pub(super) fn known(&self) -> Known {
        self.lock().clone()
    }
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
