//! Writing: the same value gives the same bytes, members in the order of the specification, maps by key.

use crate::{
    Annotations, ContainerConfig, ContentDescriptor, History, ImageConfig, ImageIndex, ImageManifest, Platform,
    media_type,
};
use alloc::{
    collections::BTreeSet,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Blob, Descriptor};
use serde::{Serialize, Serializer, ser::SerializeMap};

impl ImageManifest {
    /// Starts an OCI image manifest.
    pub fn new(config: impl Into<ContentDescriptor>) -> Self {
        Self {
            media_type: media_type::IMAGE_MANIFEST.into(),
            artifact_type: None,
            config: config.into(),
            layers: Vec::new(),
            subject: None,
            annotations: Annotations::new(),
        }
    }
    /// Starts an artifact: the empty config, and a type ([manifest.md, Guidelines for Artifact Usage][spec]). The blob of
    /// [`media_type::empty_blob`] must be pushed along.
    ///
    /// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage
    #[must_use]
    pub fn artifact(artifact_type: &str) -> Self {
        let empty = ContentDescriptor::embedding(&media_type::empty_blob());
        Self { artifact_type: Some(artifact_type.into()), ..Self::new(empty) }
    }
    /// Adds a layer on top.
    #[must_use]
    pub fn layer(mut self, layer: impl Into<ContentDescriptor>) -> Self {
        self.layers.push(layer.into());
        self
    }
    /// Sets what it refers to.
    #[must_use]
    pub fn about(mut self, subject: Descriptor) -> Self {
        self.subject = Some(subject.into());
        self
    }
    /// Adds an annotation.
    #[must_use]
    pub fn annotate(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }
    /// Writes it.
    #[must_use]
    pub fn to_blob(&self) -> Blob {
        Blob::of(
            &self.media_type,
            json(&ManifestView {
                schema_version: 2,
                media_type: &self.media_type,
                artifact_type: self.artifact_type.as_deref(),
                config: Some(DescriptorView::of(&self.config)),
                layers: Some(self.layers.iter().map(DescriptorView::of).collect()),
                manifests: None,
                subject: self.subject.as_ref().map(DescriptorView::of),
                annotations: &self.annotations,
            }),
        )
    }
}

impl ImageIndex {
    /// Starts an empty OCI image index.
    #[must_use]
    pub fn new() -> Self {
        Self {
            media_type: media_type::IMAGE_INDEX.into(),
            artifact_type: None,
            manifests: Vec::new(),
            subject: None,
            annotations: Annotations::new(),
        }
    }
    /// Adds a manifest.
    #[must_use]
    pub fn manifest(mut self, manifest: impl Into<ContentDescriptor>) -> Self {
        self.manifests.push(manifest.into());
        self
    }
    /// Sets what it refers to.
    #[must_use]
    pub fn about(mut self, subject: Descriptor) -> Self {
        self.subject = Some(subject.into());
        self
    }
    /// Adds an annotation.
    #[must_use]
    pub fn annotate(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }
    /// Writes it.
    #[must_use]
    pub fn to_blob(&self) -> Blob {
        Blob::of(
            &self.media_type,
            json(&ManifestView {
                schema_version: 2,
                media_type: &self.media_type,
                artifact_type: self.artifact_type.as_deref(),
                config: None,
                layers: None,
                manifests: Some(self.manifests.iter().map(DescriptorView::of).collect()),
                subject: self.subject.as_ref().map(DescriptorView::of),
                annotations: &self.annotations,
            }),
        )
    }
}

impl Default for ImageIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl ImageConfig {
    /// Writes it as an OCI image configuration.
    #[must_use]
    pub fn to_blob(&self) -> Blob {
        let view = ConfigView {
            created: self.created.as_deref(),
            author: self.author.as_deref(),
            platform: PlatformView::of(&self.platform),
            config: ContainerView::of(&self.config),
            rootfs: RootFsView { kind: "layers", diff_ids: self.diff_ids.iter().map(ToString::to_string).collect() },
            history: self.history.iter().map(HistoryView::of).collect(),
        };
        Blob::of(media_type::IMAGE_CONFIG, json(&view))
    }
}

#[expect(clippy::expect_used, reason = "text, integers and maps with text keys always become JSON")]
pub(crate) fn json(view: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(view).expect("JSON")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestView<'a> {
    schema_version: u8,
    media_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<DescriptorView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<DescriptorView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifests: Option<Vec<DescriptorView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<DescriptorView<'a>>,
    #[serde(skip_serializing_if = "Annotations::is_empty")]
    annotations: &'a Annotations,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DescriptorView<'a> {
    media_type: &'a str,
    digest: String,
    size: u64,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    urls: &'a [String],
    #[serde(skip_serializing_if = "Annotations::is_empty")]
    annotations: &'a Annotations,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<PlatformView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'a str>,
}

impl<'a> DescriptorView<'a> {
    fn of(entry: &'a ContentDescriptor) -> Self {
        Self {
            media_type: &entry.descriptor.media_type,
            digest: entry.descriptor.digest.to_string(),
            size: entry.descriptor.size,
            urls: &entry.urls,
            annotations: &entry.annotations,
            data: entry.data.as_ref().map(|data| data_encoding::BASE64.encode(data)),
            platform: entry.platform.as_ref().map(PlatformView::of),
            artifact_type: entry.artifact_type.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct PlatformView<'a> {
    architecture: &'a str,
    os: &'a str,
    #[serde(rename = "os.version", skip_serializing_if = "Option::is_none")]
    os_version: Option<&'a str>,
    #[serde(rename = "os.features", skip_serializing_if = "<[String]>::is_empty")]
    os_features: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
}

impl<'a> PlatformView<'a> {
    fn of(platform: &'a Platform) -> Self {
        Self {
            architecture: &platform.architecture,
            os: &platform.os,
            os_version: platform.os_version.as_deref(),
            os_features: &platform.os_features,
            variant: platform.variant.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct ConfigView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(flatten)]
    platform: PlatformView<'a>,
    config: ContainerView<'a>,
    rootfs: RootFsView,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<HistoryView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "EmptyObjects::is_empty")]
    exposed_ports: EmptyObjects<'a>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    env: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    entrypoint: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    cmd: &'a [String],
    #[serde(skip_serializing_if = "EmptyObjects::is_empty")]
    volumes: EmptyObjects<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    working_dir: Option<&'a str>,
    #[serde(skip_serializing_if = "Annotations::is_empty")]
    labels: &'a Annotations,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_signal: Option<&'a str>,
}

impl<'a> ContainerView<'a> {
    fn of(config: &'a ContainerConfig) -> Self {
        Self {
            user: config.user.as_deref(),
            exposed_ports: EmptyObjects(&config.exposed_ports),
            env: &config.env,
            entrypoint: &config.entrypoint,
            cmd: &config.cmd,
            volumes: EmptyObjects(&config.volumes),
            working_dir: config.working_dir.as_deref(),
            labels: &config.labels,
            stop_signal: config.stop_signal.as_deref(),
        }
    }
}

/// A set, as Go writes it: `{"name":{}}`.
struct EmptyObjects<'a>(&'a BTreeSet<String>);

impl EmptyObjects<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for EmptyObjects<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for name in self.0 {
            map.serialize_entry(name, &Annotations::new())?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct RootFsView {
    #[serde(rename = "type")]
    kind: &'static str,
    diff_ids: Vec<String>,
}

#[derive(Serialize)]
struct HistoryView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    empty_layer: bool,
}

impl<'a> HistoryView<'a> {
    fn of(history: &'a History) -> Self {
        Self {
            created: history.created.as_deref(),
            created_by: history.created_by.as_deref(),
            author: history.author.as_deref(),
            comment: history.comment.as_deref(),
            empty_layer: history.empty_layer,
        }
    }
}
