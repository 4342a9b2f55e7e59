//! Why there is no telling which credential a registry gets.

use crate::{DocumentError, NameError, code, ended::ended, process::Fault};
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, code as seam};
use std::{fmt, io, time::Duration};

/// Why a credential could not be read. No other one is tried in its place, and the registry is not asked without one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A file is unreadable or malformed.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The entry of a registry cannot be understood.
    #[error("`{path}`, at `auths.{registry}.auth`: expected the Base64 of `USER:PASSWORD`, found something else")]
    Entry {
        /// The file.
        path: Escaped,
        /// The name of the entry.
        registry: Escaped,
    },
    /// The program that keeps the credential failed.
    #[error("the credential helper `{helper}` for `{server}` failed: {fault}")]
    Helper {
        /// The program.
        helper: Escaped,
        /// What it was asked for.
        server: Escaped,
        /// What happened.
        fault: HelperFault,
    },
    /// A helper has a name that is a path.
    #[error("credential helper: {0}")]
    Name(NameError),
}

impl Classify for CredentialError {
    fn code(&self) -> Code {
        match self {
            Self::Document(error) => error.code(),
            Self::Entry { .. } => code::MALFORMED_CONFIGURATION,
            Self::Helper { .. } => seam::CREDENTIAL_HELPER_FAILED,
            Self::Name(error) => error.code(),
        }
    }
}

/// What happened to a credential helper.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HelperFault {
    /// What it said is no credential.
    Answer,
    /// It ended with a failure.
    Exit {
        /// Its exit code, if it ended by itself.
        status: Option<i32>,
        /// The first line of what it said.
        said: Escaped,
    },
    /// It could not be started or listened to.
    Io(io::ErrorKind),
    /// It said too much.
    Limit(LimitExceeded),
    /// No such program is in an absolute directory of PATH.
    Missing,
    /// It is nothing that the system runs by itself. A shell is never asked to.
    NoProgram,
    /// It did not end, or did not let go of its output, in time, and was stopped with its process group.
    TimeOut(Duration),
}

impl From<Fault> for HelperFault {
    fn from(fault: Fault) -> Self {
        match fault {
            // Nobody gives it up.
            Fault::Cancelled => Self::Io(io::ErrorKind::Interrupted),
            Fault::Io(kind) => Self::Io(kind),
            Fault::Limit { limit, .. } => Self::Limit(limit),
            Fault::TimeOut(time) => Self::TimeOut(time),
        }
    }
}

impl fmt::Display for HelperFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer => f.write_str("expected a JSON object with `Username` and `Secret`, found something else"),
            Self::Exit { status, said } => ended(*status, said, f),
            Self::Io(kind) => write!(f, "{kind}"),
            Self::Limit(limit) => write!(f, "{limit}"),
            Self::Missing => f.write_str("not found in an absolute directory of PATH"),
            Self::NoProgram => {
                f.write_str("expected a program, or a script that names its interpreter, found something else")
            }
            Self::TimeOut(limit) => write!(f, "no answer within {} ms", limit.as_millis()),
        }
    }
}
