//! Registries on loopback: a scripted one that does whatever it is told, and a real one with switches. Needs a tokio runtime.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "only tests call this, and a broken fixture should fail them loudly"
)]

mod contract;
mod front;
mod scripted;

pub use contract::transport;
pub use front::{Fault, Front, FrontBuilder, Harm, Profile, Quirk};
pub use scripted::{Recorded, Reply, Scripted};
