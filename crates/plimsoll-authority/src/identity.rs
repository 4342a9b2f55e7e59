//! Who asks, proven.

use plimsoll_core::{Digest, UnixTime};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A proven identity: a workload, by a token of its CI system or by its SVID. Made by the checks of
/// [`Issuers::verify`](crate::Issuers::verify) and [`SvidTrust::verify`](crate::SvidTrust::verify), and in no other way.
///
/// ```compile_fail
/// let forged = plimsoll_authority::Identity { };
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Identity {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) claims: Map<String, Value>,
    pub(crate) token: Digest,
    pub(crate) expires: UnixTime,
    pub(crate) key: Option<Digest>,
}

impl Identity {
    /// Who says so: the issuer of the token, or `spiffe://` and the trust domain.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
    /// Whom it names: the claim `sub`, or the SPIFFE ID.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
    /// A claim as text. GitLab and GitHub write truth and numbers as text, others as what they are; both give the same here. A list, an
    /// object or a fraction has no text.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.claims.get(name)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
            Value::Number(number) if !number.is_f64() => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }
    /// The digest of what was signed: what tells one token from another. The signature is not in it, since some can be
    /// written in two ways.
    #[must_use]
    pub fn token(&self) -> Digest {
        self.token
    }
    /// The last second of the token.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.expires
    }
    /// The digest of the one key that this identity asks for a certificate for, where it named one itself.
    #[must_use]
    pub fn key(&self) -> Option<Digest> {
        self.key
    }
}
