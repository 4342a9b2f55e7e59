#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub use plimsoll_authority as authority;
pub use plimsoll_catalog as catalog;
pub use plimsoll_core as core;
pub use plimsoll_crypto as crypto;
pub use plimsoll_distribution as distribution;
pub use plimsoll_envelope as envelope;
pub use plimsoll_host as host;
pub use plimsoll_image as image;
pub use plimsoll_notary as notary;
pub use plimsoll_oci as oci;
#[cfg(feature = "pkcs11")]
pub use plimsoll_pkcs11 as pkcs11;
pub use plimsoll_pki as pki;
pub use plimsoll_policy as policy;
pub use plimsoll_provenance as provenance;
pub use plimsoll_registry as registry;
pub use plimsoll_sbom as sbom;
pub use plimsoll_store as store;
pub use plimsoll_verify as verify;
