//! Test authority, forgers and evil servers for Plimsoll's own tests

pub mod contract;
pub mod crl;
mod keys;
pub mod ocsp;
pub mod operations;
pub mod pki;
#[cfg(feature = "registry")]
pub mod registry;
pub mod revocation;
pub mod timestamp;

pub use keys::rsa_key;
