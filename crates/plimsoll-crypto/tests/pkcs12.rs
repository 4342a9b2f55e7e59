//! PKCS#12 files as OpenSSL writes them, and broken ones.
#![cfg(feature = "pkcs12")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

use plimsoll_core::Classify;
use plimsoll_crypto::{KeyError, KeyKind, KeyLimits, Passphrase, Pkcs12, PrivateKey, code};
use proptest::prelude::*;

const P256: &[u8] = include_bytes!("keys/p256.spki.der");
const LEAF: &[u8] = include_bytes!("keys/p256.certificate.der");
const ROOT: &[u8] = include_bytes!("keys/root.certificate.der");

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("keys/", $name, ".p12")).as_slice()
    };
}

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse")
}

fn refused(file: &[u8], passphrase: Option<&Passphrase>) -> KeyError {
    Pkcs12::read(file, passphrase).unwrap_err()
}

#[test]
fn key_and_certificates_are_read() {
    for file in [
        file!("p256.clear"),
        file!("p256.des3"),
        file!("p256.legacy"),
        file!("p256.modern"),
        file!("p256.nomac"),
        file!("p256.rc2"),
        file!("p256.sha384"),
        file!("p256.sha512"),
    ] {
        let read = Pkcs12::read(file, Some(&passphrase())).unwrap();
        assert_eq!((read.key().kind(), read.key().public_key_spki_der()), (KeyKind::P256, P256));
        assert_eq!(read.certificates(), [LEAF, ROOT]);
        assert!(matches!(refused(file, None), KeyError::Encrypted { .. }));
        let key = PrivateKey::read(file, Some(&passphrase())).unwrap();
        assert_eq!(key.public_key_spki_der(), P256, "any key file is read by the same function");
    }
}

#[test]
fn a_wrong_passphrase_is_called_that() {
    for file in [file!("p256.des3"), file!("p256.legacy"), file!("p256.modern"), file!("p256.nomac")] {
        assert_eq!(refused(file, Some(&Passphrase::new("battery staple"))), KeyError::WrongPassphrase);
        assert_eq!(refused(file, Some(&Passphrase::new(""))), KeyError::WrongPassphrase);
        assert_eq!(refused(file, Some(&Passphrase::new([0xff, 0xfe]))), KeyError::WrongPassphrase);
    }
}

#[test]
fn an_empty_passphrase_and_one_outside_ascii_are_passphrases() {
    let read =
        |file, text: &str| Pkcs12::read(file, Some(&Passphrase::new(text))).map(|file| file.certificates().len());
    assert_eq!(read(file!("p256.empty"), ""), Ok(1));
    assert_eq!(read(file!("p256.unicode"), "grün 🔑"), Ok(1));
    assert_eq!(read(file!("p256.unicode"), "grun 🔑"), Err(KeyError::WrongPassphrase));
}

#[test]
fn what_is_wrong_is_said_precisely() {
    let said = |file: &[u8]| refused(file, Some(&passphrase())).to_string();
    assert_eq!(said(b"hello"), "expected a PKCS#12 file in DER, found bytes that are not one");
    let none = refused(file!("certificates"), Some(&passphrase()));
    assert_eq!(none.code(), code::PRIVATE_KEY_MALFORMED);
    assert_eq!(none.to_string(), "expected one private key in the PKCS#12 file, found 0");
}

/// A byte of the salted, counted and encrypted parts, wherever it is changed, is noticed.
#[test]
fn a_changed_file_is_refused() {
    let file = file!("p256.modern");
    // The last octets are the check value's salt and count; those before it, the content.
    for at in (30..file.len()).step_by(13) {
        let mut changed = file.to_vec();
        changed[at] ^= 1;
        assert!(Pkcs12::read_within(&changed, Some(&passphrase()), few()).is_err(), "{at}");
    }
}

fn few() -> KeyLimits {
    KeyLimits { iterations: 5_000, scrypt: 1 << 20 }
}

// attack: A-099
#[test]
fn a_file_does_no_more_work_than_it_may() {
    let mut limits = few();
    limits.iterations = 2_999;
    let asked = Pkcs12::read_within(file!("p256.modern"), Some(&passphrase()), limits).unwrap_err();
    let message =
        "expected a key encrypted by PBES2 or AES-CBC, found `a key derivation of more iterations than are allowed`";
    assert_eq!((asked.code(), asked.to_string().as_str()), (code::PRIVATE_KEY_UNSUPPORTED, message));
    // One for the check value, one for the certificates and one for the key, each of a thousand.
    limits.iterations = 3_000;
    assert!(Pkcs12::read_within(file!("p256.modern"), Some(&passphrase()), limits).is_ok());
    // The older schemes derive a key of two hashes and a vector.
    limits.iterations = 6_999;
    assert!(Pkcs12::read_within(file!("p256.des3"), Some(&passphrase()), limits).is_err());
    limits.iterations = 7_000;
    assert!(Pkcs12::read_within(file!("p256.des3"), Some(&passphrase()), limits).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_make_a_file_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Pkcs12::read_within(&bytes, Some(&passphrase()), few()).is_err());
    }

    #[test]
    fn no_change_makes_a_file_panic(at: prop::sample::Index, byte: u8, length: prop::sample::Index) {
        for file in [file!("p256.clear"), file!("p256.nomac"), file!("p256.legacy")] {
            let mut changed = file.to_vec();
            *at.get_mut(&mut changed) = byte;
            let _ = Pkcs12::read_within(&changed, Some(&passphrase()), few());
            let _ = Pkcs12::read_within(&changed[..length.index(changed.len())], Some(&passphrase()), few());
        }
    }
}
