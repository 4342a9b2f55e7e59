//! Notary Project signatures: sign, read and judge them
#![forbid(unsafe_code)]

pub mod code;
mod json;
mod payload;
pub mod policy;

pub use payload::{PAYLOAD_TYPE, PayloadError, TargetArtifact};
