//! What a verification hands on beside its verdict: bounds, warnings, who was asked, what is shown.

use crate::forge::*;
use plimsoll_core::{Blob, Bytes, Digest, Horizon, Missing, Outcome, Provider, Sign as _, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Artifact, Envelope, Format, SignOptions, TrustContext, TrustStores, Verification, Verifier, inspect,
    policy::{Check, Statement},
    sign_artifact, verify_signature,
};
use plimsoll_pki::{
    crl::{RevokedEntry, RevokedReason},
    distrust::{Distrust, DistrustEntry, Subject},
    issue::Role,
    ocsp::{OcspRequest, OcspStatus},
    revocation::NoAnswers,
};
use plimsoll_testkit::{
    crl, ocsp,
    pki::{KeySpec, LEAF, Level, NOT_BEFORE, NOW, TestCa, extension, named_store, set_key_usage, set_validity},
    timestamp::{AUTHORITY, TestTsa},
};

const LIST: &str = "http://crl.test/signers";
const TSA_LIST: &str = "http://crl.test/tsa";

/// An authority whose signer names a list.
fn listed() -> TestCa {
    let mut ca = ca();
    ca.leaf = ca.intermediate.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &[], crl: &[LIST] }, |_| ());
    ca
}

fn serving(url: &str, list: Vec<u8>) -> Outside {
    Outside { http: [(url.into(), list.into())].into(), ..Outside::default() }
}

fn dated(ca: &TestCa, tsa: &TestTsa) -> TrustStores {
    let mut stores = stores(ca);
    stores.add(named_store("tsa:test", &[&tsa.root.der]));
    stores
}

/// A statement that takes a timestamp once the certificates have ended, or always.
fn statement_when(when: &str) -> Statement {
    of_members(&format!(
        r#""signatureVerification": {{"level": "strict", "verifyTimestamp": "{when}"}},
        "trustStores": ["ca:test", "tsa:test"], "trustedIdentities": ["*"]"#
    ))
}

fn report(verification: &Verification) -> serde_json::Value {
    serde_json::from_str(&verification.report().to_json()).unwrap()
}

/// RFC 5280, 4.1.2.5: the validity is "the period of time from notBefore through notAfter, inclusive".
#[test]
fn in_the_last_second_of_a_certificate_no_timestamp_is_wanted_yet() {
    let end = NOW.saturating_add(60);
    let ca = TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_validity(draft, NOT_BEFORE, end);
        }
    });
    let envelope = Forge::new(Format::Jws).seal(&ca);
    let trust = TrustContext::new(statement_when("afterCertExpiry"), &dated(&ca, &TestTsa::new(KeySpec::P256)));
    assert_eq!(code(&verify_at(&envelope, &trust, end)), "held");
    assert_eq!(code(&verify_at(&envelope, &trust, end.saturating_add(1))), "timestamp-missing");
}

/// An authority for timestamps whose certificate names a list.
fn listed_tsa() -> TestTsa {
    let mut tsa = TestTsa::new(KeySpec::P256);
    let role = Role::TimestampAuthority { ocsp: &[], crl: &[TSA_LIST] };
    tsa.authority = tsa.root.issue(KeySpec::P256, AUTHORITY, role, |_| ());
    tsa
}

// attack: A-119
#[test]
fn a_timestamp_is_looked_at_for_a_distrusted_chain_only_if_the_chain_is_valid() {
    let (ca, tsa) = (ca(), listed_tsa());
    let leaf = Subject::Certificate(ca.leaf.view().digest());
    let entry = DistrustEntry::new(leaf, "the key leaked").signed_after(NOW.saturating_add(10));
    let trust =
        TrustContext::new(statement_when("afterCertExpiry"), &dated(&ca, &tsa).with_distrust(Distrust::new([entry])));
    let stamped = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let plain = Forge::new(Format::Jws).seal(&ca);
    let mut outside = serving(TSA_LIST, crl::list(&tsa.root, &[]));
    let early = verify_with(&stamped, &trust, NOT_BEFORE.saturating_sub(1), &mut outside);
    assert_eq!((code(&early), early.timestamp()), ("certificate-distrusted", None));
    assert_eq!(outside.asked, [""; 0], "nothing that is asked could save it");
    let saved = verify_with(&stamped, &trust, NOW, &mut outside);
    assert_eq!(code(&saved), "held");
    assert!(saved.timestamp().is_some() && outside.asked.iter().any(|url| url == TSA_LIST));
    // The policy wants no timestamp now: that none is there is no failure of its own.
    let lost = verify_with(&plain, &trust, NOW, &mut Outside::default());
    assert_eq!(lost.failure().unwrap().check, Check::Authenticity);
    let dated = lost.checks().iter().find(|result| result.check == Check::AuthenticTimestamp).unwrap();
    assert_eq!(dated.failure(), None);
}

#[test]
fn what_is_unwise_in_the_authority_is_a_warning() {
    let ca = ca();
    let tsa = TestTsa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_key_usage(draft, false, [0x80, 0]);
        }
    });
    let envelope = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let trust = TrustContext::new(statement_when("always"), &dated(&ca, &tsa));
    let verification = verify_at(&envelope, &trust, NOW);
    assert_eq!(message(&verification), "held");
    let warnings = report(&verification)["warnings"].to_string();
    assert!(warnings.contains("the timestamping authority: ") && warnings.contains("keyUsage is not critical"));
}

/// A good answer to `get-plugin-metadata`, and one to `verify-signature`.
fn plugin(capabilities: &[&str], results: &[(&str, bool)]) -> Outside {
    let capabilities: Vec<_> = capabilities.iter().map(|name| format!("\"{name}\"")).collect();
    let metadata = format!(
        r#"{{"name":"kms","description":"d","version":"1.0.0","url":"u","supportedContractVersions":["1.0"],
        "capabilities":[{}]}}"#,
        capabilities.join(",")
    );
    let results: Vec<_> = results.iter().map(|(name, held)| format!(r#""{name}":{{"success":{held}}}"#)).collect();
    let verified = format!(r#"{{"verificationResults":{{{}}},"processedAttributes":[]}}"#, results.join(","));
    let plugin: [(String, Bytes); 2] =
        [("get-plugin-metadata".into(), metadata.into()), ("verify-signature".into(), verified.into())];
    Outside { plugin: plugin.into(), ..Outside::default() }
}

const IDENTITY: &str = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY";
const REVOCATION: &str = "SIGNATURE_VERIFIER.REVOCATION_CHECK";

fn demanding(ca: &TestCa) -> Blob {
    Forge::new(Format::Jws).with(PLUGIN, "kms".into()).critical(&[SCHEME, PLUGIN]).seal(ca)
}

fn listing(more: &str, identity: &str) -> Statement {
    of_members(&format!(
        r#""signatureVerification": {{"level": "strict"{more}}}, "trustStores": ["ca:test"],
        "trustedIdentities": ["{identity}"], "plimsoll": {{"plugins": ["kms"]}}"#
    ))
}

/// plugin-extensibility.md, Verification Plugins: what the plugin does not take, the verifier does.
#[test]
fn revocation_is_asked_for_a_signer_whom_only_the_plugin_knows() {
    let ca = listed();
    let trust = TrustContext::new(listing("", "example.id:a"), &stores(&ca));
    let with = |list: Vec<u8>| Outside { http: serving(LIST, list).http, ..plugin(&[IDENTITY], &[(IDENTITY, true)]) };
    let mut good = with(crl::list(&ca.intermediate, &[]));
    assert_eq!(message(&verify_with(&demanding(&ca), &trust, NOW, &mut good)), "held");
    assert!(good.asked.iter().any(|one| one == LIST), "{:?}", good.asked);
    let mut revoked = with(crl::list(&ca.intermediate, &[(&ca.leaf, RevokedReason::KeyCompromise)]));
    assert_eq!(code(&verify_with(&demanding(&ca), &trust, NOW, &mut revoked)), "certificate-revoked");
}

#[test]
fn a_plugin_is_not_asked_about_revocation_where_the_policy_skips_it() {
    let ca = listed();
    let trust = TrustContext::new(listing(r#", "override": {"revocation": "skip"}"#, "*"), &stores(&ca));
    let mut both = plugin(&[IDENTITY, REVOCATION], &[(IDENTITY, true)]);
    assert_eq!(message(&verify_with(&demanding(&ca), &trust, NOW, &mut both)), "held");
    assert_eq!(both.asked, ["kms get-plugin-metadata", "kms verify-signature"]);
    let mut only = plugin(&[REVOCATION], &[]);
    assert_eq!(message(&verify_with(&demanding(&ca), &trust, NOW, &mut only)), "held");
    assert_eq!(only.asked, ["kms get-plugin-metadata"]);
}

#[test]
fn what_a_plugin_failed_to_say_is_not_known_a_second_later() {
    let ca = ca();
    let trust = TrustContext::new(listing("", "*"), &stores(&ca));
    let mut broken = plugin(&[IDENTITY], &[]);
    let verification = verify_with(&demanding(&ca), &trust, NOW, &mut broken);
    assert_eq!(code(&verification), "plugin-protocol");
    assert_eq!(verification.horizon().until, NOW.saturating_add(1));
}

#[test]
fn who_answers_may_stand_behind_a_reference_and_who_answers_nothing_starts_no_plugin() {
    let ca = ca();
    let trust = TrustContext::new(listing("", "*"), &stores(&ca));
    let (target, envelope) = (target(), demanding(&ca));
    let verifier = Verifier::new(&trust, NOW, provider());
    let mut outside = plugin(&[IDENTITY], &[(IDENTITY, true)]);
    let artifact = Artifact::Manifest(&target);
    let media_type = &envelope.descriptor().media_type;
    let found = verifier.verify(envelope.bytes(), media_type, artifact, &mut &mut outside).unwrap();
    assert_eq!(message(&found), "held");
    let found = verifier.verify(envelope.bytes(), media_type, artifact, &mut NoAnswers).unwrap();
    assert_eq!(code(&found), "not-asked");
    assert!(message(&found).contains("the plugin `kms` is not asked where a signature is verified from memory"));
}

// attack: A-372
#[test]
fn the_report_says_that_nobody_was_asked_about_a_stranger() {
    let (ca, other) = (listed(), ca());
    let mut outside = serving(LIST, crl::list(&ca.intermediate, &[]));
    let trust = TrustContext::new(statement("audit", "", "*"), &stores(&other));
    let verification = verify_with(&Forge::new(Format::Jws).seal(&ca), &trust, NOW, &mut outside);
    let revocation = verification.checks()[4].failure().unwrap().to_string();
    let attempts = report(&verification)["revocation"].to_string();
    let why = "nothing is asked before the chain meets a trust store and its signer is trusted";
    assert!(format!("{revocation} {attempts}").contains(why), "{revocation} {attempts}");
}

#[test]
fn the_report_names_format_bounds_and_every_status() {
    let (ca, tsa) = (listed(), TestTsa::new(KeySpec::P256));
    for format in FORMATS {
        let envelope = Forge::new(format).seal(&ca);
        let good = verify_with(&envelope, &strict(&ca), NOW, &mut serving(LIST, crl::list(&ca.intermediate, &[])));
        let json = report(&good);
        assert_eq!((good.format(), &json["format"]), (Some(format), &format.as_str().into()));
        assert_eq!(json["valid_from"], good.horizon().from.to_string());
        assert_eq!(json["valid_until"], good.horizon().until.to_string());
        assert!(good.horizon().from > UnixTime::MIN && good.horizon().until < UnixTime::MAX);
        let revoked = crl::list(&ca.intermediate, &[(&ca.leaf, RevokedReason::KeyCompromise)]);
        let revoked = verify_with(&envelope, &strict(&ca), NOW, &mut serving(LIST, revoked));
        assert_eq!(report(&revoked)["revocation"][0]["status"], "revoked");
        let unknown = verify_with(&envelope, &strict(&ca), NOW, &mut Outside::default());
        assert_eq!(report(&unknown)["revocation"][0]["status"], "unknown");
    }
    let bare = self::ca();
    let required = of_members(
        r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:test"], "trustedIdentities": ["*"],
        "plimsoll": {"revocation": "required"}"#,
    );
    let trust = TrustContext::new(required, &stores(&bare));
    let nobody = verify_with(&Forge::new(Format::Jws).seal(&bare), &trust, NOW, &mut Outside::default());
    assert_eq!(report(&nobody)["revocation"][0]["status"], "not-revocable");
    // RFC 5280, 5.3.2: a timestamp before the invalidity date excuses the signature.
    let mut entry = RevokedEntry::new(RevokedReason::KeyCompromise, NOW);
    entry.invalidity_date = Some(NOW.saturating_add(100));
    let list = crl::forge(&ca.intermediate, &crl::request(&[(ca.leaf.view().serial(), entry)]), |_| ());
    let stamped = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let trust = TrustContext::new(statement_when("always"), &dated(&ca, &tsa));
    let excused = verify_with(&stamped, &trust, NOW, &mut serving(LIST, list));
    assert_eq!((code(&excused), &report(&excused)["revocation"][0]["status"]), ("held", &"excused".into()));
}

#[test]
fn a_timestamp_without_a_list_bounds_nothing() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    let envelope = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let verification = verify_at(&envelope, &TrustContext::new(statement_when("always"), &dated(&ca, &tsa)), NOW);
    assert_eq!((message(&verification).as_str(), verification.horizon()), ("held", Horizon::ALWAYS));
    let json = report(&verification);
    assert!(json["valid_from"].is_null() && json["valid_until"].is_null(), "{json}");
}

#[test]
fn a_checked_envelope_says_its_format_and_whether_a_token_came_along() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    for format in FORMATS {
        for (blob, expected) in
            [(Forge::new(format).seal(&ca), false), (stamped(format, &ca, |signature| tsa.token(signature)), true)]
        {
            let envelope = Envelope::parse(blob.bytes(), format.media_type()).unwrap();
            let checked = envelope.check(provider(), |_| None).unwrap();
            assert_eq!((checked.format(), checked.has_timestamp()), (format, expected));
        }
        assert_eq!(format.to_string().parse::<Format>(), Ok(format));
    }
    let error = "pgp".parse::<Format>().unwrap_err();
    assert_eq!(error.to_string(), "expected `jws` or `cose`, found `pgp`");
}

// attack: A-382
#[test]
fn an_algorithm_that_nobody_knows_is_shown_as_it_is_named() {
    let ca = ca();
    let blob = Forge::new(Format::Jws).seal(&ca);
    let mut json: serde_json::Value = serde_json::from_slice(blob.bytes()).unwrap();
    let encoding = data_encoding::BASE64URL_NOPAD;
    let protected = encoding.decode(json["protected"].as_str().unwrap().as_bytes()).unwrap();
    let text = String::from_utf8(protected).unwrap().replace("\"ES256\"", "\"HS\\u001b256\"");
    json["protected"] = encoding.encode(text.as_bytes()).into();
    let found = inspect(json.to_string().as_bytes(), Format::Jws.media_type(), provider()).unwrap();
    assert_eq!(found.claimed_algorithm.as_str(), r"HS\u{1b}256");
    assert!(found.integrity.is_err() && found.target.is_none());
}

#[test]
fn what_stores_distrust_can_be_read_back() {
    let ca = ca();
    let leaf = Subject::Certificate(ca.leaf.view().digest());
    let stores = stores(&ca).with_distrust(Distrust::new([DistrustEntry::new(leaf, "gone")]));
    let chain = Envelope::parse(Forge::new(Format::Jws).seal(&ca).bytes(), Format::Jws.media_type())
        .map(|envelope| envelope.check(provider(), |_| None).unwrap().chain().leaf().digest());
    assert_eq!(chain.unwrap(), ca.leaf.view().digest());
    assert_ne!(stores.distrust(), TrustStores::new().distrust());
}

#[test]
fn what_is_pending_is_no_outcome() {
    let ca = listed();
    let trust = strict(&ca);
    let (target, envelope) = (target(), Forge::new(Format::Jws).seal(&ca));
    let mut outside = Outside { pending: true, ..Outside::default() };
    let media_type = &envelope.descriptor().media_type;
    let verifier = Verifier::new(&trust, NOW, provider());
    let found = verifier.verify(envelope.bytes(), media_type, Artifact::Manifest(&target), &mut outside);
    assert_eq!(found.map(|found| found.outcome() == Outcome::Held), Err(Missing::Pending));
    assert_eq!(outside.asked, [LIST]);
}

// attack: A-181
#[test]
fn a_181_a_responder_that_is_distrusted_clears_no_signer() {
    let mut ca = ca();
    let url = "http://ocsp.test";
    ca.leaf = ca.intermediate.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &[url], crl: &[] }, |_| ());
    let role = Role::OcspResponder { crl: &[] };
    let responder = ca.intermediate.issue(KeySpec::P256, "CN=Responder", role, |_| ());
    let said = ocsp::forge(&responder, &ca.intermediate, &ca.leaf, OcspStatus::Good, |_| ());
    let asked = OcspRequest::new(&ca.leaf.view(), &ca.intermediate.view()).get_url(url).unwrap();
    let envelope = Forge::new(Format::Jws).seal(&ca);
    let judged = |distrust: Distrust| {
        let trust = TrustContext::new(statement("strict", "", "*"), &stores(&ca).with_distrust(distrust));
        code(&verify_with(&envelope, &trust, NOW, &mut serving(&asked, said.clone()))).to_owned()
    };
    assert_eq!(judged(Distrust::default()), "held");
    let key = Digest::sha256_of(responder.key.public_key_spki_der());
    assert_eq!(judged(Distrust::new([DistrustEntry::new(Subject::Key(key), "stolen")])), "revocation-unknown");
}

/// A statement by which what is unwise in certificates is refused, or passes with a warning.
fn judging(certificates: &str, level: &str) -> Statement {
    of_members(&format!(
        r#""signatureVerification": {{"level": "{level}"}}, "trustStores": ["ca:test", "tsa:test"],
        "trustedIdentities": ["*"], "plimsoll": {{"certificates": "{certificates}"}}"#
    ))
}

/// A critical extension that nobody evaluates, as the specification orders.
fn odd(draft: &mut plimsoll_pki::issue::Draft) {
    draft.extensions.push(extension("1.2.3.4", true, &[5, 0]));
}

#[test]
fn under_strict_certificates_what_is_unwise_in_a_chain_is_refused_at_every_level() {
    let (good, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    let text =
        "integrity: refused under strict rules: certificate 0 of the chain (`CN=Test Signer,O=Harbour,ST=WA,C=US`)";
    let odd = TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            odd(draft);
        }
    });
    for format in FORMATS {
        let stamped = |ca: &TestCa| stamped(format, ca, |signature| tsa.token(signature));
        let verify = |ca: &TestCa, how: &str, level: &str, crypto: Provider<'_>| {
            let (trust, envelope) = (TrustContext::new(judging(how, level), &dated(ca, &tsa)), stamped(ca));
            let (target, kind) = (target(), &envelope.descriptor().media_type);
            verify_signature(envelope.bytes(), kind, &target, &trust, NOW, crypto)
        };
        assert_eq!(code(&verify(&good, "strict", "strict", provider())), "held");
        let lenient = verify(&odd, "lenient", "strict", provider());
        assert_eq!((code(&lenient), lenient.claims().unwrap().warnings.len()), ("held", 1));
        for level in ["strict", "permissive", "audit"] {
            let refused = verify(&odd, "strict", level, provider());
            assert_eq!((code(&refused), refused.is_accepted()), ("certificate-profile", false));
            assert_eq!(refused.failure().unwrap().check, Check::Integrity);
            assert!(message(&refused).starts_with(text), "{}", message(&refused));
        }
        // Of a chain that is remembered, too, whoever asked for it first.
        plimsoll_verify::Memo::new(64).remember(provider(), |crypto| {
            for (how, expected) in [("lenient", "held"), ("strict", "certificate-profile"), ("lenient", "held")] {
                assert_eq!(code(&verify(&odd, how, "strict", crypto)), expected);
            }
        });
    }
}

#[test]
fn under_strict_certificates_a_timestamping_authority_is_judged_alike() {
    let ca = ca();
    let tsa = TestTsa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_key_usage(draft, false, [0x80, 0]);
        }
    });
    let envelope = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let verify = |how| verify_at(&envelope, &TrustContext::new(judging(how, "strict"), &dated(&ca, &tsa)), NOW);
    assert_eq!(code(&verify("lenient")), "held");
    let refused = verify("strict");
    assert_eq!(refused.failure().unwrap().check, Check::AuthenticTimestamp);
    let text = "authenticTimestamp: the timestamping authority: refused under strict rules: certificate 0";
    assert!(message(&refused).starts_with(text) && refused.timestamp().is_none(), "{}", message(&refused));
}

#[test]
fn under_strict_certificates_a_countersigner_is_judged_alike() {
    let (first, second) = (
        ca(),
        TestCa::forge(KeySpec::P384, |level, draft| {
            if level == Level::Leaf {
                odd(draft);
            }
        }),
    );
    let options = SignOptions::new(NOW);
    let (artifact, by) = (target(), signer(&first.leaf));
    let made = now(sign_artifact(Artifact::Manifest(&artifact), &by, &first.chain(), &options, provider())).unwrap();
    let other = signer(&second.leaf);
    let signature = other.sign_now(&made.countersigning_input(other.algorithm(), provider()).unwrap()).unwrap();
    let made = made.with_countersignature(other.algorithm(), &signature, &second.chain(), provider()).unwrap();
    let mut stores = TrustStores::new();
    stores.add(named_store("ca:test", &[&first.root.der, &second.root.der]));
    let seconded = |how: &str| {
        let statement = of_members(&format!(
            r#""signatureVerification": {{"level": "strict"}}, "trustStores": ["ca:test"],
            "trustedIdentities": ["*"], "plimsoll": {{"certificates": "{how}"}}"#
        ));
        let held = verify(made.envelope().unwrap(), &TrustContext::new(statement, &stores));
        assert_eq!(code(&held), "held");
        held.claims().unwrap().countersigners.len()
    };
    assert_eq!((seconded("lenient"), seconded("strict")), (1, 0));
}
