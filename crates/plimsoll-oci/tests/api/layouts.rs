//! The files of a layout, as data.

use plimsoll_core::{Classify as _, Descriptor, Tag};
use plimsoll_oci::{LayoutError, LayoutIndex, layout, media_type};

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

fn image(text: &str) -> Descriptor {
    Descriptor::of(media_type::IMAGE_MANIFEST, text.as_bytes())
}

#[test]
fn the_header_names_the_only_version() {
    assert_eq!(layout::check_header(&layout::header()), Ok(()));
    let error = layout::check_header(br#"{"imageLayoutVersion":"1.1.0"}"#).unwrap_err();
    assert_eq!(error.to_string(), "expected an image layout of version 1.0.0, found `1.1.0`");
    assert_eq!(error.code().name(), "unsupported-layout");
    let error = layout::check_header(b"{}").unwrap_err();
    assert_eq!(error.to_string(), "`oci-layout`: expected the member `imageLayoutVersion`, found none");
    assert_eq!(error.code().name(), "malformed-layout");
    assert_eq!(layout::blob_path(&image("").digest), format!("blobs/sha256/{}", image("").digest.encoded()));
}

#[test]
fn tags_move_and_manifests_stay() {
    let mut index = LayoutIndex::default();
    assert!(index.add(image("1")) && !index.add(image("1")));
    index.tag(&image("1"), &tag("a"));
    index.tag(&image("1"), &tag("b"));
    assert_eq!(index.entries().len(), 2);
    index.tag(&image("2"), &tag("a"));
    assert_eq!((index.entries().len(), index.find(&tag("a"))), (2, Ok(Some(&image("2")))));
    assert_eq!(index.find(&tag("b")), Ok(Some(&image("1"))));
    assert!(index.untag(&tag("b")) && !index.untag(&tag("b")));
    assert_eq!(index.entry(&image("1").digest).unwrap().annotations.len(), 0);
    assert_eq!(LayoutIndex::parse(index.to_blob().bytes()), Ok(index.clone()));
    assert!(index.remove(&image("2").digest) && !index.remove(&image("2").digest));
    assert!(index.tags().is_empty() && index.find(&tag("a")) == Ok(None));
}

#[test]
fn one_tag_for_two_manifests_is_refused_until_it_is_moved() {
    let entry = |text: &str| {
        let image = image(text);
        format!(
            r#"{{"mediaType":"{}","digest":"{}","size":{},"annotations":{{"org.opencontainers.image.ref.name":"v1"}}}}"#,
            image.media_type, image.digest, image.size
        )
    };
    let text = format!(r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#, entry("1"), entry("2"));
    let mut index = LayoutIndex::parse(text.as_bytes()).unwrap();
    assert_eq!(index.find(&tag("v1")), Err(LayoutError::AmbiguousTag { tag: tag("v1") }));
    index.tag(&image("2"), &tag("v1"));
    assert_eq!(index.find(&tag("v1")), Ok(Some(&image("2"))));
    assert_eq!(index.entries().len(), 2);
    let same = format!(r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#, entry("1"), entry("1"));
    assert_eq!(LayoutIndex::parse(same.as_bytes()).unwrap().find(&tag("v1")), Ok(Some(&image("1"))));
}
