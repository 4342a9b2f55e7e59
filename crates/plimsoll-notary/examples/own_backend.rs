//! A cryptographic back end of one's own: ECDSA on P-256 by the `p256` crate, and nothing else, counted.
//!
//! ```text
//! cargo run -p plimsoll-notary --example own_backend
//! ```
#![allow(clippy::print_stdout, reason = "a program speaks to whoever runs it")]

use p256::ecdsa::{Signature, VerifyingKey, signature::MultipartVerifier};
use plimsoll_core::{Algorithm, Descriptor, Message, Provider, PublicKey, SignatureAlgorithm, VerifyError};
use plimsoll_notary::{
    Artifact, SignOptions, SigningRequest, TrustContext, TrustStores, Verification, policy::TrustPolicy,
    verify_signature,
};
use plimsoll_pki::KeyKind;
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};
use std::{
    error::Error,
    sync::atomic::{AtomicUsize, Ordering},
};

/// ES256 in envelopes, ecdsa-with-SHA256 in certificates.
struct P256 {
    algorithm: Algorithm,
    checks: AtomicUsize,
}

impl P256 {
    const fn new(algorithm: Algorithm) -> Self {
        Self { algorithm, checks: AtomicUsize::new(0) }
    }
}

impl SignatureAlgorithm for P256 {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    /// The contract: never panic, refuse keys of another type, take one encoding only, answer the same every time.
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let (Ok(KeyKind::P256), Some(point)) = (KeyKind::of_spki(key.spki_der()), key.spki_der().last_chunk::<65>())
        else {
            return Err(VerifyError::BadSignature);
        };
        let Message::Parts(parts) = message else { return Err(VerifyError::Unsupported) };
        let bad = |_| VerifyError::BadSignature;
        let key = VerifyingKey::from_sec1_bytes(point).map_err(bad)?;
        let signature = match self.algorithm {
            Algorithm::EcdsaP256Sha256Der => Signature::from_der(signature),
            _ => Signature::from_slice(signature),
        };
        key.multipart_verify(parts, &signature.map_err(bad)?).map_err(bad)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (envelopes, certificates) =
        (P256::new(Algorithm::EcdsaP256Sha256Fixed), P256::new(Algorithm::EcdsaP256Sha256Der));
    let own = [&envelopes as &dyn SignatureAlgorithm, &certificates];
    let crypto = Provider::new(&own);

    // An authority and a signature, for this example. Whoever signs needs no back end but to check what came out.
    let ca = TestCa::new(KeySpec::P256);
    let app = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}");
    let envelope = signed(&ca, &app, crypto)?;
    let trust = trust(&ca)?;
    let verify = |envelope: &[u8], app: &Descriptor| -> Verification {
        verify_signature(envelope, "application/jose+json", app, &trust, NOW, crypto)
    };
    let held = verify(&envelope, &app);
    let signer = held.verified().ok_or("the signature should hold")?;
    println!("held: signed by {}", signer.subject());
    let count = |one: &P256| one.checks.load(Ordering::Relaxed);
    println!("checked {} envelope and {} certificate signatures", count(&envelopes), count(&certificates));

    // One bit of the signed payload is another.
    let mut bad = envelope.clone();
    let at = bad.windows(9).position(|part| part == b"\"payload\"").ok_or("no payload")?;
    if let Some(octet) = bad.get_mut(at.saturating_add(20)) {
        *octet = if *octet == b'A' { b'B' } else { b'A' };
    }
    refused("altered", &verify(&bad, &app))?;
    // What this back end does not have is not wrong, but not known either.
    let rsa = TestCa::new(KeySpec::Rsa2048);
    let envelope = signed(&rsa, &app, plimsoll_crypto::provider())?;
    refused("by RSA", &verify(&envelope, &app))
}

fn signed(ca: &TestCa, app: &Descriptor, crypto: Provider<'_>) -> Result<Vec<u8>, Box<dyn Error>> {
    let options = SignOptions::new(NOW);
    let request = SigningRequest::new(Artifact::Manifest(app), &options)?;
    let signer = ca.leaf.key.envelope_signer()?;
    let draft = request.draft(plimsoll_core::Sign::algorithm(&signer))?;
    let made = draft.attach(&signer.sign_now(draft.signing_input())?, &ca.chain(), crypto)?;
    Ok(made.envelope()?.bytes().to_vec())
}

fn trust(ca: &TestCa) -> Result<TrustContext, Box<dyn Error>> {
    let policy = TrustPolicy::parse(
        br#"{"version": "1.0", "trustPolicies": [{"name": "release", "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"}, "trustStores": ["ca:release"], "trustedIdentities": ["*"]}]}"#,
    )?;
    let mut stores = TrustStores::new();
    stores.add(ca.named_store("ca:release"));
    let statement = policy.statements().first().ok_or("no statement")?;
    Ok(TrustContext::new(statement.clone(), &stores))
}

fn refused(what: &str, verification: &Verification) -> Result<(), Box<dyn Error>> {
    let error = verification.failure().and_then(|failed| failed.failure()).ok_or("it should have been refused")?;
    println!("refused, {what}: {}: {error}", plimsoll_core::Classify::code(error));
    if verification.verified().is_some() { Err("it held".into()) } else { Ok(()) }
}
