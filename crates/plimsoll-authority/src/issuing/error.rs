//! Why no certificate is issued.

use crate::{AuthorityError, JsonError, SubjectRefused, TokenError, code};
use plimsoll_core::{Classify, Code, Escaped};
use plimsoll_envelope::EnvelopeError;
use plimsoll_pki::CertificationRequestError;

/// Why the issuing service gives no certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuingError {
    /// The authority did not issue it.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The certification request is refused.
    #[error(transparent)]
    CertificationRequest(#[from] CertificationRequestError),
    /// The key is not one that signers may have.
    #[error("expected a key of RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521: {problem}")]
    Key {
        /// What it is.
        problem: Escaped,
    },
    /// No rule fits.
    #[error("no rule gives `{subject}` of `{issuer}` a certificate")]
    NoRule {
        /// The issuer of the token.
        issuer: Escaped,
        /// Whom it names.
        subject: Escaped,
    },
    /// The identity named another key itself.
    #[error("the key is not the one that the signed request names")]
    OtherKey,
    /// The proof of possession does not hold.
    #[error("the proof of possession is refused: {0}")]
    Proof(EnvelopeError),
    /// The proof of possession is for another token.
    #[error(
        "expected the SHA-256 of the token in hexadecimal as payload of the proof of possession, found something else"
    )]
    ProofPayload,
    /// Too many in a short time.
    #[error("more certificates were asked for than the rate allows: try again in a minute")]
    Rate,
    /// Not the JSON that a request is.
    #[error("the request is malformed: {0}")]
    Request(JsonError),
    /// Members that do not go together.
    #[error("expected {expected} in the request")]
    RequestMembers {
        /// What is due.
        expected: &'static str,
    },
    /// The claims cannot stand in a certificate.
    #[error(transparent)]
    Subject(#[from] SubjectRefused),
    /// The token proves nothing.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token was used for another key.
    #[error("the token was used before, for another key")]
    TokenReused,
}

impl Classify for IssuingError {
    fn code(&self) -> Code {
        match self {
            Self::Authority(error) => error.code(),
            Self::CertificationRequest(error) => error.code(),
            Self::Key { .. } | Self::OtherKey => code::ISSUING_KEY_REFUSED,
            Self::NoRule { .. } => code::NO_ISSUING_RULE,
            Self::Proof(error) => error.code(),
            Self::ProofPayload => plimsoll_pki::code::POSSESSION_UNPROVEN,
            Self::Rate => code::ISSUING_RATE_EXCEEDED,
            Self::Request(_) | Self::RequestMembers { .. } => code::MALFORMED_ISSUING_REQUEST,
            Self::Subject(error) => error.code(),
            Self::Token(error) => error.code(),
            Self::TokenReused => code::TOKEN_REUSED,
        }
    }
}
