//! Every code with which rules deny, and its exact message.

mod common;

use common::{policy, reasons, verdict};
use plimsoll_core::{Class, Decision};
use plimsoll_policy::{Policy, code};
use std::collections::BTreeSet;

const SIGNATURE: &str = r#"{signature: {by: [{subject: "CN=r", store: "ca:r"}], name: bound, minimumVersion: "1.4", formats: [jws], metadata: {env: prod}}}"#;
const INVENTORY: &str = r#"{inventory: {by: [{subject: "CN=b"}], deny: [{purl: "pkg:cargo/openssl", versions: "<1.2", because: CVE-1}], allowLicenses: [MIT]}}"#;

fn signature(by: &str, format: &str, metadata: &str) -> String {
    format!(
        ", facts: {{signature: [{{by: {{subject: \"{by}\", store: \"ca:r\"}}, fields: {{format: {format}, metadata: {{{metadata}}}}}}}]}}"
    )
}

fn inventory(components: &str) -> String {
    format!(", facts: {{inventory: [{{by: {{subject: CN=b}}, fields: {{components: [{components}]}}}}]}}")
}

const BY_R: &str = "a signature by `CN=r` of trust store `ca:r`";
const BOUND: &str = "env: prod, org.plimsoll.repository: registry.test/team/app";

#[test]
fn signatures() {
    let cases = [
        (String::new(), format!("no-signature: expected {BY_R}, found none | attach {BY_R}")),
        (
            ", facts: {signature: [{fields: {format: jws}}]}".into(),
            format!("no-signature: expected {BY_R}, found one that nobody vouches for | attach {BY_R}"),
        ),
        (
            ", facts: {signature: [{failed: digest-mismatch}]}".into(),
            format!(
                "digest-mismatch: expected {BY_R}, found one whose check failed: the content does not have the digest that it was asked by | attach {BY_R}"
            ),
        ),
        (
            ", facts: {signature: [{failed: unreachable}]}".into(),
            format!(
                "unreachable: expected {BY_R}, found one whose check failed: the peer did not answer, or answered that it failed | attach {BY_R}"
            ),
        ),
        (
            ", partial: {signature: unreachable}".into(),
            format!(
                "unreachable: expected {BY_R}, and not all could be looked at: the peer did not answer, or answered that it failed"
            ),
        ),
        (
            signature("CN=x", "jws", ""),
            format!("signer-not-allowed: expected {BY_R}, found one by `CN=x (by ca:r)` | attach {BY_R}"),
        ),
        (
            signature("CN=r", "cose", ""),
            format!("signature-format-not-allowed: expected {BY_R}, found one in the format `cose` | attach {BY_R}"),
        ),
        (
            signature("CN=r", "jws", "env: test"),
            format!(
                "metadata-mismatch: expected {BY_R}, found one whose metadata `env` is `test` | sign with the metadata `env` = `prod`"
            ),
        ),
        (
            signature("CN=r", "jws", "env: prod"),
            format!(
                "name-not-bound: expected {BY_R}, found one that names no repository | sign it for `registry.test/team/app`: the metadata org.plimsoll.repository must be exactly that"
            ),
        ),
        (
            signature("CN=r", "jws", "env: prod, org.plimsoll.repository: registry.test/team/other"),
            format!(
                "name-not-bound: expected {BY_R}, found one that was made for `registry.test/team/other` | sign it for `registry.test/team/app`: the metadata org.plimsoll.repository must be exactly that"
            ),
        ),
        (
            signature("CN=r", "jws", BOUND),
            format!(
                "version-not-signed: expected {BY_R}, found one whose org.plimsoll.version is not there | sign it with the metadata org.plimsoll.version of at least 1.4.0"
            ),
        ),
        (
            signature("CN=r", "jws", &format!("{BOUND}, org.plimsoll.version: newest")),
            format!(
                "version-not-signed: expected {BY_R}, found one whose org.plimsoll.version is `newest` | sign it with the metadata org.plimsoll.version of at least 1.4.0"
            ),
        ),
        (
            signature("CN=r", "jws", &format!("{BOUND}, org.plimsoll.version: 1.3.9")),
            format!(
                "rollback: expected {BY_R}, found one of version 1.3.9, older than 1.4.0 | sign it with the metadata org.plimsoll.version of at least 1.4.0"
            ),
        ),
    ];
    for (facts, expected) in cases {
        assert_eq!(reasons(SIGNATURE, &facts), [expected]);
    }
    assert!(
        reasons(SIGNATURE, &signature("CN=r", "jws", &format!("{BOUND}, org.plimsoll.version: v1.4.0"))).is_empty()
    );
}

// attack: A-368
#[test]
fn a_368_a_signature_for_another_repository_does_not_count() {
    let other = signature("CN=r", "jws", "org.plimsoll.repository: registry.test/team/other");
    let require = "{signature: {by: [{subject: CN=r}], name: bound}}";
    assert!(reasons(require, &other)[0].starts_with("name-not-bound:"));
    let policy = policy("[{name: r, require: {signature: {by: [{subject: CN=r}]}}}]", &other).unwrap();
    assert!(policy.test()[0].verdict.is_admitted());
    assert_eq!(
        policy.lints()[0].to_string(),
        "no rule has `name: bound`: an image of another repository, signed by the same signer, passes under this name"
    );
}

// attack: A-369
#[test]
fn a_369_an_older_version_does_not_count() {
    let require = r#"{signature: {by: [{subject: CN=r}], minimumVersion: "1.4.0"}}"#;
    for (version, admitted) in [("1.4.0", true), ("1.4.0-rc.1", false), ("1.10.0", true), ("1.3.99", false)] {
        let facts = signature("CN=r", "jws", &format!("org.plimsoll.version: \"{version}\""));
        assert_eq!(reasons(require, &facts).is_empty(), admitted, "{version}");
    }
}

// attack: A-384
#[test]
fn a_384_two_certificates_on_one_key_are_one_signer() {
    let key = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let signed = |a: &str, b: &str| {
        format!(
            ", facts: {{signature: [{{by: {{subject: CN=a, key: \"{}\"}}}}, {{by: {{subject: CN=b, key: \"{}\"}}}}]}}",
            key(a),
            key(b)
        )
    };
    let require = "{signature: {count: 2, by: [{subject: CN=a}, {subject: CN=b}]}}";
    assert_eq!(
        reasons(require, &signed("1", "1")),
        [
            "too-few-signers: expected signatures with 2 distinct keys by `CN=a` or `CN=b`, found 1 distinct | have another of the named identities sign it"
        ]
    );
    assert!(reasons(require, &signed("1", "2")).is_empty());
}

#[test]
fn one_signer_with_two_keys_fills_one_role() {
    let key = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let signed = |list: &[(&str, &str)]| {
        let rows = list.iter().map(|(who, digit)| format!("{{by: {{subject: CN={who}, key: \"{}\"}}}}", key(digit)));
        format!(", facts: {{signature: [{}]}}", rows.collect::<Vec<_>>().join(", "))
    };
    let require =
        "{signature: {count: 2, distinct: identities, by: [{subject: CN=a}, {subject: CN=b}, {subject: CN=c}]}}";
    // While a signer's keys overlap, it signs with both, and is still one signer.
    assert_eq!(
        reasons(require, &signed(&[("a", "1"), ("a", "2")])),
        [
            "too-few-signers: expected signatures with 2 of 3 signers, each with a key of its own, of `CN=a` or `CN=b` or `CN=c`, found 1 distinct | have another of the named identities sign it"
        ]
    );
    assert!(reasons(require, &signed(&[("a", "1"), ("a", "2"), ("c", "3")])).is_empty());
    // One key under two names fills one role.
    assert_eq!(reasons(require, &signed(&[("a", "1"), ("b", "1")])).len(), 1);
    // A key that fits two roles takes the one that nobody else can: found whichever comes first.
    let overlapping = "{signature: {count: 3, distinct: identities, by: [{subject: {glob: 'CN=*'}}, {subject: {glob: 'CN=a*'}}, {subject: CN=ab}]}}";
    for order in [["ab", "a", "z"], ["z", "a", "ab"], ["a", "ab", "z"]] {
        for digits in [["1", "2", "3"], ["3", "2", "1"], ["2", "3", "1"]] {
            let list: Vec<_> = order.into_iter().zip(digits).collect();
            assert!(reasons(overlapping, &signed(&list)).is_empty(), "{list:?}");
        }
    }
    assert_eq!(reasons(overlapping, &signed(&[("ab", "1"), ("z", "2"), ("y", "3")])).len(), 1);
}

// attack: A-385
#[test]
fn a_385_a_signature_whose_failed_check_was_only_logged_is_not_signed_by_anybody() {
    let facts = ", facts: {signature: [{by: {subject: CN=r}, failed: digest-mismatch}]}";
    let rules = "[{name: r, require: {signature: {by: [{subject: CN=r}]}}}]";
    let verdict = verdict(rules, facts);
    assert_eq!(verdict.decision, Decision::Deny(Class::Untrusted));
    assert_eq!(verdict.reasons[0].code.name(), "digest-mismatch");
    let condition = "[{name: r, require: {condition: 'signatures.exists(s, true)'}}]";
    assert_eq!(common::verdict(condition, facts).reasons[0].code, code::CONDITION_FALSE);
}

#[test]
fn workloads_are_meant_by_their_spiffe_ids_only() {
    let by = |identity: &str| format!("{{attestation: {{types: [t], by: [{identity}], how: [dsse-svid]}}}}");
    let made = |by: &str| {
        format!(", facts: {{attestation: [{{by: {{{by}}}, fields: {{predicate_type: t, how: dsse-svid}}}}]}}")
    };
    let ci = by("{spiffe: {glob: 'spiffe://harbour.example/ci/*'}}");
    assert!(reasons(&ci, &made("spiffe: 'spiffe://harbour.example/ci/release'")).is_empty());
    let words = "an attestation of type `t` by `spiffe://harbour.example/ci/*`";
    assert_eq!(
        reasons(&ci, &made("spiffe: 'spiffe://harbour.example/web'")),
        [format!(
            "attester-not-allowed: expected {words}, found one by `spiffe://harbour.example/web` | attach {words}"
        )]
    );
    // A certificate whose subject reads like an ID is no workload, and a workload has neither subject nor trust store.
    let workload = made("spiffe: 'spiffe://harbour.example/ci/release'");
    assert_eq!(reasons(&ci, &made("subject: 'spiffe://harbour.example/ci/release'")).len(), 1);
    assert_eq!(reasons(&by("{subject: {glob: '**'}}"), &workload).len(), 1);
    assert_eq!(reasons(&by("{spiffe: {glob: '**'}, store: {glob: '**'}}"), &workload).len(), 1);
    assert!(reasons(&by("{spiffe: {glob: '**'}}"), &workload).is_empty());
}

#[test]
fn attestations_and_provenance() {
    let attestation = r#"{attestation: {types: ["https://t/v1"], by: [{subject: "CN=b"}], how: [notary]}}"#;
    let words = "an attestation of type `https://t/v1` by `CN=b`";
    let made = |fields: &str| format!(", facts: {{attestation: [{{by: {{subject: CN=b}}, fields: {{{fields}}}}}]}}");
    let provenance =
        r#"{provenance: {by: [{subject: "CN=b"}], builders: ["https://ci"], sources: [{glob: "git+https://g/*"}]}}"#;
    let said = |fields: &str| format!(", facts: {{provenance: [{{by: {{subject: CN=b}}, fields: {{{fields}}}}}]}}");
    let cases = [
        (attestation, String::new(), format!("no-attestation: expected {words}, found none | attach {words}")),
        (
            attestation,
            made("predicate_type: \"https://t/v2\""),
            format!("no-attestation: expected {words}, found one of type `https://t/v2` | attach {words}"),
        ),
        (
            attestation,
            made("predicate_type: \"https://t/v1\", how: dsse-key"),
            format!("attester-not-allowed: expected {words}, found one vouched for by `dsse-key` | attach {words}"),
        ),
        (
            provenance,
            String::new(),
            "no-provenance: expected provenance by `CN=b`, found none | attach provenance by `CN=b`".into(),
        ),
        (
            provenance,
            ", facts: {attestation: [{failed: digest-mismatch, fields: {predicate_type: \"https://slsa.dev/provenance/v1\"}}]}".into(),
            "digest-mismatch: expected provenance by `CN=b`, found one whose check failed: the content does not have the digest that it was asked by | attach provenance by `CN=b`".into(),
        ),
        (
            provenance,
            said("builder_id: \"https://ci\", source_uri: \"git+https://g/a/evil\""),
            "provenance-mismatch: expected provenance by `CN=b`, found one whose source is `git+https://g/a/evil` | the source must be `git+https://g/*`".into(),
        ),
    ];
    for (require, facts, expected) in cases {
        assert_eq!(reasons(require, &facts), [expected]);
    }
    assert!(reasons(attestation, &made("predicate_type: \"https://t/v1\", how: notary")).is_empty());
    assert!(reasons(provenance, &said("builder_id: \"https://ci\", source_uri: \"git+https://g/app\"")).is_empty());
}

#[test]
fn inventories() {
    let hint = "ship a build without it, or change the policy";
    let cases = [
        (
            String::new(),
            "no-inventory: expected an inventory by `CN=b`, found none | attach an inventory by `CN=b`".to_owned(),
        ),
        (
            inventory("{purl: \"pkg:cargo/openssl@1.1.9\", name: openssl, licenses: [MIT]}"),
            format!(
                "component-denied: expected no `pkg:cargo/openssl` `<1.2`, found `pkg:cargo/openssl@1.1.9`: CVE-1 | {hint}"
            ),
        ),
        (
            inventory("{name: openssl, version: \"1.1\", licenses: [MIT]}"),
            format!("component-unclear: cannot tell whether `openssl 1.1` is `pkg:cargo/openssl` `<1.2` | {hint}"),
        ),
        (
            inventory("{name: x, licenses: [GPL-3.0-only OR BSD-2-Clause]}"),
            format!("license-denied: `x` has the license `GPL-3.0-only OR BSD-2-Clause` | {hint}"),
        ),
        (
            inventory("{name: x, licenses: []}"),
            format!("license-unknown: `x` states no license that can be read: `` | {hint}"),
        ),
    ];
    for (facts, expected) in cases {
        assert_eq!(reasons(INVENTORY, &facts), [expected]);
    }
    let partial =
        ", facts: {inventory: [{by: {subject: CN=b}, fields: {components: []}}]}, partial: {inventory: unreachable}";
    assert_eq!(
        reasons(INVENTORY, partial),
        [
            "inventory-incomplete: expected every inventory, and not all could be read: the peer did not answer, or answered that it failed (unreachable)"
        ]
    );
    assert!(reasons(INVENTORY, &inventory("{purl: \"pkg:cargo/openssl@1.2.0\", licenses: [MIT]}")).is_empty());
}

// attack: A-377
#[test]
fn a_377_a_second_cleaner_inventory_changes_nothing() {
    let clean = "{by: {subject: CN=b}, fields: {components: []}}";
    let dirty =
        "{by: {subject: CN=other}, fields: {components: [{purl: \"pkg:cargo/openssl@1.0.0\", licenses: [MIT]}]}}";
    let unsigned = "{fields: {components: []}}";
    let with = |rows: &str| reasons(INVENTORY, &format!(", facts: {{inventory: [{rows}]}}"));
    assert!(with(&format!("{dirty}, {clean}"))[0].starts_with("component-denied:"));
    assert!(with(&format!("{clean}, {dirty}"))[0].starts_with("component-denied:"));
    assert!(with(unsigned)[0].starts_with("no-inventory:"));
    assert!(with(&format!("{unsigned}, {clean}")).is_empty());
}

#[test]
fn images_facts_and_conditions() {
    let image = "{image: {platforms: [linux/amd64], labels: {team: a}}}";
    let is = |fields: &str| format!(", facts: {{image: [{{fields: {{{fields}}}}}]}}");
    let cases = [
        (image, String::new(), "image-unavailable: expected the manifest and configuration of an image, found neither"),
        (
            image,
            ", facts: {image: [{failed: digest-mismatch}]}".into(),
            "digest-mismatch: expected an intact image: the content does not have the digest that it was asked by",
        ),
        (
            image,
            is("os: linux, architecture: s390x, labels: {team: a}"),
            "platform-not-allowed: expected the platform `linux/amd64`, found `linux/s390x` | build it for a platform that the policy lists",
        ),
        (
            image,
            is("os: linux, architecture: amd64, labels: {team: b}"),
            "label-mismatch: expected the label `team` to be `a`, found `b` | build it with the label `team`",
        ),
        (
            "{fact: {kind: signature, values: {level: strict}}}",
            String::new(),
            "fact-missing: expected a fact of kind `signature` with `level` `strict`, found none",
        ),
        (
            "{condition: request.registry == 'other.test'}",
            String::new(),
            "condition-false: expected `request.registry == 'other.test'`, found that it is false",
        ),
        (
            "{condition: image.os == 'linux'}",
            is("architecture: amd64"),
            "condition-unavailable: cannot work out `image.os == 'linux'`: No such key: os",
        ),
        (
            "{not: {image: {platforms: [linux/amd64]}}}",
            is("os: linux, architecture: amd64"),
            "excluded: expected that what the rule excludes is not the case, found that it is",
        ),
    ];
    for (require, facts, expected) in cases {
        assert_eq!(reasons(require, &facts), [expected]);
    }
    // What is not intact is not known, so `not` does not make a yes of it.
    let broken = ", facts: {image: [{failed: digest-mismatch}]}";
    assert!(reasons("{not: {image: {labels: {a: b}}}}", broken)[0].starts_with("digest-mismatch:"));
    let rules = "[{name: r, when: {tags: [v2]}, require: {image: {}}}]";
    let verdict = verdict(rules, "");
    assert_eq!(verdict.reasons[0].code, code::NO_RULE_APPLIES);
    assert_eq!(&*verdict.reasons[0].message, "expected a rule that applies to this image, found none");
}

#[test]
fn what_does_not_count_is_shown() {
    let facts = ", facts: {signature: [{by: {subject: CN=r}}, {fields: {format: jws}}, {failed: digest-mismatch}]}";
    let verdict = verdict("[{name: r, require: {signature: {by: [{subject: CN=r}]}}}]", facts);
    assert!(verdict.is_admitted());
    let shown: Vec<_> = verdict.warnings.iter().map(|w| format!("{}: {}", w.code, w.message)).collect();
    assert_eq!(
        shown,
        [
            "unsigned-evidence: a fact of kind `signature` does not count: nobody vouches for it",
            "digest-mismatch: a fact of kind `signature` does not count: the content does not have the digest that it was asked by",
        ]
    );
}

#[test]
fn a_policy_that_cannot_be_used_says_so() {
    use plimsoll_core::Classify as _;
    let error = Policy::parse(b"version: 2\nname: x\nrules: []", None).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code::POLICY_INVALID, "version: expected 1, found 2"));
}

#[test]
fn codes_are_unique_and_each_is_asserted_here() {
    let names: BTreeSet<_> = code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), code::ALL.len());
    let here = include_str!("codes.rs");
    for code in code::ALL {
        let constant = code.name().replace('-', "_").to_uppercase();
        assert!(here.contains(&format!("{}:", code.name())) || here.contains(&format!("code::{constant}")), "{code}");
    }
}

#[test]
fn a_license_in_a_deny_entry_is_found_in_any_expression_and_unknown_without_one() {
    let require = "{inventory: {by: [{subject: CN=b}], deny: [{license: AGPL-3.0-only}]}}";
    let first = |licenses: &str| {
        let facts = inventory(&format!("{{name: x, licenses: [{licenses}]}}"));
        reasons(require, &facts).first().map(|text| text.split(':').next().unwrap().to_owned())
    };
    assert_eq!(first("MIT OR AGPL-3.0-only").as_deref(), Some("component-denied"));
    assert_eq!(first("").as_deref(), Some("component-unclear"));
    assert_eq!(first("MIT"), None);
}

#[test]
fn a_tag_that_was_not_written_is_latest() {
    let rules = "[{name: r, when: {tags: [latest]}, require: {signature: {by: [{subject: CN=r}]}}}]";
    let text = format!(
        "version: 1\nname: test\nrules: {rules}\nexamples: [{{name: e, reference: registry.test/app, expect: {{deny: no-signature}}}}]"
    );
    let result = Policy::parse(text.as_bytes(), None).unwrap().test().remove(0);
    assert!(result.passed(), "{result}");
}

// attack: A-382
#[test]
fn a_382_foreign_text_is_escaped_in_messages() {
    let facts =
        ", facts: {inventory: [{by: {subject: \"CN=\\e[2J\"}, fields: {components: [{name: \"e\\u202evil\\n\"}]}}]}";
    let require = "{inventory: {by: [{subject: CN=b}], deny: [{name: {glob: '**'}, because: \"a\\e[1m\"}]}}";
    let found = reasons(require, facts);
    assert_eq!(found.len(), 2);
    assert!(found[0].contains(r"found one by `CN=\u{1b}[2J (by ca:example)`"), "{}", found[0]);
    assert!(found[1].contains(r"found `e\u{202e}vil\u{a}`: a\u{1b}[1m"), "{}", found[1]);
}

#[test]
fn without_names_whoever_may_attest_counts() {
    let provenance = "{provenance: {}}";
    assert_eq!(
        reasons(provenance, ""),
        [
            "no-provenance: expected provenance by whoever may attest it, found none | attach provenance by whoever may attest it"
        ]
    );
    assert!(reasons(provenance, ", facts: {provenance: [{by: {subject: CN=x}}]}").is_empty());
    assert!(reasons(provenance, ", facts: {provenance: [{}]}")[0].starts_with("no-provenance:"));
}

#[test]
fn an_inventory_that_somebody_vouches_for_and_nobody_can_read_is_not_passed_over() {
    let clean = "{by: {subject: CN=b}, fields: {components: []}}";
    let facts = format!(
        ", facts: {{inventory: [{clean}, {{by: {{subject: CN=b}}, failed: limit-exceeded}}, {{failed: unreachable}}]}}"
    );
    assert_eq!(
        reasons(INVENTORY, &facts),
        [
            "inventory-incomplete: an inventory could not be read: the input is larger or more deeply nested than the limit allows (limit-exceeded)"
        ]
    );
}
