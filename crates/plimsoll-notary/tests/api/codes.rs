//! Each denial code, made by what makes it, with its exact message.

use crate::forge::*;
use plimsoll_core::{
    Answer, Blob, Budget, Class, Classify, Completeness, Context, Descriptor, Evidence, Facts, Gather, Outcome,
    Reference, Referrer, Subject, Want,
};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Envelope, Format, NotarySignatures, SIGNATURE_TYPE, SignOptions, SignatureManifest, TrustContext, TrustStores,
    code, policy::TrustPolicy, sign,
};
use plimsoll_oci::ImageManifest;
use plimsoll_testkit::pki::NOW;
use std::collections::BTreeMap;

/// Name, class and message of an error.
fn shown(error: &(impl Classify + std::fmt::Display)) -> (&'static str, Class, String) {
    (error.code().name(), error.class(), error.to_string())
}

fn verified(forge: &Forge<'_>, edit: impl FnOnce(TrustContext) -> TrustContext) -> (&'static str, Class, String) {
    let ca = ca();
    let verification = verify_at(&forge.seal(&ca), &edit(strict(&ca)), NOW.saturating_add(60));
    let Outcome::Failed(code, message) = verification.outcome() else { panic!("it holds") };
    (code.name(), code.class(), message.to_string())
}

fn gathered(policy: TrustPolicy, list: Vec<Referrer>) -> (&'static str, Class, String) {
    let reference: Reference = "reg.test/app:v1".parse().unwrap();
    let subject = Subject::new(reference, target());
    let want = Want::Referrers {
        repository: subject.repository().clone(),
        subject: target().digest,
        artifact_type: Some(SIGNATURE_TYPE.into()),
    };
    let mut evidence = Evidence::default();
    for entry in &list {
        let repository = subject.repository().clone();
        evidence.supply(Want::Manifest { repository, descriptor: entry.descriptor.clone() }, Answer::Absent);
    }
    evidence.supply(want, Answer::Referrers(list));
    let mut facts = Facts::new(subject.clone(), NOW);
    let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 1000));
    NotarySignatures::new(policy, TrustStores::new()).gather(&subject, &mut cx, &mut facts);
    let Completeness::Partial(code, message) = facts.about(&subject).completeness("signature") else {
        panic!("the list is whole")
    };
    (code.name(), code.class(), message.to_string())
}

#[test]
fn every_code_has_its_message() {
    let jws = || Forge::new(Format::Jws);
    let same = |trust: TrustContext| trust;
    let manifest = ImageManifest::artifact(SIGNATURE_TYPE).about(target());
    let read =
        |manifest: &ImageManifest| shown(&SignatureManifest::read(&manifest.to_blob(), &target().digest).unwrap_err());
    let other = Descriptor::of("text/plain", b"");
    let skip = r#"{"version": "1.0", "trustPolicies": [{"name": "lax", "registryScopes": ["*"],
        "signatureVerification": {"level": "skip"}}]}"#;
    let skip = TrustPolicy::parse(skip.as_bytes()).unwrap();
    let many = (0..101_u8).map(|n| Referrer::new(Descriptor::of("text/plain", &[n]), Some(SIGNATURE_TYPE))).collect();
    let ca = ca();
    let options = SignOptions::new(NOW).with_metadata("io.cncf.notary.x", "y");
    let refused = now(sign(&target(), &signer(&ca.leaf), &ca.chain(), &options, provider())).unwrap_err();
    let stranger = TrustContext::new(statement("strict", "", "x509.subject: C=NL,ST=G,O=S"), &stores(&ca));
    let unknown = verify(&jws().seal(&ca), &stranger);
    let Outcome::Failed(unknown, unknown_message) = unknown.outcome() else { panic!("it holds") };
    let expiry = NOW.saturating_add(60);
    let required = BTreeMap::from([("team".to_owned(), "dish".to_owned())]);

    let elsewhere = policy("strict", "", "*").to_json().replacen("\"*\"", "\"reg.test/b\"", 1);
    let elsewhere = TrustPolicy::parse(elsewhere.as_bytes()).unwrap();

    let found = [
        verified(&jws().critical(&[]), same),
        verified(&Forge { payload: "{}".into(), ..jws() }, same),
        read(&manifest),
        shown(&TrustPolicy::parse(b"{}").unwrap_err()),
        shown(&elsewhere.applicable(&"reg.test/a".parse().unwrap()).unwrap_err()),
        gathered(policy("strict", "", "*"), many),
        verified(&jws().with(EXPIRY, seconds(expiry)).critical(&[SCHEME, EXPIRY]), same),
        gathered(skip, Vec::new()),
        verified(&jws(), |trust| trust.requiring_metadata(required)),
        shown(&refused),
        read(&manifest.clone().about(other)),
        verified(&Forge { payload: payload().replace("\"size\":2", "\"size\":3"), ..jws() }, same),
        verified(&jws().with("x", "y".into()).critical(&[SCHEME, "x"]), same),
        verified(&Forge { content_type: Some("text/plain"), ..jws() }, same),
        shown(&Envelope::parse(b"", "text/plain").unwrap_err()),
        (unknown.name(), unknown.class(), unknown_message.to_string()),
    ];
    let expected = [
        (
            "malformed-attributes",
            Class::Malformed,
            "integrity: expected `io.cncf.notary.signingScheme` among the critical attributes, found it outside".into(),
        ),
        (
            "malformed-payload",
            Class::Malformed,
            "integrity: the signed payload is not one of application/vnd.cncf.notary.payload.v1+json: missing field \
             `targetArtifact` at line 1 column 2"
                .into(),
        ),
        (
            "malformed-signature-manifest",
            Class::Malformed,
            "expected a signature manifest with one layer, found 0".into(),
        ),
        (
            "malformed-trust-policy",
            Class::Malformed,
            "trust policy: the document: expected the member `version`, found none".into(),
        ),
        (
            "no-applicable-trust-policy",
            Class::Untrusted,
            "expected a trust policy statement for `reg.test/a`, found none".into(),
        ),
        ("signature-attempts-exhausted", Class::Unavailable, "looked at 100 of 101 listed signatures".into()),
        (
            "signature-expired",
            Class::Untrusted,
            format!("expiry: the signature has expired: expected a time before {expiry}, found {expiry}"),
        ),
        (
            "signature-verification-skipped",
            Class::Unavailable,
            "the trust policy statement `lax` skips the verification of signatures".into(),
        ),
        (
            "signed-metadata-mismatch",
            Class::Untrusted,
            "integrity: expected the signed metadata `team` to be `dish`, found none".into(),
        ),
        (
            "signing-refused",
            Class::Malformed,
            "expected a metadata key that does not start with `io.cncf.notary`, found `io.cncf.notary.x`".into(),
        ),
        (
            "subject-mismatch",
            Class::Untrusted,
            format!(
                "expected a manifest with the subject {}, found {}",
                target().digest,
                Blob::of("text/plain", "").descriptor().digest
            ),
        ),
        ("target-mismatch", Class::Untrusted, "integrity: expected a signature on the size 2, found one on 3".into()),
        (
            "unknown-critical-attribute",
            Class::Untrusted,
            "integrity: the attribute `x` is critical, and not understood".into(),
        ),
        (
            "unsupported-payload-type",
            Class::Malformed,
            "integrity: expected a payload of type application/vnd.cncf.notary.payload.v1+json, found `text/plain`"
                .into(),
        ),
        (
            "unsupported-signature-format",
            Class::Malformed,
            "expected an envelope of type application/jose+json or application/cose, found `text/plain`".into(),
        ),
        (
            "untrusted-identity",
            Class::Untrusted,
            "authenticity: expected a signer that the trust policy statement `release` names, found `CN=Test \
             Signer,O=Harbour,ST=WA,C=US`"
                .into(),
        ),
    ];
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    let names: Vec<_> = found.iter().map(|(name, ..)| *name).collect();
    let mut all: Vec<_> = code::ALL.iter().map(|code| code.name()).collect();
    all.sort_unstable();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, all, "a code without a message here");
}
