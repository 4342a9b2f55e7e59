//! What each certificate of a path must and must not say.

use crate::fixture::{ANY, AUTHORITY, SAN, SPEC, build, code, oid, root, sequence, server, server_profile, without};
use der::Tag;
use plimsoll_core::Code;
use plimsoll_pki::{
    Usage, code as codes,
    issue::Draft,
    path::{Conformance, LeafKind, PathError, PathProfile, PathRule},
};
use plimsoll_testkit::pki::{
    Certified, extension, name, remove_extension, replace_extension, set_key_usage, set_purposes, tlv,
};

const NAME: &str = "registry.example.com";

#[derive(Clone, Copy, PartialEq)]
enum At {
    Anchor,
    Intermediate,
    Leaf,
}

/// A path of three, one of which is edited.
fn forged_for(profile: &PathProfile, at: At, edit: impl Fn(&mut Draft)) -> Result<usize, PathError> {
    let here = |place: At, draft: &mut Draft| {
        if place == at {
            edit(draft);
        }
    };
    let anchor = Certified::self_signed(SPEC, "CN=Anchor,C=US", ANY, |draft| here(At::Anchor, draft));
    let below = anchor.issue(SPEC, "CN=Sub,C=US", AUTHORITY, |draft| here(At::Intermediate, draft));
    let leaf = server(&below, NAME, |draft| here(At::Leaf, draft));
    build(&leaf.der, &[&below.der], &[&anchor.der], profile)
}

fn forged(at: At, edit: impl Fn(&mut Draft)) -> Result<usize, PathError> {
    forged_for(&server_profile(NAME), at, edit)
}

fn rule(result: Result<usize, PathError>) -> (usize, PathRule) {
    match result {
        Err(PathError::Rule { which, rule }) => (which.index, rule),
        other => panic!("expected a broken rule, found {other:?}"),
    }
}

fn basic(ca: bool, length: Option<u8>) -> Vec<u8> {
    let flag = if ca { tlv(Tag::Boolean, &[0xff]) } else { Vec::new() };
    sequence(&[flag, length.map_or_else(Vec::new, |length| tlv(Tag::Integer, &[length]))])
}

// attack: A-164
#[test]
fn only_an_authority_issues() {
    const BASIC: &str = "2.5.29.19";
    for at in [At::Anchor, At::Intermediate] {
        let index = if at == At::Anchor { 2 } else { 1 };
        assert_eq!(rule(forged(at, without(BASIC))), (index, PathRule::NotAuthority));
        let lower = |draft: &mut Draft| replace_extension(draft, extension(BASIC, true, &basic(false, None)));
        assert_eq!(rule(forged(at, lower)), (index, PathRule::NotAuthority));
        let quiet = |draft: &mut Draft| replace_extension(draft, extension(BASIC, false, &basic(true, None)));
        assert_eq!(rule(forged(at, quiet)), (index, PathRule::BasicConstraintsNotCritical));
        assert!(forged_for(&server_profile(NAME).with_conformance(Conformance::Validation), at, quiet).is_ok());
        let sign = |draft: &mut Draft| set_key_usage(draft, true, [0x02, 0]);
        assert_eq!(rule(forged(at, sign)), (index, PathRule::Usage { expected: Usage::KeyCertSign }));
        assert_eq!(rule(forged(at, without("2.5.29.15"))), (index, PathRule::Usage { expected: Usage::KeyCertSign }));
        let lenient = server_profile(NAME).with_conformance(Conformance::Validation);
        assert!(forged_for(&lenient, at, without("2.5.29.15")).is_ok(), "RFC 5280, 6.1.4 n: if it is present");
        assert!(forged_for(&lenient, at, sign).is_err());
    }
}

// attack: A-164
#[test]
fn a_path_length_counts_the_authorities_below_that_are_not_self_issued() {
    let length = |draft: &mut Draft| replace_extension(draft, extension("2.5.29.19", true, &basic(true, Some(0))));
    assert_eq!(rule(forged(At::Anchor, length)), (2, PathRule::PathLength { allowed: 0, found: 1 }));
    assert!(forged(At::Intermediate, length).is_ok());
    let anchor = Certified::self_signed(SPEC, "CN=Anchor,C=US", ANY, length);
    let renewed = anchor.issue(SPEC, "CN=Anchor,C=US", AUTHORITY, |_| ());
    let leaf = server(&renewed, NAME, |_| ());
    assert_eq!(build(&leaf.der, &[&renewed.der], &[&anchor.der], &server_profile(NAME)).unwrap(), 3, "self-issued");
}

// attack: A-170
#[test]
fn serial_numbers_issuers_and_subjects_are_as_rfc_5280_wants_them() {
    let serial = |octets: Vec<u8>| move |draft: &mut Draft| draft.serial.clone_from(&octets);
    for (at, index) in [(At::Leaf, 0), (At::Intermediate, 1), (At::Anchor, 2)] {
        assert_eq!(rule(forged(at, serial(vec![0]))), (index, PathRule::Serial { octets: 1 }));
        assert_eq!(rule(forged(at, serial(vec![1; 21]))), (index, PathRule::Serial { octets: 21 }));
        assert!(forged(at, serial(vec![1; 20])).is_ok());
        let lenient = server_profile(NAME).with_conformance(Conformance::Validation);
        assert!(forged_for(&lenient, at, serial(vec![1; 30])).is_ok());
    }
    let nameless = |draft: &mut Draft| draft.subject = name(&[]);
    assert_eq!(rule(forged(At::Intermediate, nameless)), (0, PathRule::EmptyName { field: "issuer" }));
    let lenient = server_profile(NAME).with_conformance(Conformance::Validation);
    assert_eq!(rule(forged_for(&lenient, At::Intermediate, nameless)), (1, PathRule::EmptyName { field: "subject" }));
    assert!(forged(At::Leaf, nameless).is_ok(), "it has other names");
    let bare = |draft: &mut Draft| {
        nameless(draft);
        remove_extension(draft, SAN);
    };
    let custom = PathProfile::custom();
    assert_eq!(rule(forged_for(&custom, At::Leaf, bare)), (0, PathRule::EmptyName { field: "subject" }));
}

#[test]
fn extensions_are_critical_where_they_must_be_and_nowhere_else() {
    let flip = |number: &'static str, value: Vec<u8>, critical: bool| {
        move |draft: &mut Draft| replace_extension(draft, extension(number, critical, &value))
    };
    let identifier = tlv(Tag::OctetString, b"key");
    let constraints = crate::fixture::constraints(&[], &[crate::fixture::dns("elsewhere.example")]);
    let access = sequence(&[sequence(&[oid("1.3.6.1.5.5.7.48.2"), crate::fixture::uri("http://x.example")])]);
    let skip = sequence(&[crate::fixture::element(0x80, &[5])]);
    for (number, value, must) in [
        ("2.5.29.14", identifier, false),
        ("2.5.29.35", sequence(&[crate::fixture::element(0x80, b"key")]), false),
        ("2.5.29.30", constraints, true),
        ("2.5.29.36", skip, true),
        ("2.5.29.54", tlv(Tag::Integer, &[5]), true),
        ("1.3.6.1.5.5.7.1.1", access, false),
    ] {
        assert!(forged(At::Intermediate, flip(number, value.clone(), must)).is_ok(), "{number}");
        let wrong = rule(forged(At::Intermediate, flip(number, value, !must)));
        assert_eq!(wrong, (1, PathRule::Criticality { oid: number.parse().unwrap(), critical: !must }));
    }
    assert_eq!(rule(forged(At::Intermediate, without("2.5.29.14"))), (1, PathRule::SubjectKeyIdentifier));
}

// attack: A-171
#[test]
fn a_critical_extension_that_is_not_known_refuses_what_an_anchor_vouches_for() {
    let strange = |critical| move |draft: &mut Draft| replace_extension(draft, extension("1.2.3.4", critical, &[5, 0]));
    for (at, index) in [(At::Leaf, 0), (At::Intermediate, 1)] {
        let refused = forged(at, strange(true));
        assert!(
            matches!(&refused, Err(PathError::UnknownCritical { which, oid }) if which.index == index && oid.to_string() == "1.2.3.4")
        );
        assert_eq!(code(refused), codes::UNKNOWN_CRITICAL_EXTENSION);
        assert!(forged(at, strange(false)).is_ok());
        let lenient = server_profile(NAME).with_conformance(Conformance::Validation);
        assert_eq!(code(forged_for(&lenient, at, strange(true))), codes::UNKNOWN_CRITICAL_EXTENSION);
    }
    assert!(forged(At::Anchor, strange(true)).is_ok(), "the operator vouches for it");
}

fn purposes(of: &[&'static str]) -> impl Fn(&mut Draft) {
    let of = of.to_vec();
    move |draft| set_purposes(draft, &of)
}

const ANY_PURPOSE: &str = "2.5.29.37.0";
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const STAMPING: &str = "1.3.6.1.5.5.7.3.8";

// attack: A-163
#[test]
fn purposes_are_what_the_profile_wants_and_what_authorities_allow() {
    let refused = |at, of: &[&'static str]| code(forged(at, purposes(of)));
    assert!(forged(At::Leaf, without("2.5.29.37")).is_ok());
    assert!(forged(At::Leaf, purposes(&[SIGNING, SERVER])).is_ok());
    assert_eq!(refused(At::Leaf, &[ANY_PURPOSE]), codes::CERTIFICATE_PROFILE);
    assert_eq!(refused(At::Leaf, &[SIGNING]), codes::CERTIFICATE_PROFILE);
    for at in [At::Intermediate, At::Anchor] {
        assert_eq!(refused(at, &[SIGNING]), codes::CERTIFICATE_PROFILE);
        assert!(forged(at, purposes(&[SERVER])).is_ok() && forged(at, purposes(&[ANY_PURPOSE])).is_ok());
    }
    let signing = |of: &[&'static str]| forged_for(&PathProfile::code_signing(), At::Leaf, purposes(of));
    assert!(signing(&[SIGNING]).is_ok());
    for beside in [ANY_PURPOSE, SERVER, "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", STAMPING, "1.3.6.1.5.5.7.3.9"] {
        let found = beside.parse().unwrap();
        assert_eq!(rule(signing(&[SIGNING, beside])), (0, PathRule::PurposeForbidden { found }));
        assert_eq!(code(signing(&[beside])), codes::CERTIFICATE_PROFILE);
    }
    let absent = forged_for(&PathProfile::code_signing(), At::Leaf, without("2.5.29.37"));
    assert_eq!(code(absent), codes::CERTIFICATE_PROFILE);
}

#[test]
fn a_time_stamping_authority_has_one_purpose_that_is_critical() {
    let stamping = |critical, of: &[&str]| {
        let list: Vec<_> = of.iter().map(|one| oid(one)).collect();
        let value = sequence(&list);
        let edit = |draft: &mut Draft| replace_extension(draft, extension("2.5.29.37", critical, &value));
        forged_for(&PathProfile::time_stamping(), At::Leaf, edit)
    };
    assert!(stamping(true, &[STAMPING]).is_ok());
    let wrong = (0, PathRule::Purpose { expected: STAMPING.parse().unwrap(), alone: true });
    assert_eq!(rule(stamping(false, &[STAMPING])), wrong);
    assert_eq!(rule(stamping(true, &[STAMPING, SIGNING])), wrong);
    assert_eq!(rule(stamping(true, &[SIGNING])), wrong);
}

// attack: A-165
#[test]
fn key_usages_of_the_leaf_are_what_the_profile_wants() {
    let usage = |bits| move |draft: &mut Draft| set_key_usage(draft, true, bits);
    let server = |bits| forged(At::Leaf, usage(bits));
    for some in [[0x80, 0], [0x20, 0], [0x08, 0], [0xa0, 0]] {
        assert!(server(some).is_ok());
    }
    assert!(forged(At::Leaf, without("2.5.29.15")).is_ok());
    assert_eq!(rule(server([0x40, 0])), (0, PathRule::Usage { expected: Usage::DigitalSignature }));
    assert_eq!(rule(server([0x84, 0])), (0, PathRule::UsageForbidden { found: Usage::KeyCertSign }));
    let signing = |edit: &dyn Fn(&mut Draft)| {
        forged_for(&PathProfile::code_signing(), At::Leaf, |draft| {
            set_purposes(draft, &[SIGNING]);
            edit(draft);
        })
    };
    assert!(signing(&usage([0x80, 0])).is_ok());
    let lacks = (0, PathRule::Usage { expected: Usage::DigitalSignature });
    assert_eq!(rule(signing(&usage([0x40, 0]))), lacks);
    assert_eq!(rule(signing(&without("2.5.29.15"))), lacks);
}

#[test]
fn an_authority_is_a_leaf_only_where_the_profile_says_so() {
    let harbour = root("CN=Harbour,C=US");
    let below = harbour.issue(SPEC, "CN=Sub,C=US", AUTHORITY, |_| ());
    let verdict = |leaf| build(&below.der, &[], &[&harbour.der], &PathProfile::custom().with_leaf(leaf));
    assert_eq!(rule(verdict(LeafKind::Issued)), (0, PathRule::LeafIsAuthority));
    assert_eq!(verdict(LeafKind::OrAuthority).unwrap(), 2);
    assert_eq!(rule(verdict(LeafKind::OrSelfSignedAnchor)), (0, PathRule::LeafIsAuthority));
    let own = build(&harbour.der, &[], &[&harbour.der], &PathProfile::custom().with_leaf(LeafKind::OrAuthority));
    assert_eq!(code(own), codes::UNTRUSTED_CHAIN, "nobody but itself issued it");
}

/// `sha1WithRSAEncryption`'s sibling for EC.
const ECDSA_SHA1: [u8; 11] = [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];

// attack: A-168
#[test]
fn a_broken_hash_refuses_whatever_an_anchor_vouches_for() {
    let sha1 =
        |draft: &mut Draft| (draft.inner_method, draft.outer_method) = (ECDSA_SHA1.to_vec(), ECDSA_SHA1.to_vec());
    for (at, index) in [(At::Leaf, 0), (At::Intermediate, 1)] {
        let refused = forged(at, sha1);
        assert!(matches!(&refused, Err(PathError::WeakSignature { which, .. }) if which.index == index));
        assert_eq!(code(refused), codes::WEAK_SIGNATURE);
    }
}

fn rsa(bits: usize) -> Vec<u8> {
    let modulus = [vec![0], vec![0xff; bits / 8]].concat();
    let key = sequence(&[tlv(Tag::Integer, &modulus), tlv(Tag::Integer, &[1, 0, 1])]);
    let algorithm = sequence(&[oid("1.2.840.113549.1.1.1"), tlv(Tag::Null, &[])]);
    sequence(&[algorithm, tlv(Tag::BitString, &[vec![0], key].concat())])
}

// attack: A-169
#[test]
fn keys_are_strong_and_of_a_kind_that_is_known() {
    let key = |spki: Vec<u8>| move |draft: &mut Draft| draft.spki.clone_from(&spki);
    let curve = |curve: &str| {
        let algorithm = sequence(&[oid("1.2.840.10045.2.1"), oid(curve)]);
        sequence(&[algorithm, tlv(Tag::BitString, &[vec![0, 4], vec![1; 64]].concat())])
    };
    let weak = [rsa(1024), rsa(2040), rsa(8200), curve("1.3.132.0.33"), curve("1.3.132.0.10")];
    let dsa = sequence(&[sequence(&[oid("1.2.840.10040.4.1")]), tlv(Tag::BitString, &[0, 2, 1, 1])]);
    for spki in weak.into_iter().chain([dsa]) {
        for at in [At::Leaf, At::Intermediate, At::Anchor] {
            let refused: Code = code(forged(at, key(spki.clone())));
            // A self-signed root whose key was swapped is still an authority, and so may be in a store.
            assert_eq!(refused, codes::WEAK_KEY);
        }
    }
    assert!(forged(At::Leaf, key(rsa(2048))).is_ok());
    let own = server_profile(NAME).with_least_rsa_bits(3072);
    assert_eq!(code(forged_for(&own, At::Leaf, key(rsa(2048)))), codes::WEAK_KEY);
    assert!(forged_for(&own, At::Leaf, key(rsa(3072))).is_ok());
    let careless = server_profile(NAME).with_least_rsa_bits(1024);
    assert_eq!(code(forged_for(&careless, At::Leaf, key(rsa(1024)))), codes::WEAK_KEY);
}

#[test]
fn the_web_wants_more() {
    let web = server_profile(NAME).with_conformance(Conformance::WebPki);
    let common = |text: &'static str| {
        move |draft: &mut Draft| draft.subject = name(&[("2.5.4.3", Tag::Utf8String, text.as_bytes())])
    };
    for fine in ["Registry of the harbour", NAME, "REGISTRY.example.com", "0xyz", "harbour"] {
        assert!(forged_for(&web, At::Leaf, common(fine)).is_ok(), "{fine}");
    }
    for stray in ["other.example.com", "*.example.com", "192.0.2.1", "0xC0000201", "2001:db8::1"] {
        let refused = rule(forged_for(&web, At::Leaf, common(stray)));
        assert!(matches!(refused, (0, PathRule::CommonName { .. })), "{stray}");
        assert!(forged(At::Leaf, common(stray)).is_ok());
    }
    let identifier = |parts: Vec<Vec<u8>>| {
        move |draft: &mut Draft| replace_extension(draft, extension("2.5.29.35", false, &sequence(&parts)))
    };
    let key = crate::fixture::element(0x80, b"key");
    let serial = crate::fixture::element(0x82, &[1]);
    assert!(forged_for(&web, At::Anchor, identifier(vec![key.clone()])).is_ok());
    for wrong in [vec![serial.clone()], vec![key, serial]] {
        assert_eq!(
            rule(forged_for(&web, At::Anchor, identifier(wrong.clone()))),
            (2, PathRule::AuthorityKeyIdentifier)
        );
        assert!(forged_for(&web, At::Intermediate, identifier(wrong.clone())).is_ok(), "only of roots");
        assert!(forged(At::Anchor, identifier(wrong)).is_ok());
    }
}
