//! Each code of this crate with the exact message of an error that has it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod common;

use common::{PROTECTED, cose_error, header, jws, jws_error};
use plimsoll_core::{Algorithm, Class, Classify, Code};
use plimsoll_envelope::{EnvelopeError, HeaderValue, JwsDraft, Limits, Sealed, code};

fn check(error: &EnvelopeError, code: Code, class: Class, message: &str) -> Code {
    assert_eq!((error.code(), error.class(), error.to_string().as_str()), (code, class, message));
    code
}

#[test]
fn every_code_has_its_message() {
    let (malformed, untrusted) = (Class::Malformed, Class::Untrusted);
    let good = jws(PROTECTED, &header());
    let forged = good.replacen("\"payload\":\"", "\"payload\":\"e30a", 1);
    let unwritable = JwsDraft::new(Algorithm::EcdsaP256Sha256Fixed, &[("x".into(), HeaderValue::Simple(1))], b"");
    let seen = [
        check(
            &jws_error(&jws(r#"{"alg":"PS256"}"#, "{}")),
            code::ALGORITHM_MISMATCH,
            untrusted,
            "expected the algorithm EcdsaP256Sha256Fixed, which the key demands, found RsaPssSha256 in the header",
        ),
        check(
            &jws_error(&good.replacen('{', r#"{"payload":"","#, 1)),
            code::DUPLICATE_MEMBER,
            malformed,
            "`payload` stands twice in the envelope",
        ),
        check(
            &jws_error("[]"),
            code::ENVELOPE_MALFORMED,
            malformed,
            "the envelope is not JSON at line 1, column 1: it is no object",
        ),
        check(
            &jws_error("{\n\"payload\": tru}"),
            code::ENVELOPE_MALFORMED,
            malformed,
            "the envelope is not JSON at line 2, column 15: expected ident",
        ),
        check(
            &cose_error(&[0xd2, 0x84, 0x9f]),
            code::ENVELOPE_MALFORMED,
            malformed,
            "the envelope is no CBOR that an envelope may hold: an indefinite length at byte 2",
        ),
        check(
            &unwritable.unwrap_err(),
            code::ENVELOPE_UNWRITABLE,
            malformed,
            "`x` cannot be written: JSON has no such value",
        ),
        check(
            &jws_error(&good.replacen('{', r#"{"ciphertext":"","#, 1)),
            code::ENVELOPE_UNSUPPORTED_FORM,
            malformed,
            "expected a JWS, found `ciphertext`",
        ),
        check(&jws_error(&forged), code::SIGNATURE_INVALID, untrusted, "the signature does not hold"),
        check(
            &jws_error(&jws(r#"{"alg":"none"}"#, "{}")),
            code::SIGNATURE_ALGORITHM_UNSUPPORTED,
            untrusted,
            "expected one of the algorithms of a public key, found `none` in the header",
        ),
        check(
            &jws_error(&jws(r#"{"alg":"ES256","crit":["new\u001b"],"new\u001b":1}"#, "{}")),
            code::UNKNOWN_CRITICAL,
            untrusted,
            r"the member `new\u{1b}` is critical, and not understood",
        ),
    ];
    for code in code::ALL {
        assert!(seen.contains(code), "no message for {code}");
    }
}

#[test]
fn codes_of_the_seam_are_used_where_they_fit() {
    let mut limits = Limits::default();
    limits.envelope = 1;
    let error = Sealed::dsse(b"{}", &limits).unwrap_err();
    check(&error, plimsoll_core::code::LIMIT_EXCEEDED, Class::Malformed, "more than 1 bytes in an envelope");
    let error = EnvelopeError::UnsupportedBackend { algorithm: Algorithm::Ed25519 };
    check(&error, plimsoll_core::code::NOT_SUPPORTED, Class::Unavailable, "no back end checks Ed25519 with this key");
}
