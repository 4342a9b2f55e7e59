//! Certificates with ML-DSA (RFC 9881): issued, read and verified as chains.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may panic")]

use plimsoll_core::{Algorithm, Classify, Provider};
use plimsoll_crypto::{Curve, ParameterSet, PrivateKey, SignError, provider};
use plimsoll_pki::{
    Certificate, ChainError, ChainOptions, KeyKind, Limits, OwnedCertificate, Profile, SignatureMethod, Validity, code,
    issue::{IssueError, Request, Role, issue},
    verify_chain,
};
use plimsoll_testkit::pki::{INTERMEDIATE, LEAF, NOT_AFTER, NOT_BEFORE, NOW, ROOT, named_store};
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

const SETS: [(ParameterSet, Algorithm, KeyKind, SignatureMethod); 3] = [
    (ParameterSet::MlDsa44, Algorithm::MlDsa44, KeyKind::MlDsa44, SignatureMethod::MlDsa44),
    (ParameterSet::MlDsa65, Algorithm::MlDsa65, KeyKind::MlDsa65, SignatureMethod::MlDsa65),
    (ParameterSet::MlDsa87, Algorithm::MlDsa87, KeyKind::MlDsa87, SignatureMethod::MlDsa87),
];
const ANY_ROOT: Role<'_> = Role::Root { path_length: None };
const SIGNER: Role<'_> = Role::Signer { ocsp: &[], crl: &[] };

fn made(
    subject: &str,
    key: &PrivateKey,
    role: Role<'_>,
    issuer: Option<&OwnedCertificate>,
    by: (&PrivateKey, Algorithm),
) -> Result<OwnedCertificate, IssueError<SignError>> {
    let limits = Limits::default();
    let issuer = issuer.map(|issuer| issuer.view(&limits).unwrap());
    let validity = Validity { not_before: NOT_BEFORE, not_after: NOT_AFTER };
    let request = Request { subject, key: key.public_key(), serial: [7; 16], validity, role };
    let signer = by.0.signer(by.1).unwrap();
    match pin!(issue(&request, issuer.as_ref(), &signer, provider())).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a key in memory does not wait"),
    }
}

fn ml_dsa(set: ParameterSet) -> PrivateKey {
    PrivateKey::generate_ml_dsa(set).unwrap()
}

/// Leaf, intermediate, root.
fn chain(set: ParameterSet, algorithm: Algorithm) -> [Vec<u8>; 3] {
    let keys = [ml_dsa(set), ml_dsa(set), ml_dsa(set)];
    let root = made(ROOT, &keys[0], ANY_ROOT, None, (&keys[0], algorithm)).unwrap();
    let below = Role::Intermediate { path_length: Some(0) };
    let middle = made(INTERMEDIATE, &keys[1], below, Some(&root), (&keys[0], algorithm)).unwrap();
    let leaf = made(LEAF, &keys[2], SIGNER, Some(&middle), (&keys[1], algorithm)).unwrap();
    [leaf, middle, root].map(|one| one.der().to_vec())
}

fn verify<'a>(
    chain: &'a [Vec<u8>; 3],
    profile: Profile,
    crypto: Provider<'_>,
) -> Result<plimsoll_pki::VerifiedChain<'a>, ChainError> {
    let der: [&[u8]; 3] = chain.each_ref().map(Vec::as_slice);
    verify_chain(&der, &ChainOptions::new(profile), crypto, None)
}

#[test]
fn chains_of_every_parameter_set_are_issued_and_hold() {
    for (set, algorithm, kind, method) in SETS {
        let made = chain(set, algorithm);
        let held = verify(&made, Profile::NotaryMlDsa, provider()).unwrap();
        held.valid_at(NOW).unwrap();
        for certificate in held.certificates() {
            assert_eq!((certificate.key(), certificate.signature_method()), (kind, method));
        }
        let store = plimsoll_pki::TrustStore::new([named_store("ca:pq", &[&made[2]])]);
        assert!(held.anchored_in(&store).is_ok());
        // Under the rules of the Notary Project the same chain does not hold: it has no such keys.
        let refused = verify(&made, Profile::NotarySigning, provider()).unwrap_err();
        assert_eq!(refused.code(), code::CERTIFICATE_PROFILE);
        let expected = format!("expected a key of RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521, found {kind}");
        assert!(refused.to_string().ends_with(&expected), "{refused}");
    }
}

#[test]
fn a_changed_certificate_or_signature_does_not_hold() {
    let good = chain(ParameterSet::MlDsa44, Algorithm::MlDsa44);
    for index in 0..3 {
        let mut bad = good.clone();
        // The last octet is of the signature.
        *bad[index].last_mut().unwrap() ^= 1;
        assert!(verify(&bad, Profile::NotaryMlDsa, provider()).is_err(), "certificate {index}");
    }
    let other = chain(ParameterSet::MlDsa44, Algorithm::MlDsa44);
    let mixed = [good[0].clone(), other[1].clone(), other[2].clone()];
    assert_eq!(verify(&mixed, Profile::NotaryMlDsa, provider()).unwrap_err().code(), code::CHAIN_INVALID);
}

#[test]
fn without_a_back_end_it_is_not_supported_rather_than_wrong() {
    let good = chain(ParameterSet::MlDsa65, Algorithm::MlDsa65);
    let refused = verify(&good, Profile::NotaryMlDsa, Provider::new(&[])).unwrap_err();
    assert_eq!(refused.class(), plimsoll_core::Class::Unavailable, "{refused}");
}

#[test]
fn a_classic_signer_is_none_where_ml_dsa_is_wanted() {
    let (root_key, leaf_key) = (ml_dsa(ParameterSet::MlDsa65), PrivateKey::generate(Curve::P256).unwrap());
    let root = made(ROOT, &root_key, ANY_ROOT, None, (&root_key, Algorithm::MlDsa65)).unwrap();
    let leaf = made(LEAF, &leaf_key, SIGNER, Some(&root), (&root_key, Algorithm::MlDsa65)).unwrap();
    let der = [leaf.der(), root.der()];
    // An ML-DSA root may issue a classic signer: how a team starts.
    assert!(verify_chain(&der, &ChainOptions::new(Profile::NotarySigning), provider(), None).is_ok());
    let refused = verify_chain(&der, &ChainOptions::new(Profile::NotaryMlDsa), provider(), None).unwrap_err();
    assert_eq!(refused.code(), code::CERTIFICATE_PROFILE);
    assert!(refused.to_string().ends_with("expected a key of ML-DSA-44, ML-DSA-65 or ML-DSA-87, found P-256"));
}

/// Whoever breaks P-256 issues what he likes below it, with any key.
#[test]
fn a_signer_by_ml_dsa_under_a_classic_issuer_is_none() {
    let classic = PrivateKey::generate(Curve::P256).unwrap();
    let by_classic = (&classic, Algorithm::EcdsaP256Sha256Der);
    let (middle_key, leaf_key) = (ml_dsa(ParameterSet::MlDsa65), ml_dsa(ParameterSet::MlDsa65));
    let below = Role::Intermediate { path_length: Some(0) };
    let root = made(ROOT, &classic, ANY_ROOT, None, by_classic).unwrap();
    let direct = made(LEAF, &leaf_key, SIGNER, Some(&root), by_classic).unwrap();
    let middle = made(INTERMEDIATE, &middle_key, below, Some(&root), by_classic).unwrap();
    let leaf = made(LEAF, &leaf_key, SIGNER, Some(&middle), (&middle_key, Algorithm::MlDsa65)).unwrap();
    let chains: [(&[&[u8]], usize); 2] =
        [(&[direct.der(), root.der()], 1), (&[leaf.der(), middle.der(), root.der()], 2)];
    // Nor where the root, or all above the signer, is trusted as it is.
    let anchors = plimsoll_pki::TrustStore::new([named_store("ca:pq", &[root.der()])]);
    for (der, index) in chains {
        for anchors in [None, Some(&anchors)] {
            let refused = verify_chain(der, &ChainOptions::new(Profile::NotaryMlDsa), provider(), anchors).unwrap_err();
            assert_eq!(refused.code(), code::CERTIFICATE_PROFILE);
            let text = refused.to_string();
            assert!(text.starts_with(&format!("certificate {index} of the chain")), "{text}");
            let expected = "expected an issuer with a key of ML-DSA-44, ML-DSA-65 or ML-DSA-87, found P-256";
            assert!(text.ends_with(expected), "{text}");
        }
    }
}

#[test]
fn a_key_of_another_parameter_set_issues_nothing_for_an_issuer() {
    let (root_key, other) = (ml_dsa(ParameterSet::MlDsa44), ml_dsa(ParameterSet::MlDsa65));
    let root = made(ROOT, &root_key, ANY_ROOT, None, (&root_key, Algorithm::MlDsa44)).unwrap();
    let refused = made(LEAF, &ml_dsa(ParameterSet::MlDsa44), SIGNER, Some(&root), (&other, Algorithm::MlDsa65));
    assert!(refused.is_err());
    let view = Certificate::from_der(root.der(), &Limits::default()).unwrap();
    assert_eq!(view.key(), KeyKind::MlDsa44);
}
