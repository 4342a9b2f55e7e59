//! Why there is no key to sign with.

use crate::{code, file::FileError, notation::SigningKeysError};
use plimsoll_core::{Classify, Code, Escaped, code as seam};
use plimsoll_crypto::KeyError;
use plimsoll_pki::{CertificateFileError, ChainError};
use std::io;

/// Why a signing key cannot be used or added.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// The file of its certificates holds something else.
    #[error("`{path}`: {error}")]
    Certificates {
        /// The file.
        path: Escaped,
        /// What is wrong.
        error: CertificateFileError,
    },
    /// Its certificates are not a chain.
    #[error("`{path}`: {error}")]
    Chain {
        /// The file.
        path: Escaped,
        /// What is wrong.
        error: ChainError,
    },
    /// The file of the passphrase is empty.
    #[error("`{path}`: expected a passphrase in the first line, found an empty one")]
    EmptyPassphrase {
        /// The file.
        path: Escaped,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The private key cannot be read.
    #[error("`{path}`: {error}")]
    Key {
        /// The file.
        path: Escaped,
        /// What is wrong.
        error: KeyError,
    },
    /// The key is not that of the first certificate.
    #[error("expected the private key of the first certificate of `{certificates}` in `{key}`, found {}", belongs(*.place))]
    NotOfCertificate {
        /// The file of the key.
        key: Escaped,
        /// The file of the certificates.
        certificates: Escaped,
        /// The place of the certificate that it is the key of, from 0, if it is that of any.
        place: Option<usize>,
    },
    /// Others may write the private key.
    #[error("others can write `{path}`: expected a private key that only its owner can write (chmod 600)")]
    OthersCanWrite {
        /// The file.
        path: Escaped,
    },
    /// The key is with a plugin.
    #[error("key `{name}` is with the plugin `{plugin}`, not in files: it is asked to sign")]
    Plugin {
        /// The key.
        name: Escaped,
        /// The plugin.
        plugin: Escaped,
    },
    /// Nobody could be asked for the passphrase.
    #[error("`{key}`: cannot ask for its passphrase: {cause}")]
    Prompt {
        /// The file of the key.
        key: Escaped,
        /// Why not.
        cause: io::ErrorKind,
    },
    /// The list of keys does not give it.
    #[error(transparent)]
    SigningKeys(#[from] SigningKeysError),
}

fn belongs(place: Option<usize>) -> String {
    match place {
        Some(place) => format!("that of certificate {place}, counted from 0"),
        None => "another key".into(),
    }
}

impl Classify for SigningKeyError {
    fn code(&self) -> Code {
        match self {
            Self::Certificates { error, .. } => error.code(),
            Self::Chain { error, .. } => error.code(),
            Self::File(error) => error.code(),
            Self::Key { error, .. } => error.code(),
            Self::EmptyPassphrase { .. } | Self::Prompt { .. } => code::PASSPHRASE_MISSING,
            Self::NotOfCertificate { .. } => code::KEY_NOT_OF_CERTIFICATE,
            Self::OthersCanWrite { .. } => code::UNSAFE_PATH,
            Self::Plugin { .. } => seam::NOT_SUPPORTED,
            Self::SigningKeys(error) => error.code(),
        }
    }
}
