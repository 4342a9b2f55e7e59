//! Conditions: what is refused when they are loaded, and what they make of facts.

mod common;

use common::{policy, verdict};
use plimsoll_core::{
    Backing, Completeness, Descriptor, Digest, Evaluate, Fact, Facts, Record, Row, Schema, Subject, Type, UnixTime,
    Value,
};
use plimsoll_policy::{Limits, Policy, Vocabulary, code};

fn rules(condition: &str) -> String {
    format!("[{{name: r, require: {{condition: '{}'}}}}]", condition.replace('\'', "''"))
}

fn refused(condition: &str) -> String {
    let error = common::refused(&rules(condition));
    error.strip_prefix("rules[0].require.condition: ").unwrap_or(&error).to_owned()
}

fn holds(condition: &str, facts: &str) -> &'static str {
    let verdict = verdict(&rules(condition), facts);
    match verdict.reasons.first() {
        None => "yes",
        Some(reason) => reason.code.name(),
    }
}

#[test]
fn names_fields_and_types_are_checked_when_loaded() {
    for (condition, expected) in [
        ("signature.size() > 0", "no variable is called `signature`"),
        ("signatures.exists(s, s.subjekt == 'a')", "`signature` has no field `subjekt`"),
        ("request.user == 'a'", "`request` has no field `user`"),
        ("claimed.components.size() > 0", "`claimed` has no field `components`"),
        ("inventories.exists(i, i.components.exists(c, true))", "expected a list or a map, found an integer"),
        ("image.layers == '3'", "expected an integer, found a text"),
        ("image.os < 3", "expected a text, found an integer"),
        (
            "image.layers < 3.5",
            "not a CEL expression: expected a truth value, an integer or a text, found another literal",
        ),
        ("image.layers", "expected a truth value, found an integer"),
        ("image.os && true", "expected a truth value, found a text"),
        ("signatures.map(s, s.subject).size() > 0", "conditions have no function `map`"),
        ("image.os.matches('(a+)+')", "conditions have no function `matches`"),
        ("{'a': 1}.a == 1", "not a CEL expression: expected no struct or map literal"),
    ] {
        assert_eq!(refused(condition), expected, "{condition}");
    }
    assert!(refused("image.os ==").starts_with("not a CEL expression: "));
}

// attack: A-316
#[test]
fn a_316_what_could_run_for_long_is_refused() {
    let nested = "signatures.exists(a, signatures.exists(b, signatures.exists(c, a.subject == b.subject && b.subject == c.subject)))";
    assert_eq!(refused(nested), "expected a cost of at most 100000 steps, found up to 5513345");
    assert_eq!(refused(&format!("{}true", "true && ".repeat(200))), "more than 48 operators of a condition");
    assert_eq!(
        refused(&format!("{}true{}", "(".repeat(200), ")".repeat(200))),
        "more than 12 brackets inside one another"
    );
    assert_eq!(refused(&format!("'{}' == ''", "a".repeat(5000))), "more than 4096 bytes of a condition");
}

// attack: A-319
#[test]
fn a_319_only_listed_functions_exist() {
    for condition in [
        "cel.bind(x, 1, true)",
        "timestamp('x') == timestamp('x')",
        "dyn(true)",
        "type(1) == int",
        "string(1) == '1'",
        "optional.none().hasValue()",
    ] {
        assert!(!policy(&rules(condition), "").is_ok_and(|_| true), "{condition}");
    }
}

// attack: A-376
#[test]
fn a_376_a_condition_that_hiding_evidence_satisfies_is_refused() {
    for condition in [
        "signatures.size() == 0",
        "!signatures.exists(s, s.subject == 'CN=evil')",
        "signatures.all(s, s.format == 'jws')",
        "attestations.size() < 3",
        "3 > provenance.size()",
        "inventories.exists_one(i, true)",
        "signatures[0].subject == 'a'",
        "request.tag == 'v1' ? signatures.size() == 0 : true",
        "signatures.exists(s, provenance.size() < 1)",
    ] {
        let error = refused(condition);
        assert!(error.starts_with("it would admit if evidence were hidden; expected `"), "{condition}: {error}");
    }
    for condition in [
        "signatures.size() >= 2",
        "2 <= size(signatures)",
        "!signatures.all(s, s.format != 'jws')",
        "signatures.filter(s, s.format == 'jws').size() > 1 || request.tag == 'dev'",
        "signatures.exists(s, provenance.exists(p, p.signer == s.subject))",
    ] {
        assert!(policy(&rules(condition), "").is_ok(), "{condition}");
    }
}

#[test]
fn what_anybody_can_write_is_read_only_by_a_warning() {
    assert_eq!(
        refused("claimed.signatures.size() > 0"),
        "`claimed` is what anybody who may push can write; it may be read only by a rule of severity `warn`"
    );
    let rules = "[{name: i, require: {image: {}}}, {name: w, severity: warn, require: {condition: 'claimed.signatures.size() == 0'}}]";
    let verdict = verdict(rules, ", facts: {image: [{}], signature: [{}]}");
    assert!(verdict.is_admitted());
    assert_eq!(verdict.warnings[0].code, code::CONDITION_FALSE);
}

#[test]
fn signed_rows_are_seen_and_no_others() {
    let two = ", facts: {signature: [{by: {subject: CN=a}, fields: {format: jws, metadata: {env: prod}}}, {fields: {format: cose}}]}";
    assert_eq!(holds("signatures.exists(s, s.format == 'jws')", two), "yes");
    assert_eq!(holds("signatures.exists(s, s.format == 'cose')", two), "condition-false");
    assert_eq!(
        holds("signatures.exists(s, s.metadata['env'] == 'prod' && s.metadata.env.startsWith('pr'))", two),
        "yes"
    );
}

// attack: A-318
#[test]
fn a_318_what_goes_wrong_is_never_true() {
    let facts = ", facts: {image: [{fields: {os: linux}}], signature: [{by: {subject: CN=a}}]}";
    for condition in [
        "image.architecture == 'amd64'",
        "image.architecture != 'amd64'",
        "!(image.architecture == 'amd64')",
        "signatures.exists(s, s.metadata['x'] == 'y')",
        "signatures.exists(s, s.expiry > now)",
    ] {
        assert_eq!(holds(condition, facts), "condition-unavailable", "{condition}");
    }
    assert_eq!(holds("has(image.architecture) || image.os == 'linux'", facts), "yes");
}

#[test]
fn a_list_that_is_not_complete_may_hold_enough_but_never_too_little() {
    let one = "facts: {signature: [{by: {subject: CN=a}}]}, partial: {signature: unreachable}";
    assert_eq!(holds("signatures.size() >= 1", &format!(", {one}")), "yes");
    assert_eq!(holds("signatures.size() >= 2", &format!(", {one}")), "unreachable");
    assert_eq!(holds("signatures.size() >= 2", ", facts: {signature: [{by: {subject: CN=a}}]}"), "condition-false");
    assert_eq!(holds("signatures.size() >= 1", ", facts: {signature: [{failed: unreachable}]}"), "unreachable");
}

#[test]
fn a_condition_on_the_time_holds_for_this_second() {
    let facts = ", at: \"2026-05-05T00:00:00Z\", facts: {signature: [{by: {subject: CN=a}, fields: {expiry: \"2026-05-05T00:00:01Z\"}}]}";
    let verdict = verdict(&rules("signatures.exists(s, s.expiry > now)"), facts);
    assert!(verdict.is_admitted());
    assert_eq!(verdict.horizon.until.to_string(), "2026-05-05T00:00:01Z");
}

/// A kind that Plimsoll does not know.
#[derive(Debug)]
struct Scan(i64);
static SCAN: Schema = Schema {
    kind: "scan-result",
    version: 1,
    inherited: false,
    fields: &[("critical", Type::Int, "number of critical findings")],
};
impl Record for Scan {
    fn schema(&self) -> &'static Schema {
        &SCAN
    }
    fn field(&self, name: &str) -> Value<'_> {
        if name == "critical" { Value::Int(self.0) } else { Value::Absent }
    }
}
impl Fact for Scan {
    const SCHEMA: &'static Schema = &SCAN;
}

#[test]
fn a_kind_of_the_callers_is_read_by_conditions_and_by_values() {
    let vocabulary = Vocabulary { kinds: &[&SCAN], codes: &[] };
    let text = b"version: 1
name: x
rules:
  - {name: c, require: {condition: 'scan_result.exists(s, s.critical == 0)'}}
  - {name: f, require: {fact: {kind: scan-result, backing: computed, values: {critical: '0'}}}}
";
    let policy = Policy::parse_with(text, None, &vocabulary, &Limits::default()).unwrap();
    let descriptor = Descriptor::new("a/b", Digest::sha256_of(b""), 0);
    let judge = |critical: i64, backing: Backing| {
        let mut facts =
            Facts::new(Subject::new("registry.test/app:v1".parse().unwrap(), descriptor.clone()), UnixTime::MIN);
        facts.close(descriptor.digest, "scan-result", Completeness::Complete);
        facts.record(Row::new(descriptor.digest, Scan(critical)).backed(backing));
        policy.evaluate(&facts).reasons.iter().map(|reason| reason.code.name()).collect::<Vec<_>>()
    };
    assert!(judge(0, Backing::Computed("scanner")).is_empty());
    assert_eq!(judge(1, Backing::Computed("scanner")), ["condition-false", "fact-missing"]);
    assert_eq!(judge(0, Backing::Attached), ["condition-false", "fact-missing"]);
}

#[test]
fn more_than_a_condition_may_see_is_unavailable() {
    let rows = vec!["{by: {subject: CN=a}}"; 65].join(", ");
    assert_eq!(
        holds("signatures.exists(s, true)", &format!(", facts: {{signature: [{rows}]}}")),
        "condition-unavailable"
    );
    let long = "a".repeat(5000);
    assert_eq!(
        holds("image.os != ''", &format!(", facts: {{image: [{{fields: {{os: {long}}}}}]}}")),
        "condition-unavailable"
    );
}

// attack: A-327
#[test]
fn a_327_numbers_and_texts_do_not_mix() {
    for (condition, expected) in [
        ("image.layers == '3'", "expected an integer, found a text"),
        ("image.os == 3", "expected a text, found an integer"),
        ("image.layers in ['3']", "expected an integer, found a text"),
        (
            "image.layers < 3.0",
            "not a CEL expression: expected a truth value, an integer or a text, found another literal",
        ),
        (
            "image.layers < 3u",
            "not a CEL expression: expected a truth value, an integer or a text, found another literal",
        ),
        ("image.layers + '1' == 2", "expected an integer, found a text"),
    ] {
        assert_eq!(refused(condition), expected, "{condition}");
    }
    let most = ", facts: {image: [{fields: {layers: 9223372036854775807}}]}";
    assert_eq!(holds("image.layers > 9223372036854775806", most), "yes");
    assert_eq!(holds("image.layers + 1 > 0", most), "condition-unavailable");
    assert!(refused("image.layers < 9223372036854775808").starts_with("not a CEL expression: "));
}

// attack: A-320
#[test]
fn a_320_what_was_asked_for_is_data() {
    let facts = ", facts: {signature: [{by: {subject: CN=a}, fields: {metadata: {k: \"x') || true || ('\"}}}]}";
    assert_eq!(holds("signatures.exists(s, s.metadata.k == 'x')", facts), "condition-false");
}
