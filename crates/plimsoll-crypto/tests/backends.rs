//! The back ends against the contract, and against keys and signatures that were made elsewhere.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

use plimsoll_core::{Algorithm, Digest, Message, Provider, PublicKey, VerifyError};
use plimsoll_crypto::{Curve, KeyKind, PrivateKey, PublicKeyError, SignError, provider};
use plimsoll_testkit::{
    contract::{SignedSample, signature_algorithm},
    rsa_key,
};
use proptest::prelude::*;
use std::sync::OnceLock;

const MESSAGE: &[u8] = b"the bill of lading";

/// Every back end that is compiled in.
fn back_ends() -> Vec<(&'static str, Provider<'static>)> {
    vec![
        ("ring", plimsoll_crypto::ring::provider()),
        #[cfg(feature = "aws-lc-rs")]
        ("aws-lc-rs", plimsoll_crypto::aws_lc::provider()),
        #[cfg(feature = "pure")]
        ("pure", plimsoll_crypto::pure::provider()),
    ]
}

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
    for (name, provider) in back_ends() {
        let backend = provider.find(algorithm).unwrap_or_else(|| panic!("{name} lacks {algorithm:?}"));
        assert_eq!(backend.algorithm(), algorithm);
        signature_algorithm(backend, SignedSample { spki_der, message: MESSAGE, signature }, &foreign);
    }
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

/// Certificates are signed by any curve with any hash: Go and OpenSSL let whoever signs choose, and Notation accepts it.
#[test]
fn another_hash_than_that_of_the_curve_holds_the_contract() {
    for (algorithm, spki, signature, ring_has_it) in [
        (
            Algorithm::EcdsaP256Sha512Der,
            &include_bytes!("keys/p256.spki.der")[..],
            &include_bytes!("keys/p256-sha512.sig")[..],
            false,
        ),
        (
            Algorithm::EcdsaP384Sha512Der,
            include_bytes!("keys/p384.spki.der"),
            include_bytes!("keys/p384-sha512.sig"),
            false,
        ),
        (
            Algorithm::EcdsaP521Sha256Der,
            include_bytes!("keys/p521.spki.der"),
            include_bytes!("keys/p521-sha256.sig"),
            true,
        ),
        (
            Algorithm::EcdsaP521Sha384Der,
            include_bytes!("keys/p521.spki.der"),
            include_bytes!("keys/p521-sha384.sig"),
            true,
        ),
    ] {
        for (name, provider) in back_ends() {
            let (key, message) = (PublicKey::from_spki_der(spki), Message::Parts(&[MESSAGE]));
            let found = provider.verify(algorithm, key, message, signature);
            let expected = if ring_has_it || name != "ring" { Ok(()) } else { Err(VerifyError::Unsupported) };
            assert_eq!(found, expected, "{name} {algorithm:?}");
            let Some(backend) = provider.find(algorithm) else { continue };
            signature_algorithm(backend, SignedSample { spki_der: spki, message: MESSAGE, signature }, &[]);
            // The hash is part of the algorithm: the same signature holds under no other.
            for other in provider.algorithms().iter().map(|one| one.algorithm()).filter(|one| *one != algorithm) {
                assert!(provider.verify(other, key, message, signature).is_err(), "{name} {algorithm:?} {other:?}");
            }
        }
    }
    let key = PublicKey::from_spki_der(include_bytes!("keys/p521.spki.der"));
    let (sha256, sha512) = (Digest::sha256_of(MESSAGE), Digest::sha512_of(MESSAGE));
    for (name, provider) in back_ends() {
        let prehashed =
            |algorithm, hash, signature: &[u8]| provider.verify(algorithm, key, Message::Prehashed(hash), signature);
        let signature = include_bytes!("keys/p521-sha256.sig");
        assert_eq!(prehashed(Algorithm::EcdsaP521Sha256Der, &sha256, signature), Ok(()), "{name}");
        assert!(prehashed(Algorithm::EcdsaP521Sha256Der, &sha512, signature).is_err(), "{name}");
        assert!(prehashed(Algorithm::EcdsaP521Sha384Der, &sha256, signature).is_err(), "{name}");
    }
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
fn a_hash_stands_in_for_the_message_where_the_library_can() {
    let [p256, p384, p521] = [Curve::P256, Curve::P384, Curve::P521].map(|curve| PrivateKey::generate(curve).unwrap());
    let rsa = rsa(2048);
    let (short, long) = (Digest::sha256_of(MESSAGE), Digest::sha512_of(MESSAGE));
    for (key, algorithm, hash, other, libraries) in [
        (&p256, Algorithm::EcdsaP256Sha256Fixed, &short, &long, ["aws-lc-rs", "pure", ""]),
        (&p521, Algorithm::EcdsaP521Sha512Fixed, &long, &short, ["aws-lc-rs", "pure", "ring"]),
        (&p384, Algorithm::EcdsaP384Sha384Fixed, &long, &short, [""; 3]),
        (&rsa, Algorithm::RsaPssSha256, &short, &long, ["aws-lc-rs", "pure", ""]),
        (&rsa, Algorithm::RsaPkcs1Sha512, &long, &short, ["aws-lc-rs", "pure", ""]),
    ] {
        let signature = key.signer(algorithm).unwrap().sign_now(MESSAGE).unwrap();
        for (name, provider) in back_ends() {
            let check =
                |hash: &Digest| provider.verify(algorithm, key.public_key(), Message::Prehashed(hash), &signature);
            if libraries.contains(&name) {
                assert_eq!(check(hash), Ok(()), "{name} {algorithm:?}");
                let wrong = if *hash == short { Digest::sha256_of(b"x") } else { Digest::sha512_of(b"x") };
                assert_eq!(check(&wrong), Err(VerifyError::BadSignature), "{name} {algorithm:?}");
            } else {
                assert_eq!(check(hash), Err(VerifyError::Unsupported), "{name} {algorithm:?}");
            }
            assert_eq!(check(other), Err(VerifyError::Unsupported), "{name} {algorithm:?}");
        }
    }
}

// attack: A-134
#[test]
fn the_encoding_of_an_ecdsa_signature_is_part_of_the_algorithm() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let der = key.signer(Algorithm::EcdsaP256Sha256Der).unwrap().sign_now(MESSAGE).unwrap();
    let fixed = key.signer(Algorithm::EcdsaP256Sha256Fixed).unwrap().sign_now(MESSAGE).unwrap();
    for (_, provider) in back_ends() {
        let check = |algorithm, signature: &[u8]| {
            provider.verify(algorithm, key.public_key(), Message::Parts(&[MESSAGE]), signature)
        };
        assert_eq!(check(Algorithm::EcdsaP256Sha256Der, &der), Ok(()));
        assert_eq!(check(Algorithm::EcdsaP256Sha256Fixed, &der), Err(VerifyError::BadSignature));
        assert_eq!(check(Algorithm::EcdsaP256Sha256Der, &fixed), Err(VerifyError::BadSignature));
    }
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

/// The group orders (SEC 2, 2.4.2, 2.5.1 and 2.6.1).
const ORDERS: [(Curve, &str); 3] = [
    (Curve::P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    (Curve::P384, "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
    (
        Curve::P521,
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d0\
         3bb5c9b8899c47aebb6fb71e91386409",
    ),
];

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A DER signature of two numbers that are given in full.
fn der_signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(2, r), tlv(2, s)].concat())
}

/// As DER wants it: without leading zeros, but for one before a high bit.
fn positive(number: &[u8]) -> Vec<u8> {
    let digits = &number[number.iter().position(|digit| *digit != 0).unwrap_or(number.len() - 1)..];
    if digits[0] >= 0x80 { [&[0], digits].concat() } else { digits.to_vec() }
}

// attack: A-148
#[test]
fn r_and_s_lie_between_zero_and_the_order() {
    for (curve, order) in ORDERS {
        let order = unhex(order);
        let key = PrivateKey::generate(curve).unwrap();
        let fixed = key.envelope_signer().unwrap();
        let (of_fixed, of_der) = (key.kind().envelope_algorithm().unwrap(), key.kind().der_algorithm());
        let good = fixed.sign_now(MESSAGE).unwrap();
        let (r, s) = good.split_at(order.len());
        let zero = vec![0; order.len()];
        let beyond = vec![0xff; order.len()];
        let bad: [(&[u8], &[u8]); 9] = [
            (&zero, s),
            (r, &zero),
            (&zero, &zero),
            (&order, s),
            (r, &order),
            (&order, &order),
            (&beyond, s),
            (r, &beyond),
            (s, r),
        ];
        for (name, provider) in back_ends() {
            let check = |algorithm, signature: &[u8]| {
                provider.verify(algorithm, key.public_key(), Message::Parts(&[MESSAGE]), signature)
            };
            assert_eq!(check(of_fixed, &good), Ok(()), "{name}");
            assert_eq!(check(of_der, &der_signature(&positive(r), &positive(s))), Ok(()), "{name}");
            for (r, s) in bad {
                assert_eq!(check(of_fixed, &[r, s].concat()), Err(VerifyError::BadSignature), "{name} {r:?} {s:?}");
                let der = der_signature(&positive(r), &positive(s));
                assert_eq!(check(of_der, &der), Err(VerifyError::BadSignature), "{name} {r:?} {s:?}");
            }
            // A number with its high bit set is negative.
            let mut negative = positive(s);
            negative[0] |= 0x80;
            let der = der_signature(&positive(r), &negative);
            assert_eq!(check(of_der, &der), Err(VerifyError::BadSignature), "{name}");
        }
    }
}

// attack: A-149
#[test]
fn a_der_signature_has_one_encoding() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let signer = key.signer(Algorithm::EcdsaP256Sha256Fixed).unwrap();
    // One whose halves both have the high bit set, so that a zero must stand in front.
    let fixed = std::iter::repeat_with(|| signer.sign_now(MESSAGE).unwrap());
    let fixed = { fixed }.find(|one| one[0] >= 0x80 && one[32] >= 0x80).unwrap();
    let (r, s) = fixed.split_at(32);
    let good = der_signature(&positive(r), &positive(s));
    let body = good[2..].to_vec();
    let bad = [
        ("a length in two octets", [&[0x30, 0x81], &good[1..]].concat()),
        ("an indefinite length", [&[0x30, 0x80], body.as_slice(), &[0, 0]].concat()),
        ("something behind it", [good.as_slice(), &[0]].concat()),
        ("something behind the numbers", tlv(0x30, &[body.as_slice(), &[5, 0]].concat())),
        ("no zero before a high bit", der_signature(r, s)),
        ("a zero too many", der_signature(&[&[0], positive(r).as_slice()].concat(), &positive(s))),
        ("one number", tlv(0x30, &tlv(2, &positive(r)))),
        ("a SET", tlv(0x31, &body)),
        ("r and s side by side", fixed.clone()),
    ];
    for (name, provider) in back_ends() {
        let check = |signature: &[u8]| {
            let algorithm = Algorithm::EcdsaP256Sha256Der;
            provider.verify(algorithm, key.public_key(), Message::Parts(&[MESSAGE]), signature)
        };
        assert_eq!(check(&good), Ok(()), "{name}");
        for (why, signature) in &bad {
            assert_eq!(check(signature), Err(VerifyError::BadSignature), "{name}: {why}");
        }
    }
}

fn ed25519_spki(point: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &[0x06, 0x03, 0x2b, 0x65, 0x70]);
    tlv(0x30, &[algorithm, tlv(3, &[&[0], point].concat())].concat())
}

// attack: A-150
#[test]
fn an_ed25519_signature_is_the_only_one() {
    let (key, good) = (include_bytes!("keys/ed25519.spki.der"), include_bytes!("keys/ed25519.sig"));
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let mut carry = 0;
    let malleable: Vec<u8> = good[32..]
        .iter()
        .zip(unhex(order))
        .map(|(digit, other)| {
            let sum = u16::from(*digit) + u16::from(other) + carry;
            carry = sum >> 8;
            sum.to_le_bytes()[0]
        })
        .collect();
    // The points of small order, libsodium's list; each with both signs.
    let small = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for (name, provider) in back_ends() {
        let check = |key: &[u8], signature: &[u8]| {
            let key = PublicKey::from_spki_der(key);
            provider.verify(Algorithm::Ed25519, key, Message::Parts(&[MESSAGE]), signature)
        };
        assert_eq!(check(key, good), Ok(()), "{name}");
        let again = [&good[..32], malleable.as_slice()].concat();
        assert_eq!(check(key, &again), Err(VerifyError::BadSignature), "{name}: S + L");
        assert_eq!(check(key, &good[..63]), Err(VerifyError::BadSignature), "{name}");
        for point in small {
            let mut point = unhex(point);
            for sign in [0, 0x80] {
                point[31] |= sign;
                // With S = 0 and R = A of small order the equation holds for one message in eight, or for each.
                let forged = [point.as_slice(), &[0; 32]].concat();
                for text in 0..16_u8 {
                    let spki = ed25519_spki(&point);
                    let weak = PublicKey::from_spki_der(&spki);
                    let found = provider.verify(Algorithm::Ed25519, weak, Message::Parts(&[&[text]]), &forged);
                    assert_eq!(found, Err(VerifyError::BadSignature), "{name} {point:02x?}");
                }
                assert_eq!(check(key, &[point.as_slice(), &good[32..]].concat()), Err(VerifyError::BadSignature));
                let spki = ed25519_spki(&point);
                let refused = KeyKind::of(PublicKey::from_spki_der(&spki)).unwrap_err();
                assert_eq!(refused, PublicKeyError::SmallOrder);
            }
        }
    }
}

/// With `e = 1` a padded message is its own signature, so that anybody can make one.
// attack: A-151
#[test]
fn no_back_end_takes_a_weak_rsa_key() {
    let mut modulus = vec![0xff; 256];
    modulus[255] = 0xfd;
    let prefix = unhex("3031300d060960864801650304020105000420");
    let hash = Digest::sha256_of(MESSAGE);
    let Digest::Sha256(hash) = hash else { panic!("SHA-256") };
    let padding = vec![0xff; 256 - 3 - prefix.len() - 32];
    let forged = [&[0, 1], padding.as_slice(), &[0], &prefix, &hash].concat();
    for (name, provider) in back_ends() {
        for exponent in [&[1_u8][..], &[2], &[1, 0, 0]] {
            let spki = rsa_spki(&modulus, exponent);
            let key = PublicKey::from_spki_der(&spki);
            let found = provider.verify(Algorithm::RsaPkcs1Sha256, key, Message::Parts(&[MESSAGE]), &forged);
            assert_eq!(found, Err(VerifyError::BadSignature), "{name} {exponent:?}");
        }
    }
}

macro_rules! signature {
    ($name:literal) => {
        ($name, include_bytes!(concat!("keys/rsa-2048.", $name, ".sig")).as_slice())
    };
}

fn only_the_first_holds(algorithm: Algorithm, signatures: &[(&str, &[u8])]) {
    let key = PublicKey::from_spki_der(include_bytes!("keys/rsa-2048.spki.der"));
    for (library, provider) in back_ends() {
        for (number, (name, signature)) in signatures.iter().enumerate() {
            let found = provider.verify(algorithm, key, Message::Parts(&[MESSAGE]), signature);
            let expected = if number == 0 { Ok(()) } else { Err(VerifyError::BadSignature) };
            assert_eq!(found, expected, "{library}: {name}");
        }
    }
}

// attack: A-152
#[test]
fn the_padding_of_pkcs1_is_compared_whole() {
    let signatures = [
        signature!("pkcs1"),
        signature!("pkcs1-garbage"),
        signature!("pkcs1-long-length"),
        signature!("pkcs1-no-digest-info"),
        signature!("pkcs1-no-null"),
        signature!("pkcs1-other-hash"),
        signature!("pkcs1-type-2"),
    ];
    only_the_first_holds(Algorithm::RsaPkcs1Sha256, &signatures);
}

// attack: A-153
#[test]
fn the_salt_of_pss_is_as_long_as_the_hash_and_its_mask_uses_the_same() {
    let signatures = [
        signature!("pss"),
        signature!("pss-longest-salt"),
        signature!("pss-mgf1-sha1"),
        signature!("pss-mgf1-sha512"),
        signature!("pss-no-salt"),
        signature!("pss-salt-31"),
    ];
    only_the_first_holds(Algorithm::RsaPssSha256, &signatures);
}

// attack: A-154
#[test]
fn a_point_off_the_curve_is_no_key() {
    for (curve, length) in [(Curve::P256, 32), (Curve::P384, 48), (Curve::P521, 66)] {
        let key = PrivateKey::generate(curve).unwrap();
        let (algorithm, signer) = (key.kind().envelope_algorithm().unwrap(), key.envelope_signer().unwrap());
        let signature = signer.sign_now(MESSAGE).unwrap();
        let good = key.public_key_spki_der();
        let point = good.len() - 2 * length - 1;
        let mut off = good.to_vec();
        *off.last_mut().unwrap() ^= 1;
        let mut infinity = good[..point].to_vec();
        infinity.extend(vec![0; 2 * length + 1]);
        let mut origin = good.to_vec();
        origin[point + 1..].fill(0);
        let mut compressed = good[..=point + length].to_vec();
        compressed[point] = 2 | (good[good.len() - 1] & 1);
        for (name, provider) in back_ends() {
            let check = |spki: &[u8]| {
                let key = PublicKey::from_spki_der(spki);
                provider.verify(algorithm, key, Message::Parts(&[MESSAGE]), &signature)
            };
            assert_eq!(check(good), Ok(()), "{name}");
            for bad in [&off, &infinity, &origin, &compressed] {
                assert_eq!(check(bad), Err(VerifyError::BadSignature), "{name}");
            }
        }
    }
}

/// An algorithm, a key and a signature.
type Sample = (Algorithm, Vec<u8>, Vec<u8>);

/// A sample of each algorithm that a key here can sign with, and of those that only OpenSSL signed with.
fn samples() -> Vec<Sample> {
    let rsa = rsa(2048);
    let keys = [Curve::P256, Curve::P384, Curve::P521].map(|curve| PrivateKey::generate(curve).unwrap());
    let own = [
        (&keys[0], Algorithm::EcdsaP256Sha256Fixed),
        (&keys[0], Algorithm::EcdsaP256Sha256Der),
        (&keys[1], Algorithm::EcdsaP384Sha384Fixed),
        (&keys[1], Algorithm::EcdsaP384Sha384Der),
        (&keys[2], Algorithm::EcdsaP521Sha512Fixed),
        (&keys[2], Algorithm::EcdsaP521Sha512Der),
        (&rsa, Algorithm::RsaPssSha256),
        (&rsa, Algorithm::RsaPssSha512),
        (&rsa, Algorithm::RsaPkcs1Sha384),
    ];
    let sign = |(key, algorithm): (&PrivateKey, Algorithm)| {
        (algorithm, key.public_key_spki_der().to_vec(), key.signer(algorithm).unwrap().sign_now(MESSAGE).unwrap())
    };
    let mut samples: Vec<_> = own.into_iter().map(sign).collect();
    let (key, signature) = (include_bytes!("keys/ed25519.spki.der"), include_bytes!("keys/ed25519.sig"));
    samples.push((Algorithm::Ed25519, key.to_vec(), signature.to_vec()));
    samples
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// All back ends say the same, whatever is changed, and none panics.
    #[test]
    fn back_ends_do_not_differ(at: prop::sample::Index, byte: u8, cut in 0_usize..4, which in 0_u8..4) {
        static SAMPLES: OnceLock<Vec<Sample>> = OnceLock::new();
        for (algorithm, mut key, mut signature) in SAMPLES.get_or_init(samples).clone() {
            let mut message = MESSAGE.to_vec();
            match which {
                0 => *at.get_mut(&mut key) = byte,
                1 => *at.get_mut(&mut signature) = byte,
                2 => *at.get_mut(&mut message) = byte,
                _ => signature.truncate(signature.len() - cut),
            }
            let found: Vec<_> = back_ends()
                .into_iter()
                .map(|(_, provider)| {
                    let key = PublicKey::from_spki_der(&key);
                    provider.verify(algorithm, key, Message::Parts(&[&message]), &signature)
                })
                .collect();
            prop_assert!(found.iter().all(|one| *one == found[0]), "{algorithm:?} {found:?} {key:02x?} {signature:02x?}");
        }
    }

    #[test]
    fn no_bytes_make_a_back_end_panic(key in prop::collection::vec(any::<u8>(), 0..200), signature in prop::collection::vec(any::<u8>(), 0..300)) {
        for (_, provider) in back_ends() {
            for one in provider.algorithms() {
                let found = one.verify(PublicKey::from_spki_der(&key), Message::Parts(&[MESSAGE]), &signature);
                prop_assert_eq!(found, Err(VerifyError::BadSignature));
            }
        }
    }
}
