//! Identity tokens of CI systems (OpenID Connect Core 1.0, 2; RFC 7519), and the identity that they prove.

mod error;
mod issuers;
mod key_set;
mod keys;

pub use error::TokenError;
pub use issuers::{Issuer, Issuers};
pub use key_set::{KeySet, KeySetError, VerificationKey};
pub use keys::{FetchKeySet, FetchedKeys, Keys, KeysError};
