//! Notation's configuration directory: `config.json`, `signingkeys.json`, `localkeys`, `truststore`, trust policies.

mod blob_trust_policy;
mod cache;
mod config;
mod directory;
mod distrust;
mod mounted;
mod name;
mod revocation_lists;
mod signing_key;
mod signing_keys;
mod spiffe;
mod trust_policy;
mod trust_store;

pub use blob_trust_policy::BlobTrustPolicyFile;
pub use cache::{CrlCache, cache_directory};
pub use config::NotationConfig;
pub use directory::{NoHome, NotationDirectory};
pub use distrust::{DistrustFileError, add_distrust, find_distrust, load_distrust, remove_distrust};
pub(crate) use name::is_file_name;
pub use name::{KeyName, NameError};
pub use revocation_lists::{RevocationListError, find_revocation_lists, load_revocation_lists};
pub use signing_key::{
    PassphraseSource, SigningKey, SigningKeyError, add_signing_key, load_key_files, load_private_key, load_signing_key,
};
pub use signing_keys::{KeyEntry, KeySource, SigningKeys, SigningKeysError};
pub use spiffe::{SpiffeBundleFiles, SpiffeFolderError};
pub use trust_policy::{TrustPolicyError, TrustPolicyFile};
pub use trust_store::{
    Reload, StoreFile, TrustStoreDirectoryError, TrustStoreFiles, TrustStoreWatch, add_certificates, list_trust_stores,
};
