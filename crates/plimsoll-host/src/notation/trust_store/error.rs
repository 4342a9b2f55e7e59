//! What can be wrong with a directory of certificates.

use crate::{NameError, file::FileError};
use plimsoll_core::{Classify, Code, Escaped};
use plimsoll_pki::{CertificateFileError, TrustStoreError};

/// Why a named trust store cannot be used or written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustStoreDirectoryError {
    /// A file holds something else than certificates.
    #[error("`{file}`: {error}")]
    Certificates {
        /// The file, below the configuration directory.
        file: Escaped,
        /// What is wrong.
        error: CertificateFileError,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The name of a new file is none.
    #[error(transparent)]
    Name(NameError),
    /// The certificates are not a trust store of this kind.
    #[error("{}{error}", before(.file))]
    Store {
        /// The file, below the configuration directory, if it is about one.
        file: Option<Escaped>,
        /// What is wrong.
        error: TrustStoreError,
    },
}

fn before(file: &Option<Escaped>) -> String {
    file.as_ref().map_or_else(String::new, |file| format!("`{file}`: "))
}

impl TrustStoreDirectoryError {
    pub(super) fn certificates(file: &str, error: CertificateFileError) -> Self {
        Self::Certificates { file: Escaped::whole(file), error }
    }
    pub(super) fn name(found: &str) -> Self {
        Self::Name(NameError { found: Escaped::new(found) })
    }
    pub(super) fn store(file: Option<&str>, error: TrustStoreError) -> Self {
        Self::Store { file: file.map(Escaped::whole), error }
    }
}

impl Classify for TrustStoreDirectoryError {
    fn code(&self) -> Code {
        match self {
            Self::Certificates { error, .. } => error.code(),
            Self::File(error) => error.code(),
            Self::Name(error) => error.code(),
            Self::Store { error, .. } => error.code(),
        }
    }
}
