//! Conversions to and from the types of oci-spec, both ways.
//!
//! oci-spec's types hold more than the specification allows (any digest algorithm, any schema version, unchecked `data`) and less than
//! a document may say, so they are never the way in for bytes: what comes from them is checked as bytes would be. Its
//! `Platform` writes `os_version` for `os.version` (youki-dev/oci-spec-rs#163), so nothing goes through its JSON but
//! configurations, where that does not happen.

use crate::{
    Annotations, ConfigError, ContentDescriptor, FieldError, ImageConfig, ImageIndex, ImageManifest, Manifest,
    ManifestError, Platform, media_type,
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::str::FromStr as _;
use oci_spec::image as spec;
use plimsoll_core::{Blob, Classify, Code, Descriptor, Escaped};

/// Why a value of oci-spec is not one of ours, or the other way round.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InteropError {
    /// The configuration is not one that would be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The manifest is not one that would be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// oci-spec does not take it.
    #[error("expected a value that oci-spec can hold: {0}")]
    OciSpec(Escaped),
}

impl Classify for InteropError {
    fn code(&self) -> Code {
        match self {
            Self::Config(error) => error.code(),
            Self::Manifest(error) => error.code(),
            Self::OciSpec(_) => plimsoll_core::code::NOT_SUPPORTED,
        }
    }
}

fn refused(error: &impl ToString) -> InteropError {
    InteropError::OciSpec(Escaped::new(&error.to_string()))
}

impl From<spec::Platform> for Platform {
    fn from(from: spec::Platform) -> Self {
        Self {
            os: from.os().to_string(),
            architecture: from.architecture().to_string(),
            variant: from.variant().clone(),
            os_version: from.os_version().clone(),
            os_features: from.os_features().clone().unwrap_or_default(),
        }
    }
}

impl From<Platform> for spec::Platform {
    fn from(from: Platform) -> Self {
        let mut to = Self::default();
        to.set_os(from.os.as_str().into());
        to.set_architecture(from.architecture.as_str().into());
        to.set_variant(from.variant);
        to.set_os_version(from.os_version);
        to.set_os_features(Some(from.os_features).filter(|features| !features.is_empty()));
        to
    }
}

impl TryFrom<spec::Descriptor> for ContentDescriptor {
    type Error = InteropError;
    fn try_from(from: spec::Descriptor) -> Result<Self, InteropError> {
        let wrong = |source| ManifestError::Field(FieldError::Digest { path: Escaped::new("digest"), source });
        let digest = from.digest().as_ref().parse().map_err(wrong)?;
        let to = Self {
            descriptor: Descriptor::new(from.media_type().as_ref(), digest, from.size()),
            urls: from.urls().clone().unwrap_or_default(),
            annotations: from.annotations().clone().unwrap_or_default().into_iter().collect(),
            data: from
                .data()
                .as_ref()
                .map(|data| data_encoding::BASE64.decode(data.as_bytes()))
                .transpose()
                .map_err(|error| refused(&error))?
                .map(Into::into),
            platform: from.platform().clone().map(Into::into),
            artifact_type: from.artifact_type().as_ref().map(|kind| kind.as_ref().into()),
        };
        if let Some(data) = &to.data {
            Blob::check(to.descriptor.clone(), data.clone())
                .map_err(|source| ManifestError::Data { path: Escaped::new(""), source })?;
        }
        Ok(to)
    }
}

impl TryFrom<ContentDescriptor> for spec::Descriptor {
    type Error = InteropError;
    fn try_from(from: ContentDescriptor) -> Result<Self, InteropError> {
        let digest = spec::Digest::from_str(&from.descriptor.digest.to_string()).map_err(|error| refused(&error))?;
        let mut to = Self::new((&*from.descriptor.media_type).into(), from.descriptor.size, digest);
        to.set_urls(Some(from.urls).filter(|urls| !urls.is_empty()));
        to.set_annotations(annotations(from.annotations));
        to.set_data(from.data.map(|data| data_encoding::BASE64.encode(&data)));
        to.set_platform(from.platform.map(Into::into));
        to.set_artifact_type(from.artifact_type.as_deref().map(Into::into));
        Ok(to)
    }
}

impl TryFrom<spec::ImageManifest> for ImageManifest {
    type Error = InteropError;
    fn try_from(from: spec::ImageManifest) -> Result<Self, InteropError> {
        let mut to = Self::new(ContentDescriptor::try_from(from.config().clone())?);
        version(from.schema_version())?;
        to.media_type = own_type(from.media_type().as_ref(), media_type::IMAGE_MANIFEST);
        to.artifact_type = from.artifact_type().as_ref().map(|kind| kind.as_ref().into());
        to.layers = list(from.layers())?;
        to.subject = from.subject().clone().map(TryInto::try_into).transpose()?;
        to.annotations = from.annotations().clone().unwrap_or_default().into_iter().collect();
        // Within the limits, and of the type that it says.
        let blob = to.to_blob();
        match Manifest::parse(&blob)? {
            Manifest::Image(manifest) => Ok(manifest),
            Manifest::Index(_) => {
                Err(ManifestError::UnsupportedMediaType { found: Escaped::new(&to.media_type) }.into())
            }
        }
    }
}

impl TryFrom<ImageManifest> for spec::ImageManifest {
    type Error = InteropError;
    fn try_from(from: ImageManifest) -> Result<Self, InteropError> {
        let layers: Result<Vec<_>, _> = from.layers.into_iter().map(spec::Descriptor::try_from).collect();
        let mut to = spec::ImageManifestBuilder::default()
            .schema_version(spec::SCHEMA_VERSION)
            .media_type(&*from.media_type)
            .config(spec::Descriptor::try_from(from.config)?)
            .layers(layers?)
            .build()
            .map_err(|error| refused(&error))?;
        to.set_artifact_type(from.artifact_type.as_deref().map(Into::into));
        to.set_subject(from.subject.map(TryInto::try_into).transpose()?);
        to.set_annotations(annotations(from.annotations));
        Ok(to)
    }
}

impl TryFrom<spec::ImageIndex> for ImageIndex {
    type Error = InteropError;
    fn try_from(from: spec::ImageIndex) -> Result<Self, InteropError> {
        let mut to = Self::new();
        version(from.schema_version())?;
        to.media_type = own_type(from.media_type().as_ref(), media_type::IMAGE_INDEX);
        to.artifact_type = from.artifact_type().as_ref().map(|kind| kind.as_ref().into());
        to.manifests = list(from.manifests())?;
        to.subject = from.subject().clone().map(TryInto::try_into).transpose()?;
        to.annotations = from.annotations().clone().unwrap_or_default().into_iter().collect();
        let blob = to.to_blob();
        match Manifest::parse(&blob)? {
            Manifest::Index(index) => Ok(index),
            Manifest::Image(_) => {
                Err(ManifestError::UnsupportedMediaType { found: Escaped::new(&to.media_type) }.into())
            }
        }
    }
}

impl TryFrom<ImageIndex> for spec::ImageIndex {
    type Error = InteropError;
    fn try_from(from: ImageIndex) -> Result<Self, InteropError> {
        let manifests: Result<Vec<_>, _> = from.manifests.into_iter().map(spec::Descriptor::try_from).collect();
        let mut to = spec::ImageIndexBuilder::default()
            .schema_version(spec::SCHEMA_VERSION)
            .media_type(&*from.media_type)
            .manifests(manifests?)
            .build()
            .map_err(|error| refused(&error))?;
        to.set_artifact_type(from.artifact_type.as_deref().map(Into::into));
        to.set_subject(from.subject.map(TryInto::try_into).transpose()?);
        to.set_annotations(annotations(from.annotations));
        Ok(to)
    }
}

impl TryFrom<spec::ImageConfiguration> for ImageConfig {
    type Error = InteropError;
    fn try_from(from: spec::ImageConfiguration) -> Result<Self, InteropError> {
        let bytes = serde_json::to_vec(&from).map_err(|error| refused(&error))?;
        Ok(Self::parse_bytes(&bytes)?)
    }
}

impl TryFrom<ImageConfig> for spec::ImageConfiguration {
    type Error = InteropError;
    fn try_from(from: ImageConfig) -> Result<Self, InteropError> {
        serde_json::from_slice(from.to_blob().bytes()).map_err(|error| refused(&error))
    }
}

fn version(found: u32) -> Result<(), InteropError> {
    if found == spec::SCHEMA_VERSION {
        return Ok(());
    }
    let found = Escaped::new(&format!("the number {found}"));
    Err(ManifestError::Field(FieldError::Type { path: Escaped::new("schemaVersion"), expected: "2", found }).into())
}

fn own_type(own: Option<&spec::MediaType>, usual: &str) -> Box<str> {
    own.map_or(usual, AsRef::as_ref).into()
}

fn list(from: &[spec::Descriptor]) -> Result<Vec<ContentDescriptor>, InteropError> {
    from.iter().cloned().map(TryInto::try_into).collect()
}

fn annotations(from: Annotations) -> Option<std::collections::HashMap<String, String>> {
    Some(from.into_iter().collect()).filter(|map: &std::collections::HashMap<_, _>| !map.is_empty())
}
