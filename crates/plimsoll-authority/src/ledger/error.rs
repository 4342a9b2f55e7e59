//! What is wrong with a ledger, or with what it was asked to hold.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped, UnixTime};

/// Why the ledger did not take an entry, or could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// It was revoked before.
    #[error("the certificate {serial} was revoked at {at}")]
    AlreadyRevoked {
        /// The serial number in hexadecimal.
        serial: Escaped,
        /// When.
        at: UnixTime,
    },
    /// The lines are a chain, but not the one that a checkpoint was signed over.
    #[error("{path}: at {at} a checkpoint was signed over {lines} lines: {found}")]
    Contradicted {
        /// The file.
        path: Escaped,
        /// How many lines the checkpoint names.
        lines: u64,
        /// When it was signed.
        at: UnixTime,
        /// What there is in their place.
        found: Contradiction,
    },
    /// A line is not as it was written.
    #[error("{path}, line {line}: {problem}")]
    Malformed {
        /// The file.
        path: Escaped,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: Escaped,
    },
    /// The file cannot be read or written.
    #[error("{path}: {reason}")]
    Unavailable {
        /// The file.
        path: Escaped,
        /// What the system says.
        reason: Escaped,
    },
    /// There is no such certificate.
    #[error("expected the serial number of a certificate that was issued here, found {serial}")]
    UnknownSerial {
        /// The serial number in hexadecimal.
        serial: Escaped,
    },
}

/// How a ledger is not the one that a checkpoint was signed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Contradiction {
    /// Another line stands where the last one stood.
    #[error("the last of them is another now, so the ledger was written anew")]
    OtherLine,
    /// There are fewer lines.
    #[error("{lines} are left, so its end was cut off")]
    Shorter {
        /// How many.
        lines: u64,
    },
}

impl Classify for LedgerError {
    fn code(&self) -> Code {
        match self {
            Self::AlreadyRevoked { .. } => code::ALREADY_REVOKED,
            Self::Contradicted { .. } => code::LEDGER_CONTRADICTED,
            Self::Malformed { .. } => code::LEDGER_MALFORMED,
            Self::Unavailable { .. } => code::LEDGER_UNAVAILABLE,
            Self::UnknownSerial { .. } => code::UNKNOWN_SERIAL,
        }
    }
}
