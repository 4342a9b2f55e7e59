//! Content on its way out, checked as it goes.

use crate::{Observe, Way};
use plimsoll_core::{BlobCheck, Body, BodyError, BoxBody, Bytes, Descriptor, Digest, Mismatch};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

/// What was found out about content while it was sent.
#[derive(Default)]
pub(crate) struct Sent(Arc<Mutex<Option<Mismatch>>>);

impl Sent {
    /// Wraps content so that it breaks off, before its last byte, when it is not the described one.
    pub(crate) fn check(&self, descriptor: Descriptor, body: BoxBody) -> BoxBody {
        let left = descriptor.size;
        Box::pin(Checking { body, left, check: Some(BlobCheck::new(descriptor)), found: self.0.clone() })
    }
    /// The mismatch, if there was one.
    pub(crate) fn mismatch(&self) -> Option<Mismatch> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

/// So many bytes of content from where it is open; fewer are an error.
pub(crate) struct Part {
    body: BoxBody,
    left: u64,
}

impl Part {
    pub(crate) fn boxed(body: BoxBody, size: u64) -> BoxBody {
        Box::pin(Self { body, left: size })
    }
}

impl Body for Part {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.body.as_mut().poll_chunk(cx).map(|next| match next {
            Some(Ok(mut chunk)) => {
                chunk.truncate(usize::try_from(self.left).unwrap_or(usize::MAX).min(chunk.len()));
                self.left = self.left.saturating_sub(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                Some(Ok(chunk))
            }
            None => Some(Err(BodyError::Broken("the content to send is shorter than described".into()))),
            error => error,
        })
    }
}

/// Content that is counted as it goes.
pub(crate) struct Moving {
    body: BoxBody,
    content: Digest,
    way: Way,
    observer: Arc<dyn Observe>,
}

impl Moving {
    pub(crate) fn boxed(body: BoxBody, content: Digest, way: Way, observer: Arc<dyn Observe>) -> BoxBody {
        Box::pin(Self { body, content, way, observer })
    }
}

impl Body for Moving {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let next = self.body.as_mut().poll_chunk(cx);
        if let Poll::Ready(Some(Ok(chunk))) = &next {
            self.observer.moved(&self.content, self.way, u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        }
        next
    }
}
