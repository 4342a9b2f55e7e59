//! Verdicts and facts, as text and as JSON. Foreign text is escaped here.

use plimsoll::core::{
    Backing, Completeness, Decision, Digest, Escaped, Facts, List, Outcome, Reason, Record, Row, Schema, Subject, Type,
    Value, Verdict,
};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

/// How many items of a list the text shows.
const SHOWN_ITEMS: usize = 3;

/// The first twelve digits of a digest, as people compare them.
pub(crate) fn short(digest: &Digest) -> String {
    let encoded = digest.encoded();
    format!("{}:{}", digest.algorithm(), encoded.get(..12).unwrap_or(&encoded))
}

/// The word for a decision.
pub(crate) const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Admit => "ADMIT",
        Decision::Deny(_) => "BLOCK",
    }
}

/// A verdict with its facts, as text.
pub(crate) fn verdict_text(verdict: &Verdict, facts: Option<&Facts>, reference: &str, marks: &[String]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} {}", word(verdict.decision), Escaped::whole(reference));
    if let Some(subject) = &verdict.subject {
        let _ = writeln!(text, "  digest   {subject}");
    }
    for mark in marks {
        let _ = writeln!(text, "  note     {}", Escaped::whole(mark));
    }
    for reason in &verdict.reasons {
        reason_text(&mut text, "because", reason);
    }
    for warning in &verdict.warnings {
        reason_text(&mut text, "warning", warning);
    }
    if let Some(facts) = facts {
        facts_text(&mut text, facts);
    }
    text
}

fn reason_text(text: &mut String, word: &str, reason: &Reason) {
    let _ = writeln!(text, "  {word}  {} [{}] {}", reason.code, reason.rule, Escaped::whole(&reason.message));
    if let Some(hint) = &reason.hint {
        let _ = writeln!(text, "           to pass: {}", Escaped::whole(hint));
    }
    for digest in &reason.evidence {
        let _ = writeln!(text, "           evidence {digest}");
    }
}

fn facts_text(text: &mut String, facts: &Facts) {
    for target in facts.targets() {
        let _ = writeln!(text, "facts about {}{}", short(&target.descriptor.digest), platform(target));
        for row in facts.rows().iter().filter(|row| row.subject == target.descriptor.digest) {
            row_text(text, row);
        }
    }
}

fn platform(target: &Subject) -> String {
    target.platform.as_ref().map(|platform| format!(" ({})", Escaped::new(platform))).unwrap_or_default()
}

fn row_text(text: &mut String, row: &Row) {
    let outcome = match &row.outcome {
        Outcome::Held => String::new(),
        Outcome::Failed(code, why) => format!(" failed {code}: {}", Escaped::new(why)),
    };
    let backing = match &row.backing {
        Backing::Signed(identity) => format!("signed by {}", identity.name()),
        other => other.as_str().to_owned(),
    };
    let _ = writeln!(text, "  {:<11} {backing}{outcome}", row.record().schema().kind);
    for (field, value) in fields(row.record()) {
        let _ = writeln!(text, "    {field:<20} {value}");
    }
    for digest in &row.evidence {
        let _ = writeln!(text, "    {:<20} {digest}", "evidence");
    }
}

fn fields(record: &dyn Record) -> Vec<(&'static str, String)> {
    let shown =
        |(name, _, _): &(&'static str, Type, &'static str)| value_text(&record.field(name)).map(|value| (*name, value));
    record.schema().fields.iter().filter_map(shown).collect()
}

/// A value in one line; `None` for what is absent.
fn value_text(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Absent => return None,
        Value::Bool(value) => value.to_string(),
        Value::Digest(digest) => digest.to_string(),
        Value::Int(number) => number.to_string(),
        Value::List(list) => list_text(*list),
        Value::Map(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{}={}", Escaped::new(key), Escaped::new(value))).collect();
            pairs.join(", ")
        }
        Value::Record(record) => record_text(*record),
        Value::Text(text) => Escaped::new(text).to_string(),
        Value::Time(time) => time.to_string(),
        Value::Unknown(code) => format!("unknown ({code})"),
        _ => return None,
    })
}

fn list_text(list: &dyn List) -> String {
    let shown: Vec<String> = (0..list.len().min(SHOWN_ITEMS)).filter_map(|at| value_text(&list.at(at))).collect();
    match list.len() {
        0 => "none".into(),
        count if count > SHOWN_ITEMS => format!("{count}: {}, …", shown.join(", ")),
        _ => shown.join(", "),
    }
}

fn record_text(record: &dyn Record) -> String {
    let parts: Vec<String> =
        fields(record).into_iter().map(|(_, value)| value).filter(|value| !value.is_empty()).collect();
    parts.join(" ")
}

/// A verdict with its facts, as JSON: everything, nothing cut.
pub(crate) fn verdict_json(verdict: &Verdict, facts: Option<&Facts>, reference: &str, marks: &[String]) -> Json {
    json!({
        "reference": reference,
        "subject": verdict.subject.map(|digest| digest.to_string()),
        "decision": word(verdict.decision),
        "class": match verdict.decision { Decision::Admit => None, Decision::Deny(class) => Some(class.as_str()) },
        "policy": verdict.policy.to_string(),
        "reasons": verdict.reasons.iter().map(reason_json).collect::<Vec<_>>(),
        "warnings": verdict.warnings.iter().map(reason_json).collect::<Vec<_>>(),
        "holds": { "from": verdict.horizon.from.to_string(), "until": verdict.horizon.until.to_string() },
        "notes": marks,
        "facts": facts.map(facts_json),
    })
}

fn reason_json(reason: &Reason) -> Json {
    json!({
        "code": reason.code.name(),
        "class": reason.code.class().as_str(),
        "rule": &*reason.rule,
        "subject": reason.subject.map(|digest| digest.to_string()),
        "message": &*reason.message,
        "hint": reason.hint.as_deref(),
        "evidence": reason.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn facts_json(facts: &Facts) -> Json {
    let targets = facts.targets().iter().map(|target| {
        let rows = facts.rows().iter().filter(|row| row.subject == target.descriptor.digest);
        let incomplete: Map<String, Json> = kinds(facts, target)
            .filter_map(|schema| match facts.about(target).completeness(schema.kind) {
                Completeness::Complete => None,
                Completeness::Partial(code, why) => {
                    Some((schema.kind.to_owned(), json!({ "code": code.name(), "message": &*why })))
                }
            })
            .collect();
        json!({
            "digest": target.descriptor.digest.to_string(),
            "mediaType": &*target.descriptor.media_type,
            "platform": target.platform.as_deref(),
            "facts": rows.map(row_json).collect::<Vec<_>>(),
            "incomplete": incomplete,
        })
    });
    Json::Array(targets.collect())
}

/// The kinds that have a row about a target.
fn kinds<'f>(facts: &'f Facts, target: &'f Subject) -> impl Iterator<Item = &'static Schema> + 'f {
    let mut seen = std::collections::BTreeSet::new();
    facts
        .rows()
        .iter()
        .filter(|row| row.subject == target.descriptor.digest)
        .map(|row| row.record().schema())
        .filter(move |schema| seen.insert(schema.kind))
}

fn row_json(row: &Row) -> Json {
    let (by, asserted_by) = match &row.backing {
        Backing::Signed(identity) => (Some(identity.name().to_string()), Some(identity.asserted_by().to_string())),
        _ => (None, None),
    };
    let outcome = match &row.outcome {
        Outcome::Held => json!("held"),
        Outcome::Failed(code, why) => json!({ "code": code.name(), "class": code.class().as_str(), "message": &**why }),
    };
    json!({
        "kind": row.record().schema().kind,
        "backing": row.backing.as_str(),
        "by": by,
        "assertedBy": asserted_by,
        "outcome": outcome,
        "evidence": row.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "holds": { "from": row.horizon.from.to_string(), "until": row.horizon.until.to_string() },
        "body": record_json(row.record()),
    })
}

fn record_json(record: &dyn Record) -> Json {
    let fields = record.schema().fields.iter();
    Json::Object(
        fields
            .filter_map(|(name, _, _)| match record.field(name) {
                Value::Absent => None,
                value => Some(((*name).to_owned(), value_json(&value))),
            })
            .collect(),
    )
}

fn value_json(value: &Value<'_>) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Digest(digest) => json!(digest.to_string()),
        Value::Int(number) => json!(number),
        Value::List(list) => Json::Array((0..list.len()).map(|at| value_json(&list.at(at))).collect()),
        Value::Map(map) => json!(map),
        Value::Record(record) => record_json(*record),
        Value::Text(text) => json!(text),
        Value::Time(time) => json!(time.to_string()),
        Value::Unknown(code) => json!({ "unknown": code.name() }),
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll::core::Horizon;

    // attack: A-382
    #[test]
    fn a_382_what_a_recording_says_of_itself_is_escaped() {
        let digest = Digest::sha256_of(b"image");
        let verdict = Verdict::of(digest, digest, vec![], vec![], Horizon::ALWAYS);
        let marks = ["recorded by plimsoll\nADMIT \u{1b}[2J\u{202e}".to_owned()];
        let text = verdict_text(&verdict, None, "registry.test/app:v1", &marks);
        assert!(!text.chars().any(|character| character != '\n' && Escaped::escapes(character)), "{text:?}");
        assert_eq!(text.lines().filter(|line| line.starts_with("ADMIT")).count(), 1, "{text}");
    }
}
