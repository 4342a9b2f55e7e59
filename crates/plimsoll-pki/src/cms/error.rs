//! What is wrong with signed data.

use crate::{CertificateError, code};
use plimsoll_core::{Classify, Code, LimitExceeded};
use spki::ObjectIdentifier;

/// Why a message of the Cryptographic Message Syntax, or the signature in it, is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CmsError {
    /// A signature algorithm that is not accepted, or that no back end checks under this key.
    #[error("no back end can check the signature by the algorithm {found}")]
    Algorithm {
        /// `signatureAlgorithm`
        found: ObjectIdentifier,
    },
    /// A signed attribute that is needed is not there.
    #[error("expected the signed attribute {name}, found none")]
    AttributeMissing {
        /// Its name.
        name: &'static str,
    },
    /// A signed attribute stands there twice, or has not exactly one value.
    #[error("expected the signed attribute {name} once and with one value")]
    AttributeRepeated {
        /// Its name.
        name: &'static str,
    },
    /// A message, or a signed attribute, of another type.
    #[error("expected the content type {expected}, found {found}")]
    ContentType {
        /// What is wanted.
        expected: ObjectIdentifier,
        /// What there is.
        found: ObjectIdentifier,
    },
    /// The encoding is broken, or an element is not the one that belongs there.
    #[error("the signed data is malformed: `{field}` is not as BER and RFC 5652 demand, at byte {at} of it")]
    Der {
        /// Name of the field, as RFC 5652 spells it.
        field: &'static str,
        /// Offset within the field, in bytes.
        at: u32,
    },
    /// The content was changed, or the signed digest is that of something else.
    #[error("the signed digest is not that of the content")]
    DigestMismatch,
    /// A digest or signature by a hash function that is not accepted.
    #[error("expected a signature with SHA-256, SHA-384 or SHA-512, found {found}")]
    Hash {
        /// The hash function, or the signature algorithm that names it.
        found: ObjectIdentifier,
    },
    /// Too much.
    #[error("the signed data is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// The certificate that the signer names is not in the message.
    #[error("the certificate that the signer names is not in the signed data")]
    NoCertificate,
    /// The content is not in the message.
    #[error("expected the content within the signed data, found none")]
    NoContent,
    /// Nobody signed.
    #[error("expected a signer, found none")]
    NoSigner,
    /// The signature does not hold.
    #[error("the signature over the signed attributes does not hold under the key of the signer's certificate")]
    Signature,
    /// A signer that names its certificate by key identifier.
    #[error("expected a signer info of version 1 that names its certificate by issuer and serial number")]
    SignerVersion,
}

impl From<CertificateError> for CmsError {
    /// The walker of DER is the one that reads certificates; it reports a field and a place.
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::Der { field, at } => Self::Der { field, at },
            CertificateError::Limit(limit) => Self::Limit(limit),
            _ => Self::Der { field: "certificates", at: 0 },
        }
    }
}

impl Classify for CmsError {
    fn code(&self) -> Code {
        match self {
            Self::Algorithm { .. } => code::TIMESTAMP_ALGORITHM_UNSUPPORTED,
            Self::Hash { .. } => code::TIMESTAMP_HASH,
            Self::DigestMismatch | Self::Signature => code::TIMESTAMP_SIGNATURE_INVALID,
            Self::Limit(limit) => limit.code(),
            Self::NoCertificate => code::UNTRUSTED_CHAIN,
            Self::AttributeMissing { .. }
            | Self::AttributeRepeated { .. }
            | Self::ContentType { .. }
            | Self::Der { .. }
            | Self::NoContent
            | Self::NoSigner
            | Self::SignerVersion => code::MALFORMED_TIMESTAMP,
        }
    }
}
