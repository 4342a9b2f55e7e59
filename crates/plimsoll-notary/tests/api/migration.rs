//! From classic keys to ML-DSA: blobs and timestamps under either, and both together while a team moves.

use crate::{
    forge::*,
    ml_dsa::{Port, PqCa, SETS, both, everywhere, seconded},
    steps::{blob, stamp},
};
use plimsoll_core::{Algorithm, Blob, Decision, Evaluate, Sign as _};
use plimsoll_crypto::{Curve, ParameterSet, PrivateKey, provider};
use plimsoll_envelope::{CountersignatureDraft, Critical, HeaderValue, Label, Limits, Sealed};
use plimsoll_notary::{
    Artifact, BlobArtifact, Envelope, Format, HashFunction, NotarySignature, NotarySignatures, SIGNATURE_TYPE,
    SignOptions, SignatureWarning, SigningError, Suite, TrustContext, TrustStores, Verifier, blob_digest_algorithm,
    policy::BlobTrustPolicy, sign_artifact,
};
use plimsoll_pki::{
    distrust::{Distrust, DistrustEntry, Subject},
    revocation::NoAnswers,
};
use plimsoll_policy::Policy;
use plimsoll_testkit::{
    pki::{KeySpec, NOT_AFTER, NOW, TestCa, named_store},
    timestamp::TestTsa,
};

const HASHES: [HashFunction; 3] = [HashFunction::Sha256, HashFunction::Sha384, HashFunction::Sha512];

#[test]
fn a_blob_is_signed_by_ml_dsa_and_hashed_no_weaker_than_its_key() {
    let policy = br#"{"version": "1.0", "trustPolicies": [{"name": "files", "globalPolicy": true,
        "signatureVerification": {"level": "strict"}, "trustStores": ["ca:test"], "trustedIdentities": ["*"]}]}"#;
    let policy = BlobTrustPolicy::parse(policy).unwrap();
    for ((set, algorithm, name), function) in SETS.into_iter().zip(HASHES) {
        let ca = PqCa::new(set);
        let trust = TrustContext::new(policy.applicable(None).unwrap().clone(), &ca.stores());
        let verifier = Verifier::new(&trust, NOW, provider());
        for format in FORMATS {
            let options = SignOptions::new(NOW).with_format(format);
            let sign = |blob: &BlobArtifact| {
                now(sign_artifact(Artifact::Blob(blob), &ca.signer, &ca.chain(), &options, provider()))
            };
            let made = sign(&blob(function, b"file")).unwrap();
            let envelope = made.envelope().unwrap();
            let media_type = &envelope.descriptor().media_type;
            assert_eq!(**media_type, *Suite::MlDsa.media_type(format));
            assert_eq!(blob_digest_algorithm(envelope.bytes(), media_type).unwrap(), function, "{name}");
            let verify = |blob: &BlobArtifact| {
                code(&verifier.verify(envelope.bytes(), media_type, Artifact::Blob(blob), &mut NoAnswers).unwrap())
            };
            assert_eq!(verify(&blob(function, b"file")), "held");
            assert_eq!(verify(&blob(function, b"fil")), "target-mismatch");
            // Another function is refused when signing, and makes another artifact when verifying.
            for other in HASHES.into_iter().filter(|other| *other != function) {
                assert_eq!(verify(&blob(other, b"file")), "target-mismatch");
                let error = sign(&blob(other, b"file")).unwrap_err();
                let expected = format!("a signature with {algorithm:?} is over the SHA-");
                assert!(error.to_string().starts_with(&expected), "{error}");
            }
        }
    }
    // A key that is not of the suite says nothing of a hash.
    let classic = TestCa::new(KeySpec::P256);
    let file = blob(HashFunction::Sha256, b"file");
    let options = SignOptions::new(NOW);
    let (key, chain) = (signer(&classic.leaf), classic.chain());
    let made = now(sign_artifact(Artifact::Blob(&file), &key, &chain, &options, provider())).unwrap();
    let envelope = made.envelope().unwrap();
    assert!(blob_digest_algorithm(envelope.bytes(), Suite::MlDsa.media_type(Format::Jws)).is_err());
}

#[test]
fn files_of_signatures_by_ml_dsa_are_told_by_their_names() {
    let of = Suite::of_blob_signature;
    for suite in [Suite::MlDsa, Suite::Notary] {
        for format in FORMATS {
            assert_eq!(of(&suite.blob_signature_name("a.tar", format)), Some((suite, format)));
        }
    }
    assert_eq!(of("A.COSE.PQ.SIG"), Some((Suite::MlDsa, Format::Cose)));
    for other in [".jws.pq.sig", "jws.pq.sig", "a.pq.sig", "a.pq.jws", "a.jws.pq", "a.jws.pqsig", "a.sig", ""] {
        assert_eq!(of(other), None, "{other}");
    }
    assert_eq!(of("a.pq.jws.sig"), Some((Suite::Notary, Format::Jws)), "the file is called a.pq");
}

// attack: A-200
#[test]
fn a_timestamp_proves_the_time_of_a_signature_by_ml_dsa() {
    let (tsa, other) = (TestTsa::new(KeySpec::P256), TestTsa::new(KeySpec::P256));
    let artifact = target();
    for ((set, ..), function) in SETS.into_iter().zip(HASHES) {
        let ca = PqCa::new(set);
        for format in FORMATS {
            let options = SignOptions::new(NOW).with_format(format).lasting_until(NOT_AFTER.saturating_add(1));
            let chain = ca.chain();
            let made = sign_artifact(Artifact::Manifest(&artifact), &ca.signer, &chain, &options, provider());
            let made = now(made).unwrap();
            assert!(matches!(made.signature_manifest().unwrap_err(), SigningError::ShortLived { .. }));
            let token = stamp(&tsa, &made);
            assert!(matches!(
                made.with_timestamp(&token, &other.trust_store(), provider()).unwrap_err(),
                SigningError::Timestamp(_)
            ));
            let stamped = made.with_timestamp(&token, &tsa.trust_store(), provider()).unwrap();
            let envelope = stamped.signature_manifest().unwrap().envelope;
            let read = plimsoll_pki::timestamp::TimestampToken::parse(&token, &Default::default()).unwrap();
            let length = read.claimed().imprint.digest().len();
            assert_eq!(length, function.digest(b"").len(), "the imprint is no weaker than the key");
            let stores = |root: &TestTsa| {
                let mut stores = ca.stores();
                stores.add(named_store("tsa:test", &[&root.root.der]));
                let statement = of_members(
                    r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:test", "tsa:test"],
                    "trustedIdentities": ["*"]"#,
                );
                TrustContext::new(statement, &stores)
            };
            let late = NOT_AFTER.saturating_add(1);
            let verification = verify_at(&envelope, &stores(&tsa), late);
            assert_eq!(message(&verification), "held");
            assert!(verification.timestamp().is_some());
            assert!(verify_at(&envelope, &stores(&other), late).verified().is_none());
        }
    }
}

/// A classic signer whom a rule names, and ML-DSA beside it.
const BOTH: &str = r#"
version: 1
name: both
rules:
  - name: classic
    require:
      signature: {by: [{subject: "CN=Test Signer,O=Harbour,ST=WA,C=US"}]}
  - name: post-quantum
    require:
      condition: signatures.exists(s, 'ML-DSA-65' in s.countersigned)
examples: []
"#;

fn decides(signature: &NotarySignature, stores: TrustStores) -> Vec<String> {
    let policy = Policy::parse(BOTH.as_bytes(), None).unwrap();
    let facts = Port::new(signature, Some(SIGNATURE_TYPE)).gather(&NotarySignatures::new(everywhere(), stores));
    let verdict = policy.evaluate(&facts);
    let failed: Vec<_> = verdict.reasons.iter().map(|reason| reason.rule.to_string()).collect();
    assert_eq!(matches!(verdict.decision, Decision::Admit), failed.is_empty(), "{:?}", verdict.reasons);
    failed
}

/// The same manifest with another envelope.
fn with_envelope(signature: &NotarySignature, bytes: Vec<u8>) -> NotarySignature {
    let envelope = Blob::of(&signature.envelope.descriptor().media_type, bytes);
    let manifest = plimsoll_oci::ImageManifest::artifact(SIGNATURE_TYPE)
        .layer(envelope.descriptor().clone())
        .about(target())
        .to_blob();
    let mut changed = signature.clone();
    (changed.envelope, changed.manifest) = (envelope, manifest);
    changed
}

/// Where these bytes stand in the others.
fn find(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).position(|window| window == needle).unwrap()
}

#[test]
fn a_policy_demands_both_and_refuses_when_either_is_broken() {
    let (first, second) = (TestCa::new(KeySpec::P256), PqCa::new(ParameterSet::MlDsa65));
    for format in FORMATS {
        let made = seconded(&first, &second, Algorithm::MlDsa65, format).signature_manifest().unwrap();
        let trusted = || both(&first, &second);
        assert!(decides(&made, trusted()).is_empty());
        let held = verify(&made.envelope, &TrustContext::new(statement("strict", "", "*"), &trusted()));
        let report: serde_json::Value = serde_json::from_str(&held.report().to_json()).unwrap();
        let second_signer = &report["signature"]["countersigners"][0];
        assert_eq!(second_signer["algorithm"], "ML-DSA-65");
        assert_eq!(second_signer["leaf"], plimsoll_core::Digest::sha256_of(&second.leaf).to_string());
        assert_eq!(second_signer["anchor"], plimsoll_core::Digest::sha256_of(&second.root).to_string());
        assert_ne!(second_signer["key"], report["signature"]["key"]);
        assert_eq!(second_signer["store"], "ca:test");
        // An old reader sees a classic signature.
        assert_eq!(code(&verify(&made.envelope, &strict(&first))), "held");

        // Taken off.
        let plain = signed(&first, &SignOptions::new(NOW).with_format(format));
        assert_eq!(decides(&plain, trusted()), ["post-quantum"]);
        // ML-DSA alone, under names of its own.
        let options = SignOptions::new(NOW).with_format(format);
        let alone = now(plimsoll_notary::sign(&target(), &second.signer, &second.chain(), &options, provider()));
        let failed = decides(&alone.unwrap(), trusted());
        assert_eq!(failed, ["classic", "post-quantum"]);
        // Another parameter set than the rule asks for.
        let weaker = PqCa::new(ParameterSet::MlDsa44);
        let other = seconded(&first, &weaker, Algorithm::MlDsa44, format).signature_manifest().unwrap();
        assert_eq!(decides(&other, both(&first, &weaker)), ["post-quantum"]);
        // Either of them by somebody who is not trusted, or not any more.
        assert_eq!(decides(&made, stores(&first)), ["post-quantum"]);
        assert_eq!(decides(&made, second.stores()), ["classic", "post-quantum"]);
        let gone = |leaf: &[u8]| {
            let leaf = plimsoll_core::Digest::sha256_of(leaf);
            trusted().with_distrust(Distrust::new([DistrustEntry::new(Subject::Certificate(leaf), "leaked")]))
        };
        assert_eq!(decides(&made, gone(&second.leaf)), ["post-quantum"]);
        assert_eq!(decides(&made, gone(&first.leaf.der)), ["classic", "post-quantum"]);

        // A bit of either signature turned round.
        let read = Envelope::parse(made.envelope.bytes(), format.media_type()).unwrap();
        let checked = read.check(provider(), |_| None).unwrap();
        let list = checked.countersignatures().unwrap().unwrap();
        for (signature, expected) in [
            (checked.signature().to_vec(), &["classic", "post-quantum"][..]),
            (list.unverified(0).unwrap().claimed_signature().to_vec(), &["post-quantum"]),
        ] {
            let mut turned = signature.clone();
            turned[20] ^= 4;
            let text = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes).into_bytes();
            let (needle, other) = match format {
                Format::Jws => (text(&signature), text(&turned)),
                _ => (signature, turned),
            };
            let mut bytes = made.envelope.bytes().to_vec();
            let at = find(&bytes, &needle);
            bytes[at..at + needle.len()].copy_from_slice(&other);
            assert_eq!(decides(&with_envelope(&made, bytes), trusted()), expected, "{format}");
        }
        // And unchanged it still holds in the new manifest.
        assert!(decides(&with_envelope(&made, made.envelope.bytes().to_vec()), trusted()).is_empty());
    }
}

/// What a rule that asks for ML-DSA is there to withstand: somebody who can forge P-256, and issues himself a certificate with ML-DSA.
#[test]
fn below_a_classic_root_a_key_of_ml_dsa_counts_for_nothing() {
    let first = TestCa::new(KeySpec::P256);
    let classic = PrivateKey::generate(Curve::P256).unwrap();
    let second = PqCa::under(&classic, Algorithm::EcdsaP256Sha256Der, ParameterSet::MlDsa65);
    let good = PqCa::new(ParameterSet::MlDsa65);
    for format in FORMATS {
        // No signer makes it ...
        let options = SignOptions::new(NOW).with_format(format);
        let (artifact, chain) = (target(), first.chain());
        let by = signer(&first.leaf);
        let made = now(sign_artifact(Artifact::Manifest(&artifact), &by, &chain, &options, provider())).unwrap();
        let input = made.countersigning_input(Algorithm::MlDsa65, provider()).unwrap();
        let signature = second.signer.sign_now(&input).unwrap();
        let refused = made.with_countersignature(Algorithm::MlDsa65, &signature, &second.chain(), provider());
        let expected = "expected an issuer with a key of ML-DSA-44, ML-DSA-65 or ML-DSA-87, found P-256";
        assert!(refused.unwrap_err().to_string().ends_with(expected));
        // ... and whoever makes it all the same is nobody.
        let plain = made.signature_manifest().unwrap();
        let countersigned = |by: &PqCa| {
            let (bytes, limits) = (plain.envelope.bytes(), Limits::default());
            let sealed = match format {
                Format::Jws => Sealed::jws_flattened(bytes, &limits),
                _ => Sealed::cose_sign1(bytes, &limits),
            };
            let (sealed, key) = (sealed.unwrap(), first.leaf.key.public_key());
            let opened = sealed.open(0, key, signer(&first.leaf).algorithm(), provider(), Critical::JudgedByCaller);
            let draft = CountersignatureDraft::new(&opened.unwrap(), Algorithm::MlDsa65, &[]).unwrap();
            let label = if format == Format::Jws { Label::from("x5c") } else { Label::from(33) };
            let signature = by.signer.sign_now(draft.signing_input()).unwrap();
            draft.attach(&signature, &[(label, HeaderValue::chain(&by.chain()))]).unwrap()
        };
        let forged = with_envelope(&plain, countersigned(&second));
        assert_eq!(decides(&forged, both(&first, &second)), ["post-quantum"], "{format}");
        let held = verify(&forged.envelope, &TrustContext::new(statement("strict", "", "*"), &both(&first, &second)));
        let [SignatureWarning::Countersignature { problem, .. }] = &held.claims().unwrap().warnings[..] else {
            panic!()
        };
        assert!(problem.message.ends_with(expected), "{problem}");
        assert!(decides(&with_envelope(&plain, countersigned(&good)), both(&first, &good)).is_empty());
        // Nor does it sign alone.
        let alone = Forge::new(format).seal_by(&second.signer, &second.chain());
        let alone = Blob::of(Suite::MlDsa.media_type(format), alone.bytes().to_vec());
        let trust = TrustContext::new(statement("strict", "", "*"), &second.stores());
        let refused = verify(&alone, &trust);
        assert!(refused.verified().is_none() && message(&refused).ends_with(expected), "{}", message(&refused));
    }
}
