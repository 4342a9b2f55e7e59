//! Paths: how they are found, what holds for each certificate, and what costs too much.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

mod codes;
mod fixture;
mod hostile;
mod names;
mod policies;
mod profiles;
mod rules;
mod search;
mod svid;
