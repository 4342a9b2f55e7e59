//! Why a layer is refused.

use crate::code;
use plimsoll_core::{Classify, Code, Digest, Escaped, LimitExceeded};

/// Why bytes are not a layer, or not one that is read here.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// The unpacked archive is another than the configuration says.
    #[error("expected a layer with diff_id {expected}, found {found}")]
    DiffId {
        /// What the configuration says.
        expected: Digest,
        /// What the archive has.
        found: Digest,
    },
    /// Broken or cut gzip.
    #[error("expected a whole gzip stream, found a broken one")]
    Gzip,
    /// A limit was reached.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// The bytes are packed in another way than the media type says.
    #[error("expected a layer packed as {declared}, as its media type says, found {found}")]
    Packing {
        /// What the media type says.
        declared: &'static str,
        /// What the bytes begin as.
        found: &'static str,
    },
    /// A path or link leads out of the image.
    #[error("entry {entry}: expected a path inside the image, found `{path}`")]
    PathEscape {
        /// The number of the entry, from 1.
        entry: u64,
        /// The path.
        path: Escaped,
    },
    /// Not a tar archive that every reader reads alike.
    #[error("entry {entry}: expected {expected}")]
    Tar {
        /// The number of the entry, from 1.
        entry: u64,
        /// What it should have.
        expected: &'static str,
    },
    /// The archive ends in the middle of something.
    #[error("expected a whole tar archive, found its end after {found} bytes")]
    Truncated {
        /// The bytes that came.
        found: u64,
    },
    /// It may be well-formed, but it is not read here.
    #[error("{what} is not supported")]
    Unsupported {
        /// What.
        what: &'static str,
    },
    /// A whiteout that names nothing below its directory.
    #[error("entry {entry}: expected a whiteout of a name, found `{path}`")]
    Whiteout {
        /// The number of the entry, from 1.
        entry: u64,
        /// The path.
        path: Escaped,
    },
}

impl Classify for LayerError {
    fn code(&self) -> Code {
        match self {
            Self::DiffId { .. } => plimsoll_core::code::DIGEST_MISMATCH,
            Self::Limit(limit) => limit.code(),
            Self::Packing { .. } => code::MEDIA_TYPE_MISMATCH,
            Self::PathEscape { .. } => code::PATH_ESCAPE,
            Self::Unsupported { .. } => plimsoll_core::code::NOT_SUPPORTED,
            Self::Gzip | Self::Tar { .. } | Self::Truncated { .. } | Self::Whiteout { .. } => code::MALFORMED_LAYER,
        }
    }
}
