//! Content that is a file.

use plimsoll_core::{Body, BodyError, BoxBody, Bytes, Descriptor, Replay, StoreError};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::directory::broken;

/// Bytes that are read at once.
pub(crate) const CHUNK: usize = 64 * 1024;

/// A file as a stream, from its current place to its end. Reading blocks for the time of a read from disk.
#[derive(Debug)]
pub struct FileBody {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl FileBody {
    pub(crate) fn new(file: Arc<File>, at: u64, end: u64) -> Self {
        Self { file, at, left: end.saturating_sub(at) }
    }
    fn next(&mut self) -> Result<Option<Bytes>, std::io::Error> {
        if self.left == 0 {
            return Ok(None);
        }
        let most = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
        let mut chunk = vec![0; most];
        let read = self.file.read_at(&mut chunk, self.at)?;
        chunk.truncate(read);
        let length = u64::try_from(read).unwrap_or(u64::MAX);
        self.at = self.at.saturating_add(length);
        self.left = if read == 0 { 0 } else { self.left.saturating_sub(length) };
        Ok(Some(chunk.into()).filter(|chunk: &Bytes| !chunk.is_empty()))
    }
}

impl Body for FileBody {
    fn poll_chunk(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        Poll::Ready(self.next().map_err(|error| BodyError::Broken(error.to_string().into())).transpose())
    }
}

/// A file as content that can be read again from any offset.
#[derive(Clone, Debug)]
pub struct FileContent {
    file: Arc<File>,
    size: u64,
}

impl FileContent {
    /// Opens a file that the user named.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let shown = path.display().to_string();
        let file = File::open(path).map_err(|error| broken("open", &shown, &error))?;
        Self::of(file).map_err(|error| broken("examine", &shown, &error))
    }
    pub(crate) fn of(file: File) -> std::io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), size })
    }
    /// Reads it once to describe it, by SHA-256.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub fn describe(&self, media_type: &str) -> Result<Descriptor, StoreError> {
        let mut hasher = plimsoll_core::Hasher::sha256();
        let mut body = FileBody::new(self.file.clone(), 0, self.size);
        while let Some(chunk) = body.next().map_err(|error| BodyError::Broken(error.to_string().into()))? {
            hasher.push(&chunk);
        }
        Ok(hasher.finish(media_type).descriptor().clone())
    }
}

impl Replay for FileContent {
    fn size(&self) -> u64 {
        self.size
    }
    fn open_at(&self, offset: u64) -> BoxBody {
        Box::pin(FileBody::new(self.file.clone(), offset.min(self.size), self.size))
    }
}

/// Hashes a file from its start with the algorithm of a digest.
pub(crate) fn check(file: &File, descriptor: &Descriptor) -> std::io::Result<Result<(), plimsoll_core::Mismatch>> {
    let mut reader = file;
    reader.seek(SeekFrom::Start(0))?;
    let mut check = plimsoll_core::BlobCheck::new(descriptor.clone());
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = reader.read(&mut chunk)?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        if let Err(mismatch) = check.push(bytes) {
            return Ok(Err(mismatch));
        }
    }
    Ok(check.finish().map(|_| ()))
}
