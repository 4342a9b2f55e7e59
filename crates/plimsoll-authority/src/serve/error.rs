//! Why a service does not listen.

use crate::code;
use plimsoll_core::{Classify, Code};
use std::net::SocketAddr;

/// Why a service does not listen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Others could reach it, and nobody said that they may.
    #[error("{address} is not a loopback address: expected {expected}")]
    Exposed {
        /// The address.
        address: SocketAddr,
        /// What would make it safe.
        expected: &'static str,
    },
    /// The system said no.
    #[error("{address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What it said.
        reason: Box<str>,
    },
    /// The chain or key cannot be used.
    #[error("the TLS identity of the service cannot be used: {reason}")]
    TlsIdentity {
        /// Why.
        reason: Box<str>,
    },
}

impl Classify for ServeError {
    fn code(&self) -> Code {
        match self {
            Self::Exposed { .. } => code::AUTHORITY_EXPOSED,
            Self::Listen { .. } => code::AUTHORITY_NOT_LISTENING,
            Self::TlsIdentity { .. } => code::AUTHORITY_TLS_MALFORMED,
        }
    }
}
