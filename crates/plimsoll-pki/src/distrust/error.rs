//! What a distrust list says no to, and why a file is none.

use super::Subject;
use crate::{Which, code};
use core::{fmt, ops::RangeInclusive};
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, UnixTime};

/// A chain or key is on the operator's distrust list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: the {subject} is distrusted{}: {reason}", Place(which.as_ref()), Since(*signed_after, verified.as_ref()))]
pub struct Distrusted {
    /// The certificate; `None` for a key without one.
    pub which: Option<Which>,
    /// The entry's subject.
    pub subject: Subject,
    /// Since when; `None` means altogether.
    pub signed_after: Option<UnixTime>,
    /// When the signature is proven to have existed, if that is known.
    pub verified: Option<RangeInclusive<UnixTime>>,
    /// Why, as the operator wrote it.
    pub reason: Escaped,
}

impl Classify for Distrusted {
    fn code(&self) -> Code {
        code::CERTIFICATE_DISTRUSTED
    }
}

struct Place<'a>(Option<&'a Which>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(which) => write!(f, "{which}"),
            None => f.write_str("the key"),
        }
    }
}

struct Since<'a>(Option<UnixTime>, Option<&'a RangeInclusive<UnixTime>>);

impl fmt::Display for Since<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(after) = self.0 else { return Ok(()) };
        write!(f, " for signatures from {after} on, expected one proven to be older, found ")?;
        match self.1 {
            Some(time) => write!(f, "one from {} at the latest", time.start().max(time.end())),
            None => f.write_str("no verified time"),
        }
    }
}

/// Why bytes are not a distrust list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistrustError {
    /// It is not the JSON that a distrust list is.
    #[error("the distrust list is malformed: line {line}, column {column}: {problem}")]
    Document {
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 where it is not known.
        column: usize,
        /// What the parser says.
        problem: Escaped,
    },
    /// Too large.
    #[error("the distrust list is too large: {0}")]
    Limit(#[from] LimitExceeded),
}

impl Classify for DistrustError {
    fn code(&self) -> Code {
        match self {
            Self::Document { .. } => code::MALFORMED_DISTRUST_LIST,
            Self::Limit(limit) => limit.code(),
        }
    }
}
