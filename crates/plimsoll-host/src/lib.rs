#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod clock;
pub mod code;
pub mod docker;
mod environment;
pub mod file;
pub mod git;
mod json;
pub mod notation;
pub mod pipeline;
mod secret;
mod warning;

pub use environment::{Environment, Platform};
pub use json::DocumentError;
pub use notation::NameError;
pub use secret::Secret;
pub use warning::{Loaded, Warning};
