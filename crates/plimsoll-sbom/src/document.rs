//! An SBOM as it came, and why it can be refused.

use crate::{Component, Hash, Inventory, PurlError, code, cyclonedx, json, json::JsonError, spdx};
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, code::NOT_SUPPORTED};
use std::{collections::BTreeSet, fmt};

/// An SBOM that was read: its format, what it says, and what was noticed on the way.
///
/// ```
/// use plimsoll_sbom::{Document, Format, Limits};
/// let json = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"curl"}]}"#;
/// let document = Document::read(json, &Limits::default()).unwrap();
/// assert_eq!((document.format, document.inventory.components.len()), (Format::CycloneDx, 1));
/// let twice = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[],"components":[]}"#;
/// assert!(Document::read(twice, &Limits::default()).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Document {
    /// The format.
    pub format: Format,
    /// Its version, such as `1.6` or `2.3`.
    pub spec_version: Box<str>,
    /// CycloneDX's `serialNumber` or SPDX's `documentNamespace`.
    pub id: Option<Box<str>>,
    /// What it lists.
    pub inventory: Inventory,
    /// What is wrong with it, but not so wrong that it cannot be read.
    pub notes: Vec<Note>,
}

impl Document {
    /// Reads CycloneDX 1.2 to 1.7 or SPDX 2.2 or 2.3, as JSON; which of them, the document says.
    ///
    /// Members that are not known here are passed over. Nothing that the document points at is fetched.
    ///
    /// # Errors
    /// [`SbomError`] when it is none of these, breaks their rules, or goes over a limit.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, SbomError> {
        LimitExceeded::check("bytes of an SBOM", limits.bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        let (text, marked) = json::without_mark(bytes);
        if let Some(found) = other_encoding(text) {
            return Err(SbomError::Unsupported { found: Escaped::new(found) });
        }
        let members = json::check(text, json::Limits { depth: limits.depth, values: limits.values })?;
        let mut document = if members.contains("bomFormat") {
            cyclonedx::read(text, limits)?
        } else if members.contains("spdxVersion") {
            spdx::read(text, limits)?
        } else if members.contains("@context") {
            return Err(SbomError::Unsupported { found: Escaped::new("SPDX 3") });
        } else {
            return Err(SbomError::UnknownFormat);
        };
        if marked {
            document.notes.insert(0, Note::ByteOrderMark);
        }
        document.inspect(limits);
        Ok(document)
    }
    /// Notes what is wrong with single components.
    fn inspect(&mut self, limits: &Limits) {
        let mut ids = BTreeSet::new();
        let found = self.inventory.all().flat_map(|component| {
            let doubled = component.id.as_deref().filter(|id| !ids.insert(*id));
            doubled.map(|id| Note::DuplicateId { id: Escaped::new(id) }).into_iter().chain(notes_on(component))
        });
        self.notes.extend(found.take(limits.notes));
    }
}

fn notes_on(component: &Component) -> impl Iterator<Item = Note> + '_ {
    let name = || Escaped::new(&component.name);
    let purl = component.purl.as_deref().and_then(|text| text.parse::<crate::Purl>().err());
    let hashes = component.hashes.iter().filter(|hash| hash.is_known() && !hash.is_well_formed());
    let hashes = hashes.map(move |hash: &Hash| Note::Hash { name: name(), algorithm: Escaped::new(&hash.algorithm) });
    purl.map(|error| Note::Purl { name: name(), error }).into_iter().chain(hashes)
}

/// Names what is an SBOM, but not in JSON.
fn other_encoding(text: &[u8]) -> Option<&'static str> {
    let text = text.trim_ascii_start();
    if text.starts_with(b"<") {
        Some("XML")
    } else if text.starts_with(b"SPDXVersion:") {
        Some("SPDX tag-value")
    } else {
        None
    }
}

/// The format of an SBOM.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Format {
    /// CycloneDX.
    CycloneDx,
    /// SPDX.
    Spdx,
}

impl Format {
    /// The word for it in rules and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CycloneDx => "cyclonedx",
            Self::Spdx => "spdx",
        }
    }
    /// The media type of the format as JSON: `application/vnd.cyclonedx+json` and `application/spdx+json`, as
    /// [IANA](https://www.iana.org/assignments/media-types/media-types.xhtml) lists them.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::CycloneDx => "application/vnd.cyclonedx+json",
            Self::Spdx => "application/spdx+json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of an SBOM is read. What is more is refused, never cut.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes: 256 MiB. A Linux distribution's SBOM has some tens of MiB.
    pub bytes: u64,
    /// Components, nested ones counted: 1 000 000.
    pub components: u64,
    /// Levels of nesting: 126, below the 127 at which `serde_json` stops.
    pub depth: u64,
    /// Notes that are kept: 100. More of the same help nobody.
    pub notes: usize,
    /// JSON values: 20 000 000, some twenty for each component.
    pub values: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, components: 1_000_000, depth: 126, notes: 100, values: 20_000_000 }
    }
}

/// Something that is wrong with an SBOM which can be read all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Note {
    /// It starts with a byte-order mark.
    ByteOrderMark,
    /// Two components have one id: whoever refers to it may mean either.
    DuplicateId {
        /// The id.
        id: Escaped,
    },
    /// A hash whose length is not that of its algorithm. It never matches.
    Hash {
        /// The component.
        name: Escaped,
        /// The algorithm.
        algorithm: Escaped,
    },
    /// A package URL that is none. It is kept as text.
    Purl {
        /// The component.
        name: Escaped,
        /// What is wrong with it.
        error: PurlError,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByteOrderMark => f.write_str("the document starts with a byte-order mark"),
            Self::DuplicateId { id } => write!(f, "two components have the id `{id}`"),
            Self::Hash { name, algorithm } => write!(f, "`{name}` has a hash that is none by {algorithm}"),
            Self::Purl { name, error } => write!(f, "the package URL of `{name}` is none: {error}"),
        }
    }
}

/// Why bytes are not an SBOM that Plimsoll reads.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SbomError {
    /// No JSON, a member twice, one that is missing, or one of the wrong type.
    #[error(transparent)]
    Json(JsonError),
    /// A limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// Neither CycloneDX nor SPDX.
    #[error("expected a member `bomFormat` or `spdxVersion`, found neither")]
    UnknownFormat,
    /// An SBOM in a format, version or encoding that is not read here.
    #[error("expected CycloneDX 1.2 to 1.7 or SPDX 2.2 or 2.3, as JSON, found `{found}`")]
    Unsupported {
        /// What it is.
        found: Escaped,
    },
}

impl From<JsonError> for SbomError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Limit(limit) => limit.into(),
            error => Self::Json(error),
        }
    }
}

impl Classify for SbomError {
    fn code(&self) -> Code {
        match self {
            Self::Json(_) | Self::UnknownFormat => code::MALFORMED_SBOM,
            Self::Limit(limit) => limit.code(),
            Self::Unsupported { .. } => NOT_SUPPORTED,
        }
    }
}

#[cfg(test)]
mod tests;
