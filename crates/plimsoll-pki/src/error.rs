//! What is wrong with the bytes of a certificate.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};
use spki::ObjectIdentifier;

/// Why bytes are not a certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The DER is broken, or an element is not the one that belongs there.
    #[error("the certificate is malformed: `{field}` is not as DER and RFC 5280 demand, at byte {at} of it")]
    Der {
        /// Name of the field, as RFC 5280 spells it.
        field: &'static str,
        /// Offset within the field, in bytes.
        at: u32,
    },
    /// An extension stands there twice.
    #[error("the certificate is malformed: the extension {oid} stands there twice")]
    DuplicateExtension {
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// Extensions, or unique identifiers, in a version that has none.
    #[error("the certificate is malformed: expected version 3 because there are extensions, found version {version}")]
    ExtensionsInOldVersion {
        /// The version.
        version: u8,
    },
    /// Too large.
    #[error("the certificate is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// The serial number is negative.
    #[error("the certificate is malformed: expected a serial number of zero or more, found a negative one")]
    NegativeSerial,
    /// The signature algorithm inside is not the one outside.
    #[error("the certificate is malformed: the signed signature algorithm differs from the one beside the signature")]
    SignatureAlgorithmMismatch,
    /// A date that is none.
    #[error("the certificate is malformed: expected `{field}` as UTCTime or GeneralizedTime in UTC, found `{found}`")]
    Time {
        /// `notBefore` or `notAfter`.
        field: &'static str,
        /// The text.
        found: Escaped,
    },
    /// A version that RFC 5280 does not know.
    #[error("the certificate is malformed: expected version 1, 2 or 3")]
    Version,
}

impl Classify for CertificateError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            _ => code::MALFORMED_CERTIFICATE,
        }
    }
}
