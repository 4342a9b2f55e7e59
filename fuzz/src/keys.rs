//! Key files that are encrypted: read with a passphrase, and with so few rounds that an input takes no time.

use plimsoll_crypto::{KeyLimits, Passphrase, Pkcs12, PrivateKey};

/// The passphrase of the seeds.
fn passphrase() -> Passphrase {
    Passphrase::new("correct horse")
}

/// As many as a seed's three derivations take, and as much as scrypt with N = 1024 fills.
const LIMITS: KeyLimits = KeyLimits { iterations: 8_000, scrypt: 1 << 20 };

/// PEM or DER, encrypted in any of the ways that are read.
pub fn encrypted_key(input: &[u8]) {
    let Ok(key) = PrivateKey::read_within(input, Some(&passphrase()), LIMITS) else { return };
    written_and_read_again(&key);
}

pub fn pkcs12(input: &[u8]) {
    let Ok(file) = Pkcs12::read_within(input, Some(&passphrase()), LIMITS) else { return };
    written_and_read_again(file.key());
}

/// The input is what stands in the PEM block: JSON.
pub fn cosign_key(input: &[u8]) {
    let label = "ENCRYPTED SIGSTORE PRIVATE KEY";
    let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64(input));
    let Ok(key) = PrivateKey::read_within(pem.as_bytes(), Some(&passphrase()), LIMITS) else { return };
    written_and_read_again(&key);
}

fn written_and_read_again(key: &PrivateKey) {
    let again = PrivateKey::read(key.to_pkcs8_pem().as_bytes(), None).expect("our own key");
    assert_eq!(again.public_key_spki_der(), key.public_key_spki_der());
}

fn base64(octets: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in octets.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = char::from(digits[(bits >> (18 - 6 * at) & 63) as usize]);
            text.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    text
}
