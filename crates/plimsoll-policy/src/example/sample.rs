//! A fact that is data, checked against the schema of its kind.

use crate::{PolicyError, rule::value, strict::Tree};
use plimsoll_core::{Digest, Escaped, Fact, Item, Record, Schema, Type, UnixTime, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A fact of an example, of whatever kind.
#[derive(Debug)]
pub(super) struct Sample {
    schema: &'static Schema,
    fields: BTreeMap<String, Stated>,
}

#[derive(Debug)]
enum Stated {
    Bool(bool),
    Digest(Digest),
    Int(i64),
    List(Vec<Stated>),
    Map(BTreeMap<String, String>),
    Record(Sample),
    Text(String),
    Time(UnixTime),
}

impl Sample {
    pub(super) fn check(
        schema: &'static Schema,
        fields: BTreeMap<String, Tree>,
        at: &str,
    ) -> Result<Self, PolicyError> {
        let fields = fields.into_iter().map(|(name, Tree(json))| {
            let kind = schema.field(&name).ok_or_else(|| PolicyError::UnknownField {
                at: Escaped::new(at),
                kind: schema.kind.into(),
                field: Escaped::new(&name),
                known: Escaped::new(&schema.fields.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")),
            })?;
            let stated = stated(kind, json, &format!("{at}.{name}"))?;
            Ok((name, stated))
        });
        Ok(Self { schema, fields: fields.collect::<Result<_, PolicyError>>()? })
    }
}

fn stated(kind: Type, json: Json, at: &str) -> Result<Stated, PolicyError> {
    let wrong = |expected: &str| value(at, &format!("expected {expected}"));
    Ok(match (kind, json) {
        (Type::Bool, Json::Bool(flag)) => Stated::Bool(flag),
        (Type::Digest, Json::String(text)) => {
            Stated::Digest(text.parse().map_err(|error: plimsoll_core::DigestError| value(at, &error.to_string()))?)
        }
        (Type::Int, Json::Number(number)) => Stated::Int(number.as_i64().ok_or_else(|| wrong("an integer"))?),
        (Type::List(item), Json::Array(items)) => {
            let items =
                items.into_iter().enumerate().map(|(index, json)| stated(*item, json, &format!("{at}[{index}]")));
            Stated::List(items.collect::<Result<_, _>>()?)
        }
        (Type::Map, Json::Object(entries)) => {
            let texts = entries.into_iter().map(|(key, json)| match json {
                Json::String(text) => Ok((key, text)),
                _ => Err(wrong("a text for each key")),
            });
            Stated::Map(texts.collect::<Result<_, _>>()?)
        }
        (Type::Record(schema), Json::Object(fields)) => {
            let fields = fields.into_iter().map(|(name, json)| (name, Tree(json))).collect();
            Stated::Record(Sample::check(schema, fields, at)?)
        }
        (Type::Text, Json::String(text)) => Stated::Text(text),
        (Type::Time, Json::String(text)) => {
            Stated::Time(text.parse().map_err(|error: plimsoll_core::TimeError| value(at, &error.to_string()))?)
        }
        (kind, _) => return Err(wrong(word(kind))),
    })
}

fn word(kind: Type) -> &'static str {
    match kind {
        Type::Bool => "true or false",
        Type::Digest => "a digest",
        Type::Int => "an integer",
        Type::List(_) => "a list",
        Type::Map => "a map of texts",
        Type::Record(_) => "a map",
        Type::Time => "a time",
        _ => "a text: quote it",
    }
}

impl Item for Stated {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Digest(digest) => Value::Digest(*digest),
            Self::Int(number) => Value::Int(*number),
            Self::List(items) => Value::List(items),
            Self::Map(map) => Value::Map(map),
            Self::Record(record) => Value::Record(record),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Time(time) => Value::Time(*time),
        }
    }
}

impl Record for Sample {
    fn schema(&self) -> &'static Schema {
        self.schema
    }
    fn field(&self, name: &str) -> Value<'_> {
        self.fields.get(name).map_or(Value::Absent, Item::value)
    }
}

impl Fact for Sample {
    /// Rules read facts by the schema of the row, which is that of the kind that the example names. By type nobody asks for
    /// samples, so this one is never looked at.
    const SCHEMA: &'static Schema = &Schema { kind: "sample", version: 1, inherited: false, fields: &[] };
}
