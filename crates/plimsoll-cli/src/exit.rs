//! Exit codes.

use plimsoll::core::{Class, Decision};
use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Yes.
    Yes = 0,
    /// No: untrusted, blocked, or evidence that is malformed or does not match its digest.
    No = 1,
    /// What the user gave is malformed: flags, policy, reference, key.
    Malformed = 2,
    /// It could not be found out.
    Unknown = 3,
}

impl Exit {
    /// For a fault in what the user gave.
    pub(crate) fn of_given(class: Class) -> Self {
        match class {
            Class::Malformed | Class::Untrusted => Self::Malformed,
            Class::Unavailable => Self::Unknown,
        }
    }
    /// For a fault in evidence.
    pub(crate) fn of_evidence(class: Class) -> Self {
        match class {
            Class::Malformed | Class::Untrusted => Self::No,
            Class::Unavailable => Self::Unknown,
        }
    }
    /// For a verdict.
    pub(crate) fn of_decision(decision: Decision) -> Self {
        match decision {
            Decision::Admit => Self::Yes,
            Decision::Deny(class) => Self::of_evidence(class),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
