//! References: which registry, which repository, which tag or digest.

use crate::{Classify, Code, Digest, Escaped, Pointer, code};
use alloc::{format, sync::Arc};
use core::{fmt, str::FromStr};

mod grammar;

pub use grammar::Parts;

/// Longest reference, in bytes: a host of 255, a repository of 255, a tag of 128, a digest of 135 and the signs between.
const LONGEST: usize = 1024;

/// A repository of a registry, such as `registry.example.com:5000/team/app`.
///
/// The repository part follows [distribution-spec, Pulling manifests][spec], and many clients cap host and repository at
/// 255 bytes, so this type does. A host is an ASCII domain name, an IPv4 address or a bracketed IPv6 address,
/// with an optional port; user information, zone identifiers and percent-encoding are refused.
///
/// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    text: Arc<str>,
    host: usize,
}

impl Repository {
    /// Host and port, in lower case.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.text.get(..self.host).unwrap_or_default()
    }
    /// The path below the registry.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.host.saturating_add(1)..).unwrap_or_default()
    }
    /// Host and path, as a trust policy's registry scope writes them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Repository {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let parts = Parts::parse(text)?;
        if parts.tag.is_some() || parts.digest.is_some() {
            return Err(ReferenceError::NotARepository { found: Escaped::new(text) });
        }
        Self::of(&parts, text)
    }
}

impl Repository {
    fn of(parts: &Parts<'_>, text: &str) -> Result<Self, ReferenceError> {
        let host = parts.domain.ok_or_else(|| ReferenceError::NoRegistry { found: Escaped::new(text) })?;
        // Names of hosts have no case (RFC 4343): otherwise a scope or rule for `registry.test` would not be found for
        // `Registry.test`, which is asked all the same.
        let host = host.to_ascii_lowercase();
        // One name for Docker Hub, so that policy scope, credentials and request agree (docker/cli CVE-2021-41092).
        let (host, path) = grammar::docker(&host, parts.path);
        // What is filled in counts too: what a reference writes must be one.
        if path.len() > grammar::LONGEST_PATH {
            return Err(ReferenceError::malformed(text));
        }
        Ok(Self { text: format!("{host}/{path}").into(), host: host.len() })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for Tag {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if grammar::is_tag(text) {
            Ok(Self(text.into()))
        } else {
            Err(ReferenceError::Tag { found: Escaped::new(text) })
        }
    }
}
impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repository with a tag, a digest, or both; with both, the digest counts and the tag is only echoed.
///
/// One normal form serves policy scope, credentials and request alike: [`Reference::parse_normalized`] also takes
/// Docker's short forms.
///
/// ```
/// use plimsoll_core::Reference;
/// let reference: Reference = "127.0.0.1:5000/team/app:v1".parse().unwrap();
/// assert_eq!(reference.repository().registry(), "127.0.0.1:5000");
/// assert_eq!(reference.repository().path(), "team/app");
/// assert!("alpine".parse::<Reference>().is_err());
/// assert_eq!(Reference::parse_normalized("alpine").unwrap().to_string(), "docker.io/library/alpine:latest");
/// assert!("registry.test/../etc:v1".parse::<Reference>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reference {
    repository: Repository,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

impl Reference {
    /// Names a manifest of `repository`.
    #[must_use]
    pub fn new(repository: Repository, pointer: Pointer) -> Self {
        match pointer {
            Pointer::Digest(digest) => Self { repository, tag: None, digest: Some(digest) },
            Pointer::Tag(tag) => Self { repository, tag: Some(tag), digest: None },
        }
    }
    /// Parses a reference as Docker writes it: without a registry it is `docker.io`, there without a
    /// namespace `library/`, and without a tag and digest `latest` is meant.
    ///
    /// # Errors
    /// [`ReferenceError`] for what is no reference.
    pub fn parse_normalized(text: &str) -> Result<Self, ReferenceError> {
        let parts = Parts::parse(text)?;
        let (domain, path) = grammar::normalize(&parts).map_err(|()| ReferenceError::malformed(text))?;
        let normal = Parts { domain: Some(&domain), path: &path, ..parts };
        let mut reference = Self::of(&normal, text)?;
        if reference.tag.is_none() && reference.digest.is_none() {
            reference.tag = Some(Tag("latest".into()));
        }
        Ok(reference)
    }
    fn of(parts: &Parts<'_>, text: &str) -> Result<Self, ReferenceError> {
        let digest = parts.digest.map(Digest::from_str).transpose();
        Ok(Self {
            repository: Repository::of(parts, text)?,
            tag: parts.tag.map(|tag| Tag(tag.into())),
            digest: digest.map_err(|_| ReferenceError::Digest { found: Escaped::new(text) })?,
        })
    }
    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }
    /// The tag, if one was written.
    #[must_use]
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }
    /// The digest, if one was written.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }
    /// What to resolve: the digest if there is one, else the tag, else `latest`.
    #[must_use]
    pub fn pointer(&self) -> Pointer {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => Pointer::Digest(*digest),
            (None, Some(tag)) => Pointer::Tag(tag.clone()),
            (None, None) => Pointer::Tag(Tag("latest".into())),
        }
    }
    /// The same repository, by `digest` alone.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self { repository: self.repository.clone(), tag: None, digest: Some(digest) }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;
    /// Parses a reference that names its registry.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::of(&Parts::parse(text)?, text)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.repository.as_str())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Why a text is not a reference.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The part after `@` is not a digest that Plimsoll can check.
    #[error("expected a sha256 or sha512 digest after `@`, found `{found}`")]
    Digest {
        /// The text.
        found: Escaped,
    },
    /// The text is too long to be a reference.
    #[error("expected a reference of at most {LONGEST} bytes, found {found} bytes")]
    Length {
        /// Its length.
        found: usize,
    },
    /// The text does not have the form.
    #[error("expected HOST/REPOSITORY[:TAG][@DIGEST] in lower case, found `{found}`")]
    Malformed {
        /// The text.
        found: Escaped,
    },
    /// The registry is missing.
    #[error("expected a registry in front, as in `registry.example.com/app`, found `{found}`")]
    NoRegistry {
        /// The text.
        found: Escaped,
    },
    /// A repository was expected, not a reference.
    #[error("expected a repository without tag and digest, found `{found}`")]
    NotARepository {
        /// The text.
        found: Escaped,
    },
    /// The tag is not a tag.
    #[error("expected a tag of 1 to 128 letters, digits, `_`, `.` and `-`, found `{found}`")]
    Tag {
        /// The text.
        found: Escaped,
    },
}

impl ReferenceError {
    fn malformed(text: &str) -> Self {
        Self::Malformed { found: Escaped::new(text) }
    }
}

impl Classify for ReferenceError {
    fn code(&self) -> Code {
        code::MALFORMED_REFERENCE
    }
}
