//! The command as a user runs it: the built program against registries on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

mod authority;
mod blobs;
mod build;
mod check;
mod claims;
mod clock;
mod demo;
mod documents;
mod escaping;
mod evil;
mod exits;
mod harbour;
mod held;
mod images;
mod issued;
mod keys;
mod leaks;
mod many;
mod notary;
mod platforms;
mod plugins;
mod policy;
mod recording;
mod rotation;
mod ship;
mod threats;
mod timestamps;
#[cfg(feature = "pkcs11")]
mod token;
mod trust;
mod workloads;
