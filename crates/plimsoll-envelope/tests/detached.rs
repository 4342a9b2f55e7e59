//! Payloads that stand elsewhere, external data, and what is signed as a digest.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod common;

use common::{PAYLOAD, PROTECTED, algorithm, cose, cose_protected, header, jws, open, signer};
use plimsoll_core::Algorithm;
use plimsoll_envelope::{Claimed, CoseDraft, EnvelopeError, HashFunction, JwsDraft, Limits, Sealed};

const CARGO: &[u8] = b"cargo";

fn limits() -> Limits {
    Limits::default()
}

// attack: A-129
#[test]
fn a_detached_payload_comes_only_through_its_own_reader() {
    let draft = CoseDraft::new(algorithm(), &[], CARGO).unwrap();
    let signature = signer().sign_now(draft.signing_input()).unwrap();
    let (inside, outside) = (draft.attach(&signature, &[]).unwrap(), draft.attach_detached(&signature, &[]).unwrap());
    assert_eq!(Sealed::cose_sign1(&outside, &limits()).unwrap_err(), EnvelopeError::MissingPayload);
    let sealed = Sealed::cose_sign1_detached(&outside, CARGO, b"", &limits()).unwrap();
    assert_eq!(open(&sealed, &[]).unwrap().payload(), CARGO);
    let other = Sealed::cose_sign1_detached(&outside, b"ballast", b"", &limits()).unwrap();
    assert_eq!(open(&other, &[]).unwrap_err(), EnvelopeError::SignatureInvalid);
    let empty = Sealed::cose_sign1_detached(&outside, b"", b"", &limits()).unwrap_err();
    assert_eq!(empty, EnvelopeError::MissingPayload);
    let both = Sealed::cose_sign1_detached(&inside, CARGO, b"", &limits()).unwrap_err();
    assert_eq!(both.to_string(), "expected a detached payload, found `payload`");
}

// attack: A-129
#[test]
fn a_detached_jws_comes_only_through_its_own_readers() {
    let draft = JwsDraft::new(algorithm(), &[], CARGO).unwrap();
    let signature = signer().sign_now(draft.signing_input()).unwrap();
    let (inside, outside) = (draft.attach(&signature, &[]).unwrap(), draft.attach_detached(&signature, &[]).unwrap());
    let missing = Sealed::jws_flattened(&outside, &limits()).unwrap_err();
    assert_eq!(missing.to_string(), "expected `payload` in the envelope, found none");
    let sealed = Sealed::jws_flattened_detached(&outside, CARGO, &limits()).unwrap();
    assert_eq!(open(&sealed, &[]).unwrap().payload(), CARGO);
    let other = Sealed::jws_flattened_detached(&outside, b"ballast", &limits()).unwrap();
    assert_eq!(open(&other, &[]).unwrap_err(), EnvelopeError::SignatureInvalid);
    assert_eq!(Sealed::jws_flattened_detached(&outside, b"", &limits()).unwrap_err(), EnvelopeError::MissingPayload);
    let compact = draft.attach_compact(&signature);
    let [protected, payload, rest] = compact.split('.').collect::<Vec<_>>().try_into().unwrap();
    let detached = format!("{protected}..{rest}");
    let sealed = Sealed::jws_compact_detached(detached.as_bytes(), CARGO, &limits()).unwrap();
    assert_eq!(open(&sealed, &[]).unwrap().payload(), CARGO);
    assert_eq!(Sealed::jws_compact(detached.as_bytes(), &limits()).unwrap_err(), EnvelopeError::MissingPayload);
    for refused in [
        Sealed::jws_flattened_detached(&inside, CARGO, &limits()),
        Sealed::jws_compact_detached(compact.as_bytes(), CARGO, &limits()),
    ] {
        assert_eq!(refused.unwrap_err().to_string(), "expected a detached payload, found `payload`");
    }
    assert!(!payload.is_empty());
}

#[test]
fn a_detached_payload_has_the_limit_of_an_envelope() {
    let mut limits = Limits::default();
    limits.envelope = 200;
    let long = [7; 201];
    for refused in [
        Sealed::jws_flattened_detached(b"{}", &long, &limits),
        Sealed::jws_compact_detached(b"..", &long, &limits),
        Sealed::cose_sign1_detached(b"", &long, b"", &limits),
    ] {
        assert_eq!(refused.unwrap_err().to_string(), "more than 200 bytes in an envelope");
    }
}

#[test]
fn external_data_is_signed_and_not_sent() {
    let draft = CoseDraft::with_external_aad(algorithm(), &[], CARGO, b"berth 7").unwrap();
    let signature = signer().sign_now(draft.signing_input()).unwrap();
    let envelope = draft.attach(&signature, &[]).unwrap();
    assert!(!envelope.windows(7).any(|window| window == b"berth 7"));
    let sealed = Sealed::cose_sign1_with_external_aad(&envelope, b"berth 7", &limits()).unwrap();
    assert_eq!(open(&sealed, &[]).unwrap().payload(), CARGO);
    for other in [&b""[..], b"berth 8"] {
        let sealed = Sealed::cose_sign1_with_external_aad(&envelope, other, &limits()).unwrap();
        assert_eq!(open(&sealed, &[]).unwrap_err(), EnvelopeError::SignatureInvalid);
    }
}

#[test]
fn a_digest_is_that_of_the_signing_input() {
    let digests = [
        (Algorithm::EcdsaP256Sha256Fixed, HashFunction::Sha256, 32),
        (Algorithm::EcdsaP384Sha384Fixed, HashFunction::Sha384, 48),
        (Algorithm::EcdsaP521Sha512Fixed, HashFunction::Sha512, 64),
        (Algorithm::RsaPssSha256, HashFunction::Sha256, 32),
        (Algorithm::RsaPssSha384, HashFunction::Sha384, 48),
        (Algorithm::RsaPssSha512, HashFunction::Sha512, 64),
    ];
    for (algorithm, function, length) in digests {
        let jws = JwsDraft::new(algorithm, &[], CARGO).unwrap();
        let digest = jws.signing_digest().unwrap();
        assert_eq!((digest.len(), &digest), (length, &function.digest(jws.signing_input())));
        let cose = CoseDraft::new(algorithm, &[], CARGO).unwrap();
        assert_eq!(cose.signing_digest().unwrap(), function.digest(cose.signing_input()));
    }
    // FIPS 180-4, the message `abc`.
    assert_eq!(HashFunction::Sha384.digest(b"abc")[..4], [0xcb, 0x00, 0x75, 0x3f]);
    for algorithm in [Algorithm::Ed25519, Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87] {
        assert_eq!(JwsDraft::new(algorithm, &[], CARGO).unwrap().signing_digest(), None);
    }
}

#[test]
fn ml_dsa_has_its_registered_names() {
    let names = [
        (Algorithm::MlDsa44, "ML-DSA-44", [0x38, 47]),
        (Algorithm::MlDsa65, "ML-DSA-65", [0x38, 48]),
        (Algorithm::MlDsa87, "ML-DSA-87", [0x38, 49]),
    ];
    for (algorithm, name, number) in names {
        assert_eq!(plimsoll_envelope::algorithm_name(algorithm), Some(name));
        let text = jws(&format!(r#"{{"alg":"{name}"}}"#), "{}");
        let sealed = Sealed::jws_flattened(text.as_bytes(), &limits()).unwrap();
        assert_eq!(sealed.unverified(0).unwrap().claimed_algorithm(), &Claimed::Known(algorithm));
        let mut entries = cose_protected();
        entries[0].1 = number.to_vec();
        let bytes = cose(&entries, &[]);
        let sealed = Sealed::cose_sign1(&bytes, &limits()).unwrap();
        assert_eq!(sealed.unverified(0).unwrap().claimed_algorithm(), &Claimed::Known(algorithm));
        // The key decides, not the header.
        assert!(matches!(open(&sealed, &["scheme"]), Err(EnvelopeError::AlgorithmMismatch { .. })));
    }
    for unknown in ["ML-DSA", "ml-dsa-44", "MLDSA44", "ML-DSA-65-HASH"] {
        let error = common::jws_error(&jws(&format!(r#"{{"alg":"{unknown}"}}"#), "{}"));
        assert!(matches!(error, EnvelopeError::UnsupportedAlgorithm { .. }));
    }
    let text = jws(PROTECTED, &header());
    assert_eq!(
        open(&Sealed::jws_flattened(text.as_bytes(), &limits()).unwrap(), &["scheme"]).unwrap().payload(),
        PAYLOAD.as_bytes()
    );
}
