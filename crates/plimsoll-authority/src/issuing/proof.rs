//! That whoever asks has the private key.

use super::{IssuingError, IssuingRequest};
use data_encoding::HEXLOWER;
use plimsoll_core::{Digest, Escaped, Provider, PublicKey};
use plimsoll_crypto::KeyKind;
use plimsoll_envelope::{Critical, Limits, Sealed};
use plimsoll_pki::CertificationRequest;

/// The key of a request, in DER, proven to be in the hands of whoever sent it.
pub(super) fn proven_key(request: &IssuingRequest, provider: Provider<'_>) -> Result<Vec<u8>, IssuingError> {
    if let Some(csr) = request.csr() {
        let expected = "a PEM block `CERTIFICATE REQUEST` as `csr`";
        let der = block(csr, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"], expected)?;
        return Ok(CertificationRequest::verify(&der, provider)?.public_key().spki_der().to_vec());
    }
    // INVARIANT: a request that was parsed has one or the other.
    let (key, proof) = request.key_and_proof().unwrap_or_default();
    let spki = block(key, &["PUBLIC KEY"], "a PEM block `PUBLIC KEY` as `publicKey`")?;
    check_proof(PublicKey::from_spki_der(&spki), proof, request.credential(), provider)?;
    Ok(spki)
}

/// A compact JWS under the key, over the digest of the token: what was made for one token is worth nothing with another.
fn check_proof(key: PublicKey<'_>, proof: &str, token: &str, provider: Provider<'_>) -> Result<(), IssuingError> {
    let refused = |problem: String| IssuingError::Key { problem: Escaped::new(&problem) };
    let kind = KeyKind::of(key).map_err(|error| refused(error.to_string()))?;
    let algorithm = kind.envelope_algorithm().ok_or_else(|| refused(format!("found {kind}")))?;
    let mut limits = Limits::default();
    limits.envelope = MOST_BYTES;
    let sealed = Sealed::jws_compact(proof.as_bytes(), &limits).map_err(IssuingError::Proof)?;
    let opened = sealed.open(0, key, algorithm, provider, Critical::Only(&[])).map_err(IssuingError::Proof)?;
    let is_proof = opened.protected().get("typ").and_then(|typ| typ.as_text()) == Some(POSSESSION);
    let expected = HEXLOWER.encode(Digest::sha256_of(token.as_bytes()).as_bytes());
    if is_proof && opened.payload() == expected.as_bytes() { Ok(()) } else { Err(IssuingError::ProofPayload) }
}

fn block(text: &str, labels: &[&str], expected: &'static str) -> Result<Vec<u8>, IssuingError> {
    match pem_rfc7468::decode_vec(text.trim().as_bytes()) {
        Ok((label, der)) if labels.contains(&label) => Ok(der),
        _ => Err(IssuingError::RequestMembers { expected }),
    }
}

/// `typ` of the proof (RFC 8725, 3.11), so that nothing else that the key signs is one.
const POSSESSION: &str = "plimsoll-possession+jws";

/// Most bytes of a proof: 16 KiB, of which a signature by RSA-4096 takes 700.
const MOST_BYTES: u64 = 16 * 1024;
