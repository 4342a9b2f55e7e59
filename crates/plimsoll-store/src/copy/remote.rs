//! Content of one store, as content that another store can read again.

use plimsoll_core::{Body, BodyError, BoxBody, Bytes, Descriptor, Fetch, Replay, StoreError};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// A blob of a store that is fetched when, and as often as, it is read.
pub(super) struct Remote<S> {
    pub(super) source: Arc<S>,
    pub(super) descriptor: Descriptor,
}

impl<S: Fetch + 'static> Replay for Remote<S> {
    fn size(&self) -> u64 {
        self.descriptor.size
    }
    fn open_at(&self, offset: u64) -> BoxBody {
        let (source, descriptor) = (self.source.clone(), self.descriptor.clone());
        Box::pin(Opening::Asked { answer: Box::pin(async move { source.fetch(&descriptor).await }), skip: offset })
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<BoxBody, StoreError>> + Send>>;

/// A stream that is opened when it is first read.
enum Opening {
    Asked { answer: Answer, skip: u64 },
    Open { body: BoxBody, skip: u64 },
}

impl Body for Opening {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            match &mut *self {
                Self::Asked { answer, skip } => {
                    let skip = *skip;
                    match ready!(answer.as_mut().poll(cx)) {
                        Ok(body) => *self = Self::Open { body, skip },
                        Err(StoreError::Body(error)) => return Poll::Ready(Some(Err(error))),
                        Err(error) => return Poll::Ready(Some(Err(BodyError::Broken(error.to_string().into())))),
                    }
                }
                Self::Open { body, skip } => {
                    let Some(chunk) = ready!(body.as_mut().poll_chunk(cx)) else { return Poll::Ready(None) };
                    let chunk = match chunk {
                        Ok(chunk) => chunk,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                    let cut = length.min(*skip);
                    *skip = skip.saturating_sub(cut);
                    if cut < length || length == 0 {
                        return Poll::Ready(Some(Ok(chunk.slice(usize::try_from(cut).unwrap_or(chunk.len())..))));
                    }
                }
            }
        }
    }
}
