//! Why no certificate is issued.

use crate::{CertificateError, ChainError, IdentityError, SubjectError, Validity, code};
use plimsoll_core::{Algorithm, Classify, Code, Escaped};

/// Why no certificate is issued; `E` is the error of the key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError<E> {
    /// Certificates cannot be signed with the algorithm of the key.
    #[error("the issuer's key signs with {algorithm:?}, which has no name in certificates")]
    Algorithm {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// A part cannot be encoded: a URL that is not ASCII, or a public key that is none.
    #[error(
        "a part of the certificate cannot be encoded: expected ASCII URLs and a public key as SubjectPublicKeyInfo"
    )]
    Encoding,
    /// An intermediate needs an issuer.
    #[error("an intermediate certificate needs an issuer, found none")]
    IntermediateWithoutIssuer,
    /// The issuer may not issue it.
    #[error("`{issuer}` may not issue this certificate: it is no authority, or its path length is used up")]
    Issuer {
        /// Subject of the issuer.
        issuer: Escaped,
    },
    /// The key is not that of the issuer.
    #[error(
        "the signature does not hold under the issuer's public key: certificate and private key do not belong together"
    )]
    KeyMismatch,
    /// What came out is malformed.
    #[error("what would be issued is malformed: {0}")]
    Malformed(CertificateError),
    /// The subject is no name.
    #[error("the subject: {0}")]
    Name(#[from] IdentityError),
    /// An OCSP responder needs an issuer.
    #[error("the certificate of an OCSP responder needs an issuer, found none")]
    OcspResponderWithoutIssuer,
    /// What came out breaks a rule of the profile.
    #[error("what would be issued breaks a rule: {0}")]
    Profile(#[from] ChainError),
    /// A root issues itself.
    #[error("a root certificate is self-signed, found an issuer for it")]
    RootWithIssuer,
    /// The key failed.
    #[error("the issuer's key did not sign: {0}")]
    Sign(E),
    /// The subject of a signer cannot be compared.
    #[error("no trust policy could name the signer: {0}")]
    Subject(SubjectError),
    /// A timestamping authority stands below a root, for only roots are trusted to name one.
    #[error("the certificate of a timestamping authority needs an issuer, found none")]
    TimestampAuthorityWithoutIssuer,
    /// No back end can check what was signed.
    #[error("no back end can check the signature that the issuer's key made, so nothing is issued")]
    Unchecked,
    /// The last second lies before the first.
    #[error("expected a time of validity that ends after it begins, found {} to {}", validity.not_before, validity.not_after)]
    Validity {
        /// The times.
        validity: Validity,
    },
}

impl<E: Classify> Classify for IssueError<E> {
    fn code(&self) -> Code {
        match self {
            Self::Sign(error) => error.code(),
            Self::Unchecked => code::CERTIFICATE_ALGORITHM_UNSUPPORTED,
            _ => code::ISSUE_REFUSED,
        }
    }
}
