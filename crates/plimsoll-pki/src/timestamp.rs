//! Timestamps (RFC 3161): proof that something existed at a time.
//!
//! A [`TimestampToken`] is signed data of a timestamping authority. [`TimestampToken::verify`] gives the only
//! [`VerifiedTimestamp`]s there are: the imprint is that of the message, a signer's certificate is the one that it names and signs
//! (`signing-certificate-v2`), and its chain of the profile [`Profile::TimeStamping`](crate::Profile::TimeStamping) leads to a root of
//! the trust store and was valid at the time that the token says.
//!
//! [`TimestampRequest`] and [`TimestampResponse`] are what client and authority exchange; [`issue()`] and [`respond()`] are the authority's
//! side.

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
