//! Manifests and indexes.

use crate::{
    strategies,
    support::{DIGEST, descriptor, index, manifest},
};
use plimsoll_core::Classify as _;
use plimsoll_oci::{ContentDescriptor, FieldError, ImageManifest, Limits, Manifest, ManifestError, media_type};
use proptest::prelude::*;

fn parse(media_type: &str, text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse_bytes(media_type, text.as_bytes())
}

proptest! {
    #[test]
    fn a_manifest_that_is_written_is_read_again(manifest in strategies::manifest()) {
        let blob = manifest.to_blob();
        prop_assert_eq!(&manifest.to_blob(), &blob);
        prop_assert_eq!(Manifest::parse(&blob).unwrap(), Manifest::Image(manifest));
    }
    #[test]
    fn an_index_that_is_written_is_read_again(index in strategies::index()) {
        prop_assert_eq!(Manifest::parse(&index.to_blob()).unwrap(), Manifest::Index(index));
    }
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\":,a-z0-9]{0,80}") {
        let _ = Manifest::parse_bytes(media_type::IMAGE_MANIFEST, &bytes);
        let _ = Manifest::parse_bytes(media_type::IMAGE_INDEX, text.as_bytes());
    }
}

#[test]
fn members_stand_in_the_order_of_the_specification() {
    let blob = ImageManifest::artifact("application/x")
        .layer(media_type::empty_blob().descriptor().clone())
        .about(media_type::empty_blob().descriptor().clone())
        .annotate("z", "1")
        .annotate("a", "2")
        .to_blob();
    let empty = descriptor(media_type::EMPTY);
    let config = empty.replace('}', r#","data":"e30="}"#);
    let expected = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","artifactType":"application/x","config":{config},"layers":[{empty}],"subject":{empty},"annotations":{{"a":"2","z":"1"}}}}"#,
        media_type::IMAGE_MANIFEST
    );
    assert_eq!(std::str::from_utf8(blob.bytes()).unwrap(), expected);
}

// attack: A-039
#[test]
fn a_039_an_image_manifest_and_an_index_at_once_is_refused_whatever_its_type() {
    for media_type in media_type::MANIFESTS {
        for (member, text) in [
            ("layers", index("", r#","layers":[]"#)),
            ("config", index("", &format!(r#","config":{}"#, descriptor("a/b")))),
            ("fsLayers", index("", r#","fsLayers":null"#)),
            ("config", manifest(r#","manifests":[]"#)),
            ("config", manifest(r#","manifests":null"#)),
        ] {
            assert_eq!(parse(media_type, &text), Err(ManifestError::Ambiguous { member }), "{media_type} {text}");
        }
    }
}

// attack: A-040
#[test]
fn a_040_the_type_inside_must_be_the_type_that_led_here() {
    for declared in media_type::MANIFESTS {
        for actual in media_type::MANIFESTS {
            let own = format!(r#","mediaType":"{actual}""#);
            let text = if media_type::is_index(declared) { index("", &own) } else { manifest(&own) };
            let read = parse(declared, &text);
            if declared == actual {
                assert!(read.is_ok(), "{read:?}");
            } else {
                assert!(matches!(read, Err(ManifestError::MediaType { .. })), "{declared} {actual}: {read:?}");
            }
        }
    }
    // Parameters and case make no other type.
    let own = format!(r#","mediaType":"{}; charset=utf-8""#, media_type::IMAGE_MANIFEST.to_uppercase());
    assert!(parse(media_type::IMAGE_MANIFEST, &manifest(&own)).is_ok());
    let declared = format!("{} ; charset=utf-8", media_type::IMAGE_INDEX);
    assert!(matches!(parse(&declared, &index("", "")), Ok(Manifest::Index(_))));
}

// attack: A-041
#[test]
fn a_041_the_kind_of_a_manifest_is_never_guessed() {
    for declared in ["", "application/octet-stream", "application/json", "text/plain"] {
        assert!(
            matches!(parse(declared, &manifest("")), Err(ManifestError::UnsupportedMediaType { .. })),
            "{declared}"
        );
    }
    assert!(matches!(
        parse(media_type::IMAGE_INDEX, &manifest("")),
        Err(ManifestError::Field(FieldError::Missing { .. }))
    ));
}

// attack: A-053
#[test]
fn a_053_other_manifests_are_refused_and_other_content_is_not() {
    for declared in [
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.oci.artifact.manifest.v1+json",
    ] {
        let error = parse(declared, &manifest("")).unwrap_err();
        assert_eq!(error.code().name(), "unsupported-media-type");
    }
    let text = manifest("")
        .replace("[]", &format!("[{}]", descriptor("application/vnd.unknown")))
        .replace(media_type::IMAGE_CONFIG, "x/y");
    assert!(parse(media_type::IMAGE_MANIFEST, &text).is_ok());
    assert!(parse(media_type::IMAGE_INDEX, &index(&descriptor("application/xml"), r#","vendor":{}"#)).is_ok());
}

// attack: A-054
#[test]
fn a_054_many_layers_or_annotations_are_refused() {
    let layers = |count: usize| manifest("").replace("[]", &format!("[{}]", vec![descriptor("a/b"); count].join(",")));
    assert!(parse(media_type::IMAGE_MANIFEST, &layers(1024)).is_ok());
    assert_eq!(parse(media_type::IMAGE_MANIFEST, &layers(1025)).unwrap_err().to_string(), "more than 1024 layers");
    let annotations = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!(r#""{n}":"""#)).collect();
        manifest(&format!(r#","annotations":{{{}}}"#, members.join(",")))
    };
    assert!(parse(media_type::IMAGE_MANIFEST, &annotations(4096)).is_ok());
    let error = parse(media_type::IMAGE_MANIFEST, &annotations(4097)).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.code().name()), ("more than 4096 annotations", "limit-exceeded"));
    let entries = |count: usize| index(&vec![descriptor("a/b"); count].join(","), "");
    assert!(parse(media_type::IMAGE_INDEX, &entries(4096)).is_ok());
    assert_eq!(
        parse(media_type::IMAGE_INDEX, &entries(4097)).unwrap_err().to_string(),
        "more than 4096 entries of an index"
    );
}

// attack: A-028
#[test]
fn a_028_a_manifest_has_at_most_four_mebibytes() {
    let padded = |size: usize| format!("{}{}", manifest(""), " ".repeat(size - manifest("").len()));
    assert!(parse(media_type::IMAGE_MANIFEST, &padded(4 << 20)).is_ok());
    let error = parse(media_type::IMAGE_MANIFEST, &padded((4 << 20) + 1)).unwrap_err();
    assert_eq!(error.to_string(), "more than 4194304 bytes of a manifest");
    let small = Limits { bytes: 10, ..Limits::default() };
    assert!(Manifest::parse_within(media_type::IMAGE_MANIFEST, manifest("").as_bytes(), &small).is_err());
}

// attack: A-001
#[test]
fn a_001_a_digest_that_is_none_is_refused_with_its_place() {
    for digest in
        ["sha256:../../x", ":", "", &DIGEST[..70], &DIGEST.to_uppercase(), "md5:d41d8cd98f00b204e9800998ecf8427e"]
    {
        let text = index(&descriptor("a/b").replace(DIGEST, digest), "");
        let error = parse(media_type::IMAGE_INDEX, &text).unwrap_err();
        assert!(matches!(error, ManifestError::Field(FieldError::Digest { .. })), "{digest}: {error}");
        assert!(error.to_string().starts_with("`manifests[0].digest`: expected a digest"), "{error}");
    }
}

#[test]
fn embedded_content_is_checked_before_anybody_sees_it() {
    let with = |data: &str| {
        let entry = descriptor("a/b").replace('}', &format!(r#","data":"{data}"}}"#));
        parse(media_type::IMAGE_INDEX, &index(&entry, ""))
    };
    let Ok(Manifest::Index(read)) = with("e30=") else { panic!() };
    assert_eq!(read.manifests[0].data.as_deref(), Some(&b"{}"[..]));
    assert_eq!(
        with("e30").unwrap_err().to_string(),
        "expected `manifests[0].data` to be base64 with padding, found `e30`"
    );
    assert_eq!(with("e31=").unwrap_err().code().name(), "malformed-manifest");
    assert_eq!(with("W10=").unwrap_err().code().name(), "digest-mismatch");
    assert_eq!(with("e30K").unwrap_err().to_string(), "`manifests[0].data`: expected 2 bytes, found at least 3");
}

#[test]
fn the_schema_version_is_two() {
    for version in ["1", "3", "\"2\"", "2.0"] {
        let text = manifest("").replace(":2,\"config", &format!(":{version},\"config"));
        assert!(
            parse(media_type::IMAGE_MANIFEST, &text).unwrap_err().to_string().contains("`schemaVersion` to be 2"),
            "{version}"
        );
    }
}

// attack: A-047
#[test]
fn a_047_the_type_of_an_artifact_is_what_the_manifest_says_itself() {
    let kind = |text: &str| parse(media_type::IMAGE_MANIFEST, text).unwrap().artifact_type().map(str::to_owned);
    assert_eq!(kind(&manifest("")).as_deref(), Some(media_type::IMAGE_CONFIG));
    assert_eq!(kind(&manifest(r#","artifactType":"a/b""#)).as_deref(), Some("a/b"));
    assert_eq!(kind(&manifest(r#","artifactType":"""#)).as_deref(), Some(media_type::IMAGE_CONFIG));
    let refused = parse(media_type::IMAGE_MANIFEST, &manifest(r#","artifactType":"none""#)).unwrap_err();
    assert_eq!(refused.to_string(), "expected `artifactType` to be a media type, found `none`");
    assert!(parse(media_type::IMAGE_INDEX, &index("", r#","artifactType":"none""#)).is_err());
    let Ok(index) = parse(media_type::IMAGE_INDEX, &index("", "")) else { panic!() };
    assert_eq!(index.artifact_type(), None);
    let referrer = parse(media_type::IMAGE_MANIFEST, &manifest(r#","annotations":{"a":"b"}"#)).unwrap();
    let entry = referrer.referrer(media_type::empty_blob().descriptor().clone());
    assert_eq!(entry.claimed_artifact_type.as_deref(), Some(media_type::IMAGE_CONFIG));
    assert_eq!(entry.claimed_annotations["a"], "b");
}

// attack: A-045
#[test]
fn a_045_a_manifest_refers_to_what_it_says_itself() {
    let subject = media_type::empty_blob();
    let text = manifest(&format!(r#","subject":{}"#, descriptor(media_type::EMPTY)));
    let refers = parse(media_type::IMAGE_MANIFEST, &text).unwrap();
    assert!(refers.refers_to(&subject.descriptor().digest));
    assert!(!refers.refers_to(&plimsoll_core::Digest::sha256_of(b"other")));
    assert!(!parse(media_type::IMAGE_MANIFEST, &manifest("")).unwrap().refers_to(&subject.descriptor().digest));
}

#[test]
fn blobs_and_children_are_listed_by_kind() {
    let image = ImageManifest::new(media_type::empty_blob().descriptor().clone())
        .layer(ContentDescriptor::embedding(&media_type::empty_blob()));
    let image = Manifest::parse(&image.to_blob()).unwrap();
    assert_eq!((image.blobs().count(), image.manifests().len()), (2, 0));
    let index = parse(media_type::DOCKER_MANIFEST_LIST, &index(&descriptor(media_type::DOCKER_MANIFEST), "")).unwrap();
    assert_eq!((index.blobs().count(), index.manifests().len()), (0, 1));
}

#[test]
fn media_types_and_addresses_of_descriptors_have_their_form() {
    let with = |entry: &str| parse(media_type::IMAGE_INDEX, &index(entry, ""));
    let long = format!("a/{}", "b".repeat(128));
    for bad in ["", "invalid", ".foo/bar", "foo/.bar", "foo/bar/", "a/b c", "a/\u{e9}", &long] {
        let error = with(&descriptor(bad)).expect_err(bad);
        assert!(
            error.to_string().starts_with("expected `manifests[0].mediaType` to be a media type, found"),
            "{error}"
        );
        assert!(with(&descriptor("a/b").replace('}', &format!(r#","artifactType":"{bad}"}}"#))).is_err(), "{bad}");
    }
    assert!(with(&descriptor(&long[..129])).is_ok() && with(&descriptor("a/b+c.d; e=f")).is_ok());
    let at = |url: &str| with(&descriptor("a/b").replace('}', &format!(r#","urls":["{url}"]}}"#)));
    assert!(at("https://example.com/x?y=z#a").is_ok() && at("urn:a:b").is_ok());
    for bad in ["value", "", ":x", "1a:x", "https://a b", "https://a|b"] {
        assert_eq!(
            at(bad).unwrap_err().to_string(),
            "expected `manifests[0].urls` to be a list of URIs, found an array",
            "{bad}"
        );
    }
}
