//! Names that a leaf must have.

use super::ServerName;
use crate::GeneralName;
use alloc::string::String;
use core::fmt;
use plimsoll_core::Escaped;

/// A name that must stand in the `subjectAltName` of a leaf. The subject itself is never searched for it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ExpectedName {
    /// A mailbox: the part before the `@` as it is, the rest in any case of letters.
    Email(String),
    /// A server.
    Server(ServerName),
    /// A URI, octet by octet.
    Uri(String),
}

impl ExpectedName {
    pub(super) fn is_among(&self, names: &[GeneralName<'_>]) -> bool {
        names.iter().any(|name| match (self, name) {
            (Self::Email(wanted), GeneralName::Email(found)) => same_mailbox(wanted, found),
            (Self::Server(wanted), name) => wanted.is_named_by(name),
            (Self::Uri(wanted), GeneralName::Uri(found)) => wanted == found,
            _ => false,
        })
    }
}

/// RFC 5280, 7.5.
fn same_mailbox(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((user, host)), Some((other_user, other_host))) => {
            user == other_user && host.eq_ignore_ascii_case(other_host)
        }
        _ => false,
    }
}

impl fmt::Display for ExpectedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(text) | Self::Uri(text) => write!(f, "{}", Escaped::new(text)),
            Self::Server(name) => write!(f, "{name}"),
        }
    }
}
