//! JSON in which no member stands twice, at any depth, however it is escaped.

use crate::Limits;
use plimsoll_core::Escaped;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{cell::Cell, fmt};

/// Why a text is no JSON object that is read here.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct JsonError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Escaped,
}

impl JsonError {
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        let whole = error.to_string();
        let problem = whole.rfind(" at line ").and_then(|at| whole.get(..at)).unwrap_or(&whole);
        Self { line: error.line(), column: error.column(), problem: Escaped::new(problem) }
    }
}

/// Reads one object.
pub(crate) fn object(bytes: &[u8], limits: &Limits) -> Result<Map<String, Value>, JsonError> {
    let budget = Cell::new(limits.json_values);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let seed = Tree { budget: &budget, depth: limits.json_depth };
    let value = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match value.map_err(|error| JsonError::of(&error))? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonError { line: 1, column: 1, problem: Escaped::new("expected an object") }),
    }
}

#[derive(Clone, Copy)]
struct Tree<'b> {
    budget: &'b Cell<u64>,
    depth: u64,
}

impl Tree<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too many levels"))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.budget.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.budget.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
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
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(list.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the member `{}` stands twice", Escaped::new(&name))));
            }
            let value = entries.next_value_seed(inner)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}
