//! Notary Project signatures: sign, read and judge them
#![forbid(unsafe_code)]

pub mod code;
mod json;
pub mod policy;
