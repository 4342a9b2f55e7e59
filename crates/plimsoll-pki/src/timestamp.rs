//! Timestamps (RFC 3161): proof that something existed at a time.
//!
//! A [`TimestampToken`] is signed data of a timestamping authority. [`TimestampToken::verify`] gives the only
//! [`VerifiedTimestamp`]s there are: the imprint is that of the message, a signer's certificate is the one that it names and signs
//! (`signing-certificate-v2`), and its chain of the profile [`Profile::TimeStamping`](crate::Profile::TimeStamping) leads to a root of
//! the trust store and was valid at the time that the token says.
//!
//! [`TimestampRequest`] and [`TimestampResponse`] are what client and authority exchange; [`issue()`] and [`respond()`] are the authority's
//! side.
//!
//! ```
//! use plimsoll_crypto::provider;
//! use plimsoll_pki::timestamp::{TimestampLimits, TimestampToken};
//! use plimsoll_testkit::{pki::{KeySpec, NOW}, timestamp::TestTsa}; // an authority for this example
//!
//! let (tsa, stranger) = (TestTsa::new(KeySpec::P256), TestTsa::new(KeySpec::P384));
//! let trusted = tsa.trust_store();
//! let token = TimestampToken::parse(&tsa.token(b"a signature"), &TimestampLimits::default())?;
//! let proof = token.verify(b"a signature", &trusted, provider())?;
//! assert_eq!((proof.earliest(), proof.latest()), (NOW.saturating_sub(1), NOW.saturating_add(1)));
//!
//! // For other bytes it is none, and neither is one of an authority that nobody trusts.
//! assert!(token.verify(b"another signature", &trusted, provider()).is_err());
//! let foreign = TimestampToken::parse(&stranger.token(b"a signature"), &TimestampLimits::default())?;
//! assert!(foreign.verify(b"a signature", &trusted, provider()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod draft;
mod error;
mod gen_time;
mod imprint;
mod info;
mod issue;
mod limits;
mod request;
mod response;
mod signing_certificate;
mod status;
mod token;
mod verify;

pub use draft::{DraftAttribute, TokenDraft};
pub use error::{TimestampError, TimestampWarning};
pub use gen_time::GenTime;
pub use imprint::MessageImprint;
pub use info::{Nonce, TstInfo};
pub use issue::{TimestampAuthority, TimestampIssueError, draft, issue, respond};
pub use limits::TimestampLimits;
pub use request::TimestampRequest;
pub use response::TimestampResponse;
pub use status::{FailureInfo, PkiStatus};
pub use token::TimestampToken;
pub use verify::VerifiedTimestamp;

/// Media type of a request (RFC 3161, 3.4).
pub const QUERY_MEDIA_TYPE: &str = "application/timestamp-query";
/// Media type of a response (RFC 3161, 3.4).
pub const REPLY_MEDIA_TYPE: &str = "application/timestamp-reply";
