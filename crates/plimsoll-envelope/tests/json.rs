//! JSON that two readers could read in two ways.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod common;

use common::{PROTECTED, header, jws, jws_error, on_a_small_stack, open, parts};
use plimsoll_envelope::{EnvelopeError, HeaderValue, Limits, Part, Sealed};

fn duplicate(error: &EnvelopeError) -> (Part, String) {
    match error {
        EnvelopeError::DuplicateMember { part, name } => (*part, name.to_string()),
        other => panic!("{other}"),
    }
}

// attack: A-087
#[test]
fn no_member_stands_twice_at_any_depth() {
    let good = jws(PROTECTED, &header());
    for (name, twin) in [
        ("payload", r#""payload":"e30","#),
        ("payload", r#""p\u0061yload":"e30","#),
        ("signature", r#""\u0073ignature":"AAAA","#),
        ("header", r#""header":{},"#),
    ] {
        let text = good.replacen('{', &format!("{{{twin}"), 1);
        assert_eq!(duplicate(&jws_error(&text)), (Part::Envelope, name.to_owned()));
    }
    let inside = |protected: &str| duplicate(&jws_error(&jws(protected, "{}")));
    let header = Part::ProtectedHeader;
    assert_eq!(inside(r#"{"alg":"ES256","alg":"ES256"}"#), (header, "alg".to_owned()));
    assert_eq!(inside(r#"{"alg":"none","\u0061lg":"ES256"}"#), (header, "alg".to_owned()));
    assert_eq!(inside(r#"{"alg":"ES256","x":[{"y":{"z":1,"\u007a":2}}]}"#), (header, "z".to_owned()));
    let unprotected = jws_error(&jws(PROTECTED, r#"{"x5c":["AAAA"],"x\u0035c":["AAAA"]}"#));
    assert_eq!(duplicate(&unprotected), (Part::Envelope, "x5c".to_owned()));
    let unknown = good.replacen('{', r#"{"extra":{"a":1,"a":1},"#, 1);
    assert_eq!(duplicate(&jws_error(&unknown)), (Part::Envelope, "a".to_owned()));
}

// attack: A-088
#[test]
fn names_match_exactly() {
    let good = jws(PROTECTED, &header());
    for (name, twin) in [("payload", "Payload"), ("protected", "PROTECTED"), ("signature", "Signature")] {
        let text = good.replacen(&format!(r#""{name}":"#), &format!(r#""{twin}":"#), 1);
        assert!(matches!(jws_error(&text), EnvelopeError::MissingMember { .. }), "{twin}");
    }
    assert!(matches!(jws_error(&jws(r#"{"ALG":"ES256"}"#, "{}")), EnvelopeError::MissingMember { name: "alg", .. }));
    // Beside the real member a twin is a stranger, and strangers are ignored (RFC 7515, 7.2.1).
    let text = good.replacen('{', r#"{"Payload":"Zm9yZ2Vk","#, 1);
    let sealed = Sealed::jws_flattened(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(open(&sealed, &["scheme"]).unwrap().payload(), common::PAYLOAD.as_bytes());
}

// attack: A-089
#[test]
fn nesting_is_bounded() {
    on_a_small_stack(|| {
        for (opening, closing) in [("[", "]"), (r#"{"a":"#, "}")] {
            let deep = |levels: usize| format!("{}1{}", opening.repeat(levels), closing.repeat(levels));
            let text = format!(r#"{{"x":{}}}"#, deep(100_000));
            let error = Sealed::jws_flattened(text.as_bytes(), &Limits::default()).unwrap_err();
            assert_eq!(error.to_string(), "more than 32 levels of JSON in an envelope");
            let fits = jws(&format!(r#"{{"alg":"ES256","x":{}}}"#, deep(31)), "{}");
            assert!(Sealed::jws_flattened(fits.as_bytes(), &Limits::default()).is_ok());
            let exceeds = jws(&format!(r#"{{"alg":"ES256","x":{}}}"#, deep(32)), "{}");
            assert!(matches!(jws_error(&exceeds), EnvelopeError::Limit(_)));
        }
    });
}

// attack: A-090
#[test]
fn numbers_are_integers_only_where_they_are() {
    let of = |number: &str| {
        let text = jws(&format!(r#"{{"alg":"ES256","n":{number}}}"#), "{}");
        let sealed = Sealed::jws_flattened(text.as_bytes(), &Limits::default())?;
        let value = open(&sealed, &[])?.protected().get("n").cloned().unwrap();
        Ok::<_, EnvelopeError>(format!("{value:?}"))
    };
    assert_eq!(of("9223372036854775807"), Ok("Int(9223372036854775807)".to_owned()));
    assert_eq!(of("-9223372036854775808"), Ok("Int(-9223372036854775808)".to_owned()));
    for float in ["1e3", "1.0", "-0", "18446744073709551616", "9223372036854775808"] {
        assert!(of(float).unwrap().starts_with("Float("), "{float}");
    }
    let digits = "9".repeat(10_000);
    for wrong in ["1e400", "-1e400", &digits, "01", "+1", "0x1", "1.", ".5", "NaN", "Infinity"] {
        assert!(matches!(of(wrong), Err(EnvelopeError::MalformedJson { .. })), "{}", &wrong[..wrong.len().min(9)]);
    }
}

// attack: A-091
#[test]
fn text_is_utf_8_everywhere() {
    let good = jws(PROTECTED, "{}");
    for wrong in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, "\"\u{0}\"", "\"\n\"", "\"\t\""] {
        let text = good.replacen('{', &format!(r#"{{"extra":{wrong},"#), 1);
        assert!(matches!(jws_error(&text), EnvelopeError::MalformedJson { .. }), "{wrong:?}");
    }
    for wrong in [&b"\"\xff\""[..], b"\"\xc0\xaf\"", b"\"\xed\xa0\x80\""] {
        let text = [b"{\"extra\":".as_slice(), wrong, b",", &good.as_bytes()[1..]].concat();
        let error = Sealed::jws_flattened(&text, &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "the envelope is not JSON at line 1, column 1: it is not UTF-8");
    }
}

// attack: A-092
#[test]
fn a_byte_order_mark_is_malformed() {
    let good = jws(PROTECTED, "{}");
    assert!(matches!(jws_error(&format!("\u{feff}{good}")), EnvelopeError::MalformedJson { .. }));
    assert!(matches!(jws_error(&jws(&format!("\u{feff}{PROTECTED}"), "{}")), EnvelopeError::MalformedJson { .. }));
}

// attack: A-093
#[test]
fn null_is_not_absent() {
    for name in ["payload", "payloadType", "signatures"] {
        let text = r#"{"payload":"","payloadType":"t","signatures":[{"sig":"AAAA"}]}"#;
        let value = serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert!(Sealed::dsse(text.as_bytes(), &Limits::default()).is_ok());
        let mut nulled = value;
        nulled[name] = serde_json::Value::Null;
        let error = Sealed::dsse(nulled.to_string().as_bytes(), &Limits::default()).unwrap_err();
        assert!(matches!(error, EnvelopeError::MalformedMember { .. }), "{name}: {error}");
    }
}

// attack: A-094
#[test]
fn a_wrong_type_is_not_absent() {
    for (name, member) in [("cert", "1"), ("cert", "[]"), ("keyid", "7"), ("sig", "{}")] {
        let text = r#"{"payload":"","payloadType":"t","signatures":[{"sig":"AAAA","x":0}]}"#;
        let text = if name == "sig" {
            text.replace(r#""sig":"AAAA""#, &format!(r#""sig":{member}"#))
        } else {
            text.replace(r#""x":0"#, &format!(r#""{name}":{member}"#))
        };
        let error = Sealed::dsse(text.as_bytes(), &Limits::default()).unwrap_err();
        assert!(matches!(error, EnvelopeError::MalformedMember { part: Part::Signature, .. }), "{name}: {error}");
    }
}

// attack: A-095
#[test]
fn a_million_members_are_not_compared() {
    let members: Vec<String> = (0..1_000_000).map(|n| format!(r#""{n}":0"#)).collect();
    let text = format!("{{{}}}", members.join(","));
    let error = Sealed::jws_flattened(text.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "more than 1024 values in one JSON text of an envelope");
    let mut limits = Limits::default();
    limits.envelope = 1000;
    let error = Sealed::jws_flattened(text.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.to_string(), "more than 1000 bytes in an envelope");
}

// attack: A-095
#[test]
fn long_names_are_not_compared() {
    let limit = "more than 1024 octets of a member's name in JSON";
    // At every depth, and as decoded text.
    let tick = "\\u0078";
    for (name, found) in [("x".repeat(1024), None), ("x".repeat(1025), Some(limit)), (tick.repeat(1024), None)] {
        for header in [format!(r#"{{"{name}":0}}"#), format!(r#"{{"a":[{{"{name}":0}}]}}"#)] {
            let text = jws(PROTECTED, &header);
            let read = Sealed::jws_flattened(text.as_bytes(), &Limits::default());
            assert_eq!(read.err().map(|error| error.to_string()).as_deref(), found);
        }
    }
    // A thousand that differ at their ends: half a million comparisons of 32 KiB. The first ends it.
    let start = "x".repeat(32 << 10);
    let members: Vec<String> = (0..1000).map(|n| format!(r#""{start}{n}":0"#)).collect();
    let text = format!("{{{}}}", members.join(","));
    let error = Sealed::jws_flattened(text.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), limit);
    assert!(matches!(error, EnvelopeError::Limit(_)));
    let mut limits = Limits::default();
    limits.name = 8;
    assert!(
        Sealed::jws_flattened(jws(r#"{"alg":"ES256"}"#, "{}").as_bytes(), &limits).is_err(),
        "`protected` has nine"
    );
}

// attack: A-098
#[test]
fn base64_has_one_form() {
    let one = parts(r#"{"alg":"ES256","x":"???>>>"}"#, "{}");
    let text =
        |protected: &str| format!(r#"{{"payload":"e30","protected":"{protected}","signature":"{}"}}"#, one.signature);
    assert!(one.protected.contains('_') || one.protected.contains('-'));
    for wrong in [
        one.protected.replace('_', "/").replace('-', "+"),
        format!("{}=", one.protected),
        format!("{} ", one.protected),
        format!(r"\n{}", one.protected),
        format!("{}A", &one.protected[..one.protected.len() - one.protected.len() % 4]),
    ] {
        let error = jws_error(&text(&wrong));
        assert!(matches!(error, EnvelopeError::MalformedBase64 { member: "protected", .. }), "{wrong}: {error}");
    }
    // `e30` with a stray bit, and the same in `x5c`.
    let stray = text(&one.protected).replacen("e30", "e31", 1);
    assert_eq!(jws_error(&stray).to_string(), "`payload` is not unpadded base64url");
    for wrong in ["AA", "AB==", "AA=", "A-==", "AAA=\\n"] {
        let error = jws_error(&jws(PROTECTED, &format!(r#"{{"x5c":["{wrong}"]}}"#)));
        assert_eq!(error.to_string(), "`x5c` is not padded base64", "{wrong}");
    }
}

#[test]
fn nested_values_can_be_walked() {
    let text = jws(r#"{"alg":"ES256","a":{"b":[null,true,"t"]}}"#, "{}");
    let sealed = Sealed::jws_flattened(text.as_bytes(), &Limits::default()).unwrap();
    let opened = open(&sealed, &[]).unwrap();
    let Some(HeaderValue::Map(members)) = opened.protected().get("a") else { panic!() };
    let expected = [HeaderValue::Null, HeaderValue::Bool(true), "t".into()];
    assert_eq!(members[0].1.as_list(), Some(&expected[..]));
}
