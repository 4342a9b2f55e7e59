//! The encryption schemes of PKCS#12 files: PBES2 (RFC 8018, 6.2), and those of RFC 7292, appendix C.

use super::{
    MALFORMED,
    derive::{Purpose, derive},
    password::Password,
    sequence,
};
use crate::{
    KeyError, KeyLimits,
    key::pbes2::{self, PBES2, UNREAD, unsupported},
};
use alloc::{string::ToString, vec::Vec};
use cbc::{
    Decryptor,
    cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, block_padding::Pkcs7},
};
use der::{
    Decode,
    asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
};
use des::TdesEde3;
use pkcs8::pkcs5::EncryptionScheme;
use rc2::Rc2;
use sha1::Sha1;
use zeroize::Zeroizing;

/// Decrypts `sealed` by the `AlgorithmIdentifier` in `scheme`.
pub(super) fn decrypt(
    scheme: &[u8],
    sealed: &[u8],
    password: &Password,
    limits: &mut KeyLimits,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (kind, parameters) = algorithm(scheme).map_err(|_| MALFORMED)?;
    if kind == PBES2 {
        let scheme = EncryptionScheme::from_der(scheme).map_err(|_| unsupported(UNREAD))?;
        pbes2::spend(&scheme, limits)?;
        let clear = scheme.decrypt(password.narrow.as_slice(), sealed);
        return clear.map(Zeroizing::new).map_err(|_| KeyError::WrongPassphrase);
    }
    let (key_length, effective) = match kind {
        SHA1_TRIPLE_DES => (24, None),
        SHA1_RC2_128 => (16, Some(128)),
        SHA1_RC2_40 => (5, Some(40)),
        other => return Err(unsupported(&other.to_string())),
    };
    let (salt, iterations) = pbe(parameters).map_err(|_| MALFORMED)?;
    // Twice: the key, two hashes long for triple DES, and the vector.
    limits.spend_iterations(u64::from(iterations).saturating_mul(3))?;
    let key = derive::<Sha1>(Purpose::Key, &password.wide, salt, iterations, key_length);
    let iv = derive::<Sha1>(Purpose::InitializationVector, &password.wide, salt, iterations, 8);
    let mut data = Zeroizing::new(sealed.to_vec());
    let length = match effective {
        None => TdesEde3::new_from_slice(&key).ok().and_then(|cipher| cbc(cipher, &iv, &mut data)),
        Some(bits) => cbc(Rc2::new_with_eff_key_len(&key, bits), &iv, &mut data),
    };
    data.truncate(length.ok_or(KeyError::WrongPassphrase)?);
    Ok(data)
}

/// Decrypts in place and answers the length without padding.
fn cbc<C: BlockCipherDecrypt>(cipher: C, iv: &[u8], data: &mut [u8]) -> Option<usize> {
    let cipher = Decryptor::inner_iv_slice_init(cipher, iv).ok()?;
    cipher.decrypt_padded::<Pkcs7>(data).ok().map(<[u8]>::len)
}

/// `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY }`
fn algorithm(der: &[u8]) -> der::Result<(ObjectIdentifier, AnyRef<'_>)> {
    let mut inner = sequence(AnyRef::from_der(der)?)?;
    let read = (ObjectIdentifier::decode(&mut inner)?, AnyRef::decode(&mut inner)?);
    der::Reader::finish(inner)?;
    Ok(read)
}

/// `pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }`
fn pbe(parameters: AnyRef<'_>) -> der::Result<(&[u8], u32)> {
    let mut inner = sequence(parameters)?;
    let read = (<&OctetStringRef>::decode(&mut inner)?.as_bytes(), u32::decode(&mut inner)?);
    der::Reader::finish(inner)?;
    Ok(read)
}

const SHA1_TRIPLE_DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const SHA1_RC2_128: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.5");
const SHA1_RC2_40: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");
