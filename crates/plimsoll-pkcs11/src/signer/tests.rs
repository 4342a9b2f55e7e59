//! Tokens that answer wrongly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

use super::*;
use cryptoki::mechanism::MechanismType;
use plimsoll_crypto::{Curve, PrivateKey, provider};

const ALL: &[MechanismType] = &[
    MechanismType::ECDSA,
    MechanismType::RSA_PKCS_PSS,
    MechanismType::SHA256_RSA_PKCS_PSS,
    MechanismType::SHA256_RSA_PKCS,
];
const ES256: Algorithm = Algorithm::EcdsaP256Sha256Fixed;

/// A token that answers as it likes.
struct Forged<F>(F);

impl<F: FnMut(&[u8]) -> Result<Vec<u8>, Pkcs11Error> + Send + 'static> RawSign for Forged<F> {
    fn sign(&mut self, _: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        (self.0)(data)
    }
}

fn forged(
    algorithm: Algorithm,
    key: &PrivateKey,
    answer: impl FnMut(&[u8]) -> Result<Vec<u8>, Pkcs11Error> + Send + 'static,
) -> TokenSigner {
    let plan = Plan::of(algorithm, ALL).unwrap();
    TokenSigner::start(plan, Forged(answer), key.public_key_spki_der().to_vec(), provider()).unwrap()
}

const SOON: Duration = Duration::from_secs(60);

/// A signature over `cargo`, whatever the token was given.
fn honest(key: &PrivateKey, algorithm: Algorithm) -> Vec<u8> {
    key.signer(algorithm).unwrap().sign_now(b"cargo").unwrap()
}

#[test]
fn an_honest_token_is_believed_and_only_about_what_was_signed() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let signature = honest(&key, ES256);
    let answer = signature.clone();
    let signer = forged(ES256, &key, move |digest| {
        assert_eq!(digest.len(), 32, "the hash goes to the token, not the message");
        Ok(answer.clone())
    });
    assert_eq!(signer.sign_within(b"cargo", SOON), Ok(signature));
    assert_eq!(signer.sign_within(b"ballast", SOON), Err(Pkcs11Error::SignatureInvalid));
}

#[test]
fn a_signature_by_another_key_is_refused() {
    let (key, other) = (PrivateKey::generate(Curve::P256).unwrap(), PrivateKey::generate(Curve::P256).unwrap());
    let answer = honest(&other, ES256);
    let signer = forged(ES256, &key, move |_| Ok(answer.clone()));
    assert_eq!(signer.sign_within(b"cargo", SOON), Err(Pkcs11Error::SignatureInvalid));
}

// attack: A-134
#[test]
fn a_signature_in_another_form_is_refused() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let fixed = honest(&key, ES256);
    let der = honest(&key, Algorithm::EcdsaP256Sha256Der);
    let answers = [der.clone(), [fixed.clone(), vec![0]].concat(), fixed[..63].to_vec(), Vec::new()];
    for answer in answers {
        let signer = forged(ES256, &key, move |_| Ok(answer.clone()));
        assert_eq!(signer.sign_within(b"cargo", SOON), Err(Pkcs11Error::SignatureInvalid));
    }
    // Asked for DER, the same halves come out as DER.
    let answer = fixed.clone();
    let signer = forged(Algorithm::EcdsaP256Sha256Der, &key, move |_| Ok(answer.clone()));
    let signature = signer.sign_within(b"cargo", SOON).unwrap();
    assert_eq!(signature[0], 0x30);
    let signer = forged(Algorithm::EcdsaP256Sha256Der, &key, move |_| Ok(der.clone()));
    assert_eq!(signer.sign_within(b"cargo", SOON), Err(Pkcs11Error::SignatureInvalid));
}

#[test]
fn a_failure_of_the_token_is_handed_on() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let failed = || Pkcs11Error::Failed { function: "C_Sign", what: Escaped::new("CKR_DEVICE_REMOVED") };
    let signer = forged(ES256, &key, move |_| Err(failed()));
    assert_eq!(signer.sign_within(b"cargo", SOON), Err(failed()));
}

#[test]
fn a_token_that_hangs_holds_up_nobody() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let (release, hung) = channel::<()>();
    let signer = forged(ES256, &key, move |_| {
        let _ = hung.recv();
        Ok(Vec::new())
    });
    let late = signer.sign_within(b"cargo", Duration::ZERO);
    assert_eq!(late, Err(Pkcs11Error::TimedOut { seconds: 0 }));
    drop(release);
}

/// A module that is at work while the program ends can take it down: SoftHSM does.
#[test]
fn the_session_is_closed_before_the_signer_is_gone() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    for _ in 0..100 {
        let session = Arc::new(());
        let held = Arc::clone(&session);
        let signer = forged(ES256, &key, move |_| {
            let _ = &held;
            Ok(Vec::new())
        });
        assert!(signer.sign_within(b"cargo", SOON).is_err());
        drop(signer);
        assert_eq!(Arc::strong_count(&session), 1);
    }
}

#[test]
fn a_signature_that_nobody_waits_for_is_not_made() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let (release, hung) = channel::<()>();
    let (report, made) = channel();
    let signer = forged(ES256, &key, move |data| {
        report.send(data.to_vec()).unwrap();
        let _ = hung.recv();
        Ok(Vec::new())
    });
    let digest = |text: &[u8]| plimsoll_envelope::signing_digest(ES256, text).unwrap();
    let mut first = pin!(signer.sign(b"first"));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(made.recv(), Ok(digest(b"first")));
    {
        // Asked for while the token is busy, and given up.
        let mut second = pin!(signer.sign(b"second"));
        assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    drop(release);
    assert_eq!(signer.sign_within(b"third", SOON), Err(Pkcs11Error::SignatureInvalid));
    let digests: Vec<Vec<u8>> = made.try_iter().collect();
    assert_eq!(digests, [digest(b"third")]);
}

#[test]
fn the_mechanism_follows_the_algorithm_and_the_token() {
    let plan = |algorithm, offered| Plan::of(algorithm, offered).map(|plan| plan.mechanism().mechanism_type());
    let pss = Algorithm::RsaPssSha256;
    assert_eq!(plan(pss, ALL), Ok(MechanismType::RSA_PKCS_PSS));
    assert_eq!(plan(pss, &[MechanismType::SHA256_RSA_PKCS_PSS]), Ok(MechanismType::SHA256_RSA_PKCS_PSS));
    assert_eq!(plan(pss, &[MechanismType::SHA512_RSA_PKCS_PSS]), Err(Pkcs11Error::MechanismMissing { algorithm: pss }));
    assert_eq!(plan(Algorithm::RsaPkcs1Sha256, ALL), Ok(MechanismType::SHA256_RSA_PKCS));
    assert_eq!(plan(ES256, ALL), Ok(MechanismType::ECDSA));
    for algorithm in [Algorithm::Ed25519, Algorithm::MlDsa65] {
        assert_eq!(plan(algorithm, ALL), Err(Pkcs11Error::MechanismMissing { algorithm }));
    }
    // The hash is the token's to make where it takes the message.
    let whole = Plan::of(pss, &[MechanismType::SHA256_RSA_PKCS_PSS]).unwrap();
    assert_eq!(&*whole.data(b"cargo"), b"cargo");
    assert_eq!(Plan::of(pss, ALL).unwrap().data(b"cargo").len(), 32);
}
