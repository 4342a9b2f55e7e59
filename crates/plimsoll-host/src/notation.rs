//! Notation's configuration directory: `config.json`, `signingkeys.json`, `localkeys`, `truststore`, trust policies.

mod config;
mod directory;
mod name;
mod signing_key;
mod signing_keys;
mod trust_policy;
mod trust_store;

pub use config::NotationConfig;
pub use directory::{NoHome, NotationDirectory};
pub(crate) use name::is_file_name;
pub use name::{KeyName, NameError};
pub use signing_key::{
    PassphraseSource, SigningKey, SigningKeyError, add_signing_key, load_key_files, load_private_key, load_signing_key,
};
pub use signing_keys::{KeyEntry, KeySource, SigningKeys, SigningKeysError};
pub use trust_policy::{TrustPolicyError, TrustPolicyFile};
pub use trust_store::{StoreFile, TrustStoreDirectoryError, TrustStoreFiles, add_certificates, list_trust_stores};
