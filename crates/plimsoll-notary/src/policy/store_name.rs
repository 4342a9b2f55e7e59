//! Named trust stores, as `trustStores` writes them.

use plimsoll_core::Escaped;
use std::{fmt, str::FromStr};

/// The kind of a trust store: what its certificates may vouch for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum StoreKind {
    /// `ca`: signers of the scheme `notary.x509`.
    Ca,
    /// `signingAuthority`: signers of the scheme `notary.x509.signingAuthority`.
    SigningAuthority,
    /// `tsa`: timestamping authorities.
    Tsa,
}

impl StoreKind {
    /// The name in a trust policy, and of the folder.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::SigningAuthority => "signingAuthority",
            Self::Tsa => "tsa",
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `KIND:NAME`. The name becomes the name of a folder, so it holds letters, digits, `_`, `.` and `-` only, and is neither
/// `.` nor `..`.
///
/// ```
/// use plimsoll_notary::policy::StoreName;
/// assert_eq!("ca:release".parse::<StoreName>().unwrap().name(), "release");
/// assert!("ca:..".parse::<StoreName>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StoreName {
    kind: StoreKind,
    text: Box<str>,
}

impl StoreName {
    /// Names a store.
    ///
    /// # Errors
    /// [`StoreNameError`] for a name that may not become a folder.
    pub fn new(kind: StoreKind, name: &str) -> Result<Self, StoreNameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if name.is_empty() || name == "." || name == ".." || name.len() > LONGEST || !name.bytes().all(allowed) {
            return Err(StoreNameError::Name { found: Escaped::new(name) });
        }
        Ok(Self { kind, text: format!("{kind}:{name}").into() })
    }
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> StoreKind {
        self.kind
    }
    /// The name, without the kind.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.get(self.kind.as_str().len().saturating_add(1)..).unwrap_or_default()
    }
    /// `KIND:NAME`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for StoreName {
    type Err = StoreNameError;
    fn from_str(text: &str) -> Result<Self, StoreNameError> {
        let malformed = || StoreNameError::Form { found: Escaped::new(text) };
        let (kind, name) = text.split_once(':').ok_or_else(malformed)?;
        let kind = match kind {
            "ca" => StoreKind::Ca,
            "signingAuthority" => StoreKind::SigningAuthority,
            "tsa" => StoreKind::Tsa,
            _ => return Err(malformed()),
        };
        Self::new(kind, name)
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text does not name a trust store.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreNameError {
    /// Not `KIND:NAME`.
    #[error("expected `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`, found `{found}`")]
    Form {
        /// The text.
        found: Escaped,
    },
    /// The name may not become the name of a folder.
    #[error("expected a store name of letters, digits, `_`, `.` and `-`, found `{found}`")]
    Name {
        /// The name.
        found: Escaped,
    },
}

/// The longest file name that common file systems take, in bytes.
const LONGEST: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    // attack: A-223
    #[test]
    fn a_store_name_is_one_folder() {
        for bad in ["ca:../../tmp", "ca:", "x:y:z", "ca:a:b", "ca:..", "ca:.", "*", "CA:x", "ca:a b", "ca:\u{e9}", ""] {
            assert!(bad.parse::<StoreName>().is_err(), "{bad}");
        }
        assert!(StoreName::new(StoreKind::Ca, &"a".repeat(256)).is_err());
        assert_eq!("tsa:a.b_c-1".parse::<StoreName>().unwrap().to_string(), "tsa:a.b_c-1");
    }
}
