//! The public API of plimsoll-core, one file per subject.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "tests"
)]

mod codes;
mod content;
mod escape;
mod evidence;
mod facts;
mod reference;
mod time;
