//! Building an image from layers.

use crate::BuiltLayer;
use plimsoll_core::{Blob, Descriptor, UnixTime};
use plimsoll_oci::{
    Annotations, ContainerConfig, ContentDescriptor, History, ImageConfig, ImageManifest, Platform, annotation,
};

/// Puts layers, a configuration and annotations together.
///
/// Everything that goes into it is an argument, the time too, so the same arguments give the same digest.
///
/// ```
/// use plimsoll_core::{Blob, UnixTime};
/// use plimsoll_image::{ImageBuilder, LayerBuilder};
/// use plimsoll_oci::{ImageConfig, Platform, media_type};
/// let (bytes, layer) = LayerBuilder::new(Vec::new()).finish().unwrap();
/// let blob = Blob::of(media_type::LAYER_TAR_GZIP, bytes);
/// let image = ImageBuilder::new(Platform::new("linux", "amd64"), UnixTime::MIN)
///     .layer(blob.descriptor().clone(), layer, "plimsoll build")
///     .label("org.example.team", "harbour")
///     .build();
/// assert_eq!(ImageConfig::parse(&image.config).unwrap().diff_ids, [layer.diff_id]);
/// assert!(ImageConfig::parse(&image.manifest).is_err()); // a manifest is no configuration
/// ```
#[derive(Clone, Debug)]
pub struct ImageBuilder {
    config: ImageConfig,
    created: String,
    layers: Vec<Descriptor>,
    annotations: Annotations,
}

/// An image that was built: what is pushed after its layers.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Image {
    /// The configuration. Pushed first.
    pub config: Blob,
    /// The manifest. Pushed last.
    pub manifest: Blob,
}

impl ImageBuilder {
    /// Starts an image for a platform, made at a time: that of SOURCE_DATE_EPOCH, where the caller has one.
    #[must_use]
    pub fn new(platform: Platform, created: UnixTime) -> Self {
        let created = created.to_string();
        let mut config = ImageConfig::new(platform);
        config.created = Some(created.clone());
        let annotations = Annotations::from([(annotation::CREATED.to_owned(), created.clone())]);
        Self { config, created, layers: Vec::new(), annotations }
    }
    /// Adds a layer on top. `descriptor` is what the packed layer is stored under, `created_by` says where it comes from.
    #[must_use]
    pub fn layer(mut self, descriptor: Descriptor, layer: BuiltLayer, created_by: &str) -> Self {
        self.config.diff_ids.push(layer.diff_id);
        self.config.history.push(History::new(Some(self.created.clone()), created_by));
        self.layers.push(descriptor);
        self
    }
    /// Sets the author.
    #[must_use]
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.config.author = Some(author.into());
        self
    }
    /// Sets how a container starts; labels that were set already stay.
    #[must_use]
    pub fn container(mut self, mut config: ContainerConfig) -> Self {
        config.labels.append(&mut self.config.config.labels);
        self.config.config = config;
        self
    }
    /// Adds a label to the configuration.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.config.labels.insert(key.into(), value.into());
        self
    }
    /// Adds an annotation to the manifest.
    #[must_use]
    pub fn annotate(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }
    /// Writes configuration and manifest.
    #[must_use]
    pub fn build(self) -> Image {
        let config = self.config.to_blob();
        let mut manifest = ImageManifest::new(config.descriptor().clone());
        manifest.layers = self.layers.into_iter().map(ContentDescriptor::new).collect();
        manifest.annotations = self.annotations;
        Image { manifest: manifest.to_blob(), config }
    }
}
