//! Content that comes down, and goes on where it broke off.

use crate::{
    Client, Error, Way,
    drive::{Answering, Turn},
    paced::Paced,
    protocol::{Event, Machine},
};
use plimsoll_core::{Body, BodyError, BoxBody, Bytes, Digest};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// A stream of content, driven while it is read.
pub(crate) struct Download {
    client: Client,
    content: Digest,
    state: State,
}

enum State {
    Ended,
    Streaming(Streaming),
    /// It broke off or ended, and the machine says what to do.
    Driven(Pin<Box<dyn Future<Output = Result<Option<Streaming>, Error>> + Send>>),
}

struct Streaming {
    machine: Machine<()>,
    answering: Answering,
    skip: u64,
    given: u64,
}

impl Download {
    /// Opens the content: drives the machine until it streams.
    pub(crate) async fn open(client: &Client, machine: Machine<()>, content: Digest) -> Result<BoxBody, Error> {
        let state = match drive(client.clone(), machine, Event::Begin).await? {
            Some(streaming) => State::Streaming(streaming),
            None => State::Ended,
        };
        Ok(Box::pin(Self { client: client.clone(), content, state }))
    }
    /// A chunk without what was had before.
    fn take(&self, streaming: &mut Streaming, mut chunk: Bytes) -> Bytes {
        if streaming.skip > 0 {
            let skipped = usize::try_from(streaming.skip).unwrap_or(usize::MAX).min(chunk.len());
            chunk = chunk.slice(skipped..);
            streaming.skip = streaming.skip.saturating_sub(length(skipped));
        }
        let bytes = length(chunk.len());
        streaming.given = streaming.given.saturating_add(bytes);
        if let Some(observer) = &self.client.0.observer {
            observer.moved(&self.content, Way::Down, bytes);
        }
        chunk
    }
}

async fn drive(client: Client, mut machine: Machine<()>, event: Event) -> Result<Option<Streaming>, Error> {
    let mut answering = Answering::default();
    match client.turn(&mut machine, event, &mut answering, None).await {
        Turn::Done(outcome) => outcome.map(|()| None),
        Turn::Stream { skip } => {
            answering.0 = answering.0.map(|(body, lane)| {
                let body: BoxBody = Box::pin(Paced::new(body, &client));
                (body, lane)
            });
            Ok(Some(Streaming { machine, answering, skip, given: 0 }))
        }
    }
}

impl Body for Download {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Streaming(mut streaming) => {
                    let next = match &mut streaming.answering.0 {
                        Some((body, _)) => body.as_mut().poll_chunk(cx),
                        None => Poll::Ready(None),
                    };
                    let outcome = match next {
                        Poll::Pending => {
                            self.state = State::Streaming(streaming);
                            return Poll::Pending;
                        }
                        Poll::Ready(Some(Ok(chunk))) => {
                            let chunk = self.take(&mut streaming, chunk);
                            self.state = State::Streaming(streaming);
                            return Poll::Ready(Some(Ok(chunk)));
                        }
                        Poll::Ready(Some(Err(error))) => Err(error),
                        Poll::Ready(None) => Ok(()),
                    };
                    let event = Event::Streamed { bytes: streaming.given, outcome };
                    self.state = State::Driven(Box::pin(drive(self.client.clone(), streaming.machine, event)));
                }
                State::Driven(mut work) => match work.as_mut().poll(cx) {
                    Poll::Pending => {
                        self.state = State::Driven(work);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(Some(streaming))) => self.state = State::Streaming(streaming),
                    Poll::Ready(Ok(None)) => return Poll::Ready(None),
                    Poll::Ready(Err(Error::Body { source, .. })) => return Poll::Ready(Some(Err(source))),
                    Poll::Ready(Err(error)) => {
                        return Poll::Ready(Some(Err(BodyError::Broken(error.to_string().into()))));
                    }
                },
            }
        }
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
