//! Authentic timestamps: when one is wanted, what makes one hold, and what it is worth.

use crate::forge::*;
use plimsoll_core::{Blob, Classify as _, Horizon, TrustedTime, UnixTime};
use plimsoll_notary::{Artifact, Format, TrustContext, TrustStores, Verifier, policy::Check};
use plimsoll_pki::{
    crl::RevokedReason,
    distrust::{Distrust, DistrustEntry, Subject},
    issue::Role,
    revocation::NoAnswers,
};
use plimsoll_testkit::{
    crl,
    pki::{KeySpec, Level, NOT_AFTER, NOT_BEFORE, NOW, TestCa, named_store, set_validity},
    timestamp::{AUTHORITY, InfoForge, TestTsa},
};

const ALWAYS: &str = "";
const AFTER: &str = r#", "verifyTimestamp": "afterCertExpiry""#;

/// An authority whose signer is valid for a minute after `NOW`.
fn short() -> TestCa {
    TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_validity(draft, NOT_BEFORE, NOW.saturating_add(60));
        }
    })
}

fn both(ca: &TestCa, tsa: &TestTsa) -> TrustStores {
    let mut stores = stores(ca);
    stores.add(named_store("tsa:test", &[&tsa.root.der]));
    stores
}

/// A strict statement, with the `tsa` store or without.
fn trust(stores: &TrustStores, when: &str, tsa: bool) -> TrustContext {
    let tsa = if tsa { r#", "tsa:test""# } else { "" };
    let statement = of_members(&format!(
        r#""signatureVerification": {{"level": "strict"{when}}}, "trustStores": ["ca:test"{tsa}], "trustedIdentities": ["*"]"#
    ));
    TrustContext::new(statement, stores)
}

// attack: A-205
// attack: A-212
// spec: NP-217, NP-229
#[test]
fn the_whole_matrix_of_triggers() {
    let (ca, tsa) = (short(), TestTsa::new(KeySpec::P256));
    let stores = both(&ca, &tsa);
    let late = NOW.saturating_add(1000);
    for format in FORMATS {
        let none = Forge::new(format).seal(&ca);
        let good = stamped(format, &ca, |signature| tsa.token(signature));
        let bad = stamped(format, &ca, |_| tsa.token(b"other"));
        // (when, tsa store, at) -> (without a token, with a good one, with one that does not hold)
        let missing = "timestamp-missing";
        for (when, store, at, expected) in [
            (ALWAYS, true, NOW, [missing, "held", "timestamp-mismatch"]),
            (ALWAYS, true, late, [missing, "held", "timestamp-mismatch"]),
            (AFTER, true, NOW, ["held", "held", "held"]),
            (AFTER, true, late, [missing, "held", "timestamp-mismatch"]),
            (ALWAYS, false, NOW, ["held", "held", "held"]),
            (ALWAYS, false, late, ["certificate-expired"; 3]),
            (AFTER, false, NOW, ["held", "held", "held"]),
            (AFTER, false, late, ["certificate-expired"; 3]),
            (AFTER, true, NOT_BEFORE.saturating_sub(1), ["certificate-not-yet-valid"; 3]),
        ] {
            let trust = trust(&stores, when, store);
            let found = [&none, &good, &bad].map(|envelope| code(&verify_at(envelope, &trust, at)));
            assert_eq!(found, expected, "{format} `{when}` {store} {at}");
        }
    }
}

#[test]
fn a_timestamp_gives_a_verified_time_beside_the_claimed_one() {
    let (ca, tsa) = (short(), TestTsa::new(KeySpec::P256));
    let at = UnixTime::from_secs(NOW.as_secs() + 30).unwrap();
    let envelope = stamped(Format::Jws, &ca, |signature| tsa.token_at(signature, at.into()));
    let stores = both(&ca, &tsa);
    let verification = verify_at(&envelope, &trust(&stores, ALWAYS, true), NOW.saturating_add(1000));
    let verified = verification.verified().unwrap();
    let authority = tsa.authority.view().digest();
    let (earliest, latest) = (at.saturating_sub(1), at.saturating_add(1));
    assert_eq!(verified.time(), &TrustedTime::Attested { earliest, latest, authority });
    assert_eq!(verified.claims().signing_time, NOW, "what is claimed stays what it was");
    let timestamp = verification.timestamp().unwrap();
    assert_eq!(&*timestamp.subject, AUTHORITY);
    assert_eq!(timestamp.anchor.as_ref().unwrap().store.to_string(), "tsa:test");
    // The certificates may end: the signature does not.
    assert_eq!(verified.horizon(), Horizon::ALWAYS);
    let json: serde_json::Value = serde_json::from_str(&verification.report().to_json()).unwrap();
    assert_eq!(json["timestamp"]["earliest"], earliest.to_string());
    assert_eq!(json["signature"]["claimed_signing_time"], NOW.to_string());
    // With `afterCertExpiry`, the end of the certificate is where another question is asked.
    let after = verify_at(&envelope, &trust(&stores, AFTER, true), NOW);
    assert_eq!(after.horizon().until, NOW.saturating_add(61));
    assert_eq!(after.timestamp(), None);
    assert_eq!(
        verify_at(&envelope, &trust(&stores, AFTER, true), NOW.saturating_add(61)).horizon().from,
        NOW.saturating_add(61)
    );
}

fn judged(envelope: &Blob, ca: &TestCa, tsa: &TestTsa) -> String {
    message(&verify_at(envelope, &trust(&both(ca, tsa), ALWAYS, true), NOW))
}

// attack: A-205
#[test]
fn the_span_lies_within_the_validity_of_every_certificate() {
    let tsa = TestTsa::new(KeySpec::P256);
    for level in [Level::Root, Level::Intermediate, Level::Leaf] {
        let ca = TestCa::forge(KeySpec::P256, |found, draft| {
            if found == level {
                set_validity(draft, NOW, NOW.saturating_add(10));
            }
        });
        let code_of = |at: u64| {
            let at = UnixTime::from_secs(at).unwrap();
            let envelope = stamped(Format::Cose, &ca, |signature| tsa.token_at(signature, at.into()));
            code(&verify_at(&envelope, &trust(&both(&ca, &tsa), ALWAYS, true), NOW))
        };
        // The authority is right to within a second.
        let now = NOW.as_secs();
        let found = [now, now + 1, now + 9, now + 10].map(code_of);
        let outside = "timestamp-outside-validity";
        assert_eq!(found, [outside, "held", "held", outside], "{level:?}");
    }
}

// attack: A-198
// attack: A-199
// attack: A-200
// attack: A-203
// attack: A-207
#[test]
fn a_token_that_does_not_hold_is_refused_whatever_is_wrong() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    for format in FORMATS {
        let with = |token: &dyn Fn(&[u8]) -> Vec<u8>| {
            code(&verify_at(
                &stamped(format, &ca, |signature| token(signature)),
                &trust(&both(&ca, &tsa), ALWAYS, true),
                NOW,
            ))
        };
        assert_eq!(with(&|signature| tsa.token(signature)), "held");
        assert_eq!(with(&|_| tsa.token(payload().as_bytes())), "timestamp-mismatch");
        let flipped = |signature: &[u8]| {
            let draft = tsa.draft(signature, NOW.into());
            let mut made = tsa.sign(&draft);
            *made.last_mut().unwrap() ^= 1;
            draft.sealed(&made)
        };
        let found = code(&verify_at(&stamped(format, &ca, flipped), &trust(&both(&ca, &tsa), ALWAYS, true), NOW));
        assert_ne!(found, "held");
        assert_ne!(with(&|signature| tsa.forge_token(signature, |draft| draft.attributes.truncate(2))), "held");
        assert_ne!(with(&|signature| tsa.forge_info(signature, |info: &mut InfoForge| info.set_time("2026"))), "held");
        assert_ne!(with(&|_| b"token".to_vec()), "held");
        assert_ne!(with(&|_| Vec::new()), "held");
    }
}

// attack: A-202
// attack: A-204
// attack: A-205
#[test]
fn a_token_of_another_authority_is_refused() {
    let (ca, tsa, other) = (ca(), TestTsa::new(KeySpec::P256), TestTsa::new(KeySpec::P256));
    let envelope = stamped(Format::Jws, &ca, |signature| other.token(signature));
    let text = judged(&envelope, &ca, &tsa);
    assert!(text.starts_with("authenticTimestamp: the timestamping authority"), "{text}");
    let expired = TestTsa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_validity(draft, NOT_BEFORE, NOW.saturating_sub(1));
        }
    });
    let envelope = stamped(Format::Jws, &ca, |signature| expired.token(signature));
    assert_eq!(code(&verify_at(&envelope, &trust(&both(&ca, &expired), ALWAYS, true), NOW)), "certificate-expired");
    // One that was valid then and has ended since is well.
    let ended = TestTsa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_validity(draft, NOT_BEFORE, NOW.saturating_add(5));
        }
    });
    let envelope = stamped(Format::Jws, &ca, |signature| ended.token(signature));
    let late = verify_at(&envelope, &trust(&both(&ca, &ended), ALWAYS, true), NOW.saturating_add(1000));
    assert_eq!(message(&late), "held");
}

/// An authority whose certificate names a list.
fn listed() -> TestTsa {
    let mut tsa = TestTsa::new(KeySpec::P256);
    let role = Role::TimestampAuthority { ocsp: &[], crl: &["http://crl.test/tsa"] };
    tsa.authority = tsa.root.issue(KeySpec::P256, AUTHORITY, role, |_| ());
    tsa
}

// attack: A-193
#[test]
fn the_revocation_of_the_authority_is_enforced_whatever_the_level_says_of_revocation() {
    let (ca, tsa) = (ca(), listed());
    let envelope = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let statement = of_members(
        r#""signatureVerification": {"level": "strict", "override": {"revocation": "skip"}},
        "trustStores": ["ca:test", "tsa:test"], "trustedIdentities": ["*"]"#,
    );
    let trust = TrustContext::new(statement, &both(&ca, &tsa));
    let mut outside = Outside::default();
    let unknown = verify_with(&envelope, &trust, NOW, &mut outside);
    assert_eq!((code(&unknown), unknown.is_accepted()), ("revocation-unknown", false));
    assert_eq!(unknown.failure().unwrap().check, Check::AuthenticTimestamp);
    assert!(outside.asked.iter().all(|url| url == "http://crl.test/tsa") && !outside.asked.is_empty());

    let serve =
        |list: Vec<u8>| Outside { http: [("http://crl.test/tsa".into(), list.into())].into(), ..Outside::default() };
    let good = verify_with(&envelope, &trust, NOW, &mut serve(crl::list(&tsa.root, &[])));
    assert_eq!(message(&good), "held");
    assert_eq!(good.horizon().until, NOW.saturating_add(crl::DAY + 1).min(good.horizon().until));
    assert!(good.horizon().until < NOT_AFTER, "never beyond nextUpdate");
    let revoked = crl::list(&tsa.root, &[(&tsa.authority, RevokedReason::KeyCompromise)]);
    let revoked = verify_with(&envelope, &trust, NOW, &mut serve(revoked));
    assert_eq!(code(&revoked), "certificate-revoked");
    assert!(message(&revoked).starts_with("authenticTimestamp: the timestamping authority: "), "{}", message(&revoked));
    // What is on hold may be off it in the next list: the refusal, too, is for as long as the list.
    let held = crl::list(&tsa.root, &[(&tsa.authority, RevokedReason::CertificateHold)]);
    let held = verify_with(&envelope, &trust, NOW, &mut serve(held));
    assert!(!held.is_accepted());
    assert_eq!(held.horizon().until, NOW.saturating_add(crl::DAY + 1), "{}", message(&held));
}

// attack: A-372
#[test]
fn no_address_of_the_authority_is_asked_for_a_stranger() {
    let (ca, stranger, tsa) = (ca(), ca(), listed());
    let envelope = stamped(Format::Jws, &stranger, |signature| tsa.token(signature));
    for level in ["strict", "audit"] {
        let statement = of_members(&format!(
            r#""signatureVerification": {{"level": "{level}"}}, "trustStores": ["ca:test", "tsa:test"],
            "trustedIdentities": ["*"]"#
        ));
        let mut outside = Outside::default();
        let verification = verify_with(&envelope, &TrustContext::new(statement, &both(&ca, &tsa)), NOW, &mut outside);
        assert_eq!(outside.asked, [""; 0]);
        assert_eq!(code(&verification), "untrusted-chain");
        assert!(verification.verified().is_none());
    }
}

// attack: A-158
// attack: A-372
#[test]
fn a_strangers_timestamp_starts_no_search_for_a_path() {
    let (ca, stranger, tsa) = (ca(), ca(), TestTsa::new(KeySpec::P256));
    let judged = |by: &TestCa, identity: &str, token: &dyn Fn(&[u8]) -> Vec<u8>| {
        let statement = of_members(&format!(
            r#""signatureVerification": {{"level": "audit"}}, "trustStores": ["ca:test", "tsa:test"],
            "trustedIdentities": ["{identity}"]"#
        ));
        let trust = TrustContext::new(statement, &both(&ca, &tsa));
        let envelope = stamped(Format::Jws, by, |signature| token(signature));
        let (verification, count) = operations(|crypto| {
            let verifier = Verifier::new(&trust, NOW, crypto);
            let media_type = &envelope.descriptor().media_type;
            verifier.verify(envelope.bytes(), media_type, Artifact::Manifest(&target()), &mut NoAnswers).unwrap()
        });
        let check = verification.checks().iter().find(|one| one.check == Check::AuthenticTimestamp).unwrap();
        (check.failure().map(ToString::to_string), check.failure().map(|error| error.code().name()), count)
    };
    let (good, junk) = (|signature: &[u8]| tsa.token(signature), |_: &[u8]| b"token".to_vec());
    let text =
        "the timestamp is not looked at: the chain of the signature meets no trust store, or its signer is not trusted";
    for (by, identity) in [(&stranger, "*"), (&ca, "x509.subject: C=US, ST=WA, O=Somebody else")] {
        let with = judged(by, identity, &good);
        assert_eq!((with.0.as_deref(), with.1), (Some(text), Some("not-asked")));
        assert_eq!(with, judged(by, identity, &junk), "it costs what one without a token costs");
    }
    let (held, _, more) = judged(&ca, "*", &good);
    assert_eq!(held, None);
    assert!(more > judged(&ca, "*", &junk).2);
}

// attack: A-119
#[test]
fn only_a_verified_time_saves_what_is_distrusted_from_a_time_on() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    let leaf = Subject::Certificate(ca.leaf.view().digest());
    let listing = |entry: DistrustEntry| both(&ca, &tsa).with_distrust(Distrust::new([entry]));
    let stamped = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let plain = Forge::new(Format::Jws).seal(&ca);
    let after = |time: UnixTime| listing(DistrustEntry::new(leaf, "the key leaked").signed_after(time));
    let later = after(NOW.saturating_add(10));
    for when in [ALWAYS, AFTER] {
        let code = |envelope: &Blob, stores: &TrustStores| code(&verify_at(envelope, &trust(stores, when, true), NOW));
        assert_eq!(code(&stamped, &later), "held", "{when}");
        assert_eq!(code(&stamped, &after(NOW)), "certificate-distrusted");
        assert_eq!(code(&stamped, &listing(DistrustEntry::new(leaf, "gone"))), "certificate-distrusted");
    }
    // A claimed signing time saves nothing, and neither does a token that no store makes trusted.
    assert_eq!(code(&verify_at(&plain, &trust(&later, AFTER, true), NOW)), "certificate-distrusted");
    assert_eq!(code(&verify_at(&stamped, &trust(&later, ALWAYS, false), NOW)), "certificate-distrusted");
    // The authority's own timestamp does not save the authority.
    let authority = Subject::Certificate(tsa.authority.view().digest());
    let stores = listing(DistrustEntry::new(authority, "bad clock").signed_after(NOW.saturating_add(10)));
    let found = verify_at(&stamped, &trust(&stores, ALWAYS, true), NOW);
    assert_eq!((code(&found), found.failure().unwrap().check), ("certificate-distrusted", Check::AuthenticTimestamp));
}

// spec: NP-184
#[test]
fn a_signing_authority_needs_no_token_and_gets_none() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    let mut stores = both(&ca, &tsa);
    stores.add(named_store("signingAuthority:test", &[&ca.root.der]));
    let statement = of_members(
        r#""signatureVerification": {"level": "strict"}, "trustStores": ["signingAuthority:test", "tsa:test"],
        "trustedIdentities": ["*"]"#,
    );
    let trust = TrustContext::new(statement, &stores);
    for format in FORMATS {
        let verification = verify_at(&Forge::authority(format, NOW).seal(&ca), &trust, NOT_AFTER.saturating_add(1));
        assert_eq!(message(&verification), "held");
        assert_eq!(verification.timestamp(), None);
    }
}

#[test]
fn a_tsa_store_that_cannot_be_read_is_no_reason_to_go_on() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    let envelope = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let found = code(&verify_at(&envelope, &trust(&stores(&ca), ALWAYS, true), NOW));
    assert_eq!(found, "trust-store-empty");
}
