//! Identity tokens: what proves an identity, and what does not.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

mod common;

use common::{AUDIENCE, Ci, ISSUER, claims, forged, jwk, jws};
use data_encoding::BASE64URL_NOPAD;
use plimsoll_authority::{
    FetchKeySet, FetchedKeys, Identity, Issuer, Issuers, KeySet, KeySetError, KeysError, Limits, TokenError, code,
};
use plimsoll_core::{Algorithm, Classify as _, SignatureAlgorithm, UnixTime, VerifyError};
use plimsoll_crypto::{PrivateKey, provider};
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};
use serde_json::{Value, json};
use std::{
    future::{Future, ready},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

fn issuers(ci: &Ci) -> Issuers {
    Issuers::new([Issuer::new(ISSUER, AUDIENCE, ci.keys())], Limits::default())
}

async fn verify_at(ci: &Ci, token: &str, now: UnixTime) -> Result<Identity, TokenError> {
    issuers(ci).verify(token, now, provider()).await
}

async fn verify(ci: &Ci, token: &str) -> Result<Identity, TokenError> {
    verify_at(ci, token, NOW).await
}

#[tokio::test]
async fn a_good_token_proves_who_asks() {
    let ci = Ci::new();
    let identity = verify(&ci, &ci.token(|claims| claims["n"] = 7.into())).await.unwrap();
    assert_eq!((identity.issuer(), identity.subject()), (ISSUER, claims()["sub"].as_str().unwrap()));
    assert_eq!(identity.claim("ref").as_deref(), Some("v1.2"));
    assert_eq!(identity.claim("n").as_deref(), Some("7"));
    assert_eq!((identity.claim("none"), identity.claim("N")), (None, None));
    assert_eq!(identity.expires(), NOW.saturating_add(3600));
}

/// Counts how often anything is verified.
struct Counting<'a>(&'a dyn SignatureAlgorithm, &'a AtomicUsize);

impl SignatureAlgorithm for Counting<'_> {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
    fn verify(
        &self,
        key: plimsoll_core::PublicKey<'_>,
        message: plimsoll_core::Message<'_>,
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.verify(key, message, signature)
    }
}

// attack: A-103
#[tokio::test]
async fn a_103_a_token_that_needs_no_key_is_refused_before_anything_is_verified() {
    let ci = Ci::new();
    let calls = AtomicUsize::new(0);
    let counting: Vec<_> = provider().algorithms().iter().map(|one| Counting(*one, &calls)).collect();
    let all: Vec<&dyn SignatureAlgorithm> = counting.iter().map(|one| one as _).collect();
    let counted = plimsoll_core::Provider::new(&all);
    let payload = claims().to_string();
    for alg in [r#""none""#, r#""None""#, r#""nOnE""#, r#""""#, r#"["ES256"]"#, "null", r#""ES256 ""#] {
        for signature in [&b""[..], b"x"] {
            let token = forged(&format!(r#"{{"alg":{alg},"kid":"ci-1"}}"#), &payload, signature);
            assert!(issuers(&ci).verify(&token, NOW, counted).await.is_err(), "{alg}");
        }
    }
    let missing = forged(r#"{"kid":"ci-1"}"#, &payload, b"x");
    assert!(issuers(&ci).verify(&missing, NOW, counted).await.is_err());
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    assert!(issuers(&ci).verify(&ci.token(|_| ()), NOW, counted).await.is_ok());
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

// attack: A-104
#[tokio::test]
async fn a_104_a_public_key_is_no_secret_of_an_hmac() {
    let ci = Ci::new();
    for alg in ["HS256", "HS384", "HS512"] {
        let token = forged(&format!(r#"{{"alg":"{alg}","kid":"ci-1"}}"#), &claims().to_string(), &[7; 32]);
        let error = verify(&ci, &token).await.unwrap_err();
        assert_eq!(error.code().name(), "signature-algorithm-unsupported");
    }
    // Nor does a key set bring one.
    let oct = r#"{"keys":[{"kty":"oct","kid":"ci-1","alg":"HS256","k":"AAAA"}]}"#;
    assert_eq!(KeySet::parse(oct.as_bytes(), &Limits::default()), Err(KeySetError::Empty));
}

// attack: A-105
#[tokio::test]
async fn a_105_the_key_decides_about_the_algorithm() {
    let ci = Ci::new();
    for alg in ["ES384", "ES512", "RS256", "PS256", "EdDSA"] {
        let token = forged(&format!(r#"{{"alg":"{alg}","kid":"ci-1"}}"#), &claims().to_string(), &[7; 64]);
        assert_eq!(verify(&ci, &token).await.unwrap_err().code().name(), "algorithm-mismatch", "{alg}");
    }
    // An RSA key that says RS256 checks no PS256.
    let key = KeySpec::Rsa2048.key();
    let token = jws(&key, &[("kid".into(), "r".into())], claims().to_string().as_bytes());
    for (alg, good) in [(json!("PS256"), true), (Value::Null, true), (json!("RS256"), false)] {
        let mut jwk = rsa_jwk(&key, "r");
        if !alg.is_null() {
            jwk["alg"] = alg;
        }
        let keys = KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes(), &Limits::default()).unwrap();
        let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, keys)], Limits::default());
        assert_eq!(issuers.verify(&token, NOW, provider()).await.is_ok(), good);
    }
}

fn rsa_jwk(key: &PrivateKey, kid: &str) -> Value {
    let spki = spki::SubjectPublicKeyInfoRef::try_from(key.public_key_spki_der()).unwrap();
    let bits = spki.subject_public_key.raw_bytes();
    // SEQUENCE { INTEGER 00 || modulus of 256 octets, INTEGER 65537 }
    let at = bits.windows(4).position(|window| window == [0x02, 0x82, 0x01, 0x01]).unwrap() + 5;
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    json!({ "kty": "RSA", "kid": kid, "n": encode(&bits[at..at + 256]), "e": "AQAB" })
}

// attack: A-106
// attack: A-107
// attack: A-108
#[tokio::test]
async fn a_106_what_is_critical_and_not_understood_is_refused_even_when_it_is_signed() {
    let ci = Ci::new();
    let sign = |header: &str| {
        let input = format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(header.as_bytes()),
            BASE64URL_NOPAD.encode(claims().to_string().as_bytes())
        );
        let signature = ci.key.envelope_signer().unwrap().sign_now(input.as_bytes()).unwrap();
        format!("{input}.{}", BASE64URL_NOPAD.encode(&signature))
    };
    assert!(verify(&ci, &sign(r#"{"alg":"ES256","kid":"ci-1"}"#)).await.is_ok());
    for (header, code) in [
        (r#"{"alg":"ES256","kid":"ci-1","crit":["x"],"x":1}"#, "unknown-critical"),
        (r#"{"alg":"ES256","kid":"ci-1","crit":[]}"#, "envelope-malformed"),
        (r#"{"alg":"ES256","kid":"ci-1","crit":"x","x":1}"#, "envelope-malformed"),
        (r#"{"alg":"ES256","kid":"ci-1","crit":["alg"]}"#, "envelope-malformed"),
        (r#"{"alg":"ES256","kid":"ci-1","crit":["x"]}"#, "envelope-malformed"),
        (r#"{"alg":"ES256","kid":"ci-1","crit":["x","x"],"x":1}"#, "envelope-malformed"),
        (r#"{"alg":"ES256","kid":"ci-1","crit":["b64"],"b64":false}"#, "unknown-critical"),
        (r#"{"alg":"ES256","kid":"ci-1","b64":false}"#, "envelope-malformed"),
        (r#"{"alg":"ES256","kid":"ci-1","kid":"ci-1"}"#, "duplicate-member"),
    ] {
        assert_eq!(verify(&ci, &sign(header)).await.unwrap_err().code().name(), code, "{header}");
    }
}

// attack: A-109
#[tokio::test]
async fn a_109_no_key_comes_with_a_token() {
    let (ci, evil) = (Ci::new(), Ci::new());
    let own = jwk(&evil.key, "ci-1").to_string();
    let jwk: Vec<(plimsoll_envelope::Label<'_>, plimsoll_envelope::HeaderValue<'_>)> = vec![
        ("kid".into(), "ci-1".into()),
        ("jku".into(), "https://evil.test/keys".into()),
        ("jwk".into(), own.as_str().into()),
    ];
    let token = jws(&evil.key, &jwk, claims().to_string().as_bytes());
    assert_eq!(verify(&ci, &token).await.unwrap_err().code().name(), "signature-invalid");
    let ca = TestCa::new(KeySpec::P256);
    let x5c = [("kid".into(), "ci-1".into()), ("x5c".into(), plimsoll_envelope::HeaderValue::chain(&ca.chain()))];
    let token = jws(&ca.leaf.key, &x5c, claims().to_string().as_bytes());
    assert_eq!(verify(&ci, &token).await.unwrap_err().code().name(), "signature-invalid");
    // An unknown name, and none where there are several keys.
    let token = jws(&ci.key, &[("kid".into(), "ci-2".into())], claims().to_string().as_bytes());
    assert!(matches!(verify(&ci, &token).await, Err(TokenError::UnknownKey { .. })));
    let nameless = jws(&ci.key, &[], claims().to_string().as_bytes());
    assert!(verify(&ci, &nameless).await.is_ok(), "the one key of a set of one");
    let two = json!({ "keys": [common::jwk(&ci.key, "ci-1"), common::jwk(&evil.key, "ci-2")] }).to_string();
    let two = KeySet::parse(two.as_bytes(), &Limits::default()).unwrap();
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, two)], Limits::default());
    assert!(issuers.verify(&nameless, NOW, provider()).await.is_err());
}

// attack: A-110
// attack: A-111
// attack: A-112
// attack: A-113
#[tokio::test]
async fn a_111_what_is_no_compact_jws_is_refused_within_bounds() {
    let ci = Ci::new();
    let good = ci.token(|_| ());
    let parts: Vec<&str> = good.split('.').collect();
    let json = json!({ "payload": parts[1], "protected": parts[0], "signature": parts[2] }).to_string();
    let general =
        json!({ "payload": parts[1], "signatures": [{ "protected": parts[0], "signature": parts[2] }] }).to_string();
    let jwe = forged(r#"{"alg":"ES256","enc":"A128GCM","kid":"ci-1"}"#, &claims().to_string(), &[7; 64]);
    let zip = forged(r#"{"alg":"ES256","zip":"DEF","kid":"ci-1"}"#, &claims().to_string(), &[7; 64]);
    let pbes = forged(r#"{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"kid":"ci-1"}"#, "{}", &[7; 64]);
    let long = forged(&format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(20_000)), "{}", &[7; 64]);
    let (dots, two, five) = (".".repeat(1_000_000), format!("{}.{}", parts[0], parts[1]), format!("{good}.a.b"));
    let (no_payload, no_header, no_signature) = (
        format!("{}..{}", parts[0], parts[2]),
        format!(".{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
    );
    let padded = format!("{good}=");
    for token in [
        &json,
        &general,
        &jwe,
        &zip,
        &pbes,
        &long,
        &dots,
        &two,
        &five,
        &no_payload,
        &no_header,
        &no_signature,
        &padded,
        &String::new(),
        &format!(" {good}"),
        &format!("{good}\n"),
    ] {
        assert!(verify(&ci, token).await.is_err(), "{}", token.get(..60).unwrap_or(token));
    }
}

// attack: A-114
#[tokio::test]
async fn a_114_the_claims_are_those_that_were_signed() {
    let ci = Ci::new();
    let token = ci.token(|_| ());
    let parts: Vec<&str> = token.split('.').collect();
    let mut evil = claims();
    evil["project_path"] = "evil/app".into();
    let swapped = format!("{}.{}.{}", parts[0], BASE64URL_NOPAD.encode(evil.to_string().as_bytes()), parts[2]);
    assert_eq!(verify(&ci, &swapped).await.unwrap_err().code().name(), "signature-invalid");
    // A claim that stands twice is two claims for two readers.
    let twice = claims().to_string().replacen('{', r#"{"project_path":"evil/app","#, 1);
    let twice = jws(&ci.key, &[("kid".into(), "ci-1".into())], twice.as_bytes());
    assert_eq!(verify(&ci, &twice).await.unwrap_err().code(), code::TOKEN_MALFORMED);
}

#[tokio::test]
async fn issuer_audience_and_subject_are_exact() {
    let ci = Ci::new();
    let code =
        async |edit: &dyn Fn(&mut Value)| verify(&ci, &ci.token(|claims| edit(claims))).await.map_err(|e| e.code());
    for iss in ["https://gitlab.example.com/", "https://gitlab.example.com.evil.test", "HTTPS://gitlab.example.com"] {
        assert_eq!(code(&|claims| claims["iss"] = iss.into()).await.unwrap_err(), code::TOKEN_UNTRUSTED);
    }
    for aud in
        [json!("other"), json!([]), json!(["plimsoll-ca.example.com", "other"]), json!("plimsoll-ca.example.com ")]
    {
        assert_eq!(code(&|claims| claims["aud"] = aud.clone()).await.unwrap_err(), code::TOKEN_UNTRUSTED, "{aud}");
    }
    assert!(code(&|claims| claims["aud"] = json!([AUDIENCE])).await.is_ok());
    for claim in ["iss", "aud", "sub", "exp", "iat"] {
        for value in [Value::Null, json!({}), json!(-1), json!(true)] {
            assert_eq!(
                code(&|claims| claims[claim] = value.clone()).await.unwrap_err(),
                code::TOKEN_MALFORMED,
                "{claim}"
            );
        }
        let gone = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove(claim));
        assert_eq!(code(&gone).await.unwrap_err(), code::TOKEN_MALFORMED);
    }
    assert_eq!(code(&|claims| claims["sub"] = "".into()).await.unwrap_err(), code::TOKEN_MALFORMED);
}

#[tokio::test]
async fn a_token_counts_from_its_first_second_to_its_last_and_a_minute() {
    let ci = Ci::new();
    let token = ci.token(|claims| claims["nbf"] = (NOW.as_secs() + 100).into());
    let at = async |seconds: u64| verify_at(&ci, &token, NOW.saturating_add(seconds)).await.map_err(|e| e.code());
    assert_eq!(at(39).await.unwrap_err(), code::TOKEN_OUT_OF_TIME);
    assert!(at(40).await.is_ok() && at(3659).await.is_ok());
    assert_eq!(at(3660).await.unwrap_err(), code::TOKEN_OUT_OF_TIME);
    let early = ci.token(|claims| claims["iat"] = (NOW.as_secs() + 61).into());
    assert_eq!(verify(&ci, &early).await.unwrap_err().code(), code::TOKEN_OUT_OF_TIME);
    let old = ci.token(|claims| {
        claims["iat"] = (NOW.as_secs() - 25 * 3600).into();
        claims["exp"] = (NOW.as_secs() + 25 * 3600).into();
    });
    assert_eq!(verify(&ci, &old).await.unwrap_err().code(), code::TOKEN_OUT_OF_TIME);
    let vast = ci.token(|claims| claims["exp"] = u64::MAX.into());
    assert_eq!(verify(&ci, &vast).await.unwrap_err().code(), code::TOKEN_MALFORMED);
}

#[tokio::test]
async fn another_type_of_token_is_none_of_identity() {
    let ci = Ci::new();
    for (typ, good) in [("JWT", true), ("jwt", true), ("at+jwt", false), ("plimsoll-possession+jws", false)] {
        let header = [("kid".into(), "ci-1".into()), ("typ".into(), typ.into())];
        assert_eq!(verify(&ci, &jws(&ci.key, &header, claims().to_string().as_bytes())).await.is_ok(), good, "{typ}");
    }
}

#[tokio::test]
async fn the_key_of_one_issuer_signs_for_no_other() {
    let (ci, other) = (Ci::new(), Ci::new());
    let list = [Issuer::new(ISSUER, AUDIENCE, ci.keys()), Issuer::new("https://other.test", AUDIENCE, other.keys())];
    let issuers = Issuers::new(list, Limits::default());
    // The same name of a key at both: the signature decides which.
    assert!(issuers.verify(&ci.token(|_| ()), NOW, provider()).await.is_ok());
    let lie = other.token(|_| ());
    assert!(matches!(issuers.verify(&lie, NOW, provider()).await, Err(TokenError::IssuerMismatch { .. })));
    let honest = other.token(|claims| claims["iss"] = "https://other.test".into());
    assert_eq!(issuers.verify(&honest, NOW, provider()).await.unwrap().issuer(), "https://other.test");
}

#[test]
fn a_key_set_holds_only_good_keys() {
    let parse = |keys: Value| KeySet::parse(json!({ "keys": keys }).to_string().as_bytes(), &Limits::default());
    let key = KeySpec::P256.key();
    let good = jwk(&key, "a");
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed
    };
    assert_eq!(parse(json!([good, with("use", json!("enc"))])).unwrap().keys().len(), 1);
    assert_eq!(parse(json!([good, { "kty": "future" }, with("crv", json!("secp256k1"))])).unwrap().keys().len(), 1);
    assert!(matches!(parse(json!([good, good])), Err(KeySetError::Key { index: 1, .. })));
    let mut short = good["x"].as_str().unwrap().to_owned();
    short.truncate(20);
    for bad in [with("x", json!(short)), with("x", json!("=")), with("alg", json!("ES384")), with("kid", json!(7))] {
        assert!(matches!(parse(json!([bad])), Err(KeySetError::Key { .. })), "{bad}");
    }
    let weak = json!({ "kty": "RSA", "n": BASE64URL_NOPAD.encode(&[0xff; 128]), "e": "AQAB" });
    assert!(matches!(parse(json!([weak])), Err(KeySetError::Key { .. })));
    assert!(matches!(parse(json!(vec![good.clone(); 65])), Err(KeySetError::Limit(_))));
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[],"keys":[]}"#] {
        assert!(KeySet::parse(text.as_bytes(), &Limits::default()).is_err(), "{text}");
    }
    // Private parts are not read: RFC 7517, 4, unknown members are ignored.
    assert!(parse(json!([with("d", json!("AAAA"))])).is_ok());
}

async fn code_of(ci: &Ci, token: &str) -> &'static str {
    match verify(ci, token).await {
        Ok(_) => "accepted",
        Err(error) => error.code().name(),
    }
}

// attack: A-087
// attack: A-114
#[tokio::test]
async fn a_087_no_claim_stands_twice_however_it_is_written_or_how_deep() {
    let ci = Ci::new();
    let good = claims().to_string();
    let sign = |payload: &str| jws(&ci.key, &[("kid".into(), "ci-1".into())], payload.as_bytes());
    for name in ["iss", "sub", "aud", "exp", "iat", "project_path", "ref"] {
        let value = &claims()[name];
        // The same value twice, and once with a letter as an escape.
        let escaped = format!("\\u{:04x}{}", u32::from(name.as_bytes()[0]), &name[1..]);
        for twin in [name, &escaped] {
            let twice = good.replacen('{', &format!(r#"{{"{twin}":{value},"#), 1);
            assert_eq!(code_of(&ci, &sign(&twice)).await, "token-malformed", "{twin}");
        }
    }
    let deep = good.replacen('{', r#"{"x":[{"y":1,"y":2}],"#, 1);
    assert_eq!(code_of(&ci, &sign(&deep)).await, "token-malformed");
}

// attack: A-088
#[tokio::test]
async fn a_088_a_claim_in_other_letters_is_another_claim() {
    let ci = Ci::new();
    for (name, twin) in [("iss", "ISS"), ("aud", "Aud"), ("exp", "EXP"), ("sub", "Sub"), ("iat", "iAt")] {
        let token = ci.token(|claims| {
            let value = claims.as_object_mut().unwrap().remove(name).unwrap();
            claims[twin] = value;
        });
        assert_eq!(code_of(&ci, &token).await, "token-malformed", "{twin}");
        // Beside the true one it changes nothing.
        let both = ci.token(|claims| claims[twin] = "evil".into());
        assert_eq!(verify(&ci, &both).await.unwrap().issuer(), ISSUER);
    }
}

// attack: A-089
// attack: A-095
#[tokio::test]
async fn a_089_claims_without_end_or_bottom_are_refused() {
    let ci = Ci::new();
    let mut limits = Limits::default();
    limits.token_bytes = 4 << 20;
    let open = Issuers::new([Issuer::new(ISSUER, AUDIENCE, ci.keys())], limits);
    let good = claims().to_string();
    for more in [
        format!(r#"{{"x":{}{},"#, "[".repeat(100_000), "]".repeat(100_000)),
        format!(r#"{{"x":{}1{},"#, r#"{"a":"#.repeat(100_000), "}".repeat(100_000)),
        format!("{{{}", (0..100_000).map(|n| format!(r#""n{n}":{n},"#)).collect::<String>()),
    ] {
        let payload = good.replacen('{', &more, 1);
        let token = jws(&ci.key, &[("kid".into(), "ci-1".into())], payload.as_bytes());
        let error = open.verify(&token, NOW, provider()).await.unwrap_err();
        assert_eq!(error.code(), code::TOKEN_MALFORMED, "{error}");
        // With the limits that are usual, it is not read at all.
        assert!(verify(&ci, &token).await.is_err());
    }
}

// attack: A-090
// attack: A-093
// attack: A-094
#[tokio::test]
async fn a_094_a_claim_of_the_wrong_type_is_no_claim_that_is_absent() {
    let ci = Ci::new();
    let now = NOW.as_secs();
    for name in ["exp", "iat", "nbf"] {
        for value in [
            "null",
            "true",
            "\"1780272000\"",
            "-1",
            "1.78e9",
            "1780272000.0",
            "1e400",
            "18446744073709551616",
            "[1]",
            "{}",
            "-0",
        ] {
            let mut good = claims();
            good[name] = json!("HERE");
            let payload = good.to_string().replacen("\"HERE\"", value, 1);
            let token = jws(&ci.key, &[("kid".into(), "ci-1".into())], payload.as_bytes());
            assert_eq!(code_of(&ci, &token).await, "token-malformed", "{name}: {value}");
        }
    }
    for (name, value) in [
        ("iss", json!(["x", ISSUER])),
        ("sub", json!(7)),
        ("aud", json!({ AUDIENCE: 1 })),
        ("aud", json!([AUDIENCE, 7])),
    ] {
        assert_eq!(code_of(&ci, &ci.token(|claims| claims[name] = value.clone())).await, "token-malformed", "{name}");
    }
    // A token that ends before it begins is none.
    for edit in [("exp", now), ("exp", now - 1), ("nbf", now + 3600)] {
        assert_eq!(
            code_of(&ci, &ci.token(|claims| claims[edit.0] = edit.1.into())).await,
            "token-malformed",
            "{edit:?}"
        );
    }
}

// attack: A-091
// attack: A-092
#[tokio::test]
async fn a_091_claims_that_are_no_clean_json_are_refused() {
    let ci = Ci::new();
    let good = claims().to_string();
    let sign = |payload: &[u8]| jws(&ci.key, &[("kid".into(), "ci-1".into())], payload);
    let replaced = |to: &[u8]| {
        let at = good.find("harbour/pilot").unwrap();
        [&good.as_bytes()[..at], to, &good.as_bytes()[at + 13..]].concat()
    };
    for bad in [
        replaced(b"\xff"),
        replaced(b"\xc0\xaf"),
        replaced(b"\xed\xa0\x80"),
        replaced(br"\ud800"),
        replaced(b"a\nb"),
        replaced(b"\0"),
        [b"\xef\xbb\xbf".as_slice(), good.as_bytes()].concat(),
        [good.as_bytes(), b"{}"].concat(),
        [good.as_bytes(), b"\0"].concat(),
        format!("[{good}]").into_bytes(),
        Vec::new(),
        b"null".to_vec(),
    ] {
        assert!(verify(&ci, &sign(&bad)).await.is_err(), "{}", String::from_utf8_lossy(&bad));
    }
    // Around it, white space is nothing.
    assert!(verify(&ci, &sign(format!(" {good}\n").as_bytes())).await.is_ok());
}

// attack: A-098
#[tokio::test]
async fn a_098_base64_has_one_alphabet_and_one_spelling() {
    let ci = Ci::new();
    let token = ci.token(|claims| claims["x"] = "?>?>".into());
    let parts: Vec<&str> = token.split('.').collect();
    for part in 0..3 {
        let with = |text: String| {
            let mut all: Vec<String> = parts.iter().map(ToString::to_string).collect();
            all[part] = text;
            all.join(".")
        };
        let own = parts[part];
        for bad in [
            format!("{own}="),
            format!("{own}=="),
            format!(" {own}"),
            format!("{own}\n"),
            format!("{}%{}", &own[..4], &own[4..]),
            own.replace('-', "+").replace('_', "/") + "+",
        ] {
            assert!(verify(&ci, &with(bad.clone())).await.is_err(), "{bad}");
        }
        // Bits behind the last octet: another text for the same bytes.
        let last = own.chars().last().unwrap();
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let at = alphabet.find(last).unwrap();
        let twin = alphabet.chars().nth(at ^ 1).unwrap();
        if !own.len().is_multiple_of(4) {
            assert!(verify(&ci, &with(format!("{}{twin}", &own[..own.len() - 1]))).await.is_err());
        }
    }
    assert!(verify(&ci, &token).await.is_ok());
}

// attack: A-115
#[tokio::test]
async fn a_115_of_two_faults_the_signature_is_named() {
    let ci = Ci::new();
    let mut forged = ci.token(|claims| {
        claims["exp"] = (NOW.as_secs() - 7200).into();
        claims["iat"] = (NOW.as_secs() - 9000).into();
        claims["nbf"] = (NOW.as_secs() - 9000).into();
        claims["aud"] = "other".into();
    });
    assert_eq!(code_of(&ci, &forged).await, "token-untrusted");
    forged.replace_range(forged.len() - 8..forged.len() - 7, "A");
    forged.replace_range(forged.len() - 7..forged.len() - 6, "B");
    assert_eq!(code_of(&ci, &forged).await, "signature-invalid");
}

// attack: A-109
#[tokio::test]
async fn a_109_no_name_and_no_address_of_a_key_makes_the_service_do_anything() {
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/keys", canary.local_addr().unwrap());
    let (ci, evil) = (Ci::new(), Ci::new());
    let script = Scripted(Arc::new(Mutex::new(Some(ci.jwks()))), Arc::default());
    let keys = FetchedKeys::new(script.clone(), Limits::default());
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, keys)], Limits::default());
    let payload = claims().to_string();
    let sign = |header: &Value| {
        let input = format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(header.to_string().as_bytes()),
            BASE64URL_NOPAD.encode(payload.as_bytes())
        );
        let signature = evil.key.envelope_signer().unwrap().sign_now(input.as_bytes()).unwrap();
        format!("{input}.{}", BASE64URL_NOPAD.encode(&signature))
    };
    let names = [
        "ci-1",
        "",
        "../../etc/passwd",
        "' OR 1=1 --",
        "ci-1\0",
        "CI-1",
        "ci-1 ",
        "\u{202e}1-ic",
        "/dev/null",
        &address,
        &"k".repeat(5000),
    ];
    for kid in names {
        for key in ["jku", "x5u", "jwk", "x5t", "x5t#S256"] {
            let mut header = json!({ "alg": "ES256", "kid": kid });
            header[key] = if key == "jwk" { jwk(&evil.key, kid) } else { address.as_str().into() };
            assert!(issuers.verify(&sign(&header), NOW, provider()).await.is_err(), "{kid} {key}");
        }
    }
    for kid in [json!(1), json!(["ci-1"]), json!({ "kid": "ci-1" }), Value::Null] {
        let error = issuers.verify(&sign(&json!({ "alg": "ES256", "kid": kid })), NOW, provider()).await.unwrap_err();
        assert_ne!(error.code(), code::TOKEN_UNTRUSTED, "{kid}: it is malformed, not unknown");
    }
    // Of the issuer's keys one question was asked, and one more because of all the names that are not there.
    assert!(script.1.load(Ordering::SeqCst) <= 2);
    assert!(issuers.verify(&ci.token(|_| ()), NOW, provider()).await.is_ok());
    // And nobody came to where the headers point.
    assert!(tokio::time::timeout(Duration::from_millis(20), canary.accept()).await.is_err());
}

// attack: A-148
// attack: A-149
// attack: A-154
#[tokio::test]
async fn a_149_a_signature_has_one_form_and_numbers_that_can_be() {
    let ci = Ci::new();
    let good = ci.token(|_| ());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let (r, s) = bytes.split_at(32);
    let integer = |number: &[u8]| {
        let mut out = vec![0x02, 33, 0];
        out.extend(number);
        out
    };
    let der = [vec![0x30, 70], integer(r), integer(s)].concat();
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    for bad in [
        der,
        vec![0; 64],
        [&[0; 32], s].concat(),
        [r, &[0; 32]].concat(),
        [&ORDER, s].concat(),
        [r, &ORDER].concat(),
        [s, r].concat(),
        [r, s, &[0]].concat(),
        [&[0], r, s].concat(),
        bytes[..63].to_vec(),
        Vec::new(),
    ] {
        assert!(verify(&ci, &format!("{signed}.{}", BASE64URL_NOPAD.encode(&bad))).await.is_err(), "{bad:?}");
    }
    // A key that is no point of its curve checks nothing.
    let mut off = jwk(&ci.key, "ci-1");
    off["y"] = off["x"].clone();
    if let Ok(keys) = KeySet::parse(json!({ "keys": [off] }).to_string().as_bytes(), &Limits::default()) {
        let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, keys)], Limits::default());
        assert!(issuers.verify(&good, NOW, provider()).await.is_err());
    }
}

/// An issuer that answers what a test says, and counts.
#[derive(Clone)]
struct Scripted(Arc<Mutex<Option<String>>>, Arc<AtomicUsize>);

impl FetchKeySet for Scripted {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, KeysError>> + Send + '_>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let answer = self.0.lock().unwrap().clone().map(String::into_bytes);
        Box::pin(ready(answer.ok_or(KeysError::Unavailable { reason: "no answer".into() })))
    }
}

#[tokio::test]
async fn fetched_keys_are_kept_for_a_while_and_no_longer() {
    let ci = Ci::new();
    let script = Scripted(Arc::new(Mutex::new(Some(ci.jwks()))), Arc::default());
    let keys = FetchedKeys::new(script.clone(), Limits::default());
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, keys)], Limits::default());
    let asked = || script.1.load(Ordering::SeqCst);
    let at = async |seconds: u64| issuers.verify(&ci.token(|_| ()), NOW.saturating_add(seconds), provider()).await;
    assert!(at(0).await.is_ok() && at(599).await.is_ok());
    assert_eq!(asked(), 1);
    // A name that is not there: asked again, but not for each made-up name.
    let made_up = async |kid: &str, seconds: u64| {
        let token = jws(&ci.key, &[("kid".into(), kid.into())], claims().to_string().as_bytes());
        issuers.verify(&token, NOW.saturating_add(seconds), provider()).await
    };
    for kid in ["x", "y", "z"] {
        assert!(made_up(kid, 599).await.is_err());
    }
    assert_eq!(asked(), 2);
    // The issuer is away: the keys serve on for an hour after they came, and not longer.
    *script.0.lock().unwrap() = None;
    assert!(at(1300).await.is_ok());
    assert_eq!(asked(), 3);
    let late = ci.token(|claims| claims["exp"] = (NOW.as_secs() + 20_000).into());
    let error = issuers.verify(&late, NOW.saturating_add(599 + 3600), provider()).await.unwrap_err();
    assert_eq!(error.code(), code::TOKEN_KEYS_UNAVAILABLE);
    // A key that was taken back counts no more once the issuer says so.
    *script.0.lock().unwrap() = Some(Ci::new().jwks());
    let error = issuers.verify(&late, NOW.saturating_add(599 + 3700), provider()).await.unwrap_err();
    assert_eq!(error.code().name(), "signature-invalid");
}

/// An issuer that answers when a test lets it, and counts.
struct Slow(Arc<Notify>, String, Arc<AtomicUsize>);

impl FetchKeySet for Slow {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, KeysError>> + Send + '_>> {
        self.2.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            self.0.notified().await;
            Ok(self.1.clone().into_bytes())
        })
    }
}

#[tokio::test]
async fn who_hangs_up_does_not_keep_the_keys_from_others() {
    let ci = Ci::new();
    let (answer, asked) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let slow = Slow(answer.clone(), ci.jwks(), asked.clone());
    let keys = FetchedKeys::new(slow, Limits::default());
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, keys)], Limits::default());
    // Nobody who may ask: any bytes of the right form make the issuer be asked.
    let stray = jws(&ci.key, &[("kid".into(), "x".into())], b"{}");
    let hung_up = tokio::time::timeout(Duration::from_millis(20), issuers.verify(&stray, NOW, provider())).await;
    assert!(hung_up.is_err());
    answer.notify_one();
    assert!(issuers.verify(&ci.token(|_| ()), NOW, provider()).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// An issuer that takes the question, and never answers.
struct Silent(Arc<AtomicUsize>);

impl FetchKeySet for Silent {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, KeysError>> + Send + '_>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::pending())
    }
}

// attack: A-032
#[tokio::test]
async fn a_032_an_issuer_that_never_answers_is_unavailable_after_the_deadline() {
    let ci = Ci::new();
    let mut limits = Limits::default();
    limits.key_set_time = Duration::from_millis(10);
    let asked = Arc::new(AtomicUsize::new(0));
    let keys = FetchedKeys::new(Silent(asked.clone()), limits.clone());
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, keys)], limits);
    for _ in 0..3 {
        let error = issuers.verify(&ci.token(|_| ()), NOW, provider()).await.unwrap_err();
        assert_eq!(error.code(), code::TOKEN_KEYS_UNAVAILABLE, "{error}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "and is not asked again at once");
}

#[tokio::test]
async fn who_has_a_known_key_does_not_wait_for_somebody_elses_question() {
    let ci = Ci::new();
    let (answer, asked) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let keys = FetchedKeys::new(Slow(answer.clone(), ci.jwks(), asked.clone()), Limits::default());
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, keys)], Limits::default());
    answer.notify_one();
    assert!(issuers.verify(&ci.token(|_| ()), NOW, provider()).await.is_ok());
    // A made-up name has the issuer asked again, which now takes its time.
    let later = NOW.saturating_add(700);
    let stray = jws(&ci.key, &[("kid".into(), "x".into())], b"{}");
    let mut stranger = Box::pin(issuers.verify(&stray, later, provider()));
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut stranger).await.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(issuers.verify(&ci.token(|_| ()), later, provider()).await.is_ok());
    answer.notify_one();
    assert!(matches!(stranger.await, Err(TokenError::UnknownKey { .. })));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}
