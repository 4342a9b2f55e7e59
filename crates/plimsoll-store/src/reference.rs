//! The text that names a layout: `oci:PATH[:TAG|@DIGEST]`.

use plimsoll_core::{Classify, Code, Digest, Escaped, Pointer, Tag, code};
use std::{fmt, path::PathBuf, str::FromStr};

/// A layout on disk, and what in it is meant.
///
/// The path ends at the last `:` that a tag follows, or at `@` before a digest, so a path may hold colons where it is followed by
/// neither; a trailing `:` or `/` keeps a last part from being read as a tag.
///
/// ```
/// use plimsoll_store::LayoutReference;
/// let reference: LayoutReference = "oci:./out/app:v1".parse().unwrap();
/// assert_eq!(reference.path(), std::path::Path::new("./out/app"));
/// assert_eq!(reference.pointer().unwrap().to_string(), "v1");
/// assert!("./out/app:v1".parse::<LayoutReference>().is_err()); // a registry reference has no `oci:`
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LayoutReference {
    path: PathBuf,
    pointer: Option<Pointer>,
}

/// What every reference to a layout begins with.
const SCHEME: &str = "oci:";

impl LayoutReference {
    /// Names a manifest in a layout, or the layout alone.
    pub fn new(path: impl Into<PathBuf>, pointer: Option<Pointer>) -> Self {
        Self { path: path.into(), pointer }
    }
    /// Whether a text begins as a reference to a layout does.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.starts_with(SCHEME)
    }
    /// The directory.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }
    /// The tag or digest, if one was written.
    #[must_use]
    pub fn pointer(&self) -> Option<&Pointer> {
        self.pointer.as_ref()
    }
    /// The same layout, by digest.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self::new(self.path.clone(), Some(Pointer::Digest(digest)))
    }
}

impl FromStr for LayoutReference {
    type Err = LayoutReferenceError;
    fn from_str(text: &str) -> Result<Self, LayoutReferenceError> {
        let malformed = || LayoutReferenceError { found: Escaped::new(text) };
        let rest = text.strip_prefix(SCHEME).ok_or_else(malformed)?;
        if rest.contains('\0') {
            return Err(malformed());
        }
        if let Some((path, digest)) = rest.rsplit_once('@')
            && (digest.starts_with("sha256:") || digest.starts_with("sha512:"))
        {
            let digest: Digest = digest.parse().map_err(|_| malformed())?;
            // With a tag beside it the digest counts, as in every reference.
            let path =
                path.rsplit_once(':').filter(|(_, tag)| tag.parse::<Tag>().is_ok()).map_or(path, |(path, _)| path);
            return Self::of(path, Some(Pointer::Digest(digest))).ok_or_else(malformed);
        }
        match rest.rsplit_once(':') {
            Some((path, "")) => Self::of(path, None),
            Some((path, tag)) if !tag.contains('/') => {
                Self::of(path, Some(Pointer::Tag(tag.parse().map_err(|_| malformed())?)))
            }
            _ => Self::of(rest, None),
        }
        .ok_or_else(malformed)
    }
}

impl LayoutReference {
    fn of(path: &str, pointer: Option<Pointer>) -> Option<Self> {
        (!path.is_empty()).then(|| Self::new(path, pointer))
    }
}

impl fmt::Display for LayoutReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", Escaped::whole(&self.path.to_string_lossy()))?;
        match &self.pointer {
            Some(Pointer::Digest(digest)) => write!(f, "@{digest}"),
            Some(Pointer::Tag(tag)) => write!(f, ":{tag}"),
            None => Ok(()),
        }
    }
}

/// The text names no layout.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected `oci:PATH[:TAG|@DIGEST]`, found `{found}`")]
pub struct LayoutReferenceError {
    /// The text.
    pub found: Escaped,
}

impl Classify for LayoutReferenceError {
    fn code(&self) -> Code {
        code::MALFORMED_REFERENCE
    }
}
