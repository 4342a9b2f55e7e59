//! What went wrong with a registry.

use crate::{ChallengeError, TransportError, code};
use http::Method;
use plimsoll_core::{
    BodyError, Classify, Code, Digest, Escaped, Failure, LimitExceeded, Mismatch, StoreError, code as shared,
};
use plimsoll_oci::ManifestError;
use std::fmt;
use url::Url;

/// A method and a URL, as errors show them: no user information, no query, which may hold tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exchange {
    method: Method,
    url: Escaped,
}

impl Exchange {
    pub(crate) fn new(method: &Method, url: &Url) -> Self {
        Self { method: method.clone(), url: shown(url) }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// A URL without its secrets.
pub(crate) fn shown(url: &Url) -> Escaped {
    Escaped::new(&format!("{}{}", url.origin().ascii_serialization(), url.path()))
}

/// Why a registry could not be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The registry asked for a longer pause than is waited.
    #[error("{exchange}: the registry asks for a pause of {seconds} s, more than the {longest} s that are waited")]
    Busy {
        /// The request.
        exchange: Exchange,
        /// The pause.
        seconds: u64,
        /// The longest pause.
        longest: u64,
    },
    /// The content broke off.
    #[error("{exchange}: {source}")]
    Body {
        /// The request.
        exchange: Exchange,
        /// How.
        source: BodyError,
    },
    /// The challenge cannot be read.
    #[error("{exchange}: {source}")]
    Challenge {
        /// The request.
        exchange: Exchange,
        /// How.
        source: ChallengeError,
    },
    /// The source of credentials failed.
    #[error("credentials for {registry}: {source}")]
    Credentials {
        /// The registry.
        registry: Escaped,
        /// How.
        source: Failure,
    },
    /// A peer named an address that it may not send us to.
    #[error("{named_by} named {target} as its {role}: {reason}")]
    ForbiddenTarget {
        /// Who named it.
        named_by: Escaped,
        /// What for.
        role: &'static str,
        /// The address.
        target: Escaped,
        /// Why not, and which setting allows it.
        reason: &'static str,
    },
    /// From https to http.
    #[error("{from} redirected to {to}: expected https")]
    InsecureRedirect {
        /// Who redirected.
        from: Escaped,
        /// To where.
        to: Escaped,
    },
    /// Too much.
    #[error("{exchange}: {source}")]
    Limit {
        /// The request.
        exchange: Exchange,
        /// Of what.
        source: LimitExceeded,
    },
    /// The answer does not have the form.
    #[error("{exchange}: expected {expected}, found `{found}`")]
    Malformed {
        /// The request.
        exchange: Exchange,
        /// What was expected.
        expected: &'static str,
        /// What came.
        found: Escaped,
    },
    /// The manifest says of itself that it is of another type.
    #[error("{exchange}: expected the media type of the header, {header}, found {own}")]
    MediaType {
        /// The request.
        exchange: Exchange,
        /// What the header says.
        header: Escaped,
        /// What the manifest says.
        own: Escaped,
    },
    /// The content is not what it should be.
    #[error("{exchange}: {source}")]
    Mismatch {
        /// The request.
        exchange: Exchange,
        /// How.
        source: Mismatch,
    },
    /// All the time for questions about revocation is used up.
    #[error("{url}: not asked to the end: the questions about revocation took {seconds} s in all")]
    NoTimeLeft {
        /// What was to be asked.
        url: Escaped,
        /// The time allowed for all of them.
        seconds: u64,
    },
    /// A list of referrers cannot be read.
    #[error("{exchange}: {source}")]
    Referrers {
        /// The request.
        exchange: Exchange,
        /// How.
        source: ManifestError,
    },
    /// Other writers kept changing the referrers tag.
    #[error("the referrers tag {tag} of {subject} lost the new entry {attempts} times to other writers")]
    ReferrersConflict {
        /// The tag.
        tag: Escaped,
        /// The subject.
        subject: Digest,
        /// The attempts.
        attempts: u32,
    },
    /// The content to push is not what its descriptor says.
    #[error("the content to push: {0}")]
    Source(Mismatch),
    /// The registry answered with another status than the specification has for success.
    #[error("{exchange}: status {status}{}{}", Labelled(" ", .registry_code), Labelled(": ", .message))]
    Status {
        /// The request.
        exchange: Exchange,
        /// The HTTP status.
        status: u16,
        /// The code of the registry, if it gave one.
        registry_code: Option<Escaped>,
        /// Its message, or the beginning of the body.
        message: Option<Escaped>,
    },
    /// The whole took too long.
    #[error("{exchange}: not done within {seconds} s")]
    TimedOut {
        /// The request.
        exchange: Exchange,
        /// The time allowed.
        seconds: u64,
    },
    /// No answer.
    #[error("{exchange}: {source}")]
    Transport {
        /// The request.
        exchange: Exchange,
        /// How.
        source: TransportError,
    },
    /// This client does not do it.
    #[error("{what} is not supported")]
    Unsupported {
        /// What.
        what: &'static str,
    },
}

/// Optional text with a mark in front.
struct Labelled<'a>(&'static str, &'a Option<Escaped>);

impl fmt::Display for Labelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.as_ref().map_or(Ok(()), |text| write!(f, "{}{text}", self.0))
    }
}

impl Error {
    /// Says whether the registry said that it is not there.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }
    /// Says whether sending the request again may help.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Body { .. } => true,
            Self::Transport { source, .. } => {
                matches!(
                    source,
                    TransportError::Broken(_) | TransportError::Connect(_) | TransportError::TimedOut { .. }
                )
            }
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }
}

impl Classify for Error {
    fn code(&self) -> Code {
        match self {
            Self::Body { source: BodyError::Stalled { .. }, .. }
            | Self::NoTimeLeft { .. }
            | Self::TimedOut { .. }
            | Self::Transport { source: TransportError::TimedOut { .. }, .. } => code::TIMED_OUT,
            Self::Body { .. } | Self::Busy { .. } => shared::UNREACHABLE,
            Self::Challenge { source, .. } => source.code(),
            Self::Credentials { source, .. } => source.code(),
            Self::ForbiddenTarget { .. } => shared::FORBIDDEN_TARGET,
            Self::InsecureRedirect { .. } => code::INSECURE_REDIRECT,
            Self::Limit { source, .. } => source.code(),
            Self::Malformed { .. } => shared::MALFORMED_ANSWER,
            Self::MediaType { .. } => plimsoll_oci::code::MEDIA_TYPE_MISMATCH,
            Self::Mismatch { source, .. } | Self::Source(source) => source.code(),
            Self::Referrers { source, .. } => source.code(),
            Self::ReferrersConflict { .. } => code::REFERRERS_CONFLICT,
            Self::Status { status, .. } => match status {
                401 | 403 => shared::ACCESS_DENIED,
                404 => shared::NOT_FOUND,
                409 | 416 => code::UPLOAD_CONFLICT,
                408 | 429 | 500.. => shared::UNREACHABLE,
                _ => code::REGISTRY_REFUSED,
            },
            Self::Transport { source: TransportError::Forbidden(_), .. } => shared::FORBIDDEN_TARGET,
            Self::Transport { source: TransportError::Tls(_), .. } => code::TLS_FAILED,
            Self::Transport { .. } => shared::UNREACHABLE,
            Self::Unsupported { .. } => shared::NOT_SUPPORTED,
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            error if error.is_absent() => Self::Absent { what: Escaped::new(&error.to_string()) },
            Error::Source(mismatch) => Self::Mismatch(mismatch),
            error => Self::other(error.code(), error.to_string()),
        }
    }
}
