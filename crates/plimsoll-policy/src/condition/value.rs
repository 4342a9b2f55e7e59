//! Facts as CEL values: only the fields that a condition names, within limits.

use crate::Limits;
use cel::Value as Cel;
use plimsoll_core::{Code, LimitExceeded, Record, Row, Schema, Type, Value};
use std::collections::{BTreeSet, HashMap};

/// Why a value cannot be given to a condition.
pub(super) enum Problem {
    TooLarge(LimitExceeded),
    Unknown(Code),
}

/// Makes values.
pub(super) struct Maker<'m> {
    pub(super) fields: &'m BTreeSet<(&'static str, &'static str)>,
    pub(super) limits: &'m Limits,
}

impl Maker<'_> {
    pub(super) fn rows<'r>(
        &self,
        schema: &'static Schema,
        rows: impl Iterator<Item = &'r Row>,
    ) -> Result<Cel, Problem> {
        let mut list = Vec::new();
        for row in rows {
            self.limit(
                "rows of a list that a condition reads",
                self.limits.condition_rows,
                list.len().saturating_add(1),
            )?;
            list.push(self.record(schema, row.record())?);
        }
        Ok(Cel::from(list))
    }
    pub(super) fn record(&self, schema: &'static Schema, record: &dyn Record) -> Result<Cel, Problem> {
        let mut fields = Vec::new();
        for (_, field) in self.fields.iter().filter(|(kind, _)| *kind == schema.kind) {
            let value = match (schema.field(field), record.field(field)) {
                // Of records a condition sees the number.
                (Some(Type::List(Type::Record(_) | Type::List(_) | Type::Map)), Value::List(list)) => {
                    Some(Cel::Int(i64::try_from(list.len()).unwrap_or(i64::MAX)))
                }
                (_, value) => self.value(value)?,
            };
            fields.extend(value.map(|value| (*field, value)));
        }
        Ok(map(fields))
    }
    /// What is absent has no key: `has` says so, and reading it is an error.
    fn value(&self, value: Value<'_>) -> Result<Option<Cel>, Problem> {
        Ok(Some(match value {
            Value::Bool(flag) => Cel::Bool(flag),
            Value::Digest(digest) => Cel::from(digest.to_string()),
            Value::Int(number) => Cel::Int(number),
            Value::List(list) => return self.list(list),
            Value::Map(texts) => {
                self.limit("entries of a map that a condition reads", self.limits.condition_rows, texts.len())?;
                let mut entries = Vec::new();
                for (key, text) in texts {
                    entries.push((self.text(key)?, Cel::from(self.text(text)?)));
                }
                map(entries)
            }
            Value::Text(text) => Cel::from(self.text(&text)?),
            Value::Time(time) => Cel::from(time.to_string()),
            Value::Unknown(code) => return Err(Problem::Unknown(code)),
            _ => return Ok(None),
        }))
    }
    fn list(&self, list: &dyn plimsoll_core::List) -> Result<Option<Cel>, Problem> {
        self.limit("items of a list that a condition reads", self.limits.condition_rows, list.len())?;
        let mut items = Vec::new();
        for at in 0..list.len() {
            items.extend(self.value(list.at(at))?);
        }
        Ok(Some(Cel::from(items)))
    }
    fn text<'t>(&self, text: &'t str) -> Result<&'t str, Problem> {
        self.limit("bytes of a text that a condition reads", self.limits.condition_text, text.len())?;
        Ok(text)
    }
    fn limit(&self, what: &'static str, limit: usize, found: usize) -> Result<(), Problem> {
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        LimitExceeded::check(what, wide(limit), wide(found)).map_err(Problem::TooLarge)
    }
}

/// A map with text keys.
pub(super) fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Cel)>) -> Cel {
    Cel::Map(entries.into_iter().collect::<HashMap<_, _>>().into())
}
