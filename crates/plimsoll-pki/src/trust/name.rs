//! Types and names of trust stores.

use crate::code;
use alloc::sync::Arc;
use core::{fmt, str::FromStr};
use plimsoll_core::{Classify, Code, Escaped};

/// What the anchors of a trust store are for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum StoreType {
    /// Signatures of the scheme `notary.x509`.
    Ca,
    /// Signatures of the scheme `notary.x509.signingAuthority`.
    SigningAuthority,
    /// Timestamps.
    Tsa,
}

impl StoreType {
    /// The name in trust policies and directories.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::SigningAuthority => "signingAuthority",
            Self::Tsa => "tsa",
        }
    }
}

impl fmt::Display for StoreType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Type and name of a trust store, written `ca:release`.
///
/// ```
/// use plimsoll_pki::{StoreName, StoreType};
/// let name: StoreName = "ca:release".parse().unwrap();
/// assert_eq!((name.store_type(), name.name()), (StoreType::Ca, "release"));
/// assert!("ca:..".parse::<StoreName>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StoreName {
    store_type: StoreType,
    text: Arc<str>,
}

impl StoreName {
    /// The type.
    #[must_use]
    pub fn store_type(&self) -> StoreType {
        self.store_type
    }
    /// The name: `^[a-zA-Z0-9_.-]+$`, but neither `.` nor `..`, which a directory cannot be called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, name)| name)
    }
    /// Type and name.
    #[must_use]
    pub fn as_str(&self) -> &Arc<str> {
        &self.text
    }
}

impl FromStr for StoreName {
    type Err = StoreNameError;
    fn from_str(text: &str) -> Result<Self, StoreNameError> {
        let error = || StoreNameError { found: Escaped::new(text) };
        let (store_type, name) = text.split_once(':').ok_or_else(error)?;
        let types = [StoreType::Ca, StoreType::SigningAuthority, StoreType::Tsa];
        let store_type = types.into_iter().find(|one| one.as_str() == store_type).ok_or_else(error)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if name.is_empty() || name == "." || name == ".." || !name.bytes().all(allowed) {
            return Err(error());
        }
        Ok(Self { store_type, text: text.into() })
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text does not name a trust store.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a trust store such as `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`, found `{found}`")]
pub struct StoreNameError {
    /// The text.
    pub found: Escaped,
}

impl Classify for StoreNameError {
    fn code(&self) -> Code {
        code::MALFORMED_STORE_NAME
    }
}
