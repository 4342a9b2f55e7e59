//! What a verification asks of the world, when it may, and what it makes of the answers.

use crate::forge::*;
use plimsoll_core::{Blob, Bytes, Missing, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Artifact, Format, TrustContext, TrustStores, VerificationError, Verifier,
    plugin::PluginConfig,
    policy::{Check, Statement},
};
use plimsoll_pki::{
    crl::{CertificateList, CrlLimits, RevokedEntry, RevokedReason},
    distrust::{Distrust, DistrustEntry, Subject},
    issue::Role,
};
use plimsoll_testkit::{
    crl,
    pki::{KeySpec, LEAF, NOW, TestCa, named_store},
    timestamp::TestTsa,
};

const LIST: &str = "http://crl.test/signers";

/// An authority whose signer names a list.
fn listed() -> TestCa {
    let mut ca = ca();
    ca.leaf = ca.intermediate.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &[], crl: &[LIST] }, |_| ());
    ca
}

fn serving(list: Vec<u8>) -> Outside {
    Outside { http: [(LIST.into(), list.into())].into(), ..Outside::default() }
}

fn revoked(ca: &TestCa) -> Vec<u8> {
    crl::list(&ca.intermediate, &[(&ca.leaf, RevokedReason::KeyCompromise)])
}

fn at_level(level: &str, more: &str, ca: &TestCa) -> TrustContext {
    TrustContext::new(statement(level, more, "*"), &stores(ca))
}

// attack: A-183
// attack: A-193
#[test]
fn revocation_is_enforced_logged_or_skipped_as_the_level_says() {
    let ca = listed();
    let envelope = Forge::new(Format::Cose).seal(&ca);
    let revoked = || serving(revoked(&ca));
    let good = || serving(crl::list(&ca.intermediate, &[]));
    for (level, more, enforced) in [
        ("strict", "", true),
        ("permissive", "", false),
        ("audit", "", false),
        ("permissive", r#", "override": {"revocation": "enforce"}"#, true),
        ("strict", r#", "override": {"revocation": "log"}"#, false),
    ] {
        let trust = at_level(level, more, &ca);
        for (mut outside, expected) in
            [(revoked(), "certificate-revoked"), (Outside::default(), "revocation-unknown"), (good(), "held")]
        {
            let verification = verify_with(&envelope, &trust, NOW, &mut outside);
            assert_eq!(code(&verification), expected, "{level}{more}");
            assert_eq!(verification.is_accepted(), expected == "held" || !enforced, "{level}{more}");
            assert_eq!(verification.verified().is_some(), expected == "held", "a logged failure is no clean pass");
        }
    }
    let trust = at_level("strict", r#", "override": {"revocation": "skip"}"#, &ca);
    let mut outside = revoked();
    assert!(verify_with(&envelope, &trust, NOW, &mut outside).verified().is_some());
    assert_eq!(outside.asked, [""; 0], "what is skipped is not asked");
}

#[test]
fn a_proof_never_outlives_the_list_it_stands_on() {
    let ca = listed();
    let envelope = Forge::new(Format::Jws).seal(&ca);
    let verification =
        verify_with(&envelope, &at_level("strict", "", &ca), NOW, &mut serving(crl::list(&ca.intermediate, &[])));
    let next_update = NOW.saturating_add(crl::DAY);
    assert!(verification.horizon().until <= next_update.saturating_add(1), "{:?}", verification.horizon());
    assert_eq!(verification.verified().unwrap().horizon(), verification.horizon());
    let json: serde_json::Value = serde_json::from_str(&verification.report().to_json()).unwrap();
    assert_eq!(json["revocation"][0]["status"], "good");
    assert_eq!(json["revocation"][1]["status"], "non-revokable");
    assert_eq!(json["checks"][4]["outcome"], "held");
    assert_eq!(json["verified"], true);
}

// attack: A-372
#[test]
fn nobody_is_asked_for_an_envelope_that_does_not_hold_or_a_signer_that_is_not_trusted() {
    let (ca, other) = (listed(), ca());
    let named = r#"x509.subject: C=NL,ST=G,O=S"#;
    let good = Forge::new(Format::Jws).seal(&ca);
    let broken = Forge { payload: "{}".into(), ..Forge::new(Format::Jws) }.seal(&ca);
    let distrusted = DistrustEntry::new(Subject::Certificate(ca.leaf.view().digest()), "gone");
    let distrusting = stores(&ca).with_distrust(Distrust::new([distrusted]));
    for level in ["strict", "permissive", "audit"] {
        for (envelope, identity, stores, expected) in [
            (&broken, "*", stores(&ca), "malformed-payload"),
            (&good, "*", stores(&other), "untrusted-chain"),
            (&good, named, stores(&ca), "untrusted-identity"),
            (&good, "*", distrusting.clone(), "certificate-distrusted"),
        ] {
            let trust = TrustContext::new(statement(level, "", identity), &stores);
            let mut outside = serving(revoked(&ca));
            let verification = verify_with(envelope, &trust, NOW, &mut outside);
            assert_eq!((code(&verification), outside.asked), (expected, Vec::new()), "{level}");
            assert!(verification.verified().is_none());
        }
    }
}

#[test]
fn required_revocation_fails_where_nobody_can_revoke_and_a_local_list_helps() {
    let ca = ca();
    let envelope = Forge::new(Format::Jws).seal(&ca);
    let required = || {
        of_members(
            r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:test"], "trustedIdentities": ["*"],
            "plimsoll": {"revocation": "required"}"#,
        )
    };
    let with = |lists: Vec<Vec<u8>>| {
        let read = |der: Vec<u8>| CertificateList::from_der(der, &CrlLimits::default()).unwrap();
        let stores = stores(&ca).with_revocation_lists(lists.into_iter().map(read).collect());
        let trust = TrustContext::new(required(), &stores);
        code(&verify_with(&envelope, &trust, NOW, &mut Outside::default()))
    };
    assert_eq!(with(Vec::new()), "certificate-not-revocable");
    let above = crl::list(&ca.root, &[]);
    assert_eq!(with(vec![crl::list(&ca.intermediate, &[]), above.clone()]), "held");
    assert_eq!(with(vec![revoked(&ca), above]), "certificate-revoked");
}

// attack: A-192
#[test]
fn an_invalidity_date_saves_only_what_an_authentic_time_dates_before_it() {
    let (ca, tsa) = (listed(), TestTsa::new(KeySpec::P256));
    let view = ca.leaf.view();
    let list_of = |date: UnixTime| {
        let mut entry = RevokedEntry::new(RevokedReason::KeyCompromise, NOW);
        entry.invalidity_date = Some(date);
        crl::forge(&ca.intermediate, &crl::request(&[(view.serial(), entry)]), |_| ())
    };
    let mut stores = stores(&ca);
    stores.add(named_store("tsa:test", &[&tsa.root.der]));
    stores.add(named_store("signingAuthority:test", &[&ca.root.der]));
    let trust = |stores_named: &str| {
        let statement = of_members(&format!(
            r#""signatureVerification": {{"level": "strict"}}, "trustStores": [{stores_named}], "trustedIdentities": ["*"]"#
        ));
        TrustContext::new(statement, &stores)
    };
    let (before, after) = (NOW.saturating_sub(100), NOW.saturating_add(100));
    let claimed = Forge::new(Format::Jws).seal(&ca);
    let stamped = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let authority = Forge::authority(Format::Jws, NOW).seal(&ca);
    for (envelope, named, date, expected) in [
        (&claimed, r#""ca:test""#, after, "certificate-revoked"),
        (&stamped, r#""ca:test", "tsa:test""#, after, "held"),
        (&stamped, r#""ca:test", "tsa:test""#, before, "certificate-revoked"),
        (&stamped, r#""ca:test""#, after, "certificate-revoked"),
        (&authority, r#""signingAuthority:test""#, after, "held"),
        (&authority, r#""signingAuthority:test""#, before, "certificate-revoked"),
    ] {
        let found = verify_with(envelope, &trust(named), NOW, &mut serving(list_of(date)));
        assert_eq!(code(&found), expected, "{named} {date}");
    }
}

/// A good answer to `get-plugin-metadata`.
fn metadata(version: &str, capabilities: &str) -> Bytes {
    format!(
        r#"{{"name":"kms","description":"d","version":"{version}","url":"u","supportedContractVersions":["1.0"],
        "capabilities":[{capabilities}]}}"#
    )
    .into()
}

const IDENTITY: &str = r#""SIGNATURE_VERIFIER.TRUSTED_IDENTITY""#;
const REVOCATION: &str = r#""SIGNATURE_VERIFIER.REVOCATION_CHECK""#;

fn answer(results: &[(&str, bool)], processed: &str) -> Bytes {
    let results: Vec<_> =
        results.iter().map(|(name, held)| format!(r#"{name}:{{"success":{held},"reason":"because"}}"#)).collect();
    format!(r#"{{"verificationResults":{{{}}},"processedAttributes":[{processed}]}}"#, results.join(",")).into()
}

fn asking(metadata: Bytes, verified: Bytes) -> Outside {
    let plugin = [("get-plugin-metadata".into(), metadata), ("verify-signature".into(), verified)].into();
    Outside { plugin, ..Outside::default() }
}

/// A signature that names the plugin `kms`.
fn demanding(ca: &TestCa) -> Blob {
    Forge::new(Format::Jws).with(PLUGIN, "kms".into()).critical(&[SCHEME, PLUGIN]).seal(ca)
}

fn listing(level: &str, identity: &str) -> Statement {
    of_members(&format!(
        r#""signatureVerification": {{"level": "{level}"}}, "trustStores": ["ca:test"],
        "trustedIdentities": ["{identity}"], "plimsoll": {{"plugins": ["kms"]}}"#
    ))
}

// spec: NP-034, NP-035
#[test]
fn a_plugin_stands_in_for_the_checks_that_it_takes() {
    let ca = listed();
    let envelope = demanding(&ca);
    // The native checks would refuse: no identity matches, and the list revokes.
    let trust = TrustContext::new(listing("strict", "example.id:a"), &stores(&ca));
    let both = format!("{IDENTITY},{REVOCATION}");
    let good = answer(&[(IDENTITY, true), (REVOCATION, true)], "");
    let mut outside = Outside { http: serving(revoked(&ca)).http, ..asking(metadata("1.0.0", &both), good) };
    let verification = verify_with(&envelope, &trust, NOW, &mut outside);
    assert_eq!(message(&verification), "held");
    assert_eq!(outside.asked, ["kms get-plugin-metadata", "kms verify-signature"]);
    assert_eq!(verification.horizon().until, NOW.saturating_add(1), "what a plugin says next, nobody knows");

    for (results, check, place) in [
        (
            [(IDENTITY, false), (REVOCATION, true)],
            Check::Authenticity,
            "authenticity: the plugin `kms` says that SIGNATURE_VERIFIER.TRUSTED_IDENTITY does not hold: because",
        ),
        (
            [(IDENTITY, true), (REVOCATION, false)],
            Check::Revocation,
            "revocation: the plugin `kms` says that SIGNATURE_VERIFIER.REVOCATION_CHECK does not hold: because",
        ),
    ] {
        let mut outside = asking(metadata("1.0.0", &both), answer(&results, ""));
        let verification = verify_with(&envelope, &trust, NOW, &mut outside);
        assert_eq!((code(&verification), message(&verification).as_str()), ("plugin-refused", place));
        assert_eq!(verification.failure().unwrap().check, check);
    }
    // A plugin that checks one thing leaves the other to the native check.
    let trust = TrustContext::new(listing("strict", "*"), &stores(&ca));
    let mut outside = Outside {
        http: serving(revoked(&ca)).http,
        ..asking(metadata("1.0.0", IDENTITY), answer(&[(IDENTITY, true)], ""))
    };
    assert_eq!(code(&verify_with(&envelope, &trust, NOW, &mut outside)), "certificate-revoked");
    let trust = TrustContext::new(listing("strict", "x509.subject: C=NL,ST=G,O=S"), &stores(&ca));
    let mut outside = asking(metadata("1.0.0", REVOCATION), answer(&[(REVOCATION, true)], ""));
    assert_eq!(code(&verify_with(&envelope, &trust, NOW, &mut outside)), "untrusted-identity");
}

// attack: A-372
#[test]
fn a_plugin_is_started_only_for_a_trusted_chain_and_only_if_it_is_listed() {
    let (ca, stranger) = (ca(), ca());
    for level in ["strict", "permissive", "audit"] {
        let mut outside = asking(metadata("1.0.0", IDENTITY), answer(&[(IDENTITY, true)], ""));
        let trust = TrustContext::new(listing(level, "*"), &stores(&ca));
        let verification = verify_with(&demanding(&stranger), &trust, NOW, &mut outside);
        assert_eq!((code(&verification), verification.is_accepted()), ("untrusted-chain", false), "{level}");
        let unlisted = TrustContext::new(statement(level, "", "*"), &stores(&ca));
        let verification = verify_with(&demanding(&ca), &unlisted, NOW, &mut outside);
        assert_eq!((code(&verification), verification.is_accepted()), ("plugin-not-allowed", false), "{level}");
        assert_eq!(outside.asked, [""; 0]);
    }
}

// attack: A-351
// attack: A-117
// spec: NP-043, NP-122, NP-185, NP-187
#[test]
fn a_plugin_that_breaks_the_contract_or_lacks_what_is_needed_fails_at_every_level() {
    let ca = ca();
    let version = "io.cncf.notary.verificationPluginMinVersion";
    let named = demanding(&ca);
    let newer = Forge::new(Format::Jws)
        .with(PLUGIN, "kms".into())
        .with(version, "1.1.0".into())
        .critical(&[SCHEME, PLUGIN, version])
        .seal(&ca);
    let bad_version = Forge::new(Format::Jws)
        .with(PLUGIN, "kms".into())
        .with(version, "latest".into())
        .critical(&[SCHEME, PLUGIN, version])
        .seal(&ca);
    let extended = Forge::new(Format::Jws)
        .with(PLUGIN, "kms".into())
        .with("x.y", "z".into())
        .critical(&[SCHEME, PLUGIN, "x.y"])
        .seal(&ca);
    let good = || answer(&[(IDENTITY, true)], "");
    let identity = || metadata("1.0.0", IDENTITY);
    for level in ["strict", "permissive", "audit"] {
        let trust = TrustContext::new(listing(level, "*"), &stores(&ca));
        for (envelope, mut outside, expected) in [
            (&named, asking(identity(), good()), "held"),
            (&named, Outside::default(), "plugin-not-installed"),
            (&named, asking("{}".into(), good()), "plugin-protocol"),
            (&named, asking(metadata("1.0.0", r#""SIGNATURE_GENERATOR.RAW""#), good()), "plugin-unsuitable"),
            (&named, asking(identity(), answer(&[], "")), "plugin-protocol"),
            (&named, asking(identity(), "no".into()), "plugin-protocol"),
            (&newer, asking(identity(), good()), "plugin-unsuitable"),
            (&newer, asking(metadata("1.1.0", IDENTITY), good()), "held"),
            (&newer, asking(metadata("1.1.0-rc.1", IDENTITY), good()), "plugin-unsuitable"),
            (&bad_version, asking(identity(), good()), "malformed-attributes"),
            (&extended, asking(identity(), good()), "unknown-critical-attribute"),
            (&extended, asking(identity(), answer(&[(IDENTITY, true)], "\"x.y\"")), "held"),
        ] {
            let verification = verify_with(envelope, &trust, NOW, &mut outside);
            assert_eq!(code(&verification), expected, "{level}");
            assert_eq!(verification.is_accepted(), expected == "held", "{level}: {expected}");
        }
    }
}

#[test]
fn what_a_plugin_is_told_is_the_callers_choice() {
    let ca = ca();
    let config = PluginConfig::from([("region".to_owned(), "eu".to_owned())]);
    let stores = stores(&ca).with_plugin_config("kms".parse().unwrap(), config);
    let trust = TrustContext::new(listing("strict", "*"), &stores);
    let evidence = plimsoll_core::Evidence::default();
    let mut cx = plimsoll_core::Context::new(NOW, provider(), &evidence, plimsoll_core::Budget::new("steps", 9));
    let verifier = Verifier::new(&trust, NOW, provider());
    let envelope = demanding(&ca);
    let pending = verifier.verify(envelope.bytes(), "application/jose+json", Artifact::Manifest(&target()), &mut cx);
    assert_eq!(pending, Err(Missing::Pending));
    let wants = cx.into_wants();
    let [plimsoll_core::Want::Plugin { name, command, request }] = wants.as_slice() else { panic!("{wants:?}") };
    assert_eq!((&**name, &**command), ("kms", "get-plugin-metadata"));
    assert_eq!(&**request, br#"{"pluginConfig":{"region":"eu"}}"#);
}

#[test]
fn everything_that_can_be_asked_is_asked_in_one_round() {
    let (ca, mut tsa) = (listed(), TestTsa::new(KeySpec::P256));
    let role = Role::TimestampAuthority { ocsp: &[], crl: &["http://crl.test/tsa"] };
    tsa.authority = tsa.root.issue(KeySpec::P256, plimsoll_testkit::timestamp::AUTHORITY, role, |_| ());
    let mut stores = stores(&ca);
    stores.add(named_store("tsa:test", &[&tsa.root.der]));
    let statement = of_members(
        r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:test", "tsa:test"], "trustedIdentities": ["*"]"#,
    );
    let trust = TrustContext::new(statement, &stores);
    let envelope = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let mut outside = Outside { pending: true, ..Outside::default() };
    let verifier = Verifier::new(&trust, NOW, provider());
    let found = verifier.verify(envelope.bytes(), "application/jose+json", Artifact::Manifest(&target()), &mut outside);
    assert_eq!(found, Err(Missing::Pending));
    outside.asked.sort();
    assert_eq!(outside.asked, [LIST, "http://crl.test/tsa"]);
}

// attack: A-226
#[test]
fn levels_by_faults() {
    let (ca, other) = (listed(), ca());
    let expiring =
        |forge: Forge<'static>| forge.with(EXPIRY, seconds(NOW.saturating_add(1))).critical(&[SCHEME, EXPIRY]);
    let late = NOW.saturating_add(10);
    let good = Forge::new(Format::Jws).seal(&ca);
    let expired = expiring(Forge::new(Format::Jws)).seal(&ca);
    let tampered =
        Forge { payload: payload().replace("\"size\":2", "\"size\":3"), ..Forge::new(Format::Jws) }.seal(&ca);
    let tsa = TestTsa::new(KeySpec::P256);
    let faults: [(Check, &Blob, &TestCa, &str, bool); 5] = [
        (Check::Integrity, &tampered, &ca, "", true),
        (Check::Authenticity, &good, &other, "", true),
        (Check::AuthenticTimestamp, &good, &ca, r#", "tsa:test""#, true),
        (Check::Expiry, &expired, &ca, "", true),
        (Check::Revocation, &good, &ca, "", false),
    ];
    let overrides = [
        "".to_owned(),
        r#", "override": {"authenticity": "log", "authenticTimestamp": "log", "expiry": "log", "revocation": "log"}"#.to_owned(),
        r#", "override": {"authenticity": "enforce", "authenticTimestamp": "enforce", "expiry": "enforce", "revocation": "enforce"}"#
            .to_owned(),
    ];
    for level in ["strict", "permissive", "audit"] {
        for more in &overrides {
            for (check, envelope, anchor, tsa_store, listed) in faults {
                let statement = of_members(&format!(
                    r#""signatureVerification": {{"level": "{level}"{more}}}, "trustStores": ["ca:test"{tsa_store}],
                    "trustedIdentities": ["*"]"#
                ));
                let enforced = statement.action(check) == plimsoll_notary::policy::Action::Enforce;
                let mut stores = stores(anchor);
                stores.add(named_store("tsa:test", &[&tsa.root.der]));
                let list = if listed { crl::list(&ca.intermediate, &[]) } else { revoked(&ca) };
                let trust = TrustContext::new(statement, &stores);
                let verification = verify_with(envelope, &trust, late, &mut serving(list));
                let place = format!("{level}{more}: {check}");
                assert_eq!(verification.failure().unwrap().check, check, "{place}");
                let others = check == Check::Authenticity
                    && trust.statement().action(Check::Revocation) == plimsoll_notary::policy::Action::Enforce;
                assert_eq!(verification.is_accepted(), !enforced && !others, "{place}");
                assert!(verification.verified().is_none(), "{place}: not equal to a clean pass");
                let json: serde_json::Value = serde_json::from_str(&verification.report().to_json()).unwrap();
                assert_eq!(json["verified"], false);
            }
        }
    }
}

#[test]
fn what_is_not_asked_is_a_failure_of_its_check() {
    let (ca, other) = (listed(), ca());
    let trust = at_level("audit", r#", "override": {"revocation": "enforce"}"#, &other);
    let verification = verify_with(&Forge::new(Format::Jws).seal(&ca), &trust, NOW, &mut Outside::default());
    assert!(!verification.is_accepted(), "authenticity is only logged, revocation is enforced and was not found out");
    assert!(matches!(verification.checks()[4].failure(), Some(VerificationError::Revocation(_))));
    let plugin = verify_with(
        &demanding(&ca),
        &TrustContext::new(listing("audit", "*"), &TrustStores::new()),
        NOW,
        &mut Outside::default(),
    );
    assert_eq!(
        plugin.checks()[0].failure().unwrap().to_string(),
        "a verification plugin is not asked: the chain of the signature meets no trust store, or its signer is not trusted"
    );
}
