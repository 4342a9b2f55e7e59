//! Package URLs as far as a rule compares them.

use crate::truth::Truth;
use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt};

/// A package URL, taken apart as the [purl specification][spec] says, folded for comparison.
///
/// Comparison is for deny lists, so it errs to the side of a match: type, namespace and name compare without case and
/// with `_` as `-`, however they are percent-encoded.
///
/// [spec]: https://github.com/package-url/purl-spec/blob/main/docs/how-to-parse.md
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Purl {
    text: String,
    pub(crate) kind: String,
    path: String,
    pub(crate) version: Option<String>,
    qualifiers: BTreeMap<String, String>,
}

impl Purl {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let rest = text.rsplit_once('#').map_or(text, |(rest, _)| rest);
        let (rest, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
        let (scheme, rest) = rest.split_once(':')?;
        let (kind, rest) = rest.trim_start_matches('/').split_once('/')?;
        let rest = rest.trim_matches('/');
        // An `@` of a scope such as `@angular` stands in front of a slash, the one of the version behind the last.
        let slash = rest.rfind('/').map_or(0, |at| at.saturating_add(1));
        let (path, version) = match rest.rfind('@').filter(|at| *at >= slash && *at > 0) {
            Some(at) => (rest.get(..at)?, Some(decode(rest.get(at.saturating_add(1)..)?)?)),
            None => (rest, None),
        };
        // Empty segments mean nothing (purl specification, how to parse).
        let decoded = decode(path)?;
        let path = fold(&decoded.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"));
        let well_formed = scheme.eq_ignore_ascii_case("pkg") && !path.is_empty() && !kind.is_empty();
        let mut qualifiers = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=')?;
            qualifiers.insert(key.to_ascii_lowercase(), decode(value)?);
        }
        well_formed.then(|| Self { text: text.into(), kind: kind.to_ascii_lowercase(), path, version, qualifiers })
    }
    /// Whether `component` is what this pattern means: a pattern without version means every version, qualifiers of the
    /// pattern must be there, others do not matter. `version` is the component's, which need not stand in its package URL.
    pub(crate) fn covers(&self, component: &Self, version: Option<&str>) -> Truth {
        let named = self.kind == component.kind
            && self.path == component.path
            && self.qualifiers.iter().all(|(key, value)| component.qualifiers.get(key) == Some(value));
        match (named, &self.version, component.version.as_deref().or(version)) {
            (false, ..) => Truth::No,
            (true, None, _) => Truth::Yes,
            (true, Some(_), None) => Truth::Unknown,
            (true, Some(wanted), Some(found)) if wanted == found => Truth::Yes,
            (true, Some(_), Some(_)) => Truth::No,
        }
    }
    /// Whether a component that has only a name could be meant.
    pub(crate) fn may_be_called(&self, name: &str) -> bool {
        let name = fold(name);
        self.path == name || self.path.rsplit('/').next() == Some(name.as_str())
    }
    /// Whether versions of this type are ordered as semver says.
    pub(crate) fn has_semver(&self) -> bool {
        matches!(self.kind.as_str(), "cargo" | "golang" | "hex" | "npm" | "pub" | "swift")
    }
}

fn fold(text: &str) -> String {
    text.to_lowercase().replace('_', "-")
}

fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?
            }
            other => other,
        };
        out.push(byte);
    }
    String::from_utf8(out).ok()
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", plimsoll_core::Escaped::new(&self.text))
    }
}

impl<'de> Deserialize<'de> for Purl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format_args!(
                "expected a package URL such as `pkg:cargo/openssl`, found `{}`",
                plimsoll_core::Escaped::new(&text)
            ))
        })
    }
}

/// Longest package URL, in bytes. Ours; those with all qualifiers of Syft stay below 500.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(denied: &Purl, found: &Purl) -> bool {
        denied.covers(found, None) == Truth::Yes
    }

    #[test]
    fn spelling_does_not_hide_a_package() {
        let denied = Purl::parse("pkg:cargo/openssl").unwrap();
        for text in [
            "pkg:cargo/openssl@1.0.0",
            "pkg://cargo/openssl",
            "PKG:Cargo/OpenSSL@2",
            "pkg:cargo/%6fpenssl@1?x=y#src",
            "pkg:cargo/openssl/@1",
            "pkg:cargo//openssl@1",
        ] {
            assert!(Purl::parse(text).is_none_or(|found| covers(&denied, &found)), "{text}");
        }
        assert!(!covers(&denied, &Purl::parse("pkg:cargo/openssl-sys@1.0.0").unwrap()));
        assert!(!covers(&denied, &Purl::parse("pkg:npm/openssl@1.0.0").unwrap()));
    }

    #[test]
    fn version_and_qualifiers_narrow() {
        let denied = Purl::parse("pkg:deb/debian/curl@7.1?arch=amd64").unwrap();
        assert!(covers(&denied, &Purl::parse("pkg:deb/debian/curl@7.1?arch=amd64&distro=bookworm").unwrap()));
        assert!(!covers(&denied, &Purl::parse("pkg:deb/debian/curl@7.1").unwrap()));
        assert!(!covers(&denied, &Purl::parse("pkg:deb/debian/curl@7.2?arch=amd64").unwrap()));
    }

    #[test]
    fn a_version_beside_the_package_url_counts() {
        let denied = Purl::parse("pkg:cargo/openssl@1.0.0").unwrap();
        let found = Purl::parse("pkg:cargo/openssl").unwrap();
        assert_eq!(denied.covers(&found, Some("1.0.0")), Truth::Yes);
        assert_eq!(denied.covers(&found, Some("1.0.1")), Truth::No);
        assert_eq!(denied.covers(&found, None), Truth::Unknown);
    }

    #[test]
    fn a_scope_is_no_version() {
        let purl = Purl::parse("pkg:npm/@angular/core@1.2.3").unwrap();
        assert_eq!(purl.version.as_deref(), Some("1.2.3"));
        assert_eq!(Purl::parse("pkg:npm/%40angular/core").unwrap().version, None);
        assert!(covers(&Purl::parse("pkg:npm/%40angular/core").unwrap(), &purl));
    }

    #[test]
    fn what_is_no_purl_is_refused() {
        for text in ["", "pkg:", "pkg:cargo", "pkg:cargo/", "npm/x", "http:cargo/x", "pkg:cargo/%zz"] {
            assert_eq!(Purl::parse(text), None, "{text}");
        }
    }
}
