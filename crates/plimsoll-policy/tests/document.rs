//! What is refused when a policy is loaded, with the exact message.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may panic")]

mod common;

use common::refused;
use plimsoll_core::Classify;
use plimsoll_policy::{Limits, Policy, PolicyError, Syntax, Vocabulary, code};

fn text(text: &str) -> String {
    Policy::parse(text.as_bytes(), None).unwrap_err().to_string()
}

#[test]
fn unknown_fields_and_wrong_types_are_refused_with_their_place() {
    let cases = [
        (
            "version: 1\nname: x\nrulez: []\n",
            "rulez, line 3, column 1: unknown field `rulez`, expected one of version, name, attestations, rules, examples",
        ),
        (
            "{\"version\": 1,\n \"name\": \"x\", \"rulez\": []}",
            "rulez, line 2, column 21: unknown field `rulez`, expected one of `version`, `name`, `attestations`, `rules`, `examples`",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(text(source), expected);
    }
    let path = |rules: &str| refused(rules).split(", line").next().unwrap().to_owned();
    assert_eq!(
        path("[{name: r, require: {signature: {by: [{subjekt: x}]}}}]"),
        "rules[0].require.signature.by[0].subjekt"
    );
    assert_eq!(path("[{name: r, severity: no, require: {image: {}}}]"), "rules[0].severity");
    assert_eq!(path("[{name: r, require: {image: {platforms: [1.20]}}}]"), "rules[0].require.image.platforms[0]");
    assert_eq!(
        path("[{name: r, require: {signature: {count: 0, by: [{subject: x}]}}}]"),
        "rules[0].require.signature.count"
    );
}

// attack: A-139
#[test]
fn a_139_a_threshold_that_is_none_or_that_nobody_can_reach_is_refused() {
    let path = |rules: &str| refused(rules).split(", line").next().unwrap().to_owned();
    for count in ["0", "-1", "1.5", "two", "4294967296", "null"] {
        let rules = format!("[{{name: r, require: {{signature: {{count: {count}, by: [{{subject: x}}]}}}}}}]");
        assert_eq!(path(&rules), "rules[0].require.signature.count", "{count}");
    }
    let key = format!("key: \"sha256:{}\"", "1".repeat(64));
    let refused = |what: &str| refused(&format!("[{{name: r, require: {{{what}}}}}]"));
    let names = "[{subject: a}, {subject: b}]";
    let signature = refused(&format!("signature: {{count: 3, distinct: identities, by: {names}}}"));
    assert_eq!(signature, "rules[0].require.signature.count: expected at most 2, as many as `by` names, found 3");
    let keys = refused(&format!("signature: {{count: 2, by: [{{{key}}}]}}"));
    assert_eq!(keys, "rules[0].require.signature.count: expected at most 1, as many as `by` names, found 2");
    let attestation = refused(&format!("attestation: {{types: [x], count: 3, distinct: identities, by: {names}}}"));
    assert_eq!(attestation, "rules[0].require.attestation.count: expected at most 2, as many as `by` names, found 3");
    let nobody = refused("attestation: {types: [x], count: 2, distinct: identities}");
    assert_eq!(nobody, "rules[0].require.attestation.distinct: expected `by` beside it, which names the identities");
}

#[test]
fn exactly_one_thing_is_required() {
    for rules in [
        "[{name: r}]",
        "[{name: r, require: {}}]",
        "[{name: r, require: {image: {}, condition: 'true'}}]",
        "[{name: r, require: {magic: {}}}]",
        "[{name: r, require: image}]",
    ] {
        let error = refused(rules);
        assert!(error.contains("rules[0]"), "{error}");
    }
}

// attack: A-097
#[test]
fn a_097_yaml_surprises_are_refused_or_stay_strings() {
    let rest = "rules: [{name: r, require: {image: {}}}]\n";
    for (source, part) in [
        (format!("version: 1\nname: a\nname: b\n{rest}"), "duplicate"),
        (format!("version: 1\nname: a\n{rest}---\nversion: 1\nname: b\n{rest}"), "document"),
        (format!("version: 1\nname: !!binary aGk=\n{rest}"), "no yaml tag"),
        (format!("version: 1\nname: !!python/object x\n{rest}"), "tag"),
        (format!("version: 1\nname: a\n\tattestations: {{}}\n{rest}"), ""),
        (format!("version: 1\nname: a\nattestations: {{<<: {{a: b}}}}\n{rest}"), "merge"),
        (format!("version: 1\nname: a\nattestations: {{k: 1, k: 2}}\n{rest}"), "duplicate"),
        (format!("version: 0o1\nname: 1.5\nattestations: 1.50\n{rest}"), "fraction"),
    ] {
        let error = text(&source);
        assert!(error.to_lowercase().contains(part), "{source}: {error}");
    }
    let source = format!("version: 1\nname: no\nattestations: {{a: no, b: on, c: y, d: 0o17, e: \"1.20\"}}\n{rest}");
    let policy = Policy::parse(source.as_bytes(), None).unwrap();
    assert_eq!(policy.name(), "no");
    assert_eq!(policy.attestations().unwrap()["a"], "no");
    assert_eq!(policy.attestations().unwrap()["b"], "on");
}

// attack: A-087
#[test]
fn a_087_a_repeated_member_of_json_is_refused() {
    let rules = r#""rules": [{"name": "r", "require": {"image": {}}}]"#;
    for (source, part) in [
        (format!(r#"{{"version": 1, "name": "a", "name": "b", {rules}}}"#), "duplicate field `name`"),
        (format!(r#"{{"version": 1, "name": "a", "attestations": {{"k": 1, "k": 2}}, {rules}}}"#), "the key `k` stands twice"),
        (r#"{"version": 1, "name": "a", "rules": [{"name": "r", "require": {"image": {"labels": {"k": "1", "k": "2"}}}}]}"#.into(), "the key `k` stands twice"),
        (format!(r#"{{"version": 1, "name": "a", {rules}}} {{}}"#), "trailing characters"),
    ] {
        let error = text(&source);
        assert!(error.contains(part), "{error}");
    }
}

// attack: A-096
#[test]
fn a_096_alias_bombs_and_depth_are_refused() {
    let mut bomb = "version: 1\nname: a\nattestations:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..8 {
        let below = level - 1;
        let list = vec![format!("*a{below}"); 9].join(", ");
        bomb.push_str(&format!("  a{level}: &a{level} [{list}]\n"));
    }
    bomb.push_str("rules: [{name: r, require: {image: {}}}]\n");
    assert!(Policy::parse(bomb.as_bytes(), None).is_err());
    let deep = |open: &str, close: &str| {
        format!(
            "{{\"version\": 1, \"name\": \"a\", \"attestations\": {}{}, \"rules\": []}}",
            open.repeat(5000),
            close.repeat(5000)
        )
    };
    for syntax in [Syntax::Json, Syntax::Yaml] {
        assert!(Policy::parse(deep("[", "]").as_bytes(), Some(syntax)).is_err());
        assert!(Policy::parse(deep("{\"a\":", "}").as_bytes(), Some(syntax)).is_err());
    }
    let long = vec![b' '; Limits::default().bytes + 1];
    let error = Policy::parse(&long, None).unwrap_err();
    assert_eq!(error.to_string(), "more than 262144 bytes of a policy");
    assert_eq!(error.code(), plimsoll_core::code::LIMIT_EXCEEDED);
    assert_eq!(Policy::parse(b"name: \xff", None).unwrap_err(), PolicyError::NotText { at: 6 });
}

#[test]
fn what_would_mean_nothing_or_everything_is_refused() {
    for (rules, expected) in [
        ("[]", "rules: expected at least one rule that can deny, found none"),
        (
            "[{name: r, severity: warn, require: {image: {}}}]",
            "rules: expected at least one rule that can deny, found none",
        ),
        ("[{name: r, require: {all: []}}]", "rules[0].require.all: expected at least one item, found an empty list"),
        (
            "[{name: r, require: {any: [{all: []}]}}]",
            "rules[0].require.any[0].all: expected at least one item, found an empty list",
        ),
        (
            "[{name: r, require: {signature: {by: []}}}]",
            "rules[0].require.signature.by: expected at least one item, found an empty list",
        ),
        (
            "[{name: r, require: {signature: {by: [{store: 'ca:x'}]}}}]",
            "rules[0].require.signature.by[0]: expected `subject`, `spiffe`, `leaf` or `key`, found none: write `subject: {glob: \"**\"}` for anybody",
        ),
        (
            "[{name: r, require: {signature: {by: [{subject: x}], formats: [pgp]}}}]",
            "rules[0].require.signature.formats: expected jws or cose, found `pgp`",
        ),
        (
            "[{name: r, require: {inventory: {by: [{subject: x}], deny: [{versions: '<1'}]}}}]",
            "rules[0].require.inventory.deny[0]: expected `purl`, `name` or `license`, found none",
        ),
        (
            "[{name: r, platforms: [], require: {image: {}}}]",
            "rules[0].platforms: expected at least one item, found an empty list",
        ),
        (
            "[{name: r, require: {image: {}}}, {name: r, require: {image: {}}}]",
            "rules[1].name: the name `r` is used twice",
        ),
        (
            "[{name: r, require: {inventory: {by: [{subject: x}], denyLicenses: [MIT OR GPL-3.0-only]}}}]",
            "rules[0].require.inventory: expected one license such as `GPL-2.0-only`, found `MIT OR GPL-3.0-only`",
        ),
        (
            "[{name: '', require: {image: {}}}]",
            "rules[0].name: expected a name of 1 to 128 bytes without control characters",
        ),
        (
            "[{name: r, require: {fact: {kind: scan}}}]",
            "rules[0].require.fact: no facts of kind `scan` are known; known are signature, attestation, provenance, inventory, image, request",
        ),
        (
            "[{name: r, require: {fact: {kind: request, values: {user: x}}}}]",
            "rules[0].require.fact: facts of kind `request` have no field `user`; they have repository, registry, tag, digest",
        ),
    ] {
        assert_eq!(refused(rules), expected, "{rules}");
    }
}

// attack: A-376
#[test]
fn a_376_a_rule_that_hiding_evidence_satisfies_is_refused() {
    let hideable = "`not` over evidence would admit whatever a registry hides; expected `image` or a condition over `request` and `image`";
    for require in [
        "{not: {signature: {by: [{subject: x}]}}}",
        "{any: [{image: {}}, {not: {all: [{attestation: {types: [t], by: [{subject: x}]}}]}}]}",
        "{not: {condition: 'signatures.exists(s, true)'}}",
        "{not: {fact: {kind: signature}}}",
    ] {
        let error = refused(&format!("[{{name: r, require: {require}}}]"));
        assert!(error.ends_with(hideable), "{error}");
    }
    assert!(common::policy("[{name: r, require: {not: {condition: \"image.os == 'windows'\"}}}]", "").is_ok());
}

// attack: A-315
#[test]
fn a_315_a_pattern_is_bounded() {
    let error = refused(&format!(
        "[{{name: r, require: {{signature: {{by: [{{subject: {{glob: \"{}\"}}}}]}}}}}}]",
        "*".repeat(2000)
    ));
    assert!(error.contains("expected a pattern of at most 1024 bytes, found 2000"), "{error}");
}

#[test]
fn a_schema_of_the_callers_must_have_the_fields_that_rules_read() {
    use plimsoll_core::{Schema, Type};
    static OLD: Schema =
        Schema { kind: "signature", version: 2, inherited: true, fields: &[("subject", Type::Text, "")] };
    let vocabulary = Vocabulary { kinds: &[&OLD], codes: code::ALL };
    let text = b"version: 1\nname: x\nrules: [{name: r, require: {signature: {by: [{subject: x}]}}}]";
    let error = Policy::parse_with(text, None, &vocabulary, &Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rules[0].require: facts of kind `signature` have no field `format`; they have subject"
    );
    assert_eq!(error.code(), code::POLICY_INVALID);
}

#[test]
fn examples_are_checked_against_the_schemas() {
    let rules = "[{name: r, require: {image: {}}}]";
    for (example, expected) in [
        (
            ", facts: {scan: []}",
            "examples[0].facts: no facts of kind `scan` are known; known are signature, attestation, provenance, inventory, image, request",
        ),
        (
            ", facts: {request: [{fields: {user: x}}]}",
            "examples[0].facts.request[0].fields: facts of kind `request` have no field `user`; they have repository, registry, tag, digest",
        ),
        (", facts: {image: [{fields: {layers: x}}]}", "examples[0].facts.image[0].fields.layers: expected an integer"),
        (
            ", facts: {image: [{failed: bad-luck}]}",
            "examples[0].facts.image[0].failed: no denial code is called `bad-luck`",
        ),
        (
            ", facts: {signature: [{by: {store: x}}]}",
            "examples[0].facts.signature[0].by: expected `subject`, `spiffe` or `key`, found none",
        ),
        (", partial: {image: bad-luck}", "examples[0].partial: no denial code is called `bad-luck`"),
    ] {
        assert_eq!(common::policy(rules, example).unwrap_err().to_string(), expected);
    }
}

#[test]
fn the_syntax_is_known_by_name_and_by_look() {
    assert_eq!(Syntax::of_name("a.b/policy.YML"), Some(Syntax::Yaml));
    assert_eq!((Syntax::of_name("policy.json"), Syntax::of_name("policy")), (Some(Syntax::Json), None));
    let json = br#" {"version": 1, "name": "a", "rules": [{"name": "r", "require": {"image": {}}}]}"#;
    assert!(Policy::parse(json, None).is_ok() && Policy::parse(json, Some(Syntax::Yaml)).is_ok());
    assert!(Policy::parse(b"version: 1", Some(Syntax::Json)).is_err());
}
