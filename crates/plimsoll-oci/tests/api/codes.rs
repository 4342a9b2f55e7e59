//! Each denial code of the crate, by its exact message.

use crate::support::{index, manifest, read};
use plimsoll_core::{Class, Classify, Code};
use plimsoll_oci::{ImageConfig, LayoutIndex, Manifest, Platform, code, layout, media_type};
use std::{collections::BTreeSet, fmt::Display};

fn said(error: &(impl Classify + Display)) -> (Code, String) {
    (error.code(), error.to_string())
}

fn manifest_error(text: &str) -> (Code, String) {
    said(&Manifest::parse_bytes(media_type::IMAGE_MANIFEST, text.as_bytes()).unwrap_err())
}

#[test]
fn every_code_is_said_in_these_words() {
    let table = [
        (
            manifest_error(&index("", r#","layers":[]"#)),
            code::AMBIGUOUS_MANIFEST,
            "expected an image manifest or an index, found `manifests` beside `layers`",
        ),
        (
            said(&ImageConfig::parse_bytes(b"{}").unwrap_err()),
            code::MALFORMED_CONFIG,
            "expected the member `os`, found none",
        ),
        (
            said(&read(media_type::LAYER_TAR, b"x").unwrap_err()),
            code::MALFORMED_LAYER,
            "expected a whole tar archive, found its end after 1 bytes",
        ),
        (
            said(&LayoutIndex::parse(b"{}").unwrap_err()),
            code::MALFORMED_LAYOUT,
            "`index.json`: expected the member `schemaVersion`, found none",
        ),
        (manifest_error("{}"), code::MALFORMED_MANIFEST, "expected the member `schemaVersion`, found none"),
        (
            said(&"linux".parse::<Platform>().unwrap_err()),
            code::MALFORMED_PLATFORM,
            "expected a platform such as `linux/amd64` or `linux/arm/v7`, found `linux`",
        ),
        (
            manifest_error(&manifest(r#","mediaType":"text/plain""#)),
            code::MEDIA_TYPE_MISMATCH,
            "expected a manifest of type `application/vnd.oci.image.manifest.v1+json`, as its descriptor says, found `text/plain`",
        ),
        (
            said(&read(media_type::LAYER_TAR, &crate::support::file(b"../x", b"")).unwrap_err()),
            code::PATH_ESCAPE,
            "entry 1: expected a path inside the image, found `../x`",
        ),
        (
            said(&layout::check_header(br#"{"imageLayoutVersion":"2"}"#).unwrap_err()),
            code::UNSUPPORTED_LAYOUT,
            "expected an image layout of version 1.0.0, found `2`",
        ),
        (
            said(&Manifest::parse_bytes("text/plain", b"").unwrap_err()),
            code::UNSUPPORTED_MEDIA_TYPE,
            "expected an OCI or Docker manifest or index, found the media type `text/plain`",
        ),
    ];
    let mut seen = BTreeSet::from([code::PLATFORM_MISMATCH, code::PLATFORM_NOT_FOUND]); // said in `gathering`
    for ((found, message), expected, words) in table {
        assert_eq!((found, message.as_str()), (expected, words));
        seen.insert(found);
    }
    assert_eq!(seen, code::ALL.iter().copied().collect());
}

#[test]
fn no_code_that_was_unavailable_means_a_refusal() {
    let class =
        |wanted| code::ALL.iter().filter(|code| code.class() == wanted).map(|code| code.name()).collect::<Vec<_>>();
    assert_eq!(class(Class::Unavailable), ["platform-not-found", "unsupported-layout", "unsupported-media-type"]);
    assert_eq!(class(Class::Untrusted), ["path-escape", "platform-mismatch"]);
}
