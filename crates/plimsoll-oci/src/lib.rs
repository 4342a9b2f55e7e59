#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;
#[cfg(any(feature = "layers", feature = "oci-spec", test))]
extern crate std;

pub mod annotation;
pub mod code;
mod config;
mod descriptor;
mod error;
mod facts;
#[cfg(feature = "oci-spec")]
mod interop;
mod json;
#[cfg(feature = "layers")]
mod layer;
pub mod layout;
mod manifest;
pub mod media_type;
mod platform;
mod platforms;
mod referrers;
#[cfg(feature = "layers")]
mod rootfs;
mod write;

pub use config::{ContainerConfig, History, ImageConfig};
pub use descriptor::{Annotations, ContentDescriptor};
pub use error::{ConfigError, ManifestError};
pub use facts::{ImageFact, ImageFacts};
#[cfg(feature = "oci-spec")]
pub use interop::InteropError;
pub use json::{FieldError, JsonError};
#[cfg(feature = "layers")]
pub use layer::{
    Content, Entry, EntryKind, LayerError, LayerLimits, LayerReader, LayerSummary, LayerVisitor, TarEntry, TarKind,
    TarWriter,
};
pub use layout::{LayoutError, LayoutIndex};
pub use manifest::{ImageIndex, ImageManifest, Limits, Manifest};
pub use platform::{Platform, PlatformError};
pub use platforms::{ExpandLimits, Platforms};
pub use referrers::{parse_referrers, referrers_index, referrers_tag};
#[cfg(feature = "layers")]
pub use rootfs::{Kept, LayerOnto, Node, NodeKind, RootFs, RootFsError, RootFsLimits};
