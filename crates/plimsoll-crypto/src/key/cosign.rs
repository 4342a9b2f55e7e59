//! cosign's encrypted key files: JSON in PEM, scrypt and NaCl's `secretbox`, around PKCS#8
//! ([cosign, KEYS.md](https://github.com/sigstore/cosign/blob/main/KEYS.md); the format is that of go-securesystemslib, `encrypted`).
//!
//! ```text
//! {"kdf": {"name": "scrypt", "params": {"N": 65536, "r": 8, "p": 1}, "salt": BASE64},
//!  "cipher": {"name": "nacl/secretbox", "nonce": BASE64}, "ciphertext": BASE64}
//! ```

use super::pbes2::unsupported;
use crate::{KeyError, KeyLimits, Passphrase};
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};
use poly1305::{Poly1305, universal_hash::KeyInit as _};
use salsa20::{
    XSalsa20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use serde::Deserialize;
use zeroize::Zeroizing;

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    kdf: Derivation<'a>,
    #[serde(borrow)]
    cipher: Cipher<'a>,
    ciphertext: &'a str,
}

#[derive(Deserialize)]
struct Derivation<'a> {
    name: &'a str,
    params: Scrypt,
    salt: &'a str,
}

#[derive(Deserialize)]
struct Scrypt {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher<'a> {
    name: &'a str,
    nonce: &'a str,
}

/// Decrypts the content of the PEM block; what comes out is PKCS#8.
pub(super) fn decrypt(
    json: &[u8],
    passphrase: &Passphrase,
    limits: &mut KeyLimits,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let malformed = || KeyError::Malformed { expected: "the JSON of a cosign private key" };
    let file: File<'_> = serde_json::from_slice(json).map_err(|_| malformed())?;
    if file.kdf.name != "scrypt" {
        return Err(unsupported(file.kdf.name));
    }
    if file.cipher.name != "nacl/secretbox" {
        return Err(unsupported(file.cipher.name));
    }
    let decode = |text| Base64::decode_vec(text).map_err(|_| malformed());
    let (salt, nonce, sealed) = (decode(file.kdf.salt)?, decode(file.cipher.nonce)?, decode(file.ciphertext)?);
    let nonce: [u8; 24] = nonce.try_into().map_err(|_| malformed())?;
    let Scrypt { n, r, p } = file.kdf.params;
    limits.spend_scrypt(n, r.into(), p.into())?;
    // RFC 7914, 2: N is a power of two above one, and below 2^(128 r / 8).
    let log = n.checked_ilog2().and_then(|log| u8::try_from(log).ok()).filter(|log| n.is_power_of_two() && *log > 0);
    let params = log.and_then(|log| scrypt::Params::new(log, r, p).ok()).ok_or_else(malformed)?;
    let mut key = Zeroizing::new([0_u8; 32]);
    scrypt::scrypt(passphrase.bytes(), &salt, &params, &mut *key).map_err(|_| malformed())?;
    open(&key, &nonce, &sealed).ok_or(KeyError::WrongPassphrase)
}

/// `crypto_secretbox_open` ([NaCl, "Secret-key authenticated encryption"](https://nacl.cr.yp.to/secretbox.html)): the first 32 octets of the
/// key stream authenticate the ciphertext, the rest encrypt. The authenticator stands in front.
fn open(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (authenticator, ciphertext) = sealed.split_first_chunk::<16>()?;
    let mut stream = XSalsa20::new(key.into(), nonce.into());
    let mut once = Zeroizing::new([0_u8; 32]);
    stream.apply_keystream(&mut *once);
    // A file is no oracle that answers often: a comparison that stops early gives nothing away.
    if Poly1305::new((&*once).into()).compute_unpadded(ciphertext).as_slice() != authenticator {
        return None;
    }
    let mut clear = Zeroizing::new(ciphertext.to_vec());
    stream.apply_keystream(&mut clear);
    Some(clear)
}
