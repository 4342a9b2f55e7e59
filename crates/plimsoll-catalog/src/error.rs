//! Why a package database cannot be read.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, code::NOT_SUPPORTED};
use plimsoll_oci::RootFsError;
use plimsoll_sbom::PurlError;

/// Why a package database or lock file cannot be read. Lines count from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A dependency that names no package of the lock file, or several.
    #[error("line {line}: expected a dependency on one package of this file, found `{found}`")]
    Dependency {
        /// The line.
        line: usize,
        /// The dependency.
        found: Escaped,
    },
    /// A field that stands twice in one record.
    #[error("line {line}: expected the field `{field}` once in a record, found it twice")]
    Doubled {
        /// The line.
        line: usize,
        /// The field.
        field: Escaped,
    },
    /// A limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// A field that every record must have.
    #[error("line {line}: expected the field `{field}` in the record that starts here, found none")]
    NoField {
        /// The line where the record starts.
        line: usize,
        /// The field.
        field: &'static str,
    },
    /// A line that has not the form of its file.
    #[error("line {line}: expected {expected}, found `{found}`")]
    Line {
        /// The line.
        line: usize,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: Escaped,
    },
    /// A package whose name or version makes no package URL.
    #[error("line {line}: {error}")]
    Purl {
        /// The line where the package starts.
        line: usize,
        /// Why not.
        error: PurlError,
    },
    /// It is there, but its content is not known.
    #[error(transparent)]
    Root(#[from] RootFsError),
    /// No TOML, or not that of a lock file.
    #[error("line {line}: {what}")]
    Toml {
        /// The line.
        line: usize,
        /// What was expected or found.
        what: Escaped,
    },
    /// A lock file of a version that came later.
    #[error("expected a Cargo.lock of version 1 to 4, found version {found}")]
    Version {
        /// Its version.
        found: u64,
    },
}

impl Classify for CatalogError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            Self::Root(error) => error.code(),
            Self::Version { .. } => NOT_SUPPORTED,
            _ => code::MALFORMED_PACKAGE_DATABASE,
        }
    }
}

/// How much of a package database is read. What is more is refused, never cut.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file: 64 MiB. The largest known dpkg status has some 20 MiB.
    pub bytes: u64,
    /// Files that are read: 10 000. An image of a build tree has some hundreds of lock files.
    pub files: u64,
    /// Packages of one file: 200 000. Debian has 70 000.
    pub packages: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, files: 10_000, packages: 200_000 }
    }
}

impl Limits {
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(), LimitExceeded> {
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes of a package database", self.bytes, found)
    }
}
