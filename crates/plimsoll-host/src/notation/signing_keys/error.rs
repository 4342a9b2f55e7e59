//! What can be wrong with the list of signing keys.

use crate::{DocumentError, code, file::FileError};
use plimsoll_core::{Classify, Code, Escaped};

/// What is wrong with the list of signing keys.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeysError {
    /// The file is unreadable or malformed.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Two keys have one name.
    #[error("`{path}`: expected each key once, found `{name}` twice")]
    Duplicate {
        /// The file.
        path: Escaped,
        /// The name.
        name: Escaped,
    },
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A key is neither in files nor with a plugin, or both.
    #[error("`{path}`: key `{name}`: expected either `keyPath` and `certPath` or `id` and `pluginName`")]
    Incomplete {
        /// The file.
        path: Escaped,
        /// The name.
        name: Escaped,
    },
    /// No default key is set.
    #[error("expected the name of a signing key, as no default key is set{}", choice(.known, ": it is one of "))]
    NoDefault {
        /// The names that are known.
        known: Vec<Escaped>,
    },
    /// A key has no name.
    #[error("`{path}`: keys[{at}].name: expected a name, found an empty text")]
    NoName {
        /// The file.
        path: Escaped,
        /// Its place in the list, from 0.
        at: usize,
    },
    /// The path of a key is not UTF-8, and JSON cannot hold it.
    #[error("expected a path in UTF-8, found `{path}`")]
    PathNotText {
        /// The path, as far as it is text.
        path: Escaped,
    },
    /// The name of a new key is taken.
    #[error("a signing key `{name}` is there already")]
    Taken {
        /// The name.
        name: Escaped,
    },
    /// The default key is not in the list.
    #[error("`{path}`: the default key `{default}` is not in the list of keys")]
    UnknownDefault {
        /// The file.
        path: Escaped,
        /// The name.
        default: Escaped,
    },
    /// No key has that name.
    #[error("expected {}, found `{name}`", one_of(.known))]
    UnknownKey {
        /// The name.
        name: Escaped,
        /// The names that are known.
        known: Vec<Escaped>,
    },
}

fn choice(known: &[Escaped], before: &str) -> String {
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}
fn one_of(known: &[Escaped]) -> String {
    if known.is_empty() {
        "a signing key, of which there is none".into()
    } else {
        choice(known, "one of the signing keys ")
    }
}

impl Classify for SigningKeysError {
    fn code(&self) -> Code {
        match self {
            Self::Document(error) => error.code(),
            Self::File(error) => error.code(),
            Self::PathNotText { .. } => code::MALFORMED_NAME,
            Self::Taken { .. } => code::ALREADY_THERE,
            Self::NoDefault { .. } | Self::UnknownKey { .. } => code::UNKNOWN_KEY,
            Self::Duplicate { .. } | Self::Incomplete { .. } | Self::NoName { .. } | Self::UnknownDefault { .. } => {
                code::MALFORMED_SIGNING_KEYS
            }
        }
    }
}
