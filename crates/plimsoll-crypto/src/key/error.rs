use crate::{KeyKind, code};
use plimsoll_core::{Algorithm, Classify, Code, Escaped};

/// Why a private key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is encrypted and there is no passphrase.
    #[error("the private key is encrypted (`{label}`), and no passphrase was given")]
    Encrypted {
        /// The PEM label, or `DER`.
        label: Escaped,
    },
    /// The parts of the key do not belong together.
    #[error("the {kind} key is inconsistent: its parts do not belong together")]
    Inconsistent {
        /// What the key says it is.
        kind: KeyKind,
    },
    /// A PKCS#12 file with no key, or with several.
    #[error("expected one private key in the PKCS#12 file, found {found}")]
    KeyCount {
        /// How many there are.
        found: usize,
    },
    /// The input is not the structure that its label promises.
    #[error("expected {expected}, found bytes that are not one")]
    Malformed {
        /// The structure.
        expected: &'static str,
    },
    /// A PEM block is broken.
    #[error("the PEM block `{label}` is broken: {what}")]
    MalformedPem {
        /// The label.
        label: Escaped,
        /// What is wrong.
        what: &'static str,
    },
    /// The input holds something else, such as a certificate.
    #[error("expected a private key, found a PEM block `{label}`")]
    NotAPrivateKey {
        /// The label of the first block.
        label: Escaped,
    },
    /// The input is neither PEM nor DER.
    #[error("expected a private key in PEM or DER, found neither")]
    NotPemOrDer,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// The encryption of the key file is not one that is read here.
    #[error("expected a key encrypted by PBES2 or AES-CBC, found `{cipher}`")]
    UnsupportedCipher {
        /// The cipher or scheme.
        cipher: Escaped,
    },
    /// A key of a kind that is not used here.
    #[error("expected an RSA or ML-DSA key or one on P-256, P-384 or P-521, found {found}")]
    UnsupportedKind {
        /// The object identifier or name of what was found.
        found: Escaped,
    },
    /// An RSA key that is too short or too long.
    #[error("expected an RSA key of 2048 to 4096 bits, found {bits}")]
    UnsupportedRsaSize {
        /// Its length in bits.
        bits: u32,
    },
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the private key")]
    WrongPassphrase,
}

impl Classify for KeyError {
    fn code(&self) -> Code {
        match self {
            Self::Encrypted { .. } | Self::WrongPassphrase => code::PRIVATE_KEY_LOCKED,
            Self::Inconsistent { .. }
            | Self::KeyCount { .. }
            | Self::Malformed { .. }
            | Self::MalformedPem { .. }
            | Self::NotAPrivateKey { .. }
            | Self::NotPemOrDer => code::PRIVATE_KEY_MALFORMED,
            Self::UnsupportedCipher { .. } | Self::UnsupportedKind { .. } | Self::UnsupportedRsaSize { .. } => {
                code::PRIVATE_KEY_UNSUPPORTED
            }
            Self::Random => code::SIGNING_FAILED,
        }
    }
}

/// Why a key made no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The back end failed, for want of random bytes.
    #[error("the {algorithm:?} signature could not be made")]
    Failed {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// The key is not one for this algorithm.
    #[error("a {kind} key does not sign with {algorithm:?}")]
    WrongAlgorithm {
        /// The kind of key.
        kind: KeyKind,
        /// The algorithm that was asked for.
        algorithm: Algorithm,
    },
    /// No envelope is signed with such a key.
    #[error("expected an RSA key of 2048, 3072 or 4096 bits or a key on P-256, P-384 or P-521, found {kind}")]
    NoEnvelopeAlgorithm {
        /// The kind of key.
        kind: KeyKind,
    },
}

impl Classify for SignError {
    fn code(&self) -> Code {
        match self {
            Self::Failed { .. } => code::SIGNING_FAILED,
            Self::NoEnvelopeAlgorithm { .. } | Self::WrongAlgorithm { .. } => code::PRIVATE_KEY_UNSUPPORTED,
        }
    }
}
