//! Where the code of an operation and its driver meet.

use super::{Action, Content, Event, Head, Moment, Notice, Outgoing, Read, Rest};
use crate::{Credential, Error, Exchange};
use plimsoll_core::{BodyError, Bytes, Failure, LimitExceeded};
use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

/// One side gives actions and awaits events, the other takes actions and gives events.
#[derive(Clone, Default)]
pub(crate) struct Port(Arc<Mutex<Slot>>);

#[derive(Default)]
struct Slot {
    moment: Moment,
    action: Option<Action>,
    event: Option<Event>,
    notices: Vec<Notice>,
}

impl Port {
    pub(super) fn put(&self, event: Event, moment: Moment) {
        let mut slot = self.lock();
        slot.moment = moment;
        // Nothing awaits the first one.
        slot.event = if matches!(event, Event::Begin) { None } else { Some(event) };
    }
    pub(super) fn take_action(&self) -> Option<Action> {
        self.lock().action.take()
    }
    pub(super) fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut self.lock().notices)
    }
    pub(super) fn now(&self) -> Duration {
        self.lock().moment.now
    }
    pub(super) fn random(&self) -> u64 {
        self.lock().moment.random
    }
    pub(super) fn notice(&self, notice: Notice) {
        let mut slot = self.lock();
        if slot.notices.len() < MOST_NOTICES {
            slot.notices.push(notice);
        }
    }
    async fn act(&self, action: Action) -> Event {
        self.lock().action = Some(action);
        poll_fn(|_| self.lock().event.take().map_or(Poll::Pending, Poll::Ready)).await
    }
    /// Sends; `span` is what the error says when it took too long.
    pub(super) async fn send(&self, request: Outgoing, exchange: &Exchange, span: Duration) -> Result<Head, Error> {
        match self.act(Action::Send(Box::new(request))).await {
            Event::Head(head) => Ok(head),
            Event::Failed(source) => Err(Error::Transport { exchange: exchange.clone(), source }),
            Event::TimedOut => Err(Error::TimedOut { exchange: exchange.clone(), seconds: span.as_secs() }),
            Event::Source(mismatch) => Err(Error::Source(mismatch)),
            _ => Err(MISTAKEN),
        }
    }
    /// Reads content whole.
    pub(super) async fn read(
        &self,
        exchange: &Exchange,
        (what, limit): (&'static str, u64),
        (within, span): (Option<Duration>, Duration),
    ) -> Result<Bytes, Error> {
        match self.act(Action::Read(Read { limit, rest: Rest::Refuse, within })).await {
            Event::Body(bytes) => {
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                LimitExceeded::check(what, limit, length)
                    .map_err(|source| Error::Limit { exchange: exchange.clone(), source })?;
                Ok(bytes)
            }
            Event::TooLong => Err(Error::Limit { exchange: exchange.clone(), source: LimitExceeded { what, limit } }),
            Event::Broken(source) => Err(Error::Body { exchange: exchange.clone(), source }),
            Event::TimedOut => Err(Error::TimedOut { exchange: exchange.clone(), seconds: span.as_secs() }),
            _ => Err(MISTAKEN),
        }
    }
    /// Reads the beginning of content: whatever came is good.
    pub(super) async fn read_beginning(&self, limit: u64, within: Duration) -> Bytes {
        match self.act(Action::Read(Read { limit, rest: Rest::Ignore, within: Some(within) })).await {
            Event::Body(bytes) => bytes,
            _ => Bytes::new(),
        }
    }
    pub(super) async fn stream(&self, skip: u64) -> Result<(u64, Result<(), BodyError>), Error> {
        match self.act(Action::Stream { skip }).await {
            Event::Streamed { bytes, outcome } => Ok((bytes, outcome)),
            _ => Err(MISTAKEN),
        }
    }
    pub(super) async fn credential(
        &self,
        registry: &Arc<str>,
        repository: Option<&plimsoll_core::Repository>,
    ) -> Result<Result<Credential, Failure>, Error> {
        let action = Action::Credential { registry: registry.clone(), repository: repository.cloned() };
        match self.act(action).await {
            Event::Credential(answer) => Ok(answer),
            _ => Err(MISTAKEN),
        }
    }
    pub(super) async fn wait(&self, span: Duration) -> Result<(), Error> {
        match self.act(Action::Wait(span)).await {
            Event::Waited => Ok(()),
            _ => Err(MISTAKEN),
        }
    }
    /// A panic elsewhere cannot leave a slot half changed.
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Source { size, .. } => *size,
        }
    }
}

const MISTAKEN: Error = Error::Unsupported { what: "an event that does not answer the action" };
/// More than one answer gives cause for.
const MOST_NOTICES: usize = 64;
