//! The file: YAML, one document, no key twice, no unknown field.

use super::{RulesError, pattern::Wanted};
use crate::Limits;
use plimsoll_core::{Escaped, LimitExceeded};
use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(deserialize_with = "one", rename = "version")]
    _version: (),
    pub(super) rules: Vec<RuleDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleDocument {
    pub(super) name: String,
    pub(super) issuer: String,
    pub(super) claims: Claims,
    pub(super) subject: String,
    #[serde(default)]
    pub(super) uri: Option<String>,
    #[serde(default = "ten")]
    pub(super) minutes: u32,
}

/// Claims by name, none twice.
pub(super) struct Claims(pub(super) BTreeMap<String, Wanted>);

impl Document {
    pub(super) fn read(text: &str, limits: &Limits) -> Result<Self, RulesError> {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes of issuing rules", count(limits.rules_bytes), count(text.len()))?;
        let read: Result<Self, _> =
            serde_saphyr::with_deserializer_from_str_with_options(text, options(limits), |deserializer| {
                Self::deserialize(deserializer)
            });
        let read = read.map_err(|error| {
            let place = error.location();
            let whole = error.without_snippet().to_string();
            let problem = whole.lines().next().unwrap_or_default();
            let problem = problem.rsplit_once(" at line ").map_or(problem, |(problem, _)| problem);
            RulesError::Document {
                line: place.map_or(0, |place| place.line()),
                column: place.map_or(0, |place| place.column()),
                problem: Escaped::new(problem),
            }
        })?;
        no_tags(text).map(|()| read)
    }
}

/// A tag makes another text of a text (`!!binary`), and nothing in a rule needs one. Run on what was read already, so within the budget.
fn no_tags(text: &str) -> Result<(), RulesError> {
    use serde_saphyr::granit_parser::{Event, Parser};
    let refused = |line: usize, column: usize, problem| {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        RulesError::Document { line: count(line), column: count(column), problem: Escaped::new(problem) }
    };
    for item in Parser::new_from_str(text) {
        let (event, span) = item.map_err(|_| refused(0, 0, "expected YAML that reads the same twice"))?;
        if let Event::Scalar(.., Some(_)) | Event::SequenceStart(.., Some(_)) | Event::MappingStart(.., Some(_)) = event
        {
            return Err(refused(span.start.line(), span.start.col().saturating_add(1), "expected no YAML tag"));
        }
    }
    Ok(())
}

/// One document, few aliases, no merge keys, and texts stay texts.
fn options(limits: &Limits) -> serde_saphyr::Options {
    let nodes = limits.rules.saturating_mul(64);
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 16,
            flow_nesting_limit: 16,
            max_nodes: nodes,
            max_events: nodes.saturating_mul(2),
            max_documents: 1,
            max_aliases: 64,
            max_anchors: 64,
            max_merge_keys: 0,
            max_total_scalar_bytes: limits.rules_bytes,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: nodes,
            max_replay_stack_depth: 8,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        strict_booleans: true,
        legacy_octal_numbers: false,
        with_snippet: false,
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Claims;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from claims to what they must be")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Claims, A::Error> {
                let mut claims = BTreeMap::new();
                while let Some((name, wanted)) = access.next_entry::<String, Wanted>()? {
                    if claims.contains_key(&name) {
                        let name = Escaped::new(&name);
                        return Err(de::Error::custom(format_args!("the claim `{name}` stands twice")));
                    }
                    claims.insert(name, wanted);
                }
                Ok(Claims(claims))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u32::deserialize(deserializer)? {
        1 => Ok(()),
        other => Err(de::Error::custom(format_args!("expected version 1, found {other}"))),
    }
}

const fn ten() -> u32 {
    10
}
