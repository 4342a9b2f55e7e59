//! One OCI image layout directory: one repository.

use crate::{
    code,
    directory::{Directory, broken},
    file::{self, FileBody, FileContent},
    staged::{self, Staged},
};
use plimsoll_core::{Blob, BoxBody, Classify as _, Descriptor, Digest, Escaped, Mismatch, StoreError, Tag, next_chunk};
use plimsoll_oci::{LayoutError, LayoutIndex, layout as format, media_type};
use std::{
    collections::BTreeSet,
    fs::File,
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex},
};

mod answer;
mod content;
mod referrers;

/// What may be done to a layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Reading alone. The directory is not touched.
    Read,
    /// Reading and writing.
    Write,
}

/// Limits on what is read whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of `index.json` and of a manifest: 4 MiB, as distribution, oras-go and notation-go.
    pub manifest: u64,
    /// Bytes of a blob that is an answer to a question: 32 MiB, as oras-go's `ReadAll` and notation-go's envelopes.
    pub blob: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { manifest: 4 << 20, blob: 32 << 20 }
    }
}

/// An OCI image layout on disk. Cheap to clone; clones are the same layout.
///
/// Readers need no lock. Writers of `index.json` wait for one another, in this process and across processes. Everything that
/// was acknowledged is durable: file, name and directory are synced before a call returns. No link below the directory is followed.
///
/// Calls block for the time of small file operations; they wait for nothing else, so they may be awaited on any runtime.
#[derive(Clone, Debug)]
pub struct Layout(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: Directory,
    access: Access,
    limits: Limits,
    known: Mutex<referrers::Known>,
}

/// The file whose lock a writer of `index.json` holds.
const LOCK: &str = ".index.lock";

impl Layout {
    /// Opens a layout that is there.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where there is none; malformed or unsupported for a directory that is none.
    pub fn open(path: impl AsRef<Path>, access: Access) -> Result<Self, StoreError> {
        let layout = Self::of(Directory::open(path.as_ref())?, access);
        let limits = layout.0.limits;
        let Some(header) = layout.root().read_whole(format::HEADER_FILE, limits.manifest)? else {
            return Err(StoreError::Absent { what: Escaped::new(&layout.root().show(format::HEADER_FILE)) });
        };
        format::check_header(&header).map_err(|error| layout.malformed(&error))?;
        layout.index()?;
        if access == Access::Write {
            staged::sweep(layout.root())?;
        }
        Ok(layout)
    }
    /// Opens a layout for writing, and makes it in a directory that is missing or empty.
    ///
    /// # Errors
    /// As [`Layout::open`]; a directory that holds something else is not taken.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        std::fs::create_dir_all(path).map_err(|error| broken("make", &path.display().to_string(), &error))?;
        let layout = Self::of(Directory::open(path)?, Access::Write);
        let root = layout.root();
        let others = |name: &String| !matches!(name.as_str(), staged::AREA | LOCK | "blobs" | format::INDEX_FILE);
        if root.read(format::HEADER_FILE)?.is_none() {
            if root.names(64)?.iter().any(others) {
                let message = format!("`{}`: expected an OCI image layout or an empty directory", path.display());
                return Err(StoreError::other(plimsoll_oci::code::MALFORMED_LAYOUT, message));
            }
            let _lock = root.lock(LOCK)?;
            root.make("blobs")?.make("sha256")?;
            if root.read(format::INDEX_FILE)?.is_none() {
                layout.replace(format::INDEX_FILE, LayoutIndex::default().to_blob().bytes())?;
            }
            layout.replace(format::HEADER_FILE, &format::header())?;
        }
        Self::open(path, Access::Write)
    }
    fn of(root: Directory, access: Access) -> Self {
        Self(Arc::new(Inner { root, access, limits: Limits::default(), known: Mutex::default() }))
    }
    pub(crate) fn root(&self) -> &Directory {
        &self.0.root
    }

    /// Reads `index.json`.
    ///
    /// # Errors
    /// [`StoreError`] where it is missing, too large, or no index.
    pub fn index(&self) -> Result<LayoutIndex, StoreError> {
        let Some(bytes) = self.root().read_whole(format::INDEX_FILE, self.0.limits.manifest)? else {
            return Err(StoreError::Absent { what: Escaped::new(&self.root().show(format::INDEX_FILE)) });
        };
        LayoutIndex::parse(&bytes).map_err(|error| self.malformed(&error))
    }
    /// The tags, in order.
    ///
    /// # Errors
    /// As [`Layout::index`].
    pub fn tags(&self) -> Result<BTreeSet<Tag>, StoreError> {
        Ok(self.index()?.tags())
    }
    /// The size of a blob; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be found out.
    pub fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let Some(file) = self.blob(digest)? else { return Ok(None) };
        let metadata = file.metadata().map_err(|error| broken("examine", &format::blob_path(digest), &error))?;
        Ok(Some(metadata.len()))
    }
    /// Opens a blob, unchecked, as content that can be read from any offset.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where there is none.
    pub fn open_blob(&self, digest: &Digest) -> Result<FileContent, StoreError> {
        let file = self.blob(digest)?.ok_or_else(|| absent(digest))?;
        FileContent::of(file).map_err(|error| broken("examine", &format::blob_path(digest), &error))
    }
    /// Reads content whole, checked, of at most `limit` bytes.
    ///
    /// # Errors
    /// [`StoreError::Mismatch`] where the file is not the described content; it is not given out then.
    pub fn read_checked(&self, descriptor: &Descriptor, limit: u64) -> Result<Blob, StoreError> {
        plimsoll_core::LimitExceeded::check("bytes of a blob", limit, descriptor.size)
            .map_err(|error| StoreError::other(error.code(), error.to_string()))?;
        let found = self.stat(&descriptor.digest)?.ok_or_else(|| absent(&descriptor.digest))?;
        if found != descriptor.size {
            return Err(Mismatch::Size { expected: descriptor.size, found }.into());
        }
        let bytes = self.blobs(&descriptor.digest)?.map(|blobs| blobs.read_whole(&descriptor.digest.encoded(), limit));
        let bytes = bytes.transpose()?.flatten().ok_or_else(|| absent(&descriptor.digest))?;
        Ok(Blob::check(descriptor.clone(), bytes.into())?)
    }
    /// Reads the manifest that a digest names, checked, with the media type that the layout lists it by.
    ///
    /// # Errors
    /// As [`Layout::read_checked`]; [`StoreError::Absent`] for what the layout does not list.
    pub fn read_manifest(&self, digest: &Digest) -> Result<Blob, StoreError> {
        let descriptor = self.find(digest)?.ok_or_else(|| absent(digest))?;
        self.read_checked(&descriptor, self.0.limits.manifest)
    }

    /// Starts writing content.
    ///
    /// # Errors
    /// [`StoreError`] where the layout is not open for writing.
    pub fn stage(&self) -> Result<Staged, StoreError> {
        self.writable()?;
        Staged::new(self.clone())
    }
    /// Stores bytes that are known to be what their descriptor says, and lists them if they are a manifest.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be made durable.
    pub fn put(&self, blob: &Blob) -> Result<(), StoreError> {
        let descriptor = blob.descriptor();
        if !self.holds(descriptor)? {
            let mut staged = self.stage()?;
            staged.write_all(blob.bytes()).map_err(|error| broken("write", &descriptor.digest.to_string(), &error))?;
            staged.commit_as(descriptor)?;
        }
        self.list(descriptor)
    }
    /// Takes a tag away. Says whether it was there.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be made durable.
    pub fn untag(&self, tag: &Tag) -> Result<bool, StoreError> {
        self.change(|index| index.untag(tag))
    }
    /// Takes a manifest out of the list, with its tags, and removes its file. Says whether it was there.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be made durable.
    pub fn delete_manifest(&self, digest: &Digest) -> Result<bool, StoreError> {
        let was_listed = self.change(|index| index.remove(digest))?;
        if was_listed {
            self.delete_blob(digest)?;
        }
        Ok(was_listed)
    }
    /// Removes a blob. Says whether it was there. Whether something still needs it is the caller's to know.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be made durable.
    pub fn delete_blob(&self, digest: &Digest) -> Result<bool, StoreError> {
        self.writable()?;
        let Some(blobs) = self.blobs(digest)? else { return Ok(false) };
        let found = blobs.remove(&digest.encoded())?;
        blobs.sync()?;
        Ok(found)
    }

    fn blobs(&self, digest: &Digest) -> Result<Option<Directory>, StoreError> {
        self.root().enter("blobs")?.map(|blobs| blobs.enter(digest.algorithm())).transpose().map(Option::flatten)
    }
    fn blob(&self, digest: &Digest) -> Result<Option<File>, StoreError> {
        self.blobs(digest)?.map(|blobs| blobs.read(&digest.encoded())).transpose().map(Option::flatten)
    }
    fn body(&self, descriptor: &Descriptor) -> Result<FileBody, StoreError> {
        let file = self.blob(&descriptor.digest)?.ok_or_else(|| absent(&descriptor.digest))?;
        let size = file.metadata().map_err(|error| broken("examine", &descriptor.digest.to_string(), &error))?.len();
        if size != descriptor.size {
            return Err(Mismatch::Size { expected: descriptor.size, found: size }.into());
        }
        Ok(FileBody::new(Arc::new(file), 0, size))
    }
    /// Whether the described content is there and whole. A file that was changed is as good as none: it is written anew.
    fn holds(&self, descriptor: &Descriptor) -> Result<bool, StoreError> {
        let Some(file) = self.blob(&descriptor.digest)? else { return Ok(false) };
        let checked = file::check(&file, descriptor);
        Ok(checked.map_err(|error| broken("read", &descriptor.digest.to_string(), &error))?.is_ok())
    }
    fn list(&self, descriptor: &Descriptor) -> Result<(), StoreError> {
        if media_type::is_manifest(&descriptor.media_type) {
            self.change(|index| index.add(descriptor.clone()))?;
        }
        Ok(())
    }
    /// Changes `index.json` under the lock. `change` says whether it changed anything.
    fn change(&self, change: impl FnOnce(&mut LayoutIndex) -> bool) -> Result<bool, StoreError> {
        self.writable()?;
        let _lock = self.root().lock(LOCK)?;
        let mut index = self.index()?;
        if !change(&mut index) {
            return Ok(false);
        }
        let blob = index.to_blob();
        plimsoll_core::LimitExceeded::check("bytes of index.json", self.0.limits.manifest, blob.descriptor().size)
            .map_err(|error| StoreError::other(error.code(), error.to_string()))?;
        self.replace(format::INDEX_FILE, blob.bytes())?;
        Ok(true)
    }
    /// Replaces a file at once: readers see the old one or the new one.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let area = self.root().make(staged::AREA)?;
        let temporary = format!("{}{name}", staged::NEW);
        area.remove(&temporary)?; // of a process that died; we hold the lock
        let Some(mut file) = area.create(&temporary)? else {
            return Err(StoreError::Absent { what: Escaped::new(&area.show(&temporary)) });
        };
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(|error| broken("write", &area.show(&temporary), &error))?;
        self.root().take(&area, &temporary, name)
    }
    fn writable(&self) -> Result<(), StoreError> {
        match self.0.access {
            Access::Write => Ok(()),
            Access::Read => {
                Err(StoreError::other(code::READ_ONLY, format!("`{}` is open for reading alone", self.shown())))
            }
        }
    }
    fn shown(&self) -> String {
        self.root().show("").trim_end_matches('/').to_owned()
    }
    fn malformed(&self, error: &LayoutError) -> StoreError {
        StoreError::other(error.code(), format!("`{}`: {error}", self.shown()))
    }
}

pub(crate) fn absent(what: &impl ToString) -> StoreError {
    StoreError::Absent { what: Escaped::new(&what.to_string()) }
}

/// Writes a stream to a stage, no further than the described size.
async fn receive(staged: &mut Staged, descriptor: &Descriptor, mut body: BoxBody) -> Result<(), StoreError> {
    while let Some(chunk) = next_chunk(&mut body).await {
        let chunk = chunk?;
        let found = staged.size().saturating_add(chunk.len().try_into().unwrap_or(u64::MAX));
        if found > descriptor.size {
            return Err(Mismatch::Size { expected: descriptor.size, found }.into());
        }
        staged.write_all(&chunk).map_err(|error| broken("write", &descriptor.digest.to_string(), &error))?;
    }
    Ok(())
}
