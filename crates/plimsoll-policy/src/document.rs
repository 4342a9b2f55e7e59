//! The shape of a policy file, as serde reads it.

use crate::{
    pattern::Pattern,
    purl::Purl,
    strict::{Map, Tree},
    version::{Minimum, Range},
};
use plimsoll_core::{Digest, UnixTime};
use serde::{Deserialize, Deserializer, de};
use std::{num::NonZeroU32, str::FromStr};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Document {
    pub(crate) version: u64,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) attestations: Option<Tree>,
    pub(crate) rules: Vec<RuleEntry>,
    #[serde(default)]
    pub(crate) examples: Vec<ExampleEntry>,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RuleEntry {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) severity: Severity,
    #[serde(default)]
    pub(crate) platforms: Option<Vec<Pattern>>,
    #[serde(default)]
    pub(crate) when: Option<When>,
    pub(crate) require: Require,
}

/// What a rule does where it does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// It denies.
    #[default]
    Deny,
    /// It warns.
    Warn,
}

/// For which requests a rule is there. Only what the caller asked for switches a rule off, never what a pusher wrote
/// (CVE-2023-34091).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct When {
    #[serde(default)]
    pub(crate) repositories: Option<Vec<Pattern>>,
    #[serde(default)]
    pub(crate) tags: Option<Vec<Pattern>>,
}

/// What must hold: exactly one of these.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Require {
    All(Vec<Require>),
    Any(Vec<Require>),
    Attestation(Attestation),
    Condition(String),
    Fact(FactWanted),
    Image(Image),
    Inventory(Inventory),
    Not(Box<Require>),
    Provenance(Provenance),
    Signature(Signature),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Signature {
    #[serde(default = "one")]
    pub(crate) count: NonZeroU32,
    pub(crate) by: Vec<Identity>,
    #[serde(default)]
    pub(crate) distinct: Distinct,
    #[serde(default)]
    pub(crate) formats: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) metadata: Map<Pattern>,
    #[serde(default)]
    pub(crate) name: Option<Binding>,
    #[serde(default)]
    pub(crate) minimum_version: Option<Minimum>,
}

/// Whether a signature must name the repository.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Binding {
    Bound,
}

/// Who is meant; every value that is given must match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Identity {
    #[serde(default)]
    pub(crate) subject: Option<Pattern>,
    #[serde(default)]
    pub(crate) store: Option<Pattern>,
    #[serde(default, deserialize_with = "parsed")]
    pub(crate) leaf: Option<Digest>,
    #[serde(default, deserialize_with = "parsed")]
    pub(crate) key: Option<Digest>,
    /// The SPIFFE ID of a workload.
    #[serde(default)]
    pub(crate) spiffe: Option<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Attestation {
    pub(crate) types: Vec<Pattern>,
    #[serde(default = "one")]
    pub(crate) count: NonZeroU32,
    #[serde(default)]
    pub(crate) by: Option<Vec<Identity>>,
    #[serde(default)]
    pub(crate) distinct: Distinct,
    #[serde(default)]
    pub(crate) how: Option<Vec<How>>,
}

/// What `count` counts.
#[derive(Clone, Copy, PartialEq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Distinct {
    /// Of the entries of `by`, those that a key of their own fills: n of m signers.
    Identities,
    /// Public keys, whichever entry of `by` they are of.
    #[default]
    Keys,
}

/// How an attestation is vouched for.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    DsseCertificate,
    DsseKey,
    DsseSvid,
    Notary,
}

impl How {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::DsseCertificate => "dsse-certificate",
            Self::DsseKey => "dsse-key",
            Self::DsseSvid => "dsse-svid",
            Self::Notary => "notary",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Provenance {
    #[serde(default)]
    pub(crate) by: Option<Vec<Identity>>,
    #[serde(default)]
    pub(crate) how: Option<Vec<How>>,
    #[serde(default)]
    pub(crate) builders: Option<Vec<Pattern>>,
    #[serde(default)]
    pub(crate) build_types: Option<Vec<Pattern>>,
    #[serde(default)]
    pub(crate) sources: Option<Vec<Pattern>>,
    #[serde(default)]
    pub(crate) source_digest: Option<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Inventory {
    #[serde(default)]
    pub(crate) by: Option<Vec<Identity>>,
    #[serde(default)]
    pub(crate) how: Option<Vec<How>>,
    #[serde(default)]
    pub(crate) formats: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) deny: Vec<Denied>,
    #[serde(default)]
    pub(crate) allow_licenses: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) deny_licenses: Vec<String>,
    #[serde(default)]
    pub(crate) unknown_licenses: UnknownLicenses,
}

/// A component that may not be inside; every value that is given must match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Denied {
    #[serde(default)]
    pub(crate) purl: Option<Purl>,
    #[serde(default)]
    pub(crate) name: Option<Pattern>,
    #[serde(default)]
    pub(crate) versions: Option<Range>,
    #[serde(default)]
    pub(crate) license: Option<String>,
    #[serde(default)]
    pub(crate) because: Option<String>,
}

/// What to make of a component that states no license that can be read.
#[derive(Clone, Copy, PartialEq, Default, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnknownLicenses {
    Allow,
    #[default]
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Image {
    #[serde(default)]
    pub(crate) platforms: Option<Vec<Pattern>>,
    #[serde(default)]
    pub(crate) labels: Map<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct FactWanted {
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) backing: WantedBacking,
    #[serde(default)]
    pub(crate) by: Option<Vec<Identity>>,
    #[serde(default)]
    pub(crate) values: Map<Pattern>,
}

/// What a fact that is named by kind must stand on.
#[derive(Clone, Copy, PartialEq, Default, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WantedBacking {
    Computed,
    #[default]
    Signed,
}

/// One example.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ExampleEntry {
    pub(crate) name: String,
    #[serde(deserialize_with = "parsed_required")]
    pub(crate) reference: plimsoll_core::Reference,
    #[serde(default, deserialize_with = "parsed")]
    pub(crate) at: Option<UnixTime>,
    #[serde(default)]
    pub(crate) facts: Map<Vec<SampleEntry>>,
    #[serde(default)]
    pub(crate) partial: Map<String>,
    pub(crate) expect: Expectation,
}

/// What an example expects.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expectation {
    Admit,
    Deny(String),
}

/// One fact of an example.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SampleEntry {
    #[serde(default)]
    pub(crate) by: Option<Signer>,
    #[serde(default)]
    pub(crate) failed: Option<String>,
    #[serde(default)]
    pub(crate) fields: Map<Tree>,
}

/// Who signed a fact of an example.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Signer {
    #[serde(default)]
    pub(crate) subject: Option<String>,
    #[serde(default)]
    pub(crate) store: Option<String>,
    #[serde(default, deserialize_with = "parsed")]
    pub(crate) leaf: Option<Digest>,
    #[serde(default, deserialize_with = "parsed")]
    pub(crate) key: Option<Digest>,
    #[serde(default)]
    pub(crate) spiffe: Option<String>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    parsed_required(deserializer).map(Some)
}

fn parsed_required<'de, D: Deserializer<'de>, T: FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}
