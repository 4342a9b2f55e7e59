//! Header members: how they are written, and how they are walked.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod common;

use common::{PROTECTED, algorithm, b64, cbor, cose, cose_protected, cose_unprotected, header, jws, open, signer};
use plimsoll_envelope::{CoseDraft, EnvelopeError, HeaderValue, JwsDraft, Label, Limits, Part, Sealed};

/// What a member of this value is in a `COSE_Sign1` header, in hexadecimal.
fn written(value: HeaderValue<'static>) -> String {
    let draft = CoseDraft::new(algorithm(), &[("value".into(), value)], b"cargo").unwrap();
    let hex: String = draft.signing_input().iter().map(|byte| format!("{byte:02x}")).collect();
    // `"value"` is the last member, the empty `external_aad` and the payload follow.
    let (_, behind) = hex.split_once("6576616c7565").unwrap();
    behind.strip_suffix("4045636172676f").unwrap().to_owned()
}

/// [RFC 8949, Appendix A](https://www.rfc-editor.org/rfc/rfc8949#appendix-A).
#[test]
fn cbor_is_written_as_rfc_8949_appendix_a_shows() {
    for (number, expected) in [
        (0, "00"),
        (10, "0a"),
        (23, "17"),
        (24, "1818"),
        (100, "1864"),
        (255, "18ff"),
        (256, "190100"),
        (1000, "1903e8"),
        (65_535, "19ffff"),
        (65_536, "1a00010000"),
        (1_000_000, "1a000f4240"),
        (4_294_967_295, "1affffffff"),
        (4_294_967_296, "1b0000000100000000"),
        (1_000_000_000_000, "1b000000e8d4a51000"),
        (i64::MAX, "1b7fffffffffffffff"),
        (-1, "20"),
        (-10, "29"),
        (-24, "37"),
        (-25, "3818"),
        (-100, "3863"),
        (-1000, "3903e7"),
        (i64::MIN, "3b7fffffffffffffff"),
    ] {
        assert_eq!(written(HeaderValue::Int(number)), expected, "{number}");
    }
    for (value, expected) in [
        (HeaderValue::Bool(false), "f4"),
        (HeaderValue::Bool(true), "f5"),
        (HeaderValue::Null, "f6"),
        (HeaderValue::Simple(23), "f7"),
        (HeaderValue::Simple(16), "f0"),
        (HeaderValue::Simple(255), "f8ff"),
        (HeaderValue::Float(1.1), "fb3ff199999999999a"),
        (HeaderValue::Time(1_363_896_240), "c11a514b67b0"),
        (
            HeaderValue::Tagged(32, Box::new("http://www.example.com".into())),
            "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
        ),
        (HeaderValue::from(&[1_u8, 2, 3, 4][..]), "4401020304"),
        (HeaderValue::from("IETF"), "6449455446"),
        (
            HeaderValue::List((1..=25).map(HeaderValue::Int).collect()),
            "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
        ),
        (
            HeaderValue::Map(vec![("a".into(), 1.into()), ("b".into(), HeaderValue::List(vec![2.into(), 3.into()]))]),
            "a26161016162820203",
        ),
    ] {
        assert_eq!(written(value.clone()), expected, "{value:?}");
    }
}

/// RFC 8949, 3.3: 20 to 22 are false, true and null, 24 to 31 are no simple values.
#[test]
fn a_simple_value_that_cbor_does_not_have_is_not_written() {
    for value in [20, 21, 22, 24, 31] {
        let refused = CoseDraft::new(algorithm(), &[("value".into(), HeaderValue::Simple(value))], b"cargo");
        assert!(matches!(refused, Err(EnvelopeError::Unwritable { .. })), "{value}");
    }
}

/// RFC 8259, 6: "Numeric values that cannot be represented in the grammar below (such as Infinity and NaN) are not permitted."
#[test]
fn json_has_finite_numbers_only() {
    let draft = |number| JwsDraft::new(algorithm(), &[("value".into(), HeaderValue::Float(number))], b"cargo");
    let input = draft(1.5).unwrap().signing_input().to_owned();
    let protected = b64(br#"{"alg":"ES256","value":1.5}"#);
    assert_eq!(String::from_utf8(input).unwrap().split_once('.').unwrap().0, protected);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(draft(number), Err(EnvelopeError::Unwritable { .. })), "{number}");
    }
}

#[test]
fn a_label_equals_the_name_or_the_number_that_it_is_and_no_other() {
    let (text, number) = (Label::from("33"), Label::from(33));
    assert!(number == 33 && number != 34 && text != 33);
    assert!(text == *"33" && text != *"34" && number != *"33");
}

#[test]
fn bytes_are_bytes_in_cbor_and_padded_base64_in_json() {
    let bytes =
        |value: HeaderValue<'static>| value.to_bytes(Part::UnprotectedHeader, "token").map(|found| found.to_vec());
    assert_eq!(bytes(HeaderValue::from(&b"cargo"[..])).unwrap(), b"cargo");
    assert_eq!(bytes("Y2FyZ28=".into()).unwrap(), b"cargo");
    for text in ["Y2FyZ28", "Y2Fy Z28=", "cargo"] {
        assert!(matches!(bytes(text.into()), Err(EnvelopeError::MalformedBase64 { member: "token", .. })), "{text}");
    }
    let expected = EnvelopeError::MalformedMember { part: Part::UnprotectedHeader, name: "token", expected: "bytes" };
    assert_eq!(bytes(1.into()), Err(expected));
}

#[test]
fn a_header_is_walked_in_order() {
    let bytes = cose(&cose_protected(), &cose_unprotected());
    let sealed = Sealed::cose_sign1(&bytes, &Limits::default()).unwrap();
    let unprotected = sealed.unverified(0).unwrap().unprotected();
    let labels: Vec<_> = unprotected.into_iter().map(|(label, _)| label.clone()).collect();
    assert_eq!(labels, [Label::from(33), Label::from("agent")]);
    assert!(!unprotected.is_empty() && unprotected.len() == 2);
    let bare = cose(&cose_protected(), &[]);
    let sealed = Sealed::cose_sign1(&bare, &Limits::default()).unwrap();
    assert!(sealed.unverified(0).unwrap().unprotected().is_empty());
}

/// RFC 9052, 3.1: `kid` is a byte string. RFC 7515, 4.1.4: it is text.
#[test]
fn a_key_identifier_is_bytes_in_cose_and_text_in_jose() {
    let mut unprotected = cose_unprotected();
    unprotected.push((cbor::int(4), cbor::bytes(b"\xff\x00")));
    let in_cose = cose(&cose_protected(), &unprotected);
    let sealed = Sealed::cose_sign1(&in_cose, &Limits::default()).unwrap();
    assert_eq!(sealed.unverified(0).unwrap().key_id_hint().unwrap().as_deref(), Some(&b"\xff\x00"[..]));
    let in_jws = jws(PROTECTED, r#"{"kid":"release"}"#);
    let sealed = Sealed::jws_flattened(in_jws.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(sealed.unverified(0).unwrap().key_id_hint().unwrap().as_deref(), Some(&b"release"[..]));
    let number = jws(PROTECTED, r#"{"kid":7}"#);
    let sealed = Sealed::jws_flattened(number.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(sealed.unverified(0).unwrap().key_id_hint().unwrap(), None);
}

#[test]
fn what_is_claimed_before_the_check_is_what_the_check_is_about() {
    let text = jws(PROTECTED, &header());
    let sealed = Sealed::jws_flattened(text.as_bytes(), &Limits::default()).unwrap();
    let claims = sealed.unverified(0).unwrap();
    let opened = open(&sealed, &["scheme"]).unwrap();
    assert_eq!(claims.claimed_protected_bytes(), PROTECTED.as_bytes());
    assert_eq!(claims.claimed_protected_bytes(), opened.protected_bytes());
    assert_eq!(claims.claimed_signature(), opened.signature());
    assert!(text.contains(&b64(claims.claimed_signature())));
    assert_eq!(claims.claimed_signature().len(), signer().sign_now(b"another").unwrap().len());
}
