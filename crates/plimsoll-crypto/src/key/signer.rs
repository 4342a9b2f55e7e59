//! Signing with a key in memory.

use super::backend::{
    self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair, SystemRandom,
};
#[cfg(feature = "ml-dsa")]
use super::ml_dsa::Expanded;
use crate::{KeyKind, SignError};
use alloc::{sync::Arc, vec, vec::Vec};
use core::{fmt, future::Future, future::ready};
use p521::ecdsa::{Signature, SigningKey, signature::Signer};
use plimsoll_core::{Algorithm, Sign};
use zeroize::Zeroizing;

/// A key in memory that signs with one algorithm.
///
/// ```
/// use plimsoll_core::{Algorithm, Message, Sign, VerifyError};
/// use plimsoll_crypto::{Curve, PrivateKey, provider};
/// let key = PrivateKey::generate(Curve::P384)?;
/// let signer = key.envelope_signer()?;
/// let signature = signer.sign_now(b"cargo")?;
/// let check = |text: &[u8]| provider().verify(signer.algorithm(), key.public_key(), Message::Parts(&[text]), &signature);
/// assert_eq!(check(b"cargo"), Ok(()));
/// assert_eq!(check(b"ballast"), Err(VerifyError::BadSignature));
/// assert!(key.signer(Algorithm::RsaPssSha256).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LocalSigner {
    algorithm: Algorithm,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Ecdsa(Arc<EcdsaKeyPair>),
    #[cfg(feature = "ml-dsa")]
    MlDsa(Arc<dyn Expanded>),
    P521(Arc<SigningKey>),
    Rsa(Arc<RsaKeyPair>, Padding),
}

/// `ring`'s paddings are trait objects without `Debug` or `Clone`.
type Padding = &'static dyn RsaEncoding;

impl LocalSigner {
    /// Signs the bytes at once.
    ///
    /// # Errors
    /// [`SignError::Failed`] when the system gives no random bytes.
    pub fn sign_now(&self, input: &[u8]) -> Result<Vec<u8>, SignError> {
        let failed = SignError::Failed { algorithm: self.algorithm };
        match &self.key {
            Key::Ecdsa(pair) => match pair.sign(&SystemRandom::new(), input) {
                Ok(signature) => Ok(signature.as_ref().to_vec()),
                Err(_) => Err(failed),
            },
            #[cfg(feature = "ml-dsa")]
            Key::MlDsa(key) => key.sign(input).ok_or(failed),
            Key::P521(key) => {
                let signature: Signature = key.try_sign(input).map_err(|_| failed)?;
                Ok(match self.algorithm {
                    Algorithm::EcdsaP521Sha512Der => signature.to_der().as_bytes().to_vec(),
                    _ => signature.to_bytes().to_vec(),
                })
            }
            Key::Rsa(pair, padding) => {
                let mut signature = vec![0; backend::modulus_length(pair)];
                pair.sign(*padding, &SystemRandom::new(), input, &mut signature).map_err(|_| failed)?;
                Ok(signature)
            }
        }
    }
}

impl Sign for LocalSigner {
    type Error = SignError;
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn sign(&self, input: &[u8]) -> impl Future<Output = Result<Vec<u8>, SignError>> + Send {
        ready(self.sign_now(input))
    }
}

impl fmt::Debug for LocalSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalSigner({:?})", self.algorithm)
    }
}

/// What a signer is made of.
pub(super) enum Material {
    Curve {
        scalar: Zeroizing<Vec<u8>>,
        public: Vec<u8>,
    },
    #[cfg(feature = "ml-dsa")]
    MlDsa(Arc<dyn Expanded>),
    Rsa(Arc<RsaKeyPair>),
}

impl Material {
    pub(super) fn signer(&self, kind: KeyKind, algorithm: Algorithm) -> Result<LocalSigner, SignError> {
        let key = match self {
            Self::Curve { scalar, public } => curve_key(kind, algorithm, scalar, public),
            #[cfg(feature = "ml-dsa")]
            Self::MlDsa(key) => (algorithm == kind.der_algorithm()).then(|| Key::MlDsa(Arc::clone(key))),
            Self::Rsa(pair) => padding(algorithm).map(|padding| Key::Rsa(Arc::clone(pair), padding)),
        };
        Ok(LocalSigner { algorithm, key: key.ok_or(SignError::WrongAlgorithm { kind, algorithm })? })
    }
}

fn curve_key(kind: KeyKind, algorithm: Algorithm, scalar: &[u8], public: &[u8]) -> Option<Key> {
    let with: &'static EcdsaSigningAlgorithm = match (kind, algorithm) {
        (KeyKind::P256, Algorithm::EcdsaP256Sha256Fixed) => &ECDSA_P256_SHA256_FIXED_SIGNING,
        (KeyKind::P256, Algorithm::EcdsaP256Sha256Der) => &ECDSA_P256_SHA256_ASN1_SIGNING,
        (KeyKind::P384, Algorithm::EcdsaP384Sha384Fixed) => &ECDSA_P384_SHA384_FIXED_SIGNING,
        (KeyKind::P384, Algorithm::EcdsaP384Sha384Der) => &ECDSA_P384_SHA384_ASN1_SIGNING,
        (KeyKind::P521, Algorithm::EcdsaP521Sha512Fixed | Algorithm::EcdsaP521Sha512Der) => {
            return SigningKey::from_slice(scalar).ok().map(|key| Key::P521(Arc::new(key)));
        }
        _ => return None,
    };
    // The halves were compared when the key was read.
    backend::ecdsa(with, scalar, public).map(|pair| Key::Ecdsa(Arc::new(pair)))
}

fn padding(algorithm: Algorithm) -> Option<Padding> {
    Some(match algorithm {
        Algorithm::RsaPkcs1Sha256 => &RSA_PKCS1_SHA256,
        Algorithm::RsaPkcs1Sha384 => &RSA_PKCS1_SHA384,
        Algorithm::RsaPkcs1Sha512 => &RSA_PKCS1_SHA512,
        Algorithm::RsaPssSha256 => &RSA_PSS_SHA256,
        Algorithm::RsaPssSha384 => &RSA_PSS_SHA384,
        Algorithm::RsaPssSha512 => &RSA_PSS_SHA512,
        _ => return None,
    })
}
