//! The OCI image layout as data ([image-spec, image-layout.md][spec]). Directories belong to `plimsoll-store`.
//!
//! [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md

use crate::{
    ContentDescriptor, FieldError, ImageIndex, JsonError, Limits, Manifest, ManifestError, annotation, code, json,
    json::Node, media_type,
};
use alloc::{
    borrow::ToOwned,
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Blob, Classify, Code, Descriptor, Digest, Escaped, Tag};

/// The file that says that a directory is a layout.
pub const HEADER_FILE: &str = "oci-layout";
/// The file that lists the manifests of a layout.
pub const INDEX_FILE: &str = "index.json";
/// The only version that there is.
pub const VERSION: &str = "1.0.0";

/// The content of `oci-layout`.
#[must_use]
pub fn header() -> Vec<u8> {
    format!(r#"{{"imageLayoutVersion":"{VERSION}"}}"#).into_bytes()
}

/// Checks the content of `oci-layout`.
///
/// # Errors
/// [`LayoutError`] for another version, and for what is none.
pub fn check_header(bytes: &[u8]) -> Result<(), LayoutError> {
    let value = json::parse(bytes)?;
    let root = Node::root(&value).object()?;
    let version = root.required("imageLayoutVersion")?.text()?;
    if version == VERSION { Ok(()) } else { Err(LayoutError::Version { found: Escaped::new(version) }) }
}

/// Where a blob is, below the directory of a layout.
#[must_use]
pub fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.encoded())
}

/// The `index.json` of a layout: every manifest that is not only found through another, tagged or not.
///
/// A tag is an entry with the annotation `org.opencontainers.image.ref.name`; a manifest with two tags has two entries.
///
/// ```
/// use plimsoll_core::Descriptor;
/// use plimsoll_oci::{LayoutIndex, media_type};
/// let image = Descriptor::of(media_type::IMAGE_MANIFEST, b"{}");
/// let mut index = LayoutIndex::default();
/// index.tag(&image, &"v1".parse().unwrap());
/// assert_eq!(index.find(&"v1".parse().unwrap()), Ok(Some(&image)));
/// assert_eq!(index.find(&"v2".parse().unwrap()), Ok(None));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct LayoutIndex(ImageIndex);

impl LayoutIndex {
    /// Reads `index.json`.
    ///
    /// # Errors
    /// [`LayoutError`] for what is no index.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        match Manifest::parse_within(media_type::IMAGE_INDEX, bytes, &Limits::list())? {
            Manifest::Index(index) => Ok(Self(index)),
            // Not reached: the type above is that of an index.
            Manifest::Image(_) => Err(LayoutError::Version { found: Escaped::new(media_type::IMAGE_MANIFEST) }),
        }
    }
    /// Writes `index.json`.
    #[must_use]
    pub fn to_blob(&self) -> Blob {
        self.0.to_blob()
    }
    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[ContentDescriptor] {
        &self.0.manifests
    }
    /// The manifest with this tag.
    ///
    /// # Errors
    /// [`LayoutError::AmbiguousTag`] where entries with this tag lead to different manifests: readers differ in which they take.
    pub fn find(&self, tag: &Tag) -> Result<Option<&Descriptor>, LayoutError> {
        let mut named = self.entries().iter().filter(|entry| has_tag(entry, tag)).map(|entry| &entry.descriptor);
        let first = named.next();
        if named.any(|other| Some(other.digest) != first.map(|first| first.digest)) {
            return Err(LayoutError::AmbiguousTag { tag: tag.clone() });
        }
        Ok(first)
    }
    /// The entry of this digest.
    #[must_use]
    pub fn entry(&self, digest: &Digest) -> Option<&ContentDescriptor> {
        self.entries().iter().find(|entry| entry.descriptor.digest == *digest)
    }
    /// The tags, in order. Names that are no tags, such as whole references, are not listed.
    #[must_use]
    pub fn tags(&self) -> BTreeSet<Tag> {
        self.entries().iter().filter_map(|entry| entry.annotations.get(annotation::REF_NAME)?.parse().ok()).collect()
    }
    /// Lists a manifest, without a tag unless it has one. Says whether that changed anything.
    pub fn add(&mut self, manifest: impl Into<ContentDescriptor>) -> bool {
        let manifest = manifest.into();
        let is_new = self.entry(&manifest.descriptor.digest).is_none();
        if is_new {
            self.0.manifests.push(manifest);
        }
        is_new
    }
    /// Moves a tag to a manifest. The manifest that had it stays listed.
    pub fn tag(&mut self, manifest: &Descriptor, tag: &Tag) {
        self.untag(tag);
        let same = |entry: &&mut ContentDescriptor| {
            entry.descriptor.digest == manifest.digest && !entry.annotations.contains_key(annotation::REF_NAME)
        };
        match self.0.manifests.iter_mut().find(same) {
            Some(entry) => {
                entry.annotations.insert(annotation::REF_NAME.to_owned(), tag.to_string());
            }
            None => {
                let entry = ContentDescriptor::new(manifest.clone()).annotate(annotation::REF_NAME, tag.as_str());
                self.0.manifests.push(entry);
            }
        }
    }
    /// Takes a tag away; the manifest stays listed. Says whether it was there.
    pub fn untag(&mut self, tag: &Tag) -> bool {
        let mut found = false;
        for entry in &mut self.0.manifests {
            if has_tag(entry, tag) {
                entry.annotations.remove(annotation::REF_NAME);
                found = true;
            }
        }
        if found {
            self.fold();
        }
        found
    }
    /// Takes a manifest away, with its tags. Says whether it was there.
    pub fn remove(&mut self, digest: &Digest) -> bool {
        let before = self.0.manifests.len();
        self.0.manifests.retain(|entry| entry.descriptor.digest != *digest);
        self.0.manifests.len() != before
    }
    /// Drops an untagged entry where the same manifest has another entry.
    fn fold(&mut self) {
        let is_tagged = |entry: &ContentDescriptor| entry.annotations.contains_key(annotation::REF_NAME);
        let mut seen: BTreeSet<Digest> =
            self.entries().iter().filter(|entry| is_tagged(entry)).map(|entry| entry.descriptor.digest).collect();
        self.0.manifests.retain(|entry| is_tagged(entry) || seen.insert(entry.descriptor.digest));
    }
}

fn has_tag(entry: &ContentDescriptor, tag: &Tag) -> bool {
    entry.annotations.get(annotation::REF_NAME).is_some_and(|name| name == tag.as_str())
}

/// Why files are not an image layout.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// One tag, several manifests.
    #[error("expected one manifest tagged `{tag}` in `index.json`, found several")]
    AmbiguousTag {
        /// The tag.
        tag: Tag,
    },
    /// `oci-layout` is not what it must be.
    #[error("`oci-layout`: {0}")]
    Header(#[from] FieldError),
    /// `index.json` is no index.
    #[error("`index.json`: {0}")]
    Index(#[from] ManifestError),
    /// `oci-layout` is not strict JSON.
    #[error("`oci-layout`: {0}")]
    Json(#[from] JsonError),
    /// Another version.
    #[error("expected an image layout of version {VERSION}, found `{found}`")]
    Version {
        /// What it says.
        found: Escaped,
    },
}

impl Classify for LayoutError {
    fn code(&self) -> Code {
        match self {
            Self::Json(JsonError::Limit(limit)) => limit.code(),
            Self::Index(ManifestError::Limit(limit) | ManifestError::Json(JsonError::Limit(limit))) => limit.code(),
            Self::AmbiguousTag { .. } | Self::Header(_) | Self::Index(_) | Self::Json(_) => code::MALFORMED_LAYOUT,
            Self::Version { .. } => code::UNSUPPORTED_LAYOUT,
        }
    }
}
