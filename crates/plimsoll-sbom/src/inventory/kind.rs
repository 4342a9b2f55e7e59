//! What kind of thing a component is.

use std::fmt;

/// What kind of thing a component is: CycloneDX's `type`, SPDX's `primaryPackagePurpose`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Kind(Box<str>);

/// The words that both formats have, with SPDX's form, and those of SPDX alone.
/// Sources: `component.type` of CycloneDX 1.7, `primaryPackagePurpose` of SPDX 2.3.
const PURPOSES: &[(&str, &str)] = &[
    ("application", "APPLICATION"),
    ("archive", "ARCHIVE"),
    ("container", "CONTAINER"),
    ("device", "DEVICE"),
    ("file", "FILE"),
    ("firmware", "FIRMWARE"),
    ("framework", "FRAMEWORK"),
    ("install", "INSTALL"),
    ("library", "LIBRARY"),
    ("operating-system", "OPERATING-SYSTEM"),
    ("other", "OTHER"),
    ("source", "SOURCE"),
];

/// `component.type` of CycloneDX 1.6.
const TYPES: &[&str] = &[
    "application",
    "container",
    "cryptographic-asset",
    "data",
    "device",
    "device-driver",
    "file",
    "firmware",
    "framework",
    "library",
    "machine-learning-model",
    "operating-system",
    "platform",
];

impl Kind {
    /// Takes CycloneDX's word for it.
    #[must_use]
    pub fn new(word: &str) -> Self {
        Self(word.into())
    }
    /// An application.
    #[must_use]
    pub fn application() -> Self {
        Self::new("application")
    }
    /// A container image.
    #[must_use]
    pub fn container() -> Self {
        Self::new("container")
    }
    /// A library.
    #[must_use]
    pub fn library() -> Self {
        Self::new("library")
    }
    /// An operating system.
    #[must_use]
    pub fn operating_system() -> Self {
        Self::new("operating-system")
    }
    /// The word in rules and output: CycloneDX's, or SPDX's in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Takes SPDX's word for it. The JSON schemas of 2.3 have it with `_` and with `-`.
    pub(crate) fn of_purpose(purpose: &str) -> Self {
        let text = purpose.replace('_', "-");
        PURPOSES
            .iter()
            .find(|(_, spdx)| *spdx == text)
            .map_or_else(|| Self(purpose.to_ascii_lowercase().into()), |(word, _)| Self::new(word))
    }
    /// SPDX's word for it, as the specification and the latest schema of 2.3 write it.
    pub(crate) fn purpose(&self) -> &'static str {
        PURPOSES.iter().find(|(word, _)| *word == &*self.0).map_or("OTHER", |(_, spdx)| spdx)
    }
    /// CycloneDX's word for it. What CycloneDX has no word for is a library, or a file.
    pub(crate) fn cyclonedx_type(&self) -> &'static str {
        let found = TYPES.iter().find(|word| **word == &*self.0);
        found.copied().unwrap_or(if matches!(&*self.0, "archive" | "source") { "file" } else { "library" })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        plimsoll_core::Escaped::new(&self.0).fmt(f)
    }
}
