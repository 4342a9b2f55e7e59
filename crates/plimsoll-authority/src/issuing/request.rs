//! What a client sends.

use super::IssuingError;
use crate::{JsonError, Limits};
use plimsoll_core::Escaped;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A request for a certificate: who asks, and for which key.
///
/// ```
/// use plimsoll_authority::{IssuingRequest, Limits};
/// let read = |text: &str| IssuingRequest::parse(text.as_bytes(), &Limits::default()).map_err(|error| error.to_string());
/// assert!(read(r#"{"token": "e.y.J", "csr": "-----BEGIN CERTIFICATE REQUEST-----"}"#).is_ok());
/// assert_eq!(
///     read(r#"{"token": "e.y.J"}"#).unwrap_err(),
///     "expected either `csr`, or `publicKey` and `proof` in the request"
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuingRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    svid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    csr: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
}

impl IssuingRequest {
    /// Asks with a PKCS#10 request in PEM, whose signature shows that the key is there.
    pub fn with_csr(token: impl Into<String>, csr: impl Into<String>) -> Self {
        Self { token: Some(token.into()), svid: None, csr: Some(csr.into()), public_key: None, proof: None }
    }
    /// Asks with a public key in PEM and a compact JWS under it, of the type `plimsoll-possession+jws`, whose payload is the SHA-256 of the
    /// token in lower-case hexadecimal.
    pub fn with_proof(token: impl Into<String>, public_key: impl Into<String>, proof: impl Into<String>) -> Self {
        let (public_key, proof) = (Some(public_key.into()), Some(proof.into()));
        Self { token: Some(token.into()), svid: None, csr: None, public_key, proof }
    }
    /// Asks by the statement of an SVID ([`SvidTrust`](crate::SvidTrust)) in place of a token.
    #[must_use]
    pub fn by_svid(mut self) -> Self {
        self.svid = self.token.take().or(self.svid);
        self
    }
    /// Reads a request.
    ///
    /// # Errors
    /// [`IssuingError::Request`] and [`IssuingError::RequestMembers`].
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, IssuingError> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits.request_bytes {
            let problem = Escaped::new("it is too large");
            return Err(IssuingError::Request(JsonError { line: 1, column: 1, problem }));
        }
        let request: Self =
            serde_json::from_slice(bytes).map_err(|error| IssuingError::Request(JsonError::of(&error)))?;
        if request.token.is_some() == request.svid.is_some() {
            return Err(IssuingError::RequestMembers { expected: "either `token` or `svid`" });
        }
        match (&request.csr, &request.public_key, &request.proof) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(request),
            _ => Err(IssuingError::RequestMembers { expected: "either `csr`, or `publicKey` and `proof`" }),
        }
    }
    /// Writes the request, for a client.
    #[must_use]
    pub fn to_json(&self) -> String {
        // INVARIANT: texts under fixed names are always JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
    /// The token, or the statement of an SVID.
    pub(super) fn credential(&self) -> &str {
        self.token.as_deref().or(self.svid.as_deref()).unwrap_or_default()
    }
    pub(super) fn svid(&self) -> Option<&str> {
        self.svid.as_deref()
    }
    pub(super) fn csr(&self) -> Option<&str> {
        self.csr.as_deref()
    }
    pub(super) fn key_and_proof(&self) -> Option<(&str, &str)> {
        self.public_key.as_deref().zip(self.proof.as_deref())
    }
}

impl fmt::Debug for IssuingRequest {
    // Whoever reads a token can use it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let credential = if self.svid.is_some() { "svid" } else { "token" };
        let key = if self.csr.is_some() { "csr" } else { "publicKey" };
        write!(f, "IssuingRequest({credential}, {key})")
    }
}
