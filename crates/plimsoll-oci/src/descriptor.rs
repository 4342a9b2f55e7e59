//! Content descriptors as they stand in documents.

use crate::{FieldError, Limits, ManifestError, Platform, json::Node, media_type};
use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};
use plimsoll_core::{Blob, Bytes, Descriptor, Escaped};

/// Text by key, in the order of the keys, so that what is written is the same each time.
pub type Annotations = BTreeMap<String, String>;

/// A descriptor with all its properties ([image-spec, descriptor.md][spec]).
///
/// [`Descriptor`] holds the three that name content; the others are what the document that lists it says.
///
/// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#properties
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ContentDescriptor {
    /// Media type, digest and size.
    pub descriptor: Descriptor,
    /// Where else it may be fetched. Never followed here.
    pub urls: Vec<String>,
    /// What the document says of it.
    pub annotations: Annotations,
    /// The content itself, checked against the digest and size when it was parsed.
    pub data: Option<Bytes>,
    /// The platform of an index's entry.
    pub platform: Option<Platform>,
    /// The type of the artifact that it leads to, as claimed by this document.
    pub artifact_type: Option<Box<str>>,
}

impl ContentDescriptor {
    /// Makes a descriptor with the required properties alone.
    #[must_use]
    pub const fn new(descriptor: Descriptor) -> Self {
        Self {
            descriptor,
            urls: Vec::new(),
            annotations: Annotations::new(),
            data: None,
            platform: None,
            artifact_type: None,
        }
    }
    /// Describes a blob, and embeds its bytes.
    #[must_use]
    pub fn embedding(blob: &Blob) -> Self {
        Self { data: Some(blob.to_bytes()), ..Self::new(blob.descriptor().clone()) }
    }
    /// Adds an annotation.
    #[must_use]
    pub fn annotate(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }
    /// Sets the platform.
    #[must_use]
    pub fn for_platform(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self
    }
    /// Sets the artifact type.
    #[must_use]
    pub fn of_type(mut self, artifact_type: &str) -> Self {
        self.artifact_type = Some(artifact_type.into());
        self
    }

    /// Reads a descriptor of a manifest or index, whose author stands for its form.
    pub(crate) fn read(node: Node<'_>, limits: &Limits) -> Result<Self, ManifestError> {
        let node = node.object()?;
        for name in ["mediaType", "artifactType"] {
            node.member(name).map(|member| rfc_6838(&member)).transpose()?;
        }
        node.nullable("urls").map(|list| uris(&list)).transpose()?;
        Self::claimed(node, limits)
    }
    /// Reads an entry of a list that repeats what others wrote: a registry's list of referrers.
    ///
    /// Whoever may push can put a text there that is no media type. It is kept, and no reader's type: were it refused, one entry
    /// that nobody authenticated would take the list away.
    pub(crate) fn claimed(node: Node<'_>, limits: &Limits) -> Result<Self, ManifestError> {
        let node = node.object()?;
        let media_type = node.required("mediaType")?.text()?;
        let digest = node.required("digest")?.digest()?;
        let size = node.required("size")?.size()?;
        let descriptor = Descriptor::new(media_type, digest, size);
        let data = match node.member("data") {
            Some(data) => Some(embedded(&data, &descriptor, &node.path())?),
            None => None,
        };
        Ok(Self {
            urls: node.nullable("urls").map(|urls| urls.texts()).transpose()?.unwrap_or_default(),
            annotations: annotations(node, limits)?,
            data,
            platform: node.nullable("platform").map(Platform::read).transpose()?,
            artifact_type: node.member("artifactType").map(|kind| kind.text()).transpose()?.map(Into::into),
            descriptor,
        })
    }
}

impl From<Descriptor> for ContentDescriptor {
    fn from(descriptor: Descriptor) -> Self {
        Self::new(descriptor)
    }
}

/// "Values MUST comply with RFC 6838" (descriptor.md, mediaType and artifactType).
pub(crate) fn rfc_6838(node: &Node<'_>) -> Result<(), FieldError> {
    if media_type::is_one(node.text()?) { Ok(()) } else { Err(node.wrong("a media type")) }
}

/// "Each entry MUST conform to RFC 3986": a scheme, and nothing but the characters of a URI.
fn uris(list: &Node<'_>) -> Result<(), FieldError> {
    let is_uri = |text: &str| {
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
    };
    if list.texts()?.iter().all(|url| is_uri(url)) { Ok(()) } else { Err(list.wrong("a list of URIs")) }
}

/// `data` "MUST be base64 encoded" and "MUST be equal to the content", of this digest and size (descriptor.md).
fn embedded(data: &Node<'_>, descriptor: &Descriptor, path: &Escaped) -> Result<Bytes, ManifestError> {
    let bytes = data_encoding::BASE64
        .decode(data.text()?.as_bytes())
        .map_err(|_| ManifestError::from(data.wrong("base64 with padding")))?;
    let blob = Blob::check(descriptor.clone(), bytes.into())
        .map_err(|source| ManifestError::Data { path: path.clone(), source })?;
    Ok(blob.to_bytes())
}

/// `annotations`, which Go producers may write as `null`.
pub(crate) fn annotations(node: Node<'_>, limits: &Limits) -> Result<Annotations, ManifestError> {
    match node.nullable("annotations") {
        Some(node) => node.text_map("annotations", limits.annotations),
        None => Ok(Annotations::new()),
    }
}
