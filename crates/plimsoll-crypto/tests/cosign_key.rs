//! cosign's encrypted key files.
#![cfg(feature = "cosign-key")]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that fails may panic")]

use base64ct::{Base64, Encoding};
use plimsoll_crypto::{KeyError, KeyLimits, Passphrase, PrivateKey};
use proptest::prelude::*;

const SIGSTORE: &str = include_str!("keys/p256.sigstore.pem");
const COSIGN: &str = include_str!("keys/p256.cosign.pem");

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse")
}

fn refused(pem: &str) -> String {
    PrivateKey::read(pem.as_bytes(), Some(&passphrase())).unwrap_err().to_string()
}

/// The JSON in a file.
fn json(pem: &str) -> String {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    String::from_utf8(Base64::decode_vec(&body).unwrap()).unwrap()
}

fn pem(json: &[u8]) -> String {
    let label = "ENCRYPTED SIGSTORE PRIVATE KEY";
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", Base64::encode_string(json))
}

#[test]
fn both_labels_are_read() {
    for file in [SIGSTORE, COSIGN] {
        let key = PrivateKey::read(file.as_bytes(), Some(&passphrase())).unwrap();
        assert_eq!(key.public_key_spki_der(), include_bytes!("keys/p256.spki.der"));
        let wrong = PrivateKey::read(file.as_bytes(), Some(&Passphrase::new("battery staple"))).unwrap_err();
        assert_eq!(wrong, KeyError::WrongPassphrase);
    }
    assert_eq!(
        PrivateKey::read(SIGSTORE.as_bytes(), None).unwrap_err().to_string(),
        "the private key is encrypted (`ENCRYPTED SIGSTORE PRIVATE KEY`), and no passphrase was given"
    );
}

#[test]
fn what_is_wrong_is_said_precisely() {
    let json = json(SIGSTORE);
    let changed = |from: &str, to: &str| {
        assert!(json.contains(from), "{from}");
        refused(&pem(json.replacen(from, to, 1).as_bytes()))
    };
    let cipher = "expected a key encrypted by PBES2 or AES-CBC, found";
    assert_eq!(changed("scrypt", "argon2"), format!("{cipher} `argon2`"));
    assert_eq!(changed("nacl/secretbox", "rot13"), format!("{cipher} `rot13`"));
    let malformed = "expected the JSON of a cosign private key, found bytes that are not one";
    assert_eq!(changed("1024", "1000"), malformed, "no power of two");
    assert_eq!(changed("1024", "1"), malformed);
    assert_eq!(changed("\"r\":8", "\"r\":0"), malformed);
    assert_eq!(changed("\"p\":1", "\"p\":0"), malformed);
    assert_eq!(changed("\"kdf\"", "\"kdf\":null,\"kdf\""), malformed, "a member twice");
    assert_eq!(changed("\"nonce\":\"", "\"nonce\":\"AAAA"), malformed);
    assert_eq!(refused(&pem(b"{}")), malformed);
    assert_eq!(changed("\"ciphertext\":\"", "\"ciphertext\":\"AAAA"), "the passphrase does not open the private key");
}

// attack: A-099
#[test]
fn a_file_does_no_more_work_than_it_may() {
    let asked =
        "expected a key encrypted by PBES2 or AES-CBC, found `scrypt with more memory or rounds than are allowed`";
    let json = json(SIGSTORE);
    for cost in ["1073741824", "18446744073709551615", "9223372036854775808"] {
        assert_eq!(refused(&pem(json.replacen("1024", cost, 1).as_bytes())), asked);
    }
    assert_eq!(refused(&pem(json.replacen("\"p\":1", "\"p\":4294967295", 1).as_bytes())), asked);
    let mut limits = KeyLimits { scrypt: 128 * 8 * 1024, ..KeyLimits::default() };
    assert!(PrivateKey::read_within(SIGSTORE.as_bytes(), Some(&passphrase()), limits).is_ok());
    limits.scrypt -= 1;
    let refused = PrivateKey::read_within(SIGSTORE.as_bytes(), Some(&passphrase()), limits);
    assert_eq!(refused.unwrap_err().to_string(), asked);
}

proptest! {
    #[test]
    fn no_change_makes_a_file_panic(at: prop::sample::Index, byte: u8) {
        let mut changed = json(SIGSTORE).into_bytes();
        *at.get_mut(&mut changed) = byte;
        let limits = KeyLimits { scrypt: 1 << 21, ..KeyLimits::default() };
        let _ = PrivateKey::read_within(pem(&changed).as_bytes(), Some(&passphrase()), limits);
    }
}
