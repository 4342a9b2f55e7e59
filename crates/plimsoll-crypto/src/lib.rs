#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod code;
mod curve;
mod error;
mod legacy_pem;
mod message;
mod p521_backend;
mod pbes2;
mod pem;
mod private_key;
mod provider;
mod public_key;
mod random;
mod ring_backend;
mod signer;

pub use curve::Curve;
pub use error::{KeyError, PublicKeyError, SignError};
pub use private_key::{Passphrase, PrivateKey};
pub use provider::provider;
pub use public_key::KeyKind;
pub use random::random;
pub use signer::LocalSigner;
