//! The protocol of OCI registries without IO: each operation is a [`Machine`] that takes events and gives actions.
//!
//! Nothing here opens a socket, reads a clock or knows a runtime: the time comes with each event. The async [`Client`](crate::Client)
//! drives the machines over a [`Transport`](crate::Transport); a program with another HTTP stack, or none but blocking calls, drives them
//! itself. What a driver has to do is small: send, read up to a limit, wait, and say what came.
//!
//! ```
//! use plimsoll_core::Pointer;
//! use plimsoll_distribution::protocol::{Action, Event, Head, Moment, Protocol, Step};
//! use std::time::Duration;
//!
//! let protocol = Protocol::builder().build();
//! let repository = protocol.repository(&"registry.example.com/app".parse().unwrap()).unwrap();
//! let mut machine = repository.manifest(&Pointer::Tag("v1".parse().unwrap()));
//! let moment = Moment { now: Duration::ZERO, random: 0 };
//! // The first action: send this.
//! let Step::Do(Action::Send(request)) = machine.next(Event::Begin, moment) else { panic!() };
//! assert_eq!(request.url.path(), "/v2/app/manifests/v1");
//! // The registry says that it is not there. Its words may say more, and are asked for.
//! let Step::Do(Action::Read(_)) = machine.next(Event::Head(Head::new(404)), moment) else { panic!() };
//! let Step::Done(Err(error)) = machine.next(Event::Body("".into()), moment) else { panic!() };
//! assert!(error.is_absent());
//! // A server that fails is no such answer: it is asked again, after a pause.
//! let mut machine = repository.tags();
//! machine.next(Event::Begin, moment);
//! machine.next(Event::Head(Head::new(500)), moment);
//! assert!(matches!(machine.next(Event::Body("".into()), moment), Step::Do(Action::Wait(_))));
//! ```
//!
//! # What a driver keeps to
//! - One event answers one action; [`Event::Begin`] comes first.
//! - `Send`: exactly this request, as [`Transport`](crate::Transport) has it; the events are `Head`, `Failed`, `TimedOut` or `Source`.
//! - `Read` and `Stream` are about the answer to the last `Send`. What is not read is let go with the next `Send`.
//! - A machine may be dropped at any action; an upload that was begun then ends when the registry forgets it.

mod call;
mod conversation;
mod delete;
mod download;
mod endpoint;
mod list;
mod login;
mod machine;
mod manifest;
mod notice;
mod port;
mod push;
mod referrers;
mod shared;
mod upload;
mod warning;

pub use download::content_range;
pub use endpoint::{Registry, Repository};
pub use machine::{Action, Content, Event, Head, Machine, Moment, Outgoing, Read, Rest, Step};
pub use notice::Notice;
pub use push::Pushed;
pub use shared::{LastSeen, Protocol, ProtocolBuilder};
pub use upload::{UploadSession, Uploading};

pub(crate) use conversation::status_error;
