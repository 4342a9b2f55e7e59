use crate::forge::*;
use plimsoll_core::{Class, Classify, Outcome, TrustedTime, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    CheckOutcome, Envelope, Format, PAYLOAD_TYPE, TrustContext, TrustStores,
    policy::{Action, Check},
    verify_signature,
};
use plimsoll_pki::issue::Role;
use plimsoll_testkit::pki::{KeySpec, Level, NOT_AFTER, NOT_BEFORE, NOW, TestCa, set_validity};
use std::collections::BTreeMap;

/// The code of a forged envelope, in both formats; they must be alike.
fn forged(ca: &TestCa, edit: impl Fn(Forge<'static>) -> Forge<'static>) -> &'static str {
    let trust = strict(ca);
    let [jws, cose] = FORMATS.map(|format| code(&verify(&edit(Forge::new(format)).seal(ca), &trust)));
    assert_eq!(jws, cose, "JWS and COSE differ");
    jws
}

#[test]
fn the_forge_itself_makes_good_signatures() {
    let ca = ca();
    assert_eq!(forged(&ca, |good| good), "held");
    let mut stores = TrustStores::new();
    stores.add(plimsoll_testkit::pki::named_store("signingAuthority:a", &[&ca.root.der]));
    for format in FORMATS {
        let verification = verify(&Forge::authority(format, NOW).seal(&ca), &authority_trust(&stores));
        assert_eq!(message(&verification), "held");
        let verified = verification.verified().unwrap();
        let leaf = verified.claims().leaf;
        assert_eq!(verified.time(), &TrustedTime::Attested { earliest: NOW, latest: NOW, authority: leaf });
    }
}

fn authority_trust(stores: &TrustStores) -> TrustContext {
    let text = r#"{"version": "1.0", "trustPolicies": [{"name": "release", "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"}, "trustStores": ["signingAuthority:a"],
        "trustedIdentities": ["*"]}]}"#;
    let policy = plimsoll_notary::policy::TrustPolicy::parse(text.as_bytes()).unwrap();
    TrustContext::new(policy.statements()[0].clone(), stores)
}

// attack: A-105
// spec: NP-048, NP-065, NP-067, NP-071, NP-091, NP-093
#[test]
fn the_algorithm_follows_from_the_key() {
    let ca = ca();
    use plimsoll_core::Algorithm::*;
    for claimed in [EcdsaP384Sha384Fixed, EcdsaP521Sha512Fixed, RsaPssSha256, RsaPssSha512, RsaPkcs1Sha256, Ed25519] {
        let found = forged(&ca, |good| Forge { algorithm: Some(claimed), ..good });
        assert_eq!(found, "algorithm-mismatch", "{claimed:?}");
    }
}

// attack: A-106
// attack: A-117
// attack: A-121
// spec: NP-110
#[test]
fn an_unknown_critical_attribute_is_refused_with_a_good_signature() {
    let ca = ca();
    let with = |critical: &'static [&'static str]| {
        forged(&ca, |good| good.with("com.example.must", "x".into()).critical(critical))
    };
    assert_eq!(with(&[SCHEME, "com.example.must"]), "unknown-critical-attribute");
    assert_eq!(with(&[SCHEME]), "held");
    let least = forged(&ca, |good| {
        let name = "io.cncf.notary.verificationPluginMinVersion";
        good.with(name, "1.0.0".into()).critical(&[SCHEME, name])
    });
    assert_eq!(least, "unknown-critical-attribute", "a least version demands something of nobody");
}

// attack: A-117
#[test]
fn no_level_lets_an_unknown_critical_attribute_pass() {
    let ca = ca();
    let trust = TrustContext::new(statement("audit", "", "*"), &stores(&ca));
    let forge = Forge::new(Format::Jws).with("x", "y".into()).critical(&[SCHEME, "x"]);
    let verification = verify(&forge.seal(&ca), &trust);
    assert!(!verification.is_accepted() && verification.claims().is_none());
}

// attack: A-107
// attack: A-122
// spec: NP-050, NP-081
#[test]
fn a_malformed_list_of_critical_attributes_is_refused() {
    let ca = ca();
    assert_eq!(forged(&ca, |good| good.critical(&[])), "malformed-attributes");
    assert_eq!(forged(&ca, |good| good.critical(&[SCHEME, SCHEME])), "envelope-malformed");
    assert_eq!(forged(&ca, |good| good.critical(&[SCHEME, "absent"])), "envelope-malformed");
    assert_eq!(forged(&ca, |good| good.critical(&[TIME])), "malformed-attributes");
    assert_eq!(forged(&ca, |good| good.critical(&[SCHEME, TIME])), "malformed-attributes");
    let outside = forged(&ca, |good| {
        let label = if good.format == Format::Jws { "crit".into() } else { plimsoll_envelope::Label::from(2) };
        Forge { unprotected: vec![(label, [SCHEME].into())], ..good }
    });
    assert!(outside == "envelope-malformed" || outside == "duplicate-member", "{outside}");
    let unsigned = forged(&ca, |good| Forge {
        unprotected: vec![(EXPIRY.into(), seconds(NOT_AFTER))],
        ..good.critical(&[SCHEME, EXPIRY])
    });
    assert_eq!(unsigned, "envelope-malformed", "an unsigned value satisfies nothing");
}

// attack: A-108
#[test]
fn a_payload_is_never_read_raw() {
    let ca = ca();
    let trust = strict(&ca);
    for critical in [&[SCHEME][..], &[SCHEME, "b64"]] {
        let forge = Forge::new(Format::Jws).with("b64", plimsoll_envelope::HeaderValue::Bool(false)).critical(critical);
        assert!(!verify(&forge.seal(&ca), &trust).is_accepted());
    }
}

// attack: A-116
// spec: NP-182
#[test]
fn the_payload_is_of_the_type_that_is_signed() {
    let ca = ca();
    assert_eq!(forged(&ca, |good| Forge { content_type: None, ..good }), "unsupported-payload-type");
    for wrong in ["application/json", "", "application/vnd.cncf.notary.payload.v2+json"] {
        assert_eq!(forged(&ca, |good| Forge { content_type: Some(wrong), ..good }), "unsupported-payload-type");
    }
    assert_eq!(PAYLOAD_TYPE, "application/vnd.cncf.notary.payload.v1+json");
}

// attack: A-119
// spec: NP-057, NP-077, NP-114, NP-183, NP-198, NP-199
#[test]
fn times_and_scheme_are_of_their_form() {
    let ca = ca();
    let refused = |edit: fn(Forge<'static>) -> Forge<'static>| {
        assert_eq!(forged(&ca, edit), "malformed-attributes");
    };
    refused(|good| good.without(TIME));
    refused(|good| good.with(TIME, 5.into()));
    refused(|good| good.with(TIME, "yesterday".into()));
    refused(|good| good.with(EXPIRY, seconds(NOT_AFTER)));
    refused(|good| good.with(EXPIRY, seconds(NOW)).critical(&[SCHEME, EXPIRY]));
    refused(|good| good.with(EXPIRY, "never".into()).critical(&[SCHEME, EXPIRY]));
    refused(|good| good.with(SCHEME, "notary.x510".into()));
    refused(|good| good.with(SCHEME, 5.into()));
    refused(|good| good.with(AUTHENTIC, seconds(NOW)).critical(&[SCHEME, AUTHENTIC]));
    refused(|good| good.with(SCHEME, "notary.x509.signingAuthority".into()));
    refused(|good| {
        let authority = Forge::authority(good.format, NOW);
        authority.with(TIME, seconds(NOW))
    });
    refused(|good| Forge::authority(good.format, NOW).critical(&[SCHEME]));
    refused(|good| good.with(PLUGIN, "".into()).critical(&[SCHEME, PLUGIN]));
    // Whoever names a plugin demands it: a reader that knows no plugins must not pass it over.
    refused(|good| good.with(PLUGIN, "kms".into()));
    refused(|good| good.with("io.cncf.notary.verificationPluginMinVersion", "1.0.0".into()));
}

// attack: A-119
#[test]
fn a_claimed_signing_time_decides_nothing() {
    let ca = ca();
    for time in [UnixTime::MIN, NOT_BEFORE.saturating_sub(9), NOT_AFTER.saturating_add(9)] {
        for format in FORMATS {
            let forge = Forge::new(format).with(TIME, seconds(time));
            let verification = verify(&forge.seal(&ca), &strict(&ca));
            assert_eq!(message(&verification), "held");
            let warnings = &verification.claims().unwrap().warnings;
            assert!(
                warnings[0].to_string().starts_with(&format!("the claimed signing time {time} lies outside")),
                "{warnings:?}"
            );
        }
    }
}

// attack: A-119
// spec: NP-180, NP-197
#[test]
fn an_authentic_signing_time_lies_in_the_validity_of_the_chain_and_not_in_the_future() {
    let ca = ca();
    let stores = store_of("signingAuthority:a", &ca);
    let trust = authority_trust(&stores);
    let at = |time: UnixTime| FORMATS.map(|format| code(&verify(&Forge::authority(format, time).seal(&ca), &trust)));
    assert_eq!(at(NOT_BEFORE), ["held"; 2]);
    assert_eq!(at(NOT_BEFORE.saturating_sub(1)), ["certificate-not-yet-valid"; 2]);
    assert_eq!(at(NOW.saturating_add(300)), ["held"; 2]);
    assert_eq!(at(NOW.saturating_add(301)), ["certificate-not-yet-valid"; 2]);
    // What was signed in time stays good after the certificates have expired.
    let envelope = Forge::authority(Format::Cose, NOW).seal(&ca);
    assert_eq!(code(&verify_at(&envelope, &trust, NOT_AFTER.saturating_add(9))), "held");
}

// attack: A-118
// spec: NP-203, NP-204
#[test]
fn each_scheme_has_stores_of_its_own_type() {
    let ca = ca();
    let verification = verify(&Forge::authority(Format::Jws, NOW).seal(&ca), &strict(&ca));
    assert_eq!(
        message(&verification),
        "authenticity: expected a `signingAuthority` trust store in the trust policy statement, found none"
    );
    let stores = store_of("signingAuthority:a", &ca);
    let verification = verify(&Forge::new(Format::Jws).seal(&ca), &authority_trust(&stores));
    assert_eq!(
        message(&verification),
        "authenticity: expected a `ca` trust store in the trust policy statement, found none"
    );
}

// attack: A-120
// attack: A-232
#[test]
fn a_signature_on_something_else_is_refused_at_every_level() {
    let ca = ca();
    for level in ["strict", "permissive", "audit"] {
        let trust = TrustContext::new(statement(level, "", "*"), &stores(&ca));
        for (from, to) in [("\"size\":2", "\"size\":3"), ("manifest.v1", "index.v1"), ("sha256:4", "sha256:5")] {
            let good = payload();
            let payload = good.replace(from, to);
            assert_ne!(payload, good);
            let forge = Forge { payload, ..Forge::new(Format::Jws) };
            let verification = verify(&forge.seal(&ca), &trust);
            assert_eq!((code(&verification), verification.is_accepted()), ("target-mismatch", false), "{level}");
        }
    }
    assert_eq!(forged(&ca, |good| Forge { payload: "{}".into(), ..good }), "malformed-payload");
    assert_eq!(forged(&ca, |good| Forge { payload: "no".into(), ..good }), "malformed-payload");
}

// attack: A-237
#[test]
fn required_metadata_is_read_from_the_signed_payload_alone() {
    let ca = ca();
    let required = BTreeMap::from([("team".to_owned(), "dish".to_owned())]);
    let trust = strict(&ca).requiring_metadata(required.clone());
    let audit = TrustContext::new(statement("audit", "", "*"), &stores(&ca)).requiring_metadata(required);
    let sign = |value: &str| signed(&ca, &plimsoll_notary::SignOptions::new(NOW).with_metadata("team", value));
    assert_eq!(code(&verify(&sign("dish").envelope, &trust)), "held");
    assert_eq!(code(&verify(&sign("fish").envelope, &trust)), "signed-metadata-mismatch");
    let outside = Forge { unprotected: vec![("team".into(), "dish".into())], ..Forge::new(Format::Jws) };
    let verification = verify(&outside.seal(&ca), &audit);
    assert_eq!((code(&verification), verification.is_accepted()), ("signed-metadata-mismatch", false));
}

// attack: A-115
#[test]
fn a_bad_signature_goes_before_every_other_fault() {
    let ca = ca();
    for format in FORMATS {
        // Expired, unknown critical, under an unknown root, about something else, and forged.
        let forge = Forge { payload: "{}".into(), ..Forge::new(format) }
            .with(EXPIRY, seconds(NOW.saturating_add(1)))
            .with("x", "y".into())
            .critical(&[SCHEME, EXPIRY, "x"]);
        let other = TestCa::new(KeySpec::P256);
        let envelope = forge.seal_by(&signer(&other.leaf), &ca.chain());
        let verification = verify_at(&envelope, &strict(&other), NOT_AFTER.saturating_add(9));
        assert_eq!(code(&verification), "signature-invalid");
        assert!(verification.claims().is_none(), "nothing of it may be read");
        let reached: Vec<_> = verification.checks().iter().map(|result| &result.outcome).collect();
        assert!(matches!(reached[0], CheckOutcome::Failed(_)));
        assert!(reached[1..].iter().all(|outcome| **outcome == CheckOutcome::NotReached));
    }
}

// attack: A-114
#[test]
fn every_flipped_bit_of_the_payload_and_header_is_noticed() {
    let ca = ca();
    let trust = strict(&ca);
    let good = Forge::new(Format::Cose).seal(&ca);
    let chain = good.bytes().windows(9).position(|window| *window == ca.leaf.der[..9]).unwrap();
    let payload = payload().into_bytes();
    let at = good.bytes().windows(payload.len()).position(|window| *window == payload[..]).unwrap();
    for index in (4..chain - 40).chain(at..at + payload.len()) {
        let mut bytes = good.bytes().to_vec();
        bytes[index] ^= 1;
        let verification = verify_signature(&bytes, "application/cose", &target(), &trust, NOW, provider());
        assert!(!verification.is_accepted(), "bit 0 of byte {index}");
    }
}

// attack: A-231
#[test]
fn the_media_type_decides_and_is_never_second_guessed() {
    let ca = ca();
    let trust = strict(&ca);
    let verify =
        |bytes: &[u8], media_type: &str| code(&verify_signature(bytes, media_type, &target(), &trust, NOW, provider()));
    let [jws, cose] = FORMATS.map(|format| Forge::new(format).seal(&ca));
    assert_eq!(verify(jws.bytes(), "application/cose"), "envelope-malformed");
    assert_eq!(verify(cose.bytes(), "application/jose+json"), "envelope-malformed");
    assert_eq!(verify(jws.bytes(), "application/json"), "unsupported-signature-format");
    assert_eq!(verify(jws.bytes(), "application/jose+json; charset=utf-8"), "held");
}

// spec: NP-125, NP-201, NP-202
#[test]
fn an_unknown_root_is_refused_and_a_known_intermediate_is_enough() {
    let (ca, other) = (ca(), ca());
    let envelope = Forge::new(Format::Jws).seal(&ca);
    assert_eq!(code(&verify(&envelope, &strict(&other))), "untrusted-chain");
    let mut stores = TrustStores::new();
    stores.add(plimsoll_testkit::pki::named_store("ca:test", &[&ca.intermediate.der]));
    let trust = TrustContext::new(statement("strict", "", "*"), &stores);
    let verification = verify(&envelope, &trust);
    let anchor = plimsoll_core::Digest::sha256_of(&ca.intermediate.der);
    assert_eq!(verification.verified().unwrap().anchor().digest, anchor);
}

// attack: A-218
// attack: A-225
// spec: NP-245
#[test]
fn the_signer_has_every_attribute_of_the_identity() {
    let ca = ca();
    let envelope = Forge::new(Format::Jws).seal(&ca);
    let verify = |identity: &str| {
        let trust = TrustContext::new(statement("strict", "", identity), &stores(&ca));
        code(&verify(&envelope, &trust))
    };
    assert_eq!(verify("x509.subject: CN=Test Signer,O=Harbour,ST=WA,C=US"), "held");
    assert_eq!(verify("x509.subject: C=US,ST=WA,O=Harbour"), "held");
    assert_eq!(verify("x509.subject: C=US,S=WA,O=Harbour"), "held");
    for other in [
        "C=US,ST=WA,O=harbour",
        "C=US,ST=WA,O=Harbour ltd",
        "C=US,ST=WA,O=Harb",
        "C=us,ST=WA,O=Harbour",
        "C=US,ST=WA,O=Harbour,CN=Test",
        "C=US,ST=WA,O=Harbour,OU=x",
        "C=US,ST=WA,O=Hаrbour",
    ] {
        assert_eq!(verify(&format!("x509.subject: {other}")), "untrusted-identity", "{other}");
    }
    assert_eq!(verify("example.id:Harbour"), "untrusted-identity", "a kind that only a plugin could judge");
}

// attack: A-236
#[test]
fn expiry_is_the_first_second_too_late() {
    let ca = ca();
    let expiry = NOW.saturating_add(60);
    let forge = Forge::new(Format::Jws).with(EXPIRY, seconds(expiry)).critical(&[SCHEME, EXPIRY]);
    let envelope = forge.seal(&ca);
    let trust = strict(&ca);
    let before = verify_at(&envelope, &trust, expiry.saturating_sub(1));
    assert_eq!((message(&before), before.horizon().until), ("held".into(), expiry));
    let after = verify_at(&envelope, &trust, expiry);
    assert_eq!(
        message(&after),
        format!("expiry: the signature has expired: expected a time before {expiry}, found {expiry}")
    );
    assert_eq!((after.horizon().from, after.horizon().until), (expiry, NOT_AFTER.saturating_add(1)));
}

// spec: NP-196
#[test]
fn every_certificate_is_valid_now_the_root_too() {
    for short in [Level::Root, Level::Intermediate, Level::Leaf] {
        let ca = TestCa::forge(KeySpec::P256, |level, draft| {
            if level == short {
                set_validity(draft, NOW, NOW.saturating_add(100));
            }
        });
        let envelope = Forge::new(Format::Cose).seal(&ca);
        let trust = strict(&ca);
        let code = |at: UnixTime| code(&verify_at(&envelope, &trust, at));
        assert_eq!(code(NOW.saturating_sub(1)), "certificate-not-yet-valid", "{short:?}");
        assert_eq!(code(NOW), "held", "{short:?}");
        assert_eq!(code(NOW.saturating_add(100)), "held", "{short:?}");
        assert_eq!(code(NOW.saturating_add(101)), "certificate-expired", "{short:?}");
        let held = verify_at(&envelope, &trust, NOW.saturating_add(5));
        assert_eq!((held.horizon().from, held.horizon().until), (NOW, NOW.saturating_add(101)));
    }
}

/// An authority whose leaf names an OCSP responder.
fn revocable() -> TestCa {
    let mut ca = ca();
    let role = Role::Signer { ocsp: &["http://ocsp.test/"], crl: &[] };
    ca.leaf = ca.intermediate.issue(KeySpec::P256, plimsoll_testkit::pki::LEAF, role, |_| ());
    ca
}

#[test]
fn revocation_that_cannot_be_checked_is_never_passed_over() {
    let ca = revocable();
    let envelope = Forge::new(Format::Jws).seal(&ca);
    let verify =
        |level: &str, more: &str| verify(&envelope, &TrustContext::new(statement(level, more, "*"), &stores(&ca)));
    let strict = verify("strict", "");
    assert_eq!((code(&strict), strict.is_accepted()), ("revocation-unknown", false));
    assert_eq!(strict.failure().unwrap().check, Check::Revocation);
    assert_eq!(strict.failure().unwrap().failure().unwrap().class(), Class::Unavailable);
    let permissive = verify("permissive", "");
    assert_eq!((code(&permissive), permissive.is_accepted()), ("revocation-unknown", true));
    assert!(permissive.verified().is_none(), "what was only logged leaves a claim");
    let skipping = verify("strict", r#", "override": {"revocation": "skip"}"#);
    assert!(skipping.verified().is_some(), "the policy's author has decided");
    assert_eq!(skipping.checks()[4].outcome, CheckOutcome::Skipped);
}

// attack: A-212
#[test]
fn a_token_without_a_store_does_not_save_an_expired_certificate() {
    let ca = ca();
    let unprotected = vec![("io.cncf.notary.timestampSignature".into(), "eHg=".into())];
    let envelope = Forge { unprotected, ..Forge::new(Format::Jws) }.seal(&ca);
    assert_eq!(code(&verify_at(&envelope, &strict(&ca), NOT_AFTER.saturating_add(1))), "certificate-expired");
}

// attack: A-372
// spec: NP-186
#[test]
fn a_plugin_is_never_passed_over_and_an_unknown_signer_goes_before_it() {
    let (ca, other) = (ca(), ca());
    let forge = |format| Forge::new(format).with(PLUGIN, "example".into()).critical(&[SCHEME, PLUGIN]);
    for format in FORMATS {
        for level in ["strict", "permissive", "audit"] {
            let trust = TrustContext::new(statement(level, "", "*"), &stores(&ca));
            let verification = verify(&forge(format).seal(&ca), &trust);
            assert_eq!((code(&verification), verification.is_accepted()), ("plugin-not-allowed", false), "{level}");
        }
        assert_eq!(code(&verify(&forge(format).seal(&ca), &strict(&other))), "untrusted-chain");
    }
}

// attack: A-226
// attack: A-385
// spec: NP-231
#[test]
fn what_a_level_only_logs_passes_as_a_claim() {
    let other = ca();
    let ca = revocable();
    let forge = Forge::new(Format::Cose).with(EXPIRY, seconds(NOW.saturating_add(1))).critical(&[SCHEME, EXPIRY]);
    let envelope = forge.seal(&ca);
    let late = NOT_AFTER.saturating_add(1);
    // Every check but integrity fails: the root is unknown, all is expired, revocation is not to be had.
    for (level, accepted) in [("strict", false), ("permissive", false), ("audit", true)] {
        let trust = TrustContext::new(statement(level, "", "*"), &stores(&other));
        let verification = verify_at(&envelope, &trust, late);
        assert_eq!(verification.is_accepted(), accepted, "{level}");
        assert!(verification.verified().is_none(), "{level}");
        let failed: Vec<_> = verification.checks().iter().filter(|result| result.failure().is_some()).collect();
        assert_eq!(failed.len(), 4, "{level}: no failure hides another");
        assert_eq!(code(&verification), "untrusted-chain");
    }
    // Only expiry fails, and the policy logs just that.
    let trust = TrustContext::new(
        statement("strict", r#", "override": {"expiry": "log", "revocation": "skip"}"#, "*"),
        &stores(&ca),
    );
    let verification = verify_at(&envelope, &trust, NOW.saturating_add(1));
    assert!(verification.is_accepted() && verification.verified().is_none());
    assert!(matches!(verification.outcome(), Outcome::Failed(code, _) if code.name() == "signature-expired"));
    let expiry = verification.failure().unwrap();
    assert_eq!((expiry.check, expiry.action), (Check::Expiry, Action::Log));
}

#[test]
fn skip_looks_at_nothing() {
    let ca = ca();
    let text = r#"{"version": "1.0", "trustPolicies": [{"name": "n", "registryScopes": ["*"],
        "signatureVerification": {"level": "skip"}}]}"#;
    let policy = plimsoll_notary::policy::TrustPolicy::parse(text.as_bytes()).unwrap();
    let trust = TrustContext::new(policy.statements()[0].clone(), &stores(&ca));
    let verification = verify(&Forge::new(Format::Jws).seal(&ca), &trust);
    assert!(verification.verified().is_none() && verification.claims().is_none());
    assert!(verification.checks().iter().all(|result| result.outcome == CheckOutcome::Skipped));
}

#[test]
fn a_store_that_is_missing_or_spoilt_trusts_nobody() {
    let ca = ca();
    let envelope = Forge::new(Format::Jws).seal(&ca);
    let missing = TrustContext::new(statement("strict", "", "*"), &TrustStores::new());
    assert_eq!(
        message(&verify(&envelope, &missing)),
        "authenticity: expected the trust store `ca:test`, which the trust policy names, found none"
    );
    let mut stores = TrustStores::new();
    let failure = plimsoll_core::Failure::new(plimsoll_core::code::UNREACHABLE, "the folder cannot be read");
    stores.add_failed("ca:test".parse().unwrap(), failure);
    let spoilt = verify(&envelope, &TrustContext::new(statement("strict", "", "*"), &stores));
    assert_eq!(message(&spoilt), "authenticity: the folder cannot be read");
    let audit = verify(&envelope, &TrustContext::new(statement("audit", "", "*"), &stores));
    assert!(audit.is_accepted() && audit.verified().is_none());
}

// attack: A-125
#[test]
fn a_chain_stands_in_one_place() {
    let ca = ca();
    let chain = ca.chain();
    let protected = Forge::new(Format::Jws).with("x5c", plimsoll_envelope::HeaderValue::chain(&chain));
    assert!(!verify(&protected.seal(&ca), &strict(&ca)).is_accepted());
}

#[test]
fn the_chain_has_at_most_ten_certificates() {
    let ca = ca();
    let mut chain = ca.chain();
    chain.extend(std::iter::repeat_n(ca.root.der.as_slice(), 8));
    let envelope = Forge::new(Format::Jws).seal_by(&signer(&ca.leaf), &chain);
    assert_eq!(code(&verify(&envelope, &strict(&ca))), "limit-exceeded");
    let none = Forge::new(Format::Jws).seal_by(&signer(&ca.leaf), &[]);
    assert!(!verify(&none, &strict(&ca)).is_accepted());
}

#[test]
fn an_envelope_shows_its_claims_without_a_payload() {
    let ca = ca();
    let blob = Forge::new(Format::Cose).seal(&ca);
    let envelope = Envelope::parse(blob.bytes(), "application/cose").unwrap();
    assert_eq!(envelope.unverified().unwrap().presented_chain().count(), 3);
    assert_eq!(envelope.format(), Format::Cose);
}
