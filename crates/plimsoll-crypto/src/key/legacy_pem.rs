//! Keys encrypted the way OpenSSL did before PKCS#8: `Proc-Type: 4,ENCRYPTED` and `DEK-Info` (RFC 1421, 4.6.1),
//! the cipher key by `EVP_BytesToKey` with MD5 and one iteration, as `PEM_read_bio_PrivateKey(3)` describes.

use super::pem::Block;
use crate::KeyError;
use aes::{Aes128, Aes192, Aes256};
use alloc::vec::Vec;
use cbc::{
    Decryptor,
    cipher::{BlockCipherDecrypt, BlockModeDecrypt, BlockSizeUser, KeyInit, KeyIvInit, block_padding::Pkcs7},
};
use des::TdesEde3;
use md5::{Digest, Md5};
use plimsoll_core::Escaped;
use zeroize::Zeroizing;

/// Decrypts the content of a block in place.
pub(crate) fn decrypt(block: &mut Block<'_>, passphrase: &[u8]) -> Result<(), KeyError> {
    let label = block.label;
    let broken = |what| KeyError::MalformedPem { label: Escaped::new(label), what };
    let info = block.header("DEK-Info").ok_or_else(|| broken("it is encrypted but has no `DEK-Info`"))?;
    let (cipher, hex) = info.split_once(',').ok_or_else(|| broken("its `DEK-Info` has no initialization vector"))?;
    let iv = unhex(hex.trim()).ok_or_else(|| broken("its `DEK-Info` has no hexadecimal initialization vector"))?;
    let data = &mut block.content;
    let opened = match (cipher.trim(), iv.len()) {
        ("AES-128-CBC", 16) => cbc::<Aes128>(data, &*key::<16>(passphrase, &iv), &iv),
        ("AES-192-CBC", 16) => cbc::<Aes192>(data, &*key::<24>(passphrase, &iv), &iv),
        ("AES-256-CBC", 16) => cbc::<Aes256>(data, &*key::<32>(passphrase, &iv), &iv),
        ("DES-EDE3-CBC", 8) => cbc::<TdesEde3>(data, &*key::<24>(passphrase, &iv), &iv),
        ("AES-128-CBC" | "AES-192-CBC" | "AES-256-CBC" | "DES-EDE3-CBC", _) => {
            return Err(broken("its initialization vector has the wrong length"));
        }
        (other, _) => return Err(KeyError::UnsupportedCipher { cipher: Escaped::new(other) }),
    };
    // Nothing authenticates the content: wrong padding is how a wrong passphrase shows.
    let length = opened.ok_or(KeyError::WrongPassphrase)?;
    data.truncate(length);
    Ok(())
}

/// Decrypts in place and answers the length without padding.
fn cbc<C>(data: &mut [u8], key: &[u8], iv: &[u8]) -> Option<usize>
where
    C: BlockCipherDecrypt + BlockSizeUser + KeyInit,
{
    let cipher = Decryptor::<C>::new_from_slices(key, iv).ok()?;
    cipher.decrypt_padded::<Pkcs7>(data).ok().map(<[u8]>::len)
}

/// `D_i = MD5(D_(i-1) || passphrase || salt)`; the salt is the first eight bytes of the initialization vector.
fn key<const N: usize>(passphrase: &[u8], iv: &[u8]) -> Zeroizing<[u8; N]> {
    let mut key = Zeroizing::new([0_u8; N]);
    let mut last = Zeroizing::new(Vec::new());
    for chunk in key.chunks_mut(16) {
        let mut hash = Md5::new();
        hash.update(&*last);
        hash.update(passphrase);
        hash.update(iv.get(..8).unwrap_or(iv));
        *last = hash.finalize().to_vec();
        chunk.iter_mut().zip(last.iter()).for_each(|(to, from)| *to = *from);
    }
    key
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let pair = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high.checked_mul(16)?.checked_add(*low)?).ok(),
        _ => None,
    };
    digits?.chunks(2).map(pair).collect()
}
