//! Driving the machines of the protocol over a `Transport`.

use crate::{
    Client, Error, Request, Way,
    lanes::Lane,
    outgoing::{Moving, Part, Sent},
    protocol::{Action, Content, Event, Head, Machine, Moment, Outgoing, Read, Rest, Step},
    timer::within,
};
use plimsoll_core::{BoxBody, Bytes, Descriptor, OneChunk, Replay, next_chunk};

/// The content that an operation is about.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) descriptor: &'a Descriptor,
    pub(crate) content: &'a dyn Replay,
}

/// The content of the last answer, and the lane that it comes on.
#[derive(Default)]
pub(crate) struct Answering(pub(crate) Option<(BoxBody, Lane)>);

/// How far a machine was driven.
pub(crate) enum Turn<T> {
    Done(Result<T, Error>),
    /// Whoever drives has to stream the content of the answer.
    Stream {
        skip: u64,
    },
}

impl Client {
    /// Drives an operation that streams nothing to its caller, to its end.
    pub(crate) async fn drive<T>(&self, mut machine: Machine<T>) -> Result<T, Error> {
        self.drive_with(&mut machine, None).await
    }
    /// The same with content to send.
    pub(crate) async fn send<T>(&self, mut machine: Machine<T>, source: Source<'_>) -> Result<T, Error> {
        self.drive_with(&mut machine, Some(source)).await
    }
    async fn drive_with<T>(&self, machine: &mut Machine<T>, source: Option<Source<'_>>) -> Result<T, Error> {
        let mut answering = Answering::default();
        match self.turn(machine, Event::Begin, &mut answering, source).await {
            Turn::Done(outcome) => outcome,
            Turn::Stream { .. } => Err(Error::Unsupported { what: "content that nobody takes" }),
        }
    }
    /// Does what the machine wants, until it ends or streams.
    pub(crate) async fn turn<T>(
        &self,
        machine: &mut Machine<T>,
        mut event: Event,
        answering: &mut Answering,
        source: Option<Source<'_>>,
    ) -> Turn<T> {
        loop {
            let moment = Moment { now: self.0.timer.now(), random: self.random() };
            let step = machine.next(event, moment);
            self.tell(machine);
            event = match step {
                Step::Done(outcome) => return Turn::Done(outcome),
                Step::Do(Action::Stream { skip }) => return Turn::Stream { skip },
                Step::Do(Action::Send(request)) => self.send_one(*request, answering, source).await,
                Step::Do(Action::Read(read)) => self.read(read, answering).await,
                Step::Do(Action::Credential { registry, repository }) => {
                    let credentials = &self.0.credentials;
                    Event::Credential(match &repository {
                        Some(repository) => credentials.credential_for(repository).await,
                        None => credentials.credential(&registry).await,
                    })
                }
                Step::Do(Action::Wait(span)) => {
                    // Nobody else has to wait for what is not read.
                    answering.0 = None;
                    self.0.timer.sleep(span).await;
                    Event::Waited
                }
            };
        }
    }
    fn tell<T>(&self, machine: &mut Machine<T>) {
        if let Some(observer) = &self.0.observer {
            machine.notices().iter().for_each(|notice| observer.notice(notice));
        }
    }
    async fn send_one(&self, outgoing: Outgoing, answering: &mut Answering, source: Option<Source<'_>>) -> Event {
        answering.0 = None;
        let lane = self.0.lanes.take(&outgoing.method, &outgoing.url).await;
        let (sent, span) = (Sent::default(), outgoing.within);
        let request = self.full_request(outgoing, &sent, source);
        let sending = self.0.transport.send_boxed(request);
        let answer = match span {
            Some(span) => match within(&*self.0.timer, span, sending).await {
                Some(answer) => answer,
                None => return Event::TimedOut,
            },
            None => sending.await,
        };
        match (answer, sent.mismatch()) {
            (Ok(response), _) => {
                answering.0 = Some((response.body, lane));
                Event::Head(Head::of(response.status, response.headers, response.peer))
            }
            (Err(_), Some(mismatch)) => Event::Source(mismatch),
            (Err(error), None) => Event::Failed(error),
        }
    }
    fn full_request(&self, outgoing: Outgoing, sent: &Sent, source: Option<Source<'_>>) -> Request {
        let mut request = Request::new(outgoing.method, outgoing.url, outgoing.reach);
        request.headers = outgoing.headers;
        request.networks = outgoing.networks;
        request.size = outgoing.content.size();
        match (outgoing.content, source) {
            (Content::Bytes(bytes), _) => request.body = Box::pin(OneChunk::new(bytes)),
            (Content::Source { from, size }, Some(Source { descriptor, content })) => {
                let body = content.open_at(from);
                let body = if from == 0 && size == descriptor.size {
                    sent.check(descriptor.clone(), body)
                } else {
                    Part::boxed(body, size)
                };
                request.body = match &self.0.observer {
                    Some(observer) => Moving::boxed(body, descriptor.digest, Way::Up, observer.clone()),
                    None => body,
                };
            }
            _ => {}
        }
        request
    }
    async fn read(&self, read: Read, answering: &mut Answering) -> Event {
        let Some((mut body, lane)) = answering.0.take() else { return Event::Body(Bytes::new()) };
        let mut kept = Vec::new();
        let reading = read_up_to(&mut body, read, &mut kept);
        let ended = match read.within {
            Some(span) => within(&*self.0.timer, span, reading).await,
            None => Some(reading.await),
        };
        drop((body, lane));
        match (ended, read.rest) {
            (Some(Event::Body(_)), _) | (_, Rest::Ignore) => Event::Body(kept.into()),
            (Some(event), Rest::Refuse) => event,
            (None, Rest::Refuse) => Event::TimedOut,
        }
    }
}

/// The buffer grows with what came, not with what was announced.
async fn read_up_to(body: &mut BoxBody, read: Read, kept: &mut Vec<u8>) -> Event {
    while let Some(chunk) = next_chunk(body).await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => return Event::Broken(error),
        };
        let left = usize::try_from(read.limit).unwrap_or(usize::MAX).saturating_sub(kept.len());
        kept.extend_from_slice(chunk.get(..left.min(chunk.len())).unwrap_or_default());
        if chunk.len() > left {
            return Event::TooLong;
        }
    }
    Event::Body(Bytes::new())
}
