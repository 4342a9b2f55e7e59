//! A fact of any kind, by the values of its fields. This is how rules read what a user's own gatherer finds.

use crate::{
    code,
    document::{FactWanted, WantedBacking},
    scope::{Scope, as_text, computed},
    truth::Finding,
    witness::is_named,
};
use plimsoll_core::{Backing, Class, Escaped, Outcome, Row, Value};

/// Judges whether one row has all of the values.
pub(crate) fn judge(rule: &FactWanted, scope: &Scope<'_>) -> Finding {
    let mut unknown = None;
    let mut failed = None;
    let mut holds = false;
    for row in scope.view.kind(&rule.kind) {
        if let Outcome::Failed(code, text) = &row.outcome {
            let slot = if code.class() == Class::Unavailable { &mut unknown } else { &mut failed };
            slot.get_or_insert((*code, format!("found one whose check failed: {text}")));
        } else if backed(rule, row) {
            match values(rule, row) {
                Ok(same) => holds |= same,
                Err(code) => {
                    unknown.get_or_insert((code, "a value could not be found out".into()));
                }
            }
        }
    }
    let wanted = words(rule);
    let finding = if holds {
        Finding::yes()
    } else if let Some((code, text)) = scope.gap(&rule.kind) {
        Finding::unknown(scope.reason(code, &format!("expected {wanted}, and not all could be looked at: {text}")))
    } else if let Some((code, text)) = unknown {
        Finding::unknown(scope.reason(code, &format!("expected {wanted}, {text}")))
    } else {
        let (code, text) = failed.unwrap_or((code::FACT_MISSING, "found none".into()));
        Finding::no(scope.reason(code, &format!("expected {wanted}, {text}")))
    };
    scope.noting(finding, &[&rule.kind])
}

fn backed(rule: &FactWanted, row: &Row) -> bool {
    match (&rule.backing, &row.backing) {
        (WantedBacking::Signed, Backing::Signed(identity)) => is_named(rule.by.as_deref(), identity),
        (WantedBacking::Computed, _) => computed(row),
        _ => false,
    }
}

fn values(rule: &FactWanted, row: &Row) -> Result<bool, plimsoll_core::Code> {
    let mut same = true;
    for (field, wanted) in &rule.values.0 {
        match row.record().field(field) {
            Value::Unknown(code) => return Err(code),
            value => same &= as_text(&value).is_some_and(|found| wanted.matches(&found)),
        }
    }
    Ok(same)
}

fn words(rule: &FactWanted) -> String {
    let values: Vec<_> =
        rule.values.0.iter().map(|(key, wanted)| format!("`{}` {wanted}", Escaped::new(key))).collect();
    let with = if values.is_empty() { String::new() } else { format!(" with {}", values.join(" and ")) };
    format!("a fact of kind `{}`{with}", Escaped::new(&rule.kind))
}
