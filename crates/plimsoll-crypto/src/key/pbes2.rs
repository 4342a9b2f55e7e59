//! Encrypted PKCS#8: RFC 5958, 3, with PBES2 of RFC 8018, 6.2.

use crate::{KeyError, KeyLimits, Passphrase};
use alloc::string::ToString;
use der::{
    Decode, SecretDocument,
    asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
};
use pkcs8::{
    EncryptedPrivateKeyInfoRef,
    pkcs5::{EncryptionScheme, pbes2::Kdf},
};
use plimsoll_core::Escaped;
use spki::AlgorithmIdentifierRef;

/// Decrypts an `EncryptedPrivateKeyInfo`.
pub(super) fn decrypt(
    der: &[u8],
    passphrase: Option<&Passphrase>,
    limits: &mut KeyLimits,
    label: &str,
) -> Result<SecretDocument, KeyError> {
    let scheme = encryption_scheme(der).ok_or(KeyError::Malformed { expected: "an EncryptedPrivateKeyInfo" })?;
    if scheme != PBES2 {
        return Err(unsupported(&scheme.to_string()));
    }
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|_| unsupported(UNREAD))?;
    let passphrase = passphrase.ok_or_else(|| KeyError::Encrypted { label: Escaped::new(label) })?;
    spend(&info.encryption_algorithm, limits)?;
    info.decrypt(passphrase.bytes()).map_err(|_| KeyError::WrongPassphrase)
}

/// `EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }`
fn encryption_scheme(der: &[u8]) -> Option<ObjectIdentifier> {
    let outer = AnyRef::from_der(der).ok()?;
    let read = outer.sequence(|reader| {
        let scheme = AlgorithmIdentifierRef::decode(reader)?;
        <&OctetStringRef>::decode(reader)?;
        Ok::<_, der::Error>(scheme.oid)
    });
    read.ok()
}

/// Pays for the key derivation before it starts.
pub(super) fn spend(scheme: &EncryptionScheme, limits: &mut KeyLimits) -> Result<(), KeyError> {
    let EncryptionScheme::Pbes2(parameters) = scheme else { return Err(unsupported(UNREAD)) };
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => limits.spend_iterations(kdf.iteration_count.into()),
        Kdf::Scrypt(kdf) => limits.spend_scrypt(kdf.cost_parameter, kdf.block_size.into(), kdf.parallelization.into()),
        _ => Err(unsupported(UNREAD)),
    }
}

pub(super) fn unsupported(cipher: &str) -> KeyError {
    KeyError::UnsupportedCipher { cipher: Escaped::new(cipher) }
}

pub(super) const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
pub(super) const UNREAD: &str = "PBES2 with a cipher or key derivation that is not read here";
