//! ML-DSA: keys, signatures, and their encodings.
#![cfg(feature = "ml-dsa")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

use plimsoll_core::{Algorithm, Message, PublicKey, VerifyError};
use plimsoll_crypto::{Curve, KeyError, KeyKind, ParameterSet, PrivateKey, SignError, provider};
use plimsoll_testkit::contract::{SignedSample, signature_algorithm};
use proptest::prelude::*;

const MESSAGE: &[u8] = b"the bill of lading";
const SETS: [(ParameterSet, KeyKind, Algorithm, usize, usize); 3] = [
    (ParameterSet::MlDsa44, KeyKind::MlDsa44, Algorithm::MlDsa44, 1312, 2420),
    (ParameterSet::MlDsa65, KeyKind::MlDsa65, Algorithm::MlDsa65, 1952, 3309),
    (ParameterSet::MlDsa87, KeyKind::MlDsa87, Algorithm::MlDsa87, 2592, 4627),
];

#[test]
fn each_parameter_set_signs_what_holds_and_nothing_else() {
    for (set, kind, algorithm, key_length, length) in SETS {
        let key = PrivateKey::generate_ml_dsa(set).unwrap();
        let other = PrivateKey::generate_ml_dsa(set).unwrap();
        let spki = key.public_key_spki_der();
        assert_eq!((key.kind(), spki.len()), (kind, key_length + 22));
        assert_eq!(KeyKind::of(key.public_key()), Ok(kind));
        let signature = key.signer(algorithm).unwrap().sign_now(MESSAGE).unwrap();
        assert_eq!(signature.len(), length);
        for provider in back_ends() {
            let check = |spki: &[u8], parts: &[&[u8]], signature: &[u8]| {
                provider.verify(algorithm, PublicKey::from_spki_der(spki), Message::Parts(parts), signature)
            };
            let bad = Err(VerifyError::BadSignature);
            assert_eq!(check(spki, &[MESSAGE], &signature), Ok(()));
            assert_eq!(check(spki, &[&MESSAGE[..3], &[], &MESSAGE[3..]], &signature), Ok(()));
            assert_eq!(check(spki, &[MESSAGE, b"x"], &signature), bad);
            assert_eq!(check(other.public_key_spki_der(), &[MESSAGE], &signature), bad);
            assert_eq!(check(spki, &[MESSAGE], &signature[1..]), bad);
            for at in (0..length).step_by(61) {
                let mut changed = signature.clone();
                changed[at] ^= 1;
                assert_eq!(check(spki, &[MESSAGE], &changed), bad, "{at}");
            }
            for at in (0..spki.len()).step_by(61) {
                let mut changed = spki.to_vec();
                changed[at] ^= 1;
                assert_eq!(check(&changed, &[MESSAGE], &signature), bad, "{at}");
            }
        }
    }
}

/// The other sets take the same way, and the contract looks at every octet.
#[test]
fn ml_dsa_44_holds_the_contract() {
    let [key, other, larger] = [ParameterSet::MlDsa44, ParameterSet::MlDsa44, ParameterSet::MlDsa65]
        .map(|set| PrivateKey::generate_ml_dsa(set).unwrap());
    let p256 = PrivateKey::generate(Curve::P256).unwrap();
    let spki_der = key.public_key_spki_der();
    let signature = key.signer(Algorithm::MlDsa44).unwrap().sign_now(MESSAGE).unwrap();
    let foreign = [&other, &larger, &p256].map(PrivateKey::public_key_spki_der);
    for provider in back_ends() {
        let back_end = provider.find(Algorithm::MlDsa44).unwrap();
        signature_algorithm(back_end, SignedSample { spki_der, message: MESSAGE, signature: &signature }, &foreign);
    }
}

fn back_ends() -> Vec<plimsoll_core::Provider<'static>> {
    vec![
        provider(),
        #[cfg(feature = "aws-lc-rs")]
        plimsoll_crypto::aws_lc::provider(),
    ]
}

#[test]
fn two_signatures_differ_and_both_hold() {
    let key = PrivateKey::generate_ml_dsa(ParameterSet::MlDsa44).unwrap();
    let signer = key.signer(Algorithm::MlDsa44).unwrap();
    let [one, other] = [signer.sign_now(MESSAGE).unwrap(), signer.sign_now(MESSAGE).unwrap()];
    assert_ne!(one, other, "each signature takes new random bytes (FIPS 204, 3.4)");
    for signature in [one, other] {
        let found = provider().verify(Algorithm::MlDsa44, key.public_key(), Message::Parts(&[MESSAGE]), &signature);
        assert_eq!(found, Ok(()));
    }
}

// attack: A-157
#[test]
fn hints_that_repeat_or_fall_or_leave_rubbish_are_refused() {
    // ML-DSA-44: the last 84 octets are 80 places of hints and, for each of four polynomials, where its places end.
    let key = PrivateKey::generate_ml_dsa(ParameterSet::MlDsa44).unwrap();
    let signer = key.signer(Algorithm::MlDsa44).unwrap();
    let check = |signature: &[u8]| {
        provider().verify(Algorithm::MlDsa44, key.public_key(), Message::Parts(&[MESSAGE]), signature)
    };
    let good = std::iter::repeat_with(|| signer.sign_now(MESSAGE).unwrap())
        .find(|one| (2..79).contains(&one[2336 + 80]) && one[2336 + 83] < 80)
        .unwrap();
    assert_eq!(check(&good), Ok(()));
    let (hints, ends) = (2336, 2336 + 80);
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = good.clone();
        change(&mut changed);
        check(&changed)
    };
    let bad = Err(VerifyError::BadSignature);
    // Repeated at the end of the first polynomial, so that as many hints are set as before: CVE-2026-24850.
    let repeated = changed(&|signature| {
        let first = usize::from(signature[ends]);
        let last = signature[hints + first - 1];
        let total = usize::from(signature[ends + 3]);
        signature.copy_within(hints + first..hints + total, hints + first + 1);
        signature[hints + first] = last;
        signature[ends..].iter_mut().for_each(|end| *end += 1);
    });
    assert_eq!(repeated, bad);
    assert_eq!(changed(&|signature| signature.swap(hints, hints + 1)), bad, "places that fall");
    assert_eq!(changed(&|signature| signature[ends - 1] = 1), bad, "rubbish behind the last place");
    assert_eq!(changed(&|signature| signature[ends + 3] = 81), bad, "more places than there are");
    assert_eq!(changed(&|signature| signature.swap(ends, ends + 3)), bad, "ends that fall");
}

#[test]
fn a_hash_does_not_stand_in_for_the_message() {
    let key = PrivateKey::generate_ml_dsa(ParameterSet::MlDsa65).unwrap();
    let signature = key.signer(Algorithm::MlDsa65).unwrap().sign_now(MESSAGE).unwrap();
    let hash = plimsoll_core::Digest::sha512_of(MESSAGE);
    for provider in back_ends() {
        let found = provider.verify(Algorithm::MlDsa65, key.public_key(), Message::Prehashed(&hash), &signature);
        assert_eq!(found, Err(VerifyError::Unsupported));
    }
}

#[test]
fn it_signs_no_notary_envelope_and_with_no_other_algorithm() {
    let key = PrivateKey::generate_ml_dsa(ParameterSet::MlDsa44).unwrap();
    let kind = KeyKind::MlDsa44;
    assert_eq!(key.envelope_signer().unwrap_err(), SignError::NoEnvelopeAlgorithm { kind });
    for algorithm in [Algorithm::MlDsa65, Algorithm::Ed25519, Algorithm::EcdsaP256Sha256Der] {
        assert_eq!(key.signer(algorithm).unwrap_err(), SignError::WrongAlgorithm { kind, algorithm });
    }
}

/// PKCS#8 around one of the three forms of RFC 9881, 6.
fn pkcs8(set: usize, private: &[u8]) -> Vec<u8> {
    let oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11 + u8::try_from(set).unwrap()];
    let body = [&[2, 1, 0], tlv(0x30, &oid).as_slice(), &tlv(4, private)].concat();
    tlv(0x30, &body)
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    match content.len() {
        0..=127 => [&[tag, length[1]], content].concat(),
        128..=255 => [&[tag, 0x81, length[1]], content].concat(),
        _ => [&[tag, 0x82, length[0], length[1]], content].concat(),
    }
}

/// The expanded form, by the library itself.
fn expanded(set: ParameterSet, seed: [u8; 32]) -> Vec<u8> {
    #[expect(deprecated, reason = "the form is read, so it must be made")]
    fn of<P: ml_dsa::MlDsaParams>(seed: [u8; 32]) -> Vec<u8> {
        ml_dsa::ExpandedSigningKey::<P>::from_seed(&seed.into()).to_expanded().to_vec()
    }
    match set {
        ParameterSet::MlDsa44 => of::<ml_dsa::MlDsa44>(seed),
        ParameterSet::MlDsa65 => of::<ml_dsa::MlDsa65>(seed),
        ParameterSet::MlDsa87 => of::<ml_dsa::MlDsa87>(seed),
    }
}

#[test]
fn a_private_key_is_read_by_its_seed() {
    let seed = [0x5a; 32];
    for (number, (set, kind, algorithm, ..)) in SETS.into_iter().enumerate() {
        let key = PrivateKey::ml_dsa_from_seed(set, &seed).unwrap();
        let long = expanded(set, seed);
        let both = tlv(0x30, &[tlv(4, &seed), tlv(4, &long)].concat());
        for form in [tlv(0x80, &seed), both] {
            let read = PrivateKey::read(&pkcs8(number, &form), None).unwrap();
            assert_eq!((read.kind(), read.public_key_spki_der()), (kind, key.public_key_spki_der()));
            let signature = read.signer(algorithm).unwrap().sign_now(MESSAGE).unwrap();
            let found = provider().verify(algorithm, key.public_key(), Message::Parts(&[MESSAGE]), &signature);
            assert_eq!(found, Ok(()));
            let again = PrivateKey::read(read.to_pkcs8_pem().as_bytes(), None).unwrap();
            assert_eq!(again.public_key_spki_der(), key.public_key_spki_der());
        }
        let other = tlv(0x30, &[tlv(4, &[0x5b; 32]), tlv(4, &long)].concat());
        let refused = PrivateKey::read(&pkcs8(number, &other), None).unwrap_err();
        assert_eq!(refused.to_string(), format!("the {kind} key is inconsistent: its parts do not belong together"));
    }
}

#[test]
fn a_key_without_its_seed_is_refused() {
    let seed = [0x5a; 32];
    for (number, (set, ..)) in SETS.into_iter().enumerate() {
        let refused = PrivateKey::read(&pkcs8(number, &tlv(4, &expanded(set, seed))), None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "expected an RSA or ML-DSA key or one on P-256, P-384 or P-521, found an ML-DSA key without its seed"
        );
    }
    for form in [tlv(0x80, &seed[1..]), tlv(0x80, &[0; 33]), tlv(0x31, &seed), tlv(0x30, &seed)] {
        let malformed = KeyError::Malformed { expected: "an ML-DSA private key of RFC 9881" };
        assert_eq!(PrivateKey::read(&pkcs8(0, &form), None).unwrap_err(), malformed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_change_to_a_key_makes_it_panic(number in 0_usize..3, at: prop::sample::Index, byte: u8) {
        let set = SETS[number].0;
        let seed = [7; 32];
        let mut der = pkcs8(number, &tlv(0x30, &[tlv(4, &seed), tlv(4, &expanded(set, seed))].concat()));
        *at.get_mut(&mut der) = byte;
        if let Ok(key) = PrivateKey::read(&der, None) {
            let algorithm = key.kind().der_algorithm();
            let signature = key.signer(algorithm).unwrap().sign_now(MESSAGE).unwrap();
            let found = provider().verify(algorithm, key.public_key(), Message::Parts(&[MESSAGE]), &signature);
            prop_assert_eq!(found, Ok(()));
        }
    }

    #[test]
    fn no_bytes_make_a_check_panic(number in 0_usize..3, byte: u8, other: u8) {
        let (_, _, algorithm, key_length, length) = SETS[number];
        let oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11 + u8::try_from(number).unwrap()];
        let bits = tlv(3, &[&[0], vec![byte; key_length].as_slice()].concat());
        let spki = tlv(0x30, &[tlv(0x30, &oid), bits].concat());
        let found = provider().verify(algorithm, PublicKey::from_spki_der(&spki), Message::Parts(&[MESSAGE]), &vec![other; length]);
        prop_assert_eq!(found, Err(VerifyError::BadSignature));
    }
}
