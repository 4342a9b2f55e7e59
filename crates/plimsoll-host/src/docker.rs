//! Docker's and Podman's credentials for registries.

mod config;
mod credential;
mod error;
mod helper;
mod registry;

pub use config::{Credentials, Helpers};
pub use credential::Credential;
pub use error::{CredentialError, HelperFault};
pub use helper::HelperLimits;
