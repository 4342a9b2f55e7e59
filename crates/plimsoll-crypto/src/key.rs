//! Private keys: read, made, and signed with.

mod backend;
#[cfg(feature = "cosign-key")]
mod cosign;
mod curve;
mod error;
mod legacy_pem;
mod limits;
#[cfg(feature = "ml-dsa")]
mod ml_dsa;
mod passphrase;
mod pbes2;
mod pem;
#[cfg(feature = "pkcs12")]
mod pkcs12;
mod private_key;
mod random;
mod read;
mod signer;

pub use curve::Curve;
pub use error::{KeyError, SignError};
pub use limits::KeyLimits;
#[cfg(feature = "ml-dsa")]
pub use ml_dsa::ParameterSet;
pub use passphrase::Passphrase;
#[cfg(feature = "pkcs12")]
pub use pkcs12::Pkcs12;
pub use private_key::PrivateKey;
pub use random::random;
pub use signer::LocalSigner;
