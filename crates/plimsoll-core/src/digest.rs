//! Content digests.

use crate::{Class, Classify, Code, Escaped, code};
use alloc::string::String;
use core::{fmt, str::FromStr};
use sha2::{Digest as _, Sha256, Sha512};

/// A digest that Plimsoll can check: `sha256` or `sha512`, and no other.
///
/// Text form and allowed values: [image-spec, descriptor.md, Digests][spec]. An unregistered algorithm is refused
/// ([`DigestError::Unsupported`]), because content that cannot be checked may not be used.
///
/// ```
/// use plimsoll_core::Digest;
/// let digest = Digest::sha256_of(b"{}");
/// assert_eq!(digest.to_string(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// assert!("sha256:../../x".parse::<Digest>().is_err());
/// assert!("md5:d41d8cd98f00b204e9800998ecf8427e".parse::<Digest>().is_err());
/// ```
/// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Digest {
    /// SHA-256, 64 lower-case hexadecimal digits.
    Sha256([u8; 32]),
    /// SHA-512, 128 lower-case hexadecimal digits.
    Sha512([u8; 64]),
}

impl Digest {
    /// Hashes `bytes` with SHA-256.
    #[must_use]
    pub fn sha256_of(bytes: &[u8]) -> Self {
        Self::Sha256(Sha256::digest(bytes).into())
    }
    /// Hashes `bytes` with SHA-512.
    #[must_use]
    pub fn sha512_of(bytes: &[u8]) -> Self {
        Self::Sha512(Sha512::digest(bytes).into())
    }
    /// Hashes `bytes` with the algorithm of `self`.
    #[must_use]
    pub fn of_same_algorithm(&self, bytes: &[u8]) -> Self {
        match self {
            Self::Sha256(_) => Self::sha256_of(bytes),
            Self::Sha512(_) => Self::sha512_of(bytes),
        }
    }
    /// The part before the colon.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "sha256",
            Self::Sha512(_) => "sha512",
        }
    }
    /// The raw hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }
    /// The part after the colon: lower-case hexadecimal.
    #[must_use]
    pub fn encoded(&self) -> String {
        let digits = self.as_bytes().iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let mut text = String::with_capacity(2 * 64);
        text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
        text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm(), self.encoded())
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (algorithm, encoded) =
            text.split_once(':').ok_or_else(|| DigestError::Malformed { found: Escaped::new(text) })?;
        let malformed = || DigestError::Malformed { found: Escaped::new(text) };
        match algorithm {
            "sha256" => Ok(Self::Sha256(hex(encoded).ok_or_else(malformed)?)),
            "sha512" => Ok(Self::Sha512(hex(encoded).ok_or_else(malformed)?)),
            _ if is_algorithm(algorithm) => Err(DigestError::Unsupported { algorithm: Escaped::new(algorithm) }),
            _ => Err(malformed()),
        }
    }
}

/// Exactly `N` bytes of lower-case hexadecimal.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'a'..=b'f' => byte.checked_sub(b'a')?.checked_add(10),
        _ => None,
    };
    let mut out = [0_u8; N];
    for (slot, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *slot = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
    }
    Some(out)
}

/// `algorithm-component *( algorithm-separator algorithm-component )`
fn is_algorithm(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .split(['+', '.', '_', '-'])
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// Why a text is not a [`Digest`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// Not of the form `algorithm:encoded`, or the encoded part is not the algorithm's.
    #[error("expected a digest such as `sha256:` and 64 lower-case hexadecimal digits, found `{found}`")]
    Malformed {
        /// The text.
        found: Escaped,
    },
    /// A well-formed digest of an algorithm that Plimsoll does not check.
    #[error("expected a digest by sha256 or sha512, found the algorithm `{algorithm}`")]
    Unsupported {
        /// Its algorithm.
        algorithm: Escaped,
    },
}

impl Classify for DigestError {
    fn code(&self) -> Code {
        code::MALFORMED_DIGEST
    }
    fn class(&self) -> Class {
        Class::Malformed
    }
}
