//! Graphs and names that cost others minutes.

use crate::fixture::{
    ANY, AUTHORITY, SPEC, code, constrain, cross_with, dns, operations, root, server, server_profile, set_names, store,
};
use plimsoll_core::code::LIMIT_EXCEEDED;
use plimsoll_pki::path::{PathBuilder, PathError};
use plimsoll_testkit::pki::{Certified, KeySpec, NOW};

const NAME: &str = "registry.example.com";

/// Seven floors of seven authorities; all of one floor have one name, and each is signed by every one of `signers` on the floor above.
fn ladder(signers: usize) -> (Vec<Certified>, Vec<Vec<u8>>) {
    let floor = |level: usize| -> Vec<Certified> { (0..7).map(|_| root(&format!("CN=Floor {level},C=US"))).collect() };
    let floors: Vec<_> = (0..7).map(floor).collect();
    let mut bag = Vec::new();
    for pair in floors.windows(2) {
        for one in &pair[0] {
            bag.extend(pair[1].iter().take(signers).map(|above| cross_with(above, one, |_| ())));
        }
    }
    (floors.into_iter().next().unwrap(), bag)
}

// attack: A-158
#[test]
fn a_ladder_of_seven_by_seven_ends_within_the_budget() {
    let (ground, bag) = ladder(5);
    let anchor = root("CN=Anchor,C=US");
    let leaf = server(&ground[6], NAME, |draft| plimsoll_testkit::pki::remove_extension(draft, "2.5.29.35"));
    let bag: Vec<&[u8]> = bag.iter().map(Vec::as_slice).collect();
    let (anchors, profile) = (store(&[&anchor.der]), server_profile(NAME));
    let (built, count) =
        operations(|provider| PathBuilder::new(&anchors, &profile, provider).build(&leaf.der, &bag, NOW).map(drop));
    assert_eq!(code(built), LIMIT_EXCEEDED);
    assert!(count <= 100, "{count}");
}

// attack: A-158
#[test]
fn authorities_that_share_name_and_key_take_one_place_of_a_path() {
    let (anchor, pathological) = (root("CN=Anchor,C=US"), root("CN=Pathological,C=US"));
    let crowd: Vec<_> = (0..100_u8)
        .map(|number| cross_with(&pathological, &pathological, |draft| draft.serial = vec![1, number]))
        .collect();
    let bag: Vec<&[u8]> = crowd.iter().map(Vec::as_slice).collect();
    let leaf = server(&pathological, NAME, |_| ());
    let (anchors, profile) = (store(&[&anchor.der]), server_profile(NAME));
    let (built, count) =
        operations(|provider| PathBuilder::new(&anchors, &profile, provider).build(&leaf.der, &bag, NOW).map(drop));
    assert!(matches!(built, Err(PathError::NoIssuer { .. })), "{built:?}");
    assert_eq!(count, 1, "one signature under one key is checked once");
}

// attack: A-158
#[test]
fn paths_without_number_through_few_keys_end_by_the_count_of_steps() {
    // Ten authorities, each certified by each other: ten factorial paths, and fewer signatures than the budget has.
    let all: Vec<_> = (0..10).map(|number| root(&format!("CN=Peer {number},C=US"))).collect();
    let pairs = all.iter().flat_map(|one| all.iter().map(move |other| (one, other)));
    let bag: Vec<_> =
        pairs.filter(|(one, other)| one.der != other.der).map(|(one, other)| cross_with(one, other, |_| ())).collect();
    let bag: Vec<&[u8]> = bag.iter().map(Vec::as_slice).collect();
    let anchor = root("CN=Anchor,C=US");
    let leaf = server(&all[0], NAME, |_| ());
    let (anchors, profile) = (store(&[&anchor.der]), server_profile(NAME));
    let (built, count) =
        operations(|provider| PathBuilder::new(&anchors, &profile, provider).build(&leaf.der, &bag, NOW).map(drop));
    assert_eq!(
        built.unwrap_err().to_string(),
        "the search for a path was ended: more than 10000 steps in the search for a path"
    );
    assert!(count <= 91, "{count}");
}

/// A leaf by a stranger of the name that all of a crowd have, so that the key of each is tried; and what came of it, with the operations.
fn crowd(keys: &[KeySpec]) -> (Result<(), PathError>, usize) {
    let name = "CN=Crowd,C=US";
    let all: Vec<_> = keys.iter().map(|spec| Certified::self_signed(*spec, name, ANY, |_| ())).collect();
    let bag: Vec<&[u8]> = all.iter().map(|one| &*one.der).collect();
    let leaf = server(&root(name), NAME, |draft| plimsoll_testkit::pki::remove_extension(draft, "2.5.29.35"));
    let anchor = root("CN=Anchor,C=US");
    let (anchors, profile) = (store(&[&anchor.der]), server_profile(NAME));
    operations(|provider| PathBuilder::new(&anchors, &profile, provider).build(&leaf.der, &bag, NOW).map(drop))
}

// attack: A-158
#[test]
fn checks_are_counted_by_their_cost_beyond_those_of_the_longest_path() {
    let (built, count) = crowd(&[KeySpec::P256; 40]);
    assert!(matches!(built, Err(PathError::Signature { .. })), "{built:?}");
    assert_eq!(count, 40);
    for dear in [KeySpec::P384, KeySpec::P521] {
        let (built, count) = crowd(&[dear; 12]);
        let text = "the search for a path was ended: more than 100 checks by their cost in the search for a path";
        assert_eq!((built.unwrap_err().to_string().as_str(), count), (text, 9));
        let (built, count) = crowd(&[&[dear; 3][..], &[KeySpec::P256; 25]].concat());
        assert!(matches!(built, Err(PathError::Signature { .. })), "{built:?}");
        assert_eq!(count, 28);
        let (built, count) = crowd(&[&[dear; 3][..], &[KeySpec::P256; 26]].concat());
        assert_eq!((code(built), count), (LIMIT_EXCEEDED, 28));
    }
}

#[test]
fn the_longest_path_holds_whatever_its_keys() {
    let spec = KeySpec::P521;
    let anchor = Certified::self_signed(spec, "CN=Anchor,C=US", ANY, |_| ());
    let mut line: Vec<Certified> = Vec::new();
    for number in 0..8 {
        let issuer = line.last().unwrap_or(&anchor);
        let one = issuer.issue(spec, &format!("CN=Authority {number},C=US"), AUTHORITY, |_| ());
        line.push(one);
    }
    let leaf = server(&line[7], NAME, |_| ());
    let bag: Vec<&[u8]> = line.iter().map(|one| &*one.der).collect();
    let (anchors, profile) = (store(&[&anchor.der]), server_profile(NAME));
    let (built, count) = operations(|provider| {
        let path = PathBuilder::new(&anchors, &profile, provider).build(&leaf.der, &bag, NOW);
        path.map(|path| path.chain().certificates().len())
    });
    assert_eq!((built, count), (Ok(10), 9));
}

// attack: A-160
#[test]
fn a_thousand_names_under_a_thousand_constraints_end_by_the_count_of_comparisons() {
    let excluded: Vec<_> = (0..1000).map(|number| dns(&format!("x{number}.example"))).collect();
    let names: Vec<_> = (0..1000).map(|number| dns(&format!("n{number}.example.com"))).chain([dns(NAME)]).collect();
    let harbour = root("CN=Harbour,C=US");
    let below =
        |count: usize| harbour.issue(SPEC, "CN=Sub,C=US", AUTHORITY, |draft| constrain(draft, &[], &excluded[..count]));
    let built = |count: usize| {
        let authority = below(count);
        let leaf = server(&authority, NAME, |draft| set_names(draft, &names));
        crate::fixture::build(&leaf.der, &[&authority.der], &[&harbour.der], &server_profile(NAME))
    };
    assert_eq!(built(249).unwrap(), 3, "249 249 comparisons");
    assert_eq!(
        built(250).unwrap_err().to_string(),
        "the search for a path was ended: more than 250000 comparisons of names with constraints"
    );
    assert_eq!(code(built(1000)), LIMIT_EXCEEDED);
}
