//! The repositories of a registry: one OCI image layout each.

use crate::refusal::Refusal;
use plimsoll_core::{BlobCheck, Descriptor, Digest, Replay as _, Repository, StoreError, next_chunk};
use plimsoll_oci::{layout, media_type};
use plimsoll_store::{Access, Layout};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// Layouts at `<root>/<name>/_layout`. No component of a name begins with `_`, so no repository is inside of another.
pub(crate) struct Repositories {
    root: PathBuf,
    open: Mutex<BTreeMap<Repository, Layout>>,
    /// Files that were read whole and had their digest, as they were then.
    verified: Mutex<BTreeMap<PathBuf, Stamp>>,
}

/// What changes when somebody writes to a file.
type Stamp = (u64, Option<SystemTime>);

impl Repositories {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, open: Mutex::default(), verified: Mutex::default() }
    }
    /// The layout of a repository; `None` where nothing was pushed yet.
    pub(crate) fn find(&self, repository: &Repository) -> Result<Option<Layout>, Refusal> {
        if let Some(layout) = lock(&self.open).get(repository) {
            return Ok(Some(layout.clone()));
        }
        match Layout::open(self.path(repository), Access::Write) {
            Ok(layout) => Ok(Some(self.keep(repository, layout))),
            Err(StoreError::Absent { .. }) => Ok(None),
            Err(_) if !self.path(repository).exists() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
    /// The layout of a repository, made if there is none.
    pub(crate) fn create(&self, repository: &Repository) -> Result<Layout, Refusal> {
        match self.find(repository)? {
            Some(layout) => Ok(layout),
            None => Ok(self.keep(repository, Layout::create(self.path(repository))?)),
        }
    }
    fn keep(&self, repository: &Repository, layout: Layout) -> Layout {
        let mut open = lock(&self.open);
        if open.len() >= MOST_OPEN {
            open.clear();
        }
        open.entry(repository.clone()).or_insert(layout).clone()
    }
    fn path(&self, repository: &Repository) -> PathBuf {
        self.root.join(repository.path()).join("_layout")
    }
    /// Says that content was just checked: it was received and hashed.
    pub(crate) fn received(&self, repository: &Repository, digest: &Digest) {
        let path = self.path(repository).join(layout::blob_path(digest));
        if let Some(stamp) = stamp(&path) {
            self.remember(path, stamp);
        }
    }
    /// The size of a blob that is there and is what its digest says. One that was changed in the storage is not that blob: it is
    /// absent, and pushing it again heals it.
    pub(crate) async fn whole(
        &self,
        repository: &Repository,
        layout: &Layout,
        digest: &Digest,
    ) -> Result<Option<u64>, Refusal> {
        let Some(size) = layout.stat(digest)? else { return Ok(None) };
        let path = self.path(repository).join(layout::blob_path(digest));
        let now = stamp(&path);
        if now.is_some() && lock(&self.verified).get(&path).copied() == now {
            return Ok(Some(size));
        }
        let content = layout.open_blob(digest)?;
        let mut check = BlobCheck::new(Descriptor::new(media_type::OCTET_STREAM, *digest, size));
        let mut body = content.open_at(0);
        while let Some(chunk) = next_chunk(&mut body).await {
            if check.push(&chunk.map_err(StoreError::from)?).is_err() {
                return Ok(None);
            }
            // Hashing a large file takes a while; others want to be served too.
            tokio::task::yield_now().await;
        }
        if check.finish().is_err() {
            return Ok(None);
        }
        if let Some(stamp) = now {
            self.remember(path, stamp);
        }
        Ok(Some(size))
    }
    fn remember(&self, path: PathBuf, stamp: Stamp) {
        let mut verified = lock(&self.verified);
        if verified.len() >= MOST_VERIFIED {
            verified.clear();
        }
        verified.insert(path, stamp);
    }
}

fn stamp(path: &std::path::Path) -> Option<Stamp> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

/// A panic elsewhere cannot leave a map half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Each open layout holds a file descriptor.
const MOST_OPEN: usize = 64;
const MOST_VERIFIED: usize = 65_536;
