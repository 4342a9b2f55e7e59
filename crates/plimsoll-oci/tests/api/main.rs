//! The public API of plimsoll-oci.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod codes;
mod configs;
mod gathering;
mod interop;
mod json;
mod layers;
mod layouts;
mod manifests;
mod platforms;
mod referrers;
mod rootfs;
mod strategies;
mod support;
