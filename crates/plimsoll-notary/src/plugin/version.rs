//! Versions of plugins.

use crate::code;
use core::{cmp::Ordering, fmt, str::FromStr};
use plimsoll_core::{Classify, Code, Escaped};

/// A version as [Semantic Versioning 2.0.0](https://semver.org/spec/v2.0.0.html) has it, ordered by precedence.
///
/// ```
/// use plimsoll_notary::plugin::PluginVersion;
/// let version = |text: &str| text.parse::<PluginVersion>().unwrap();
/// assert!(version("1.2.0-rc.1") < version("1.2.0"));
/// assert_eq!(version("1.2.0+linux"), version("1.2.0+darwin"));
/// assert!("1.2".parse::<PluginVersion>().is_err());
/// ```
#[derive(Clone, Debug)]
pub struct PluginVersion(semver::Version);

impl FromStr for PluginVersion {
    type Err = PluginVersionError;
    fn from_str(text: &str) -> Result<Self, PluginVersionError> {
        let malformed = || PluginVersionError { found: Escaped::new(text) };
        if text.len() > LONGEST {
            return Err(malformed());
        }
        semver::Version::parse(text).map(Self).map_err(|_| malformed())
    }
}

impl PartialEq for PluginVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for PluginVersion {}
impl PartialOrd for PluginVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for PluginVersion {
    /// By precedence: build metadata does not count (Semantic Versioning, 10).
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp_precedence(&other.0)
    }
}

impl fmt::Display for PluginVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a version.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a version as Semantic Versioning writes it, such as `1.0.0`, found `{found}`")]
pub struct PluginVersionError {
    /// The text.
    pub found: Escaped,
}

impl Classify for PluginVersionError {
    fn code(&self) -> Code {
        code::PLUGIN_PROTOCOL
    }
}

/// More is no version that people write.
const LONGEST: usize = 256;
