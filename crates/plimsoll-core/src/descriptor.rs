//! What a piece of content is: type, digest, size.

use crate::Digest;
use alloc::sync::Arc;

/// Names content by media type, digest and size.
///
/// The three properties that [image-spec, descriptor.md][spec] requires; annotations and the other optional ones belong
/// to the document in which a descriptor stands, and live in `plimsoll-oci`.
///
/// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#properties
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub struct Descriptor {
    /// The media type, as written.
    pub media_type: Arc<str>,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes, at most 2^63 - 1.
    pub size: u64,
}

impl Descriptor {
    /// Makes a descriptor of its three required properties.
    #[must_use]
    pub fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self { media_type: media_type.into(), digest, size }
    }
    /// Describes `bytes`, by SHA-256.
    #[must_use]
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        // A slice is never longer than isize::MAX, which fits.
        Self::new(media_type, Digest::sha256_of(bytes), u64::try_from(bytes.len()).unwrap_or(u64::MAX))
    }
}
