//! The public API of plimsoll-notary, one module per subject.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail"
)]

mod authority;
mod codes;
mod forge;
mod gather;
mod inspect;
mod judged;
mod migration;
mod ml_dsa;
mod outside;
mod sign;
mod signers;
mod small_stack;
mod steps;
mod strangers;
mod timestamp;
mod verify;
mod written;
