//! ML-DSA: signatures under names of their own, and countersignatures beside classic ones.

use crate::forge::{now, signer, statement, stores, strict, target, verify};
use plimsoll_core::{
    Algorithm, Answer, Blob, Budget, Class, Classify, Context, Digest, Evidence, Fact, Facts, Gather, Provider, Record,
    Reference, Referrer, Subject, Value, Want,
};
use plimsoll_crypto::{LocalSigner, ParameterSet, PrivateKey, provider};
use plimsoll_notary::{
    Artifact, AttachedSignature, Envelope, Format, NotarySignatures, SIGNATURE_TYPE, SignOptions, SignatureFact,
    SignatureManifest, SignatureWarning, SigningError, Suite, TrustContext, TrustStores, code, policy::TrustPolicy,
    sign, sign_artifact, verify_signature,
};
use plimsoll_pki::{
    Limits, OwnedCertificate, Validity,
    distrust::{Distrust, DistrustEntry, Subject as Distrusted},
    issue::{Request, Role, issue},
};
use plimsoll_testkit::pki::{KeySpec, LEAF, NOT_AFTER, NOT_BEFORE, NOW, ROOT, TestCa, named_store};
use std::collections::BTreeMap;

pub(crate) const SETS: [(ParameterSet, Algorithm, &str); 3] = [
    (ParameterSet::MlDsa44, Algorithm::MlDsa44, "ML-DSA-44"),
    (ParameterSet::MlDsa65, Algorithm::MlDsa65, "ML-DSA-65"),
    (ParameterSet::MlDsa87, Algorithm::MlDsa87, "ML-DSA-87"),
];

/// A root and a signer of one parameter set.
pub(crate) struct PqCa {
    pub(crate) root: Vec<u8>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) signer: LocalSigner,
}

impl PqCa {
    pub(crate) fn new(set: ParameterSet) -> Self {
        Self::under(&PrivateKey::generate_ml_dsa(set).unwrap(), Self::algorithm(set), set)
    }
    /// A signer of this set below a root with this key.
    pub(crate) fn under(root_key: &PrivateKey, root_algorithm: Algorithm, set: ParameterSet) -> Self {
        let leaf_key = PrivateKey::generate_ml_dsa(set).unwrap();
        let algorithm = Self::algorithm(set);
        let by = root_key.signer(root_algorithm).unwrap();
        let validity = Validity { not_before: NOT_BEFORE, not_after: NOT_AFTER };
        let made = |subject, key: &PrivateKey, role, issuer: Option<&OwnedCertificate>| {
            let limits = Limits::default();
            let view = issuer.map(|issuer| issuer.view(&limits).unwrap());
            let request = Request { subject, key: key.public_key(), serial: [9; 16], validity, role };
            now(issue(&request, view.as_ref(), &by, provider())).unwrap()
        };
        let root = made(ROOT, root_key, Role::Root { path_length: None }, None);
        let leaf = made(LEAF, &leaf_key, Role::Signer { ocsp: &[], crl: &[] }, Some(&root));
        let signer = leaf_key.signer(algorithm).unwrap();
        Self { root: root.der().to_vec(), leaf: leaf.der().to_vec(), signer }
    }
    fn algorithm(set: ParameterSet) -> Algorithm {
        match set {
            ParameterSet::MlDsa44 => Algorithm::MlDsa44,
            ParameterSet::MlDsa65 => Algorithm::MlDsa65,
            ParameterSet::MlDsa87 => Algorithm::MlDsa87,
        }
    }
    pub(crate) fn chain(&self) -> [&[u8]; 2] {
        [&self.leaf, &self.root]
    }
    pub(crate) fn stores(&self) -> TrustStores {
        let mut stores = TrustStores::new();
        stores.add(named_store("ca:test", &[&self.root]));
        stores
    }
    fn trust(&self) -> TrustContext {
        TrustContext::new(statement("strict", "", "*"), &self.stores())
    }
}

#[test]
fn envelopes_by_ml_dsa_hold_under_names_of_their_own() {
    for (set, algorithm, name) in SETS {
        let ca = PqCa::new(set);
        for (format, media_type) in [
            (Format::Jws, "application/vnd.plimsoll.notary.pq.jose+json"),
            (Format::Cose, "application/vnd.plimsoll.notary.pq+cose"),
        ] {
            let options = SignOptions::new(NOW).with_format(format);
            let made = now(sign(&target(), &ca.signer, &ca.chain(), &options, provider())).unwrap();
            assert_eq!(&*made.envelope.descriptor().media_type, media_type);
            let read = SignatureManifest::read(&made.manifest, &target().digest).unwrap();
            assert_eq!((read.suite, read.format), (Suite::MlDsa, format));
            let manifest: serde_json::Value = serde_json::from_slice(made.manifest.bytes()).unwrap();
            assert_eq!(manifest["artifactType"], "application/vnd.plimsoll.notary.pq.signature");
            let held = verify(&made.envelope, &ca.trust());
            assert!(held.verified().is_some(), "{name} {format}: {:?}", held.failure());
            let envelope = Envelope::parse(made.envelope.bytes(), media_type).unwrap();
            assert_eq!(envelope.check(provider(), |_| None).unwrap().algorithm(), algorithm);
            // Under another root nobody is trusted, and without a back end nothing is known.
            assert!(verify(&made.envelope, &PqCa::new(set).trust()).verified().is_none());
            let trust = ca.trust();
            let unknown =
                verify_signature(made.envelope.bytes(), media_type, &target(), &trust, NOW, Provider::new(&[]));
            assert_eq!(unknown.failure().unwrap().failure().unwrap().class(), Class::Unavailable);
        }
    }
}

#[test]
fn under_the_names_of_the_notary_project_ml_dsa_is_refused() {
    let ca = PqCa::new(ParameterSet::MlDsa65);
    for format in [Format::Jws, Format::Cose] {
        let options = SignOptions::new(NOW).with_format(format);
        let made = now(sign(&target(), &ca.signer, &ca.chain(), &options, provider())).unwrap();
        let renamed = Blob::of(format.media_type(), made.envelope.bytes().to_vec());
        let refused = verify(&renamed, &ca.trust());
        assert!(refused.verified().is_none() && refused.claims().is_none());
        let error = refused.failure().unwrap().failure().unwrap().to_string();
        assert_eq!(
            error,
            "expected a signer's key of RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521, found ML-DSA-65"
        );
        // And a classic signature is none of ML-DSA.
        let classic = TestCa::new(KeySpec::P256);
        let made = now(sign(&target(), &signer(&classic.leaf), &classic.chain(), &options, provider())).unwrap();
        let renamed = Blob::of(Suite::MlDsa.media_type(format), made.envelope.bytes().to_vec());
        let error = verify(&renamed, &strict(&classic)).failure().unwrap().failure().unwrap().to_string();
        assert_eq!(error, "expected a signer's key of ML-DSA-44, ML-DSA-65 or ML-DSA-87, found P-256");
    }
}

/// One image with one signature.
pub(crate) struct Port {
    subject: Subject,
    list: Vec<Referrer>,
    content: BTreeMap<Digest, Blob>,
}

impl Port {
    pub(crate) fn new(made: &plimsoll_notary::NotarySignature, claimed: Option<&str>) -> Self {
        let reference: Reference = "registry.test/app:v1".parse().unwrap();
        let list = vec![Referrer::new(made.manifest.descriptor().clone(), claimed)];
        let blobs = [&made.manifest, &made.envelope];
        let content = blobs.map(|blob| (blob.descriptor().digest, blob.clone())).into_iter().collect();
        Self { subject: Subject::new(reference, target()), list, content }
    }
    pub(crate) fn gather(&self, signatures: &NotarySignatures) -> Facts {
        let mut evidence = Evidence::default();
        loop {
            let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 1_000));
            let mut facts = Facts::new(self.subject.clone(), NOW);
            signatures.gather(&self.subject, &mut cx, &mut facts);
            let wants = cx.into_wants();
            if wants.is_empty() {
                return facts;
            }
            for want in wants {
                let answer = match &want {
                    Want::Referrers { .. } => Answer::Referrers(self.list.clone()),
                    Want::Manifest { descriptor, .. } | Want::Blob { descriptor, .. } => {
                        Answer::Bytes(self.content[&descriptor.digest].to_bytes())
                    }
                    _ => Answer::Absent,
                };
                evidence.supply(want, answer);
            }
        }
    }
}

pub(crate) fn everywhere() -> TrustPolicy {
    crate::forge::policy("strict", "", "*")
}

#[test]
fn signatures_by_ml_dsa_count_for_whoever_looks_for_them() {
    let ca = PqCa::new(ParameterSet::MlDsa44);
    let made = now(sign(&target(), &ca.signer, &ca.chain(), &SignOptions::new(NOW), provider())).unwrap();
    let counting = |facts: &Facts| facts.rows().iter().filter(|row| row.counts()).count();
    for claimed in [Some(Suite::MlDsa.signature_type()), None] {
        let port = Port::new(&made, claimed);
        let plain = NotarySignatures::new(everywhere(), ca.stores());
        assert_eq!(counting(&port.gather(&plain)), 0, "{claimed:?}");
        assert_eq!(counting(&port.gather(&plain.with_ml_dsa())), 1, "{claimed:?}");
    }
    // A manifest of one suite with the envelope of the other is broken.
    let mixed = plimsoll_oci::ImageManifest::artifact(SIGNATURE_TYPE)
        .layer(made.envelope.descriptor().clone())
        .about(target())
        .to_blob();
    assert!(SignatureManifest::read(&mixed, &target().digest).is_err());
}

/// A classic signature, signed along.
pub(crate) fn seconded(first: &TestCa, second: &PqCa, algorithm: Algorithm, format: Format) -> AttachedSignature {
    let options = SignOptions::new(NOW).with_format(format);
    let artifact = target();
    let target = Artifact::Manifest(&artifact);
    let made = now(sign_artifact(target, &signer(&first.leaf), &first.chain(), &options, provider())).unwrap();
    let input = made.countersigning_input(algorithm, provider()).unwrap();
    let signature = second.signer.sign_now(&input).unwrap();
    made.with_countersignature(algorithm, &signature, &second.chain(), provider()).unwrap()
}

/// Trusts both roots.
pub(crate) fn both(first: &TestCa, second: &PqCa) -> TrustStores {
    let mut stores = TrustStores::new();
    stores.add(named_store("ca:test", &[&first.root.der, &second.root]));
    stores
}

#[test]
fn a_countersignature_by_ml_dsa_is_a_second_signer() {
    for (set, algorithm, name) in SETS {
        for format in [Format::Jws, Format::Cose] {
            let (first, second) = (TestCa::new(KeySpec::P384), PqCa::new(set));
            let made = seconded(&first, &second, algorithm, format);
            let envelope = made.envelope().unwrap();
            assert_eq!(&*envelope.descriptor().media_type, format.media_type(), "it stays one of the Notary Project's");
            let trust = TrustContext::new(statement("strict", "", "*"), &both(&first, &second));
            let held = verify(envelope, &trust);
            let claims = held.verified().unwrap().claims();
            let [one] = &claims.countersigners[..] else { panic!("{name} {format}: {:?}", claims.warnings) };
            assert_eq!((one.algorithm, one.leaf), (algorithm, Digest::sha256_of(&second.leaf)));
            assert_ne!(one.spki, claims.spki);
            assert_eq!(one.anchor.digest, Digest::sha256_of(&second.root));
            // Whoever does not trust the second still has the first, and is told.
            let held = verify(envelope, &strict(&first));
            let claims = held.verified().unwrap().claims();
            assert!(claims.countersigners.is_empty());
            let [SignatureWarning::Countersignature { index: 0, problem }] = &claims.warnings[..] else {
                panic!("{:?}", claims.warnings)
            };
            assert_eq!(problem.code, plimsoll_pki::code::UNTRUSTED_CHAIN);
        }
    }
}

#[test]
fn a_countersignature_over_something_else_by_somebody_distrusted_or_by_the_signer_does_not_count() {
    let (first, second) = (TestCa::new(KeySpec::P256), PqCa::new(ParameterSet::MlDsa44));
    let made = seconded(&first, &second, Algorithm::MlDsa44, Format::Jws);
    let envelope = made.envelope().unwrap();
    let list = Distrust::new([DistrustEntry::new(Distrusted::Certificate(Digest::sha256_of(&second.leaf)), "leaked")]);
    let stores = both(&first, &second).with_distrust(list);
    let held = verify(envelope, &TrustContext::new(statement("strict", "", "*"), &stores));
    assert!(held.verified().unwrap().claims().countersigners.is_empty());

    // Moved to another signature of the same signer over the same artifact.
    let trust = TrustContext::new(statement("strict", "", "*"), &both(&first, &second));
    let mut from: serde_json::Value = serde_json::from_slice(envelope.bytes()).unwrap();
    let other = crate::forge::signed(&first, &SignOptions::new(NOW).with_metadata("other", "yes"));
    let mut to: serde_json::Value = serde_json::from_slice(other.envelope.bytes()).unwrap();
    to["header"]["org.plimsoll.countersignatures"] = from["header"]["org.plimsoll.countersignatures"].take();
    let moved = Blob::of("application/jose+json", to.to_string().into_bytes());
    let held = verify(&moved, &trust);
    let claims = held.verified().unwrap().claims();
    assert!(claims.countersigners.is_empty());
    let [SignatureWarning::Countersignature { problem, .. }] = &claims.warnings[..] else { panic!() };
    assert_eq!(problem.code, plimsoll_envelope::code::SIGNATURE_INVALID);

    // One key is one signer.
    let options = SignOptions::new(NOW);
    let artifact = target();
    let plain =
        now(sign_artifact(Artifact::Manifest(&artifact), &signer(&first.leaf), &first.chain(), &options, provider()))
            .unwrap();
    let input = plain.countersigning_input(Algorithm::EcdsaP256Sha256Fixed, provider()).unwrap();
    let signature = signer(&first.leaf).sign_now(&input).unwrap();
    let again = plain.with_countersignature(Algorithm::EcdsaP256Sha256Fixed, &signature, &first.chain(), provider());
    assert_eq!(again.unwrap_err(), SigningError::SameKey);
    // A signature of another key is not attached.
    let wrong = plain.with_countersignature(Algorithm::MlDsa44, &signature, &second.chain(), provider());
    assert!(wrong.is_err());
    // A timestamp would write the envelope anew, without it.
    let stamped = made.with_timestamp(b"", &plimsoll_pki::TrustStore::default(), provider());
    assert_eq!(stamped.unwrap_err(), SigningError::Countersigned);
    assert_eq!(SigningError::Countersigned.code(), code::SIGNING_REFUSED);
}

#[test]
fn a_rule_can_demand_both() {
    let (first, second) = (TestCa::new(KeySpec::P256), PqCa::new(ParameterSet::MlDsa65));
    let made = seconded(&first, &second, Algorithm::MlDsa65, Format::Cose);
    let signature = made.signature_manifest().unwrap();
    let facts =
        Port::new(&signature, Some(SIGNATURE_TYPE)).gather(&NotarySignatures::new(everywhere(), both(&first, &second)));
    let (row, fact) = facts.of::<SignatureFact>().next().unwrap();
    assert!(row.counts());
    let Value::List(list) = fact.field("countersigners") else { panic!() };
    let Value::Record(one) = list.at(0) else { panic!() };
    for (name, ..) in one.schema().fields {
        assert!(!matches!(one.field(name), Value::Absent), "{name}");
    }
    assert!(matches!(one.field("algorithm"), Value::Text(text) if text == "ML-DSA-65"));
    assert!(matches!(one.field("store"), Value::Text(text) if text == "ca:test"));
    let none = Port::new(&crate::forge::signed(&first, &SignOptions::new(NOW)), Some(SIGNATURE_TYPE))
        .gather(&NotarySignatures::new(everywhere(), stores(&first)));
    let (_, fact) = none.of::<SignatureFact>().next().unwrap();
    assert!(matches!(fact.field("countersigners"), Value::List(list) if list.is_empty()));
    assert!(SignatureFact::SCHEMA.fields.iter().any(|(name, ..)| *name == "countersigners"));
}
