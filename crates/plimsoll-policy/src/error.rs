//! Why a policy cannot be used.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};

/// Why a policy cannot be used. Each variant says where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A condition is not one that may be run.
    #[error("{at}: {problem}")]
    Condition {
        /// The path of the condition.
        at: Escaped,
        /// What is wrong with it.
        problem: ConditionError,
    },
    /// The document does not have the shape of a policy: an unknown field, a wrong type, a repeated key.
    #[error("{at}, line {line}, column {column}: {problem}")]
    Document {
        /// The path in the document, `.` for the whole.
        at: Escaped,
        /// The line, from 1; 0 where it is not known.
        line: u64,
        /// The column, from 1; 0 where it is not known.
        column: u64,
        /// What the parser says.
        problem: Escaped,
    },
    /// A limit was reached.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// Two rules, or two examples, have one name.
    #[error("{at}: the name `{name}` is used twice")]
    NameTaken {
        /// The path of the second.
        at: Escaped,
        /// The name.
        name: Escaped,
    },
    /// Nothing is demanded.
    #[error("rules: expected at least one rule that can deny, found none")]
    NothingDemanded,
    /// A rule that denies when it finds something, over evidence that a registry can hide.
    #[error(
        "{at}: `not` over evidence would admit whatever a registry hides; expected `image` or a condition over `request` and `image`"
    )]
    OverHideable {
        /// The path of the rule.
        at: Escaped,
    },
    /// The document is not UTF-8.
    #[error("expected UTF-8, found another byte at offset {at}")]
    NotText {
        /// The offset of the byte.
        at: usize,
    },
    /// A code that no crate of this build has.
    #[error("{at}: no denial code is called `{name}`")]
    UnknownCode {
        /// The path.
        at: Escaped,
        /// The name.
        name: Escaped,
    },
    /// A field that the kind of fact does not have.
    #[error("{at}: facts of kind `{kind}` have no field `{field}`; they have {known}")]
    UnknownField {
        /// The path.
        at: Escaped,
        /// The kind.
        kind: Escaped,
        /// The field.
        field: Escaped,
        /// The fields that there are.
        known: Escaped,
    },
    /// A kind of fact that nobody makes.
    #[error("{at}: no facts of kind `{kind}` are known; known are {known}")]
    UnknownKind {
        /// The path.
        at: Escaped,
        /// The kind.
        kind: Escaped,
        /// The kinds that there are.
        known: Escaped,
    },
    /// A field has a value that it cannot have.
    #[error("{at}: {problem}")]
    Value {
        /// The path.
        at: Escaped,
        /// What was expected and found.
        problem: Escaped,
    },
    /// Another version of the format.
    #[error("version: expected 1, found {found}")]
    Version {
        /// The version.
        found: u64,
    },
}

/// Why a condition may not be run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// It reads what anybody can write, in a rule that can deny.
    #[error("`claimed` is what anybody who may push can write; it may be read only by a rule of severity `warn`")]
    Claimed,
    /// It could take more steps than the budget.
    #[error("expected a cost of at most {limit} steps, found up to {found}")]
    Cost {
        /// The budget.
        limit: u64,
        /// The estimate.
        found: u64,
    },
    /// It would come out better if evidence were hidden.
    #[error(
        "it would admit if evidence were hidden; expected `{list}` inside `exists`, or its size compared by `>` or `>=`"
    )]
    Hideable {
        /// The list that it reads.
        list: Escaped,
    },
    /// A limit was reached.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// It is not CEL.
    #[error("not a CEL expression: {problem}")]
    Syntax {
        /// What the parser says.
        problem: Escaped,
    },
    /// Two types that are never equal, or a field of what has none.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What was expected.
        expected: Escaped,
        /// What was found.
        found: Escaped,
    },
    /// A field that does not exist.
    #[error("`{kind}` has no field `{field}`")]
    UnknownField {
        /// Of what.
        kind: Escaped,
        /// The field.
        field: Escaped,
    },
    /// A function that conditions do not have.
    #[error("conditions have no function `{name}`")]
    UnknownFunction {
        /// Its name.
        name: Escaped,
    },
    /// A name that stands for nothing.
    #[error("no variable is called `{name}`")]
    UnknownVariable {
        /// The name.
        name: Escaped,
    },
}

impl Classify for PolicyError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) | Self::Condition { problem: ConditionError::Limit(limit), .. } => limit.code(),
            _ => code::POLICY_INVALID,
        }
    }
}
