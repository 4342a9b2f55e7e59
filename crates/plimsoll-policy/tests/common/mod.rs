//! Policies whose one example holds the facts.
#![allow(dead_code, clippy::unwrap_used, reason = "helpers of tests may panic, and each test file uses a part")]

use plimsoll_core::Verdict;
use plimsoll_policy::{Policy, PolicyError};

/// A policy of these rules, with one example of these facts. Both are flow style YAML.
pub(crate) fn policy(rules: &str, example: &str) -> Result<Policy, PolicyError> {
    let text = format!(
        "version: 1\nname: test\nrules: {rules}\nexamples:\n  - {{name: e, reference: \"registry.test/team/app:v1\", expect: admit{example}}}\n"
    );
    Policy::parse(text.as_bytes(), None)
}

/// The verdict on the facts.
pub(crate) fn verdict(rules: &str, example: &str) -> Verdict {
    policy(rules, example).unwrap().test().remove(0).verdict
}

/// The reasons of one rule on the facts: code, message and hint.
pub(crate) fn reasons(require: &str, example: &str) -> Vec<String> {
    let verdict = verdict(&format!("[{{name: r, require: {require}}}]"), example);
    verdict
        .reasons
        .iter()
        .map(|reason| match &reason.hint {
            Some(hint) => format!("{}: {} | {hint}", reason.code, reason.message),
            None => format!("{}: {}", reason.code, reason.message),
        })
        .collect()
}

/// Why the rules are refused.
pub(crate) fn refused(rules: &str) -> String {
    policy(rules, "").unwrap_err().to_string()
}
