//! Manifests and indexes, read strictly.

use crate::{
    Annotations, ContentDescriptor, FieldError, ManifestError, descriptor,
    json::{self, Node},
    media_type,
};
use alloc::{boxed::Box, vec::Vec};
use plimsoll_core::{Blob, Descriptor, Digest, Escaped, LimitExceeded, Referrer};

/// What a registry serves under `manifests`: an image manifest, or an index of manifests.
///
/// The bytes are the identity: this is a reading of a [`Blob`], never a source of bytes to verify. Both kinds may carry an
/// artifact instead of an image, and both may refer to a subject.
///
/// ```
/// use plimsoll_oci::{ImageManifest, Manifest, ManifestError, media_type};
/// let blob = ImageManifest::new(media_type::empty_blob().descriptor().clone()).to_blob();
/// assert!(matches!(Manifest::parse(&blob), Ok(Manifest::Image(_))));
///
/// let both = br#"{"schemaVersion":2,"manifests":[],"layers":[]}"#;
/// let refused = Manifest::parse_bytes(media_type::IMAGE_INDEX, both);
/// assert!(matches!(refused, Err(ManifestError::Ambiguous { .. })));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Manifest {
    /// A config and layers.
    Image(ImageManifest),
    /// Other manifests.
    Index(ImageIndex),
}

/// An image manifest ([image-spec, manifest.md][spec]) or Docker's schema 2.
///
/// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImageManifest {
    /// The type, as the descriptor says; one of [`media_type::MANIFESTS`].
    pub media_type: Box<str>,
    /// The type of the artifact, as this manifest itself says.
    pub artifact_type: Option<Box<str>>,
    /// The configuration.
    pub config: ContentDescriptor,
    /// The layers, the lowest first.
    pub layers: Vec<ContentDescriptor>,
    /// What it refers to.
    pub subject: Option<ContentDescriptor>,
    /// What its author says of it.
    pub annotations: Annotations,
}

/// An image index ([image-spec, image-index.md][spec]) or Docker's manifest list.
///
/// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImageIndex {
    /// The type, as the descriptor says; one of [`media_type::MANIFESTS`].
    pub media_type: Box<str>,
    /// The type of the artifact, as this index itself says.
    pub artifact_type: Option<Box<str>>,
    /// The manifests that it lists.
    pub manifests: Vec<ContentDescriptor>,
    /// What it refers to.
    pub subject: Option<ContentDescriptor>,
    /// What its author says of it.
    pub annotations: Annotations,
}

/// Limits on one manifest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes: 4 MiB, as distribution, oras-go and notation-go.
    pub bytes: u64,
    /// Layers: 1024. A kernel mounts fewer.
    pub layers: u64,
    /// Entries of an index: 4096, what one expansion visits at most.
    pub manifests: u64,
    /// Members of one annotation map: 4096.
    pub annotations: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 4 << 20, layers: 1024, manifests: 4096, annotations: 4096 }
    }
}

impl Limits {
    /// For lists that grow with a repository (referrers, a layout's `index.json`): as many entries as fit into 4 MiB.
    #[must_use]
    pub fn list() -> Self {
        Self { manifests: 100_000, ..Self::default() }
    }
}

impl Manifest {
    /// Reads checked bytes as the media type of their descriptor.
    ///
    /// # Errors
    /// [`ManifestError`]; unknown members, and unknown types of config, layers and entries are none.
    pub fn parse(blob: &Blob) -> Result<Self, ManifestError> {
        Self::parse_bytes(&blob.descriptor().media_type, blob.bytes())
    }
    /// Reads bytes as the media type that led to them, within the default [`Limits`].
    ///
    /// # Errors
    /// As [`Manifest::parse`].
    pub fn parse_bytes(declared: &str, bytes: &[u8]) -> Result<Self, ManifestError> {
        Self::parse_within(declared, bytes, &Limits::default())
    }
    /// Reads bytes within limits of the caller's.
    ///
    /// # Errors
    /// As [`Manifest::parse`].
    pub fn parse_within(declared: &str, bytes: &[u8], limits: &Limits) -> Result<Self, ManifestError> {
        if !media_type::is_manifest(declared) {
            return Err(ManifestError::UnsupportedMediaType { found: Escaped::new(declared) });
        }
        LimitExceeded::check("bytes of a manifest", limits.bytes, bytes.len().try_into().unwrap_or(u64::MAX))?;
        let value = json::parse(bytes)?;
        let root = Node::root(&value).object()?;
        check_head(&root, declared)?;
        if media_type::is_index(declared) {
            ImageIndex::read(root, declared, limits).map(Self::Index)
        } else {
            ImageManifest::read(root, declared, limits).map(Self::Image)
        }
    }
    /// What it refers to.
    #[must_use]
    pub fn subject(&self) -> Option<&Descriptor> {
        match self {
            Self::Image(image) => image.subject.as_ref(),
            Self::Index(index) => index.subject.as_ref(),
        }
        .map(|subject| &subject.descriptor)
    }
    /// What its author says of it.
    #[must_use]
    pub fn annotations(&self) -> &Annotations {
        match self {
            Self::Image(image) => &image.annotations,
            Self::Index(index) => &index.annotations,
        }
    }
    /// The type of the artifact: its own `artifactType`, else, of an image manifest, the type of its config
    /// ([distribution-spec, Listing Referrers][spec]).
    ///
    /// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
    #[must_use]
    pub fn artifact_type(&self) -> Option<&str> {
        match self {
            Self::Image(image) => {
                let own = image.artifact_type.as_deref().filter(|kind| !kind.is_empty());
                Some(own.unwrap_or(&image.config.descriptor.media_type))
            }
            Self::Index(index) => index.artifact_type.as_deref().filter(|kind| !kind.is_empty()),
        }
    }
    /// The blobs that it needs: config and layers of an image manifest, none of an index.
    pub fn blobs(&self) -> impl Iterator<Item = &ContentDescriptor> {
        let image = match self {
            Self::Image(image) => Some(image),
            Self::Index(_) => None,
        };
        image.into_iter().flat_map(|image| core::iter::once(&image.config).chain(&image.layers))
    }
    /// The manifests that it lists: none of an image manifest.
    #[must_use]
    pub fn manifests(&self) -> &[ContentDescriptor] {
        match self {
            Self::Image(_) => &[],
            Self::Index(index) => &index.manifests,
        }
    }
    /// The entry that a referrers list has for this manifest.
    #[must_use]
    pub fn referrer(&self, descriptor: Descriptor) -> Referrer {
        let mut referrer = Referrer::new(descriptor, self.artifact_type());
        referrer.claimed_annotations.clone_from(self.annotations());
        referrer
    }
    /// Whether it says of itself that it refers to `subject`.
    #[must_use]
    pub fn refers_to(&self, subject: &Digest) -> bool {
        self.subject().is_some_and(|found| found.digest == *subject)
    }
}

/// What every manifest must say of itself, whatever leads to it.
pub(crate) fn check_head(root: &Node<'_>, declared: &str) -> Result<(), ManifestError> {
    unambiguous(root)?;
    let version = root.required("schemaVersion")?;
    if version.size().ok() != Some(2) {
        return Err(version.wrong("2").into());
    }
    // A mediaType that differs from the announced one is an error (distribution-spec, Pulling manifests; CVE-2021-41190).
    if let Some(own) = root.member("mediaType") {
        let actual = own.text()?;
        if !media_type::same(actual, declared) {
            return Err(ManifestError::MediaType { declared: declared.into(), actual: actual.into() });
        }
    }
    Ok(())
}

/// No document may be an image manifest to one reader and an index to another, whatever its type says.
fn unambiguous(root: &Node<'_>) -> Result<(), ManifestError> {
    if root.has("manifests") {
        for member in ["config", "layers", "fsLayers"] {
            if root.has(member) {
                return Err(ManifestError::Ambiguous { member });
            }
        }
    }
    Ok(())
}

impl ImageManifest {
    fn read(root: Node<'_>, media_type: &str, limits: &Limits) -> Result<Self, ManifestError> {
        let artifact_type = artifact_type(&root)?;
        let config = ContentDescriptor::read(root.required("config")?, limits)?;
        let layers = root.required("layers")?;
        Ok(Self {
            media_type: media_type.into(),
            artifact_type,
            config,
            layers: list(&layers, ("layers", limits.layers), limits, ContentDescriptor::read)?,
            subject: root.member("subject").map(|node| ContentDescriptor::read(node, limits)).transpose()?,
            annotations: descriptor::annotations(root, limits)?,
        })
    }
}

impl ImageIndex {
    fn read(root: Node<'_>, media_type: &str, limits: &Limits) -> Result<Self, ManifestError> {
        let manifests = root.required("manifests")?;
        Ok(Self {
            media_type: media_type.into(),
            artifact_type: artifact_type(&root)?,
            manifests: list(&manifests, ("entries of an index", limits.manifests), limits, ContentDescriptor::read)?,
            subject: root.member("subject").map(|node| ContentDescriptor::read(node, limits)).transpose()?,
            annotations: descriptor::annotations(root, limits)?,
        })
    }
}

/// "If defined, the value MUST comply with RFC 6838" (manifest.md); what is empty counts as not defined, as Go writes it.
fn artifact_type(root: &Node<'_>) -> Result<Option<Box<str>>, FieldError> {
    let Some(node) = root.member("artifactType") else { return Ok(None) };
    let text = node.text()?;
    if !text.is_empty() {
        descriptor::rfc_6838(&node)?;
    }
    Ok(Some(text.into()))
}

pub(crate) fn list(
    node: &Node<'_>,
    (what, most): (&'static str, u64),
    limits: &Limits,
    read: fn(Node<'_>, &Limits) -> Result<ContentDescriptor, ManifestError>,
) -> Result<Vec<ContentDescriptor>, ManifestError> {
    let items = node.items()?;
    LimitExceeded::check(what, most, items.len().try_into().unwrap_or(u64::MAX))?;
    items.map(|item| read(item, limits)).collect()
}
