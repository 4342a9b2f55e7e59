//! Denial codes of this crate.

plimsoll_core::codes! {
    /// A document that is an image manifest to one reader and an index to another.
    AMBIGUOUS_MANIFEST = "ambiguous-manifest", Malformed, "the manifest has the members of an image manifest and of an index at once";
    /// The configuration of an image is broken.
    MALFORMED_CONFIG = "malformed-config", Malformed, "the image configuration does not have the form that the image specification demands";
    /// A layer is broken.
    MALFORMED_LAYER = "malformed-layer", Malformed, "the layer is not a tar archive that every reader reads alike";
    /// The layout on disk is broken.
    MALFORMED_LAYOUT = "malformed-layout", Malformed, "the directory is not an OCI image layout";
    /// A manifest or index is broken.
    MALFORMED_MANIFEST = "malformed-manifest", Malformed, "the manifest does not have the form that the image specification demands";
    /// The text is no platform.
    MALFORMED_PLATFORM = "malformed-platform", Malformed, "the text is not a platform such as linux/amd64";
    /// The type that led here is not the type that is there.
    MEDIA_TYPE_MISMATCH = "media-type-mismatch", Malformed, "the content says that it is of another media type than its descriptor";
    /// A path or link leads out of its place.
    PATH_ESCAPE = "path-escape", Untrusted, "a path or link leads out of the place that it belongs to";
    /// The index says one platform and the image says another.
    PLATFORM_MISMATCH = "platform-mismatch", Untrusted, "the image is made for another platform than the index says";
    /// The index has nothing for a platform that was asked for.
    PLATFORM_NOT_FOUND = "platform-not-found", Unavailable, "the index lists no image for the platform that was asked for";
    /// A layout of a version that we do not know.
    UNSUPPORTED_LAYOUT = "unsupported-layout", Unavailable, "the OCI image layout is of a version that this build does not know";
    /// A manifest of a type that we do not read.
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", Unavailable, "the manifest is of a media type that this build does not read";
}
