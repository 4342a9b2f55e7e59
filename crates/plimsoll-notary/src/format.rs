//! The two envelope formats.

use core::{fmt, str::FromStr};
use plimsoll_core::Escaped;

/// How a signature is wrapped. The media type of the layer decides; the bytes are never sniffed.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Format {
    /// COSE_Sign1, tagged (`application/cose`).
    Cose,
    /// JWS, flattened JSON (`application/jose+json`).
    #[default]
    Jws,
}

impl Format {
    /// The format of a media type, without parameters and without case.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        [Self::Cose, Self::Jws]
            .into_iter()
            .find(|format| plimsoll_oci::media_type::same(format.media_type(), media_type))
    }
    /// The media type of the layer.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Cose => "application/cose",
            Self::Jws => "application/jose+json",
        }
    }
    /// The short name: `jws` or `cose`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cose => "cose",
            Self::Jws => "jws",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = FormatError;
    fn from_str(text: &str) -> Result<Self, FormatError> {
        [Self::Cose, Self::Jws]
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| FormatError { found: Escaped::new(text) })
    }
}

/// The text is not the short name of a format.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected `jws` or `cose`, found `{found}`")]
pub struct FormatError {
    /// The text.
    pub found: Escaped,
}
