//! Private keys: read, made, and signed with.

mod backend;
mod curve;
mod error;
mod legacy_pem;
mod passphrase;
mod pbes2;
mod pem;
mod private_key;
mod random;
mod read;
mod signer;

pub use curve::Curve;
pub use error::{KeyError, SignError};
pub use passphrase::Passphrase;
pub use private_key::PrivateKey;
pub use random::random;
pub use signer::LocalSigner;
