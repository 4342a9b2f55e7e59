#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod code;
pub mod cyclonedx;
mod document;
mod inventory;
pub mod json;
mod license;
mod purl;
pub mod spdx;
mod write;

pub use document::{Document, Format, Limits, Note, SbomError};
pub use inventory::{Component, Hash, Inventory, Kind};
pub use license::{LicenseError, LicenseExpression};
pub use purl::{Purl, PurlError, PurlParts};
pub use write::Writing;
