//! Each denial code, made by what makes it, with its exact message.

use crate::forge::*;
use plimsoll_core::{
    Answer, Blob, Budget, Class, Classify, Completeness, Context, Descriptor, Evidence, Facts, Gather, Outcome,
    Reference, Referrer, Subject, Want,
};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Artifact, Envelope, Format, NotarySignatures, SIGNATURE_TYPE, SignOptions, SignatureManifest, TrustContext,
    TrustStores, Verification, code,
    plugin::{Command, Limits, PluginName, ReportedError},
    policy::TrustPolicy,
    sign, sign_artifact,
};
use plimsoll_oci::ImageManifest;
use plimsoll_testkit::{
    pki::{KeySpec, NOT_AFTER, NOT_BEFORE, NOW, named_store},
    timestamp::TestTsa,
};
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

fn failed(verification: &Verification) -> (&'static str, Class, String) {
    let Outcome::Failed(code, message) = verification.outcome() else { panic!("it holds") };
    (code.name(), code.class(), message.to_string())
}

fn asking(metadata: &str, verified: &str) -> Outside {
    let plugin = [
        ("get-plugin-metadata".to_owned(), metadata.to_owned().into()),
        ("verify-signature".to_owned(), verified.to_owned().into()),
    ];
    Outside { plugin: plugin.into(), ..Outside::default() }
}

const METADATA: &str = r#"{"name":"kms","description":"d","version":"1.0.0","url":"u","supportedContractVersions":["1.0"],
    "capabilities":["SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]}"#;
const NO: &str = r#"{"verificationResults":{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{"success":false,"reason":"no"}}}"#;

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

    let demanding = jws().with(PLUGIN, "kms".into()).critical(&[SCHEME, PLUGIN]).seal(&ca);
    let unlisted = strict(&ca);
    let members = |stores: &str, more: &str| {
        of_members(&format!(
            r#""signatureVerification": {{"level": "strict"}}, "trustStores": [{stores}], "trustedIdentities": ["*"]{more}"#
        ))
    };
    let plugins = r#", "plimsoll": {"plugins": ["kms"]}"#;
    let listed = TrustContext::new(members(r#""ca:test""#, plugins), &stores(&ca));
    let plugin =
        |trust: &TrustContext, mut outside: Outside| failed(&verify_with(&demanding, trust, NOW, &mut outside));
    let stranger = TrustContext::new(members(r#""ca:test""#, plugins), &TrustStores::new());
    let not_asked = verify(&demanding, &stranger).checks()[0].failure().unwrap().clone();
    let tsa = TestTsa::new(KeySpec::P256);
    let mut with_tsa = stores(&ca);
    with_tsa.add(named_store("tsa:test", &[&tsa.root.der]));
    let dated = TrustContext::new(members(r#""ca:test", "tsa:test""#, ""), &with_tsa);
    let timestamp = |envelope: &Blob| failed(&verify(envelope, &dated));
    let short = SignOptions::new(NOW).lasting_until(NOT_AFTER.saturating_add(1));
    let manifest_target = target();
    let artifact = Artifact::Manifest(&manifest_target);
    let short = now(sign_artifact(artifact, &signer(&ca.leaf), &ca.chain(), &short, provider())).unwrap();

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
        shown(&"..".parse::<PluginName>().unwrap_err()),
        (not_asked.code().name(), not_asked.class(), not_asked.to_string()),
        shown(&ReportedError::parse(Command::DescribeKey, br#"{"errorCode":"TIMEOUT"}"#, &Limits::default()).unwrap()),
        plugin(&unlisted, Outside::default()),
        plugin(&listed, Outside::default()),
        plugin(&listed, asking("{}", "")),
        plugin(&listed, asking(METADATA, NO)),
        plugin(&listed, asking(&METADATA.replace("VERIFIER.TRUSTED_IDENTITY", "GENERATOR.RAW"), "")),
        shown(&short.signature_manifest().unwrap_err()),
        timestamp(&Forge::new(Format::Jws).seal(&ca)),
        timestamp(&stamped(Format::Jws, &ca, |signature| tsa.token_at(signature, NOT_BEFORE.into()))),
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
        (
            "malformed-plugin-name",
            Class::Malformed,
            "expected the name of a plugin, of letters, digits, `_`, `.` and `-`, found `..`".into(),
        ),
        (
            "not-asked",
            Class::Unavailable,
            "a verification plugin is not asked: the chain of the signature meets no trust store, or its signer is not \
             trusted"
                .into(),
        ),
        ("plugin-error", Class::Unavailable, "the plugin answered describe-key with TIMEOUT: ".into()),
        (
            "plugin-not-allowed",
            Class::Untrusted,
            "integrity: the signature demands the plugin `kms`, which the trust policy statement `release` does not list"
                .into(),
        ),
        (
            "plugin-not-installed",
            Class::Unavailable,
            "integrity: the signature demands the plugin `kms`, which is not installed".into(),
        ),
        (
            "plugin-protocol",
            Class::Malformed,
            "integrity: plugin answer to get-plugin-metadata: the answer: expected the member `name`, found none".into(),
        ),
        (
            "plugin-refused",
            Class::Untrusted,
            "authenticity: the plugin `kms` says that SIGNATURE_VERIFIER.TRUSTED_IDENTITY does not hold: no".into(),
        ),
        (
            "plugin-unsuitable",
            Class::Unavailable,
            "integrity: expected the plugin `kms` to have the capability SIGNATURE_VERIFIER.*, found \
             SIGNATURE_GENERATOR.RAW"
                .into(),
        ),
        (
            "short-lived-without-timestamp",
            Class::Malformed,
            "expected a chain that is valid until 2036-01-01T00:00:01Z, or a timestamp, found a chain that ends on \
             2036-01-01T00:00:00Z"
                .into(),
        ),
        (
            "timestamp-missing",
            Class::Untrusted,
            "authenticTimestamp: expected a timestamp in the signature, found none".into(),
        ),
        (
            "timestamp-outside-validity",
            Class::Untrusted,
            "authenticTimestamp: expected a timestamp within the validity of certificate 0 of the chain (`CN=Test \
             Signer,O=Harbour,ST=WA,C=US`), 2026-01-01T00:00:00Z to 2036-01-01T00:00:00Z, found one of \
             2025-12-31T23:59:59Z to 2026-01-01T00:00:01Z"
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
