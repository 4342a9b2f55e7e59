//! Nothing is not a value: a field that is written and left empty must not loosen a rule.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use plimsoll_policy::{Policy, Syntax};

/// Every field of a rule that narrows it, left empty.
const NARROWING: [&str; 22] = [
    r#""inventory": {"by": null}"#,
    r#""inventory": {"how": null}"#,
    r#""inventory": {"formats": null}"#,
    r#""inventory": {"allowLicenses": null}"#,
    r#""inventory": {"denyLicenses": null}"#,
    r#""inventory": {"deny": null}"#,
    r#""inventory": {"deny": [{"name": "a", "versions": null}]}"#,
    r#""inventory": {"deny": [{"name": "a", "purl": null}]}"#,
    r#""attestation": {"types": ["https://a"], "by": null}"#,
    r#""attestation": {"types": ["https://a"], "how": null}"#,
    r#""provenance": {"by": null}"#,
    r#""provenance": {"builders": null}"#,
    r#""provenance": {"buildTypes": null}"#,
    r#""provenance": {"sources": null}"#,
    r#""provenance": {"sourceDigest": null}"#,
    r#""signature": {"by": [{"subject": "CN=a"}], "name": null}"#,
    r#""signature": {"by": [{"subject": "CN=a"}], "minimumVersion": null}"#,
    r#""signature": {"by": [{"subject": "CN=a"}], "metadata": null}"#,
    r#""signature": {"by": [{"subject": "CN=a", "store": null}]}"#,
    r#""signature": {"by": [{"subject": "CN=a", "key": null}]}"#,
    r#""image": {"platforms": null}"#,
    r#""image": {"labels": null}"#,
];

// attack: A-093
#[test]
fn a_093_a_field_that_is_left_empty_is_refused_and_demands_not_less() {
    for part in NARROWING {
        let text = format!(r#"{{"version": 1, "name": "n", "rules": [{{"name": "r", "require": {{{part}}}}}]}}"#);
        // The same text is YAML, and so is one with `by:` and nothing behind it.
        for (syntax, text) in [
            (Syntax::Json, text.clone()),
            (Syntax::Yaml, text.clone()),
            (Syntax::Yaml, text.replace("null", "~")),
            (Syntax::Yaml, text.replace(" null", "")),
        ] {
            let read = Policy::parse(text.as_bytes(), Some(syntax));
            assert!(read.is_err(), "{syntax:?} {text}");
        }
    }
}

#[test]
fn what_is_left_empty_is_named_by_its_place() {
    let text = "version: 1\nname: n\nrules:\n  - name: r\n    require:\n      inventory:\n        by:\n        # - subject: CN=b\n";
    let error = Policy::parse(text.as_bytes(), None).unwrap_err().to_string();
    assert!(error.ends_with("expected a value, found none: leave the field out, or give it one"), "{error}");
    let text = "{\"version\": 1, \"name\": \"null \\\" null\",\n \"rules\": [{\"name\": \"r\", \"require\": {\"inventory\": {\"by\": null}}}]}";
    assert_eq!(
        Policy::parse(text.as_bytes(), None).unwrap_err().to_string(),
        "., line 2, column 58: expected a value, found none: leave the field out, or give it one"
    );
    // Text is text, whatever it says.
    let text = "version: 1\nname: 'null'\nrules: [{name: \"~\", require: {image: {}}}]\n";
    assert_eq!(Policy::parse(text.as_bytes(), None).unwrap().name(), "null");
}
