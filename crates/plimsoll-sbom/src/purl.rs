//! Package URLs.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped};
use std::{collections::BTreeMap, fmt, str::FromStr};

mod percent;
mod rules;

use rules::{Demand, Rules};

/// Longest package URL, in bytes. The specification has no limit; the longest in the public test suites has 230 bytes.
const LONGEST: usize = 8 * 1024;

/// A package URL in its canonical form, such as `pkg:deb/debian/curl@7.88.1-10?arch=amd64`.
///
/// Read, normalised and written as the [purl specification] and the definitions of its types say. Two package URLs that
/// mean the same are equal.
///
/// ```
/// use plimsoll_sbom::Purl;
/// let purl: Purl = "pkg:PyPI/Typing_Extensions@4.12.2".parse().unwrap();
/// assert_eq!(purl.to_string(), "pkg:pypi/typing-extensions@4.12.2");
/// assert!("pkg:maven/io@1.3.4".parse::<Purl>().is_err(), "a Maven artifact has a group");
/// ```
/// [purl specification]: https://github.com/package-url/purl-spec/blob/main/standard/specification.md
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Purl(PurlParts);

/// The parts of a package URL, decoded: what [`Purl::build`] takes and [`Purl::parts`] gives.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PurlParts {
    /// The type, such as `deb`.
    pub kind: String,
    /// The namespace; its segments are divided by `/`.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The version.
    pub version: Option<String>,
    /// The qualifiers; an empty value is the same as none.
    pub qualifiers: BTreeMap<String, String>,
    /// The path inside the package; its segments are divided by `/`.
    pub subpath: Option<String>,
}

impl PurlParts {
    /// A type and a name; add what there is more.
    #[must_use]
    pub fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.into(), name: name.into(), ..Self::default() }
    }
}

impl Purl {
    /// Makes a package URL of its parts.
    ///
    /// # Errors
    /// [`PurlError`] when a part is missing or has a form that the specification or the type's definition forbids.
    pub fn build(mut parts: PurlParts) -> Result<Self, PurlError> {
        parts.kind.make_ascii_lowercase();
        if !is_type(&parts.kind) {
            return Err(PurlError::Type { found: Escaped::new(&parts.kind) });
        }
        parts.namespace = parts.namespace.and_then(|text| segments(&text));
        parts.subpath = parts.subpath.and_then(|text| subpath(&text));
        parts.version = parts.version.filter(|text| !text.is_empty());
        parts.qualifiers.retain(|_, value| !value.is_empty());
        if let Some(key) = parts.qualifiers.keys().find(|key| !is_key(key)) {
            return Err(PurlError::Qualifier { found: Escaped::new(key) });
        }
        let rules = rules::of(&parts.kind);
        rules.normalize(&mut parts);
        check(&parts, &rules)?;
        Ok(Self(parts))
    }
    /// The parts, decoded and normalised.
    #[must_use]
    pub fn parts(&self) -> &PurlParts {
        &self.0
    }
}

fn check(parts: &PurlParts, rules: &Rules) -> Result<(), PurlError> {
    let kind = || Escaped::new(&parts.kind);
    if parts.name.is_empty() {
        return Err(PurlError::NoName);
    }
    match (&parts.namespace, rules.namespace) {
        (None, Demand::Required) => return Err(PurlError::NoNamespace { kind: kind() }),
        (Some(found), Demand::Prohibited) => {
            return Err(PurlError::Namespace { kind: kind(), found: Escaped::new(found) });
        }
        _ => {}
    }
    if let Some(key) = rules.needs.filter(|key| !parts.qualifiers.contains_key(*key)) {
        return Err(PurlError::NoQualifier { kind: kind(), key });
    }
    if !(rules.is_name)(&parts.name) {
        return Err(PurlError::Name { kind: kind(), found: Escaped::new(&parts.name) });
    }
    let texts = [Some(&parts.name), parts.namespace.as_ref(), parts.version.as_ref(), parts.subpath.as_ref()];
    let all = texts.into_iter().flatten().chain(parts.qualifiers.values());
    // Nothing that is a package has them, and they would break lines wherever a purl is shown.
    match all.into_iter().find(|text| text.chars().any(char::is_control)) {
        Some(found) => Err(PurlError::Control { found: Escaped::new(found) }),
        None => Ok(()),
    }
}

/// `[A-Za-z][A-Za-z0-9.-]*`
fn is_type(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// `[a-z][a-z0-9._-]*`
fn is_key(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'))
}

/// The segments that are not empty.
fn segments(text: &str) -> Option<String> {
    join(text.split('/').filter(|segment| !segment.is_empty()))
}

/// The segments that are not empty, `.` or `..`.
fn subpath(text: &str) -> Option<String> {
    join(text.split('/').filter(|segment| !matches!(*segment, "" | "." | "..")))
}

fn join<'a>(segments: impl Iterator<Item = &'a str>) -> Option<String> {
    let joined = segments.collect::<Vec<_>>().join("/");
    (!joined.is_empty()).then_some(joined)
}

impl FromStr for Purl {
    type Err = PurlError;
    /// Parses from right to left, as the specification says.
    fn from_str(text: &str) -> Result<Self, PurlError> {
        if text.len() > LONGEST {
            return Err(PurlError::Length { found: text.len() });
        }
        let (scheme, rest) = text.split_once(':').ok_or(PurlError::NoScheme { found: Escaped::new(text) })?;
        if !scheme.eq_ignore_ascii_case("pkg") {
            return Err(PurlError::NoScheme { found: Escaped::new(text) });
        }
        let (rest, subpath) = cut(rest, '#');
        let (rest, qualifiers) = cut(rest, '?');
        let (kind, rest) = rest.trim_start_matches('/').split_once('/').ok_or(PurlError::NoName)?;
        let (path, version) = cut(rest.trim_matches('/'), '@');
        let whole_path = rules::of(&kind.to_ascii_lowercase()).path_as_name;
        let (namespace, name) = match if whole_path { path.split_once('/') } else { path.rsplit_once('/') } {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, path),
        };
        Self::build(PurlParts {
            kind: kind.into(),
            namespace: namespace.map(decode_segments).transpose()?,
            name: percent::decode(name)?,
            version: version.map(percent::decode).transpose()?,
            qualifiers: qualifiers.map(decode_qualifiers).transpose()?.unwrap_or_default(),
            subpath: subpath.map(decode_segments).transpose()?,
        })
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.rsplit_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Decodes each segment by itself: one that holds a `/` after decoding is not a segment.
fn decode_segments(text: &str) -> Result<String, PurlError> {
    let decode = |segment| {
        let decoded = percent::decode(segment)?;
        if decoded.contains('/') { Err(PurlError::Segment { found: Escaped::new(segment) }) } else { Ok(decoded) }
    };
    Ok(text.split('/').map(decode).collect::<Result<Vec<_>, _>>()?.join("/"))
}

fn decode_qualifiers(text: &str) -> Result<BTreeMap<String, String>, PurlError> {
    let mut qualifiers = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or(PurlError::Qualifier { found: Escaped::new(pair) })?;
        if qualifiers.insert(key.to_ascii_lowercase(), percent::decode(value)?).is_some() {
            return Err(PurlError::Doubled { key: Escaped::new(key) });
        }
    }
    Ok(qualifiers)
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        write!(f, "pkg:{}/", parts.kind)?;
        if let Some(namespace) = &parts.namespace {
            write!(f, "{}/", percent::Path(namespace))?;
        }
        if rules::of(&parts.kind).path_as_name {
            percent::Path(&parts.name).fmt(f)?;
        } else {
            percent::Text(&parts.name).fmt(f)?;
        }
        if let Some(version) = &parts.version {
            write!(f, "@{}", percent::Text(version))?;
        }
        for (at, (key, value)) in parts.qualifiers.iter().enumerate() {
            write!(f, "{}{key}={}", if at == 0 { '?' } else { '&' }, percent::Text(value))?;
        }
        match &parts.subpath {
            Some(subpath) => write!(f, "#{}", percent::Path(subpath)),
            None => Ok(()),
        }
    }
}

/// Why a text, or parts, are not a package URL.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PurlError {
    /// A control character.
    #[error("expected a package URL without control characters, found `{found}`")]
    Control {
        /// The decoded part.
        found: Escaped,
    },
    /// A qualifier twice.
    #[error("expected each qualifier once, found `{key}` twice")]
    Doubled {
        /// Its key.
        key: Escaped,
    },
    /// Percent-encoding that does not decode to UTF-8.
    #[error("expected percent-encoded UTF-8, found `{found}`")]
    Encoding {
        /// The encoded part.
        found: Escaped,
    },
    /// Too long.
    #[error("expected a package URL of at most {LONGEST} bytes, found {found} bytes")]
    Length {
        /// Its length.
        found: usize,
    },
    /// A name that the type does not allow.
    #[error("expected a name that the type `{kind}` allows, found `{found}`")]
    Name {
        /// The type.
        kind: Escaped,
        /// The name.
        found: Escaped,
    },
    /// A namespace where the type has none.
    #[error("expected no namespace with the type `{kind}`, found `{found}`")]
    Namespace {
        /// The type.
        kind: Escaped,
        /// The namespace.
        found: Escaped,
    },
    /// The name is missing.
    #[error("expected a name, found none")]
    NoName,
    /// The type needs a namespace.
    #[error("expected a namespace with the type `{kind}`, found none")]
    NoNamespace {
        /// The type.
        kind: Escaped,
    },
    /// The type needs a qualifier.
    #[error("expected the qualifier `{key}` with the type `{kind}`, found none")]
    NoQualifier {
        /// The type.
        kind: Escaped,
        /// The qualifier.
        key: &'static str,
    },
    /// The scheme is missing.
    #[error("expected `pkg:` in front, found `{found}`")]
    NoScheme {
        /// The text.
        found: Escaped,
    },
    /// A qualifier without value, or with a key that is none.
    #[error("expected qualifiers as `key=value` with keys of `a-z`, `0-9`, `.`, `-` and `_`, found `{found}`")]
    Qualifier {
        /// The qualifier.
        found: Escaped,
    },
    /// A segment of a path that holds an encoded `/`.
    #[error("expected segments without `/`, found `{found}`")]
    Segment {
        /// The encoded segment.
        found: Escaped,
    },
    /// The type is none.
    #[error("expected a type of letters, digits, `.` and `-` that starts with a letter, found `{found}`")]
    Type {
        /// The type.
        found: Escaped,
    },
}

impl Classify for PurlError {
    fn code(&self) -> Code {
        code::MALFORMED_PURL
    }
}

#[cfg(test)]
mod tests;
