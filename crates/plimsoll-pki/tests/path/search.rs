//! Which path is found.

use crate::fixture::{
    AUTHORITY, SPEC, build, code, cross, cross_with, operations, root, server, server_profile, store,
};
use plimsoll_core::UnixTime;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    code as codes,
    path::{LeafKind, PathBuilder, PathError, PathLimits, PathProfile},
};
use plimsoll_testkit::pki::{
    Certified, LEAF, NOW, TestCa, extension, remove_extension, replace_extension, set_validity,
};

const NAME: &str = "registry.example.com";

fn profile() -> PathProfile {
    server_profile(NAME)
}

#[test]
fn a_path_is_found_in_a_bag_of_any_order() {
    let (harbour, stranger) = (root("CN=Harbour,C=US"), root("CN=Stranger,C=US"));
    let first = harbour.issue(SPEC, "CN=First,C=US", AUTHORITY, |_| ());
    let second = first.issue(SPEC, "CN=Second,C=US", AUTHORITY, |_| ());
    let leaf = server(&second, NAME, |_| ());
    for bag in [[&first, &second, &stranger], [&stranger, &second, &first], [&second, &stranger, &first]] {
        let bag: Vec<&[u8]> = bag.iter().map(|one| one.der.as_slice()).collect();
        assert_eq!(build(&leaf.der, &bag, &[&harbour.der], &profile()).unwrap(), 4);
        assert_eq!(build(&leaf.der, &bag, &[&first.der], &profile()).unwrap(), 3, "an intermediate can be an anchor");
    }
    let missing = build(&leaf.der, &[&first.der], &[&harbour.der], &profile());
    assert!(matches!(&missing, Err(PathError::NoIssuer { which, .. }) if which.index == 0), "{missing:?}");
    assert_eq!(code(missing), codes::UNTRUSTED_CHAIN);
}

#[test]
fn of_two_ways_the_one_that_holds_is_taken() {
    // The authority is known by its own root, and cross-signed by an old one that has expired.
    let (old, new) = (root("CN=Old,C=US"), root("CN=New,C=US"));
    let past = UnixTime::saturating_from_secs(NOW.as_secs() - 1);
    let expired = cross_with(&old, &new, |draft| set_validity(draft, UnixTime::MIN, past));
    let leaf = server(&new, NAME, |_| ());
    assert_eq!(build(&leaf.der, &[&expired], &[&old.der, &new.der], &profile()).unwrap(), 2);
    assert_eq!(code(build(&leaf.der, &[&expired], &[&old.der], &profile())), codes::CERTIFICATE_EXPIRED);
    assert_eq!(build(&leaf.der, &[&expired, &cross(&old, &new)], &[&old.der], &profile()).unwrap(), 3);
}

// attack: A-159
#[test]
fn a_cycle_of_authorities_that_sign_each_other_ends() {
    let (anchor, one, other) = (root("CN=Anchor,C=US"), root("CN=One,C=US"), root("CN=Other,C=US"));
    let (by_one, by_other) = (cross(&one, &other), cross(&other, &one));
    let leaf = server(&one, NAME, |_| ());
    let cycle: [&[u8]; 2] = [&by_one, &by_other];
    assert_eq!(code(build(&leaf.der, &cycle, &[&anchor.der], &profile())), codes::UNTRUSTED_CHAIN);
    // The same cycle, with one way out of it.
    let out = cross(&anchor, &other);
    assert_eq!(build(&leaf.der, &[&by_one, &by_other, &out], &[&anchor.der], &profile()).unwrap(), 4);
}

// attack: A-173
#[test]
fn key_identifiers_that_lie_prove_nothing_and_hide_nothing() {
    let (harbour, forger) = (root("CN=Harbour,C=US"), root("CN=Harbour,C=US"));
    let real = harbour.view().subject_key_identifier().unwrap().to_vec();
    let lie = |draft: &mut plimsoll_pki::issue::Draft| {
        let value = crate::fixture::sequence(&[crate::fixture::element(0x80, &real)]);
        replace_extension(draft, extension("2.5.29.35", false, &value));
    };
    let forged = server(&forger, NAME, lie);
    let refused = build(&forged.der, &[], &[&harbour.der], &profile());
    assert!(matches!(refused, Err(PathError::Signature { .. })), "{refused:?}");
    // A true leaf whose identifier names another key, and one without any.
    let stray = |draft: &mut plimsoll_pki::issue::Draft| {
        let value = crate::fixture::sequence(&[crate::fixture::element(0x80, b"stray")]);
        replace_extension(draft, extension("2.5.29.35", false, &value));
    };
    for leaf in [server(&harbour, NAME, stray), server(&harbour, NAME, |draft| remove_extension(draft, "2.5.29.35"))] {
        assert_eq!(build(&leaf.der, &[], &[&forger.der, &harbour.der], &profile()).unwrap(), 2);
    }
}

#[test]
fn key_identifiers_put_the_likeliest_first() {
    let harbour = root("CN=Harbour,C=US");
    let crowd: Vec<Certified> = (0..9).map(|_| harbour.issue(SPEC, "CN=Sub,C=US", AUTHORITY, |_| ())).collect();
    let leaf = server(&crowd[8], NAME, |_| ());
    let bag: Vec<&[u8]> = crowd.iter().map(|one| one.der.as_slice()).collect();
    let anchors = store(&[&harbour.der]);
    let profile = profile();
    let run = |leaf: &[u8]| {
        operations(|provider| PathBuilder::new(&anchors, &profile, provider).build(leaf, &bag, NOW).is_ok())
    };
    assert_eq!(run(&leaf.der), (true, 2));
    // Without the hint each is tried: 9 that have not signed it at most.
    let bare = server(&crowd[8], NAME, |draft| remove_extension(draft, "2.5.29.35"));
    assert_eq!(run(&bare.der), (true, 10));
}

// attack: A-174
#[test]
fn an_address_in_a_certificate_is_never_contacted() {
    #[allow(clippy::disallowed_methods, reason = "the canary that must not sing")]
    let canary = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let url = format!("http://{}/issuer.crt", canary.local_addr().unwrap());
    let harbour = root("CN=Harbour,C=US");
    let below = harbour.issue(SPEC, "CN=Sub,C=US", AUTHORITY, |_| ());
    let leaf = server(&below, NAME, |draft| {
        let issuers = [crate::fixture::oid("1.3.6.1.5.5.7.48.2"), crate::fixture::uri(&url)];
        let value = crate::fixture::sequence(&[crate::fixture::sequence(&issuers)]);
        replace_extension(draft, extension("1.3.6.1.5.5.7.1.1", false, &value));
    });
    assert_eq!(code(build(&leaf.der, &[], &[&harbour.der], &profile())), codes::UNTRUSTED_CHAIN);
    assert!(canary.accept().is_err());
    assert!(build(&leaf.der, &[&below.der], &[&harbour.der], &profile()).is_ok());
}

// attack: A-175
#[test]
fn every_certificate_is_judged_at_the_one_time() {
    let past = UnixTime::saturating_from_secs(NOW.as_secs() - 1);
    let harbour = root("CN=Harbour,C=US");
    let below = harbour.issue(SPEC, "CN=Sub,C=US", AUTHORITY, |draft| set_validity(draft, UnixTime::MIN, past));
    let leaf = server(&below, NAME, |_| ());
    let refused = build(&leaf.der, &[&below.der], &[&harbour.der], &profile());
    assert!(matches!(&refused, Err(PathError::Expired(expired)) if expired.which.index == 1), "{refused:?}");
    let old = Certified::self_signed(SPEC, "CN=Old,C=US", crate::fixture::ANY, |draft| {
        set_validity(draft, UnixTime::MIN, past);
    });
    let leaf = server(&old, NAME, |_| ());
    assert_eq!(code(build(&leaf.der, &[], &[&old.der], &profile())), codes::CERTIFICATE_EXPIRED, "an anchor, too");
    // At an earlier time the path holds, were it not for the leaf.
    let anchors = store(&[&old.der]);
    let profile = profile();
    let builder = PathBuilder::new(&anchors, &profile, provider());
    let early = builder.build(&leaf.der, &[], UnixTime::MIN);
    assert_eq!(code(early), codes::CERTIFICATE_NOT_YET_VALID);
}

#[test]
fn the_proof_says_what_it_stands_on() {
    let ca = TestCa::new(SPEC);
    let (anchors, profile) = (ca.trust_store("ca:release"), PathProfile::code_signing());
    let builder = PathBuilder::new(&anchors, &profile, provider());
    let path = builder.build(&ca.leaf.der, &[&ca.intermediate.der], NOW).unwrap();
    assert_eq!((path.leaf().subject().to_string().as_str(), path.at()), (LEAF, NOW));
    assert_eq!(path.anchor().digest(), ca.root.view().digest());
    assert!(path.horizon().from <= NOW && NOW < path.horizon().until && path.chain().anchored_in(&anchors).is_ok());
    assert_eq!(path.chain().options(), None);
}

#[test]
fn a_leaf_that_is_an_anchor_holds_only_where_the_profile_says_so() {
    let lone = TestCa::new(SPEC);
    let signer = Certified::self_signed(SPEC, "CN=Lone,O=Harbour,C=US", crate::fixture::ANY, |draft| {
        for one in ["2.5.29.19", "2.5.29.15"] {
            remove_extension(draft, one);
        }
        plimsoll_testkit::pki::set_key_usage(draft, true, [0x80, 0]);
        plimsoll_testkit::pki::set_purposes(draft, &["1.3.6.1.5.5.7.3.3"]);
    });
    let own = PathProfile::code_signing().with_leaf(LeafKind::OrSelfSignedAnchor);
    assert_eq!(build(&signer.der, &[], &[&signer.der], &own).unwrap(), 1);
    assert_eq!(code(build(&signer.der, &[], &[&signer.der], &PathProfile::code_signing())), codes::UNTRUSTED_CHAIN);
    assert_eq!(code(build(&signer.der, &[], &[&lone.root.der], &own)), codes::UNTRUSTED_CHAIN);
    // It is no authority: nothing that it signed holds.
    let below = server(&signer, NAME, |_| ());
    assert_eq!(code(build(&below.der, &[], &[&signer.der], &profile())), codes::CERTIFICATE_PROFILE);
}

#[test]
fn depth_and_bag_have_limits() {
    let harbour = root("CN=Harbour,C=US");
    let mut line = vec![harbour];
    for depth in 0..9 {
        let next = line[depth].issue(SPEC, &format!("CN=Sub {depth},C=US"), AUTHORITY, |_| ());
        line.push(next);
    }
    let built = |authorities: usize| {
        let leaf = server(&line[authorities], NAME, |_| ());
        let bag: Vec<&[u8]> = line[1..].iter().map(|one| one.der.as_slice()).collect();
        build(&leaf.der, &bag, &[&line[0].der], &profile())
    };
    assert_eq!(built(8).unwrap(), 10);
    assert_eq!(code(built(9)), codes::CERTIFICATE_PROFILE);
    let leaf = server(&line[0], NAME, |_| ());
    let bag = vec![line[1].der.as_slice(); 257];
    assert_eq!(code(build(&leaf.der, &bag, &[&line[0].der], &profile())), plimsoll_core::code::LIMIT_EXCEEDED);
    assert!(build(&leaf.der, &bag[1..], &[&line[0].der], &profile()).is_ok());
    // What RFC 5280 counts can be limited further.
    let (anchors, profile) = (store(&[&line[0].der]), profile());
    let direct = PathLimits::default().with_authorities(0);
    let builder = PathBuilder::new(&anchors, &profile, provider()).with_limits(direct);
    assert!(builder.build(&leaf.der, &[], NOW).is_ok());
    let below = server(&line[1], NAME, |_| ());
    assert_eq!(code(builder.build(&below.der, &[&line[1].der], NOW)), codes::CERTIFICATE_PROFILE);
}
