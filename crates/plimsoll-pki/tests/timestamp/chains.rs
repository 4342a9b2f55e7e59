//! Which authorities are trusted, and when.

use super::{MESSAGE, judge, parse, refused};
use plimsoll_core::{Classify, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    ChainWarning, TrustStore, code,
    issue::{Draft, Role},
    timestamp::{TimestampError, TimestampLimits, TimestampToken, TimestampWarning},
};
use plimsoll_testkit::{
    pki::{
        Certified, INTERMEDIATE, KeySpec, Level, NOW, TestCa, extension, named_store, remove_extension,
        replace_extension, set_key_usage, set_purposes, set_validity,
    },
    timestamp::{AUTHORITY, TestTsa, name_certificate, sign},
};

const TSA: Role<'_> = Role::TimestampAuthority { ocsp: &[], crl: &[] };
const AT_THE_TIME: &str = "the timestamping authority at the time of its timestamp: ";
const LEAF: &str = "certificate 0 of the chain (`CN=Test Time Authority,O=Harbour,ST=WA,C=US`)";

fn leaf(edit: impl Fn(&mut Draft)) -> TestTsa {
    TestTsa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            edit(draft);
        }
    })
}

fn verdict(tsa: &TestTsa) -> Result<(), (plimsoll_core::Code, String)> {
    let result = judge(&tsa.token(MESSAGE), &tsa.trust_store());
    result.map(|_| ()).map_err(|error| (error.code(), error.to_string()))
}

fn time(text: &str) -> UnixTime {
    text.parse().unwrap()
}

const EKU: &str = "2.5.29.37";
const TIME_STAMPING: &[u8] = &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];

// attack: A-202
// spec: NP-168, NP-169
#[test]
fn a_202_the_only_purpose_is_time_stamping_and_critical() {
    assert_eq!(verdict(&leaf(|_| ())), Ok(()));
    let refusal = |text: &str| Err((code::CERTIFICATE_PROFILE, format!("the timestamping authority: {LEAF}: {text}")));
    assert_eq!(
        verdict(&leaf(|draft| remove_extension(draft, EKU))),
        refusal("expected the extended key usage timeStamping, which is not there")
    );
    assert_eq!(
        verdict(&leaf(|draft| replace_extension(draft, extension(EKU, false, TIME_STAMPING)))),
        refusal("expected a critical extended key usage timeStamping, found one that is not critical")
    );
    let critical = |draft: &mut Draft, purposes: &[&str]| {
        set_purposes(draft, purposes);
        draft.extensions.iter_mut().filter(|one| one.oid.to_string() == EKU).for_each(|one| one.critical = true);
    };
    let alone =
        |found: &str| refusal(&format!("expected the extended key usage timeStamping and no other, found {found}"));
    for other in ["1.3.6.1.5.5.7.3.3", "2.5.29.37.0", "1.2.3.4"] {
        assert_eq!(verdict(&leaf(|draft| critical(draft, &["1.3.6.1.5.5.7.3.8", other]))), alone(other));
        assert_eq!(verdict(&leaf(|draft| critical(draft, &[other]))), alone(other));
    }
    let twice = ["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.8"];
    assert_eq!(verdict(&leaf(|draft| critical(draft, &twice))), alone("1.3.6.1.5.5.7.3.8"));
}

// spec: NP-157, NP-163
#[test]
fn the_key_usage_of_an_authority_is_that_of_a_signer() {
    // digitalSignature alone, whether critical or not; the second is a warning.
    let lenient = leaf(|draft| set_key_usage(draft, false, [0x80, 0]));
    let token = parse(&lenient.token(MESSAGE)).unwrap();
    let store = lenient.trust_store();
    let verified = token.verify(MESSAGE, &store, provider()).unwrap();
    assert!(matches!(verified.warnings(), [TimestampWarning::Chain(ChainWarning::KeyUsageNotCritical { .. })]));
    assert_eq!(
        verified.warnings()[0].to_string(),
        format!("the timestamping authority: {LEAF}: keyUsage is not critical")
    );
    assert_eq!(verified.anchor().store().to_string(), "tsa:test");
    for (bits, text) in [
        ([0x40, 0], "expected the key usage digitalSignature, which is not there"),
        ([0xa0, 0], "the signing certificate must not have the key usage keyEncipherment"),
    ] {
        let refusal = format!("the timestamping authority: {LEAF}: {text}");
        assert_eq!(verdict(&leaf(|draft| set_key_usage(draft, true, bits))), Err((code::CERTIFICATE_PROFILE, refusal)));
    }
    let none = leaf(|draft| remove_extension(draft, "2.5.29.15"));
    assert_eq!(verdict(&none).unwrap_err().0, code::CERTIFICATE_PROFILE);
}

#[test]
fn a_critical_extension_that_nobody_knows_breaks_the_chain() {
    let unknown = leaf(|draft| draft.extensions.push(extension("1.2.3.4", true, &[5, 0])));
    let text = format!("{AT_THE_TIME}{LEAF}: the critical extension 1.2.3.4 is not known");
    assert_eq!(verdict(&unknown), Err((code::UNKNOWN_CRITICAL_EXTENSION, text)));
}

// attack: A-204
#[test]
fn a_204_an_authority_of_somebody_else_is_not_trusted() {
    let (tsa, stranger) = (TestTsa::new(KeySpec::P256), TestTsa::new(KeySpec::P384));
    let token = stranger.token(MESSAGE);
    // Same names as the trusted ones, so that a path is found; its signatures do not hold.
    let error = judge(&token, &tsa.trust_store()).unwrap_err();
    let codes = [code::CHAIN_INVALID, code::CERTIFICATE_ALGORITHM_UNSUPPORTED];
    assert!(codes.contains(&error.code()), "{error}");
    // Names of nobody, with and without certificates in the token, and a store without anything.
    let other = named_store("tsa:other", &[&TestCa::new(KeySpec::P256).root.der]);
    let refusal = format!(
        "{AT_THE_TIME}{LEAF}: no anchor and no certificate that came with it is its issuer `CN=Test Time Root,O=Harbour,ST=WA,C=US`"
    );
    let error = judge(&token, &TrustStore::new([other.clone()])).unwrap_err();
    assert_eq!((error.code(), error.to_string()), (code::UNTRUSTED_CHAIN, refusal));
    let bare = stranger.forge_token(MESSAGE, |draft| draft.certificates.truncate(1));
    assert_eq!(judge(&bare, &TrustStore::new([other])).unwrap_err().code(), code::UNTRUSTED_CHAIN);
    let none = stranger.forge_token(MESSAGE, |draft| draft.certificates.clear());
    assert_eq!(judge(&none, &stranger.trust_store()).unwrap_err().code(), code::UNTRUSTED_CHAIN);
}

// attack: A-212
#[test]
fn a_212_without_anchors_no_token_is_verified() {
    let tsa = TestTsa::new(KeySpec::P256);
    let error = judge(&tsa.token(MESSAGE), &TrustStore::default()).unwrap_err();
    assert_eq!(error.code(), code::UNTRUSTED_CHAIN);
}

// attack: A-205
#[test]
fn a_205_the_chain_is_judged_at_the_time_of_the_timestamp() {
    // Now is 2026-06-01.
    let valid = |from: &str, to: &str| leaf(move |draft| set_validity(draft, time(from), time(to)));
    assert_eq!(verdict(&valid("2026-05-31T00:00:00Z", "2026-06-02T00:00:00Z")), Ok(()));
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-05-31T23:59:59Z");
    let text = format!("{AT_THE_TIME}{LEAF} is valid from {early} to {late}, not at 2026-06-01T00:00:00Z");
    assert_eq!(verdict(&valid(early, late)), Err((code::CERTIFICATE_EXPIRED, text)));
    let later = verdict(&valid("2026-06-01T00:00:01Z", "2036-01-01T00:00:00Z")).unwrap_err();
    assert_eq!(later.0, code::CERTIFICATE_NOT_YET_VALID);
    // In the last second it is valid; half a second later it is not.
    let edge = valid("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z");
    assert_eq!(verdict(&edge), Ok(()));
    let half = edge.forge_info(MESSAGE, |info| info.set_time("20260601000000.5Z"));
    assert_eq!(refused(&half, &edge).0, code::CERTIFICATE_EXPIRED);
}

#[test]
fn issuers_come_from_the_token_in_any_order_and_among_others() {
    let root = Certified::self_signed(KeySpec::P256, "CN=Top,O=Harbour", Role::Root { path_length: None }, |_| ());
    let below = Role::Intermediate { path_length: Some(0) };
    let between = root.issue(KeySpec::P384, INTERMEDIATE, below, |_| ());
    let authority = between.issue(KeySpec::P256, AUTHORITY, TSA, |_| ());
    let tsa = TestTsa { root: between, authority };
    let store = TrustStore::new([named_store("tsa:test", &[&root.der])]);
    let strangers = TestCa::new(KeySpec::P256);
    let orders: [fn(&mut Vec<Vec<u8>>); 3] = [|_| (), |bag| bag.reverse(), |bag| bag.rotate_left(1)];
    for order in orders {
        let token = tsa.forge_token(MESSAGE, |draft| {
            draft.certificates.extend(strangers.chain().into_iter().map(<[u8]>::to_vec));
            draft.certificates.push(vec![0x30, 3, 2, 1, 5]); // no certificate at all
            order(&mut draft.certificates);
        });
        let token = parse(&token).unwrap();
        let verified = token.verify(MESSAGE, &store, provider()).unwrap();
        let found: Vec<_> = verified.chain().certificates().iter().map(|one| one.der().to_vec()).collect();
        assert_eq!(found, [tsa.authority.der.clone(), tsa.root.der.clone(), root.der.clone()]);
    }
    // Without the certificate between, there is no path.
    let gap = tsa.forge_token(MESSAGE, |draft| draft.certificates.truncate(1));
    assert_eq!(judge(&gap, &store).unwrap_err().code(), code::UNTRUSTED_CHAIN);
}

#[test]
fn a_root_that_does_not_hold_does_not_hide_another() {
    // Two roots of one name, as when a root was issued anew: the first that is tried did not issue the authority.
    let (tsa, twin) = (TestTsa::new(KeySpec::P256), TestTsa::new(KeySpec::P256));
    let both = TrustStore::new([named_store("tsa:both", &[&tsa.root.der, &twin.root.der])]);
    for one in [&tsa, &twin] {
        assert!(judge(&one.token(MESSAGE), &both).is_ok());
    }
}

#[test]
fn certificates_that_all_bear_one_name_do_not_blow_up() {
    const NAME: &str = "CN=Hydra,O=Harbour";
    let below = Role::Intermediate { path_length: None };
    let first = Certified::self_signed(KeySpec::P256, NAME, Role::Root { path_length: None }, |_| ());
    let heads: Vec<_> = (0..20).map(|_| first.issue(KeySpec::P256, NAME, below, |_| ())).collect();
    let authority = first.issue(KeySpec::P256, AUTHORITY, TSA, |_| ());
    let tsa = TestTsa { root: first, authority };
    let token = tsa.forge_token(MESSAGE, |draft| {
        draft.certificates.extend(heads.iter().map(|one| one.der.clone()));
    });
    // Nobody whom the store knows: the search for a path ends.
    let other = TrustStore::new([named_store("tsa:other", &[&TestCa::new(KeySpec::P256).root.der])]);
    let error = judge(&token, &other).unwrap_err();
    assert!([code::UNTRUSTED_CHAIN, code::CHAIN_INVALID].contains(&error.code()), "{error}");
    let mut limits = TimestampLimits::default();
    limits.path = limits.path.with_signatures(5);
    let error = TimestampToken::parse(&token, &limits).unwrap().verify(MESSAGE, &other, provider()).unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::LIMIT_EXCEEDED);
    assert_eq!(
        error.to_string(),
        format!(
            "{AT_THE_TIME}the search for a path was ended: more than 5 checks of signatures in the search for a path"
        )
    );
}

#[test]
fn certificates_signers_and_attributes_are_counted() {
    let tsa = TestTsa::new(KeySpec::P256);
    let many = tsa.forge_token(MESSAGE, |draft| {
        let one = draft.certificates[0].clone();
        draft.certificates.resize(33, one);
    });
    let limit = |result: Result<TimestampToken, TimestampError>| result.unwrap_err().to_string();
    assert_eq!(
        limit(parse(&many)),
        "the timestamp: the signed data is too large: more than 32 certificates in one timestamp"
    );
    let draft = tsa.draft(MESSAGE, NOW.into());
    let signer = draft.signer_info(&tsa.sign(&draft));
    assert_eq!(
        limit(parse(&draft.sealed_by(&[&*signer; 9]))),
        "the timestamp: the signed data is too large: more than 8 signers of one timestamp"
    );
    let crowded = tsa.forge_token(MESSAGE, |draft| {
        let one = draft.attributes[0].clone();
        draft.attributes.resize(33, one);
    });
    assert_eq!(
        limit(parse(&crowded)),
        "the timestamp: the signed data is too large: more than 32 signed attributes of one signer"
    );
    let mut limits = TimestampLimits::default();
    limits.bytes = 100;
    assert_eq!(
        limit(TimestampToken::parse(&tsa.token(MESSAGE), &limits)),
        "the timestamp is too large: more than 100 bytes in one timestamp"
    );
    let mut limits = TimestampLimits::default();
    limits.path.path = 1;
    let token = TimestampToken::parse(&tsa.token(MESSAGE), &limits).unwrap();
    assert!(token.verify(MESSAGE, &tsa.trust_store(), provider()).is_err());
}

#[test]
fn an_authority_below_an_issuer_for_other_purposes_is_refused() {
    let root = Certified::self_signed(KeySpec::P256, "CN=Top,O=Harbour", Role::Root { path_length: None }, |draft| {
        set_purposes(draft, &["1.3.6.1.5.5.7.3.3"]);
    });
    let authority = root.issue(KeySpec::P256, AUTHORITY, TSA, |_| ());
    let tsa = TestTsa { root, authority };
    let mut draft = tsa.draft(MESSAGE, NOW.into());
    name_certificate(&mut draft, &tsa.authority);
    let token = draft.sealed(&sign(&draft, &tsa.authority));
    assert_eq!(refused(&token, &tsa).0, code::CERTIFICATE_PROFILE);
}
