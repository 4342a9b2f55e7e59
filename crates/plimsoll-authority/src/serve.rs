//! Serving over HTTP/1.1: on loopback, or elsewhere with TLS or for all to see.

mod error;
mod host;
mod patient;
mod problem;
mod server;
mod service;

pub use error::ServeError;
pub(crate) use problem::{problem, refusal, with_type};
pub use server::{Server, ServerBuilder, Shutdown};
pub use service::{Exposure, Service};
