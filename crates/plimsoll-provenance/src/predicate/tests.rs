use super::*;
use crate::code;

#[test]
fn short_names_are_those_of_cosign() {
    for (name, uri) in [
        ("slsaprovenance", "https://slsa.dev/provenance/v0.2"),
        ("slsaprovenance02", "https://slsa.dev/provenance/v0.2"),
        ("slsaprovenance1", "https://slsa.dev/provenance/v1"),
        ("cyclonedx", "https://cyclonedx.org/bom"),
        ("spdx", "https://spdx.dev/Document"),
        ("spdxjson", "https://spdx.dev/Document"),
        ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
    ] {
        let kind = PredicateType::parse(name).unwrap();
        assert_eq!(kind.as_str(), uri);
        assert_eq!(PredicateType::parse(kind.name().unwrap()).unwrap(), kind);
    }
}

#[test]
fn what_is_neither_a_name_nor_a_uri_is_refused() {
    for text in ["", "slsa", "https", ":x", "1:x", "https://exam ple.com", "https://a\nb", "a b:c"] {
        let refused = PredicateType::parse(text).unwrap_err();
        assert_eq!(refused.code(), code::MALFORMED_PREDICATE_TYPE, "{text}");
    }
    assert_eq!(
        PredicateType::parse("slsa").unwrap_err().to_string(),
        "expected a predicate type such as `slsaprovenance1`, `cyclonedx`, `spdx` or a URI, found `slsa`"
    );
}

#[test]
fn a_format_covers_its_versions_and_nothing_else() {
    let kind = |text| PredicateType::parse(text).unwrap();
    assert!(kind("cyclonedx").covers(&kind("https://cyclonedx.org/bom/v1.6")));
    assert!(kind("spdx").covers(&kind("https://spdx.dev/Document/v2.3")));
    for (one, other) in [
        ("https://cyclonedx.org/bom/v1.6", "cyclonedx"),
        ("https://cyclonedx.org/bom/v1.6", "https://cyclonedx.org/bom/v1.5"),
        ("cyclonedx", "https://cyclonedx.org/bombs"),
        ("cyclonedx", "spdx"),
        ("slsaprovenance1", "https://slsa.dev/provenance/v1/x"),
        ("slsaprovenance1", "slsaprovenance"),
    ] {
        assert!(!kind(one).covers(&kind(other)), "{one} {other}");
    }
}
