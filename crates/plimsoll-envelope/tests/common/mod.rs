//! Forgers: envelopes with any bytes inside, validly signed.
#![allow(dead_code, reason = "each test file uses some of these")]
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "only tests call these"
)]

use plimsoll_core::{Algorithm, PublicKey, Sign};
use plimsoll_crypto::{Curve, LocalSigner, PrivateKey, provider};
use plimsoll_envelope::{Critical, EnvelopeError, Limits, Opened, Sealed};
use std::sync::LazyLock;

pub(crate) static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(Curve::P256).unwrap());

pub(crate) fn signer() -> LocalSigner {
    KEY.envelope_signer().unwrap()
}

pub(crate) fn algorithm() -> Algorithm {
    signer().algorithm()
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

pub(crate) fn std64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

pub(crate) const CERTIFICATE: &[u8] = b"a certificate";
pub(crate) const PAYLOAD: &str = r#"{"targetArtifact":{}}"#;
pub(crate) const PROTECTED: &str =
    r#"{"alg":"ES256","crit":["scheme"],"cty":"text/plain","scheme":"notary.x509","time":"2026-11-23T16:08:46Z"}"#;

/// The parts of a flattened JWS, signed.
pub(crate) struct Parts {
    pub(crate) payload: String,
    pub(crate) protected: String,
    pub(crate) header: String,
    pub(crate) signature: String,
}

pub(crate) fn parts(protected: &str, header: &str) -> Parts {
    let (protected, payload) = (b64(protected.as_bytes()), b64(PAYLOAD.as_bytes()));
    let signature = signer().sign_now(format!("{protected}.{payload}").as_bytes()).unwrap();
    Parts { payload, protected, header: header.to_owned(), signature: b64(&signature) }
}

/// A validly signed JWS with this text as protected header and `header` as unprotected one.
pub(crate) fn jws(protected: &str, header: &str) -> String {
    let Parts { payload, protected, header, signature } = parts(protected, header);
    format!(r#"{{"payload":"{payload}","protected":"{protected}","header":{header},"signature":"{signature}"}}"#)
}

pub(crate) fn header() -> String {
    format!(r#"{{"x5c":["{}"],"agent":"test/1"}}"#, std64(CERTIFICATE))
}

pub(crate) fn open<'s>(sealed: &'s Sealed<'_>, known: &[&str]) -> Result<Opened<'s>, EnvelopeError> {
    let key: PublicKey<'s> = PublicKey::from_spki_der(KEY.public_key_spki_der());
    sealed.open(0, key, algorithm(), provider(), Critical::Only(known))
}

/// The error of reading a JWS, or else of opening it with `scheme` understood.
pub(crate) fn jws_error(text: &str) -> EnvelopeError {
    match Sealed::jws_flattened(text.as_bytes(), &Limits::default()) {
        Err(error) => error,
        Ok(sealed) => open(&sealed, &["scheme"]).unwrap_err(),
    }
}

/// CBOR by hand.
pub(crate) mod cbor {
    pub(crate) fn head(major: u8, argument: usize) -> Vec<u8> {
        let argument = u64::try_from(argument).unwrap();
        let major = major << 5;
        match argument {
            0..=23 => vec![major | u8::try_from(argument).unwrap()],
            24..=0xff => vec![major | 24, u8::try_from(argument).unwrap()],
            0x100..=0xffff => [&[major | 25][..], &argument.to_be_bytes()[6..]].concat(),
            _ => [&[major | 26][..], &argument.to_be_bytes()[4..]].concat(),
        }
    }
    pub(crate) fn bytes(content: &[u8]) -> Vec<u8> {
        [head(2, content.len()), content.to_vec()].concat()
    }
    pub(crate) fn text(content: &str) -> Vec<u8> {
        [head(3, content.len()), content.as_bytes().to_vec()].concat()
    }
    pub(crate) fn array(items: &[Vec<u8>]) -> Vec<u8> {
        [head(4, items.len()), items.concat()].concat()
    }
    pub(crate) fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let body: Vec<u8> = entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()].concat()).collect();
        [head(5, entries.len()), body].concat()
    }
    pub(crate) fn tag(number: usize, content: &[u8]) -> Vec<u8> {
        [head(6, number), content.to_vec()].concat()
    }
    pub(crate) fn int(number: i64) -> Vec<u8> {
        let magnitude = usize::try_from(if number < 0 { -1 - number } else { number }).unwrap();
        head(u8::from(number < 0), magnitude)
    }
}

/// The protected header of a good `COSE_Sign1`.
pub(crate) fn cose_protected() -> Vec<(Vec<u8>, Vec<u8>)> {
    use cbor::{array, int, tag, text};
    vec![
        (int(1), int(-7)),
        (int(2), array(&[text("scheme")])),
        (int(3), text("text/plain")),
        (text("scheme"), text("notary.x509")),
        (text("time"), tag(1, &int(1_700_000_000))),
    ]
}

pub(crate) fn cose_unprotected() -> Vec<(Vec<u8>, Vec<u8>)> {
    vec![(cbor::int(33), cbor::array(&[cbor::bytes(CERTIFICATE)])), (cbor::text("agent"), cbor::text("test/1"))]
}

/// The signature over a `Sig_structure` with this context.
pub(crate) fn cose_signature(context: &str, protected: &[u8], external: &[u8], payload: &[u8]) -> Vec<u8> {
    let input =
        cbor::array(&[cbor::text(context), cbor::bytes(protected), cbor::bytes(external), cbor::bytes(payload)]);
    signer().sign_now(&input).unwrap()
}

/// A validly signed `COSE_Sign1` with these bytes as the content of the protected header and as the unprotected one.
pub(crate) fn cose_raw(protected: &[u8], unprotected: &[u8]) -> Vec<u8> {
    let signature = cose_signature("Signature1", protected, b"", PAYLOAD.as_bytes());
    let items =
        [cbor::bytes(protected), unprotected.to_vec(), cbor::bytes(PAYLOAD.as_bytes()), cbor::bytes(&signature)];
    cbor::tag(18, &cbor::array(&items))
}

pub(crate) fn cose(protected: &[(Vec<u8>, Vec<u8>)], unprotected: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    cose_raw(&cbor::map(protected), &cbor::map(unprotected))
}

pub(crate) fn cose_error(bytes: &[u8]) -> EnvelopeError {
    match Sealed::cose_sign1(bytes, &Limits::default()) {
        Err(error) => error,
        Ok(sealed) => open(&sealed, &["scheme"]).unwrap_err(),
    }
}

/// Runs where little stack is left.
pub(crate) fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(512 * 1024).spawn(test).unwrap().join().unwrap();
}
