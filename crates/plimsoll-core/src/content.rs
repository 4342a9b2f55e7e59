//! Streams of content, without a runtime.

use alloc::boxed::Box;
use bytes::Bytes;
use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

/// A source of content in chunks: poll-based, so that it is object-safe and its futures are `Send`.
///
/// # Contract
/// `None` ends the stream; after it, or after an error, nothing more is asked. A chunk may be empty. Nothing is promised of the
/// bytes: whoever reads checks them.
pub trait Body: Send {
    /// Gives the next chunk.
    fn poll_chunk(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>>;
}

/// A stream of content on the heap.
pub type BoxBody = Pin<Box<dyn Body>>;

/// Waits for the next chunk of a body.
///
/// # Errors
/// What the body says.
pub async fn next_chunk(body: &mut BoxBody) -> Option<Result<Bytes, BodyError>> {
    poll_fn(|cx| body.as_mut().poll_chunk(cx)).await
}

/// Content that can be read again from any offset. Without it there is no retry and no resumed upload.
pub trait Replay: Send + Sync {
    /// The size in bytes.
    fn size(&self) -> u64;
    /// Opens the content at `offset`.
    fn open_at(&self, offset: u64) -> BoxBody;
}

impl<T: Replay + ?Sized> Replay for &T {
    fn size(&self) -> u64 {
        (**self).size()
    }
    fn open_at(&self, offset: u64) -> BoxBody {
        (**self).open_at(offset)
    }
}

impl Replay for Bytes {
    fn size(&self) -> u64 {
        u64::try_from(self.len()).unwrap_or(u64::MAX)
    }
    fn open_at(&self, offset: u64) -> BoxBody {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        Box::pin(OneChunk(Some(self.slice(from..))))
    }
}

/// A body of one chunk.
#[derive(Debug)]
pub struct OneChunk(Option<Bytes>);

impl OneChunk {
    /// Makes a body that gives `bytes` once.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self(Some(bytes))
    }
}

impl Body for OneChunk {
    fn poll_chunk(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        Poll::Ready(self.0.take().filter(|chunk| !chunk.is_empty()).map(Ok))
    }
}

/// Why a stream broke off.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The connection ended, or the file could not be read, before the end.
    #[error("the content broke off: {0}")]
    Broken(Box<str>),
    /// Nothing came for too long.
    #[error("the content stalled for {seconds} s")]
    Stalled {
        /// The time waited.
        seconds: u64,
    },
}
