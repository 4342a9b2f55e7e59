//! Identity tokens of CI systems (OpenID Connect Core 1.0, 2; RFC 7519), and the identity that they prove.

mod error;
mod issuers;
mod key_set;
#[cfg(feature = "fetch")]
mod key_set_url;
mod keys;

pub use error::TokenError;
pub use issuers::{Issuer, Issuers};
pub(crate) use issuers::{check_audience, check_times};
pub(crate) use key_set::algorithm_under;
pub use key_set::{KeySet, KeySetError, VerificationKey};
#[cfg(feature = "fetch")]
pub use key_set_url::KeySetUrl;
pub use keys::{FetchKeySet, FetchedKeys, Keys, KeysError};
