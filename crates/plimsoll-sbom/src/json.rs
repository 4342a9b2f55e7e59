//! JSON as an SBOM must be written: UTF-8, each member of an object once, nested no deeper than the limit.

use crate::{Limits, SbomError};
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

/// Reads every value of the text once. Gives the members of the outermost object.
///
/// A derived reader refuses only the members that it knows when they stand twice, so all are checked here.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<BTreeSet<String>, SbomError> {
    let mut walk = Walk {
        values: Budget::new("values in an SBOM", limits.values),
        depth: Budget::new("levels of nesting in an SBOM", limits.depth),
        exceeded: None,
        top: BTreeSet::new(),
        level: 0,
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    // The walk counts the levels itself, and bounds them.
    let done = Value(&mut walk).deserialize(&mut reader).and_then(|()| reader.end());
    match (done, walk.exceeded) {
        (_, Some(limit)) => Err(limit.into()),
        (Err(error), None) => Err(refused(&error)),
        (Ok(()), None) => Ok(walk.top),
    }
}

/// Reads a document whose text was checked.
pub(crate) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, SbomError> {
    serde_json::from_slice(bytes).map_err(|error| refused(&error))
}

fn refused(error: &serde_json::Error) -> SbomError {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    SbomError::Json {
        line: error.line(),
        column: error.column(),
        what: Escaped::new(text.strip_suffix(place.as_str()).unwrap_or(&text)),
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
