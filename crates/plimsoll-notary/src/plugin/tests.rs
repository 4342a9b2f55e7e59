use super::*;
use crate::{Criticality, ExtendedAttribute, Format, SignedAttributes, SigningScheme};
use alloc::{
    borrow::ToOwned,
    boxed::Box,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use plimsoll_core::{Class, Classify, UnixTime};
use plimsoll_envelope::HeaderValue;
use plimsoll_pki::KeyKind;
use proptest::prelude::*;

const METADATA: &str = r#"{"name":"kms","description":"keys","version":"1.2.0","url":"https://x.test",
    "supportedContractVersions":["1.0"],"capabilities":["SIGNATURE_GENERATOR.RAW"]}"#;

fn name() -> PluginName {
    "kms".parse().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap()
}

fn metadata(answer: &str) -> Result<PluginMetadata, String> {
    GetPluginMetadata::new(&name()).read(answer.as_bytes(), &Limits::default()).map_err(|error| error.to_string())
}

fn message<T: Call>(call: &T, answer: &str) -> String {
    let Err(error) = call.read(answer.as_bytes(), &Limits::default()) else { panic!("{answer} is accepted") };
    error.to_string()
}

#[test]
fn requests_are_those_of_the_contract() {
    let name = name();
    assert_eq!(text(&GetPluginMetadata::new(&name).to_json()), "{}");
    let config = PluginConfig::from([("region".to_owned(), "eu".to_owned())]);
    let call = GetPluginMetadata::new(&name).with_config(config.clone());
    assert_eq!(text(&call.to_json()), r#"{"pluginConfig":{"region":"eu"}}"#);
    let call = DescribeKey::new("k").with_config(config);
    assert_eq!(text(&call.to_json()), r#"{"contractVersion":"1.0","keyId":"k","pluginConfig":{"region":"eu"}}"#);
    assert_eq!(
        text(&GenerateSignature::new("k", KeySpec::Rsa3072, b"\xfb\xff").to_json()),
        r#"{"contractVersion":"1.0","keyId":"k","keySpec":"RSA-3072","hashAlgorithm":"SHA-384","payload":"+/8="}"#
    );
    assert_eq!(
        text(&GenerateEnvelope::new("k", Format::Cose, b"{}").expiring_after(60).to_json()),
        r#"{"contractVersion":"1.0","keyId":"k","payloadType":"application/vnd.cncf.notary.payload.v1+json","signatureEnvelopeType":"application/cose","payload":"e30=","expiryDurationInSeconds":60}"#
    );
}

// spec: NP-038
#[test]
fn a_verification_tells_the_plugin_what_is_signed_and_what_is_trusted() {
    let mut attributes = SignedAttributes::new(SigningScheme::X509SigningAuthority, UnixTime::MIN);
    attributes.plugin = Some("kms".into());
    attributes.plugin_min_version = Some("1.0.0".into());
    attributes.extended = vec![
        ExtendedAttribute::new("a", Criticality::Critical, HeaderValue::Int(7)),
        ExtendedAttribute::new("b", Criticality::Ignorable, HeaderValue::Bytes(vec![0xff].into())),
    ];
    let call = VerifySignature::new(&attributes, [b"der".to_vec()])
        .for_policy(vec!["*".into()], vec![Capability::RevocationVerifier]);
    assert_eq!(
        text(&call.to_json()),
        r#"{"contractVersion":"1.0","signature":{"criticalAttributes":{"contentType":"application/vnd.cncf.notary.payload.v1+json","signingScheme":"notary.x509.signingAuthority","authenticSigningTime":"1970-01-01T00:00:00Z","verificationPlugin":"kms","verificationPluginMinVersion":"1.0.0","extendedAttributes":{"a":7,"b":"/w=="}},"unprocessedAttributes":["a"],"certificateChain":["ZGVy"]},"trustPolicy":{"trustedIdentities":["*"],"signatureVerification":["SIGNATURE_VERIFIER.REVOCATION_CHECK"]}}"#
    );
}

/// What notation-go 1.3.2 sends for the same signature and policy, octet by octet, but for the two members that it leaves out and the
/// specification has: `verificationPlugin` and `verificationPluginMinVersion`.
#[test]
fn the_request_is_that_of_notation() {
    let time = |text: &str| text.parse::<UnixTime>().unwrap();
    let mut attributes = SignedAttributes::new(SigningScheme::X509SigningAuthority, time("2026-06-01T00:00:00Z"));
    attributes.expiry = Some(time("2026-06-02T00:00:00Z"));
    attributes.plugin = Some("kms".into());
    attributes.plugin_min_version = Some("1.0.0".into());
    attributes.extended = vec![
        ExtendedAttribute::new("b", Criticality::Critical, HeaderValue::Text("<&>\u{2028}\u{1}\u{8}é\u{7f}".into())),
        ExtendedAttribute::new("a", Criticality::Critical, HeaderValue::Int(7)),
    ];
    let policy = br#"{"version": "1.0", "trustPolicies": [{"name": "n", "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"}, "trustStores": ["ca:s"],
        "trustedIdentities": ["x509.subject: O=A & B,C=US , ST=WA", "x509.subject:C=US,ST=OR,O=x\\, y"]}]}"#;
    let policy = crate::policy::TrustPolicy::parse(policy).unwrap();
    let identities = policy.statements()[0].written_identities().to_vec();
    let call = VerifySignature::new(&attributes, [b"der".to_vec()])
        .for_policy(identities, vec![Capability::RevocationVerifier, Capability::TrustedIdentityVerifier])
        .with_config(PluginConfig::from([("k".to_owned(), "<v>".to_owned())]));
    let theirs = concat!(
        r#"{"contractVersion":"1.0","signature":{"criticalAttributes":{"#,
        r#""contentType":"application/vnd.cncf.notary.payload.v1+json","signingScheme":"notary.x509.signingAuthority","#,
        r#""expiry":"2026-06-02T00:00:00Z","authenticSigningTime":"2026-06-01T00:00:00Z","#,
        r#""extendedAttributes":{"a":7,"b":"\u003c\u0026\u003e\u2028\u0001\bé"#,
        "\u{7f}",
        r#""}},"unprocessedAttributes":["b","a"],"certificateChain":["ZGVy"]},"#,
        r#""trustPolicy":{"trustedIdentities":["x509.subject: O=A \u0026 B,C=US , ST=WA","x509.subject:C=US,ST=OR,O=x\\, y"],"#,
        r#""signatureVerification":["SIGNATURE_VERIFIER.REVOCATION_CHECK","SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]},"#,
        r#""pluginConfig":{"k":"\u003cv\u003e"}}"#
    );
    let left_out = r#""verificationPlugin":"kms","verificationPluginMinVersion":"1.0.0","#;
    let ours = call.to_json();
    assert!(text(&ours).contains(left_out));
    assert_eq!(text(&ours).replace(left_out, ""), theirs);
}

#[test]
fn metadata_is_read() {
    let read =
        metadata(&METADATA.replace("\"SIGNATURE_GENERATOR.RAW\"", "\"X.Y\",\"SIGNATURE_GENERATOR.RAW\"")).unwrap();
    assert_eq!(read.capabilities, [Capability::SignatureGenerator]);
    assert!(read.can(Capability::SignatureGenerator));
    read.demand_version(&"1.2.0".parse().unwrap()).unwrap();
    let error = read.demand_version(&"1.2.1".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "expected the plugin `kms` in version 1.2.1 or later, found 1.2.0");
    assert_eq!((error.code().name(), error.class()), ("plugin-unsuitable", Class::Unavailable));
    assert_eq!(
        read.verifies().unwrap_err().to_string(),
        "expected the plugin `kms` to have the capability SIGNATURE_VERIFIER.*, found SIGNATURE_GENERATOR.RAW"
    );
    assert_eq!(
        read.demand(Capability::EnvelopeGenerator).unwrap_err().to_string(),
        "expected the plugin `kms` to have the capability SIGNATURE_GENERATOR.ENVELOPE, found SIGNATURE_GENERATOR.RAW"
    );
}

// attack: A-351
// spec: NP-006, NP-007, NP-123
#[test]
fn metadata_of_another_plugin_or_contract_is_refused() {
    let with = |from: &str, to: &str| {
        assert!(METADATA.contains(from));
        metadata(&METADATA.replace(from, to)).unwrap_err()
    };
    let place = "plugin answer to get-plugin-metadata";
    assert_eq!(with("\"kms\"", "\"other\""), format!("{place}: name: expected `kms`, found `other`"));
    assert_eq!(
        with("[\"1.0\"]", "[\"2.0\"]"),
        format!("{place}: supportedContractVersions: expected `1.0`, found `2.0`")
    );
    assert_eq!(
        with("[\"SIGNATURE_GENERATOR.RAW\"]", "[]"),
        format!("{place}: capabilities: expected a value, found it empty")
    );
    assert_eq!(
        with("1.2.0", "1.2"),
        format!("{place}: version: expected a version as Semantic Versioning writes it, such as `1.0.0`, found `1.2`")
    );
    assert_eq!(with("\"keys\"", "\"\""), format!("{place}: description: expected a value, found it empty"));
    assert_eq!(with("\"keys\"", "7"), format!("{place}: description: expected text, found a number"));
    assert_eq!(with("\"url\"", "\"Url\""), format!("{place}: the answer: expected the member `url`, found none"));
    assert_eq!(metadata("[]").unwrap_err(), format!("{place}: the answer: expected an object, found a list"));
    assert!(with("\"name\"", "\"name\":\"kms\",\"name\"").contains("the member `name` stands twice"));
    assert!(metadata("").unwrap_err().starts_with(&format!("{place}: line 1")));
}

// attack: A-351
#[test]
fn an_answer_to_another_question_is_refused() {
    let describe = DescribeKey::new("k");
    assert_eq!(
        message(&describe, r#"{"keyId":"k","keySpec":"RSA-1024"}"#),
        "plugin answer to describe-key: keySpec: expected `RSA-2048`, `RSA-3072`, `RSA-4096`, `EC-256`, `EC-384` or \
         `EC-521`, found `RSA-1024`"
    );
    let sign = GenerateSignature::new("k", KeySpec::Ec256, b"x");
    let answer = r#"{"keyId":"k","signature":"AA==","signingAlgorithm":"ECDSA-SHA-256","certificateChain":["AA=="]}"#;
    let read = sign.read(answer.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((read.signature, read.chain), (vec![0], vec![vec![0]]));
    let place = "plugin answer to generate-signature";
    let with = |from: &str, to: &str| message(&sign, &answer.replace(from, to));
    assert_eq!(with("\"k\"", "\"j\""), format!("{place}: keyId: expected `k`, found `j`"));
    assert_eq!(
        with("ECDSA-SHA-256", "ECDSA-SHA-384"),
        format!("{place}: signingAlgorithm: expected `ECDSA-SHA-256`, found `ECDSA-SHA-384`")
    );
    assert_eq!(with("[\"AA==\"]", "[]"), format!("{place}: certificateChain: expected a value, found it empty"));
    assert_eq!(
        with("[\"AA==\"]", "[\"AA\"]"),
        format!("{place}: certificateChain.0: expected padded base64, found something else")
    );
    let eleven = format!("[{}]", ["\"AA==\""; 11].join(","));
    assert_eq!(with("[\"AA==\"]", &eleven), format!("{place}: certificateChain: more than 10 items of a list"));
}

// attack: A-098
#[test]
fn base64_is_strict() {
    let sign = GenerateSignature::new("k", KeySpec::Ec256, b"x");
    for bad in ["AA", "A===", "AB==", "AA==\\n", " AA==", "-_8=", ""] {
        let answer = format!(
            r#"{{"keyId":"k","signature":"{bad}","signingAlgorithm":"ECDSA-SHA-256","certificateChain":["AA=="]}}"#
        );
        assert!(sign.read(answer.as_bytes(), &Limits::default()).is_err(), "{bad}");
    }
}

// attack: A-352
// spec: NP-031
#[test]
fn an_envelope_of_another_type_is_refused() {
    let call = GenerateEnvelope::new("k", Format::Jws, b"{}");
    let answer = |kind: &str| {
        format!(r#"{{"signatureEnvelope":"AA==","signatureEnvelopeType":"{kind}","annotations":{{"a":"b"}}}}"#)
    };
    let read = call.read(answer("application/jose+json").as_bytes(), &Limits::default()).unwrap();
    assert_eq!((read.envelope, read.annotations["a"].as_str()), (vec![0], "b"));
    assert_eq!(
        message(&call, &answer("application/cose")),
        "plugin answer to generate-envelope: signatureEnvelopeType: expected `application/jose+json`, found `application/cose`"
    );
}

fn verification() -> VerifySignature {
    let attributes = SignedAttributes::new(SigningScheme::X509, UnixTime::MIN);
    VerifySignature::new(&attributes, []).for_policy(Vec::new(), vec![Capability::TrustedIdentityVerifier])
}

// attack: A-351
// spec: NP-044, NP-045
#[test]
fn a_result_that_was_asked_for_must_be_there() {
    let call = verification();
    let place = "plugin answer to verify-signature: verificationResults";
    assert_eq!(
        message(&call, r#"{"verificationResults":{},"processedAttributes":[]}"#),
        format!("{place}: expected a result for SIGNATURE_VERIFIER.TRUSTED_IDENTITY, found none")
    );
    assert_eq!(
        message(&call, r#"{"verificationResults":{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{"success":"true"}}}"#),
        format!("{place}.SIGNATURE_VERIFIER.TRUSTED_IDENTITY.success: expected a boolean, found text")
    );
    assert_eq!(
        message(&call, r#"{"verificationResults":{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{"reason":"x"}}}"#),
        format!("{place}.SIGNATURE_VERIFIER.TRUSTED_IDENTITY: expected the member `success`, found none")
    );
    let answer = r#"{"verificationResults":{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{"success":false,"reason":"no"},
        "SIGNATURE_VERIFIER.REVOCATION_CHECK":{"success":true}},"processedAttributes":["a"]}"#;
    let read = call.read(answer.as_bytes(), &Limits::default()).unwrap();
    let only = read.results.into_iter().collect::<Vec<_>>();
    let result = CapabilityResult { held: false, reason: plimsoll_core::Escaped::new("no") };
    assert_eq!(only, [(Capability::TrustedIdentityVerifier, result)]);
    assert!(read.processed.contains("a"));
}

// attack: A-348
#[test]
fn an_answer_has_a_limit() {
    let limits = |answer: usize| Limits { answer: u64::try_from(answer).unwrap(), ..Limits::default() };
    let call = DescribeKey::new("k");
    let answer = br#"{"keyId":"k","keySpec":"EC-256"}"#;
    assert!(call.read(answer, &limits(answer.len())).is_ok());
    let error = call.read(answer, &limits(answer.len() - 1)).unwrap_err();
    assert_eq!(error.to_string(), "plugin answer to describe-key: more than 31 bytes of a plugin's answer");
    assert_eq!(error.code().name(), "limit-exceeded");
    let many: Vec<_> = (0..1025).map(|at| format!("\"{at}\":1")).collect();
    assert!(message(&call, &format!("{{{}}}", many.join(","))).ends_with("more than 1024 members of an object"));
}

#[test]
fn what_a_plugin_reports_is_unavailable_and_escaped() {
    let told = r#"{"errorCode":"VALIDATION_ERROR","errorMessage":"no\u001b[2J","errorMetadata":{"a":"b"}}"#;
    let error = ReportedError::parse(Command::VerifySignature, told.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(error.to_string(), r"the plugin answered verify-signature with VALIDATION_ERROR: no\u{1b}[2J");
    assert_eq!((error.code().name(), error.class()), ("plugin-error", Class::Unavailable));
    for none in ["", "{}", r#"{"errorCode":"OOPS"}"#, "Traceback (most recent call last)"] {
        assert!(ReportedError::parse(Command::VerifySignature, none.as_bytes(), &Limits::default()).is_err());
    }
}

#[test]
fn words_are_read_as_they_are_written() {
    for one in Command::ALL {
        assert_eq!(Command::of_name(one.as_str()), Some(one));
    }
    for one in Capability::ALL {
        assert_eq!(Capability::of_name(one.as_str()), Some(one));
    }
    for one in ErrorCode::ALL {
        assert_eq!(ErrorCode::of_name(one.as_str()), Some(one));
    }
    for one in KeySpec::ALL {
        assert_eq!(KeySpec::of_name(one.as_str()), Some(one));
        assert!(one.signing_algorithm().ends_with(one.hash_algorithm()));
        assert_eq!(one.to_string(), one.as_str());
    }
    for (kind, expected) in [
        (KeyKind::P256, Some(KeySpec::Ec256)),
        (KeyKind::P384, Some(KeySpec::Ec384)),
        (KeyKind::P521, Some(KeySpec::Ec521)),
        (KeyKind::Ed25519, None),
    ] {
        assert_eq!(KeySpec::of_key(kind), expected, "{kind:?}");
    }
}

/// Semantic Versioning 2.0.0, 10 and 11: build metadata does not count, a pre-release comes before.
#[test]
fn versions_are_equal_by_precedence_and_no_longer_than_people_write_them() {
    let version = |text: &str| text.parse::<PluginVersion>();
    assert_eq!(version("1.2.0+linux"), version("1.2.0+darwin"));
    assert_ne!(version("1.2.0"), version("1.2.1"));
    assert!(version("1.2.0-rc.1").unwrap() < version("1.2.0").unwrap());
    let long = |length: usize| format!("1.0.0+{}", "a".repeat(length - 6));
    assert!(version(&long(256)).is_ok());
    assert!(version(&long(257)).is_err() && version(&long(300)).is_err());
}

#[test]
fn a_question_behind_a_reference_is_the_same_question() {
    let call = DescribeKey::new("k");
    let behind: &DescribeKey<'_> = &call;
    assert_eq!(Call::to_json(&behind), call.to_json());
    let answer = br#"{"keyId":"k","keySpec":"EC-256"}"#;
    assert!(Call::read(&behind, answer, &Limits::default()).is_ok());
}

#[test]
fn the_limits_of_an_answer_are_the_callers() {
    let call = DescribeKey::new("k");
    let answer = br#"{"keyId":"k","keySpec":"EC-256"}"#;
    let items = |items| Limits { items, ..Limits::default() };
    assert!(call.read(answer, &items(2)).is_ok());
    let error = call.read(answer, &items(1)).unwrap_err().to_string();
    assert!(error.ends_with("more than 1 members of an object"), "{error}");
}

// spec: NP-038
#[test]
fn every_kind_of_value_is_told_to_the_plugin() {
    let told = |value: HeaderValue<'static>| {
        let mut attributes = SignedAttributes::new(SigningScheme::X509, UnixTime::MIN);
        attributes.extended = vec![ExtendedAttribute::new("x", Criticality::Critical, value)];
        let call = VerifySignature::new(&attributes, [b"der".to_vec()]).for_policy(vec![], vec![]);
        let json: serde_json::Value = serde_json::from_slice(&call.to_json()).unwrap();
        json["signature"]["criticalAttributes"]["extendedAttributes"]["x"].to_string()
    };
    for (value, expected) in [
        (HeaderValue::Bool(true), "true"),
        (HeaderValue::Int(-7), "-7"),
        (HeaderValue::Float(1.5), "1.5"),
        (HeaderValue::Null, "null"),
        (HeaderValue::Text("text".into()), "\"text\""),
        (HeaderValue::Bytes(vec![0xff].into()), "\"/w==\""),
        (HeaderValue::List(vec![1.into(), "a".into()]), "[1,\"a\"]"),
        (HeaderValue::Map(vec![("a".into(), 1.into())]), "{\"a\":1}"),
        (HeaderValue::Time(60), "60"),
        (HeaderValue::Tagged(32, Box::new("uri".into())), "\"uri\""),
    ] {
        assert_eq!(told(value), expected);
    }
}

proptest! {
    #[test]
    fn bytes_come_back(signature in proptest::collection::vec(any::<u8>(), 1..40), id in "[a-z\"\\\\é]{1,9}") {
        let call = GenerateSignature::new(&id, KeySpec::Ec384, &signature);
        let request: serde_json::Value = serde_json::from_slice(&call.to_json()).unwrap();
        let answer = serde_json::json!({"keyId": request["keyId"], "signature": request["payload"],
            "signingAlgorithm": "ECDSA-SHA-384", "certificateChain": [request["payload"]]}).to_string();
        let read = call.read(answer.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(&read.signature, &signature);
        prop_assert_eq!(read.chain, vec![signature]);
    }
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = verification().read(&bytes, &Limits::default());
        let _ = GetPluginMetadata::new(&name()).read(&bytes, &Limits::default());
        let _ = ReportedError::parse(Command::DescribeKey, &bytes, &Limits::default());
    }
}
