use super::*;
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::Digest;
use proptest::prelude::*;

const DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

fn target(members: &str) -> String {
    format!(r#"{{"targetArtifact":{{{members}}}}}"#)
}

fn good() -> String {
    target(&format!(r#""mediaType":"text/plain","digest":"{DIGEST}","size":2,"annotations":{{"a":"b"}}"#))
}

fn error(text: &str) -> String {
    TargetArtifact::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_payload_is_read_without_a_copy() {
    let text = good();
    let read = TargetArtifact::parse(text.as_bytes()).unwrap();
    assert_eq!((read.media_type(), read.size(), read.metadata_value("a")), ("text/plain", 2, Some("b")));
    assert!(matches!(read.media_type, Cow::Borrowed(_)));
    read.check_is(&Descriptor::of("text/plain", b"{}")).unwrap();
}

// attack: A-120
#[test]
fn each_property_of_the_target_counts() {
    let text = good();
    let read = TargetArtifact::parse(text.as_bytes()).unwrap();
    let check = |expected: Descriptor| read.check_is(&expected).unwrap_err().to_string();
    let good = Descriptor::of("text/plain", b"{}");
    assert_eq!(
        check(Descriptor::new("text/plain", good.digest, 3)),
        "expected a signature on the size 3, found one on 2"
    );
    assert_eq!(
        check(Descriptor::new("text/html", good.digest, good.size)),
        "expected a signature on the media type text/html, found one on text/plain"
    );
    assert!(check(Descriptor::of("text/plain", b"[]")).starts_with("expected a signature on the digest sha256:4f53"));
}

// attack: A-087
#[test]
fn no_member_stands_twice() {
    for text in [
        target(&format!(r#""mediaType":"a","digest":"{DIGEST}","size":2,"size":3"#)),
        target(&format!(r#""mediaType":"a","digest":"{DIGEST}","size":2,"\u0073ize":3"#)),
        target(&format!(r#""mediaType":"a","digest":"{DIGEST}","size":2,"x":3,"x":4"#)),
        target(&format!(r#""mediaType":"a","digest":"{DIGEST}","size":2,"annotations":{{"a":"1","a":"2"}}"#)),
        good().replacen('{', r#"{"x":1,"x":2,"#, 1),
        format!("{},{}", good().strip_suffix('}').unwrap(), good().strip_prefix('{').unwrap()),
    ] {
        assert!(error(&text).contains("stands twice"), "{text}");
    }
}

// attack: A-090
// attack: A-093
// attack: A-094
// attack: A-120
// spec: NP-096, NP-102
#[test]
fn a_descriptor_is_whole_and_of_its_types() {
    let with = |size: &str| target(&format!(r#""mediaType":"a","digest":"{DIGEST}","size":{size}"#));
    for size in ["1e3", "1.0", "-1", "-0", "18446744073709551616", "9223372036854775808", "\"2\"", "null", "[2]"] {
        assert!(error(&with(size)).contains("expected"), "{size}: {}", error(&with(size)));
    }
    assert!(TargetArtifact::parse(with("9223372036854775807").as_bytes()).is_ok());
    for (member, bad) in [
        ("mediaType", r#""mediaType":null"#),
        ("mediaType", r#""MediaType":"text/plain""#),
        ("digest", r#""digest":"sha256:../../x""#),
        ("digest", r#""digest":"md5:d41d8cd98f00b204e9800998ecf8427e""#),
        ("annotations", r#""annotations":{"a":1}"#),
        ("annotations", r#""annotations":["a"]"#),
    ] {
        let good = match member {
            "mediaType" => r#""mediaType":"text/plain""#.to_owned(),
            "digest" => format!(r#""digest":"{DIGEST}""#),
            _ => r#""annotations":{"a":"b"}"#.to_owned(),
        };
        let text = self::good().replace(&good, bad);
        assert!(TargetArtifact::parse(text.as_bytes()).is_err(), "{text}");
    }
    for text in ["{}", "[]", "null", "", r#"{"targetArtifact":[]}"#, r#"{"targetArtifact":null}"#, "\u{feff}{}", "{} x"]
    {
        assert!(error(text).starts_with("the signed payload is not one of application/vnd.cncf.notary"), "{text}");
    }
    assert_eq!(
        TargetArtifact::parse(b"\xff").unwrap_err().to_string(),
        "the signed payload is not one of application/vnd.cncf.notary.payload.v1+json: the payload is not UTF-8"
    );
}

#[test]
fn unknown_members_and_null_annotations_are_ignored() {
    let text = good().replace("\"size\"", "\"artifactType\":\"x\",\"urls\":[{}],\"size\"");
    let text = text.replace(r#"{"a":"b"}"#, "null").replacen('{', r#"{"more":{},"#, 1);
    assert_eq!(TargetArtifact::parse(text.as_bytes()).unwrap().metadata().count(), 0);
}

// attack: A-237
#[test]
fn required_metadata_is_there_and_equal() {
    let text = good();
    let read = TargetArtifact::parse(text.as_bytes()).unwrap();
    read.check_metadata([("a", "b")]).unwrap();
    read.check_metadata([]).unwrap();
    assert_eq!(
        read.check_metadata([("a", "c")]).unwrap_err().to_string(),
        "expected the signed metadata `a` to be `c`, found `b`"
    );
    assert_eq!(
        read.check_metadata([("a", "b"), ("z", "c")]).unwrap_err().to_string(),
        "expected the signed metadata `z` to be `c`, found none"
    );
}

#[test]
fn metadata_has_a_limit() {
    let many = |count: u64| (0..count).map(|n| format!("\"{n}\":\"\"")).collect::<Vec<_>>().join(",");
    let text = |count| good().replace(r#""a":"b""#, &many(count));
    assert!(TargetArtifact::parse(text(1024).as_bytes()).is_ok());
    assert_eq!(error(&text(1025)), "more than 1024 entries of user metadata");
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        media_type in "[a-z]{1,9}/[a-z.+-]{1,20}",
        size in 0..=i64::MAX.unsigned_abs(),
        metadata in proptest::collection::btree_map("\\PC{0,9}", "\\PC{0,9}", 0..5),
    ) {
        let descriptor = Descriptor::new(&media_type, Digest::sha256_of(media_type.as_bytes()), size);
        let bytes = write(Artifact::Manifest(&descriptor), metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        let read = TargetArtifact::parse(&bytes).unwrap();
        read.check_is(&descriptor).unwrap();
        read.check_metadata(metadata.iter().map(|(k, v)| (k.as_str(), v.as_str()))).unwrap();
        prop_assert_eq!(read.metadata().count(), metadata.len());
    }
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = TargetArtifact::parse(&bytes);
    }
}
