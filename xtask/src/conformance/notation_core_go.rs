//! Byte-exact headers of notation-core-go, and its certificates.

use super::{Report, read};
use data_encoding::BASE64URL_NOPAD;
use plimsoll_core::{Algorithm, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_envelope::HeaderValue;
use plimsoll_notary::{Criticality, ExtendedAttribute, Format, EnvelopeDraft, SignedAttributes, SigningScheme};
use plimsoll_pki::{
    Limits, TrustStore, read_certificates,
    timestamp::{TimestampError, TimestampLimits, TimestampToken},
};
use serde_json::Value;
use std::path::Path;

const JWS: &str = "signature/jws/testdata/conformance.json";
const COSE: &str = "signature/cose/testdata/conformance.json";

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    for file in read::files(folder)? {
        let path = folder.join(&file);
        match file.as_str() {
            "FACTS.json" | "SOURCE.txt" => {}
            JWS => report.equal(JWS, jws(&read::json(&path)?)),
            COSE => report.equal(COSE, cose(&read::json(&path)?)),
            // What the signature over the bytes says is the suite's own, made with keys that are not there.
            name if name.ends_with(".crl") => report.skip(name, "revocation lists come later"),
            name if name.ends_with(".p7s") => report.verdict(name, !name.contains("Invalid"), timestamp(&path)),
            name => {
                let bytes = read::bytes(&path)?;
                let found = read_certificates(&bytes, &Limits::default()).map_err(|error| error.to_string());
                let some = |found: Vec<_>| if found.is_empty() { Err("no certificate".to_owned()) } else { Ok(()) };
                report.verdict(name, !name.contains("invalid"), found.and_then(some));
            }
        }
    }
    Ok(())
}

/// Who is trusted is not asked here: the token's own signature is looked at before.
fn timestamp(path: &Path) -> Result<(), String> {
    let token = TimestampToken::parse(&read::bytes(path)?, &TimestampLimits::default()).map_err(show)?;
    match token.verify(b"notation", &TrustStore::default(), provider()) {
        Err(TimestampError::Path(_)) | Ok(_) => Ok(()),
        Err(error) => Err(show(error)),
    }
}

fn time(value: u64) -> Result<UnixTime, String> {
    UnixTime::from_secs(value).ok_or_else(|| format!("{value} is no time"))
}

fn attribute<'a>(name: &'a str, criticality: Criticality, value: &'a str) -> ExtendedAttribute<'a> {
    ExtendedAttribute::new(name, criticality, HeaderValue::from(value))
}

/// The request that upstream's test signs, and the protected header that must come of it.
fn jws(file: &Value) -> Result<(), String> {
    let mut attributes = SignedAttributes::new(SigningScheme::X509, "2022-08-29T13:50:00Z".parse().map_err(show)?);
    attributes.expiry = Some("2099-08-30T13:50:00Z".parse().map_err(show)?);
    attributes.extended = vec![
        attribute("signedCritKey1", Criticality::Critical, "signedCritValue1"),
        attribute("signedKey1", Criticality::Ignorable, "signedValue1"),
        attribute("signedKey2", Criticality::Ignorable, "signedValue1"),
        attribute("signedKey3", Criticality::Ignorable, "signedValue1"),
        attribute("signedKey4", Criticality::Ignorable, "signedValue1"),
    ];
    let payload = BASE64URL_NOPAD.decode(read::text(file, "payload")?.as_bytes()).map_err(show)?;
    let expected = format!("{}.{}", read::text(file, "protected")?, read::text(file, "payload")?);
    compare(Format::Jws, Algorithm::EcdsaP256Sha256Fixed, &attributes, &payload, expected.as_bytes())
}

fn cose(file: &Value) -> Result<(), String> {
    let number = |member: &str| file[member].as_u64().ok_or_else(|| format!("expected a number in `{member}`"));
    let mut attributes = SignedAttributes::new(SigningScheme::X509, time(number("signingTime")?)?);
    attributes.expiry = Some(time(number("expiry")?)?);
    attributes.extended = vec![
        attribute("signedCritKey1", Criticality::Critical, "signedCritValue1"),
        attribute("signedKey1", Criticality::Ignorable, "signedValue1"),
    ];
    let payload = read::hex(file, "payload")?;
    let protected = read::hex(&file["protectedHeaders"], "cborHex")?;
    // Sig_structure (RFC 9052, 4.4), written out: an array of four, the context, the header, no external data, the payload.
    let mut expected = b"\x84\x6aSignature1".to_vec();
    expected.extend_from_slice(&byte_string(&protected)?);
    expected.push(0x40);
    expected.extend_from_slice(&byte_string(&payload)?);
    compare(Format::Cose, Algorithm::RsaPssSha384, &attributes, &payload, &expected)
}

fn byte_string(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let length = u16::try_from(bytes.len()).map_err(show)?;
    let [high, low] = length.to_be_bytes();
    let mut out = match (high, low) {
        (0, low @ 0..=23) => vec![0x40 | low],
        (0, low) => vec![0x58, low],
        (high, low) => vec![0x59, high, low],
    };
    out.extend_from_slice(bytes);
    Ok(out)
}

fn compare(
    format: Format,
    algorithm: Algorithm,
    attributes: &SignedAttributes<'_>,
    payload: &[u8],
    expected: &[u8],
) -> Result<(), String> {
    let draft = EnvelopeDraft::new(format, algorithm, attributes, payload).map_err(show)?;
    let found = draft.signing_input();
    if found == expected {
        return Ok(());
    }
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).escape_debug().to_string();
    Err(format!("expected the signing input {}, found {}", shown(expected), shown(found)))
}

fn show(error: impl std::fmt::Display) -> String {
    error.to_string()
}
