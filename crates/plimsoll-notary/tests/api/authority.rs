//! Signing as an authority whose time is trusted: the scheme `notary.x509.signingAuthority`.

use crate::{forge::*, steps::made};
use plimsoll_crypto::provider;
use plimsoll_notary::{Artifact, SignOptions, SigningError, SigningScheme, TrustContext, sign_artifact};
use plimsoll_pki::timestamp::Nonce;
use plimsoll_testkit::{
    pki::{KeySpec, NOT_AFTER, NOW, TestCa, named_store},
    timestamp::TestTsa,
};

// spec: NP-184
#[test]
fn a_signing_authority_signs_and_only_its_own_store_trusts_it() {
    for spec in KeySpec::ALL {
        let ca = TestCa::new(spec);
        for format in FORMATS {
            let expiry = NOW.saturating_add(60);
            let options = SignOptions::new(NOW).with_format(format).with_expiry(expiry).by_signing_authority();
            let made = made(&ca, &options.clone().with_metadata("team", "dish"));
            let signature = made.signature_manifest().unwrap();
            let level = |stores: &str| {
                of_members(&format!(
                    r#""signatureVerification": {{"level": "strict"}}, "trustStores": [{stores}], "trustedIdentities": ["*"]"#
                ))
            };
            let mut all = store_of("signingAuthority:test", &ca);
            all.add(named_store("ca:test", &[&ca.root.der]));
            let held = |stores: &str, at| verify_at(&signature.envelope, &TrustContext::new(level(stores), &all), at);
            let verification = held(r#""signingAuthority:test""#, NOW);
            let claims = verification.verified().unwrap_or_else(|| panic!("{}", message(&verification))).claims();
            assert_eq!(claims.scheme, SigningScheme::X509SigningAuthority);
            assert_eq!((claims.signing_time, claims.expiry), (NOW, Some(expiry)));
            assert_eq!(claims.metadata["team"], "dish");
            // The very same root in a `ca` store trusts nobody's time.
            assert_eq!(code(&held(r#""ca:test""#, NOW)), "trust-store-empty");
            assert_eq!(code(&held(r#""ca:test", "signingAuthority:test""#, NOW)), "held");
            assert_eq!(code(&held(r#""signingAuthority:test""#, expiry)), "signature-expired");
            let plain = signed(&ca, &SignOptions::new(NOW).with_format(format));
            let trust = TrustContext::new(level(r#""signingAuthority:test""#), &all);
            assert_eq!(code(&verify(&plain.envelope, &trust)), "trust-store-empty", "and the reverse");
        }
    }
}

#[test]
fn the_time_of_a_signing_authority_outlasts_its_chain_and_takes_no_timestamp() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    let options = SignOptions::new(NOW).by_signing_authority().lasting_until(NOT_AFTER.saturating_add(1));
    let made = made(&ca, &options);
    let signature = made.signature_manifest().unwrap();
    let statement = of_members(
        r#""signatureVerification": {"level": "strict"}, "trustStores": ["signingAuthority:test"], "trustedIdentities": ["*"]"#,
    );
    let trust = TrustContext::new(statement, &store_of("signingAuthority:test", &ca));
    assert_eq!(message(&verify_at(&signature.envelope, &trust, NOT_AFTER.saturating_add(1))), "held");
    assert_eq!(made.timestamp_request(Nonce::from_random([3; 20])).unwrap_err(), SigningError::AuthorityTimestamp);
    let error = made.with_timestamp(&tsa.token(b""), &tsa.trust_store(), provider()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected a signature whose time nobody answers for, found one of a signing authority: it has no timestamp"
    );
    // A chain that is not valid at the authentic time is not signed with.
    let options = SignOptions::new(NOT_AFTER.saturating_add(1)).by_signing_authority();
    let target = target();
    let error = now(sign_artifact(Artifact::Manifest(&target), &signer(&ca.leaf), &ca.chain(), &options, provider()));
    assert!(matches!(error.unwrap_err(), SigningError::Certificate(_)));
}
