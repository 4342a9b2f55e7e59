//! Names of plugins.

use crate::code;
use alloc::{format, string::String, sync::Arc};
use core::{fmt, str::FromStr};
use plimsoll_core::{Classify, Code, Escaped};

/// The name of a plugin: of its folder, and the end of its file's name.
///
/// Letters, digits, `_`, `.` and `-`, as for trust stores; not `.`, `..`, or one that starts with `.` or `-`, and at most 128
/// characters: it becomes a piece of a path, and no name may mean another folder or an option.
///
/// ```
/// use plimsoll_notary::plugin::PluginName;
/// let name: PluginName = "com.example.kms".parse().unwrap();
/// assert_eq!(name.executable(""), "notation-com.example.kms");
/// assert!("../../bin/sh".parse::<PluginName>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PluginName(Arc<str>);

impl PluginName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The name of the program in the plugin's folder; `suffix` is `.exe` on Windows, and nothing elsewhere. No other suffix is
    /// ever added, so no command script can be meant.
    #[must_use]
    pub fn executable(&self, suffix: &str) -> String {
        format!("notation-{}{suffix}", self.0)
    }
}

impl FromStr for PluginName {
    type Err = PluginNameError;
    fn from_str(text: &str) -> Result<Self, PluginNameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        let plain = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(allowed);
        if plain && !text.starts_with(['.', '-']) {
            Ok(Self(text.into()))
        } else {
            Err(PluginNameError { found: Escaped::new(text) })
        }
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not the name of a plugin.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected the name of a plugin, of letters, digits, `_`, `.` and `-`, found `{found}`")]
pub struct PluginNameError {
    /// The text.
    pub found: Escaped,
}

impl Classify for PluginNameError {
    fn code(&self) -> Code {
        code::MALFORMED_PLUGIN_NAME
    }
}

/// File systems end at 255 bytes; nobody's plugin comes near.
const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    // attack: A-346
    // attack: A-354
    // spec: NP-009
    #[test]
    fn a_name_is_one_piece_of_a_path_and_no_script() {
        for bad in
            ["", ".", "..", "../../bin/sh", "/bin/sh", "a/b", r"a\b", "c:x", "-rf", ".hidden", "a b", "é", "a\0", "a;b"]
        {
            assert!(bad.parse::<PluginName>().is_err(), "{bad}");
        }
        assert!("a".repeat(128).parse::<PluginName>().is_ok());
        assert!("a".repeat(129).parse::<PluginName>().is_err());
        let script: PluginName = "kms.bat".parse().unwrap();
        assert_eq!(script.executable(".exe"), "notation-kms.bat.exe");
    }
}
