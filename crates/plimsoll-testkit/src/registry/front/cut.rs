//! Content that goes wrong at a byte.

use bytes::Bytes;
use http_body::{Body, Frame};
use plimsoll_core::BodyError;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// What happens at which byte.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Break(u64),
    Stall(u64),
    Flip(u64),
}

#[derive(Debug)]
pub(super) struct Cut<B> {
    body: B,
    end: End,
    seen: u64,
}

impl<B> Cut<B> {
    pub(super) fn new(body: B, end: End) -> Self {
        Self { body, end, seen: 0 }
    }
    /// What is let through of a chunk.
    fn pass(&mut self, chunk: Bytes) -> Bytes {
        let start = self.seen;
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        match self.end {
            End::Break(at) | End::Stall(at) => {
                let left = at.saturating_sub(start).min(length);
                self.seen = start.saturating_add(left);
                chunk.slice(..usize::try_from(left).unwrap_or(chunk.len()))
            }
            End::Flip(at) => {
                self.seen = start.saturating_add(length);
                let mut bytes = chunk.to_vec();
                let place = at.checked_sub(start).and_then(|place| usize::try_from(place).ok());
                if let Some(byte) = place.and_then(|place| bytes.get_mut(place)) {
                    *byte ^= 1;
                }
                bytes.into()
            }
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Cut<B> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        match this.end {
            End::Break(at) if this.seen >= at => {
                return Poll::Ready(Some(Err(BodyError::Broken("the test ends it here".into()))));
            }
            End::Stall(at) if this.seen >= at => return Poll::Pending,
            _ => {}
        }
        Pin::new(&mut this.body).poll_frame(cx).map(|next| {
            next.map(|frame| match frame.map(Frame::into_data) {
                Ok(Ok(chunk)) => Ok(Frame::data(this.pass(chunk))),
                Ok(Err(other)) => Ok(other),
                Err(_) => Err(BodyError::Broken("the connection broke off".into())),
            })
        })
    }
}
