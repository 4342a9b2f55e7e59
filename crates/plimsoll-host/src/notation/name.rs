//! Names that become names of files.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped};
use std::{fmt, str::FromStr};

/// The name of a key in Notation's configuration: letters, digits, `_`, `.` and `-`, neither `.` nor `..`.
///
/// ```
/// use plimsoll_host::notation::KeyName;
/// assert_eq!("release-2026".parse::<KeyName>().unwrap().as_str(), "release-2026");
/// assert!("../release".parse::<KeyName>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(Box<str>);

impl KeyName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        if is_file_name(text) { Ok(Self(text.into())) } else { Err(NameError { found: Escaped::new(text) }) }
    }
}

/// `^[a-zA-Z0-9_.-]+$`, as notation-go has it, without the two names that are directories, and short enough for a file
/// name with an extension.
pub(crate) fn is_file_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    !text.is_empty() && text.len() <= 240 && text != "." && text != ".." && text.bytes().all(allowed)
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text would be a path, or no file name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a name of letters, digits, `_`, `.` and `-`, found `{found}`")]
pub struct NameError {
    /// The text.
    pub found: Escaped,
}

impl Classify for NameError {
    fn code(&self) -> Code {
        code::MALFORMED_NAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_file() {
        for bad in ["", ".", "..", "a/b", "a\\b", "a b", "a\0", "\u{e9}", "C:x"] {
            assert!(bad.parse::<KeyName>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(241).parse::<KeyName>().is_err());
        assert_eq!(
            "../x".parse::<KeyName>().unwrap_err().to_string(),
            "expected a name of letters, digits, `_`, `.` and `-`, found `../x`"
        );
    }
}
