#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "aws-lc-rs")]
pub mod aws_lc;
pub mod code;
mod error;
// AWS-LC has an ML-DSA of its own.
#[cfg(all(feature = "ml-dsa", any(feature = "ring", feature = "pure", not(feature = "aws-lc-rs"))))]
mod fips204;
#[cfg(all(feature = "keys", any(feature = "ring", feature = "aws-lc-rs")))]
mod key;
#[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "pure"))]
mod message;
#[cfg(any(feature = "ring", feature = "pure"))]
mod nist_p521;
mod provider;
mod public_key;
#[cfg(feature = "pure")]
pub mod pure;
#[cfg(feature = "ring")]
pub mod ring;
mod small_order;

pub use error::PublicKeyError;
#[cfg(all(feature = "keys", feature = "ml-dsa", any(feature = "ring", feature = "aws-lc-rs")))]
pub use key::ParameterSet;
#[cfg(all(feature = "pkcs12", any(feature = "ring", feature = "aws-lc-rs")))]
pub use key::Pkcs12;
#[cfg(all(feature = "keys", any(feature = "ring", feature = "aws-lc-rs")))]
pub use key::{Curve, KeyError, KeyLimits, LocalSigner, Passphrase, PrivateKey, SignError, random};
pub use provider::provider;
pub use public_key::KeyKind;
