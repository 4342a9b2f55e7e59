use crate::forge::*;
use plimsoll_core::{Classify, Descriptor, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_notary::{Format, SignOptions, SignatureManifest, SigningError, SigningScheme, sign};
use plimsoll_testkit::pki::{Certified, KeySpec, NOT_AFTER, NOW, TestCa};

fn refused(ca: &TestCa, chain: &[&[u8]], options: &SignOptions) -> SigningError {
    now(sign(&target(), &signer(&ca.leaf), chain, options, provider())).unwrap_err()
}

// spec: NP-046, NP-047, NP-049, NP-052, NP-053, NP-055, NP-060, NP-064, NP-068, NP-070, NP-072, NP-073
// spec: NP-075, NP-080, NP-082, NP-085, NP-089, NP-112, NP-113, NP-116, NP-124, NP-148, NP-149
#[test]
fn what_is_signed_is_verified_with_every_key_in_both_formats() {
    for spec in KeySpec::ALL {
        let ca = TestCa::new(spec);
        for format in FORMATS {
            let options = SignOptions::new(NOW)
                .with_format(format)
                .with_expiry(NOW.saturating_add(60))
                .with_metadata("team", "dish");
            let signature = signed(&ca, &options);
            let verification = verify(&signature.envelope, &strict(&ca));
            assert_eq!(message(&verification), "held", "{spec:?} {format}");
            let verified = verification.verified().unwrap();
            assert_eq!(verified.subject(), "CN=Test Signer,O=Harbour,ST=WA,C=US");
            assert_eq!(verified.claims().scheme, SigningScheme::X509);
            assert_eq!(verified.claims().signing_time, NOW);
            assert_eq!(verified.claims().expiry, Some(NOW.saturating_add(60)));
            assert_eq!(verified.claims().metadata["team"], "dish");
            assert_eq!(verified.anchor().store.as_str().as_ref(), "ca:test");
            let read = SignatureManifest::read(&signature.manifest, &target().digest).unwrap();
            assert_eq!((&read.envelope, read.format), (signature.envelope.descriptor(), format));
        }
    }
}

// spec: NP-111, NP-128
#[test]
fn the_signing_agent_is_a_claim() {
    let ca = ca();
    for format in FORMATS {
        let signature = signed(&ca, &SignOptions::new(NOW).with_format(format));
        let envelope = plimsoll_notary::Envelope::parse(signature.envelope.bytes(), format.media_type()).unwrap();
        let checked = envelope.check(provider(), |_| None).unwrap();
        assert!(checked.claimed_signing_agent().unwrap().as_str().starts_with("plimsoll/"));
        assert!(!checked.has_timestamp());
    }
}

#[test]
fn the_same_input_makes_the_same_manifest_but_for_the_envelope() {
    let ca = TestCa::new(KeySpec::P521);
    let signature = signed(&ca, &SignOptions::new(NOW));
    let text = String::from_utf8(signature.manifest.bytes().to_vec()).unwrap();
    assert!(text.contains(&format!("\"org.opencontainers.image.created\":\"{NOW}\"")), "{text}");
    assert_eq!(signature.config.bytes(), b"{}");
}

#[test]
fn a_bad_chain_is_refused_before_anything_is_signed() {
    let ca = ca();
    let options = SignOptions::new(NOW);
    let chain = ca.chain();
    let reversed: Vec<_> = chain.iter().rev().copied().collect();
    assert_eq!(refused(&ca, &chain[..2], &options).code().name(), "chain-invalid");
    assert_eq!(refused(&ca, &reversed, &options).code().name(), "chain-invalid");
    assert_eq!(refused(&ca, &[], &options).code().name(), "chain-invalid");
    let late = SignOptions::new(NOT_AFTER.saturating_add(1));
    assert_eq!(refused(&ca, &chain, &late).code().name(), "certificate-expired");
    let early = SignOptions::new(UnixTime::MIN);
    assert_eq!(refused(&ca, &chain, &early).code().name(), "certificate-not-yet-valid");
}

#[test]
fn a_key_that_is_not_the_leafs_is_refused() {
    let (one, other) = (ca(), ca());
    let options = SignOptions::new(NOW);
    assert_eq!(refused(&one, &other.chain(), &options).code().name(), "signature-invalid");
    let rsa = TestCa::new(KeySpec::Rsa2048);
    let error = refused(&one, &rsa.chain(), &options);
    assert_eq!(
        error.to_string(),
        "the signing certificate holds a key of RSA-2048: expected RsaPssSha256, found a signer with EcdsaP256Sha256Fixed"
    );
    assert_eq!(error.code().name(), "signing-refused");
}

// spec: NP-106
#[test]
fn options_that_no_verifier_would_accept_are_refused() {
    let ca = ca();
    for key in ["io.cncf.notary.x", "io.cncf.notaryfoo", "io.cncf.notary"] {
        let error = refused(&ca, &ca.chain(), &SignOptions::new(NOW).with_metadata(key, "v"));
        assert_eq!(
            error.to_string(),
            format!("expected a metadata key that does not start with `io.cncf.notary`, found `{key}`")
        );
    }
    let error = refused(&ca, &ca.chain(), &SignOptions::new(NOW).with_expiry(NOW));
    assert_eq!(error.to_string(), format!("expected an expiry after the signing time {NOW}, found {NOW}"));
}

#[test]
fn a_lone_self_signed_leaf_signs() {
    let role = plimsoll_pki::issue::Role::Signer { ocsp: &[], crl: &[] };
    let alone = Certified::self_signed(KeySpec::P384, "CN=alone,O=Harbour,ST=WA,C=US", role, |_| ());
    let signature = now(sign(&target(), &signer(&alone), &[&alone.der], &SignOptions::new(NOW), provider())).unwrap();
    let mut stores = plimsoll_notary::TrustStores::new();
    stores.add(plimsoll_testkit::pki::named_store("ca:test", &[&alone.der]));
    let trust = plimsoll_notary::TrustContext::new(statement("strict", "", "*"), &stores);
    assert_eq!(message(&verify(&signature.envelope, &trust)), "held");
}

#[test]
fn a_signature_is_about_one_artifact() {
    let ca = ca();
    let other = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"[]");
    let signature =
        now(sign(&other, &signer(&ca.leaf), &ca.chain(), &SignOptions::new(NOW).with_format(Format::Cose), provider()))
            .unwrap();
    assert_eq!(code(&verify(&signature.envelope, &strict(&ca))), "target-mismatch");
}
