//! The test vector of the DSSE protocol.

use super::{Report, read};
use plimsoll_core::{Algorithm, PublicKey};
use plimsoll_crypto::provider;
use plimsoll_envelope::{Critical, Limits, Sealed, pae};
use serde_json::Value;
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let vectors = read::json(&folder.join("VECTORS.json"))?;
    for (index, vector) in vectors.as_array().ok_or("expected a list")?.iter().enumerate() {
        report.equal(format!("{index}: pre-authentication encoding"), encoding(vector));
        report.verdict(format!("{index}: signature"), true, signature(vector));
    }
    Ok(())
}

fn encoding(vector: &Value) -> Result<(), String> {
    let expected = read::text(vector, "pae_utf8")?;
    let body = read::text(vector, "serializedBody_utf8")?;
    let found = pae(read::text(vector, "payloadType")?, body.as_bytes());
    if found == expected.as_bytes() {
        Ok(())
    } else {
        Err(format!("expected `{expected}`, found `{}`", String::from_utf8_lossy(&found)))
    }
}

fn signature(vector: &Value) -> Result<(), String> {
    // SubjectPublicKeyInfo of a key on P-256 (RFC 5480): a fixed head, then the uncompressed point.
    let mut spki = SPKI_HEAD.to_vec();
    for coordinate in ["x_decimal", "y_decimal"] {
        spki.extend_from_slice(&decimal(read::text(vector, coordinate)?)?);
    }
    let envelope = vector["envelope"].to_string();
    let sealed = Sealed::dsse(envelope.as_bytes(), &Limits::default()).map_err(|error| error.to_string())?;
    let key = PublicKey::from_spki_der(&spki);
    // The vector's signature is `r || s`, though DSSE itself leaves the encoding to the algorithm.
    let opened = sealed.open(0, key, Algorithm::EcdsaP256Sha256Fixed, provider(), Critical::Only(&[]));
    opened.map(|_| ()).map_err(|error| error.to_string())
}

/// A decimal number as 32 bytes, the most significant first.
fn decimal(text: &str) -> Result<[u8; 32], String> {
    let mut number = [0_u8; 32];
    for digit in text.chars() {
        let mut carry = digit.to_digit(10).ok_or_else(|| format!("`{text}` is not decimal"))?;
        for byte in number.iter_mut().rev() {
            carry += u32::from(*byte) * 10;
            *byte = u8::try_from(carry % 256).map_err(|error| error.to_string())?;
            carry /= 256;
        }
        if carry > 0 {
            return Err(format!("`{text}` is more than 256 bits"));
        }
    }
    Ok(number)
}

const SPKI_HEAD: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
