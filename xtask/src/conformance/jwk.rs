//! Public keys as suites write them (RFC 7517, RFC 8037) as `SubjectPublicKeyInfo`, which back ends read.

use super::read;
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

/// The key, or why it is none of ours.
pub(super) fn spki(key: &Value) -> Result<Vec<u8>, String> {
    let (kty, crv) = (key["kty"].as_str().unwrap_or_default(), key["crv"].as_str().unwrap_or_default());
    match (kty, crv) {
        ("EC" | "EC2", "P-256") => curve(key, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], 32),
        ("EC" | "EC2", "P-384") => curve(key, &[0x2b, 0x81, 0x04, 0x00, 0x22], 48),
        ("EC" | "EC2", "P-521") => curve(key, &[0x2b, 0x81, 0x04, 0x00, 0x23], 66),
        ("OKP", "Ed25519") => Ok(sequence(&[sequence(&[der(0x06, &[0x2b, 0x65, 0x70])]), bits(&number(key, "x")?)])),
        ("RSA", _) => {
            let inner = sequence(&[integer(&number(key, "n")?), integer(&number(key, "e")?)]);
            let rsa = der(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
            Ok(sequence(&[sequence(&[rsa, der(0x05, &[])]), bits(&inner)]))
        }
        _ => Err(format!("no key of ours: `{kty}`, `{crv}`")),
    }
}

/// RFC 5480, 2: an uncompressed point.
fn curve(key: &Value, oid: &[u8], width: usize) -> Result<Vec<u8>, String> {
    let mut point = vec![4];
    for coordinate in ["x", "y"] {
        let number = number(key, coordinate)?;
        point.extend(std::iter::repeat_n(0, width.saturating_sub(number.len())));
        point.extend(number);
    }
    let ec = der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
    Ok(sequence(&[sequence(&[ec, der(0x06, oid)]), bits(&point)]))
}

/// A member in base64url, or in hexadecimal under `_hex`.
fn number(key: &Value, name: &str) -> Result<Vec<u8>, String> {
    if key.get(name).is_none() {
        return read::hex(key, &format!("{name}_hex"));
    }
    BASE64URL_NOPAD.decode(read::text(key, name)?.as_bytes()).map_err(|error| format!("`{name}`: {error}"))
}

fn integer(number: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    if content.first().is_none_or(|first| *first > 0x7f) {
        content.insert(0, 0);
    }
    der(0x02, &content)
}

fn bits(content: &[u8]) -> Vec<u8> {
    der(0x03, &[&[0], content].concat())
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

/// X.690, 8.1: tag, length, content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match significant.as_slice() {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}
