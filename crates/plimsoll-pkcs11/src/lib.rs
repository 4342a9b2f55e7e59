#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod code;
mod error;
mod key;
mod mechanism;
mod module;
mod pin;
mod public_key;
mod signer;
mod token;
mod uri;

pub use error::Pkcs11Error;
pub use key::{TokenKey, TokenLimits};
pub use module::Module;
pub use pin::Pin;
pub use signer::TokenSigner;
pub use uri::{Uri, UriError, UriPin};
