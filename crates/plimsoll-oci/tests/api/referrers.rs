//! Lists of referrers.

use crate::support::{DIGEST, descriptor, index};
use plimsoll_core::{Classify as _, Descriptor, Digest, Referrer};
use plimsoll_oci::{Limits, Manifest, ManifestError, media_type, parse_referrers, referrers_index, referrers_tag};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Vec<Referrer>, ManifestError> {
    parse_referrers(media_type::IMAGE_INDEX, text.as_bytes(), &Limits::list())
}

// attack: A-048
#[test]
fn a_048_what_is_no_list_of_referrers_is_refused_and_duplicates_are_folded() {
    let entry = descriptor(media_type::IMAGE_MANIFEST);
    assert_eq!(parse(&index(&format!("{entry},{entry}"), "")).unwrap().len(), 1);
    let image = crate::support::manifest("");
    let error = parse_referrers(media_type::IMAGE_MANIFEST, image.as_bytes(), &Limits::list()).unwrap_err();
    assert_eq!(error.code().name(), "unsupported-media-type");
    assert!(matches!(parse(&image), Err(ManifestError::Field(_))));
    assert!(matches!(parse(&index("", r#","layers":[]"#)), Err(ManifestError::Ambiguous { .. })));
    let limits = Limits { manifests: 1, ..Limits::list() };
    let two = index(&format!("{entry},{entry}"), "");
    let error = parse_referrers(media_type::IMAGE_INDEX, two.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.to_string(), "more than 1 referrers");
    let large = index("", &format!(r#","a":"{}""#, "x".repeat(4 << 20)));
    assert_eq!(parse(&large).unwrap_err().code().name(), "limit-exceeded");
}

#[test]
fn an_entry_whose_type_is_none_does_not_take_the_list_away() {
    let odd = descriptor("no type").replace(&DIGEST[7..], &"0".repeat(64));
    let typed = descriptor(media_type::IMAGE_MANIFEST);
    let claims =
        typed.replace(&DIGEST[7..], &"1".repeat(64)).replace('}', r#","artifactType":"none either","urls":["x"]}"#);
    let list = index(&format!("{odd},{claims},{typed}"), "");
    let types: Vec<_> = parse(&list)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.descriptor.media_type, entry.claimed_artifact_type))
        .collect();
    let image = media_type::IMAGE_MANIFEST;
    let expected = [("no type", None), (image, Some("none either".into())), (image, None)];
    assert_eq!(types, expected.map(|(media_type, claimed)| (media_type.into(), claimed)));
    assert!(
        Manifest::parse_bytes(media_type::IMAGE_INDEX, list.as_bytes()).is_err(),
        "an index stands for its entries"
    );
}

#[test]
fn null_is_the_empty_list_and_nothing_is_not() {
    assert_eq!(parse(r#"{"schemaVersion":2,"manifests":null}"#), Ok(vec![]));
    assert_eq!(parse(r#"{"schemaVersion":2}"#).unwrap_err().to_string(), "expected the member `manifests`, found none");
}

#[test]
fn the_fallback_tag_is_cut_as_the_specification_says() {
    assert_eq!(referrers_tag(&DIGEST.parse().unwrap()).to_string(), DIGEST.replace(':', "-"));
    let long = Digest::sha512_of(b"");
    assert_eq!(referrers_tag(&long).to_string(), format!("sha512-{}", &long.encoded()[..64]));
}

proptest! {
    #[test]
    fn a_list_that_is_written_is_read_again(entries in prop::collection::btree_map(any::<[u8; 32]>(), (prop::option::of("[a-z]{1,4}/[a-z]{1,4}"), "[a-z]{0,9}"), 0..5)) {
        let referrers: Vec<_> = entries.into_iter().map(|(digest, (kind, value))| {
            let descriptor = Descriptor::new(media_type::IMAGE_MANIFEST, Digest::Sha256(digest), 7);
            let mut referrer = Referrer::new(descriptor, kind.as_deref());
            referrer.claimed_annotations.insert("a".into(), value);
            referrer
        }).collect();
        let blob = referrers_index(&referrers);
        prop_assert!(matches!(Manifest::parse(&blob), Ok(Manifest::Index(_))));
        prop_assert_eq!(parse_referrers(media_type::IMAGE_INDEX, blob.bytes(), &Limits::list()).unwrap(), referrers);
    }
}
