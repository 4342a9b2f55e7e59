//! Why rules are none, and why an identity cannot stand in a certificate.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};

/// Why a text holds no issuing rules.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The document is broken.
    #[error("the issuing rules are malformed at line {line}, column {column}: {problem}")]
    Document {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// What is wrong.
        problem: Escaped,
    },
    /// No rule.
    #[error("expected at least one issuing rule, found none")]
    Empty,
    /// Too large.
    #[error("the issuing rules are too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// A rule is not one that may stand here.
    #[error("rule `{rule}`: {problem}")]
    Rule {
        /// The name of the rule.
        rule: Escaped,
        /// What is wrong.
        problem: Escaped,
    },
}

impl RulesError {
    pub(super) fn rule(rule: &str, problem: &str) -> Self {
        Self::Rule { rule: Escaped::new(rule), problem: Escaped::new(problem) }
    }
}

impl Classify for RulesError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            _ => code::MALFORMED_ISSUING_RULES,
        }
    }
}

/// A rule fits an identity whose claims cannot stand in a certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("rule `{rule}` fits, but its `{part}` cannot be written: {problem}")]
pub struct SubjectRefused {
    /// The name of the rule.
    pub rule: Escaped,
    /// `subject` or `uri`.
    pub part: &'static str,
    /// Why not.
    pub problem: Escaped,
}

impl Classify for SubjectRefused {
    fn code(&self) -> Code {
        code::ISSUING_SUBJECT_REFUSED
    }
}
