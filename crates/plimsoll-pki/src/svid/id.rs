//! SPIFFE IDs and trust domains ([SPIFFE-ID, 2](https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md#2-spiffe-identity)).

use crate::code;
use alloc::{boxed::Box, sync::Arc};
use core::{fmt, str::FromStr};
use plimsoll_core::{Classify, Code, Escaped};

/// A trust domain: 1 to 255 of the characters `a` to `z`, `0` to `9`, `.`, `-` and `_`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TrustDomain(Arc<str>);

impl TrustDomain {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrustDomain {
    type Err = SpiffeIdError;
    fn from_str(text: &str) -> Result<Self, SpiffeIdError> {
        let allowed = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b".-_".contains(&octet);
        if (1..=255).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(SpiffeIdError {
                rule: "a trust domain of 1 to 255 of a-z, 0-9, `.`, `-` and `_`",
                found: Escaped::new(text),
            })
        }
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SPIFFE ID: `spiffe://`, a trust domain, and perhaps a path.
///
/// The text has exactly one spelling: no upper case before the path, no percent-encoding, no empty segment, no `.` or `..`, no query. Two IDs are
/// the same if their texts are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SpiffeId {
    domain: TrustDomain,
    path: Box<str>,
}

impl SpiffeId {
    /// The trust domain.
    #[must_use]
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.domain
    }
    /// The path with its leading `/`; empty for the ID of the trust domain itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for SpiffeId {
    type Err = SpiffeIdError;
    fn from_str(text: &str) -> Result<Self, SpiffeIdError> {
        let error = |rule| SpiffeIdError { rule, found: Escaped::new(text) };
        if text.len() > MOST_OCTETS {
            return Err(error("at most 2048 octets"));
        }
        let rest = text.strip_prefix("spiffe://").ok_or_else(|| error("`spiffe://` and a trust domain"))?;
        let at = rest.find('/').unwrap_or(rest.len());
        let (domain, path) = rest.split_at(at);
        let segments = path.strip_prefix('/').map(|path| path.split('/'));
        if segments.is_some_and(|mut segments| !segments.all(is_segment)) {
            return Err(error("a path of segments of a-z, A-Z, 0-9, `.`, `-` and `_`, none empty, `.` or `..`"));
        }
        Ok(Self { domain: domain.parse()?, path: path.into() })
    }
}

fn is_segment(text: &str) -> bool {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b".-_".contains(&octet);
    !text.is_empty() && text != "." && text != ".." && text.bytes().all(allowed)
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}{}", self.domain, self.path)
    }
}

/// The text is no SPIFFE ID or no trust domain.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the SPIFFE ID is malformed: expected {rule}, found `{found}`")]
pub struct SpiffeIdError {
    /// What it must be.
    pub rule: &'static str,
    /// The text.
    pub found: Escaped,
}

impl Classify for SpiffeIdError {
    fn code(&self) -> Code {
        code::MALFORMED_SPIFFE_ID
    }
}

/// SPIFFE-ID, 2.3: no longer may IDs be, and no shorter may the longest be that is read.
const MOST_OCTETS: usize = 2048;
