//! Each code of this crate with the exact message of an error that has it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

use plimsoll_core::{Algorithm, Classify};
use plimsoll_pkcs11::{Module, Pin, Pkcs11Error, Uri, code};
use std::{fs, path::Path};

#[test]
fn every_code_has_its_message() {
    let uri = "http:".parse::<Uri>().unwrap_err();
    let module = Module::load(Path::new("/nowhere/module.so")).unwrap_err();
    let starts = "the PKCS#11 module `/nowhere/module.so` was not loaded: ";
    assert!(module.to_string().starts_with(starts), "{module}");
    let cases = [
        (code::PKCS11_URI_MALFORMED, Pkcs11Error::Uri(uri), "expected a URI with the scheme `pkcs11`"),
        (
            code::PKCS11_CERTIFICATE_MISMATCH,
            Pkcs11Error::CertificateMismatch { key: "signer".into() },
            "the certificate beside the key `signer` is for another key",
        ),
        (
            code::PKCS11_FAILED,
            Pkcs11Error::Failed { function: "C_Sign", what: "CKR_DEVICE_REMOVED".into() },
            "the token failed: C_Sign: CKR_DEVICE_REMOVED",
        ),
        (code::PKCS11_FAILED, Pkcs11Error::TimedOut { seconds: 5 }, "the token did not sign within 5 s"),
        (
            code::PKCS11_KEY_NOT_FOUND,
            Pkcs11Error::KeyNotFound { found: 2 },
            "expected one private key that the URI names, found 2",
        ),
        (
            code::PKCS11_KEY_UNSUPPORTED,
            Pkcs11Error::KeyUnsupported { what: "Ed25519 signs no envelope".into() },
            "no signature here is made with the key on the token: Ed25519 signs no envelope",
        ),
        (
            code::PKCS11_KEY_UNSUPPORTED,
            Pkcs11Error::KeyAlwaysAuthenticates { key: "9c".into() },
            "the key `9c` asks for its PIN at each signature, which is not supported",
        ),
        (
            code::PKCS11_KEY_UNSUPPORTED,
            Pkcs11Error::MechanismMissing { algorithm: Algorithm::Ed25519 },
            "the key or its token cannot sign with Ed25519",
        ),
        (
            code::PKCS11_TOKEN_NOT_FOUND,
            Pkcs11Error::TokenNotFound { found: 0 },
            "expected one token that the URI names, found 0",
        ),
        (
            code::PKCS11_PIN_REFUSED,
            Pkcs11Error::PinMissing { token: "a".into() },
            "the token `a` demands a PIN, and none was given",
        ),
        (
            code::PKCS11_PIN_REFUSED,
            Pkcs11Error::PinRefused { token: "a".into(), what: "CKR_PIN_INCORRECT".into() },
            "the token `a` refused the PIN: CKR_PIN_INCORRECT",
        ),
        (
            code::PKCS11_PIN_REFUSED,
            Pkcs11Error::PinLastTry { token: "a".into() },
            "the PIN of the token `a` has one try left: log in by other means first",
        ),
        (
            code::PKCS11_SIGNATURE_INVALID,
            Pkcs11Error::SignatureInvalid,
            "the signature that the token gave does not hold under its public key",
        ),
    ];
    assert_eq!(module.code(), code::PKCS11_MODULE_UNAVAILABLE);
    let mut seen = vec![module.code()];
    for (code, error, message) in cases {
        assert_eq!((error.code(), error.to_string().as_str()), (code, message));
        seen.push(code);
    }
    for code in code::ALL {
        assert!(seen.contains(code), "no message for {code}");
    }
}

#[test]
fn a_file_with_a_pin_holds_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let read = |content: &[u8]| {
        let path = folder.path().join("pin");
        fs::write(&path, content).unwrap();
        Pin::from_file(&path)
    };
    for good in [&b"1234"[..], b"1234\n", b"1234\r\n"] {
        assert_eq!(read(good).unwrap(), Pin::new("1234".into()));
    }
    assert_eq!(read(b" 1234\n\n").unwrap(), Pin::new(" 1234\n".into()), "one line break, and nothing else, is cut");
    let refused = |content: &[u8]| read(content).unwrap_err().to_string();
    assert!(refused(b"\n").ends_with("it is empty"));
    assert!(refused(&[b'1'; 257]).ends_with("it is longer than a PIN"));
    assert!(refused(&[0xff]).contains("UTF-8"));
    assert!(
        Pin::from_file(Path::new("/nowhere/pin"))
            .unwrap_err()
            .to_string()
            .starts_with("no PIN was read from `/nowhere/pin`: ")
    );
}
