//! Configuration files in JSON: strict about what repeats, exact about where, silent about secrets.

use crate::{
    code,
    file::{FileError, Links, read_file, shown},
};
use plimsoll_core::{Classify, Code, Escaped};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, MapAccess, Visitor},
};
use serde_json::error::Category;
use std::{collections::BTreeMap, fmt, marker::PhantomData, path::Path};
use zeroize::Zeroizing;

/// Why a configuration file could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not JSON, or not of the form that its tool gives it.
    #[error("`{path}`, line {line}, column {column}{}: {problem}", place(at))]
    Malformed {
        /// The file.
        path: Escaped,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// The member, such as `keys[0].name`; empty for the document itself.
        at: Escaped,
        /// What is wrong there.
        problem: Escaped,
    },
}

fn place(at: &Escaped) -> String {
    if at.as_str().is_empty() { String::new() } else { format!(", at `{at}`") }
}

impl Classify for DocumentError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Malformed { .. } => code::MALFORMED_CONFIGURATION,
        }
    }
}

/// Whether the values of a document may stand in an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    /// They may.
    Plain,
    /// They are passwords and tokens.
    Secret,
}

/// The most that a configuration file may hold: the limit of Kubernetes for a Secret, from which such files are often mounted.
pub(crate) const LIMIT: u64 = 1_048_576;

/// Reads a document where the user keeps it; `None` where no file is.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, values: Values) -> Result<Option<T>, DocumentError> {
    let bytes = match read_file(path, Links::Follow, LIMIT) {
        Ok(contents) => Zeroizing::new(contents.bytes),
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    parse(path, &bytes, values).map(Some)
}

/// Reads a document from its bytes.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8], values: Values) -> Result<T, DocumentError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let at = error.path().to_string();
        let at = if at == "." { String::new() } else { at };
        malformed(path, &at, error.inner(), values)
    })?;
    json.end().map_err(|error| malformed(path, "", &error, values))?;
    Ok(read)
}

fn malformed(path: &Path, at: &str, error: &serde_json::Error, values: Values) -> DocumentError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    // serde's own words quote the value that it did not expect, and that may be a password.
    let problem = if values == Values::Secret && error.classify() == Category::Data {
        "the value is not of the type or form that belongs here, or stands twice"
    } else {
        text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text)
    };
    DocumentError::Malformed { path: shown(path), line, column, at: Escaped::new(at), problem: Escaped::new(problem) }
}

/// An object whose names are data. One that stands twice is an error: of two readers each would believe another one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Names<V>(pub(crate) BTreeMap<String, V>);

impl<V> Default for Names<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V: serde::Serialize> serde::Serialize for Names<V> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Names<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
            type Value = Names<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            // Go's encoder writes `null` for an empty map.
            fn visit_unit<E: de::Error>(self) -> Result<Names<V>, E> {
                Ok(Names::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names<V>, A::Error> {
                let mut names = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if names.contains_key(&name) {
                        return Err(de::Error::custom(format_args!(
                            "the member `{}` stands twice",
                            Escaped::new(&name)
                        )));
                    }
                    let value = map.next_value()?;
                    names.insert(name, value);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(Unique(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, values: Values) -> String {
        parse::<Names<Names<String>>>(Path::new("config.json"), text.as_bytes(), values).unwrap_err().to_string()
    }

    // attack: A-087
    #[test]
    fn a_087_a_member_that_stands_twice_is_refused() {
        assert_eq!(
            error(r#"{"a": {}, "\u0061": {}}"#, Values::Plain),
            "`config.json`, line 1, column 18: the member `a` stands twice"
        );
    }

    // attack: A-357
    #[test]
    fn a_357_a_value_that_may_be_a_password_is_not_quoted() {
        let text = "{\"a\":\n  {\"b\": 4711}}";
        assert_eq!(
            error(text, Values::Plain),
            "`config.json`, line 2, column 12, at `a.b`: invalid type: integer `4711`, expected a string"
        );
        assert_eq!(
            error(text, Values::Secret),
            "`config.json`, line 2, column 12, at `a.b`: the value is not of the type or form that belongs here, or \
             stands twice"
        );
    }

    // attack: A-089
    #[test]
    fn a_089_deep_nesting_ends_with_an_error() {
        let deep = "[".repeat(100_000);
        let error = parse::<serde_json::Value>(Path::new("x"), deep.as_bytes(), Values::Plain).unwrap_err();
        assert!(error.to_string().contains("recursion limit exceeded"), "{error}");
    }

    #[test]
    fn what_follows_the_document_is_refused() {
        assert_eq!(error("{} }", Values::Secret), "`config.json`, line 1, column 4: trailing characters");
    }
}
