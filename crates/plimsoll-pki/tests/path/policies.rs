//! Certificate policies: RFC 5280, 6.1 by the graph of RFC 9618.

use crate::fixture::{ANY, AUTHORITY, SPEC, code, element, oid, sequence, server, server_profile, store};
use der::Tag;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    code as codes,
    issue::Draft,
    path::{PathBuilder, PathError, PathProfile},
};
use plimsoll_testkit::pki::{Certified, NOW, extension, replace_extension, tlv};

const NAME: &str = "registry.example.com";
const ANY_POLICY: &str = "2.5.29.32.0";
const GOLD: &str = "1.3.6.1.4.1.99999.2.1";
const SILVER: &str = "1.3.6.1.4.1.99999.2.2";
const THEIRS: &str = "1.3.6.1.4.1.88888.1";

type Edit = Box<dyn Fn(&mut Draft)>;

fn asserts(policies: &[&str]) -> Edit {
    let list: Vec<_> = policies.iter().map(|one| sequence(&[oid(one)])).collect();
    set("2.5.29.32", &sequence(&list))
}
fn maps(pairs: &[(&str, &str)]) -> Edit {
    let list: Vec<_> = pairs.iter().map(|(from, to)| sequence(&[oid(from), oid(to)])).collect();
    set("2.5.29.33", &sequence(&list))
}
fn requires(skip: u8) -> Edit {
    set("2.5.29.36", &sequence(&[element(0x80, &[skip])]))
}
fn inhibits_mapping(skip: u8) -> Edit {
    set("2.5.29.36", &sequence(&[element(0x81, &[skip])]))
}
fn inhibits_any(skip: u8) -> Edit {
    set("2.5.29.54", &tlv(Tag::Integer, &[skip]))
}
fn set(number: &'static str, value: &[u8]) -> Edit {
    let value = value.to_vec();
    Box::new(move |draft| replace_extension(draft, extension(number, true, &value)))
}
fn all(edits: Vec<Edit>) -> Edit {
    Box::new(move |draft| edits.iter().for_each(|edit| edit(draft)))
}
fn nothing() -> Edit {
    Box::new(|_| ())
}

/// The policies that hold for anchor, authority, second authority and leaf.
fn policies(edits: [Edit; 4], profile: &PathProfile) -> Result<Vec<String>, PathError> {
    let [anchor_edit, first_edit, second_edit, leaf_edit] = edits;
    let anchor = Certified::self_signed(SPEC, "CN=Anchor,C=US", ANY, |draft| anchor_edit(draft));
    let first = anchor.issue(SPEC, "CN=First,C=US", AUTHORITY, |draft| first_edit(draft));
    let second = first.issue(SPEC, "CN=Second,C=US", AUTHORITY, |draft| second_edit(draft));
    let leaf = server(&second, NAME, |draft| leaf_edit(draft));
    let anchors = store(&[&anchor.der]);
    let bag: [&[u8]; 2] = [&first.der, &second.der];
    let path = PathBuilder::new(&anchors, profile, provider()).build(&leaf.der, &bag, NOW)?;
    Ok(path.policies().iter().map(ToString::to_string).collect())
}

fn held(edits: [Edit; 4]) -> Result<Vec<String>, PathError> {
    policies(edits, &server_profile(NAME))
}

fn wanted(edits: [Edit; 4], policy: &str) -> Result<Vec<String>, PathError> {
    policies(edits, &server_profile(NAME).with_policies([policy.parse().unwrap()]))
}

fn missing<T: std::fmt::Debug>(result: Result<T, PathError>) {
    assert!(matches!(result, Err(PathError::Policy { .. })), "{result:?}");
    assert_eq!(code(result), codes::CERTIFICATE_POLICY_MISSING);
}

// attack: A-162
#[test]
fn policies_that_hold_down_to_the_leaf_are_reported() {
    assert_eq!(held([nothing(), nothing(), nothing(), nothing()]).unwrap(), [""; 0]);
    let every = |leaf: Edit| [nothing(), asserts(&[ANY_POLICY]), asserts(&[ANY_POLICY]), leaf];
    assert_eq!(held(every(asserts(&[ANY_POLICY]))).unwrap(), [ANY_POLICY]);
    assert_eq!(held(every(asserts(&[GOLD, SILVER]))).unwrap(), [GOLD, SILVER]);
    assert_eq!(held([nothing(), asserts(&[GOLD]), asserts(&[ANY_POLICY]), asserts(&[GOLD, SILVER])]).unwrap(), [GOLD]);
    assert_eq!(held([nothing(), asserts(&[GOLD]), asserts(&[SILVER]), asserts(&[GOLD])]).unwrap(), [""; 0]);
    assert_eq!(held([nothing(), asserts(&[GOLD]), nothing(), asserts(&[GOLD])]).unwrap(), [""; 0], "absent is none");
}

#[test]
fn a_policy_that_is_wanted_must_hold() {
    let gold = || [nothing(), asserts(&[GOLD]), asserts(&[ANY_POLICY]), asserts(&[GOLD])];
    assert_eq!(wanted(gold(), GOLD).unwrap(), [GOLD]);
    missing(wanted(gold(), SILVER));
    missing(wanted([nothing(), nothing(), nothing(), nothing()], GOLD));
    let any = [nothing(), asserts(&[ANY_POLICY]), asserts(&[ANY_POLICY]), asserts(&[ANY_POLICY])];
    assert_eq!(wanted(any, GOLD).unwrap(), [GOLD]);
}

#[test]
fn a_certificate_can_demand_that_a_policy_holds() {
    let leaf = |leaf: Edit| [nothing(), all(vec![asserts(&[GOLD]), requires(0)]), asserts(&[GOLD]), leaf];
    assert_eq!(held(leaf(asserts(&[GOLD]))).unwrap(), [GOLD]);
    missing(held(leaf(asserts(&[SILVER]))));
    missing(held(leaf(nothing())));
    // It begins two certificates further down, which is beyond the leaf.
    let late = |skip| [nothing(), all(vec![asserts(&[GOLD]), requires(skip)]), asserts(&[GOLD]), nothing()];
    assert!(held(late(3)).is_ok());
    missing(held(late(1)));
    missing(held(late(2)));
    missing(held([nothing(), nothing(), nothing(), requires(0)]));
    missing(held([requires(5), asserts(&[GOLD]), asserts(&[GOLD]), asserts(&[SILVER])]));
}

#[test]
fn a_policy_goes_by_another_name_below_a_mapping() {
    let mapped = |leaf: &str| {
        [nothing(), all(vec![asserts(&[GOLD]), maps(&[(GOLD, THEIRS)])]), asserts(&[THEIRS]), asserts(&[leaf])]
    };
    assert_eq!(wanted(mapped(THEIRS), GOLD).unwrap(), [GOLD]);
    missing(wanted(mapped(THEIRS), THEIRS));
    missing(wanted(mapped(GOLD), GOLD));
    let from_any =
        [nothing(), all(vec![asserts(&[ANY_POLICY]), maps(&[(GOLD, THEIRS)])]), asserts(&[THEIRS]), asserts(&[THEIRS])];
    assert_eq!(wanted(from_any, GOLD).unwrap(), [GOLD]);
    let inhibited = [
        inhibits_mapping(5),
        all(vec![asserts(&[GOLD]), maps(&[(GOLD, THEIRS)])]),
        asserts(&[THEIRS]),
        asserts(&[THEIRS]),
    ];
    missing(wanted(inhibited, GOLD));
    let later = [
        nothing(),
        all(vec![asserts(&[GOLD]), inhibits_mapping(0)]),
        all(vec![asserts(&[GOLD]), maps(&[(GOLD, THEIRS)])]),
        asserts(&[THEIRS]),
    ];
    missing(wanted(later, GOLD));
}

#[test]
fn any_policy_can_be_inhibited() {
    let inhibited = |skip, leaf: &str| {
        [nothing(), all(vec![asserts(&[GOLD]), inhibits_any(skip)]), asserts(&[ANY_POLICY]), asserts(&[leaf])]
    };
    assert_eq!(wanted(inhibited(1, GOLD), GOLD).unwrap(), [GOLD]);
    missing(wanted(inhibited(0, GOLD), GOLD));
    missing(wanted(inhibited(1, ANY_POLICY), GOLD));
    missing(wanted([inhibits_any(9), asserts(&[ANY_POLICY]), asserts(&[GOLD]), asserts(&[GOLD])], GOLD));
}

#[test]
fn a_self_issued_authority_does_not_count() {
    let anchor = Certified::self_signed(SPEC, "CN=Anchor,C=US", ANY, |_| ());
    let first = anchor.issue(SPEC, "CN=First,C=US", AUTHORITY, |draft| {
        asserts(&[GOLD])(draft);
        requires(1)(draft);
        inhibits_any(0)(draft);
    });
    let renewed = first.issue(SPEC, "CN=First,C=US", AUTHORITY, |draft| asserts(&[ANY_POLICY])(draft));
    let built = |leaf: Edit| {
        let leaf = server(&renewed, NAME, |draft| leaf(draft));
        let anchors = store(&[&anchor.der]);
        let bag: [&[u8]; 2] = [&first.der, &renewed.der];
        let profile = server_profile(NAME);
        let built = PathBuilder::new(&anchors, &profile, provider()).build(&leaf.der, &bag, NOW);
        built.map(|path| path.policies().iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(built(asserts(&[GOLD])).unwrap(), [GOLD], "RFC 5280, 6.1.3 d 2: any counts in it all the same");
    missing(built(asserts(&[SILVER])));
}

#[test]
fn what_is_no_policy_extension_is_malformed() {
    let broken = |edit: Edit| {
        let refused = held([nothing(), edit, nothing(), nothing()]);
        assert!(matches!(&refused, Err(PathError::Certificate { which, .. }) if which.index == 2), "{refused:?}");
        assert_eq!(code(refused), codes::MALFORMED_CERTIFICATE);
    };
    broken(asserts(&[]));
    broken(asserts(&[GOLD, GOLD]));
    broken(maps(&[]));
    broken(maps(&[(GOLD, ANY_POLICY)]));
    broken(maps(&[(ANY_POLICY, GOLD)]));
    broken(set("2.5.29.36", &sequence(&[])));
    broken(set("2.5.29.54", &tlv(Tag::Integer, &[0xff])));
    let qualified = |kind: &str| {
        sequence(&[sequence(&[oid(GOLD), sequence(&[sequence(&[oid(kind), tlv(Tag::Ia5String, b"x")])])])])
    };
    broken(set("2.5.29.32", &qualified("1.2.3")));
    assert!(held([nothing(), set("2.5.29.32", &qualified("1.3.6.1.5.5.7.2.1")), nothing(), nothing()]).is_ok());
    let quiet = qualified("1.2.3");
    let quiet: Edit = Box::new(move |draft| replace_extension(draft, extension("2.5.29.32", false, &quiet)));
    assert!(held([nothing(), quiet, nothing(), nothing()]).is_ok());
}

// attack: A-162
#[test]
fn mappings_that_multiply_end_by_the_count_of_steps() {
    // Every policy is mapped to every other at each of six authorities: a tree would have 30^6 leaves.
    let names: Vec<String> = (0..30).map(|number| format!("1.3.6.1.4.1.99999.3.{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let pairs: Vec<(&str, &str)> = names.iter().flat_map(|from| names.iter().map(move |to| (*from, *to))).collect();
    let anchor = Certified::self_signed(SPEC, "CN=Anchor,C=US", ANY, |_| ());
    let mut line = vec![anchor];
    for depth in 0..6 {
        let next = line[depth].issue(SPEC, &format!("CN=Sub {depth},C=US"), AUTHORITY, |draft| {
            asserts(&names)(draft);
            maps(&pairs)(draft);
        });
        line.push(next);
    }
    let leaf = server(&line[6], NAME, |draft| asserts(&names)(draft));
    let bag: Vec<&[u8]> = line[1..].iter().map(|one| one.der.as_slice()).collect();
    let anchors = store(&[&line[0].der]);
    let profile = server_profile(NAME).with_policies([names[0].parse().unwrap()]);
    let built = PathBuilder::new(&anchors, &profile, provider()).build(&leaf.der, &bag, NOW);
    assert_eq!(built.unwrap().policies().len(), 1, "a graph is small");
    let mut limits = plimsoll_pki::path::PathLimits::default();
    limits.policy_steps = 1000;
    let tight = PathBuilder::new(&anchors, &profile, provider()).with_limits(limits);
    assert_eq!(code(tight.build(&leaf.der, &bag, NOW)), plimsoll_core::code::LIMIT_EXCEEDED);
}
