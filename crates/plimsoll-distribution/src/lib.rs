#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
mod challenge;
mod client;
pub mod code;
mod concurrency;
mod credential;
mod download;
mod drive;
mod error;
mod gate;
mod lanes;
mod limits;
mod link;
mod network;
mod observe;
mod outgoing;
mod paced;
pub mod protocol;
mod reach;
mod reading;
mod remembered;
mod repository;
mod status_time;
mod timer;
mod timestamp;
mod transport;

pub use challenge::{Challenge, ChallengeError};
pub use client::{Client, ClientBuilder, PlainHttp};
pub use concurrency::at_most;
pub use credential::{Credential, Credentials, FixedCredentials, NoCredentials, Secret};
pub use error::{Error, Exchange};
pub use limits::{Limits, Retry};
pub use link::next_link;
pub use network::{Network, Responders};
pub use observe::{Observe, Way};
pub use protocol::{LastSeen, Notice, Uploading};
pub use reach::Reach;
pub use repository::RemoteRepository;
pub use status_time::StatusTime;
pub use timer::Timer;
#[cfg(feature = "reqwest")]
pub use timer::TokioTimer;
#[cfg(feature = "reqwest")]
pub use transport::with_reqwest::{ReqwestTransport, ReqwestTransportBuilder};
pub use transport::{DynTransport, Request, Response, Transport, TransportError};
pub use {http, url};
