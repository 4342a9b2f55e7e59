//! JWS: what is read, and the forgeries that are not.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod common;

use common::{CERTIFICATE, KEY, PAYLOAD, PROTECTED, algorithm, header, jws, jws_error, open, parts, std64};
use plimsoll_core::{Algorithm, PublicKey};
use plimsoll_crypto::{Curve, PrivateKey, provider};
use plimsoll_envelope::{Claimed, Critical, EnvelopeError, HeaderValue, JwsDraft, Label, Limits, Part, Sealed};

fn flattened(text: &str) -> Result<Sealed<'_>, EnvelopeError> {
    Sealed::jws_flattened(text.as_bytes(), &Limits::default())
}

#[test]
fn a_good_envelope_is_opened() {
    let text = jws(PROTECTED, &header());
    let sealed = flattened(&text).unwrap();
    let claims = sealed.unverified(0).unwrap();
    assert_eq!(claims.claimed_algorithm(), &Claimed::Known(Algorithm::EcdsaP256Sha256Fixed));
    assert_eq!(claims.presented_chain().collect::<Vec<_>>(), [CERTIFICATE]);
    assert_eq!(claims.claimed_content_type().unwrap().as_deref(), Some("text/plain"));
    assert_eq!(claims.unprotected().get("agent").and_then(HeaderValue::as_text), Some("test/1"));
    let opened = open(&sealed, &["scheme"]).unwrap();
    assert_eq!(opened.payload(), PAYLOAD.as_bytes());
    assert_eq!(opened.protected_bytes(), PROTECTED.as_bytes());
    assert_eq!(opened.content_type(), Some("text/plain"));
    assert_eq!(opened.signature().len(), 64);
    assert_eq!(opened.protected().critical().collect::<Vec<_>>(), [Label::from("scheme")]);
    let names: Vec<String> = opened.protected().iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["alg", "crit", "cty", "scheme", "time"]);
}

#[test]
fn a_text_with_escapes_is_verified_as_what_it_says() {
    let envelope = parts(PROTECTED, "{}");
    let escaped = |text: &str| format!(r"\u{:04x}{}", text.as_bytes()[0], &text[1..]);
    let text = format!(
        r#"{{"p\u0061yload":"{}","protected":"{}","signature":"{}"}}"#,
        escaped(&envelope.payload),
        escaped(&envelope.protected),
        escaped(&envelope.signature)
    );
    assert_eq!(open(&flattened(&text).unwrap(), &["scheme"]).unwrap().payload(), PAYLOAD.as_bytes());
}

#[test]
fn each_signature_of_the_general_form_is_opened_by_itself() {
    let one = parts(PROTECTED, "{}");
    let text = format!(
        r#"{{"payload":"{0}","signatures":[{{"protected":"{1}","signature":"{2}"}},{{"protected":"{1}","signature":"AAAA"}},{{"protected":"{3}","signature":"AAAA"}}]}}"#,
        one.payload,
        one.protected,
        one.signature,
        common::b64(br#"{"alg":"HS256"}"#),
    );
    let sealed = Sealed::jws_general(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(sealed.signatures(), 3);
    let open = |index| sealed.open(index, KEY.public_key(), algorithm(), provider(), Critical::Only(&["scheme"]));
    assert_eq!(open(0).unwrap().payload(), PAYLOAD.as_bytes());
    assert_eq!(open(1).unwrap_err(), EnvelopeError::SignatureInvalid);
    assert!(matches!(open(2).unwrap_err(), EnvelopeError::UnsupportedAlgorithm { .. }));
    assert_eq!(open(3).unwrap_err().to_string(), "expected a signature number 3, found 3 signatures");
}

#[test]
fn the_compact_form_is_opened() {
    let envelope = parts(PROTECTED, "{}");
    let text = format!("{}.{}.{}", envelope.protected, envelope.payload, envelope.signature);
    let sealed = Sealed::jws_compact(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(open(&sealed, &["scheme"]).unwrap().payload(), PAYLOAD.as_bytes());
    let draft = JwsDraft::new(algorithm(), &[], b"x").unwrap();
    assert!(Sealed::jws_compact(draft.attach_compact(b"y").as_bytes(), &Limits::default()).is_ok());
}

// attack: A-103
// spec: NP-069, NP-092
#[test]
fn no_signature_is_no_algorithm() {
    for name in ["none", "None", "nOnE", ""] {
        let text = jws(&format!(r#"{{"alg":"{name}"}}"#), "{}");
        assert!(matches!(jws_error(&text), EnvelopeError::UnsupportedAlgorithm { .. }), "{name}");
    }
    let empty = text_with_signature(r#"{"alg":"none"}"#, "");
    assert!(matches!(jws_error(&empty), EnvelopeError::MalformedMember { name: "signature", .. }));
    assert_eq!(jws_error(&jws("{}", "{}")).to_string(), "expected `alg` in the protected header, found none");
    assert_eq!(
        jws_error(&jws(r#"{"alg":["ES256"]}"#, "{}")).to_string(),
        "expected text as `alg` in the protected header"
    );
    // Only the protected header counts.
    assert!(matches!(jws_error(&jws("{}", r#"{"alg":"ES256"}"#)), EnvelopeError::MissingMember { name: "alg", .. }));
}

fn text_with_signature(protected: &str, signature: &str) -> String {
    let envelope = parts(protected, "{}");
    format!(r#"{{"payload":"{}","protected":"{}","signature":"{signature}"}}"#, envelope.payload, envelope.protected)
}

// attack: A-104
#[test]
fn a_mac_with_the_public_key_as_secret_is_no_signature() {
    for name in ["HS256", "HS384", "HS512"] {
        let error = jws_error(&text_with_signature(&format!(r#"{{"alg":"{name}"}}"#), "AAAA"));
        assert!(matches!(error, EnvelopeError::UnsupportedAlgorithm { .. }), "{name}");
    }
}

// attack: A-105
#[test]
fn the_algorithm_comes_from_the_key() {
    for (name, header) in [
        ("ES384", Algorithm::EcdsaP384Sha384Fixed),
        ("ES512", Algorithm::EcdsaP521Sha512Fixed),
        ("PS256", Algorithm::RsaPssSha256),
        ("PS384", Algorithm::RsaPssSha384),
        ("PS512", Algorithm::RsaPssSha512),
        ("RS256", Algorithm::RsaPkcs1Sha256),
        ("RS384", Algorithm::RsaPkcs1Sha384),
        ("RS512", Algorithm::RsaPkcs1Sha512),
        ("EdDSA", Algorithm::Ed25519),
    ] {
        let error = jws_error(&jws(&format!(r#"{{"alg":"{name}"}}"#), "{}"));
        assert_eq!(error, EnvelopeError::AlgorithmMismatch { header, key: Algorithm::EcdsaP256Sha256Fixed });
    }
}

// attack: A-106
#[test]
fn an_unknown_critical_member_is_refused_under_a_good_signature() {
    let text = jws(r#"{"alg":"ES256","crit":["scheme","new"],"scheme":1,"new":2}"#, "{}");
    assert_eq!(jws_error(&text).to_string(), "the member `new` is critical, and not understood");
    let sealed = flattened(&text).unwrap();
    let judged = sealed.open(0, KEY.public_key(), algorithm(), provider(), Critical::JudgedByCaller).unwrap();
    assert_eq!(judged.protected().critical().count(), 2);
}

// attack: A-107
#[test]
fn the_list_of_critical_members_keeps_its_form() {
    let refused = |protected: &str, header: &str| match jws_error(&jws(protected, header)) {
        EnvelopeError::MalformedCritical { what } => what,
        other => panic!("{other}"),
    };
    assert_eq!(refused(r#"{"alg":"ES256","crit":[]}"#, "{}"), "it is empty");
    assert_eq!(refused(r#"{"alg":"ES256","crit":"scheme","scheme":1}"#, "{}"), "it is no list");
    assert_eq!(refused(r#"{"alg":"ES256","crit":null}"#, "{}"), "it is no list");
    assert_eq!(
        refused(r#"{"alg":"ES256","crit":[["scheme"]],"scheme":1}"#, "{}"),
        "it holds something that is no name"
    );
    assert_eq!(refused(r#"{"alg":"ES256","crit":["scheme","scheme"],"scheme":1}"#, "{}"), "it names a member twice");
    for registered in ["alg", "crit", "cty", "x5c", "kid", ""] {
        let protected = format!(r#"{{"alg":"ES256","crit":["{registered}"],"cty":"a"}}"#);
        assert_eq!(refused(&protected, "{}"), "it names a member that its specification registers", "{registered}");
    }
    let absent = "it names a member that is not in the protected header";
    assert_eq!(refused(r#"{"alg":"ES256","crit":["scheme"]}"#, "{}"), absent);
    assert_eq!(refused(r#"{"alg":"ES256","crit":["scheme"]}"#, r#"{"scheme":1}"#), absent);
    assert_eq!(refused(r#"{"alg":"ES256"}"#, r#"{"crit":["scheme"]}"#), "it stands in the unprotected header");
}

// attack: A-108
#[test]
fn a_payload_is_never_read_raw() {
    let error = jws_error(&jws(r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#, "{}"));
    assert_eq!(error.to_string(), "the member `b64` is critical, and not understood");
    for (protected, header) in [(r#"{"alg":"ES256","b64":false}"#, "{}"), (r#"{"alg":"ES256"}"#, r#"{"b64":false}"#)] {
        assert!(matches!(jws_error(&jws(protected, header)), EnvelopeError::MalformedCritical { .. }));
    }
}

// attack: A-109
#[test]
fn a_key_in_the_header_is_a_member_like_any_other() {
    let forger = PrivateKey::generate(Curve::P256).unwrap();
    let protected = common::b64(br#"{"alg":"ES256","jwk":{"kty":"EC"},"jku":"http://127.0.0.1:1/","kid":"release"}"#);
    let payload = common::b64(b"forged");
    let input = format!("{protected}.{payload}");
    let signature = common::b64(&forger.envelope_signer().unwrap().sign_now(input.as_bytes()).unwrap());
    let text = format!(r#"{{"payload":"{payload}","protected":"{protected}","signature":"{signature}"}}"#);
    assert_eq!(jws_error(&text), EnvelopeError::SignatureInvalid);
    let sealed = flattened(&text).unwrap();
    assert_eq!(sealed.unverified(0).unwrap().key_id_hint().unwrap().as_deref(), Some(&b"release"[..]));
}

// attack: A-110
// spec: NP-090
#[test]
fn only_the_form_that_is_due_is_read() {
    let one = parts(PROTECTED, "{}");
    let (payload, protected, signature) = (&one.payload, &one.protected, &one.signature);
    let entry = format!(r#"{{"protected":"{protected}","signature":"{signature}"}}"#);
    let general = format!(r#"{{"payload":"{payload}","signatures":[{entry}]}}"#);
    assert_eq!(jws_error(&general).to_string(), "expected the flattened serialization, found `signatures`");
    let both = format!(
        r#"{{"payload":"{payload}","protected":"{protected}","signature":"{signature}","signatures":[{entry}]}}"#
    );
    assert!(matches!(jws_error(&both), EnvelopeError::UnsupportedForm { found: "signatures", .. }));
    let error = Sealed::jws_general(both.as_bytes(), &Limits::default()).unwrap_err();
    assert!(matches!(error, EnvelopeError::UnsupportedForm { found: "signature", .. }));
    assert!(matches!(jws_error(&format!("{protected}.{payload}.{signature}")), EnvelopeError::MalformedJson { .. }));
    let none = format!(r#"{{"payload":"{payload}","signatures":[]}}"#);
    assert!(Sealed::jws_general(none.as_bytes(), &Limits::default()).is_err());
}

// attack: A-111
#[test]
fn a_million_dots_are_not_split() {
    let dots = ".".repeat(1_000_000);
    let error = Sealed::jws_compact(dots.as_bytes(), &Limits::default()).unwrap_err();
    assert!(matches!(error, EnvelopeError::MalformedMember { name: "compact serialization", .. }));
    let long = jws(&format!(r#"{{"alg":"ES256","x":"{}"}}"#, "x".repeat(70_000)), "{}");
    assert_eq!(jws_error(&long).to_string(), "more than 65536 bytes in a protected header");
}

// attack: A-112
#[test]
fn encryption_and_compression_are_refused_before_any_work() {
    for member in ["ciphertext", "encrypted_key", "iv", "tag", "aad", "recipients"] {
        let text = jws(PROTECTED, "{}").replacen('{', &format!(r#"{{"{member}":"AAAA","#), 1);
        assert!(matches!(jws_error(&text), EnvelopeError::UnsupportedForm { .. }), "{member}");
    }
    for protected in [r#"{"alg":"ES256","zip":"DEF"}"#, r#"{"alg":"dir","enc":"A256GCM"}"#] {
        assert!(matches!(jws_error(&jws(protected, "{}")), EnvelopeError::UnsupportedForm { .. }));
    }
    let password = jws(r#"{"alg":"PBES2-HS256+A128KW","p2c":2147483648}"#, "{}");
    assert!(matches!(jws_error(&password), EnvelopeError::UnsupportedAlgorithm { .. }));
}

// attack: A-113
#[test]
fn missing_empty_and_null_members_are_malformed() {
    let one = parts(PROTECTED, &header());
    let good = [
        ("payload", format!(r#""{}""#, one.payload)),
        ("protected", format!(r#""{}""#, one.protected)),
        ("header", one.header.clone()),
        ("signature", format!(r#""{}""#, one.signature)),
    ];
    let with = |name: &str, value: Option<&str>| {
        let members: Vec<String> = good
            .iter()
            .filter_map(|(member, own)| {
                let value = if *member == name { value? } else { own };
                Some(format!(r#""{member}":{value}"#))
            })
            .collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(open(&flattened(&with("nothing", None)).unwrap(), &["scheme"]).is_ok());
    for name in ["payload", "protected", "signature"] {
        assert!(matches!(jws_error(&with(name, None)), EnvelopeError::MissingMember { .. }), "{name}");
        for value in [r#""""#, "null", "1", "[]", "{}", "true"] {
            flattened(&with(name, Some(value))).unwrap_err();
        }
    }
    for value in ["null", r#""""#, "[]", "1"] {
        let error = jws_error(&with("header", Some(value)));
        assert!(matches!(error, EnvelopeError::MalformedMember { name: "header", .. }), "{value}");
    }
    assert!(flattened(&with("header", None)).is_ok());
    assert_eq!(jws_error(&with("payload", Some(r#""""#))), EnvelopeError::MissingPayload);
}

// attack: A-114
#[test]
fn what_is_given_out_is_what_was_signed() {
    let good = jws(PROTECTED, &header());
    let one = parts(PROTECTED, &header());
    for at in 0..one.payload.len() {
        let mut payload = one.payload.clone().into_bytes();
        payload[at] = if payload[at] == b'A' { b'B' } else { b'A' };
        let text = good.replacen(&one.payload, std::str::from_utf8(&payload).unwrap(), 1);
        let error = jws_error(&text);
        let refused = [EnvelopeError::SignatureInvalid].contains(&error)
            || matches!(error, EnvelopeError::MalformedBase64 { member: "payload", .. });
        assert!(refused, "{error}");
    }
}

// attack: A-115
#[test]
fn a_bad_signature_beats_an_unknown_critical_member() {
    let good = jws(r#"{"alg":"ES256","crit":["new"],"new":1}"#, "{}");
    let payload = parts(PROTECTED, "{}").payload;
    let forged = good.replacen(&payload, &common::b64(b"forged"), 1);
    assert!(matches!(jws_error(&good), EnvelopeError::UnknownCritical { .. }));
    assert_eq!(jws_error(&forged), EnvelopeError::SignatureInvalid);
}

#[test]
fn a_name_must_not_stand_in_both_headers() {
    let error = jws_error(&jws(r#"{"alg":"ES256","kid":"a"}"#, r#"{"kid":"b"}"#));
    assert_eq!(error, EnvelopeError::DuplicateMember { part: Part::UnprotectedHeader, name: "kid".into() });
}

#[test]
fn presented_chains_are_bounded() {
    let chain = |count: usize, certificate: &[u8]| {
        let items = vec![format!(r#""{}""#, std64(certificate)); count];
        jws(PROTECTED, &format!(r#"{{"x5c":[{}]}}"#, items.join(",")))
    };
    assert!(flattened(&chain(10, CERTIFICATE)).is_ok());
    assert_eq!(jws_error(&chain(11, CERTIFICATE)).to_string(), "more than 10 certificates in a chain");
    assert_eq!(jws_error(&chain(1, &[7; 65_537])).to_string(), "more than 65536 bytes in a certificate");
    assert!(matches!(jws_error(&chain(0, CERTIFICATE)), EnvelopeError::MalformedMember { .. }));
    for wrong in [r#"{"x5c":"AAAA"}"#, r#"{"x5c":[1]}"#, r#"{"x5c":null}"#] {
        assert!(matches!(jws_error(&jws(PROTECTED, wrong)), EnvelopeError::MalformedMember { name: "x5c", .. }));
    }
    let inside = jws(&format!(r#"{{"alg":"ES256","x5c":["{}"]}}"#, std64(CERTIFICATE)), "{}");
    let sealed = flattened(&inside).unwrap();
    assert_eq!(sealed.unverified(0).unwrap().presented_chain().collect::<Vec<_>>(), [CERTIFICATE]);
}

#[test]
fn another_key_and_another_provider_open_nothing() {
    let text = jws(PROTECTED, "{}");
    let sealed = flattened(&text).unwrap();
    let other = PrivateKey::generate(Curve::P256).unwrap();
    let under = |key: PublicKey<'static>| key;
    let refused = sealed.open(0, other.public_key(), algorithm(), provider(), Critical::JudgedByCaller);
    assert_eq!(refused.unwrap_err(), EnvelopeError::SignatureInvalid);
    let nobody = plimsoll_core::Provider::new(&[]);
    let refused = sealed.open(0, under(PublicKey::from_spki_der(b"")), algorithm(), nobody, Critical::JudgedByCaller);
    assert_eq!(refused.unwrap_err().to_string(), "no back end checks EcdsaP256Sha256Fixed with this key");
}

#[test]
fn what_is_written_has_the_order_that_notation_writes() {
    let draft = JwsDraft::new(
        Algorithm::RsaPssSha256,
        &[
            ("crit".into(), ["io.cncf.notary.signingScheme"].into()),
            ("cty".into(), "application/vnd.cncf.notary.payload.v1+json".into()),
            ("io.cncf.notary.signingScheme".into(), "notary.x509".into()),
            ("io.cncf.notary.signingTime".into(), HeaderValue::Time(1_714_979_289)),
        ],
        b"{}",
    )
    .unwrap();
    let protected = base64_simd::URL_SAFE_NO_PAD
        .decode_to_vec(draft.signing_input().split(|byte| *byte == b'.').next().unwrap())
        .unwrap();
    assert_eq!(
        std::str::from_utf8(&protected).unwrap(),
        r#"{"alg":"PS256","crit":["io.cncf.notary.signingScheme"],"cty":"application/vnd.cncf.notary.payload.v1+json","io.cncf.notary.signingScheme":"notary.x509","io.cncf.notary.signingTime":"2024-05-06T07:08:09Z"}"#
    );
    let unprotected = [("x5c".into(), HeaderValue::chain(&[b"DER"])), ("agent".into(), "plimsoll".into())];
    let text = String::from_utf8(draft.attach(b"signature", &unprotected).unwrap()).unwrap();
    assert!(text.starts_with(r#"{"payload":"e30","protected":"ey"#), "{text}");
    assert!(text.ends_with(r#"","header":{"x5c":["REVS"],"agent":"plimsoll"},"signature":"c2lnbmF0dXJl"}"#), "{text}");
}
