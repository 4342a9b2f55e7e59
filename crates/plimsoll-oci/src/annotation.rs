//! Annotation keys of [image-spec, annotations.md][spec].
//!
//! [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys

/// Contact details of the people responsible for the image.
pub const AUTHORS: &str = "org.opencontainers.image.authors";
/// Digest of the image that this one is based on.
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";
/// Reference of the image that this one is based on.
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// When it was built, as RFC 3339 writes it.
pub const CREATED: &str = "org.opencontainers.image.created";
/// What the software is, for people.
pub const DESCRIPTION: &str = "org.opencontainers.image.description";
/// Where to read about it.
pub const DOCUMENTATION: &str = "org.opencontainers.image.documentation";
/// Licences, as an SPDX expression.
pub const LICENSES: &str = "org.opencontainers.image.licenses";
/// The name of a manifest in an image layout: its tag.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The revision of the source.
pub const REVISION: &str = "org.opencontainers.image.revision";
/// Where the source is.
pub const SOURCE: &str = "org.opencontainers.image.source";
/// The title; for a layer of an artifact, its file name.
pub const TITLE: &str = "org.opencontainers.image.title";
/// Where to find out more.
pub const URL: &str = "org.opencontainers.image.url";
/// Who distributes it.
pub const VENDOR: &str = "org.opencontainers.image.vendor";
/// The version of the software.
pub const VERSION: &str = "org.opencontainers.image.version";
