//! Why a token proves nothing.

use super::KeysError;
use crate::{JsonError, code};
use plimsoll_core::{Classify, Code, Escaped, UnixTime};
use plimsoll_envelope::EnvelopeError;
use plimsoll_pki::{distrust::Distrusted, revocation::RevocationError, svid::SvidError};

/// Why an identity token proves no identity.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Another audience, or several: somebody else could hold the token.
    #[error("expected a token for `{expected}` and nobody else, found one for `{found}`")]
    Audience {
        /// The audience that this service has for the issuer.
        expected: Escaped,
        /// What the token says.
        found: Escaped,
    },
    /// A claim is missing, or of the wrong type.
    #[error("expected {expected} as the claim `{claim}` of the token")]
    Claim {
        /// The claim.
        claim: &'static str,
        /// What is due.
        expected: &'static str,
    },
    /// The claims are no JSON object.
    #[error("the claims of the token are malformed: {0}")]
    Claims(JsonError),
    /// Somebody in the chain of the SVID is distrusted.
    #[error("the SVID is refused: {0}")]
    Distrusted(#[from] Distrusted),
    /// It is too late, or the token was issued too long ago.
    #[error("the token was valid until {until}, and it is {now}")]
    Expired {
        /// The last second.
        until: UnixTime,
        /// The time.
        now: UnixTime,
    },
    /// The key set cannot be had.
    #[error("the keys of `{issuer}` cannot be had: {error}")]
    Keys {
        /// The issuer.
        issuer: Escaped,
        /// Why not.
        error: KeysError,
    },
    /// The key belongs to another issuer than the token names.
    #[error("expected `{expected}` as issuer, whose key it is, found `{found}`")]
    IssuerMismatch {
        /// Whose key the signature holds under.
        expected: Escaped,
        /// What the token says.
        found: Escaped,
    },
    /// The statement is not by an SVID that is taken here.
    #[error("expected {expected} in a statement by an SVID, found none")]
    NoSvid {
        /// What is due.
        expected: &'static str,
    },
    /// The SVID or one of its issuers is revoked, or that could not be found out.
    #[error("the SVID is refused: {0}")]
    Revocation(#[from] RevocationError),
    /// The SVID is refused.
    #[error("the SVID is refused: {0}")]
    Svid(#[from] SvidError),
    /// It is too early.
    #[error("the token is valid from {from} on, and it is {now}")]
    NotYetValid {
        /// The first second.
        from: UnixTime,
        /// The time.
        now: UnixTime,
    },
    /// The token is no compact JWS, or its signature does not hold.
    #[error("the token is refused: {0}")]
    Envelope(#[from] EnvelopeError),
    /// Not a token of identity.
    #[error("expected `JWT` as `typ` of the token, found `{found}`")]
    Type {
        /// What stands there.
        found: Escaped,
    },
    /// No issuer that is trusted here has such a key.
    #[error("no issuer that is trusted here has the key `{kid}` for this token")]
    UnknownKey {
        /// The name of the key, by the token.
        kid: Escaped,
    },
}

impl Classify for TokenError {
    fn code(&self) -> Code {
        match self {
            Self::Claim { .. } | Self::Claims(_) => code::TOKEN_MALFORMED,
            Self::Audience { .. } | Self::IssuerMismatch { .. } | Self::Type { .. } | Self::UnknownKey { .. } => {
                code::TOKEN_UNTRUSTED
            }
            Self::Distrusted(error) => error.code(),
            Self::Envelope(error) => error.code(),
            Self::Expired { .. } | Self::NotYetValid { .. } => code::TOKEN_OUT_OF_TIME,
            Self::Keys { error, .. } => error.code(),
            Self::NoSvid { .. } => code::SVID_REFUSED,
            Self::Revocation(error) => error.code(),
            Self::Svid(error) => error.code(),
        }
    }
}
