//! Byte-exact headers of notation-core-go, its certificates, revocation lists and timestamps.

use super::{Report, read};
use data_encoding::BASE64URL_NOPAD;
use plimsoll_core::{Algorithm, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_envelope::HeaderValue;
use plimsoll_notary::{Criticality, EnvelopeDraft, ExtendedAttribute, Format, SignedAttributes, SigningScheme};
use plimsoll_pki::{
    Limits, TrustStore,
    crl::{CrlError, CrlLimits, freshest_urls, read_lists},
    read_certificates,
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
            name if name.ends_with(".crl") => report.equal(name, list(name, &path)),
            name if name.starts_with("revocation/crl/") => report.equal(name, freshest(name, &path)),
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

/// A base list that names two places of its delta list, and that delta list. Their issuer's certificate is not there.
fn list(name: &str, path: &Path) -> Result<(), String> {
    let lists = read_lists(read::bytes(path)?, &CrlLimits::default()).map_err(show)?;
    let [list] = lists.as_slice() else { return Err(format!("expected one list, found {}", lists.len())) };
    let numbers = (list.claimed_number().map(ToString::to_string), list.claimed_base_number().map(ToString::to_string));
    let expected = (Some("0x05".to_owned()), name.ends_with("delta.crl").then(|| "0x04".to_owned()));
    let times = (list.claimed_this_update().to_string(), list.claimed_next_update().map(|next| next.to_string()));
    let of_it = ("2024-11-25T07:31:41Z".to_owned(), Some("2024-11-25T07:36:40Z".to_owned()));
    match numbers == expected && times == of_it && list.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "expected the numbers {expected:?} and an empty list of {of_it:?}, found {numbers:?} and {list:?} of {times:?}"
        )),
    }
}

/// How many places of delta lists a certificate names, which upstream's tests say by the name of the file.
fn freshest(name: &str, path: &Path) -> Result<(), String> {
    let certificates = read_certificates(&read::bytes(path)?, &Limits::default()).map_err(show)?;
    let [certificate] = certificates.as_slice() else { return Err("expected one certificate".into()) };
    let view = certificate.view(&Limits::default()).map_err(show)?;
    let found = freshest_urls(&view, &CrlLimits::default()).map(|urls| urls.len());
    let named = |part: &str| name.contains(part);
    match found {
        Err(CrlError::Der { .. }) if named("Incomplete") => Ok(()),
        // An empty list of names: we call it malformed, upstream finds no URL. Nobody is asked either way.
        Err(CrlError::Der { .. }) | Ok(0) if named("ZeroDeltaCRLURL") => Ok(()),
        Ok(0) if named("NonURIDeltaCRL") => Ok(()),
        Ok(1) if named("WithDeltaCRL") => Ok(()),
        Ok(2) if named("With2DeltaCRL") => Ok(()),
        other => Err(format!("found {other:?}")),
    }
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
