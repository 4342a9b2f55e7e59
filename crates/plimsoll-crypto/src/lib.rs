#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod code;
mod error;
mod legacy_pem;
mod message;
mod p521_backend;
mod pem;
mod private_key;
mod provider;
mod public_key;
mod random;
mod ring_backend;
mod signer;

pub use error::{KeyError, PublicKeyError, SignError};
pub use private_key::{Curve, Passphrase, PrivateKey};
pub use provider::provider;
pub use public_key::KeyKind;
pub use random::random;
pub use signer::LocalSigner;
