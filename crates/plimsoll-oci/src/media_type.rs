//! Media types of [image-spec, media-types.md][spec] and the Docker types that it maps to.
//!
//! [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md

use plimsoll_core::{Blob, Bytes};

/// An OCI image manifest.
pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image index.
pub const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// An OCI image configuration.
pub const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// A layer: a plain tar archive.
pub const LAYER_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
/// A layer: a tar archive under gzip.
pub const LAYER_TAR_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// A layer: a tar archive under zstd.
pub const LAYER_TAR_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// The empty JSON object `{}`.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The header of an OCI image layout.
pub const LAYOUT_HEADER: &str = "application/vnd.oci.layout.header.v1+json";
/// A Docker image manifest, version 2, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// A Docker manifest list.
pub const DOCKER_MANIFEST_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// A Docker image configuration.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// A Docker layer: a plain tar archive.
pub const DOCKER_LAYER_TAR: &str = "application/vnd.docker.image.rootfs.diff.tar";
/// A Docker layer: a tar archive under gzip.
pub const DOCKER_LAYER_TAR_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// A Docker layer that was not to be distributed: a tar archive under gzip.
pub const DOCKER_FOREIGN_LAYER_TAR_GZIP: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
/// Content without a type of its own.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// Every manifest type that this crate reads: what a client sends as `Accept`.
pub const MANIFESTS: [&str; 4] = [IMAGE_MANIFEST, IMAGE_INDEX, DOCKER_MANIFEST, DOCKER_MANIFEST_LIST];

/// The media type without parameters: what two types are compared by, together with [`same`].
///
/// ```
/// use plimsoll_oci::media_type;
/// assert_eq!(media_type::essence("application/json; charset=utf-8"), "application/json");
/// ```
#[must_use]
pub fn essence(media_type: &str) -> &str {
    media_type.split_once(';').map_or(media_type, |(essence, _)| essence).trim()
}

/// Whether two media types are the same, without their parameters and without case ([RFC 6838, 4.2]).
///
/// [RFC 6838, 4.2]: https://www.rfc-editor.org/rfc/rfc6838#section-4.2
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    essence(one).eq_ignore_ascii_case(essence(other))
}

/// Whether a text has the form of a media type, with or without parameters ([RFC 6838, 4.2]).
///
/// [RFC 6838, 4.2]: https://www.rfc-editor.org/rfc/rfc6838#section-4.2
#[must_use]
pub fn is_one(text: &str) -> bool {
    let is_name = |name: &str| {
        name.len() <= 127
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    essence(text).split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

/// Whether the type is a manifest or index that this crate reads.
#[must_use]
pub fn is_manifest(media_type: &str) -> bool {
    MANIFESTS.iter().any(|known| same(known, media_type))
}

/// Whether the type is an index.
#[must_use]
pub fn is_index(media_type: &str) -> bool {
    same(media_type, IMAGE_INDEX) || same(media_type, DOCKER_MANIFEST_LIST)
}

/// Whether the type is an image configuration.
#[must_use]
pub fn is_image_config(media_type: &str) -> bool {
    same(media_type, IMAGE_CONFIG) || same(media_type, DOCKER_CONFIG)
}

/// The empty JSON object as a blob: the config or the only layer of an artifact that has none ([manifest.md, Guidance]).
///
/// [manifest.md, Guidance]: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor
#[must_use]
pub fn empty_blob() -> Blob {
    Blob::of(EMPTY, Bytes::from_static(b"{}"))
}
