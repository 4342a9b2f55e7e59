//! JSON as a tree, for small documents whose errors must name a place: trust policies and signature manifests.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use plimsoll_core::{Escaped, LimitExceeded};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value. Members keep their order; a member that stands twice is an error ([RFC 8259, 4] leaves it open, and two
/// readers that differ is the attack).
///
/// [RFC 8259, 4]: https://www.rfc-editor.org/rfc/rfc8259#section-4
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Bool(bool),
    List(Vec<Json>),
    Null,
    Number(serde_json::Number),
    Object(Vec<(String, Json)>),
    Text(String),
}

/// Where a document stops being JSON.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {expected}{}", shown(found.as_ref()))]
pub struct JsonError {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// What was expected there.
    pub expected: Escaped,
    /// The character that stands there, if any does.
    pub found: Option<Escaped>,
}

fn shown(found: Option<&Escaped>) -> String {
    found.map_or_else(String::new, |found| format!(", found `{found}`"))
}

impl Json {
    /// Reads one document of at most `limit` bytes.
    pub(crate) fn read(bytes: &[u8], what: &'static str, limit: u64) -> Result<Self, ReadError> {
        LimitExceeded::check(what, limit, u64::try_from(bytes.len()).unwrap_or(u64::MAX)).map_err(ReadError::Limit)?;
        serde_json::from_slice(bytes).map_err(|error| ReadError::Syntax(place(&error, bytes)))
    }
    /// The member of this exact name.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        self.members()?.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }
    pub(crate) fn members(&self) -> Option<&[(String, Self)]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }
    pub(crate) fn list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
    /// The word for its type.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::List(_) => "a list",
            Self::Null => "null",
            Self::Number(_) => "a number",
            Self::Object(_) => "an object",
            Self::Text(_) => "text",
        }
    }
}

/// Why [`Json::read`] failed.
#[derive(Debug)]
pub(crate) enum ReadError {
    Limit(LimitExceeded),
    Syntax(JsonError),
}

/// serde_json ends its messages with the place; we keep place and message apart, and add what stands there.
fn place(error: &serde_json::Error, bytes: &[u8]) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let suffix = format!(" at line {line} column {column}");
    let expected = Escaped::new(message.strip_suffix(&suffix).unwrap_or(&message));
    let here = bytes
        .split(|byte| *byte == b'\n')
        .nth(line.saturating_sub(1))
        .and_then(|line| line.get(column.saturating_sub(1)..))
        .and_then(|rest| String::from_utf8_lossy(rest.get(..4).unwrap_or(rest)).chars().next());
    JsonError { line, column, expected, found: here.map(|found| Escaped::new(found.encode_utf8(&mut [0; 4]))) }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json, E> {
        serde_json::Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("expected a finite number"))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }
    fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element()? {
            list.push(value);
        }
        Ok(Json::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut names = alloc::collections::BTreeSet::new();
        while let Some((name, value)) = access.next_entry::<String, Json>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom(format_args!("the member `{}` stands twice", Escaped::new(&name))));
            }
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        match Json::read(text.as_bytes(), "bytes", 1000) {
            Err(ReadError::Syntax(error)) => error.to_string(),
            Err(ReadError::Limit(limit)) => limit.to_string(),
            Ok(value) => panic!("read {value:?}"),
        }
    }

    #[test]
    fn the_place_of_a_stray_brace_is_named() {
        assert_eq!(error("{\n \"a\": [\n  {}}\n ]\n}"), "line 3, column 5: expected `,` or `]`, found `}`");
        assert_eq!(error("{}\n}"), "line 2, column 1: trailing characters, found `}`");
    }

    // attack: A-087
    #[test]
    fn a_member_that_stands_twice_is_refused_also_in_disguise() {
        assert_eq!(error(r#"{"a":1,"a":2}"#), "line 1, column 13: the member `a` stands twice, found `}`");
        assert!(error(r#"{"a":1,"\u0061":2}"#).contains("the member `a` stands twice"));
    }

    // attack: A-089
    #[test]
    fn deep_nesting_is_refused() {
        assert!(error(&"[".repeat(500)).contains("recursion limit"));
    }

    // attack: A-092
    #[test]
    fn a_byte_order_mark_is_refused() {
        assert!(error("\u{feff}{}").starts_with("line 1, column 1"));
    }
}
