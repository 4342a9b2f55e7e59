#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod blob;
mod body;
pub mod code;
mod host;
mod htpasswd;
mod limits;
mod manifest;
mod patient;
mod refusal;
mod registry;
mod repositories;
mod route;
mod serve;
mod tags;
mod upload;

pub use body::ResponseBody;
pub use htpasswd::{Htpasswd, HtpasswdError};
pub use limits::Limits;
pub use registry::{Registry, RegistryBuilder, StoredContent};
pub use serve::{ServeError, Server, ServerBuilder, Shutdown};
