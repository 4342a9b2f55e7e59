#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod layer;

pub use builder::{Image, ImageBuilder};
pub use layer::{ArchivePacker, BuiltLayer, LayerBuilder};
