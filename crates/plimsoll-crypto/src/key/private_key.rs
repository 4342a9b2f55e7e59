//! A private key in memory.

use super::{
    backend::{SecureRandom, SystemRandom},
    read,
    signer::Material,
};
use crate::{Curve, KeyError, KeyKind, KeyLimits, LocalSigner, Passphrase, SignError};
use alloc::{string::String, vec, vec::Vec};
use core::fmt;
use der::{
    Encode, SecretDocument,
    asn1::{BitStringRef, OctetStringRef},
    pem::LineEnding,
};
use pkcs8::PrivateKeyInfoRef;
use plimsoll_core::{Algorithm, PublicKey};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

/// A private key in memory.
///
/// Read from PEM or DER: PKCS#8 ([RFC 5958]), encrypted PKCS#8 (PBES2, [RFC 8018]), `RSA PRIVATE KEY` ([RFC 8017], A.1.2),
/// `EC PRIVATE KEY` ([RFC 5915]), and OpenSSL's own encryption of the last two (`Proc-Type: 4,ENCRYPTED`). With the features of those names,
/// also PKCS#12 ([RFC 7292]) and cosign's encrypted files.
///
/// # Security
/// The encoded key is wiped from memory when dropped. The parsed form that `ring` holds of an RSA key is not: `ring` offers no way.
/// An RSA key works only through `ring`, in constant time.
///
/// ```
/// use plimsoll_crypto::{Curve, KeyError, KeyKind, PrivateKey};
/// let key = PrivateKey::generate(Curve::P256)?;
/// let pem = key.to_pkcs8_pem();
/// let same = PrivateKey::read(pem.as_bytes(), None)?;
/// assert_eq!(same.kind(), KeyKind::P256);
/// assert_eq!(same.public_key_spki_der(), key.public_key_spki_der());
///
/// let refused = PrivateKey::read(b"-----BEGIN CERTIFICATE-----\n", None).unwrap_err();
/// assert_eq!(refused.to_string(), "expected a private key, found a PEM block `CERTIFICATE`");
/// # Ok::<(), KeyError>(())
/// ```
/// [RFC 5915]: https://www.rfc-editor.org/rfc/rfc5915
/// [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958
/// [RFC 7292]: https://www.rfc-editor.org/rfc/rfc7292
/// [RFC 8017]: https://www.rfc-editor.org/rfc/rfc8017
/// [RFC 8018]: https://www.rfc-editor.org/rfc/rfc8018
pub struct PrivateKey {
    kind: KeyKind,
    pkcs8: SecretDocument,
    spki: Vec<u8>,
    material: Material,
}

impl PrivateKey {
    /// Makes a key on a curve.
    ///
    /// # Errors
    /// [`KeyError::Random`] when the system gives no random bytes.
    pub fn generate(curve: Curve) -> Result<Self, KeyError> {
        // A random string of the field's length is below the order of P-256 but for 2^-32, of P-384 but for 2^-190, and
        // of P-521, cut to 521 bits, but for 2^-260: RFC 6979 calls this the simplest method, FIPS 186-5 A.2.2.
        for _ in 0..64 {
            let mut scalar = Zeroizing::new(vec![0_u8; curve.length()]);
            SystemRandom::new().fill(&mut scalar).map_err(|_| KeyError::Random)?;
            if let (Curve::P521, Some(first)) = (curve, scalar.first_mut()) {
                *first &= 1;
            }
            if let Some(public) = curve.public_key(&scalar) {
                return Self::on_curve(curve, &scalar, Some(&public));
            }
        }
        Err(KeyError::Random)
    }
    /// Reads a key file. `passphrase` is used only if the key is encrypted.
    ///
    /// # Errors
    /// [`KeyError`], which says precisely what is wrong: encrypted without a passphrase, a wrong one, a cipher that is not read,
    /// a certificate in place of a key, an RSA key of a wrong size, another kind of key, or broken bytes.
    pub fn read(bytes: &[u8], passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        Self::read_within(bytes, passphrase, KeyLimits::default())
    }
    /// Reads a key file that may ask for this much work.
    ///
    /// # Errors
    /// As [`PrivateKey::read`].
    pub fn read_within(bytes: &[u8], passphrase: Option<&Passphrase>, limits: KeyLimits) -> Result<Self, KeyError> {
        read::key(bytes, passphrase, limits)
    }
    /// The kind and size of the key.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }
    /// The public key as a DER-encoded `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key_spki_der(&self) -> &[u8] {
        &self.spki
    }
    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'_> {
        PublicKey::from_spki_der(&self.spki)
    }
    /// The key as PKCS#8 in PEM, in the clear.
    #[must_use]
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        // The label is a constant and the document was encoded before: writing text to memory has no other failure.
        self.pkcs8.to_pem("PRIVATE KEY", LineEnding::LF).unwrap_or_default()
    }
    /// Makes a signer with this key.
    ///
    /// # Errors
    /// [`SignError::WrongAlgorithm`] when the key is not one for `algorithm`.
    pub fn signer(&self, algorithm: Algorithm) -> Result<LocalSigner, SignError> {
        self.material.signer(self.kind, algorithm)
    }
    /// Makes a signer for envelopes: see [`KeyKind::envelope_algorithm`].
    ///
    /// # Errors
    /// [`SignError::NoEnvelopeAlgorithm`] for an RSA key of another size than 2048, 3072 or 4096 bits.
    pub fn envelope_signer(&self) -> Result<LocalSigner, SignError> {
        self.signer(self.kind.envelope_algorithm().ok_or(SignError::NoEnvelopeAlgorithm { kind: self.kind })?)
    }

    pub(super) fn assemble(
        kind: KeyKind,
        algorithm: AlgorithmIdentifierRef<'_>,
        public: &[u8],
        private: &[u8],
        material: Material,
    ) -> Result<Self, KeyError> {
        let encode = || -> Result<_, der::Error> {
            let subject_public_key = BitStringRef::from_bytes(public)?;
            let spki = SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der()?;
            let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(private)?);
            Ok((SecretDocument::encode_msg(&info)?, spki))
        };
        let (pkcs8, spki) = encode().map_err(|_| KeyError::Inconsistent { kind })?;
        Ok(Self { kind, pkcs8, spki, material })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, {:?})", self.kind, self.public_key())
    }
}
