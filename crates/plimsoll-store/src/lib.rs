#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod code;
mod copy;
mod directory;
mod file;
mod layout;
mod memory;
mod reference;
mod source;
mod staged;

pub use copy::{CopyError, CopyOptions, CopyReport, copy, copy_with_referrers};
pub use file::{FileBody, FileContent};
pub use layout::{Access, Layout, Limits};
pub use memory::Memory;
pub use reference::{LayoutReference, LayoutReferenceError};
pub use source::PackedLayer;
pub use staged::Staged;
