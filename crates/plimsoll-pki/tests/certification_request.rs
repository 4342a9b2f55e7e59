//! PKCS#10: who asks for a certificate shows that the key is there.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails loudly")]

use plimsoll_core::Classify as _;
use plimsoll_crypto::provider;
use plimsoll_pki::{CertificationRequest, CertificationRequestError, KeyKind, code, issue::CertificationRequestDraft};
use plimsoll_testkit::pki::KeySpec;
use proptest::prelude::*;

const SUBJECT: &str = r"CN=pilot\, first,O=Harbour,ST=WA,C=US";

fn made(spec: KeySpec) -> (Vec<u8>, Vec<u8>) {
    let key = spec.key();
    let signer = key.signer(spec.certificate_algorithm()).unwrap();
    let draft = CertificationRequestDraft::new(SUBJECT, key.public_key(), spec.certificate_algorithm()).unwrap();
    (draft.attach(signer.sign_now(draft.signing_input()).unwrap()).unwrap(), key.public_key_spki_der().to_vec())
}

#[test]
fn what_is_written_is_read_for_each_kind_of_key() {
    for spec in KeySpec::ALL {
        let (der, spki) = made(spec);
        let read = CertificationRequest::verify(&der, provider()).unwrap();
        assert_eq!((read.public_key().spki_der(), read.claimed_subject().to_string()), (&*spki, SUBJECT.to_owned()));
        assert_ne!(read.key(), KeyKind::Ed25519);
    }
}

#[test]
fn a_key_that_signs_for_envelopes_can_ask_too() {
    let key = KeySpec::P384.key();
    let signer = key.envelope_signer().unwrap();
    let runtime = std::pin::pin!(plimsoll_pki::issue::request(SUBJECT, key.public_key(), &signer));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(der) = runtime.poll(&mut context) else { panic!("a local key is ready at once") };
    assert!(CertificationRequest::verify(&der.unwrap(), provider()).is_ok());
}

#[test]
fn malformed_certification_request() {
    let (good, _) = made(KeySpec::P256);
    for der in [&good[..good.len() - 1], b"", b"0\0", &[&*good, &[0]].concat()] {
        let error = CertificationRequest::verify(der, provider()).unwrap_err();
        let message = "expected a PKCS#10 certification request in DER, found bytes that are not one";
        assert_eq!((error.code(), error.to_string().as_str()), (code::MALFORMED_CERTIFICATION_REQUEST, message));
    }
}

#[test]
fn possession_unproven() {
    let (mut der, _) = made(KeySpec::P256);
    let at = der.windows(5).position(|window| window == b"pilot").unwrap();
    der[at] = b'P';
    let error = CertificationRequest::verify(&der, provider()).unwrap_err();
    let message = "the signature of the certification request does not hold under its own key";
    assert_eq!((error.code(), error.to_string().as_str()), (code::POSSESSION_UNPROVEN, message));
}

#[test]
fn a_request_for_the_key_of_another_is_refused() {
    let (der, own) = made(KeySpec::P256);
    let other = KeySpec::P256.key();
    let at = der.windows(own.len()).position(|window| window == own).unwrap();
    let mut swapped = der;
    swapped[at..at + own.len()].copy_from_slice(other.public_key_spki_der());
    assert_eq!(CertificationRequest::verify(&swapped, provider()), Err(CertificationRequestError::Signature));
}

#[test]
fn one_that_is_too_large_is_not_read() {
    let error = CertificationRequest::verify(&vec![0x30; 65_537], provider()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the certification request is too large: more than 65536 bytes in one certification request"
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>()) {
        let _ = CertificationRequest::verify(&bytes, provider());
        let (mut der, _) = made(KeySpec::P256);
        let at = at.index(der.len());
        der[at] ^= 1;
        prop_assert!(CertificationRequest::verify(&der, provider()).is_err());
    }
}
