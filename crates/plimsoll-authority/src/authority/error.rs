//! Why an authority did not do what it was asked.

use crate::{CheckpointError, LedgerError, code};
use plimsoll_core::{Classify, Code, Escaped, UnixTime};
use plimsoll_pki::{ChainError, Validity, issue::IssueError};

/// Why an authority did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// What would be issued does not hold.
    #[error("what would be issued does not hold: {0}")]
    Chain(ChainError),
    /// A checkpoint does not hold, or its file cannot be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The key of the authority did not sign.
    #[error("the key of the authority did not sign: {reason}")]
    Key {
        /// What it said.
        reason: Escaped,
    },
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No full list is in use.
    #[error("expected a full list of revoked certificates for a delta to complete, found none that is in use")]
    NoBase,
    /// A certificate of the authority is not valid now.
    #[error("a certificate of the authority is valid from {} to {}, not at {now}", validity.not_before, validity.not_after)]
    OutOfTime {
        /// When it is valid.
        validity: Validity,
        /// The time.
        now: UnixTime,
    },
    /// The system gave no random bytes, or the same as before.
    #[error("the system gave no random bytes for a serial number")]
    Random,
    /// Another used the token for another key, in this very moment.
    #[error("the token was used before, for another key")]
    TokenReused,
    /// Certificates, key and order do not go together.
    #[error("the authority cannot issue this: {problem}")]
    Unusable {
        /// Why not.
        problem: Escaped,
    },
}

impl AuthorityError {
    pub(crate) fn unusable(problem: &impl std::fmt::Display) -> Self {
        Self::Unusable { problem: Escaped::new(&problem.to_string()) }
    }
    pub(super) fn issue<E: std::error::Error>(error: IssueError<E>) -> Self {
        match error {
            IssueError::Sign(error) => Self::key(&error),
            other => Self::unusable(&other),
        }
    }
    pub(crate) fn key(error: &impl std::fmt::Display) -> Self {
        Self::Key { reason: Escaped::new(&error.to_string()) }
    }
}

impl Classify for AuthorityError {
    fn code(&self) -> Code {
        match self {
            Self::Chain(_) | Self::Key { .. } | Self::OutOfTime { .. } | Self::Random => code::ISSUING_FAILED,
            Self::Checkpoint(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::TokenReused => code::TOKEN_REUSED,
            Self::NoBase | Self::Unusable { .. } => code::AUTHORITY_UNUSABLE,
        }
    }
}
