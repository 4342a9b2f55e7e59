#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod aside;
pub mod clock;
pub mod code;
pub mod docker;
mod ended;
mod environment;
pub mod file;
pub mod git;
mod json;
mod network;
pub mod notation;
pub mod pipeline;
pub mod plugin;
mod process;
mod secret;
mod settings;
mod shared_status;
mod span;
mod system_roots;
mod warning;
mod yaml;

pub use environment::{Environment, Platform};
pub use json::DocumentError;
pub use network::{NetworkSettings, ResponderScope};
pub use notation::NameError;
pub use process::stop_programs;
pub use secret::Secret;
pub use settings::{PluginSettings, Settings, SigningSettings};
pub use shared_status::{SharedStatus, Sharing};
pub use span::read_span;
pub use system_roots::system_roots;
pub use warning::{Loaded, Warning};
