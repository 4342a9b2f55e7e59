//! The policy that stands in `examples/`, with its own examples.

use plimsoll_core::Evaluate;
use plimsoll_policy::{Policy, Syntax};

const RELEASE: &str = include_str!("../examples/release.yaml");

#[test]
fn every_example_comes_out_as_it_says() {
    let policy = Policy::parse(RELEASE.as_bytes(), Some(Syntax::Yaml)).unwrap_or_else(|error| panic!("{error}"));
    let results = policy.test();
    assert_eq!(results.len(), 7);
    for result in &results {
        assert!(result.passed(), "{result}: {:?}", result.verdict.reasons);
    }
    assert_eq!(results[0].to_string(), "`a release`: admitted as expected");
    assert_eq!(results[1].to_string(), "`nothing was signed`: denied as expected, with `no-signature`");
    assert_eq!(policy.lints(), []);
    assert_eq!(policy.attestations().unwrap()[0]["certificates"]["trustStores"], serde_json::json!(["ca:build"]));
}

#[test]
fn an_example_that_is_wrong_fails() {
    let text = RELEASE.replace("expect: admit", "expect: {deny: rollback}");
    let policy = Policy::parse(text.as_bytes(), None).unwrap();
    assert!(!policy.test()[0].passed());
    assert_eq!(policy.test()[0].to_string(), "`a release`: expected rollback, found admit");
}

#[test]
fn the_digest_names_the_text_and_the_limits() {
    let read = |text: &str| Policy::parse(text.as_bytes(), None).unwrap();
    assert_eq!(read(RELEASE).digest(), read(RELEASE).digest());
    assert_ne!(read(RELEASE).digest(), read(&format!("{RELEASE}# more\n")).digest());
    let kinds: Vec<_> = read(RELEASE).reads().kinds.iter().map(ToString::to_string).collect();
    assert_eq!(kinds, ["attestation", "image", "inventory", "provenance", "signature"]);
}
