//! Content on its way out, checked as it goes.

use crate::Error;
use plimsoll_core::{BlobCheck, Body, BodyError, BoxBody, Bytes, Descriptor, Mismatch};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

/// What was found out about content while it was sent.
#[derive(Default)]
pub(crate) struct Outgoing(Arc<Mutex<Option<Mismatch>>>);

impl Outgoing {
    /// Wraps content so that it breaks off, before its last byte, when it is not the described one.
    pub(crate) fn check(&self, descriptor: Descriptor, body: BoxBody) -> BoxBody {
        let left = descriptor.size;
        Box::pin(Checking { body, left, check: Some(BlobCheck::new(descriptor)), found: self.0.clone() })
    }
    /// The mismatch, if there was one; else `error`.
    pub(crate) fn error(&self, error: Error) -> Error {
        let found = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.map_or(error, Error::Source)
    }
}

struct Checking {
    body: BoxBody,
    left: u64,
    check: Option<BlobCheck>,
    found: Arc<Mutex<Option<Mismatch>>>,
}

impl Checking {
    /// Takes a chunk; `None` for the end. The check is finished with the chunk that completes the size: a stack that counts
    /// need not ask for more after it.
    fn take(&mut self, chunk: Option<&[u8]>) -> Result<(), Mismatch> {
        let Some(mut check) = self.check.take() else {
            let more = u64::try_from(chunk.unwrap_or_default().len()).unwrap_or(u64::MAX);
            return if more == 0 { Ok(()) } else { Err(Mismatch::Size { expected: 0, found: more }) };
        };
        let Some(chunk) = chunk else { return check.finish().map(drop) };
        check.push(chunk)?;
        self.left = self.left.saturating_sub(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if self.left == 0 {
            return check.finish().map(drop);
        }
        self.check = Some(check);
        Ok(())
    }
}

impl Body for Checking {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let next = match self.body.as_mut().poll_chunk(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
            Poll::Ready(Some(Ok(chunk))) => Some(chunk),
            Poll::Ready(None) => None,
        };
        if let Err(mismatch) = self.take(next.as_deref()) {
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(mismatch);
            return Poll::Ready(Some(Err(BodyError::Broken(mismatch.to_string().into()))));
        }
        Poll::Ready(next.map(Ok))
    }
}
