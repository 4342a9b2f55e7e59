//! The password of a PKCS#12 file, and the check value that tells whether it is right.

use super::{
    Mac, Pfx,
    derive::{Purpose, derive},
};
use crate::{KeyError, KeyLimits, Passphrase, key::pbes2::unsupported};
use alloc::{string::ToString, vec::Vec};
use der::asn1::ObjectIdentifier;
use hmac::{KeyInit, Mac as _, SimpleHmac};
use plimsoll_core::Escaped;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512, digest::common::BlockSizeUser};
use zeroize::Zeroizing;

/// A password, in the two forms that are used in one file.
pub(super) struct Password {
    /// UTF-16 with a zero behind, for PKCS#12's own derivation (RFC 7292, B.1).
    pub(super) wide: Zeroizing<Vec<u8>>,
    /// UTF-8, for PBES2.
    pub(super) narrow: Zeroizing<Vec<u8>>,
}

impl Password {
    /// Takes the passphrase, and proves it by the file's `macData`, if there is any.
    pub(super) fn of(
        file: &Pfx<'_>,
        passphrase: Option<&Passphrase>,
        limits: &mut KeyLimits,
    ) -> Result<Self, KeyError> {
        let locked = || KeyError::Encrypted { label: Escaped::new("PKCS#12") };
        let narrow = Zeroizing::new(passphrase.ok_or_else(locked)?.bytes().to_vec());
        let text = core::str::from_utf8(&narrow).map_err(|_| KeyError::WrongPassphrase)?;
        let wide = text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
        let mut password = Self { wide: Zeroizing::new(wide), narrow };
        let Some(mac) = &file.mac else { return Ok(password) };
        if check(mac, file.contents, &password.wide, limits)? {
            return Ok(password);
        }
        // "No password" is written in two ways: as the empty text with its zero, and as nothing at all.
        if password.narrow.is_empty() && check(mac, file.contents, &[], limits)? {
            password.wide.clear();
            return Ok(password);
        }
        Err(KeyError::WrongPassphrase)
    }
}

fn check(mac: &Mac<'_>, contents: &[u8], wide: &[u8], limits: &mut KeyLimits) -> Result<bool, KeyError> {
    limits.spend_iterations(mac.iterations.into())?;
    Ok(match mac.hash {
        SHA1 => holds::<Sha1>(mac, contents, wide),
        SHA256 => holds::<Sha256>(mac, contents, wide),
        SHA384 => holds::<Sha384>(mac, contents, wide),
        SHA512 => holds::<Sha512>(mac, contents, wide),
        other => return Err(unsupported(&other.to_string())),
    })
}

fn holds<D: sha2::Digest + BlockSizeUser>(mac: &Mac<'_>, contents: &[u8], wide: &[u8]) -> bool {
    let length = <D as sha2::Digest>::output_size();
    let key = derive::<D>(Purpose::Mac, wide, mac.salt, mac.iterations, length);
    let Ok(hmac) = SimpleHmac::<D>::new_from_slice(&key) else { return false };
    hmac.chain_update(contents).verify_slice(mac.value).is_ok()
}

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
