//! Trusted identities and the subjects that they are compared with.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

use der::Tag::{Ia5String, PrintableString, Utf8String};
use plimsoll_core::Classify;
use plimsoll_pki::{DistinguishedName, IdentityError, Name, SubjectError, code};
use plimsoll_testkit::pki::name;
use proptest::prelude::*;

const C: &str = "2.5.4.6";
const ST: &str = "2.5.4.8";
const O: &str = "2.5.4.10";
const OU: &str = "2.5.4.11";
const CN: &str = "2.5.4.3";

fn text(attributes: &[(&str, der::Tag, &[u8])]) -> String {
    Name::from_der(&name(attributes)).unwrap().to_string()
}

/// A subject of C, ST and O and these.
fn subject(more: &[(&str, &str)]) -> Vec<u8> {
    let base = [(C, "US"), (ST, "WA"), (O, "Harbour")];
    let all: Vec<_> = base.iter().chain(more).map(|(oid, value)| (*oid, Utf8String, value.as_bytes())).collect();
    name(&all)
}

fn matches(identity: &str, subject: &[u8]) -> Result<bool, SubjectError> {
    DistinguishedName::parse(identity).unwrap().matches(&Name::from_der(subject).unwrap())
}

#[test]
fn names_are_written_as_go_writes_them() {
    // The order is Go's, whatever that of the encoding.
    let all = [
        ("2.5.4.17", Utf8String, &b"98101"[..]),
        (CN, Utf8String, b"pilot"),
        (C, PrintableString, b"US"),
        ("2.5.4.9", Utf8String, b"Pier 1"),
        ("2.5.4.5", PrintableString, b"7"),
        (O, Utf8String, b"Harbour"),
        ("2.5.4.7", Utf8String, b"Seattle"),
        (OU, Utf8String, b"Ships"),
        (ST, Utf8String, b"WA"),
    ];
    let expected = "SERIALNUMBER=7,CN=pilot,OU=Ships,O=Harbour,POSTALCODE=98101,STREET=Pier 1,L=Seattle,ST=WA,C=US";
    assert_eq!(text(&all), expected);
    // Values of one type stand in one part, but of several CN only the last stands at all.
    assert_eq!(text(&[(OU, Utf8String, b"a"), (O, Utf8String, b"x"), (OU, Utf8String, b"b")]), "OU=a+OU=b,O=x");
    assert_eq!(text(&[(CN, Utf8String, b"a"), (CN, Utf8String, b"b")]), "CN=b");
    assert_eq!(text(&[(CN, Utf8String, b"")]), "");
    assert_eq!(text(&[(O, Utf8String, b"")]), "O=");
    // Other types are shown as numbers, at the end, the last first, and encoded anew.
    let foreign = [("1.2.840.113549.1.9.1", Ia5String, &b"a@"[..]), ("0.9.2342.19200300.100.1.1", Utf8String, b"b")];
    assert_eq!(text(&foreign), "0.9.2342.19200300.100.1.1=#130162,1.2.840.113549.1.9.1=#0c026140");
    assert_eq!(text(&[foreign[0], (O, Utf8String, b"x")]), "O=x,1.2.840.113549.1.9.1=#0c026140");
    let escaped = text(&[(O, Utf8String, br##" #a,b+c"d\e<f>g;h "##)]);
    assert_eq!(escaped, r##"O=\ #a\,b\+c\"d\\e\<f\>g\;h\ "##);
    assert_eq!(text(&[(O, Utf8String, b"#x")]), r"O=\#x");
}

// attack: A-217
// spec: NP-246, NP-248
#[test]
fn identities_that_break_a_rule_are_refused() {
    let long = format!("C=US,ST=WA,O={}", "x".repeat(4096));
    let error = |text: &str| DistinguishedName::parse(text).unwrap_err().to_string();
    for (text, expected) in [
        ("", "expected `TYPE=VALUE` parts joined by commas, found ``"),
        ("C=US,ST=WA", "expected the attributes C, ST and O at least, found no `O`"),
        ("C=US,O=x", "expected the attributes C, ST and O at least, found no `ST`"),
        ("c=US,ST=WA,O=x", "expected the attributes C, ST and O at least, found no `C`"),
        ("C=US,ST=WA,O=x,OU=a,OU=b", "expected each attribute once, found `OU` twice"),
        ("C=US,ST=WA,S=WA,O=x", "expected each attribute once, found `ST` twice"),
        ("C=US,ST=WA,O=x+OU=y", "expected one value in each part, found several joined by `+`"),
        ("C=US,ST=WA,O=#0c0161", "expected values as text, found `=#`"),
        ("C=US,ST=WA,O=x,CN=a=#b", "expected values as text, found `=#`"),
        ("C=US,ST=WA,O=x,CN=", "expected a value for `CN`, found none"),
        ("C=US,ST=WA,O=x,CN", "expected `TYPE=VALUE` parts joined by commas, found `CN`"),
        ("C=US,ST=WA,O=x,", "expected `TYPE=VALUE` parts joined by commas, found ``"),
        ("C=US,ST=WA,O=x,=y", "expected `TYPE=VALUE` parts joined by commas, found `=y`"),
        (r"C=US,ST=WA,O=x\", r"expected RFC 4514 escapes, found a wrong or missing `\` in the value of `O`"),
        (r"C=US,ST=WA,O=\zz", r"expected RFC 4514 escapes, found a wrong or missing `\` in the value of `O`"),
        (r"C=US,ST=WA,O=\ff", r"expected RFC 4514 escapes, found a wrong or missing `\` in the value of `O`"),
        (r#"C=US,ST=WA,O="x, y""#, r"expected RFC 4514 escapes, found a wrong or missing `\` in the value of `O`"),
        (&long, "the distinguished name is too long: more than 4096 bytes in one distinguished name"),
    ] {
        assert_eq!(error(text), expected);
    }
    assert_eq!(DistinguishedName::parse("C=US").unwrap_err().code(), code::MALFORMED_IDENTITY);
    assert!(matches!(DistinguishedName::parse(&long), Err(IdentityError::Limit(_))));
}

// spec: NP-250, NP-251, NP-252, NP-253, NP-254
#[test]
fn escapes_spaces_and_the_alias_are_read() {
    let read = |text: &str| DistinguishedName::parse(text).unwrap().to_string();
    assert_eq!(read(r"C=US, S = WA ;O=a\,b\\\20c\c3\a9"), r"C=US,O=a\,b\\ cé,ST=WA");
    assert_eq!(read(r"C=US,ST=WA,O=\ x\ "), r"C=US,O=\ x\ ,ST=WA");
    assert_eq!(read(r"C=US,ST=WA,O=a=b"), "C=US,O=a=b,ST=WA");
}

// attack: A-217
#[test]
fn overlap_is_found() {
    let dn = |text: &str| DistinguishedName::parse(text).unwrap();
    assert!(dn("C=US,ST=WA,O=x").is_subset_of(&dn("O=x,C=US,ST=WA,CN=y")));
    assert!(dn("C=US,S=WA,O=x").is_subset_of(&dn("O=x,C=US,ST=WA")));
    assert!(!dn("C=US,ST=WA,O=x,CN=y").is_subset_of(&dn("O=x,C=US,ST=WA")));
    assert!(!dn("C=US,ST=WA,O=x").is_subset_of(&dn("C=US,ST=WA,O=X")));
}

// attack: A-218
#[test]
fn attributes_are_compared_one_by_one_and_exactly() {
    let identity = "C=US,ST=WA,O=Harbour,CN=pilot";
    assert_eq!(matches(identity, &subject(&[(CN, "pilot")])), Ok(true));
    assert_eq!(
        matches("CN=pilot, O=Harbour, S=WA, C=US", &subject(&[(CN, "pilot"), ("2.5.4.7", "Seattle")])),
        Ok(true)
    );
    for other in ["Pilot", "pilot ", " pilot", "pil\u{43e}t", "pilot\u{200b}", "pilo"] {
        assert_eq!(matches(identity, &subject(&[(CN, other)])), Ok(false), "{other}");
    }
    assert_eq!(matches(identity, &subject(&[])), Ok(false));
    // The type of the string does not matter.
    let printable = name(&[
        (C, PrintableString, b"US"),
        (ST, PrintableString, b"WA"),
        (O, der::Tag::BmpString, b"\0x"),
        (CN, Utf8String, b"y"),
    ]);
    assert_eq!(matches("C=US,ST=WA,O=x", &printable), Ok(true));
    // The text of one attribute is not two attributes.
    assert_eq!(matches(identity, &subject(&[(OU, "x,CN=pilot")])), Ok(false));
}

// attack: A-218
#[test]
fn subjects_that_notation_cannot_compare_match_nothing() {
    let identity = "C=US,ST=WA,O=Harbour";
    let missing = |attribute| Err(SubjectError::Missing { attribute });
    assert_eq!(matches(identity, &name(&[])), missing("C"));
    assert_eq!(matches(identity, &name(&[(C, Utf8String, b"US"), (O, Utf8String, b"Harbour")])), missing("ST"));
    let two = subject(&[(OU, "a"), (OU, "b")]);
    assert_eq!(matches(identity, &two), Err(SubjectError::Several { attribute: "OU" }));
    let email = subject(&[("1.2.840.113549.1.9.1", "a@example.com")]);
    assert!(matches!(matches(identity, &email), Err(SubjectError::Foreign { .. })));
    assert_eq!(matches(identity, &subject(&[(CN, "a=#b")])), Err(SubjectError::Hexadecimal { attribute: "CN" }));
    // Of two CN the last counts, as in Go.
    let names = subject(&[(CN, "first"), (CN, "last")]);
    assert_eq!(matches("C=US,ST=WA,O=Harbour,CN=last", &names), Ok(true));
    assert_eq!(matches("C=US,ST=WA,O=Harbour,CN=first", &names), Ok(false));
}

#[test]
fn what_could_not_be_read_again_is_escaped_where_it_is_written() {
    // Found by fuzzing: Go writes NUL as it is, and a value may hold `=#` by an escape.
    let identity = DistinguishedName::parse(r"C=US,ST=\00WA\00,O=a=\#b").unwrap();
    assert_eq!(identity.attributes().collect::<Vec<_>>(), [("C", "US"), ("O", "a=#b"), ("ST", "\0WA\0")]);
    assert_eq!(identity.to_string(), r"C=US,O=a=\#b,ST=\00WA\00");
    assert_eq!(DistinguishedName::parse(&identity.to_string()), Ok(identity));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(values in proptest::collection::vec("(?s).{1,12}", 4)) {
        prop_assume!(values.iter().all(|value| !value.contains("=#")));
        let types = [C, ST, O, CN];
        let encoded: Vec<_> = types.iter().zip(&values).map(|(oid, value)| (*oid, Utf8String, value.as_bytes())).collect();
        let encoded = name(&encoded);
        let subject = Name::from_der(&encoded).unwrap();
        let read = DistinguishedName::parse(&subject.to_string()).unwrap();
        let pairs: Vec<_> = read.attributes().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let expected: Vec<_> = [("C", 0), ("CN", 3), ("O", 2), ("ST", 1)]
            .map(|(name, at)| (name.to_owned(), values[at].clone())).into();
        prop_assert_eq!(pairs, expected);
        prop_assert_eq!(read.matches(&subject), Ok(true));
        prop_assert_eq!(DistinguishedName::parse(&read.to_string()), Ok(read));
    }
    #[test]
    fn no_text_makes_it_panic(text in ".{0,80}") {
        let _ = DistinguishedName::parse(&text);
    }
}

// attack: A-172
#[test]
fn a_172_a_name_of_thousands_of_strange_attributes_is_shown_in_one_walk() {
    // 5400 attributes of 12 bytes: as many as a certificate of 64 KiB holds.
    let one = [0x31, 10, 0x30, 8, 0x06, 3, 0x2a, 3, 4, 0x13, 1, b'A'];
    let count = 5400_u16;
    let body = one.repeat(count.into());
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    let der = [&[0x30, 0x82][..], &length, &body].concat();
    let name = Name::from_der(&der).unwrap();
    // Each one was looked for from the start again: half a minute here, where it is now milliseconds.
    let text = name.to_string();
    assert_eq!(text.matches("1.2.3.4=#130141").count(), usize::from(count));
}
