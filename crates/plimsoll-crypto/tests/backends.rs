//! The back ends against the contract, and against keys and signatures that were made elsewhere.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

use plimsoll_core::{Algorithm, Digest, Message, PublicKey, VerifyError};
use plimsoll_crypto::{Curve, KeyKind, PrivateKey, PublicKeyError, SignError, provider};
use plimsoll_testkit::{
    contract::{SignedSample, signature_algorithm},
    rsa_key,
};

const MESSAGE: &[u8] = b"the bill of lading";

fn rsa(bits: u32) -> PrivateKey {
    PrivateKey::read(rsa_key(bits).as_bytes(), None).unwrap()
}

fn holds_contract(algorithm: Algorithm, spki_der: &[u8], signature: &[u8]) {
    let foreign = [
        PrivateKey::generate(Curve::P256).unwrap(),
        PrivateKey::generate(Curve::P384).unwrap(),
        PrivateKey::generate(Curve::P521).unwrap(),
    ];
    let mut foreign: Vec<&[u8]> = foreign.iter().map(PrivateKey::public_key_spki_der).collect();
    foreign.push(include_bytes!("keys/ed25519.spki.der"));
    if spki_der != include_bytes!("keys/rsa-2048.spki.der") {
        foreign.push(include_bytes!("keys/rsa-2048.spki.der"));
    }
    foreign.retain(|key| *key != spki_der);
    let backend = provider().find(algorithm).unwrap();
    assert_eq!(backend.algorithm(), algorithm);
    signature_algorithm(backend, SignedSample { spki_der, message: MESSAGE, signature }, &foreign);
}

fn signs_and_holds(key: &PrivateKey, algorithm: Algorithm) {
    let signature = key.signer(algorithm).unwrap().sign_now(MESSAGE).unwrap();
    holds_contract(algorithm, key.public_key_spki_der(), &signature);
}

#[test]
fn every_algorithm_on_p256_holds_the_contract() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    signs_and_holds(&key, Algorithm::EcdsaP256Sha256Fixed);
    signs_and_holds(&key, Algorithm::EcdsaP256Sha256Der);
    let openssl = include_bytes!("keys/p256-sha384.sig");
    holds_contract(Algorithm::EcdsaP256Sha384Der, include_bytes!("keys/p256.spki.der"), openssl);
}

#[test]
fn every_algorithm_on_p384_holds_the_contract() {
    let key = PrivateKey::generate(Curve::P384).unwrap();
    signs_and_holds(&key, Algorithm::EcdsaP384Sha384Fixed);
    signs_and_holds(&key, Algorithm::EcdsaP384Sha384Der);
    let openssl = include_bytes!("keys/p384-sha256.sig");
    holds_contract(Algorithm::EcdsaP384Sha256Der, include_bytes!("keys/p384.spki.der"), openssl);
}

#[test]
fn every_algorithm_on_p521_holds_the_contract() {
    let key = PrivateKey::generate(Curve::P521).unwrap();
    signs_and_holds(&key, Algorithm::EcdsaP521Sha512Fixed);
    signs_and_holds(&key, Algorithm::EcdsaP521Sha512Der);
    let openssl = include_bytes!("keys/p521-sha512.sig");
    holds_contract(Algorithm::EcdsaP521Sha512Der, include_bytes!("keys/p521.spki.der"), openssl);
}

#[test]
fn ed25519_holds_the_contract() {
    let (key, signature) = (include_bytes!("keys/ed25519.spki.der"), include_bytes!("keys/ed25519.sig"));
    holds_contract(Algorithm::Ed25519, key, signature);
    assert_eq!(KeyKind::of(PublicKey::from_spki_der(key)), Ok(KeyKind::Ed25519));
}

#[test]
fn every_rsa_algorithm_holds_the_contract() {
    for (bits, algorithm) in [
        (2048, Algorithm::RsaPssSha256),
        (3072, Algorithm::RsaPssSha384),
        (4096, Algorithm::RsaPssSha512),
        (2048, Algorithm::RsaPkcs1Sha256),
        (3072, Algorithm::RsaPkcs1Sha384),
        (4096, Algorithm::RsaPkcs1Sha512),
    ] {
        signs_and_holds(&rsa(bits), algorithm);
    }
}

#[test]
fn the_algorithm_of_an_envelope_follows_from_the_key() {
    let of = |key: &PrivateKey| key.kind().envelope_algorithm();
    assert_eq!(of(&rsa(2048)), Some(Algorithm::RsaPssSha256));
    assert_eq!(of(&rsa(3072)), Some(Algorithm::RsaPssSha384));
    assert_eq!(of(&rsa(4096)), Some(Algorithm::RsaPssSha512));
    assert_eq!(of(&PrivateKey::generate(Curve::P256).unwrap()), Some(Algorithm::EcdsaP256Sha256Fixed));
    assert_eq!(of(&PrivateKey::generate(Curve::P384).unwrap()), Some(Algorithm::EcdsaP384Sha384Fixed));
    assert_eq!(of(&PrivateKey::generate(Curve::P521).unwrap()), Some(Algorithm::EcdsaP521Sha512Fixed));
    assert_eq!(KeyKind::Rsa { bits: 2560 }.envelope_algorithm(), None);
    assert_eq!(KeyKind::Ed25519.envelope_algorithm(), None);
}

#[test]
fn a_key_signs_with_its_own_algorithms_only() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    for other in [Algorithm::EcdsaP384Sha384Fixed, Algorithm::RsaPssSha256, Algorithm::Ed25519] {
        let refused = key.signer(other).unwrap_err();
        assert_eq!(refused, SignError::WrongAlgorithm { kind: KeyKind::P256, algorithm: other });
    }
}

#[test]
fn p521_takes_a_hash_in_place_of_the_message() {
    let key = PrivateKey::generate(Curve::P521).unwrap();
    let signature = key.envelope_signer().unwrap().sign_now(MESSAGE).unwrap();
    let check = |hash| {
        let backend = provider().find(Algorithm::EcdsaP521Sha512Fixed).unwrap();
        backend.verify(key.public_key(), Message::Prehashed(&hash), &signature)
    };
    assert_eq!(check(Digest::sha512_of(MESSAGE)), Ok(()));
    assert_eq!(check(Digest::sha512_of(b"x")), Err(VerifyError::BadSignature));
    assert_eq!(check(Digest::sha256_of(MESSAGE)), Err(VerifyError::Unsupported));
}

// attack: A-134
#[test]
fn the_encoding_of_an_ecdsa_signature_is_part_of_the_algorithm() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let der = key.signer(Algorithm::EcdsaP256Sha256Der).unwrap().sign_now(MESSAGE).unwrap();
    let fixed = key.signer(Algorithm::EcdsaP256Sha256Fixed).unwrap().sign_now(MESSAGE).unwrap();
    let check = |algorithm, signature: &[u8]| {
        provider().verify(algorithm, key.public_key(), Message::Parts(&[MESSAGE]), signature)
    };
    assert_eq!(check(Algorithm::EcdsaP256Sha256Der, &der), Ok(()));
    assert_eq!(check(Algorithm::EcdsaP256Sha256Fixed, &der), Err(VerifyError::BadSignature));
    assert_eq!(check(Algorithm::EcdsaP256Sha256Der, &fixed), Err(VerifyError::BadSignature));
    let p521 = PrivateKey::generate(Curve::P521).unwrap();
    let fixed = p521.envelope_signer().unwrap().sign_now(MESSAGE).unwrap();
    assert_eq!(fixed.len(), 132);
    let narrow: Vec<u8> = fixed.chunks(66).flat_map(|half| half[1..].to_vec()).collect();
    let refused =
        provider().verify(Algorithm::EcdsaP521Sha512Fixed, p521.public_key(), Message::Parts(&[MESSAGE]), &narrow);
    assert_eq!(refused, Err(VerifyError::BadSignature));
}

/// `SEQUENCE`, `INTEGER` and so on, with a length in two bytes.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    match content.len() {
        0..=127 => [&[tag, length[1]], content].concat(),
        128..=255 => [&[tag, 0x81, length[1]], content].concat(),
        _ => [&[tag, 0x82, length[0], length[1]], content].concat(),
    }
}

fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let positive = |number: &[u8]| if number[0] >= 0x80 { [&[0], number].concat() } else { number.to_vec() };
    let key = tlv(0x30, &[tlv(2, &positive(modulus)), tlv(2, &positive(exponent))].concat());
    let algorithm = tlv(0x30, &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]);
    tlv(0x30, &[algorithm, tlv(3, &[&[0], key.as_slice()].concat())].concat())
}

// attack: A-151
#[test]
fn an_rsa_key_is_counted_in_bits() {
    let of = |bytes: usize, first: u8, last: u8, exponent: &[u8]| {
        let mut modulus = vec![0x55; bytes];
        modulus[0] = first;
        modulus[bytes - 1] = last;
        KeyKind::of(PublicKey::from_spki_der(&rsa_spki(&modulus, exponent)))
    };
    assert_eq!(of(256, 0x80, 1, &[1, 0, 1]), Ok(KeyKind::Rsa { bits: 2048 }));
    assert_eq!(of(256, 0x7f, 1, &[1, 0, 1]), Err(PublicKeyError::WeakSize { bits: 2047 }));
    assert_eq!(of(256, 0x01, 1, &[1, 0, 1]), Err(PublicKeyError::WeakSize { bits: 2041 }));
    assert_eq!(of(1024, 0x80, 1, &[3]), Ok(KeyKind::Rsa { bits: 8192 }));
    assert_eq!(of(1025, 0x01, 1, &[3]), Err(PublicKeyError::WeakSize { bits: 8193 }));
    assert_eq!(of(2048, 0x80, 1, &[3]), Err(PublicKeyError::WeakSize { bits: 16384 }));
    for exponent in [&[1_u8][..], &[2], &[1, 0, 0]] {
        assert_eq!(of(256, 0x80, 1, exponent), Err(PublicKeyError::WeakExponent));
    }
    assert_eq!(of(256, 0x80, 2, &[1, 0, 1]), Err(PublicKeyError::Malformed), "an even modulus");
}

// attack: A-169
#[test]
fn keys_that_nobody_may_sign_with_are_named() {
    let secp256k1 =
        tlv(0x30, &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]);
    let spki = tlv(0x30, &[secp256k1, tlv(3, &[&[0, 4], [7_u8; 64].as_slice()].concat())].concat());
    let refused = KeyKind::of(PublicKey::from_spki_der(&spki)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "expected an RSA, P-256, P-384, P-521, Ed25519 or ML-DSA key, found the algorithm 1.2.840.10045.2.1"
    );
    let refused = KeyKind::of(PublicKey::from_spki_der(&rsa_spki(&[0xff; 128], &[1, 0, 1]))).unwrap_err();
    assert_eq!(refused.to_string(), "expected an RSA key of 2048 to 8192 bits, found 1024");
}

// attack: A-100
#[test]
fn a_public_key_has_one_encoding() {
    let good = include_bytes!("keys/p256.spki.der");
    assert_eq!(KeyKind::of(PublicKey::from_spki_der(good)), Ok(KeyKind::P256));
    let refused = |bytes: &[u8], why: &str| {
        assert!(KeyKind::of(PublicKey::from_spki_der(bytes)).is_err(), "{why}");
    };
    let mut unused = good.to_vec();
    unused[25] = 1;
    unused[90] &= 0xfe;
    refused(&unused, "a BIT STRING with an unused bit");
    refused(&[good.as_slice(), &[0]].concat(), "something behind it");
    refused(&[&[0x30, 0x81], &good[1..]].concat(), "a length in two bytes where one would do");
    refused(&[&[0x30, 0x80], &good[2..], &[0, 0]].concat(), "an indefinite length");
    let mut compressed = good.to_vec();
    compressed[26] = 2;
    refused(&compressed, "a point that is called compressed and is not");
    let no_null = {
        let whole = include_bytes!("keys/rsa-2048.spki.der");
        let algorithm = tlv(0x30, &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
        tlv(0x30, &[&algorithm, &whole[19..]].concat())
    };
    refused(&no_null, "rsaEncryption without NULL");
    assert_eq!(
        KeyKind::of(PublicKey::from_spki_der(include_bytes!("keys/rsa-2048.spki.der"))),
        Ok(KeyKind::Rsa { bits: 2048 })
    );
}
