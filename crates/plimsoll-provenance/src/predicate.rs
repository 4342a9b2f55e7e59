//! Predicate types: what kind of thing a statement says.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped};
use plimsoll_sbom::Format;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{fmt, sync::Arc};

/// A predicate type: a URI.
///
/// ```
/// use plimsoll_provenance::PredicateType;
/// assert_eq!(PredicateType::parse("cyclonedx").unwrap().as_str(), "https://cyclonedx.org/bom");
/// assert_eq!(PredicateType::parse("https://example.com/x/v1").unwrap().as_str(), "https://example.com/x/v1");
/// assert!(PredicateType::parse("cyclonedex").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PredicateType(Arc<str>);

/// SLSA provenance 1.0 to 1.2.
pub(crate) const SLSA_V1: &str = "https://slsa.dev/provenance/v1";
/// SLSA provenance 0.2.
pub(crate) const SLSA_V0_2: &str = "https://slsa.dev/provenance/v0.2";
/// A CycloneDX document. A version may stand behind it.
pub(crate) const CYCLONEDX: &str = "https://cyclonedx.org/bom";
/// An SPDX document. A version may stand behind it.
pub(crate) const SPDX: &str = "https://spdx.dev/Document";

/// Short names, as `cosign attest --type` has them ([cosign, predicate types]).
///
/// [cosign, predicate types]: https://github.com/sigstore/cosign/blob/v3.0.2/cmd/cosign/cli/options/predicate.go
const NAMES: &[(&str, &str)] = &[
    ("cyclonedx", CYCLONEDX),
    ("link", "https://in-toto.io/Link/v1"),
    ("openvex", "https://openvex.dev/ns"),
    ("slsaprovenance", SLSA_V0_2),
    ("slsaprovenance02", SLSA_V0_2),
    ("slsaprovenance1", SLSA_V1),
    ("spdx", SPDX),
    ("spdxjson", SPDX),
    ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
];

impl PredicateType {
    /// Takes a short name of cosign's, such as `slsaprovenance1`, or a URI.
    ///
    /// # Errors
    /// [`PredicateTypeError`] when it is neither.
    pub fn parse(text: &str) -> Result<Self, PredicateTypeError> {
        match NAMES.iter().find(|(name, _)| *name == text) {
            Some((_, uri)) => Ok(Self((*uri).into())),
            None => Self::uri(text),
        }
    }
    /// Takes a URI.
    ///
    /// # Errors
    /// [`PredicateTypeError`] when it has no scheme, or a control character or space.
    pub fn uri(text: &str) -> Result<Self, PredicateTypeError> {
        let is_scheme = |scheme: &str| {
            scheme.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
                && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        };
        let plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        match text.split_once(':') {
            Some((scheme, rest)) if plain && !rest.is_empty() && is_scheme(scheme) => Ok(Self(text.into())),
            _ => Err(PredicateTypeError { found: Escaped::new(text) }),
        }
    }
    /// The predicate type under which an SBOM of this format is attested.
    #[must_use]
    pub fn of_sbom(format: Format) -> Self {
        Self(if format == Format::Spdx { SPDX } else { CYCLONEDX }.into())
    }
    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The short name, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        NAMES.iter().find(|(_, uri)| **uri == *self.0).map(|(name, _)| *name)
    }
    /// The format, if it is one of an SBOM, with or without a version: `https://cyclonedx.org/bom/v1.6`.
    #[must_use]
    pub fn sbom(&self) -> Option<Format> {
        let is = |base: &str| self.0.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is(CYCLONEDX).then_some(Format::CycloneDx).or(is(SPDX).then_some(Format::Spdx))
    }
    /// Whether an authority for `self` may speak as `other`: the same URI, or the same format of SBOM in one of its versions where
    /// the authority is named for the format without a version.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self == other || (matches!(&*self.0, CYCLONEDX | SPDX) && self.sbom() == other.sbom())
    }
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped::new(&self.0).fmt(f)
    }
}
impl fmt::Debug for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for PredicateType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The text is no predicate type.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a predicate type such as `slsaprovenance1`, `cyclonedx`, `spdx` or a URI, found `{found}`")]
pub struct PredicateTypeError {
    /// The text.
    pub found: Escaped,
}

impl Classify for PredicateTypeError {
    fn code(&self) -> Code {
        code::MALFORMED_PREDICATE_TYPE
    }
}

#[cfg(test)]
mod tests;
