//! Why a document is refused.

use crate::{FieldError, JsonError, code};
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, Mismatch};

/// Why bytes are not a manifest or index.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It has `manifests` and also `config` or `layers` (CVE-2021-41190).
    #[error("expected an image manifest or an index, found `manifests` beside `{member}`")]
    Ambiguous {
        /// The member of an image manifest.
        member: &'static str,
    },
    /// Embedded content is not what its descriptor says.
    #[error("`{path}.data`: {source}")]
    Data {
        /// The descriptor.
        path: Escaped,
        /// How it differs.
        source: Mismatch,
    },
    /// A member is not what it must be.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// It is not strict JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is larger than the limits.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// Its own `mediaType` is not that of the descriptor that led to it.
    #[error("expected a manifest of type `{declared}`, as its descriptor says, found `{actual}`")]
    MediaType {
        /// The type that the descriptor says.
        declared: Escaped,
        /// The type that the document says.
        actual: Escaped,
    },
    /// A manifest of a type that is not read here, or of no type. Content is never guessed.
    #[error("expected an OCI or Docker manifest or index, found the media type `{found}`")]
    UnsupportedMediaType {
        /// The type that the descriptor says.
        found: Escaped,
    },
}

impl Classify for ManifestError {
    fn code(&self) -> Code {
        match self {
            Self::Ambiguous { .. } => code::AMBIGUOUS_MANIFEST,
            Self::Data { source, .. } => source.code(),
            Self::Limit(limit) | Self::Json(JsonError::Limit(limit)) => limit.code(),
            Self::Field(_) | Self::Json(_) => code::MALFORMED_MANIFEST,
            Self::MediaType { .. } => code::MEDIA_TYPE_MISMATCH,
            Self::UnsupportedMediaType { .. } => code::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

/// Why bytes are not an image configuration.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A member is not what it must be.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// It is not strict JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It names more or fewer layers than the manifest.
    #[error("expected {layers} diff_ids, one for each layer of the manifest, found {diff_ids}")]
    Layers {
        /// The layers of the manifest.
        layers: usize,
        /// The diff_ids of the configuration.
        diff_ids: usize,
    },
    /// It is larger than the limits.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// The manifest's config is of a type that is no image configuration.
    #[error("expected an OCI or Docker image configuration, found the media type `{found}`")]
    MediaType {
        /// The type that the descriptor says.
        found: Escaped,
    },
}

impl Classify for ConfigError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) | Self::Json(JsonError::Limit(limit)) => limit.code(),
            Self::Field(_) | Self::Json(_) | Self::Layers { .. } => code::MALFORMED_CONFIG,
            Self::MediaType { .. } => code::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}
