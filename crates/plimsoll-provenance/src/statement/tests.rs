use super::*;
use crate::code;
use plimsoll_core::{About, Class};
use proptest::prelude::*;

fn read(text: &str) -> Result<Statement, StatementError> {
    Statement::read(text.as_bytes(), &StatementLimits::default())
}

/// A statement with these subjects, of a version.
fn with(version: &str, subjects: &str) -> String {
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/{version}","subject":{subjects},"predicateType":"https://slsa.dev/provenance/v1","predicate":{{}}}}"#
    )
}

fn subjects(count: usize, digests: usize) -> String {
    let digests: Vec<_> = (0..digests).map(|number| format!(r#""a{number}":"00""#)).collect();
    let one = |number| format!(r#"{{"name":"{number}","digest":{{{}}}}}"#, digests.join(","));
    format!("[{}]", (0..count).map(one).collect::<Vec<_>>().join(","))
}

#[test]
fn a_statement_is_written_as_version_1_has_it() {
    let ship = Digest::sha256_of(b"ship");
    let statement = Statement::new([("ship", ship)], PredicateType::parse("spdx").unwrap(), b" {\"a\": 1} ").unwrap();
    let expected = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"ship","digest":{{"sha256":"{}"}}}}],"predicateType":"https://spdx.dev/Document","predicate":{{"a": 1}}}}"#,
        ship.encoded()
    );
    assert_eq!(String::from_utf8(statement.to_json()).unwrap(), expected);
}

// attack: A-144
#[test]
fn a_144_only_the_two_versions_are_statements_and_they_are_about_something() {
    let one = r#"[{"name":"a","digest":{"sha256":"00"}}]"#;
    assert_eq!(read(&with("v0.1", one)).unwrap().version, StatementVersion::V0_1);
    assert_eq!(read(&with("v1", one)).unwrap().version, StatementVersion::V1);
    let other = read(&with("v2", one)).unwrap_err();
    assert_eq!(other.code(), code::MALFORMED_STATEMENT);
    assert_eq!(
        other.to_string(),
        "expected the `_type` of an in-toto statement of version 0.1 or 1, found `https://in-toto.io/Statement/v2`"
    );
    for empty in ["[]", "null", r#""a""#] {
        assert_eq!(read(&with("v1", empty)).unwrap_err().class(), Class::Malformed);
    }
    assert_eq!(read(&with("v1", "[]")).unwrap_err(), StatementError::NoSubject);
    let nameless = r#"[{"digest":{"sha256":"00"}}]"#;
    assert!(read(&with("v1", nameless)).is_ok());
    assert_eq!(read(&with("v0.1", nameless)).unwrap_err(), StatementError::SubjectName);
    let twins = r#"[{"name":"a","digest":{}},{"name":"a","digest":{}}]"#;
    assert_eq!(read(&with("v0.1", twins)).unwrap_err(), StatementError::SubjectName);
}

// attack: A-145
#[test]
fn a_145_only_the_same_digest_by_sha256_or_sha512_is_a_match() {
    let (ship, wide) = (Digest::sha256_of(b"ship"), Digest::sha512_of(b"ship"));
    let about = |algorithm: &str, value: &str| {
        let text = with("v1", &format!(r#"[{{"name":"{ship}","digest":{{"{algorithm}":"{value}"}}}}]"#));
        read(&text).unwrap()
    };
    assert!(About::bind(about("sha256", &ship.encoded()), ship).is_ok());
    assert!(About::bind(about("sha512", &wide.encoded()), wide).is_ok());
    for (algorithm, value) in [
        ("sha512", ship.encoded()),
        ("sha1", ship.encoded()),
        ("SHA256", ship.encoded()),
        ("sha256", ship.encoded().to_uppercase()),
        ("sha256", String::new()),
        ("sha256", Digest::sha256_of(b"shop").encoded()),
    ] {
        assert!(About::bind(about(algorithm, &value), ship).is_err(), "{algorithm} {value}");
    }
    assert!(About::bind(about("sha512", &wide.encoded()), ship).is_err());
}

// attack: A-146
#[test]
fn a_146_subjects_and_digests_are_limited() {
    assert!(read(&with("v1", &subjects(1024, 1))).is_ok());
    assert_eq!(
        read(&with("v1", &subjects(1025, 1))).unwrap_err().to_string(),
        "more than 1024 subjects of a statement"
    );
    assert!(read(&with("v1", &subjects(1, 32))).is_ok());
    assert_eq!(read(&with("v1", &subjects(1, 33))).unwrap_err().to_string(), "more than 32 digests of a subject");
    let mut limits = StatementLimits::default();
    let text = with("v1", &subjects(1, 1));
    for (bytes, fits) in [(text.len() as u64, true), (text.len() as u64 - 1, false)] {
        limits.bytes = bytes;
        assert_eq!(Statement::read(text.as_bytes(), &limits).is_ok(), fits);
    }
}

// attack: A-087, A-147
#[test]
fn a_087_a_member_that_stands_twice_is_refused_wherever_it_stands() {
    for twice in [
        with("v1", r#"[{"name":"a","digest":{"sha256":"00","sha256":"01"}}]"#),
        with("v1", r#"[{"name":"a","digest":{}}],"subject":[]"#),
        with("v1", &subjects(1, 1)).replace(r#""predicate":{}"#, r#""predicate":{"a":{"b":1,"\u0062":2}}"#),
        with("v1", &subjects(1, 1)).replace(r#""predicate""#, r#""x":{"y":1,"y":1},"predicate""#),
    ] {
        let refused = read(&twice).unwrap_err();
        assert!(refused.to_string().ends_with("stands twice"), "{refused}");
    }
    for rubbish in ["", "[]", "{}", "null", "\u{feff}{}", r#"{"_type":1}"#] {
        assert_eq!(read(rubbish).unwrap_err().code(), code::MALFORMED_STATEMENT, "{rubbish}");
    }
    let relative = with("v1", &subjects(1, 1)).replace("https://slsa.dev/provenance/v1", "provenance");
    let message = "expected a URI as the predicate type, found `provenance`";
    assert_eq!(read(&relative).unwrap_err().to_string(), message);
}

// attack: A-089
#[test]
fn a_089_nesting_is_limited() {
    let nested = |depth: usize| {
        let predicate = "[".repeat(depth) + &"]".repeat(depth);
        read(&with("v1", &subjects(1, 1)).replace(r#""predicate":{}"#, &format!(r#""predicate":{predicate}"#)))
    };
    assert!(nested(125).is_ok());
    assert_eq!(nested(126).unwrap_err().to_string(), "more than 126 levels of nesting in JSON");
    assert_eq!(nested(100_000).unwrap_err().class(), Class::Malformed);
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        names in prop::collection::vec(".{0,20}", 1..5),
        predicate in "[a-z0-9 \\[\\],]{0,20}",
        kind in "[a-z]{1,8}:[!-~]{1,20}",
    ) {
        let digest = |name: &str| Digest::sha512_of(name.as_bytes());
        let predicate = serde_json::to_vec(&predicate).unwrap();
        let subjects = names.iter().map(|name| (name.as_str(), digest(name)));
        let statement = Statement::new(subjects, PredicateType::uri(&kind).unwrap(), &predicate).unwrap();
        let read = Statement::read(&statement.to_json(), &StatementLimits::default()).unwrap();
        prop_assert!(names.iter().all(|name| read.has_subject(&digest(name))));
        prop_assert_eq!(read, statement);
    }
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Statement::read(&bytes, &StatementLimits::default());
    }
}
