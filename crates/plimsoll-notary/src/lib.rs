//! Notary Project signatures: sign, read and judge them
#![forbid(unsafe_code)]

pub mod code;
mod format;
mod json;
mod manifest;
mod payload;
pub mod policy;

pub use format::{Format, FormatError};
pub use manifest::{SIGNATURE_TYPE, SignatureManifest, SignatureManifestError, THUMBPRINTS};
pub use payload::{PAYLOAD_TYPE, PayloadError, TargetArtifact};
