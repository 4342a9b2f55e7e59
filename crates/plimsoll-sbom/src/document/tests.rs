use super::*;
use crate::code;
use plimsoll_core::Class;
use proptest::prelude::*;

fn read(text: &str) -> Result<Document, SbomError> {
    Document::read(text.as_bytes(), &Limits::default())
}

fn with(components: &str) -> String {
    format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":{components}}}"#)
}

const ONE: &str = r#"[{"type":"library","name":"curl"}]"#;

// attack: A-087
#[test]
fn a_087_a_member_that_stands_twice_is_refused_wherever_it_stands() {
    for twice in [
        with(r#"[],"components":[]"#),
        with(r#"[{"type":"library","name":"curl","name":"curl"}]"#),
        with(r#"[{"type":"library","name":"curl","\u006eame":"evil"}]"#),
        with(r#"[{"type":"library","name":"curl","x":{"y":1,"y":1}}]"#),
        r#"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"SPDXRef-a","name":"a","name":"b"}]}"#.into(),
    ] {
        let refused = read(&twice).unwrap_err();
        assert!(refused.to_string().ends_with("stands twice"), "{refused}");
        assert_eq!(refused.code(), code::MALFORMED_SBOM);
    }
}

// attack: A-089, A-295
#[test]
fn a_295_nesting_is_limited() {
    let nested = |depth: usize| {
        let inner = "[{\"type\":\"library\",\"name\":\"a\",\"components\":".repeat(depth);
        read(&with(&format!("{inner}[]{}", "}]".repeat(depth))))
    };
    assert_eq!(nested(62).unwrap().inventory.components.len(), 62);
    assert_eq!(nested(63).unwrap_err().to_string(), "more than 126 levels of nesting in JSON");
    assert_eq!(nested(100_000).unwrap_err().code(), plimsoll_core::code::LIMIT_EXCEEDED);
    assert!(read(&with(&"[".repeat(100_000))).is_err());
}

// attack: A-090, A-091, A-094
#[test]
fn a_094_what_has_the_wrong_type_is_malformed() {
    for broken in [
        with(r#"[{"type":"library","name":1}]"#),
        with(r#"[{"type":"library","name":null}]"#),
        with(r#"[{"type":"library"}]"#),
        with(r#"{}"#),
        with(r#"[1e999]"#),
        with(r#"[{"type":"library","name":"\ud800"}]"#),
        with(r#"[{"type":"library","name":"a","purl":[]}]"#),
        with(&format!("{ONE},\"x\":01")),
        format!("{} x", with(ONE)),
    ] {
        assert_eq!(read(&broken).unwrap_err().class(), Class::Malformed, "{broken}");
    }
    let invalid = [b"{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"x\":\"".as_slice(), b"\xff\"}"].concat();
    assert!(Document::read(&invalid, &Limits::default()).is_err());
}

// attack: A-092
#[test]
fn a_092_a_byte_order_mark_is_passed_over_with_a_note() {
    let marked = read(&format!("\u{feff}{}", with(ONE))).unwrap();
    assert_eq!(marked.notes, [Note::ByteOrderMark]);
    assert_eq!(marked.notes[0].to_string(), "the document starts with a byte-order mark");
    assert!(read(&with(ONE)).unwrap().notes.is_empty());
    assert!(read(&format!("\u{feff}\u{feff}{}", with(ONE))).is_err());
}

// attack: A-093
#[test]
fn a_093_null_is_absent_for_optional_lists_only() {
    assert!(read(&with("null")).unwrap().inventory.components.is_empty());
    assert!(read(r#"{"bomFormat":"CycloneDX","specVersion":null}"#).is_err());
    assert!(read(r#"{"bomFormat":null,"specVersion":"1.6"}"#).is_err());
    assert!(read(r#"{"spdxVersion":"SPDX-2.3","packages":null,"relationships":null}"#).is_ok());
}

// attack: A-298
#[test]
fn a_298_what_is_wrong_with_single_components_is_noted() {
    let text = with(
        r#"[{"type":"library","name":"a","bom-ref":"x","purl":"pkg:npm/"},
            {"type":"library","name":"b","bom-ref":"x","hashes":[{"alg":"SHA-256","content":"00"},{"alg":"X","content":"00"}]}]"#,
    );
    let notes: Vec<_> = read(&text).unwrap().notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "the package URL of `a` is none: expected a name, found none",
            "two components have the id `x`",
            "`b` has a hash that is none by SHA-256"
        ]
    );
    let many = format!("[{}]", vec![r#"{"type":"library","name":"a","bom-ref":"x"}"#; 200].join(","));
    assert_eq!(read(&with(&many)).unwrap().notes.len(), Limits::default().notes);
}

// attack: A-304
#[test]
fn a_304_limits_are_held_at_the_number() {
    let text = with(ONE);
    let within = |change: &dyn Fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Document::read(text.as_bytes(), &limits).map(drop).map_err(|error| error.to_string())
    };
    let size = text.len() as u64;
    assert_eq!(within(&|limits| limits.bytes = size), Ok(()));
    assert_eq!(within(&|limits| limits.bytes = size - 1), Err(format!("more than {} bytes of an SBOM", size - 1)));
    assert_eq!(within(&|limits| limits.components = 1), Ok(()));
    assert_eq!(within(&|limits| limits.components = 0), Err("more than 0 components in an SBOM".into()));
    assert_eq!(within(&|limits| limits.values = 7), Ok(()));
    assert_eq!(within(&|limits| limits.values = 6), Err("more than 6 values in JSON".into()));
    assert_eq!(within(&|limits| limits.depth = 3), Ok(()));
    assert_eq!(within(&|limits| limits.depth = 2), Err("more than 2 levels of nesting in JSON".into()));
}

#[test]
fn other_formats_are_named_and_not_supported() {
    for (text, found) in [
        (r#"{"bomFormat":"CycloneDX","specVersion":"2.0"}"#, "CycloneDX 2.0"),
        (r#"{"spdxVersion":"SPDX-2.1"}"#, "SPDX-2.1"),
        (r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}"#, "SPDX 3"),
        ("  <bom/>", "XML"),
        ("SPDXVersion: SPDX-2.3\n", "SPDX tag-value"),
    ] {
        let refused = read(text).unwrap_err();
        let message = format!("expected CycloneDX 1.2 to 1.7 or SPDX 2.2 or 2.3, as JSON, found `{found}`");
        assert_eq!((refused.to_string(), refused.class()), (message, Class::Unavailable));
    }
    let neither = read("{}").unwrap_err();
    assert_eq!(neither.to_string(), "expected a member `bomFormat` or `spdxVersion`, found neither");
    assert_eq!(neither.code(), code::MALFORMED_SBOM);
    assert!(read(r#"{"bomFormat":"SPDX","specVersion":"1.6"}"#).is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::read(&bytes, &Limits::default());
    }
}
