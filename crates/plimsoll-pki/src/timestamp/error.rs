//! What is wrong with a timestamp.

use super::{FailureInfo, PkiStatus};
use crate::{CertificateError, ChainError, ChainWarning, CmsError, Expired, code, path::PathError};
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};
use spki::ObjectIdentifier;

/// Why a timestamp, or what is said around it, is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// `signing-certificate-v2` names another certificate than the signer's.
    #[error("the signed attribute signing-certificate-v2 names another certificate than the signer's")]
    CertificateMismatch,
    /// `signing-certificate-v2` names the certificate by a hash function that is not accepted.
    #[error(
        "expected the signed attribute signing-certificate-v2 with SHA-256, SHA-384 or SHA-512, found the hash function {found}"
    )]
    CertificateHash {
        /// The hash function.
        found: ObjectIdentifier,
    },
    /// The signer's certificate, or one of its issuers', breaks a rule of the profile.
    #[error("the timestamping authority: {0}")]
    Chain(#[from] ChainError),
    /// The signed data is broken, or its signature does not hold.
    #[error("the timestamp: {0}")]
    Cms(#[from] CmsError),
    /// A certificate ended within the second of the timestamp.
    #[error("the timestamping authority at the time of its timestamp: {0}")]
    Expired(#[from] Expired),
    /// An imprint by a hash function that is not accepted.
    #[error("expected an imprint with SHA-256, SHA-384 or SHA-512, found the hash function {found}")]
    ImprintHash {
        /// The hash function.
        found: ObjectIdentifier,
    },
    /// The timestamp is for other bytes.
    #[error("the timestamp is for other bytes: its imprint is not that of the message")]
    ImprintMismatch,
    /// Too much.
    #[error("the timestamp is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// An element is not the one that belongs there.
    #[error("the timestamp is malformed: `{field}` is not as DER and RFC 3161 demand, at byte {at} of it")]
    Malformed {
        /// Name of the field, as RFC 3161 spells it.
        field: &'static str,
        /// Offset within the field, in bytes.
        at: u32,
    },
    /// The answer is not for this request: another number came back.
    #[error("the answer of the timestamping authority does not repeat the nonce of the request")]
    NonceMismatch,
    /// The answer is granted, but there is no token.
    #[error("the timestamping authority says that it granted the request, and sent no timestamp")]
    NoToken,
    /// No path leads to a root of the trust store, or none that held at the time of the timestamp.
    #[error("the timestamping authority at the time of its timestamp: {0}")]
    Path(#[from] PathError),
    /// The answer is by another policy than asked for.
    #[error("expected a timestamp by the policy {expected}, found one by {found}")]
    PolicyMismatch {
        /// The policy of the request.
        expected: ObjectIdentifier,
        /// The policy of the token.
        found: ObjectIdentifier,
    },
    /// The authority gave no timestamp.
    #[error("the timestamping authority gave no timestamp: {status}{}{}", Said(.failure), Quoted(.text))]
    Refused {
        /// What it answered.
        status: PkiStatus,
        /// Why, by number.
        failure: Option<FailureInfo>,
        /// Why, in its words.
        text: Option<Escaped>,
    },
    /// The signed `signing-time` lies outside the validity of the chain.
    #[error("the signed attribute signing-time of the timestamp: {0}")]
    SigningTime(Expired),
    /// `genTime` is no time.
    #[error("expected genTime as `YYYYMMDDhhmmss[.f]Z`, found `{found}`")]
    Time {
        /// The text.
        found: Escaped,
    },
    /// An extension that is not known and may not be passed over: one of a request, or a critical one of a timestamp.
    #[error("expected no extension that must be understood, found {found}")]
    UnknownExtension {
        /// The extension.
        found: ObjectIdentifier,
    },
    /// A version that RFC 3161 does not know.
    #[error("expected version 1 of {of}")]
    Version {
        /// Of what.
        of: &'static str,
    },
}

struct Said<'a>(&'a Option<FailureInfo>);

impl core::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |failure| write!(f, ", {failure}"))
    }
}

struct Quoted<'a>(&'a Option<Escaped>);

impl core::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |text| write!(f, " (`{text}`)"))
    }
}

impl From<CertificateError> for TimestampError {
    /// The walker of DER is the one that reads certificates; it reports a field and a place.
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::Der { field, at } => Self::Malformed { field, at },
            CertificateError::Limit(limit) => Self::Limit(limit),
            error => Self::Chain(ChainError::Certificate { index: 0, error }),
        }
    }
}

impl Classify for TimestampError {
    fn code(&self) -> Code {
        match self {
            Self::CertificateMismatch
            | Self::Malformed { .. }
            | Self::NoToken
            | Self::Time { .. }
            | Self::UnknownExtension { .. }
            | Self::Version { .. } => code::MALFORMED_TIMESTAMP,
            Self::CertificateHash { .. } | Self::ImprintHash { .. } => code::TIMESTAMP_HASH,
            Self::Chain(error) => error.code(),
            Self::Cms(error) => error.code(),
            Self::Expired(error) | Self::SigningTime(error) => error.code(),
            Self::ImprintMismatch | Self::NonceMismatch | Self::PolicyMismatch { .. } => code::TIMESTAMP_MISMATCH,
            Self::Limit(limit) => limit.code(),
            Self::Path(error) => error.code(),
            Self::Refused { .. } => code::TIMESTAMP_REFUSED,
        }
    }
}

/// What is unwise in a timestamp but does not break it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampWarning {
    /// A certificate of the authority's chain is unwise.
    #[error("the timestamping authority: {0}")]
    Chain(#[from] ChainWarning),
    /// RFC 3161 allows one signer; one of several was enough, as it is for Notation.
    #[error(
        "the timestamp has {count} signers where RFC 3161 allows one: the first whose signature and chain hold counts"
    )]
    SeveralSigners {
        /// How many.
        count: usize,
    },
}
