//! Content in and out, as hyper has it.

use crate::refusal::Refusal;
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use plimsoll_core::{BlobCheck, BodyError, BoxBody, Descriptor};
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// The content of an answer. It breaks off, before its end, where the storage does not hold what the digest says.
pub type ResponseBody = UnsyncBoxBody<Bytes, BodyError>;
pub(crate) type Answer = Response<ResponseBody>;

pub(crate) fn full(bytes: impl Into<Bytes>) -> ResponseBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(full(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

/// Stored content as an answer: `left` bytes, checked on the way out where there is something to check against.
pub(crate) fn stored(body: BoxBody, left: u64, check: Option<Descriptor>) -> ResponseBody {
    Stored { body, left, check: check.map(BlobCheck::new) }.boxed_unsync()
}

struct Stored {
    body: BoxBody,
    left: u64,
    check: Option<BlobCheck>,
}

impl Stored {
    /// Takes a chunk, no more than what is left. The chunk that completes the content goes out only if all of it was right.
    fn take(&mut self, mut chunk: Bytes) -> Result<Bytes, BodyError> {
        chunk.truncate(usize::try_from(self.left).unwrap_or(usize::MAX).min(chunk.len()));
        self.left = self.left.saturating_sub(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        let Some(mut check) = self.check.take() else { return Ok(chunk) };
        let broken = |mismatch: plimsoll_core::Mismatch| BodyError::Broken(mismatch.to_string().into());
        check.push(&chunk).map_err(broken)?;
        if self.left == 0 {
            check.finish().map_err(broken)?;
        } else {
            self.check = Some(check);
        }
        Ok(chunk)
    }
}

impl Body for Stored {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.body.as_mut().poll_chunk(cx).map(|next| match next {
            Some(chunk) => Some(chunk.and_then(|chunk| self.take(chunk)).map(Frame::data)),
            None => Some(Err(BodyError::Broken("the stored content is shorter than it was".into()))),
        })
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The next bytes of a request, within the time that a client may be idle.
pub(crate) async fn next<B>(body: &mut B, idle: Duration) -> Result<Option<Bytes>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let slow = || Refusal::new(StatusCode::REQUEST_TIMEOUT, "BLOB_UPLOAD_INVALID", "the content came too slowly");
    match tokio::time::timeout(idle, body.frame()).await.map_err(|_| slow())? {
        None => Ok(None),
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
        Some(Err(_)) => Err(Refusal::new(StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID", "the content broke off")),
    }
}
