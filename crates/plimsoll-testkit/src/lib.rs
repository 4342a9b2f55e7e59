//! Test authority, forgers and evil servers for Plimsoll's own tests

pub mod contract;
mod keys;
pub mod ocsp;
pub mod pki;
#[cfg(feature = "registry")]
pub mod registry;

pub use keys::rsa_key;
