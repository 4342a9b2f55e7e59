//! Each code of this crate with the exact message of an error that has it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

use plimsoll_core::{Algorithm, Classify, PublicKey};
use plimsoll_crypto::{Curve, KeyError, KeyKind, PrivateKey, PublicKeyError, SignError, code};

#[test]
fn every_code_has_its_message() {
    let key = PrivateKey::generate(Curve::P384).unwrap();
    let public = |der| KeyKind::of(PublicKey::from_spki_der(der)).unwrap_err();
    let secret = |pem: &[u8]| PrivateKey::read(pem, None).unwrap_err();
    let found: Vec<(plimsoll_core::Code, String)> = [
        &secret(include_bytes!("keys/p256.pbes2-aes256.pem")) as &dyn Said,
        &secret(b"-----BEGIN CERTIFICATE REQUEST-----\n"),
        &secret(include_bytes!("keys/rsa-1024.pem")),
        &public(b"nothing"),
        &public(&P224),
        &SignError::Failed { algorithm: Algorithm::RsaPssSha256 },
        &KeyError::Random,
        &key.signer(Algorithm::RsaPssSha256).unwrap_err(),
        &SignError::NoEnvelopeAlgorithm { kind: KeyKind::Rsa { bits: 2560 } },
        &KeyError::WrongPassphrase,
        &KeyError::KeyCount { found: 2 },
        &PublicKeyError::SmallOrder,
    ]
    .map(|error| (error.code(), error.to_string()))
    .to_vec();
    let expected = [
        (
            code::PRIVATE_KEY_LOCKED,
            "the private key is encrypted (`ENCRYPTED PRIVATE KEY`), and no passphrase was given",
        ),
        (code::PRIVATE_KEY_MALFORMED, "expected a private key, found a PEM block `CERTIFICATE REQUEST`"),
        (code::PRIVATE_KEY_UNSUPPORTED, "expected an RSA key of 2048 to 4096 bits, found 1024"),
        (code::PUBLIC_KEY_MALFORMED, "expected a SubjectPublicKeyInfo in DER, found bytes that are not one"),
        (
            code::PUBLIC_KEY_UNSUPPORTED,
            "expected an RSA, P-256, P-384, P-521, Ed25519 or ML-DSA key, found the algorithm 1.2.840.10045.2.1",
        ),
        (code::SIGNING_FAILED, "the RsaPssSha256 signature could not be made"),
        (code::SIGNING_FAILED, "the system gave no random bytes"),
        (code::PRIVATE_KEY_UNSUPPORTED, "a P-384 key does not sign with RsaPssSha256"),
        (
            code::PRIVATE_KEY_UNSUPPORTED,
            "expected an RSA key of 2048, 3072 or 4096 bits or a key on P-256, P-384 or P-521, found RSA-2560",
        ),
        (code::PRIVATE_KEY_LOCKED, "the passphrase does not open the private key"),
        (code::PRIVATE_KEY_MALFORMED, "expected one private key in the PKCS#12 file, found 2"),
        (code::PUBLIC_KEY_UNSUPPORTED, "expected an Ed25519 key of full order, found one of small order"),
    ];
    assert_eq!(found, expected.map(|(code, message)| (code, message.to_owned())));
    for code in code::ALL {
        assert!(found.iter().any(|(known, _)| known == code), "no message for {code}");
    }
}

trait Said: Classify + std::fmt::Display {}
impl<T: Classify + std::fmt::Display> Said for T {}

/// A key on P-224.
const P224: [u8; 26] = [
    0x30, 24, 0x30, 16, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x21,
    0x03, 4, 0, 4, 1, 1,
];
