//! The key of an authority: in a file, or on a token.

use crate::{
    arguments::{Passphrase, TokenWords},
    failure::{Blame as _, Failure},
    machine::{heeded, passphrase_source},
};
#[cfg(feature = "pkcs11")]
use plimsoll::pkcs11::{Pkcs11Error, TokenSigner};
use plimsoll::{
    core::{Algorithm, Classify, Code, PublicKey, Sign},
    crypto::{LocalSigner, PrivateKey, SignError},
    host::notation::load_private_key,
};
#[cfg(feature = "pkcs11")]
use std::sync::Arc;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A key that certificates, and what is said of them, are signed with.
pub(crate) enum HeldKey {
    File(Box<PrivateKey>),
    #[cfg(feature = "pkcs11")]
    Token(Arc<TokenSigner>),
}

/// Where such a key is.
pub(crate) enum Held {
    File(PathBuf),
    Token,
}

impl Held {
    /// A PKCS#11 URI, or a file.
    pub(crate) fn of(text: &str) -> Self {
        if is_token(text) { Self::Token } else { Self::File(text.into()) }
    }
}

/// Whether a text is meant as a PKCS#11 URI. Schemes have no case (RFC 3986, 3.1), and a URI may hold a PIN: what is one must not be shown as
/// the name of a file or key that is not there.
pub(crate) fn is_token(text: &str) -> bool {
    let scheme = text.trim_start().split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("pkcs11"))
}

impl HeldKey {
    /// Reads the file, or logs in to the token.
    pub(crate) fn open(text: &str, token: &TokenWords, passphrase: &Passphrase) -> Result<Self, Failure> {
        match Held::of(text) {
            Held::File(path) => {
                let key = heeded(load_private_key(&path, &passphrase_source(passphrase)).given("")?);
                Ok(Self::File(Box::new(key)))
            }
            Held::Token => Self::on_token(text, token),
        }
    }
    #[cfg(feature = "pkcs11")]
    fn on_token(uri: &str, token: &TokenWords) -> Result<Self, Failure> {
        let (name, key) = super::token::find(uri, token)?;
        let signer = key.der_signer(plimsoll::crypto::provider()).given(&name)?;
        Ok(Self::Token(Arc::new(signer)))
    }
    #[cfg(not(feature = "pkcs11"))]
    fn on_token(_: &str, _: &TokenWords) -> Result<Self, Failure> {
        Err(super::no_tokens())
    }
    /// The public half.
    pub(crate) fn public_key(&self) -> PublicKey<'_> {
        match self {
            Self::File(key) => key.public_key(),
            #[cfg(feature = "pkcs11")]
            Self::Token(signer) => signer.public_key(),
        }
    }
    /// The key itself, where it is not on a token.
    pub(crate) fn private(&self) -> Option<&PrivateKey> {
        match self {
            Self::File(key) => Some(key),
            #[cfg(feature = "pkcs11")]
            Self::Token(_) => None,
        }
    }
    /// As it signs certificates and what is said of them.
    pub(crate) fn signer(&self) -> Result<HeldSigner, Failure> {
        match self {
            Self::File(key) => key.signer(key.kind().der_algorithm()).map(HeldSigner::File).given(""),
            #[cfg(feature = "pkcs11")]
            Self::Token(signer) => Ok(HeldSigner::Token(Arc::clone(signer))),
        }
    }
    /// Demands that a certificate is this key's.
    pub(crate) fn demand(&self, text: &str, of: PublicKey<'_>, certificate: &Path) -> Result<(), Failure> {
        if self.public_key() == of {
            return Ok(());
        }
        let message = format!("{}: expected the certificate of the key {}", certificate.display(), shown(text));
        Err(Failure::given(message))
    }
}

/// A key of an authority, as users know it: never with the PIN that a URI may hold.
pub(crate) fn shown(text: &str) -> &str {
    match Held::of(text) {
        Held::File(_) => text,
        Held::Token => text.split('?').next().unwrap_or_default(),
    }
}

/// What signs for an authority.
#[derive(Clone)]
pub(crate) enum HeldSigner {
    File(LocalSigner),
    #[cfg(feature = "pkcs11")]
    Token(Arc<TokenSigner>),
}

impl Sign for HeldSigner {
    type Error = HeldError;
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::File(signer) => signer.algorithm(),
            #[cfg(feature = "pkcs11")]
            Self::Token(signer) => signer.algorithm(),
        }
    }
    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, HeldError> {
        match self {
            Self::File(signer) => signer.sign(input).await.map_err(HeldError::File),
            #[cfg(feature = "pkcs11")]
            Self::Token(signer) => super::token::in_time(signer, input).await.map_err(HeldError::Token),
        }
    }
}

/// Why an authority's key did not sign.
#[derive(Debug)]
pub(crate) enum HeldError {
    File(SignError),
    #[cfg(feature = "pkcs11")]
    Token(Pkcs11Error),
}

impl fmt::Display for HeldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            #[cfg(feature = "pkcs11")]
            Self::Token(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HeldError {}

impl Classify for HeldError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            #[cfg(feature = "pkcs11")]
            Self::Token(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_with_a_pin_is_no_file_however_it_is_written() {
        for uri in ["pkcs11:token=t?pin-value=1234", "PKCS11:token=t?pin-value=1234", " Pkcs11:token=t?pin-value=1234"]
        {
            assert!(matches!(Held::of(uri), Held::Token), "{uri}");
            assert!(!shown(uri).contains("1234"), "{uri}");
        }
        for file in ["key.pem", "./pkcs11:x", "pkcs11", "C:key.pem"] {
            assert!(matches!(Held::of(file), Held::File(_)), "{file}");
            assert_eq!(shown(file), file);
        }
    }
}
