//! One key has one encoding, so that who counts encodings counts keys; and certificates that are signed with another hash than the curve's.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails may panic")]

use plimsoll_core::{Algorithm, Classify};
use plimsoll_crypto::{Curve, PrivateKey, provider};
use plimsoll_pki::{ChainOptions, KeyKind, Limits, OwnedCertificate, Profile, read_certificates, verify_chain};
use plimsoll_testkit::pki::KeySpec;

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let head = match length {
        0..0x80 => vec![tag, length.to_be_bytes()[1]],
        0x80..0x100 => vec![tag, 0x81, length.to_be_bytes()[1]],
        _ => [&[tag, 0x82][..], &length.to_be_bytes()].concat(),
    };
    [head, content.to_vec()].concat()
}

/// `SubjectPublicKeyInfo` of these parameters and this key.
fn spki(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(0x30, &algorithm.concat()), tlv(3, &[&[0], key].concat())].concat())
}

const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const RSA_PSS: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const RSA_OAEP: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7];
const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const ECDH: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 1, 12];
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const NULL: &[u8] = &[5, 0];

/// Says whether a signer's certificate with such a key is one of a kind that signs.
fn signs(spki: &[u8]) -> bool {
    !matches!(KeyKind::of_spki(spki), Err(_) | Ok(KeyKind::Other(_)) | Ok(KeyKind::Rsa { sound: false, .. }))
}

// attack: A-138
#[test]
fn one_rsa_key_has_one_encoding() {
    let good = KeySpec::Rsa2048.key().public_key_spki_der().to_vec();
    // 30 82 L 30 0d OID NULL 03 82 L 00 | 30 82 L  02 82 L n  02 03 e
    let key = &good[24..];
    assert_eq!(spki(&[RSA, NULL], key), good);
    assert!(signs(&good));
    let (modulus, exponent) = (&key[8..key.len() - 5], &key[key.len() - 3..]);
    let integers = |modulus: &[u8], exponent: &[u8]| tlv(0x30, &[tlv(2, modulus), tlv(2, exponent)].concat());
    assert_eq!(integers(modulus, exponent), key);
    for (why, other) in [
        ("no parameters", spki(&[RSA], key)),
        ("NULL with something in it", spki(&[RSA, &[5, 1, 0]], key)),
        ("something behind NULL", spki(&[RSA, NULL, NULL], key)),
        ("NULL in two octets of length", spki(&[RSA, &[5, 0x81, 0]], key)),
        ("a key for RSASSA-PSS, without parameters", spki(&[RSA_PSS], key)),
        ("a key for RSASSA-PSS, with NULL", spki(&[RSA_PSS, NULL], key)),
        ("a key for RSASSA-PSS, with empty parameters", spki(&[RSA_PSS, &[0x30, 0]], key)),
        ("a key for RSAES-OAEP", spki(&[RSA_OAEP], key)),
        ("a zero before the modulus", spki(&[RSA, NULL], &integers(&[&[0], modulus].concat(), exponent))),
        ("a modulus that is negative", spki(&[RSA, NULL], &integers(&modulus[1..], exponent))),
        ("a zero before the exponent", spki(&[RSA, NULL], &integers(modulus, &[&[0], exponent].concat()))),
        ("a third number", spki(&[RSA, NULL], &tlv(0x30, &[&key[4..], &tlv(2, &[1])].concat()))),
        ("something behind the key", spki(&[RSA, NULL], &[key, &[0]].concat())),
        ("something behind all", [&good[..], &[0]].concat()),
        ("a length in more octets than it takes", [&[0x30, 0x83, 0], &good[2..]].concat()),
        ("an indefinite length", [&[0x30, 0x80], &good[4..], &[0, 0]].concat()),
    ] {
        assert!(!signs(&other), "{why}");
    }
}

// attack: A-138
#[test]
fn one_key_on_a_curve_has_one_encoding() {
    let good = PrivateKey::generate(Curve::P256).unwrap().public_key_spki_der().to_vec();
    let point = &good[26..];
    assert_eq!(spki(&[EC, P256], point), good);
    assert!(signs(&good));
    let (x, parity) = (&point[1..33], point[64] & 1);
    let form = |first: u8, rest: &[u8]| spki(&[EC, P256], &[&[first], rest].concat());
    // The domain parameters of P-256 in full would be another name of the curve; the attack of CVE-2020-0601 is another generator.
    let explicit = tlv(0x30, &[tlv(2, &[1]), tlv(0x30, &[]), tlv(0x30, &[]), tlv(4, point), tlv(2, &[1])].concat());
    for (why, other) in [
        ("compressed", form(2 + parity, x)),
        ("compressed, with the other sign", form(3 - parity, x)),
        ("hybrid", form(6 + parity, &point[1..])),
        ("the point at infinity", spki(&[EC, P256], &[0])),
        ("an octet more", form(4, &[&point[1..], &[0]].concat())),
        ("the curve in full", spki(&[EC, &explicit], point)),
        ("the curve of the issuer", spki(&[EC, NULL], point)),
        ("no curve", spki(&[EC], point)),
        ("a curve and NULL", spki(&[EC, P256, NULL], point)),
        ("a key for ECDH", spki(&[ECDH, P256], point)),
    ] {
        assert!(!signs(&other), "{why}");
    }
}

/// A coordinate of P-521 has seven bits to spare, in which the prime fits once more: the same point, written otherwise.
#[test]
fn a_coordinate_is_less_than_the_prime() {
    let key = PrivateKey::generate(Curve::P521).unwrap();
    let message: &[&[u8]] = &[b"cargo"];
    let signature = key.envelope_signer().unwrap().sign_now(message[0]).unwrap();
    let good = key.public_key_spki_der().to_vec();
    let verify = |spki: &[u8]| {
        let key = plimsoll_core::PublicKey::from_spki_der(spki);
        let message = plimsoll_core::Message::Parts(message);
        provider().verify(Algorithm::EcdsaP521Sha512Fixed, key, message, &signature)
    };
    assert_eq!(verify(&good), Ok(()));
    let start = good.len() - 132;
    for at in [start, start + 66] {
        // x + (2^521 - 1) = x - 1 + 2^521
        let mut other = good.clone();
        let coordinate = &mut other[at..at + 66];
        for octet in coordinate.iter_mut().rev() {
            let (less, borrow) = octet.overflowing_sub(1);
            *octet = less;
            if !borrow {
                break;
            }
        }
        coordinate[0] += 2;
        assert!(verify(&other).is_err());
    }
}

/// The hash by which an authority signs is its own choice: Go, OpenSSL and Notation accept each on every curve, but for broken ones.
#[test]
fn an_authority_signs_with_the_hash_of_its_choice() {
    let found = |pem: &str| {
        let chain = read_certificates(pem.as_bytes(), &Limits::default()).unwrap();
        let der: Vec<&[u8]> = chain.iter().map(OwnedCertificate::der).collect();
        let verify = |der: &[&[u8]]| {
            verify_chain(der, &ChainOptions::new(Profile::NotarySigning), provider(), None)
                .map(|_| ())
                .map_err(|error| error.code().name())
        };
        // What is signed is compared, whatever the hash.
        let mut leaf = der[0].to_vec();
        *leaf.last_mut().unwrap() ^= 1;
        assert!(verify(&[&leaf, der[1]]).is_err());
        verify(&der)
    };
    let unsupported = Err("certificate-algorithm-unsupported");
    assert_eq!(found(include_str!("hashes/p256-sha384.pem")), Ok(()));
    assert_eq!(found(include_str!("hashes/p384-sha256.pem")), Ok(()));
    assert_eq!(found(include_str!("hashes/p521-sha256.pem")), Ok(()));
    assert_eq!(found(include_str!("hashes/p521-sha384.pem")), Ok(()));
    // `ring` has no such pairs; the other back ends do.
    assert_eq!(found(include_str!("hashes/p256-sha512.pem")), unsupported);
    assert_eq!(found(include_str!("hashes/p384-sha512.pem")), unsupported);
    assert_eq!(found(include_str!("hashes/p521-sha1.pem")), Err("weak-signature"));
}
