//! Content on its way in.

use crate::{
    directory::{Directory, broken, failed},
    file,
    layout::Layout,
};
use plimsoll_core::{Descriptor, Digest, Hasher, Mismatch, StoreError};
use plimsoll_oci::media_type;
use rustix::fs::{FlockOperation, flock, fstat};
use std::{
    fs::File,
    io::Write,
    sync::atomic::{AtomicU64, Ordering},
};

/// Content that is being written into a [`Layout`]: hashed as it comes, visible under no digest until it is committed.
///
/// Dropped without a commit, it leaves nothing behind. What a killed process left is swept when a layout is next opened for
/// writing. Memory does not grow with the content.
#[derive(Debug)]
pub struct Staged {
    layout: Layout,
    area: Directory,
    name: String,
    file: Option<File>,
    hasher: Option<Hasher>,
}

/// Where unfinished content is, below the directory of a layout.
pub(crate) const AREA: &str = ".staging";
/// What the names of files begin with that will replace another.
pub(crate) const NEW: &str = "new-";

impl Staged {
    pub(crate) fn new(layout: Layout) -> Result<Self, StoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let area = layout.root().make(AREA)?;
        loop {
            let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let Some(file) = area.create(&name)? else { continue };
            // Whoever sweeps takes the lock first, so content of a living process stays.
            flock(&file, FlockOperation::LockExclusive).map_err(|error| failed("lock", &area.show(&name), error))?;
            // A sweep may have come between the two.
            let stat = fstat(&file).map_err(|error| failed("examine", &area.show(&name), error))?;
            if stat.st_nlink == 0 {
                continue;
            }
            return Ok(Self { layout, area, name, file: Some(file), hasher: Some(Hasher::sha256()) });
        }
    }
    /// The number of bytes so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.hasher.as_ref().map_or(0, Hasher::size)
    }
    /// Commits under the SHA-256 of what was written. When this returns, the content is durable.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be made durable.
    pub fn commit(mut self, media_type: &str) -> Result<Descriptor, StoreError> {
        let Some(hasher) = self.hasher.take() else { return Err(self.gone()) };
        let checked = hasher.finish(media_type);
        self.keep(&checked.descriptor().digest)?;
        Ok(checked.descriptor().clone())
    }
    /// Commits if what was written has this digest.
    ///
    /// # Errors
    /// [`StoreError::Mismatch`] where it has another; nothing is left behind then.
    pub fn commit_digest(mut self, digest: &Digest) -> Result<Descriptor, StoreError> {
        let Some(hasher) = self.hasher.take() else { return Err(self.gone()) };
        let checked = hasher.finish(media_type::OCTET_STREAM);
        let descriptor = Descriptor::new(media_type::OCTET_STREAM, *digest, checked.descriptor().size);
        match digest {
            Digest::Sha256(_) => {
                let found = checked.descriptor().digest;
                if found != *digest {
                    return Err(Mismatch::Digest { expected: *digest, found }.into());
                }
            }
            // Hashed as SHA-256 while it came; another algorithm is rare and costs a second reading.
            _ => self.recheck(&descriptor)?,
        }
        self.keep(digest)?;
        Ok(descriptor)
    }
    /// Commits if what was written is the described content.
    ///
    /// # Errors
    /// [`StoreError::Mismatch`] where it is not; nothing is left behind then.
    pub fn commit_as(self, descriptor: &Descriptor) -> Result<(), StoreError> {
        if self.size() != descriptor.size {
            return Err(Mismatch::Size { expected: descriptor.size, found: self.size() }.into());
        }
        self.commit_digest(&descriptor.digest).map(|_| ())
    }
    fn recheck(&self, descriptor: &Descriptor) -> Result<(), StoreError> {
        let Some(file) = &self.file else { return Err(self.gone()) };
        let checked = file::check(file, descriptor);
        Ok(checked.map_err(|error| broken("read", &self.area.show(&self.name), &error))??)
    }
    /// Bytes first, then the name, then the directory: after a crash a name never stands for half a file.
    fn keep(&mut self, digest: &Digest) -> Result<(), StoreError> {
        let Some(file) = self.file.take() else { return Err(self.gone()) };
        file.sync_all().map_err(|error| broken("sync", &self.area.show(&self.name), &error))?;
        let blobs = self.layout.root().make("blobs")?.make(digest.algorithm())?;
        let kept = blobs.take(&self.area, &self.name, &digest.encoded());
        if kept.is_err() {
            self.file = Some(file);
        }
        kept
    }
    fn gone(&self) -> StoreError {
        StoreError::Absent { what: self.area.show(&self.name).as_str().into() }
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let (Some(file), Some(hasher)) = (&mut self.file, &mut self.hasher) else {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        };
        let written = file.write(bytes)?;
        hasher.push(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = self.area.remove(&self.name); // the next sweep takes what stays
        }
    }
}

/// Removes what dead processes left.
pub(crate) fn sweep(root: &Directory) -> Result<(), StoreError> {
    const MOST: usize = 10_000;
    let Some(area) = root.enter(AREA)? else { return Ok(()) };
    for name in area.names(MOST)? {
        // What stands for `index.json` is guarded by another lock.
        if !name.starts_with(NEW)
            && let Some(file) = area.read(&name)?
            && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
        {
            area.remove(&name)?;
        }
    }
    Ok(())
}
