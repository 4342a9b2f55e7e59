use crate::{UriError, code};
use plimsoll_core::{Algorithm, Classify, Code, Escaped};

/// Why a key behind PKCS#11 was not found or did not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs11Error {
    /// The certificate on the token is for another key.
    #[error("the certificate beside the key `{key}` is for another key")]
    CertificateMismatch {
        /// The key's label or identifier.
        key: Escaped,
    },
    /// The module gave an error.
    #[error("the token failed: {function}: {what}")]
    Failed {
        /// What was asked of it.
        function: &'static str,
        /// Its answer.
        what: Escaped,
    },
    /// The key must be unlocked for each signature (`CKA_ALWAYS_AUTHENTICATE`).
    #[error("the key `{key}` asks for its PIN at each signature, which is not supported")]
    KeyAlwaysAuthenticates {
        /// The key's label or identifier.
        key: Escaped,
    },
    /// Not exactly one private key is what the URI names.
    #[error("expected one private key that the URI names, found {found}")]
    KeyNotFound {
        /// How many; counting ends at the limit.
        found: usize,
    },
    /// The key is of a kind that no algorithm here is for.
    #[error("no signature here is made with the key on the token: {what}")]
    KeyUnsupported {
        /// What it is.
        what: Escaped,
    },
    /// The token has no mechanism for this algorithm, or the key is not one of it.
    #[error("the key or its token cannot sign with {algorithm:?}")]
    MechanismMissing {
        /// What was asked for.
        algorithm: Algorithm,
    },
    /// The module was not loaded or started.
    #[error("the PKCS#11 module `{path}` was not loaded: {what}")]
    Module {
        /// Its path.
        path: Escaped,
        /// Why.
        what: Escaped,
    },
    /// The file with the PIN was not read.
    #[error("no PIN was read from `{path}`: {what}")]
    PinFile {
        /// The file.
        path: Escaped,
        /// Why.
        what: Escaped,
    },
    /// The token demands a PIN and none was given.
    #[error("the token `{token}` demands a PIN, and none was given")]
    PinMissing {
        /// The token's label.
        token: Escaped,
    },
    /// The token refused the PIN. It is not tried again: tokens lock after a few tries.
    #[error("the token `{token}` refused the PIN: {what}")]
    PinRefused {
        /// The token's label.
        token: Escaped,
        /// Its answer.
        what: Escaped,
    },
    /// One wrong PIN more would lock the token, so none is tried.
    #[error("the PIN of the token `{token}` has one try left: log in by other means first")]
    PinLastTry {
        /// The token's label.
        token: Escaped,
    },
    /// What the token signed does not hold.
    #[error("the signature that the token gave does not hold under its public key")]
    SignatureInvalid,
    /// The token did not answer in time.
    #[error("the token did not sign within {seconds} s")]
    TimedOut {
        /// The time that the caller gave it.
        seconds: u64,
    },
    /// Not exactly one token is what the URI names.
    #[error("expected one token that the URI names, found {found}")]
    TokenNotFound {
        /// How many.
        found: usize,
    },
    /// The URI is none.
    #[error(transparent)]
    Uri(#[from] UriError),
}

impl Pkcs11Error {
    pub(crate) fn failed(function: &'static str) -> impl Fn(cryptoki::error::Error) -> Self {
        move |error| Self::Failed { function, what: Escaped::new(&error.to_string()) }
    }
}

impl Classify for Pkcs11Error {
    fn code(&self) -> Code {
        match self {
            Self::CertificateMismatch { .. } => code::PKCS11_CERTIFICATE_MISMATCH,
            Self::Failed { .. } | Self::TimedOut { .. } => code::PKCS11_FAILED,
            Self::KeyNotFound { .. } => code::PKCS11_KEY_NOT_FOUND,
            Self::KeyAlwaysAuthenticates { .. } | Self::KeyUnsupported { .. } | Self::MechanismMissing { .. } => {
                code::PKCS11_KEY_UNSUPPORTED
            }
            Self::Module { .. } => code::PKCS11_MODULE_UNAVAILABLE,
            Self::PinFile { .. } | Self::PinMissing { .. } | Self::PinRefused { .. } | Self::PinLastTry { .. } => {
                code::PKCS11_PIN_REFUSED
            }
            Self::SignatureInvalid => code::PKCS11_SIGNATURE_INVALID,
            Self::TokenNotFound { .. } => code::PKCS11_TOKEN_NOT_FOUND,
            Self::Uri(error) => error.code(),
        }
    }
}
