//! What kind of value an expression has, and how it changes as evidence is added.

use plimsoll_core::{Schema, Type};

/// What kind of value an expression has.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Shape {
    Any,
    Bool,
    Claimed,
    Int,
    List(Box<Shape>),
    Map,
    Record(Kind),
    Text,
}

/// A schema, compared by its kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind(pub(super) &'static Schema);

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.0.kind == other.0.kind
    }
}

impl Shape {
    pub(super) fn of(kind: Type) -> Self {
        match kind {
            Type::Bool => Self::Bool,
            // A condition may count records, it may not walk them: that is what typed rules are for.
            Type::Int | Type::List(Type::Record(_) | Type::List(_) | Type::Map) => Self::Int,
            Type::List(item) => Self::List(Box::new(Self::of(*item))),
            Type::Map => Self::Map,
            Type::Digest | Type::Text | Type::Time => Self::Text,
            _ => Self::Any,
        }
    }
    pub(super) fn is_scalar(&self) -> bool {
        matches!(self, Self::Bool | Self::Int | Self::Text)
    }
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Bool => "a truth value",
            Self::Claimed => "`claimed`",
            Self::Int => "an integer",
            Self::List(_) => "a list",
            Self::Map => "a map",
            Self::Record(_) => "a record",
            Self::Text => "a text",
        }
    }
}

/// How a value changes as evidence is added.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Growth {
    /// It falls, or stays.
    Falls,
    /// It does not read evidence.
    Fixed,
    /// Nothing can be said.
    Mixed,
    /// It rises, or stays: false may become true, never the reverse.
    Rises,
}

impl Growth {
    pub(super) fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fixed, one) | (one, Self::Fixed) => one,
            (one, same) if one == same => one,
            _ => Self::Mixed,
        }
    }
    pub(super) fn flipped(self) -> Self {
        match self {
            Self::Falls => Self::Rises,
            Self::Rises => Self::Falls,
            same => same,
        }
    }
    pub(super) fn or_mixed(self) -> Self {
        if self == Self::Fixed { self } else { Self::Mixed }
    }
}
