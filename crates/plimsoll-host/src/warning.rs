//! What is worth saying, though it is no error.

use crate::{
    file::{Access, FileError, Kind, shown},
    notation::TrustStoreDirectoryError,
};
use plimsoll_core::Escaped;
use std::path::Path;

/// A value read from this machine, with what was remarked on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Loaded<T> {
    /// The value.
    pub value: T,
    /// What to tell the user.
    pub warnings: Vec<Warning>,
}

impl<T> Loaded<T> {
    /// A value without remarks.
    pub(crate) fn plain(value: T) -> Self {
        Self { value, warnings: Vec::new() }
    }
}

/// Something that is worth saying, though it is no error.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The cache of revocation lists cannot be used. That costs time and no more.
    #[error("the cache of revocation lists is not used: {cause}")]
    Cache {
        /// Why not.
        cause: Escaped,
    },
    /// A trust store holds something that is no file.
    #[error("`{path}` is ignored: it is {kind}")]
    IgnoredEntry {
        /// The entry.
        path: Escaped,
        /// What it is.
        kind: &'static str,
    },
    /// A trust store holds a file that no certificate is read from.
    #[error("`{path}` is ignored: certificates are read from files that end in .pem, .crt or .cer")]
    IgnoredFile {
        /// The file.
        path: Escaped,
    },
    /// The directory of plugins holds something that is no plugin.
    #[error("`{path}` is no plugin, and is ignored: expected a folder NAME with a program notation-NAME in it")]
    NoPlugin {
        /// The entry.
        path: Escaped,
    },
    /// The folder of revocation lists holds something else.
    #[error("`{path}` is ignored: revocation lists are read from files that end in .crl or .pem")]
    NoRevocationList {
        /// The entry.
        path: Escaped,
    },
    /// Others may read a secret.
    #[error("others can read `{path}`: a private key or passphrase should be readable by its owner only (chmod 600)")]
    OthersCanRead {
        /// The file.
        path: Escaped,
    },
    /// Others may write a file that says whom to trust.
    #[error("others can write `{path}`: whoever does decides what is trusted (chmod go-w)")]
    OthersCanWrite {
        /// The file.
        path: Escaped,
    },
    /// A root of the operating system cannot be read.
    #[error("a root of the operating system is left out: {cause}")]
    SystemRoots {
        /// Why.
        cause: Escaped,
    },
    /// New trust stores cannot be used.
    #[error("the trust stores that were read before stay in force: {cause}")]
    TrustStoresKept {
        /// What is wrong with the new ones.
        cause: Escaped,
    },
    /// A configuration file has a member that means nothing. Perhaps it is misspelt.
    #[error("`{path}`: the member `{member}` has no meaning and is ignored")]
    UnknownMember {
        /// The file.
        path: Escaped,
        /// The member.
        member: Escaped,
    },
}

impl Warning {
    pub(crate) fn cache(error: &FileError) -> Self {
        Self::Cache { cause: Escaped::whole(&error.to_string()) }
    }
    pub(crate) fn kept(error: &TrustStoreDirectoryError) -> Self {
        Self::TrustStoresKept { cause: Escaped::whole(&error.to_string()) }
    }
    pub(crate) fn unknown(path: &Path, member: &str) -> Self {
        Self::UnknownMember { path: shown(path), member: Escaped::new(member) }
    }
    pub(crate) fn ignored(path: &Path, kind: Kind) -> Self {
        match kind {
            Kind::Directory => Self::IgnoredEntry { path: shown(path), kind: "a directory" },
            Kind::File => Self::IgnoredFile { path: shown(path) },
            Kind::Link => Self::IgnoredEntry { path: shown(path), kind: "a symbolic link" },
            Kind::Special => Self::IgnoredEntry { path: shown(path), kind: "a FIFO, socket or device" },
        }
    }
    /// Says so where others may write a file that trust rests on.
    pub(crate) fn writable(path: &Path, access: Access) -> Option<Self> {
        (access == Access::OthersWrite).then(|| Self::OthersCanWrite { path: shown(path) })
    }
}
