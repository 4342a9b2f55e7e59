//! Strict JSON, seen through manifests.

use crate::support::{index, manifest};
use plimsoll_core::{Classify as _, LimitExceeded};
use plimsoll_oci::{FieldError, JsonError, Manifest, ManifestError, media_type};

fn refused(text: &str) -> ManifestError {
    Manifest::parse_bytes(media_type::IMAGE_MANIFEST, text.as_bytes()).expect_err(text)
}

// attack: A-087
#[test]
fn a_087_duplicate_members_are_refused_at_every_level() {
    for (member, text) in [
        ("layers", manifest(r#","layers":[]"#)),
        ("layers", manifest(r#","l\u0061yers":[]"#)),
        ("digest", manifest(r#","vendor":[{"digest":1,"digest":1}]"#)),
        ("a", manifest(r#","annotations":{"a":"1","a":"1"}"#)),
        ("", manifest(r#","vendor":{"":1,"":2}"#)),
    ] {
        let error = refused(&text);
        assert!(
            matches!(&error, ManifestError::Json(JsonError::Duplicate { member: found, .. }) if found.as_str() == member),
            "{error}"
        );
        assert_eq!(error.code().name(), "malformed-manifest");
    }
    assert_eq!(
        refused(&manifest(r#","layers":[]"#)).to_string(),
        "expected each member once, found `layers` twice at line 1"
    );
}

// attack: A-088
#[test]
fn a_088_names_that_differ_in_case_are_other_names() {
    let text = manifest(r#","Layers":[1],"Subject":{},"MediaType":"text/plain""#);
    let Ok(Manifest::Image(image)) = Manifest::parse_bytes(media_type::IMAGE_MANIFEST, text.as_bytes()) else {
        panic!()
    };
    assert!(image.layers.is_empty() && image.subject.is_none());
    assert_eq!(refused(r#"{"SchemaVersion":2}"#).to_string(), "expected the member `schemaVersion`, found none");
}

// attack: A-089
#[test]
fn a_089_deep_nesting_is_refused_on_a_small_stack() {
    let check = || {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let deep = manifest(&format!(r#","vendor":{}1{}"#, open.repeat(100_000), close.repeat(100_000)));
            let limit = LimitExceeded { what: "levels of JSON", limit: 126 };
            assert_eq!(refused(&deep), ManifestError::Json(JsonError::Limit(limit)));
            assert_eq!(refused(&deep).code().name(), "limit-exceeded");
            let most = manifest(&format!(r#","vendor":{}1{}"#, open.repeat(125), close.repeat(125)));
            assert!(Manifest::parse_bytes(media_type::IMAGE_MANIFEST, most.as_bytes()).is_ok());
        }
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(check).unwrap().join().unwrap();
}

// attack: A-090
#[test]
fn a_090_sizes_are_integers_up_to_two_to_the_63() {
    let with = |size: &str| {
        let entry = format!(r#"{{"mediaType":"a/b","digest":"{}","size":{size}}}"#, crate::support::DIGEST);
        Manifest::parse_bytes(media_type::IMAGE_INDEX, index(&entry, "").as_bytes())
    };
    for size in ["0", "9223372036854775807"] {
        assert!(with(size).is_ok(), "{size}");
    }
    let digits = "9".repeat(10_000);
    for size in [
        "1e3",
        "1.0",
        "9223372036854775808",
        "18446744073709551616",
        "-1",
        "-0",
        "1e400",
        "\"2\"",
        "null",
        "true",
        "01",
        &digits,
    ] {
        let error = with(size).expect_err(size);
        assert_eq!(error.code().name(), "malformed-manifest", "{size}: {error}");
    }
    assert_eq!(
        with("-1").unwrap_err().to_string(),
        "expected `manifests[0].size` to be an integer from 0 to 2^63 - 1, found the number -1"
    );
}

// attack: A-091
#[test]
fn a_091_text_that_is_not_utf_8_is_refused() {
    let good = manifest(r#","annotations":{"a":"b"}"#);
    for bad in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", br"\ud800", br"\udc00x", b"\x01", b"\n"] {
        let at = good.find(r#""b""#).unwrap() + 1;
        let text = [&good.as_bytes()[..at], bad, &good.as_bytes()[at + 1..]].concat();
        let error = Manifest::parse_bytes(media_type::IMAGE_MANIFEST, &text).unwrap_err();
        assert!(matches!(error, ManifestError::Json(JsonError::Syntax { .. })), "{bad:?}: {error}");
    }
}

// attack: A-092
#[test]
fn a_092_a_byte_order_mark_is_refused() {
    let error = refused(&format!("\u{feff}{}", manifest("")));
    assert_eq!(error.to_string(), "expected one JSON value, found something else at line 1, column 1");
    assert!(matches!(refused(&format!("{} {{}}", manifest(""))), ManifestError::Json(JsonError::Syntax { .. })));
}

// attack: A-093
#[test]
fn a_093_null_is_not_absent_where_a_member_is_required() {
    for text in [
        manifest(r#","subject":null"#),
        manifest(r#","artifactType":null"#),
        manifest("").replace(r#""layers":[]"#, r#""layers":null"#),
        manifest("").replace(r#""schemaVersion":2"#, r#""schemaVersion":null"#),
        manifest("").replace(r#""size":2"#, r#""size":null"#),
        "null".to_owned(),
    ] {
        assert!(matches!(refused(&text), ManifestError::Field(FieldError::Type { .. })), "{text}");
    }
    assert!(Manifest::parse_bytes(media_type::IMAGE_MANIFEST, manifest(r#","annotations":null"#).as_bytes()).is_ok());
}

// attack: A-094
#[test]
fn a_094_a_member_of_the_wrong_type_is_not_absent() {
    for more in [
        r#","subject":"x""#,
        r#","annotations":[]"#,
        r#","annotations":{"a":1}"#,
        r#","artifactType":1"#,
        r#","mediaType":2"#,
    ] {
        assert!(matches!(refused(&manifest(more)), ManifestError::Field(FieldError::Type { .. })), "{more}");
    }
}
