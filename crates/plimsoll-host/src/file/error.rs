//! What can go wrong with a file.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};
use std::{fmt, io, path::Path};

/// Why a file could not be read or written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file is there, and replacing it was not asked for.
    #[error("`{path}` is there already")]
    Exists {
        /// The file.
        path: Escaped,
    },
    /// The operating system said no.
    #[error("cannot {action} `{path}`: {cause}")]
    Io {
        /// What was tried.
        action: Action,
        /// The file.
        path: Escaped,
        /// Why not.
        cause: io::ErrorKind,
    },
    /// The file is larger than anything of its kind.
    #[error("`{path}`: {limit}")]
    Limit {
        /// The file.
        path: Escaped,
        /// The limit.
        limit: LimitExceeded,
    },
    /// Nothing is there.
    #[error("`{path}` is not there")]
    Missing {
        /// The file.
        path: Escaped,
    },
    /// Others can write it, where that decides what is trusted.
    #[error("others can write `{path}` (chmod go-w)")]
    OthersCanWrite {
        /// The file or directory.
        path: Escaped,
    },
    /// It belongs to somebody else, where that decides what is trusted.
    #[error("`{path}` belongs to the user {found}: expected one of this user or of root")]
    Owner {
        /// The file or directory.
        path: Escaped,
        /// The number of the user.
        found: u32,
    },
    /// Something else is there: a link could lead anywhere, and a FIFO or device would never end.
    #[error("`{path}`: expected {expected}, found {found}")]
    UnsafePath {
        /// The path.
        path: Escaped,
        /// What should be there.
        expected: Kind,
        /// What is there.
        found: Kind,
    },
}

impl FileError {
    pub(crate) fn io(action: Action, path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing { path: shown(path) },
            io::ErrorKind::AlreadyExists => Self::Exists { path: shown(path) },
            cause => Self::Io { action, path: shown(path), cause },
        }
    }
    pub(crate) fn unsafe_path(path: &Path, expected: Kind, found: Kind) -> Self {
        Self::UnsafePath { path: shown(path), expected, found }
    }
    /// Whether the error says that nothing is there. A broken link, or a directory that may not be entered, is not that.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}

/// A path as it may be shown.
pub(crate) fn shown(path: &Path) -> Escaped {
    Escaped::whole(&path.to_string_lossy())
}

impl Classify for FileError {
    fn code(&self) -> Code {
        match self {
            Self::Exists { .. } => code::ALREADY_THERE,
            Self::Io { .. } => code::FILE_UNREADABLE,
            Self::Limit { limit, .. } => limit.code(),
            Self::Missing { .. } => code::FILE_MISSING,
            Self::OthersCanWrite { .. } | Self::Owner { .. } | Self::UnsafePath { .. } => code::UNSAFE_PATH,
        }
    }
}

/// What was tried with a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Action {
    /// Making a directory.
    Create,
    /// Listing a directory.
    List,
    /// Reading.
    Read,
    /// Writing.
    Write,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file with bytes in it.
    File,
    /// A symbolic link.
    Link,
    /// A FIFO, socket or device.
    Special,
}

impl Kind {
    pub(crate) fn of(found: std::fs::FileType) -> Self {
        if found.is_symlink() {
            Self::Link
        } else if found.is_dir() {
            Self::Directory
        } else if found.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "a directory",
            Self::File => "a regular file",
            Self::Link => "a symbolic link",
            Self::Special => "a FIFO, socket or device",
        })
    }
}
