use super::*;
use plimsoll_core::List;

#[test]
fn licences_are_kept_once_and_without_those_that_say_nothing() {
    let mut component = Component::new(Some(Kind::library()), "ship");
    component.set_licenses(["MIT OR Zlib", "NOASSERTION", "MIT OR Zlib", "", "NONE", "My own terms"]);
    assert_eq!(component.licenses(), [Box::from("MIT OR Zlib"), "My own terms".into()]);
    let identifiers: Vec<_> = component.license_identifiers().into_iter().collect();
    assert_eq!(identifiers, [Box::from("MIT"), "My own terms".into(), "Zlib".into()]);
}

#[test]
fn a_purl_is_canonical_or_kept_as_it_is() {
    let mut component = Component::new(None, "ship");
    component.set_purl("pkg:PyPI/A_B");
    assert_eq!(component.purl.as_deref(), Some("pkg:pypi/a-b"));
    component.set_purl("pkg:golang/stdlib@1.22");
    assert_eq!(component.purl.as_deref(), Some("pkg:golang/stdlib@1.22"));
}

// attack: A-302
#[test]
fn a_302_a_hash_that_is_none_never_matches() {
    let digest = Digest::sha256_of(b"ship");
    let hash = Hash::of(&digest);
    assert_eq!((hash.digest(), hash.is_well_formed()), (Some(digest), true));
    assert_eq!(Hash::new("SHA256", &digest.encoded().to_uppercase()), hash);
    for (algorithm, value, known) in [
        ("SHA-256", "abc", true),
        ("SHA-256", digest.encoded().split_at(2).1, true),
        ("SHA-512", &digest.encoded(), true),
        ("SHA-256", &"zz".repeat(32), true),
        ("SHA-999", &digest.encoded(), false),
        ("sha256", &digest.encoded(), false),
    ] {
        let hash = Hash::new(algorithm, value);
        assert_eq!((hash.digest(), hash.is_well_formed(), hash.is_known()), (None, false, known), "{hash}");
    }
}

#[test]
fn a_component_is_a_record_with_every_field_of_its_schema() {
    let purl = "pkg:cargo/itoa@1.0".parse().unwrap();
    let mut component = Component::package(Kind::library(), &purl);
    component.set_licenses(["MIT"]);
    for (name, ..) in Component::SCHEMA.fields {
        assert!(!matches!(component.field(name), Value::Absent), "{name}");
    }
    assert!(matches!(component.field("else"), Value::Absent));
    let list = vec![component];
    assert!(matches!(List::at(&list, 0), Value::Record(_)) && matches!(List::at(&list, 1), Value::Absent));
}
