#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod apk;
pub mod cargo_lock;
mod catalog;
pub mod code;
pub mod dpkg;
mod error;
mod os_release;
mod stanza;

pub use catalog::{Catalog, Unread, is_evidence};
pub use error::{CatalogError, Limits};
pub use os_release::OsRelease;
