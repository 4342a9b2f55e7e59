//! Verifies one Notary signature from memory: no runtime, no clock, no network, no file.
//!
//! ```sh
//! cargo run -p plimsoll --example verify_from_memory
//! ```

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unreachable,
    reason = "an example that says what it does, and stops where it is wrong"
)]

use plimsoll::{
    core::{Descriptor, UnixTime},
    crypto::provider,
    notary::{SignOptions, TrustContext, TrustStores, policy::TrustPolicy, sign, verify_signature},
};
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

const POLICY: &[u8] = br#"{"version": "1.0", "trustPolicies": [{
    "name": "release", "registryScopes": ["registry.example.com/app"],
    "signatureVerification": {"level": "strict"},
    "trustStores": ["ca:release"], "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Harbour"]
}]}"#;

fn main() {
    // What arrives from elsewhere: an image's descriptor, and an envelope that claims to sign it.
    let (ca, image) = (TestCa::new(KeySpec::P256), Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}"));
    let envelope = envelope(&ca, &image);

    // What the verifier has: a policy and a trust store, as data, and the time.
    let policy = TrustPolicy::parse(POLICY).expect("a trust policy");
    let mut stores = TrustStores::new();
    stores.add(ca.named_store("ca:release"));
    let trust = TrustContext::new(policy.statements()[0].clone(), &stores);
    let verify = |image: &Descriptor, at: UnixTime| {
        verify_signature(&envelope, "application/jose+json", image, &trust, at, provider())
    };

    let held = verify(&image, NOW);
    let signer = held.verified().expect("a signature that holds").subject().to_owned();
    println!("held: signed by {signer}");

    // Refused: another image, and a time at which the certificate is not valid any more.
    let other = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"[]");
    for refused in [verify(&other, NOW), verify(&image, NOW.saturating_add(100 * 365 * 86_400))] {
        assert!(refused.verified().is_none());
        println!("refused: {}", refused.failure().and_then(|check| check.failure()).expect("a reason"));
    }
}

/// Signs with a local key, whose future is ready at once.
fn envelope(ca: &TestCa, image: &Descriptor) -> Vec<u8> {
    let key = ca.leaf.key.envelope_signer().expect("a key for envelopes");
    let (chain, options) = (ca.chain(), SignOptions::new(NOW));
    let mut signing = pin!(sign(image, &key, &chain, &options, provider()));
    match signing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(made) => made.expect("a signature").envelope.bytes().to_vec(),
        Poll::Pending => unreachable!("a local key is ready at once"),
    }
}
