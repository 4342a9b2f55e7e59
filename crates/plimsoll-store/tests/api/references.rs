//! `oci:PATH[:TAG|@DIGEST]`.

use plimsoll_core::Classify as _;
use plimsoll_store::LayoutReference;
use proptest::prelude::*;

const DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

fn parse(text: &str) -> (String, Option<String>) {
    let reference: LayoutReference = text.parse().unwrap();
    (reference.path().display().to_string(), reference.pointer().map(ToString::to_string))
}

#[test]
fn a_path_a_tag_and_a_digest_are_told_apart() {
    assert_eq!(parse("oci:out"), ("out".into(), None));
    assert_eq!(parse("oci:/a/b:v1"), ("/a/b".into(), Some("v1".into())));
    assert_eq!(parse("oci:/a:b/c"), ("/a:b/c".into(), None));
    assert_eq!(parse("oci:a:b:"), ("a:b".into(), None));
    assert_eq!(parse(&format!("oci:a:v1@{DIGEST}")), ("a".into(), Some(DIGEST.into())));
    assert_eq!(parse(&format!("oci:a@b@{DIGEST}")), ("a@b".into(), Some(DIGEST.into())));
}

#[test]
fn what_names_no_layout_is_refused() {
    for text in ["", "oci:", "oci::v1", "out:v1", "oci:a:-", "oci:a@sha256:12", "oci:a\0b", "OCI:a"] {
        assert!(text.parse::<LayoutReference>().is_err(), "{text:?}");
    }
    let error = "app\u{1b}:v1".parse::<LayoutReference>().unwrap_err();
    assert_eq!(error.code().name(), "malformed-reference");
    assert_eq!(error.to_string(), r"expected `oci:PATH[:TAG|@DIGEST]`, found `app\u{1b}:v1`");
}

proptest! {
    #[test]
    fn what_is_shown_is_read_again(path in "[a-z./]{1,20}", tag in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}") {
        let reference: LayoutReference = format!("oci:{path}:{tag}").parse().unwrap();
        prop_assert_eq!(reference.to_string().parse::<LayoutReference>().unwrap(), reference);
    }
}
