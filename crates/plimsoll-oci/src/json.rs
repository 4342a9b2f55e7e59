//! Strict JSON: what two readers would read differently is refused.
//!
//! Duplicate members are refused at every level, escaped twins included, because readers differ in which one they take. Names
//! match by case, numbers that count are integers, `null` is absent only where a caller says so.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{cell::RefCell, fmt};
use plimsoll_core::{Digest, DigestError, Escaped, LimitExceeded};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

mod node;

pub(crate) use node::Node;

/// Deepest nesting that is read. serde_json stops at its 128th level, and this must stop first to say which limit it was.
const DEPTH: u64 = 126;

/// Why bytes are not strict JSON.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// A member stands twice in one object.
    #[error("expected each member once, found `{member}` twice at line {line}")]
    Duplicate {
        /// Its name.
        member: Escaped,
        /// The line, from 1.
        line: usize,
    },
    /// It is nested too deeply.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// Not JSON (RFC 8259), not UTF-8, or followed by something else.
    #[error("expected one JSON value, found something else at line {line}, column {column}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
}

/// Why a member does not have the form that it must have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// Its digest is not one.
    #[error("`{path}`: {source}")]
    Digest {
        /// Where it stands.
        path: Escaped,
        /// Why it is not.
        source: DigestError,
    },
    /// It is missing.
    #[error("expected the member `{path}`, found none")]
    Missing {
        /// Where it should stand.
        path: Escaped,
    },
    /// It is something else.
    #[error("expected `{path}` to be {expected}, found {found}")]
    Type {
        /// Where it stands.
        path: Escaped,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: Escaped,
    },
}

/// Parses one strict JSON value.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let fault = RefCell::new(None);
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let value =
        Strict { depth: 0, fault: &fault }.deserialize(&mut input).and_then(|value| input.end().map(|()| value));
    value.map_err(|error| match fault.into_inner() {
        Some(Fault::Depth) => LimitExceeded { what: "levels of JSON", limit: DEPTH }.into(),
        Some(Fault::Duplicate(member)) => JsonError::Duplicate { member, line: error.line() },
        None => JsonError::Syntax { line: error.line(), column: error.column() },
    })
}

enum Fault {
    Depth,
    Duplicate(Escaped),
}

struct Strict<'a> {
    depth: u64,
    fault: &'a RefCell<Option<Fault>>,
}

impl Strict<'_> {
    fn below<E: serde::de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        if depth > DEPTH {
            self.fault.replace(Some(Fault::Depth));
            return Err(E::custom("too deep"));
        }
        Ok(Self { depth, fault: self.fault })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = input.next_element_seed(self.below()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = input.next_key::<String>()? {
            if members.contains_key(&name) {
                self.fault.replace(Some(Fault::Duplicate(Escaped::new(&name))));
                return Err(A::Error::custom("duplicate member"));
            }
            let value = input.next_value_seed(self.below()?)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

pub(crate) fn digest(text: &str, path: impl FnOnce() -> Escaped) -> Result<Digest, FieldError> {
    text.parse().map_err(|source| FieldError::Digest { path: path(), source })
}
