//! DSSE: what is read, and the forgeries that are not.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod common;

use common::{KEY, b64, std64};
use plimsoll_core::Algorithm;
use plimsoll_crypto::{Curve, PrivateKey, provider};
use plimsoll_envelope::{
    Claimed, Critical, DsseDraft, DsseSignature, EnvelopeError, Limits, Opened, Part, Sealed, pae,
};

const TYPE: &str = "application/vnd.in-toto+json";
const DER: Algorithm = Algorithm::EcdsaP256Sha256Der;

fn sign(key: &PrivateKey, input: &[u8]) -> Vec<u8> {
    key.signer(DER).unwrap().sign_now(input).unwrap()
}

fn open<'s>(sealed: &'s Sealed<'_>, index: usize) -> Result<Opened<'s>, EnvelopeError> {
    sealed.open(index, KEY.public_key(), DER, provider(), Critical::Only(&[]))
}

fn read(text: &str) -> Result<Sealed<'_>, EnvelopeError> {
    Sealed::dsse(text.as_bytes(), &Limits::default())
}

fn envelope(payload_type: &str, payload: &str, sig: &str) -> String {
    format!(r#"{{"payloadType":"{payload_type}","payload":"{payload}","signatures":[{{"keyid":"","sig":"{sig}"}}]}}"#)
}

/// The example of protocol.md: SP is one space, lengths are in bytes and decimal.
#[test]
fn the_encoding_is_the_one_of_the_protocol() {
    let encoded = pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    assert_eq!(pae("ä", "ß€".as_bytes()), "DSSEv1 2 ä 5 ß€".as_bytes());
}

#[test]
fn each_signature_is_opened_by_itself() {
    let draft = DsseDraft::new(TYPE, b"{}");
    let other = PrivateKey::generate(Curve::P256).unwrap();
    let (good, foreign) = (sign(&KEY, draft.signing_input()), sign(&other, draft.signing_input()));
    let bytes = draft
        .attach(&[DsseSignature::new(&foreign).with_key_id("a"), DsseSignature::new(&good).with_key_id("b")])
        .unwrap();
    let sealed = Sealed::dsse(&bytes, &Limits::default()).unwrap();
    assert_eq!(sealed.signatures(), 2);
    assert_eq!(open(&sealed, 0).unwrap_err(), EnvelopeError::SignatureInvalid);
    let opened = open(&sealed, 1).unwrap();
    assert_eq!((opened.payload(), opened.content_type()), (&b"{}"[..], Some(TYPE)));
    assert_eq!(opened.unverified().claimed_algorithm(), &Claimed::Unstated);
}

// attack: A-137
#[test]
fn the_type_is_signed_along_and_shifts_no_boundary() {
    for (payload_type, payload) in [(TYPE, "{}"), ("t y 2", "3 x"), ("größe", "€"), ("a 1 b", "")] {
        let sig = std64(&sign(
            &KEY,
            format!("DSSEv1 {} {payload_type} {} {payload}", payload_type.len(), payload.len()).as_bytes(),
        ));
        let text = envelope(payload_type, &std64(payload.as_bytes()), &sig);
        assert_eq!(open(&read(&text).unwrap(), 0).unwrap().payload(), payload.as_bytes());
        let altered = envelope(&format!("{payload_type}x"), &std64(payload.as_bytes()), &sig);
        assert_eq!(open(&read(&altered).unwrap(), 0).unwrap_err(), EnvelopeError::SignatureInvalid);
    }
    // `a` and `1 b` joined another way.
    let sig = std64(&sign(&KEY, &pae("a", b"1 b")));
    assert_eq!(
        open(&read(&envelope("a 1", &std64(b"b"), &sig)).unwrap(), 0).unwrap_err(),
        EnvelopeError::SignatureInvalid
    );
    // Lengths in characters, and with leading zeros.
    for input in ["DSSEv1 5 größe 1 €", "DSSEv1 07 größe 03 €", "größe€"] {
        let sig = std64(&sign(&KEY, input.as_bytes()));
        let text = envelope("größe", &std64("€".as_bytes()), &sig);
        assert_eq!(open(&read(&text).unwrap(), 0).unwrap_err(), EnvelopeError::SignatureInvalid);
    }
}

// attack: A-140
#[test]
fn a_key_identifier_is_a_hint() {
    let draft = DsseDraft::new(TYPE, b"{}");
    let good = sign(&KEY, draft.signing_input());
    let forged = sign(&PrivateKey::generate(Curve::P256).unwrap(), draft.signing_input());
    for (signature, holds) in [(&good, true), (&forged, false)] {
        for key_id in ["", "release", "wrong"] {
            let bytes = draft.attach(&[DsseSignature::new(signature).with_key_id(key_id)]).unwrap();
            let sealed = Sealed::dsse(&bytes, &Limits::default()).unwrap();
            assert_eq!(open(&sealed, 0).is_ok(), holds);
            let hint = sealed.unverified(0).unwrap().key_id_hint().unwrap();
            assert_eq!(hint.as_deref().unwrap_or_default(), key_id.as_bytes());
        }
    }
}

// attack: A-098
#[test]
fn either_alphabet_is_read_and_no_mixture() {
    let payload = b"\xfb\xff\xbe?>~~";
    let signature = sign(&KEY, &pae(TYPE, payload));
    let url = |bytes: &[u8]| base64_simd::URL_SAFE.encode_to_string(bytes);
    assert!(std64(payload).contains('+') && std64(payload).contains('/'));
    for encoded in [std64(payload), url(payload)] {
        for sig in [std64(&signature), url(&signature)] {
            let text = envelope(TYPE, &encoded, &sig);
            assert_eq!(open(&read(&text).unwrap(), 0).unwrap().payload(), payload);
        }
    }
    let wrong = [
        std64(payload).replacen('+', "-", 1),
        b64(payload),
        format!("{}=", std64(payload)),
        format!("{} ", std64(payload)),
        "AB==".to_owned(),
        "A".to_owned(),
        "=".to_owned(),
    ];
    for encoded in wrong {
        let error = read(&envelope(TYPE, &encoded, "AAAA")).unwrap_err();
        assert_eq!(error.to_string(), "`payload` is not padded base64 of one alphabet", "{encoded}");
    }
}

#[test]
fn an_envelope_has_a_type_and_a_signature() {
    let refused = |text: &str| read(text).unwrap_err();
    assert!(matches!(
        refused(r#"{"payloadType":"t","payload":"e30=","signatures":[]}"#),
        EnvelopeError::MalformedMember { name: "signatures", .. }
    ));
    assert!(matches!(
        refused(r#"{"payloadType":"t","payload":"e30="}"#),
        EnvelopeError::MissingMember { name: "signatures", .. }
    ));
    assert!(matches!(
        refused(&envelope("", "e30=", "AAAA")),
        EnvelopeError::MalformedMember { name: "payloadType", .. }
    ));
    assert!(matches!(
        refused(&envelope("t", "e30=", "")),
        EnvelopeError::MalformedMember { name: "sig", part: Part::Signature, .. }
    ));
    let entry = r#"{"sig":"AAAA"}"#;
    let many = format!(r#"{{"payloadType":"t","payload":"e30=","signatures":[{}]}}"#, vec![entry; 33].join(","));
    assert_eq!(refused(&many).to_string(), "more than 32 signatures in an envelope");
}

#[test]
fn certificates_travel_in_a_signature() {
    let draft = DsseDraft::new(TYPE, b"{}");
    let signature = sign(&KEY, draft.signing_input());
    let chain: [&[u8]; 2] = [&[7; 100], b"issuer"];
    let bytes = draft.attach(&[DsseSignature::new(&signature).with_chain(&chain)]).unwrap();
    let sealed = Sealed::dsse(&bytes, &Limits::default()).unwrap();
    let opened = open(&sealed, 0).unwrap();
    assert_eq!(opened.unverified().presented_chain().collect::<Vec<_>>(), chain);
    let with = |cert: &str| envelope(TYPE, "e30=", "AAAA").replace(r#""keyid":"""#, &format!(r#""cert":"{cert}""#));
    let block = r"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(read(&with(&block.repeat(10))).unwrap().unverified(0).unwrap().presented_chain().len(), 10);
    assert_eq!(read(&with(&block.repeat(11))).unwrap_err().to_string(), "more than 10 certificates in a chain");
    for wrong in ["", "AAAA", &block.replace("CERTIFICATE", "PUBLIC KEY"), &format!("{block}x"), &block[..40]] {
        let error = read(&with(wrong)).unwrap_err();
        assert!(
            matches!(error, EnvelopeError::MalformedMember { name: "cert" | "certificate chain", .. }),
            "{wrong}: {error}"
        );
    }
}
