//! The session, its driver and its recording, over a world with a list, a manifest, a blob and an OCSP answer over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod dropping;
mod memo;
mod recording;
mod session;
mod world;
