//! JSON in which two readers cannot see two things: UTF-8, each member of an object once, nested no deeper than a limit.

use plimsoll_core::{Budget, Escaped, LimitExceeded};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use std::{collections::BTreeSet, fmt};

/// The byte-order mark that editors put in front (RFC 8259, 8.1: a reader may ignore it).
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes behind a byte-order mark, and whether there was one.
pub(crate) fn without_mark(bytes: &[u8]) -> (&[u8], bool) {
    bytes.strip_prefix(MARK).map_or((bytes, false), |rest| (rest, true))
}

/// How much JSON is walked.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Levels of nesting; at most 126, since `serde_json` stops at 127.
    pub depth: u64,
    /// Values.
    pub values: u64,
}

/// Walks every value of the text once. Gives the members of the outermost object; no other value has any.
///
/// A derived reader refuses only the members that it knows when they stand twice, so all are checked here.
///
/// ```
/// use plimsoll_sbom::json::{Limits, check};
/// let limits = Limits { depth: 126, values: 1000 };
/// assert!(check(br#"{"a":{"b":1},"c":[]}"#, limits).unwrap().contains("c"));
/// let twice = check(br#"{"a":{"b":1,"\u0062":2}}"#, limits).unwrap_err();
/// assert_eq!(twice.to_string(), "line 1, column 20: the member `b` stands twice");
/// ```
/// # Errors
/// [`JsonError`] when it is no JSON, a member stands twice, or a limit is reached.
pub fn check(bytes: &[u8], limits: Limits) -> Result<BTreeSet<String>, JsonError> {
    let mut walk = Walk {
        values: Budget::new("values in JSON", limits.values),
        depth: Budget::new("levels of nesting in JSON", limits.depth),
        exceeded: None,
        top: BTreeSet::new(),
        level: 0,
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let done = Value(&mut walk).deserialize(&mut reader).and_then(|()| reader.end());
    match (done, walk.exceeded) {
        (_, Some(limit)) => Err(limit.into()),
        (Err(error), None) => Err(JsonError::from(&error)),
        (Ok(()), None) => Ok(walk.top),
    }
}

/// Reads a document whose text was checked.
pub(crate) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, JsonError> {
    serde_json::from_slice(bytes).map_err(|error| JsonError::from(&error))
}

/// Why a text is not the JSON that was expected.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// A limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// No JSON, a member twice, one that is missing, or one of the wrong type.
    #[error("line {line}, column {column}: {what}")]
    Refused {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What was expected or found.
        what: Escaped,
    },
}

impl From<&serde_json::Error> for JsonError {
    fn from(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let what = Escaped::new(text.strip_suffix(place.as_str()).unwrap_or(&text));
        Self::Refused { line: error.line(), column: error.column(), what }
    }
}

struct Walk {
    values: Budget,
    depth: Budget,
    exceeded: Option<LimitExceeded>,
    top: BTreeSet<String>,
    level: u64,
}

impl Walk {
    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.level = self.level.saturating_add(1);
        let fits = self.depth.clone().spend(self.level);
        self.within(fits)
    }
    fn leave(&mut self) {
        self.level = self.level.saturating_sub(1);
    }
    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        let fits = self.values.spend(1);
        self.within(fits)
    }
    fn within<E: serde::de::Error>(&mut self, fits: Result<(), LimitExceeded>) -> Result<(), E> {
        fits.map_err(|limit| {
            self.exceeded = Some(limit);
            E::custom(limit)
        })
    }
}

struct Value<'w>(&'w mut Walk);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.enter()?;
        while items.next_element_seed(Value(self.0))?.is_some() {}
        self.0.leave();
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.0.enter()?;
        let mut seen = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if seen.contains(&name) {
                return Err(A::Error::custom(format_args!("the member `{}` stands twice", Escaped::new(&name))));
            }
            members.next_value_seed(Value(self.0))?;
            seen.insert(name);
        }
        self.0.leave();
        if self.0.level == 0 {
            self.0.top = seen;
        }
        Ok(())
    }
}
