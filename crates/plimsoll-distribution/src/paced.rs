//! Content that must come at a pace.

use crate::{Client, Timer};
use plimsoll_core::{Body, BodyError, BoxBody, Bytes};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

/// A stream that breaks off where its peer takes longer than [`Limits::document_time`](crate::Limits::document_time), and what
/// [`Limits::slowest`](crate::Limits::slowest) allows for the bytes so far: one byte now and then is never idle, and never ends. Only
/// waiting counts, not the time that whoever reads takes.
pub(crate) struct Paced {
    body: BoxBody,
    timer: Arc<dyn Timer>,
    grace: Duration,
    slowest: u64,
    bytes: u64,
    waited: Duration,
    since: Option<Duration>,
}

impl Paced {
    pub(crate) fn new(body: BoxBody, client: &Client) -> Self {
        let (timer, limits) = (client.0.timer.clone(), client.limits());
        let (grace, slowest) = (limits.document_time, limits.slowest);
        Self { body, timer, grace, slowest, bytes: 0, waited: Duration::ZERO, since: None }
    }
}

impl Body for Paced {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let this = &mut *self;
        let next = this.body.as_mut().poll_chunk(cx);
        let now = this.timer.now();
        if let Some(since) = this.since.take() {
            this.waited = this.waited.saturating_add(now.saturating_sub(since));
        }
        match &next {
            Poll::Pending => this.since = Some(now),
            Poll::Ready(Some(Ok(chunk))) => {
                this.bytes = this.bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                let earned = Duration::from_secs(this.bytes.checked_div(this.slowest).unwrap_or_default());
                if this.waited > this.grace.saturating_add(earned) {
                    return Poll::Ready(Some(Err(BodyError::Stalled { seconds: this.waited.as_secs() })));
                }
            }
            Poll::Ready(_) => {}
        }
        next
    }
}
