//! in-toto statements.

use crate::{PredicateType, code};
use plimsoll_core::{Classify, Code, Digest, Escaped, LimitExceeded, Subjects};
use plimsoll_sbom::json::{self, JsonError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// The media type of a statement: DSSE's `payloadType` ([in-toto attestation, envelope.md]).
///
/// [in-toto attestation, envelope.md]: https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/envelope.md
pub const STATEMENT_TYPE: &str = "application/vnd.in-toto+json";

/// The version of a statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum StatementVersion {
    /// 0.1, which cosign writes whatever the predicate.
    V0_1,
    /// 1.
    V1,
}

impl StatementVersion {
    /// The value of `_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0_1 => "https://in-toto.io/Statement/v0.1",
            Self::V1 => "https://in-toto.io/Statement/v1",
        }
    }
}

/// What is said about which artifacts: an [in-toto statement] of version 0.1 or 1.
///
/// Reading it proves nothing. What it is about counts only through [`About`](plimsoll_core::About), and that goes by digest
/// alone: the names of subjects are hints.
///
/// ```
/// use plimsoll_core::{About, Digest};
/// use plimsoll_provenance::{PredicateType, Statement, StatementLimits};
/// let ship = Digest::sha256_of(b"ship");
/// let statement = Statement::new([("ship", ship)], PredicateType::parse("slsaprovenance1")?, b"{}")?;
/// let read = Statement::read(&statement.to_json(), &StatementLimits::default())?;
/// assert!(About::bind(read.clone(), ship).is_ok());
/// assert!(About::bind(read, Digest::sha256_of(b"another ship")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// [in-toto statement]: https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/statement.md
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Statement {
    /// The version that it was written in.
    pub version: StatementVersion,
    /// What it is about; at least one.
    pub subjects: Vec<StatementSubject>,
    /// What kind of thing is said.
    pub predicate_type: PredicateType,
    /// What is said: JSON, as it came.
    pub predicate: Option<Box<str>>,
}

/// One subject of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StatementSubject {
    /// Its name: a hint.
    pub name: Option<Box<str>>,
    /// Digests in hexadecimal by the name of their algorithm, as they were written.
    pub digests: BTreeMap<String, String>,
}

/// How much of a statement is read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StatementLimits {
    /// Bytes: 32 MiB, as one blob.
    pub bytes: u64,
    /// Levels of nesting: 126, below the 127 at which `serde_json` stops.
    pub depth: u64,
    /// Digests of one subject: 32, as sigstore-go (CVE-2024-45395).
    pub digests: u64,
    /// Subjects: 1024, as sigstore-go (CVE-2024-45395).
    pub subjects: u64,
    /// JSON values: 4 000 000, more than 32 MiB of an SBOM hold.
    pub values: u64,
}

impl Default for StatementLimits {
    fn default() -> Self {
        Self { bytes: 32 << 20, depth: 126, digests: 32, subjects: 1024, values: 4_000_000 }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<WireSubject>,
    predicate_type: String,
    #[serde(borrow)]
    predicate: Option<&'a RawValue>,
}

#[derive(Deserialize, Serialize)]
struct WireSubject {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Box<str>>,
    digest: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<SubjectView<'a>>,
    predicate_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct SubjectView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    digest: &'a BTreeMap<String, String>,
}

impl<'a> SubjectView<'a> {
    fn of(subject: &'a StatementSubject) -> Self {
        Self { name: subject.name.as_deref(), digest: &subject.digests }
    }
}

impl Statement {
    /// Makes a statement of version 1. `predicate` is JSON and is kept as it is.
    ///
    /// # Errors
    /// [`StatementError`] without a subject, or when the predicate is no JSON in which each member stands once.
    pub fn new<'a>(
        subjects: impl IntoIterator<Item = (&'a str, Digest)>,
        predicate_type: PredicateType,
        predicate: &[u8],
    ) -> Result<Self, StatementError> {
        let limits = StatementLimits::default();
        json::check(predicate, json::Limits { depth: limits.depth.saturating_sub(1), values: limits.values })?;
        let predicate = std::str::from_utf8(predicate).map_err(|_| StatementError::Encoding)?.trim();
        let subject = |(name, digest): (&str, Digest)| StatementSubject {
            name: Some(name.into()),
            digests: BTreeMap::from([(digest.algorithm().to_owned(), digest.encoded())]),
        };
        let subjects: Vec<_> = subjects.into_iter().map(subject).collect();
        if subjects.is_empty() {
            return Err(StatementError::NoSubject);
        }
        Ok(Self { version: StatementVersion::V1, subjects, predicate_type, predicate: Some(predicate.into()) })
    }
    /// Reads a statement. Members that are not known are passed over.
    ///
    /// # Errors
    /// [`StatementError`] when it is none, has no subject, or goes over a limit.
    pub fn read(bytes: &[u8], limits: &StatementLimits) -> Result<Self, StatementError> {
        LimitExceeded::check("bytes of a statement", limits.bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        json::check(bytes, json::Limits { depth: limits.depth, values: limits.values })?;
        let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(|error| JsonError::from(&error))?;
        let version = [StatementVersion::V0_1, StatementVersion::V1].into_iter().find(|v| v.as_str() == wire.kind);
        let version = version.ok_or_else(|| StatementError::Type { found: Escaped::new(&wire.kind) })?;
        let predicate_type = PredicateType::uri(&wire.predicate_type)
            .map_err(|_| StatementError::PredicateType { found: Escaped::new(&wire.predicate_type) })?;
        let subjects = subjects(wire.subject, version, limits)?;
        let predicate = wire.predicate.map(|raw| raw.get().into());
        Ok(Self { version, subjects, predicate_type, predicate })
    }
    /// Writes the statement, in its version. The same statement gives the same bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let predicate = self.predicate.as_deref().and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
        let view = View {
            kind: self.version.as_str(),
            subject: self.subjects.iter().map(SubjectView::of).collect(),
            predicate_type: self.predicate_type.as_str(),
            predicate,
        };
        #[expect(clippy::expect_used, reason = "text keys and values always serialise")]
        serde_json::to_vec(&view).expect("a statement of texts serialises")
    }
}

fn subjects(
    wire: Vec<WireSubject>,
    version: StatementVersion,
    limits: &StatementLimits,
) -> Result<Vec<StatementSubject>, StatementError> {
    let count = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
    LimitExceeded::check("subjects of a statement", limits.subjects, count(wire.len()))?;
    if wire.is_empty() {
        return Err(StatementError::NoSubject);
    }
    let mut names = BTreeSet::new();
    for subject in &wire {
        LimitExceeded::check("digests of a subject", limits.digests, count(subject.digest.len()))?;
        // In 0.1 a name is required, and unique; in 1 it is a hint.
        if version == StatementVersion::V0_1 && !subject.name.as_ref().is_some_and(|name| names.insert(name)) {
            return Err(StatementError::SubjectName);
        }
    }
    drop(names);
    Ok(wire.into_iter().map(|WireSubject { name, digest }| StatementSubject { name, digests: digest }).collect())
}

impl Subjects for Statement {
    /// By SHA-256 or SHA-512, whichever `digest` has; no name, and no weaker hash, makes a match.
    fn has_subject(&self, digest: &Digest) -> bool {
        let encoded = digest.encoded();
        self.subjects.iter().any(|subject| subject.digests.get(digest.algorithm()) == Some(&encoded))
    }
}

/// Why bytes are not a statement.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The predicate is not UTF-8.
    #[error("expected a predicate in UTF-8")]
    Encoding,
    /// No JSON, a member twice, one that is missing, or one of the wrong type.
    #[error(transparent)]
    Json(JsonError),
    /// A limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// It is about nothing.
    #[error("expected a statement about at least one subject, found none")]
    NoSubject,
    /// The predicate type is no URI.
    #[error("expected a URI as the predicate type, found `{found}`")]
    PredicateType {
        /// What stands there.
        found: Escaped,
    },
    /// A subject of version 0.1 without a name, or with one that another has.
    #[error("expected a name of its own for each subject of a statement of version 0.1")]
    SubjectName,
    /// Another kind of document.
    #[error("expected the `_type` of an in-toto statement of version 0.1 or 1, found `{found}`")]
    Type {
        /// Its `_type`.
        found: Escaped,
    },
}

impl From<JsonError> for StatementError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Limit(limit) => limit.into(),
            error => Self::Json(error),
        }
    }
}

impl Classify for StatementError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            _ => code::MALFORMED_STATEMENT,
        }
    }
}

#[cfg(test)]
mod tests;
