//! Scopes: which repositories a statement is about.

use alloc::{boxed::Box, format};
use core::{fmt, str::FromStr};
use plimsoll_core::{ReferenceError, Repository};

/// One entry of `registryScopes`: a repository, or everything below a path.
///
/// `registry.example.com/team/*` stands for every repository below that path. It is an extension: Notation refuses a document
/// with such a scope. At least one path component stands before the `*`, so that no scope takes in a whole registry.
///
/// ```
/// use plimsoll_notary::policy::Scope;
/// let team: Scope = "registry.example.com/team/*".parse().unwrap();
/// assert!(team.covers(&"registry.example.com/team/app/worker".parse().unwrap()));
/// assert!(!team.covers(&"registry.example.com/team".parse().unwrap()));
/// assert!(!team.covers(&"registry.example.com/teammates/app".parse().unwrap()));
/// assert!("registry.example.com/*".parse::<Scope>().is_err());
/// assert!("registry.example.com/te*".parse::<Scope>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Scope {
    /// Every repository below this path, which has no `/*` here.
    Below(Box<str>),
    /// Exactly this one.
    Repository(Repository),
}

impl Scope {
    /// Whether a repository is meant.
    #[must_use]
    pub fn covers(&self, repository: &Repository) -> bool {
        match self {
            Self::Below(path) => repository.as_str().strip_prefix(&**path).is_some_and(|rest| rest.starts_with('/')),
            Self::Repository(scope) => scope == repository,
        }
    }
    /// Whether every repository that `other` means is meant here, too.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Repository(repository)) => self.covers(repository),
            (Self::Below(path), Self::Below(other)) => {
                path == other || other.strip_prefix(&**path).is_some_and(|rest| rest.starts_with('/'))
            }
            (Self::Repository(_), Self::Below(_)) => false,
        }
    }
    /// The longer, the more specific; an exact one goes before every path.
    pub(super) fn rank(&self) -> (bool, usize) {
        match self {
            Self::Below(path) => (false, path.len()),
            Self::Repository(_) => (true, 0),
        }
    }
}

impl FromStr for Scope {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let Some(path) = text.strip_suffix("/*").filter(|path| path.contains('/')) else {
            return text.parse().map(Self::Repository);
        };
        // Read with a last component, so that the path is normalised as that of a repository is.
        let below: Repository = format!("{path}/{ANY}").parse()?;
        match below.as_str().strip_suffix(ANY).and_then(|path| path.strip_suffix('/')) {
            Some(path) => Ok(Self::Below(path.into())),
            None => text.parse().map(Self::Repository),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(path) => write!(f, "{path}/*"),
            Self::Repository(repository) => f.write_str(repository.as_str()),
        }
    }
}

const ANY: &str = "x";
