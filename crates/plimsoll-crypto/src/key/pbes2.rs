//! Encrypted PKCS#8: RFC 5958, 3, with PBES2 of RFC 8018, 6.2.

use crate::{KeyError, Passphrase};
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
pub(crate) fn decrypt(der: &[u8], passphrase: Option<&Passphrase>, label: &str) -> Result<SecretDocument, KeyError> {
    let scheme = encryption_scheme(der).ok_or(KeyError::Malformed { expected: "an EncryptedPrivateKeyInfo" })?;
    let unsupported = |cipher: &str| KeyError::UnsupportedCipher { cipher: Escaped::new(cipher) };
    if scheme != PBES2 {
        return Err(unsupported(&scheme.to_string()));
    }
    let info = EncryptedPrivateKeyInfoRef::from_der(der)
        .map_err(|_| unsupported("PBES2 with a cipher or key derivation that is not read here"))?;
    let passphrase = passphrase.ok_or_else(|| KeyError::Encrypted { label: Escaped::new(label) })?;
    if too_costly(&info.encryption_algorithm) {
        return Err(unsupported("PBES2 with a key derivation above ten million iterations or 256 MiB"));
    }
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

/// A key file could name so many iterations that it never opens.
fn too_costly(scheme: &EncryptionScheme) -> bool {
    let EncryptionScheme::Pbes2(parameters) = scheme else { return false };
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count > MAX_ITERATIONS,
        Kdf::Scrypt(kdf) => {
            // RFC 7914, 2: 128 * N * r bytes, done p times.
            let parallel = u64::from(kdf.parallelization);
            let memory = kdf.cost_parameter.saturating_mul(128).saturating_mul(u64::from(kdf.block_size));
            memory.saturating_mul(parallel) > MAX_SCRYPT
        }
        _ => true,
    }
}

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
/// OWASP asks for 600 000 with SHA-256; this is some seconds.
const MAX_ITERATIONS: u32 = 10_000_000;
const MAX_SCRYPT: u64 = 256 * 1024 * 1024;
