#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod annotation;
pub mod code;
mod config;
mod descriptor;
mod error;
mod json;
pub mod layout;
mod manifest;
pub mod media_type;
mod platform;
mod referrers;
mod write;

pub use config::{ContainerConfig, History, ImageConfig};
pub use descriptor::{Annotations, ContentDescriptor};
pub use error::{ConfigError, ManifestError};
pub use json::{FieldError, JsonError};
pub use layout::{LayoutError, LayoutIndex};
pub use manifest::{ImageIndex, ImageManifest, Limits, Manifest};
pub use platform::{Platform, PlatformError};
pub use referrers::{parse_referrers, referrers_index, referrers_tag};
