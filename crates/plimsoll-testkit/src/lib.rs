//! Test authority, forgers and evil servers for Plimsoll's own tests

mod keys;
pub mod ocsp;

pub use keys::rsa_key;
