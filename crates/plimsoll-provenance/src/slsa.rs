//! SLSA provenance: how, from what and by whom an artifact was built.
//!
//! Version 1 ([build provenance]) is read and written as it is typed here; version 0.2 is read. Each version has its own
//! model, so that no member of one is taken for one of the other.
//!
//! [build provenance]: https://slsa.dev/spec/v1.1/provenance

use crate::{PredicateType, code, predicate};
use plimsoll_core::{Classify, Code, Escaped, UnixTime};
use plimsoll_sbom::json::{self, JsonError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The predicate `https://slsa.dev/provenance/v1`.
///
/// ```
/// use plimsoll_provenance::slsa::{Provenance, ResourceDescriptor};
/// let mut provenance = Provenance::new("https://example.com/build/v1", "https://example.com/builder");
/// let source = ResourceDescriptor::git("git+https://example.com/ship", "0123456789012345678901234567890123456789");
/// provenance.build_definition.resolved_dependencies.push(source);
/// let read = Provenance::read(&provenance.to_json()).unwrap();
/// assert_eq!(read.run_details.builder.id, "https://example.com/builder");
/// assert!(Provenance::read(b"{}").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Provenance {
    /// What was built.
    pub build_definition: BuildDefinition,
    /// This run of it.
    pub run_details: RunDetails,
}

/// What was built: all that is needed to do it again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BuildDefinition {
    /// The kind of build: a URI that says what the parameters mean.
    pub build_type: String,
    /// What whoever started the build controls.
    pub external_parameters: Map<String, Value>,
    /// What the builder controls.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Map::is_empty")]
    pub internal_parameters: Map<String, Value>,
    /// What the build took in, the source among it.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub resolved_dependencies: Vec<ResourceDescriptor>,
}

/// One run of a build.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RunDetails {
    /// Who ran it.
    pub builder: Builder,
    /// When and as which invocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BuildMetadata>,
    /// What else it made.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub byproducts: Vec<ResourceDescriptor>,
}

/// Who ran a build.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Builder {
    /// A URI for the platform that is trusted to have built as it says.
    pub id: String,
    /// Versions of its parts.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "BTreeMap::is_empty")]
    pub version: BTreeMap<String, String>,
}

/// When a build ran.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BuildMetadata {
    /// Which run it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
    /// When it started, as RFC 3339 writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<String>,
    /// When it ended, as RFC 3339 writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<String>,
}

impl BuildMetadata {
    /// Says when the build started and ended.
    #[must_use]
    pub fn between(started: UnixTime, finished: UnixTime) -> Self {
        Self { invocation_id: None, started_on: Some(started.to_string()), finished_on: Some(finished.to_string()) }
    }
}

/// An artifact by where it is and what it is ([in-toto attestation, resource_descriptor.md]).
///
/// [in-toto attestation, resource_descriptor.md]: https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/resource_descriptor.md
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceDescriptor {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Digests by the name of their algorithm.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "BTreeMap::is_empty")]
    pub digest: BTreeMap<String, String>,
}

impl ResourceDescriptor {
    /// A git repository at a commit.
    #[must_use]
    pub fn git(uri: &str, commit: &str) -> Self {
        let digest = BTreeMap::from([(GIT_COMMIT.to_owned(), commit.to_owned())]);
        Self { name: None, uri: Some(uri.to_owned()), digest }
    }
    fn is_git(&self) -> bool {
        self.digest.contains_key(GIT_COMMIT) || self.uri.as_deref().is_some_and(|uri| uri.starts_with("git+"))
    }
    fn source(&self) -> Source {
        let digest = [GIT_COMMIT, "sha1", "sha256", "sha512"].into_iter().find_map(|name| self.digest.get(name));
        Source { uri: self.uri.clone(), digest: digest.cloned() }
    }
}

const GIT_COMMIT: &str = "gitCommit";

/// The git repository among what was used. Of several different ones nothing says which was built and which was only a
/// dependency or the pipeline itself, so none is taken: whoever builds could add the one that a rule wants.
fn only_git(resources: &[ResourceDescriptor]) -> Option<&ResourceDescriptor> {
    let mut found = resources.iter().filter(|resource| resource.is_git());
    let first = found.next()?;
    found.all(|other| other.source() == first.source()).then_some(first)
}

/// `null` where Go writes an empty list or map.
fn nullable<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Provenance {
    /// Starts a provenance; add the parameters, the source and when it ran.
    #[must_use]
    pub fn new(build_type: &str, builder_id: &str) -> Self {
        let builder = Builder { id: builder_id.to_owned(), version: BTreeMap::new() };
        Self {
            build_definition: BuildDefinition {
                build_type: build_type.to_owned(),
                external_parameters: Map::new(),
                internal_parameters: Map::new(),
                resolved_dependencies: Vec::new(),
            },
            run_details: RunDetails { builder, metadata: None, byproducts: Vec::new() },
        }
    }
    /// Reads a predicate of version 1.
    ///
    /// # Errors
    /// [`ProvenanceError`] when it is none.
    pub fn read(predicate: &[u8]) -> Result<Self, ProvenanceError> {
        read(predicate)
    }
    /// Writes the predicate. The same provenance gives the same bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "text keys and values always serialise")]
        serde_json::to_vec(self).expect("provenance of texts serialises")
    }
    /// What rules ask of it. The source is the resolved dependency that is a git repository; of several different ones none
    /// is taken.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let source = only_git(&self.build_definition.resolved_dependencies);
        Summary {
            builder_id: self.run_details.builder.id.clone(),
            build_type: self.build_definition.build_type.clone(),
            source: source.map(ResourceDescriptor::source).unwrap_or_default(),
        }
    }
}

/// The predicate `https://slsa.dev/provenance/v0.2`, as far as rules ask of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct V0_2 {
    builder: Builder,
    build_type: String,
    invocation: Option<Invocation>,
    materials: Option<Vec<ResourceDescriptor>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    config_source: Option<ResourceDescriptor>,
}

/// What rules ask of a provenance, whatever its version.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Who built it.
    pub builder_id: String,
    /// What kind of build it was.
    pub build_type: String,
    /// What it was built from.
    pub source: Source,
}

/// What something was built from.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Source {
    /// Where it is, such as `git+https://example.com/ship@refs/heads/main`.
    pub uri: Option<String>,
    /// The commit, in hexadecimal.
    pub digest: Option<String>,
}

impl Summary {
    /// Reads a predicate of the given type; `None` for a type that is no SLSA provenance.
    ///
    /// Of version 0.2 the source is `invocation.configSource` where it names one, else the material that is a git
    /// repository, as in version 1.
    ///
    /// # Errors
    /// [`ProvenanceError`] when the predicate is not what its type says.
    pub fn read(kind: &PredicateType, predicate: &[u8]) -> Result<Option<Self>, ProvenanceError> {
        match kind.as_str() {
            predicate::SLSA_V1 => Provenance::read(predicate).map(|provenance| Some(provenance.summary())),
            predicate::SLSA_V0_2 => {
                let V0_2 { builder, build_type, invocation, materials } = read(predicate)?;
                let source = invocation.and_then(|it| it.config_source).filter(|source| source.uri.is_some());
                let source = source.or_else(|| only_git(&materials?).cloned());
                let source = source.as_ref().map(ResourceDescriptor::source).unwrap_or_default();
                Ok(Some(Self { builder_id: builder.id, build_type, source }))
            }
            _ => Ok(None),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(predicate: &'a [u8]) -> Result<T, ProvenanceError> {
    json::check(predicate, json::Limits { depth: 126, values: 4_000_000 })?;
    serde_json::from_slice(predicate).map_err(|error| JsonError::from(&error).into())
}

/// Why a predicate is no SLSA provenance.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected SLSA provenance: {what}")]
pub struct ProvenanceError {
    /// What is wrong, and where.
    pub what: Escaped,
}

impl From<JsonError> for ProvenanceError {
    fn from(error: JsonError) -> Self {
        Self { what: Escaped::new(&error.to_string()) }
    }
}

impl Classify for ProvenanceError {
    fn code(&self) -> Code {
        code::MALFORMED_PROVENANCE
    }
}

#[cfg(test)]
mod tests;
