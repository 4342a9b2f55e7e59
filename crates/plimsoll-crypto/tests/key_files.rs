//! Key files as OpenSSL writes them, and what is wrong with others.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

use plimsoll_crypto::{Curve, KeyError, KeyKind, Passphrase, PrivateKey};
use proptest::prelude::*;

const P256: &[u8] = include_bytes!("keys/p256.spki.der");

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse")
}

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!("keys/", $name, ".pem")).as_slice()
    };
}

#[test]
fn keys_in_the_clear_are_read() {
    for file in [key!("p256.pk8"), key!("p256.sec1"), key!("p256.no-public")] {
        let key = PrivateKey::read(file, None).unwrap();
        assert_eq!((key.kind(), key.public_key_spki_der()), (KeyKind::P256, P256));
    }
    for (file, spki) in [
        (key!("p384.sec1"), include_bytes!("keys/p384.spki.der").as_slice()),
        (key!("p521.sec1"), include_bytes!("keys/p521.spki.der")),
        (key!("rsa-2048.pk1"), include_bytes!("keys/rsa-2048.spki.der")),
    ] {
        assert_eq!(PrivateKey::read(file, None).unwrap().public_key_spki_der(), spki);
    }
}

#[test]
fn encrypted_keys_are_read_with_their_passphrase() {
    for file in [
        key!("p256.pbes2-aes256"),
        key!("p256.pbes2-sha1"),
        key!("p256.pbes2-des3"),
        key!("p256.scrypt"),
        key!("p256.legacy-aes128"),
        key!("p256.legacy-aes192"),
        key!("p256.legacy-aes256"),
        key!("p256.legacy-des3"),
    ] {
        let key = PrivateKey::read(file, Some(&passphrase())).unwrap();
        assert_eq!((key.kind(), key.public_key_spki_der()), (KeyKind::P256, P256));
        assert!(matches!(PrivateKey::read(file, None), Err(KeyError::Encrypted { .. })));
        let wrong = PrivateKey::read(file, Some(&Passphrase::new("battery staple")));
        assert_eq!(wrong.unwrap_err(), KeyError::WrongPassphrase);
    }
    let rsa = PrivateKey::read(key!("rsa-2048.legacy-aes256"), Some(&passphrase())).unwrap();
    assert_eq!(rsa.kind(), KeyKind::Rsa { bits: 2048 });
}

#[test]
fn keys_in_der_are_told_apart() {
    for file in [key!("p256.pk8"), key!("p256.sec1"), key!("rsa-2048.pk1"), key!("p256.pbes2-aes256")] {
        let pem = std::str::from_utf8(file).unwrap();
        let der = decode(&pem[pem.rfind("-----BEGIN ").unwrap()..]);
        let [from_pem, from_der] = [file, &der].map(|key| PrivateKey::read(key, Some(&passphrase())).unwrap());
        assert_eq!(from_pem.public_key_spki_der(), from_der.public_key_spki_der());
    }
}

#[test]
fn what_is_wrong_is_said_precisely() {
    let message = |file: &[u8]| PrivateKey::read(file, Some(&passphrase())).unwrap_err().to_string();
    assert_eq!(
        message(b"text\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        "expected a private key, found a PEM block `CERTIFICATE`"
    );
    assert_eq!(message(b"hello"), "expected a private key in PEM or DER, found neither");
    assert_eq!(message(b""), "expected a private key in PEM or DER, found neither");
    let kinds = "expected an RSA or ML-DSA key or one on P-256, P-384 or P-521, found";
    assert_eq!(message(key!("ed25519")), format!("{kinds} an Ed25519 key"));
    assert_eq!(message(key!("secp256k1")), format!("{kinds} a key on secp256k1"));
    assert_eq!(message(key!("rsa-pss")), format!("{kinds} an RSASSA-PSS key"));
    assert_eq!(message(key!("rsa-1024")), "expected an RSA key of 2048 to 4096 bits, found 1024");
    let cipher = "expected a key encrypted by PBES2 or AES-CBC, found";
    assert_eq!(message(key!("p256.legacy-camellia128")), format!("{cipher} `CAMELLIA-128-CBC`"));
    assert_eq!(message(key!("p256.pbes1")), format!("{cipher} `1.2.840.113549.1.12.1.3`"));
    let broken = |body: &str| message(format!("-----BEGIN PRIVATE KEY-----\n{body}").as_bytes());
    assert_eq!(broken("AAAA\n"), "the PEM block `PRIVATE KEY` is broken: its last line is missing");
    assert_eq!(
        broken("A!AA\n-----END PRIVATE KEY-----"),
        "the PEM block `PRIVATE KEY` is broken: its content is not base64"
    );
    assert_eq!(
        broken("AAAA\n-----END CERTIFICATE-----"),
        "the PEM block `PRIVATE KEY` is broken: its last line names another label"
    );
    assert_eq!(
        broken("AAAA\n-----END PRIVATE KEY-----"),
        "expected a PKCS#8 PrivateKeyInfo, found bytes that are not one"
    );
    assert_eq!(
        PrivateKey::read(key!("p256.legacy-aes256"), None).unwrap_err().to_string(),
        "the private key is encrypted (`EC PRIVATE KEY`), and no passphrase was given"
    );
}

// attack: A-156
#[test]
fn halves_that_do_not_belong_together_are_refused() {
    let pem = std::str::from_utf8(key!("p256.sec1")).unwrap();
    let begin = pem.find("-----BEGIN EC PRIVATE KEY").unwrap();
    let other = PrivateKey::generate(Curve::P256).unwrap();
    assert_ne!(other.public_key_spki_der(), P256);
    let mut der = decode(&pem[begin..]);
    let last = der.len() - 1;
    der[last] ^= 1;
    assert_eq!(
        PrivateKey::read(&der, None).unwrap_err().to_string(),
        "the P-256 key is inconsistent: its parts do not belong together"
    );
}

// attack: A-099
#[test]
fn a_broken_or_endless_pem_is_refused_in_linear_time() {
    let many = "-----BEGIN X-----\n".repeat(600_000);
    assert!(matches!(PrivateKey::read(many.as_bytes(), None), Err(KeyError::NotAPrivateKey { .. })));
    let long = format!("-----BEGIN PRIVATE KEY-----\n{}", "AAAA".repeat(100_000));
    assert!(matches!(PrivateKey::read(long.as_bytes(), None), Err(KeyError::MalformedPem { .. })));
}

#[test]
fn nothing_secret_is_shown() {
    let key = PrivateKey::read(key!("p256.pk8"), None).unwrap();
    assert!(format!("{key:?}").starts_with("PrivateKey(P-256, PublicKey(spki sha256:"));
    assert_eq!(format!("{:?}", passphrase()), "Passphrase(..)");
    assert_eq!(format!("{:?}", key.envelope_signer().unwrap()), "LocalSigner(EcdsaP256Sha256Fixed)");
}

fn decode(pem: &str) -> Vec<u8> {
    use base64ct::Encoding as _;
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64ct::Base64::decode_vec(&body).unwrap()
}

proptest! {
    #[test]
    fn a_key_survives_being_written_and_read(curve in prop::sample::select(vec![Curve::P256, Curve::P384, Curve::P521])) {
        let key = PrivateKey::generate(curve).unwrap();
        let same = PrivateKey::read(key.to_pkcs8_pem().as_bytes(), None).unwrap();
        prop_assert_eq!(same.public_key_spki_der(), key.public_key_spki_der());
        prop_assert_eq!(same.to_pkcs8_pem(), key.to_pkcs8_pem());
    }

    #[test]
    fn no_bytes_make_a_key_file_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = PrivateKey::read(&bytes, Some(&passphrase()));
    }

    #[test]
    fn no_change_to_a_key_file_makes_it_panic(at in 0_usize..241, byte: u8) {
        let mut file = key!("p256.pk8").to_vec();
        file[at] = byte;
        let _ = PrivateKey::read(&file, Some(&passphrase()));
        let mut der = decode(std::str::from_utf8(key!("p256.pk8")).unwrap());
        let at = at % der.len();
        der[at] = byte;
        let _ = PrivateKey::read(&der, None);
    }
}
