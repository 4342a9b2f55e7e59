//! Signing step by step, and signatures of blobs.

use crate::forge::*;
use plimsoll_core::{Algorithm, Blob, Classify, Sign, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Artifact, AttachedSignature, BlobArtifact, BlobHasher, EnvelopeDraft, Format, HashFunction, SignOptions,
    SignatureManifest, SignedAttributes, SigningError, SigningRequest, SigningScheme, TrustContext, Verifier,
    blob_digest_algorithm,
    plugin::{Call, GenerateEnvelope, GeneratedEnvelope, Limits},
    policy::BlobTrustPolicy,
    sign_artifact,
};
use plimsoll_pki::{
    distrust::{Distrust, DistrustEntry, Subject},
    issue::Role,
    revocation::{NoAnswers, RevocationSources},
    timestamp::{Nonce, TimestampLimits, TimestampRequest, TimestampResponse, TimestampToken},
};
use plimsoll_testkit::{
    pki::{KeySpec, Level, NOT_AFTER, NOT_BEFORE, NOW, TestCa, named_store, set_validity},
    timestamp::{AUTHORITY, TestTsa},
};
use std::collections::BTreeMap;

pub(crate) fn made(ca: &TestCa, options: &SignOptions) -> AttachedSignature {
    now(sign_artifact(Artifact::Manifest(&target()), &signer(&ca.leaf), &ca.chain(), options, provider())).unwrap()
}

/// Asks a test authority for the timestamp of a signature, as it would be over the wire.
pub(crate) fn stamp(tsa: &TestTsa, made: &AttachedSignature) -> Vec<u8> {
    let request = made.timestamp_request(Nonce::from_random([3; 20])).unwrap();
    let request = TimestampRequest::parse(&request.to_der(), &TimestampLimits::default()).unwrap();
    let token = tsa.seal(&tsa.answer(&request, NOW.into()));
    let token = TimestampToken::parse(&token, &TimestampLimits::default()).unwrap();
    let answer = TimestampResponse::granted(token).to_der();
    let answer = TimestampResponse::parse(&answer, &TimestampLimits::default()).unwrap();
    answer.token_for(&request).unwrap().der().to_vec()
}

// spec: NP-029, NP-189
#[test]
fn every_kind_of_key_signs_with_a_timestamp_in_both_formats() {
    let tsa = TestTsa::new(KeySpec::P256);
    for spec in KeySpec::ALL {
        let ca = TestCa::new(spec);
        for format in FORMATS {
            let options = SignOptions::new(NOW).with_format(format);
            let made = made(&ca, &options);
            let stamped = made.with_timestamp(&stamp(&tsa, &made), &tsa.trust_store(), provider()).unwrap();
            let signature = stamped.signature_manifest().unwrap();
            let mut stores = stores(&ca);
            stores.add(named_store("tsa:test", &[&tsa.root.der]));
            let statement = of_members(
                r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:test", "tsa:test"],
                "trustedIdentities": ["*"]"#,
            );
            let trust = TrustContext::new(statement, &stores);
            let verification = verify_at(&signature.envelope, &trust, NOT_AFTER.saturating_add(1));
            assert_eq!(message(&verification), "held", "{spec:?} {format}");
            assert!(verification.timestamp().is_some());
        }
    }
}

// attack: A-200
// spec: NP-191, NP-193
#[test]
fn a_timestamp_is_verified_before_it_is_stored() {
    let (ca, tsa, other) = (ca(), TestTsa::new(KeySpec::P256), TestTsa::new(KeySpec::P256));
    let made = made(&ca, &SignOptions::new(NOW));
    let refused = |token: &[u8], tsa: &TestTsa| made.with_timestamp(token, &tsa.trust_store(), provider()).unwrap_err();
    let good = stamp(&tsa, &made);
    assert!(made.with_timestamp(&good, &tsa.trust_store(), provider()).is_ok());
    assert!(matches!(refused(&good, &other), SigningError::Timestamp(_)));
    assert!(matches!(refused(&tsa.token(payload().as_bytes()), &tsa), SigningError::Timestamp(_)));
    assert!(matches!(refused(b"token", &tsa), SigningError::Timestamp(_)));
    // Before the chain is valid: no verifier would take it.
    let late = TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_validity(draft, NOW.saturating_add(60), NOT_AFTER);
        }
    });
    let made = self::made(&late, &SignOptions::new(NOW.saturating_add(60)));
    let error = made.with_timestamp(&stamp(&tsa, &made), &tsa.trust_store(), provider()).unwrap_err();
    assert!(matches!(error, SigningError::TimestampValidity(_)), "{error}");
}

#[test]
fn the_revocation_of_the_authority_can_be_found_out_before_anything_is_pushed() {
    let ca = ca();
    let mut tsa = TestTsa::new(KeySpec::P256);
    let role = Role::TimestampAuthority { ocsp: &[], crl: &["http://crl.test/tsa"] };
    tsa.authority = tsa.root.issue(KeySpec::P256, AUTHORITY, role, |_| ());
    let made = made(&ca, &SignOptions::new(NOW));
    let (store, sources) = (tsa.trust_store(), RevocationSources::new());
    let found = |made: &AttachedSignature| {
        made.timestamp_revocation(&store, NOW, &sources, &mut NoAnswers, provider()).unwrap().unwrap()
    };
    assert!(found(&made).is_none(), "there is no timestamp");
    let stamped = made.with_timestamp(&stamp(&tsa, &made), &store, provider()).unwrap();
    assert!(found(&stamped).unwrap().outcome().is_err(), "nobody could be asked");
}

/// What is not verified clears nobody: the store may be another than the one that the timestamp was added by.
#[test]
fn a_timestamp_that_does_not_hold_under_the_store_is_no_missing_one() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    let (ours, other) = (tsa.trust_store(), TestTsa::new(KeySpec::P256).trust_store());
    let plain = made(&ca, &SignOptions::new(NOW));
    let stamped = plain.with_timestamp(&stamp(&tsa, &plain), &ours, provider()).unwrap();
    let authority = Subject::Certificate(tsa.authority.view().digest());
    let distrust = Distrust::new([DistrustEntry::new(authority, "stolen")]);
    assert_eq!(plain.timestamp_distrust(&other, &distrust, provider()), Ok(()), "there is nobody");
    assert_eq!(stamped.timestamp_distrust(&ours, &Distrust::default(), provider()), Ok(()));
    let error = stamped.timestamp_distrust(&ours, &distrust, provider()).unwrap_err();
    assert_eq!(error.code(), plimsoll_pki::code::CERTIFICATE_DISTRUSTED);
    assert!(error.to_string().starts_with("the timestamping authority: certificate 0"), "{error}");
    for list in [&distrust, &Distrust::default()] {
        let error = stamped.timestamp_distrust(&other, list, provider()).unwrap_err();
        assert!(matches!(error, SigningError::Timestamp(_)), "{error}");
    }
    let sources = RevocationSources::new();
    let found = |store| stamped.timestamp_revocation(store, NOW, &sources, &mut NoAnswers, provider()).unwrap();
    assert!(found(&ours).unwrap().is_some());
    assert_eq!(found(&other).unwrap_err().class(), plimsoll_core::Class::Untrusted);
}

#[test]
fn a_signature_can_be_made_from_its_hash() {
    let options = SignOptions::new(NOW);
    let target = target();
    let request = SigningRequest::new(Artifact::Manifest(&target), &options).unwrap();
    let draft = request.draft(Algorithm::EcdsaP256Sha256Fixed).unwrap();
    assert_eq!(draft.signing_digest().unwrap(), HashFunction::Sha256.digest(draft.signing_input()));
}

#[test]
fn a_chain_that_ends_too_early_needs_a_timestamp() {
    let tsa = TestTsa::new(KeySpec::P256);
    let short = TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_validity(draft, NOT_BEFORE, NOW.saturating_add(600));
        }
    });
    let until = |seconds| SignOptions::new(NOW).lasting_until(NOW.saturating_add(seconds));
    assert!(made(&short, &until(600)).signature_manifest().is_ok());
    let made = made(&short, &until(601));
    let error = made.signature_manifest().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "expected a chain that is valid until {}, or a timestamp, found a chain that ends on {}",
            NOW.saturating_add(601),
            NOW.saturating_add(600)
        )
    );
    let stamped = made.with_timestamp(&stamp(&tsa, &made), &tsa.trust_store(), provider()).unwrap();
    assert!(stamped.signature_manifest().is_ok());
}

#[test]
fn metadata_and_annotations_of_the_artifact_do_not_collide() {
    let annotations = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
    let options = SignOptions::new(NOW).with_artifact_annotations(annotations).with_metadata("b", "2");
    let target = target();
    let request = SigningRequest::new(Artifact::Manifest(&target), &options).unwrap();
    let text = std::str::from_utf8(request.payload()).unwrap();
    assert!(text.contains(r#""annotations":{"a":"1","b":"2"}"#), "{text}");
    let error = SigningRequest::new(Artifact::Manifest(&target), &options.with_metadata("a", "1")).unwrap_err();
    assert_eq!(error.to_string(), "expected metadata apart from the annotations of the artifact, found `a` in both");
}

/// The envelope that a plugin would make for this payload.
fn generated(ca: &TestCa, format: Format, payload: &[u8], edit: impl FnOnce(&mut SignedAttributes<'_>)) -> Vec<u8> {
    let signer = signer(&ca.leaf);
    let mut attributes = SignedAttributes::new(SigningScheme::X509, NOW.saturating_add(2));
    edit(&mut attributes);
    let draft = EnvelopeDraft::new(format, signer.algorithm(), &attributes, payload).unwrap();
    draft.attach(&signer.sign_now(draft.signing_input()).unwrap(), &ca.chain(), "plugin").unwrap()
}

fn answered(envelope: &[u8], format: Format) -> GeneratedEnvelope {
    let json = serde_json::json!({
        "signatureEnvelope": data_encoding::BASE64.encode(envelope),
        "signatureEnvelopeType": format.media_type(),
        "annotations": {"plugin": "yes", "org.opencontainers.image.created": "never"},
    });
    let call = GenerateEnvelope::new("k", format, b"");
    call.read(json.to_string().as_bytes(), &Limits::default()).unwrap()
}

// attack: A-352
#[test]
fn the_envelope_of_a_plugin_is_compared_with_what_was_asked_for() {
    let ca = ca();
    let target = target();
    for format in FORMATS {
        let options = SignOptions::new(NOW).with_format(format).with_metadata("team", "dish");
        let request = SigningRequest::new(Artifact::Manifest(&target), &options).unwrap();
        let accept =
            |payload: &[u8]| request.accept(&answered(&generated(&ca, format, payload, |_| ()), format), provider());
        let text = String::from_utf8(request.payload().to_vec()).unwrap();
        let good = accept(text.as_bytes()).unwrap().signature_manifest().unwrap();
        assert!(verify(&good.envelope, &strict(&ca)).verified().is_some());
        let read = SignatureManifest::read(&good.manifest, &target.digest).unwrap();
        assert_eq!(read.envelope, *good.envelope.descriptor());
        let manifest: serde_json::Value = serde_json::from_slice(good.manifest.bytes()).unwrap();
        assert_eq!(manifest["annotations"]["plugin"], "yes");
        let signed = NOW.saturating_add(2).to_string();
        assert_eq!(manifest["annotations"]["org.opencontainers.image.created"], signed, "what is signed stands");
        // Annotations may be added, and nothing else changed.
        assert!(accept(text.replace("\"team\"", "\"more\":\"x\",\"team\"").as_bytes()).is_ok());
        for (from, to) in [
            ("\"size\":2", "\"size\":3"),
            ("\"dish\"", "\"other\""),
            ("\"team\":\"dish\"", ""),
            ("\"size\":2", "\"size\":2,\"urls\":[]"),
            ("{\"targetArtifact\"", "{\"more\":1,\"targetArtifact\""),
        ] {
            assert!(text.contains(from));
            assert!(accept(text.replace(from, to).as_bytes()).is_err(), "{to}");
        }
        // Another format, and an envelope that does not hold.
        let mut broken = generated(&ca, format, text.as_bytes(), |_| ());
        let at = broken.len() / 2;
        broken[at] ^= 1;
        assert!(request.accept(&answered(&broken, format), provider()).is_err());
        let other = if format == Format::Jws { Format::Cose } else { Format::Jws };
        let other = generated(&ca, other, text.as_bytes(), |_| ());
        assert!(request.accept(&answered(&other, format), provider()).is_err());
        // Nobody else changes it afterwards.
        let attached = accept(text.as_bytes()).unwrap();
        let tsa = TestTsa::new(KeySpec::P256);
        let error = attached.with_timestamp(b"", &tsa.trust_store(), provider()).unwrap_err();
        assert_eq!(error, SigningError::PluginEnvelope);
    }
}

// attack: A-352
#[test]
fn the_envelope_of_a_plugin_has_the_expiry_and_no_unsigned_extras() {
    let ca = ca();
    let target = target();
    let options = SignOptions::new(NOW).with_expiry(NOW.saturating_add(60));
    let request = SigningRequest::new(Artifact::Manifest(&target), &options).unwrap();
    let accept = |seconds: Option<u64>| {
        let envelope = generated(&ca, Format::Jws, request.payload(), |attributes| {
            attributes.expiry = seconds.map(|seconds| attributes.signing_time.saturating_add(seconds));
        });
        request.accept(&answered(&envelope, Format::Jws), provider()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(accept(Some(60)), Ok(()));
    let expected = "expected an envelope that expires 60 seconds after its signing time, found";
    assert_eq!(accept(Some(61)), Err(format!("{expected} 61 seconds")));
    assert_eq!(accept(None), Err(format!("{expected} never")));
    let unprotected = vec![("x".into(), "y".into())];
    let envelope = Forge { unprotected, ..Forge::new(Format::Jws) }.seal(&ca);
    let options = SignOptions::new(NOW);
    let request = SigningRequest::new(Artifact::Manifest(&target), &options).unwrap();
    let error = request.accept(&answered(envelope.bytes(), Format::Jws), provider()).unwrap_err();
    assert_eq!(error.to_string(), "expected no unsigned attribute beside those of the specification, found `x`");
}

/// What a plugin makes that asks an authority, and is answered with `token`.
fn generated_with(
    ca: &TestCa,
    format: Format,
    scheme: SigningScheme,
    payload: &[u8],
    token: impl FnOnce(&[u8]) -> Vec<u8>,
) -> GeneratedEnvelope {
    let signer = signer(&ca.leaf);
    let attributes = SignedAttributes::new(scheme, NOW);
    let draft = EnvelopeDraft::new(format, signer.algorithm(), &attributes, payload).unwrap();
    let signature = signer.sign_now(draft.signing_input()).unwrap();
    let envelope = draft.attach_timestamped(&signature, &ca.chain(), "plugin", &token(&signature)).unwrap();
    answered(&envelope, format)
}

// attack: A-200
// attack: A-352
#[test]
fn the_timestamp_of_a_plugin_counts_once_it_is_verified() {
    let (tsa, stranger) = (TestTsa::new(KeySpec::P256), TestTsa::new(KeySpec::P256));
    let short = TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_validity(draft, NOT_BEFORE, NOW.saturating_add(600));
        }
    });
    let target = target();
    for format in FORMATS {
        let options = SignOptions::new(NOW).with_format(format).lasting_until(NOW.saturating_add(601));
        let request = SigningRequest::new(Artifact::Manifest(&target), &options).unwrap();
        let accept = |token: &dyn Fn(&[u8]) -> Vec<u8>| {
            let made = generated_with(&short, format, SigningScheme::X509, request.payload(), token);
            request.accept(&made, provider())
        };
        let good = accept(&|signature| tsa.token(signature)).unwrap();
        assert!(good.is_by_plugin());
        // Anybody's token is there; nobody has said yet that it is one of somebody trusted.
        assert!(matches!(good.signature_manifest().unwrap_err(), SigningError::ShortLived { .. }));
        assert!(matches!(good.envelope().unwrap_err(), SigningError::ShortLived { .. }));
        let error = good.with_own_timestamp(&stranger.trust_store(), provider()).unwrap_err();
        assert!(matches!(error, SigningError::Timestamp(_)), "{error}");
        let held = good.with_own_timestamp(&tsa.trust_store(), provider()).unwrap();
        assert_eq!(held.envelope().unwrap(), &Blob::of(format.media_type(), held.envelope().unwrap().to_bytes()));
        assert!(held.signature_manifest().is_ok());
        let (sources, store) = (RevocationSources::new(), tsa.trust_store());
        let found = held.timestamp_revocation(&store, NOW, &sources, &mut NoAnswers, provider()).unwrap().unwrap();
        assert!(found.is_some(), "its authority is looked up as ours is");
        // After the chain, before it, over something else, no token at all.
        let late = |signature: &[u8]| tsa.token_at(signature, NOW.saturating_add(700).into());
        let error = accept(&late).unwrap().with_own_timestamp(&tsa.trust_store(), provider()).unwrap_err();
        assert!(matches!(error, SigningError::TimestampValidity(_)), "{error}");
        let error = accept(&|_| tsa.token(b"other")).unwrap_err();
        assert_eq!(error.code().name(), "timestamp-mismatch");
        assert!(accept(&|_| b"token".to_vec()).is_err());
        let made = answered(&generated(&short, format, request.payload(), |_| ()), format);
        let plain = request.accept(&made, provider()).unwrap();
        assert!(plain.signature_manifest().is_err());
        let error = plain.with_own_timestamp(&tsa.trust_store(), provider()).unwrap_err();
        assert_eq!(error.to_string(), "expected a timestamp in the envelope, found none");
        // Under the other scheme there is no timestamp; the time of the authority is enough.
        let authority = |token: &dyn Fn(&[u8]) -> Vec<u8>| {
            let scheme = SigningScheme::X509SigningAuthority;
            request.accept(&generated_with(&short, format, scheme, request.payload(), token), provider())
        };
        assert_eq!(authority(&|signature| tsa.token(signature)).unwrap_err(), SigningError::AuthorityTimestamp);
        let mut attributes = SignedAttributes::new(SigningScheme::X509SigningAuthority, NOW);
        attributes.expiry = None;
        let by = signer(&short.leaf);
        let draft = EnvelopeDraft::new(format, by.algorithm(), &attributes, request.payload()).unwrap();
        let envelope = draft.attach(&by.sign_now(draft.signing_input()).unwrap(), &short.chain(), "plugin").unwrap();
        let made = request.accept(&answered(&envelope, format), provider()).unwrap();
        assert!(made.signature_manifest().is_ok());
    }
}

pub(crate) fn blob(function: HashFunction, bytes: &[u8]) -> BlobArtifact {
    let mut hasher = BlobHasher::new(function).unwrap();
    hasher.update(bytes);
    hasher.finish()
}

// spec: NP-100, NP-101, NP-103, NP-104
#[test]
fn a_blob_is_hashed_as_the_key_demands() {
    let functions = [
        (KeySpec::P256, HashFunction::Sha256),
        (KeySpec::P384, HashFunction::Sha384),
        (KeySpec::P521, HashFunction::Sha512),
        (KeySpec::Rsa2048, HashFunction::Sha256),
        (KeySpec::Rsa3072, HashFunction::Sha384),
        (KeySpec::Rsa4096, HashFunction::Sha512),
    ];
    for (spec, function) in functions {
        let ca = TestCa::new(spec);
        let policy = r#"{"version": "1.0", "trustPolicies": [{"name": "files", "globalPolicy": true,
            "signatureVerification": {"level": "strict"}, "trustStores": ["ca:test"], "trustedIdentities": ["*"]}]}"#;
        let policy = BlobTrustPolicy::parse(policy.as_bytes()).unwrap();
        let trust = TrustContext::new(policy.applicable(None).unwrap().clone(), &stores(&ca));
        let verifier = Verifier::new(&trust, NOW, provider());
        for format in FORMATS {
            let options = SignOptions::new(NOW).with_format(format);
            let sign = |blob: &BlobArtifact| {
                now(sign_artifact(Artifact::Blob(blob), &signer(&ca.leaf), &ca.chain(), &options, provider()))
            };
            let made = sign(&blob(function, b"file").with_media_type("text/plain")).unwrap();
            let envelope = made.envelope().unwrap();
            assert_eq!(made.signature_manifest().unwrap_err(), SigningError::NoManifest);
            let media_type = &envelope.descriptor().media_type;
            assert_eq!(blob_digest_algorithm(envelope.bytes(), media_type).unwrap(), function);
            let verify = |blob: &BlobArtifact| {
                code(&verifier.verify(envelope.bytes(), media_type, Artifact::Blob(blob), &mut NoAnswers).unwrap())
            };
            assert_eq!(verify(&blob(function, b"file")), "held");
            assert_eq!(verify(&blob(function, b"file").with_media_type("text/plain")), "held");
            assert_eq!(verify(&blob(function, b"file").with_media_type("text/html")), "target-mismatch");
            assert_eq!(verify(&blob(function, b"fil")), "target-mismatch");
            let mut longer = blob(function, b"file");
            longer.size += 1;
            assert_eq!(verify(&longer), "target-mismatch");
            let other = if function == HashFunction::Sha256 { HashFunction::Sha384 } else { HashFunction::Sha256 };
            assert_eq!(verify(&blob(other, b"file")), "target-mismatch");
            let error = sign(&blob(other, b"file")).unwrap_err();
            assert!(matches!(error, SigningError::BlobDigest { .. }), "{error}");
        }
    }
}

#[test]
fn a_signature_of_a_blob_says_nothing_of_a_manifest_of_other_bytes() {
    let ca = ca();
    let media_type = target().media_type;
    let made = |bytes: &[u8]| -> Blob {
        let blob = blob(HashFunction::Sha256, bytes).with_media_type(&*media_type);
        let options = SignOptions::new(NOW);
        let made = now(sign_artifact(Artifact::Blob(&blob), &signer(&ca.leaf), &ca.chain(), &options, provider()));
        made.unwrap().envelope().unwrap().clone()
    };
    assert_eq!(code(&verify(&made(b"[]"), &strict(&ca))), "target-mismatch");
}

#[test]
fn a_skipping_statement_for_a_blob_is_reported_as_skipped() {
    let policy =
        r#"{"version": "1.0", "trustPolicies": [{"name": "old", "signatureVerification": {"level": "skip"}}]}"#;
    let policy = BlobTrustPolicy::parse(policy.as_bytes()).unwrap();
    let trust =
        TrustContext::new(policy.applicable(Some("old")).unwrap().clone(), &plimsoll_notary::TrustStores::new());
    let verifier = Verifier::new(&trust, UnixTime::MIN, provider());
    let file = blob(HashFunction::Sha256, b"file");
    let skipped = verifier.verify(b"", "application/cose", Artifact::Blob(&file), &mut NoAnswers).unwrap();
    assert!(skipped.is_accepted() && skipped.verified().is_none());
    assert_eq!(skipped.report().checks[0].outcome, "skipped");
}
