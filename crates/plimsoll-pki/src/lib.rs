#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod asn1;
mod certificate;
mod certification_request;
mod chain;
mod chain_error;
mod cms;
pub mod code;
mod constraint;
pub mod crl;
pub mod distrust;
mod encode;
mod error;
mod extension;
mod general_name;
mod hash;
mod identity;
pub mod issue;
mod key;
mod limits;
mod name;
pub mod ocsp;
mod oid;
pub mod path;
mod pem;
mod profile;
pub mod revocation;
mod signature;
pub mod svid;
pub mod timestamp;
mod trust;
mod validity;

pub use certificate::{Certificate, OwnedCertificate};
pub use certification_request::{CertificationRequest, CertificationRequestError};
pub use chain::{ChainOptions, LeafIdentity, PresentedChain, VerifiedChain, verify_chain};
pub use chain_error::{ChainError, ChainWarning, Expired, Untrusted, Which};
pub use cms::CmsError;
pub use error::CertificateError;
pub use extension::{BasicConstraints, ExtendedKeyUsage, Extension, Extensions, KeyUsage, Usage};
pub use general_name::GeneralName;
pub use identity::{DistinguishedName, IdentityError, SubjectError};
pub use key::KeyKind;
pub use limits::Limits;
pub use name::{Attribute, Name};
pub use pem::{CertificateFileError, read_certificates};
pub use profile::{Profile, Rule, Strictness};
pub use signature::{Hash, SignatureMethod};
/// An OBJECT IDENTIFIER, of `const-oid`: the one type of a library below 1.0 in this API, so that nobody names that library's version
/// twice.
pub use spki::ObjectIdentifier;
pub use trust::{Anchor, NamedStore, StoreName, StoreNameError, StoreType, TrustStore, TrustStoreError};
pub use validity::Validity;
