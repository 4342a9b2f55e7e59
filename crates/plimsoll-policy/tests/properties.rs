//! What must hold for every policy and all facts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may panic")]

use plimsoll_core::{
    Backing, Code, Completeness, Descriptor, Digest, Evaluate, Fact, Facts, Name, Outcome, Record, Row, Schema,
    Subject, UnixTime, Value, VerifiedIdentity, VerifierId, code,
};
use plimsoll_policy::{Policy, Truth};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A row of any of the kinds, whose texts are all the same.
#[derive(Clone, Debug)]
struct Any {
    kind: usize,
    text: String,
    metadata: BTreeMap<String, String>,
}

const KINDS: [&str; 5] = ["signature", "attestation", "provenance", "inventory", "image"];
static SCHEMAS: [Schema; 5] = [
    Schema { kind: KINDS[0], version: 1, inherited: true, fields: &[] },
    Schema { kind: KINDS[1], version: 1, inherited: true, fields: &[] },
    Schema { kind: KINDS[2], version: 1, inherited: true, fields: &[] },
    Schema { kind: KINDS[3], version: 1, inherited: false, fields: &[] },
    Schema { kind: KINDS[4], version: 1, inherited: false, fields: &[] },
];

impl Record for Any {
    fn schema(&self) -> &'static Schema {
        &SCHEMAS[self.kind]
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "components" => Value::List(const { &Vec::<String>::new() }),
            "metadata" | "labels" => Value::Map(&self.metadata),
            _ => Value::from(self.text.as_str()),
        }
    }
}
impl Fact for Any {
    const SCHEMA: &'static Schema = &SCHEMAS[0];
}

fn any_row() -> impl Strategy<Value = (usize, String, u8, u8, String)> {
    (0..5_usize, "[ab]", 0..4_u8, 0..3_u8, "1\\.[0-2]\\.0")
}

fn subject() -> Subject {
    Subject::new("registry.test/app:v1".parse().unwrap(), Descriptor::of("a/b", b"{}"))
}

fn row((kind, text, backing, outcome, version): &(usize, String, u8, u8, String)) -> Row {
    let digest = Digest::sha256_of(text.as_bytes());
    let name =
        Name::X509 { subject: text.as_str().into(), leaf: digest, spki: digest, anchor: digest, store: "ca:x".into() };
    let backing = match backing {
        0 => Backing::Attached,
        _ if *kind == 4 => Backing::Computed("test"),
        _ => Backing::Signed(VerifiedIdentity::assertion(VerifierId("test"), name, vec![])),
    };
    let outcome = match outcome {
        0 => failed(code::UNREACHABLE),
        1 => failed(code::DIGEST_MISMATCH),
        _ => Outcome::Held,
    };
    let metadata = [("org.plimsoll.repository", "registry.test/app"), ("org.plimsoll.version", version.as_str())];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Row::new(subject().descriptor.digest, Any { kind: *kind, text: text.clone(), metadata })
        .backed(backing)
        .with_outcome(outcome)
}

fn failed(code: Code) -> Outcome {
    Outcome::Failed(code, code.summary().into())
}

fn facts(rows: &[Row], partial: [bool; 5]) -> Facts {
    let mut facts = Facts::new(subject(), UnixTime::MIN);
    rows.iter().for_each(|row| facts.record(row.clone()));
    for (kind, partial) in KINDS.into_iter().zip(partial) {
        let gap = Completeness::Partial(code::UNREACHABLE, "no answer".into());
        facts.close(subject().descriptor.digest, kind, if partial { gap } else { Completeness::Complete });
    }
    facts
}

fn requirement() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (1..3_u8, "[ab]")
            .prop_map(|(n, s)| format!("{{signature: {{count: {n}, by: [{{subject: {s}}}, {{subject: b}}]}}}}")),
        "[ab]".prop_map(|s| format!("{{signature: {{by: [{{subject: {s}}}], name: bound, minimumVersion: '1.1'}}}}")),
        "[ab]".prop_map(|s| format!("{{attestation: {{types: [{s}], by: [{{subject: {{glob: '*'}}}}]}}}}")),
        "[ab]".prop_map(|s| format!("{{provenance: {{by: [{{subject: {s}}}], builders: [a, b]}}}}")),
        "[ab]".prop_map(|s| format!("{{inventory: {{by: [{{subject: {s}}}], deny: [{{name: x}}]}}}}")),
        Just("{image: {}}".to_owned()),
        "[ab]".prop_map(|s| format!("{{fact: {{kind: provenance, values: {{signer: {s}}}}}}}")),
        (0..3_u8).prop_map(|n| format!("{{condition: 'signatures.size() >= {n}'}}")),
        "[ab]".prop_map(|s| format!("{{condition: 'signatures.exists(s, s.subject == \"{s}\")'}}")),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|list| format!("{{all: [{}]}}", list.join(", "))),
            prop::collection::vec(inner, 1..3).prop_map(|list| format!("{{any: [{}]}}", list.join(", "))),
        ]
    })
}

fn policy(requirements: &[String]) -> Policy {
    let rules: Vec<_> = requirements
        .iter()
        .enumerate()
        .map(|(n, require)| format!("  - {{name: r{n}, require: {require}}}\n"))
        .collect();
    let text = format!("version: 1\nname: p\nrules:\n{}", rules.concat());
    Policy::parse(text.as_bytes(), None).unwrap_or_else(|error| panic!("{text}{error}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    /// Losing any row, or the end of any list, never makes an admission of a denial.
    // attack: A-376
    #[test]
    fn a_376_losing_evidence_never_admits(
        requirements in prop::collection::vec(requirement(), 1..3),
        rows in prop::collection::vec(any_row(), 0..8),
        partial in any::<[bool; 5]>(),
        lost in any::<prop::sample::Index>(),
        cut in 0..5_usize,
    ) {
        let policy = policy(&requirements);
        let rows: Vec<Row> = rows.iter().map(row).collect();
        if policy.evaluate(&facts(&rows, partial)).is_admitted() {
            return Ok(());
        }
        let mut worse = partial;
        worse[cut] = true;
        prop_assert!(!policy.evaluate(&facts(&rows, worse)).is_admitted());
        if !rows.is_empty() {
            let mut fewer = rows;
            // Of a failed row of the image the outcome is the image's own, which no registry can take away: it is computed.
            let at = lost.index(fewer.len());
            let kind = fewer[at].record().schema().kind;
            if kind != "image" {
                fewer.remove(at);
            }
            // What only one of several inventories lists goes with it where the list hides it: the stated limit of a rule
            // that denies what it finds. An answer that fails or is missing leaves the list partial, and that denies.
            let mut partial = partial;
            partial[3] |= kind == KINDS[3];
            prop_assert!(!policy.evaluate(&facts(&fewer, partial)).is_admitted());
        }
    }

    /// A row that nobody vouches for changes no decision.
    // attack: A-377
    #[test]
    fn a_377_what_nobody_vouches_for_changes_no_decision(
        requirements in prop::collection::vec(requirement(), 1..3),
        rows in prop::collection::vec(any_row(), 0..8),
        kind in 0..4_usize,
        text in "[ab]",
    ) {
        let policy = policy(&requirements);
        let mut rows: Vec<Row> = rows.iter().map(row).collect();
        let before = policy.evaluate(&facts(&rows, [false; 5])).decision;
        rows.push(row(&(kind, text, 0, 2, "1.2.0".into())));
        prop_assert_eq!(before, policy.evaluate(&facts(&rows, [false; 5])).decision);
    }

    /// A verdict admits exactly when every rule says yes.
    // attack: A-318
    #[test]
    fn a_318_an_admission_needs_a_yes_of_every_rule(
        requirements in prop::collection::vec(requirement(), 1..4),
        rows in prop::collection::vec(any_row(), 0..8),
        partial in any::<[bool; 5]>(),
    ) {
        let policy = policy(&requirements);
        let facts = facts(&rows.iter().map(row).collect::<Vec<_>>(), partial);
        let results = policy.explain(&facts);
        prop_assert_eq!(results.len(), requirements.len());
        prop_assert_eq!(policy.evaluate(&facts).is_admitted(), results.iter().all(|result| result.truth == Truth::Yes));
        for result in results {
            prop_assert_eq!(result.reasons.is_empty(), result.truth == Truth::Yes);
        }
    }

    // attack: A-317
    #[test]
    fn a_317_no_text_makes_the_parser_panic(text in ".{0,200}", condition in "[a-z.()!&|<>=?:' 0-9\\[\\]]{0,80}") {
        let _ = Policy::parse(text.as_bytes(), None);
        let quoted = condition.replace('\'', "''");
        let text = format!("version: 1\nname: p\nrules: [{{name: r, require: {{condition: '{quoted}'}}}}]");
        let _ = Policy::parse(text.as_bytes(), None);
    }
}
