//! PKCS#12 files (RFC 7292): a private key with its certificates, as browsers, Java, Windows and `openssl pkcs12` write them.

mod bag;
mod decrypt;
mod derive;
mod password;

use super::read::rubbish;
use crate::{KeyError, KeyLimits, Passphrase, PrivateKey};
use alloc::vec::Vec;
use bag::{Bag, Bags};
use core::fmt;
use der::{
    Decode, Reader, SliceReader, Tag, TagNumber, Tagged,
    asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
};
use password::Password;

/// A private key with the certificates that stand beside it in a PKCS#12 file.
///
/// Encryption: PBES2 with AES, which OpenSSL 3 and current Java write, and the older schemes of RFC 7292, appendix C, with SHA-1 and
/// triple DES or RC2, which everything else writes. Integrity: HMAC with SHA-1, SHA-256, SHA-384 or SHA-512. DER only.
///
/// # Security
/// The certificates are what the file says, unjudged. A file without `macData` is read, too: what makes it trustworthy is elsewhere.
///
/// ```
/// use plimsoll_crypto::{KeyError, Passphrase, Pkcs12};
/// let refused = Pkcs12::read(b"PK\x03\x04", Some(&Passphrase::new("secret"))).unwrap_err();
/// assert_eq!(refused, KeyError::Malformed { expected: "a PKCS#12 file in DER" });
/// ```
pub struct Pkcs12 {
    key: PrivateKey,
    certificates: Vec<Vec<u8>>,
}

impl Pkcs12 {
    /// Opens a file, with the default limits.
    ///
    /// # Errors
    /// As [`Pkcs12::read_within`].
    pub fn read(bytes: &[u8], passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        Self::read_within(bytes, passphrase, KeyLimits::default())
    }
    /// Opens a file.
    ///
    /// # Errors
    /// [`KeyError::Encrypted`] without a passphrase, [`KeyError::WrongPassphrase`] when the check value of the file is another,
    /// [`KeyError::UnsupportedCipher`] for other schemes and for more work than `limits` allow, [`KeyError::KeyCount`] unless there is
    /// exactly one key, [`KeyError::Malformed`] for what is no such file, and what [`PrivateKey::read`] says of the key.
    pub fn read_within(bytes: &[u8], passphrase: Option<&Passphrase>, mut limits: KeyLimits) -> Result<Self, KeyError> {
        let file = pfx(bytes).map_err(|_| MALFORMED)?;
        let password = Password::of(&file, passphrase, &mut limits)?;
        let mut bags = Bags::default();
        for (number, content) in list(file.contents).map_err(|_| MALFORMED)?.into_iter().enumerate() {
            if number >= MAX_CONTENTS {
                return Err(KeyError::Malformed { expected: "a PKCS#12 file with at most 16 contents" });
            }
            bags.read(content, &password, &mut limits)?;
        }
        bags.into_file(&password, &mut limits)
    }
    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }
    /// The certificates in DER: the key's own first, if the file says which it is, then the others as they stand there.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }
    /// The key and the certificates.
    #[must_use]
    pub fn into_parts(self) -> (PrivateKey, Vec<Vec<u8>>) {
        (self.key, self.certificates)
    }
}

impl fmt::Debug for Pkcs12 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pkcs12({:?}, {} certificates)", self.key, self.certificates.len())
    }
}

impl Bags {
    fn into_file(mut self, password: &Password, limits: &mut KeyLimits) -> Result<Pkcs12, KeyError> {
        let [Bag { id, content }] = self.keys.as_slice() else {
            return Err(KeyError::KeyCount { found: self.keys.len() });
        };
        let key = match content {
            bag::Key::Clear(der) => PrivateKey::pkcs8(der),
            bag::Key::Shrouded { scheme, sealed } => {
                let clear = decrypt::decrypt(scheme, sealed, password, limits)?;
                PrivateKey::pkcs8(&clear).map_err(rubbish)
            }
        }?;
        // RFC 2985, 5.5.2: `localKeyId` stands at a key and at its certificate.
        if let (Some(id), found) = (id, &mut self.certificates) {
            found.sort_by_key(|one| one.id.as_ref() != Some(id));
        }
        Ok(Pkcs12 { key, certificates: self.certificates.into_iter().map(|one| one.content).collect() })
    }
}

/// What stands in the outermost structure:
///
/// ```text
/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
/// MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
/// ```
struct Pfx<'a> {
    contents: &'a [u8],
    mac: Option<Mac<'a>>,
}

struct Mac<'a> {
    hash: ObjectIdentifier,
    value: &'a [u8],
    salt: &'a [u8],
    iterations: u32,
}

/// Says whether this is meant to be a PKCS#12 file: version 3, where PKCS#8 has 0 or 1.
pub(super) fn is_pkcs12(bytes: &[u8]) -> bool {
    let version = AnyRef::from_der(bytes).ok().and_then(|outer| {
        let mut inner = SliceReader::new(outer.value()).ok()?;
        u8::decode(&mut inner).ok()
    });
    version == Some(3)
}

fn pfx(bytes: &[u8]) -> der::Result<Pfx<'_>> {
    let mut outer = sequence(AnyRef::from_der(bytes)?)?;
    if u8::decode(&mut outer)? != 3 {
        return Err(Tag::Integer.value_error().into());
    }
    let (kind, content) = content_info(AnyRef::decode(&mut outer)?)?;
    if kind != DATA {
        // `signedData` is the public-key mode of integrity, which nobody writes.
        return Err(Tag::ObjectIdentifier.value_error().into());
    }
    let contents = <&OctetStringRef>::from_der(content)?.as_bytes();
    let mac = if outer.is_finished() { None } else { Some(mac(AnyRef::decode(&mut outer)?)?) };
    outer.finish()?;
    Ok(Pfx { contents, mac })
}

fn mac(any: AnyRef<'_>) -> der::Result<Mac<'_>> {
    let mut inner = sequence(any)?;
    let mut info = sequence(AnyRef::decode(&mut inner)?)?;
    let mut algorithm = sequence(AnyRef::decode(&mut info)?)?;
    let hash = ObjectIdentifier::decode(&mut algorithm)?;
    let value = <&OctetStringRef>::decode(&mut info)?.as_bytes();
    info.finish()?;
    let salt = <&OctetStringRef>::decode(&mut inner)?.as_bytes();
    let iterations = if inner.is_finished() { 1 } else { u32::decode(&mut inner)? };
    inner.finish()?;
    Ok(Mac { hash, value, salt, iterations })
}

/// `ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }` (RFC 5652, 3).
fn content_info(any: AnyRef<'_>) -> der::Result<(ObjectIdentifier, &[u8])> {
    let mut inner = sequence(any)?;
    let kind = ObjectIdentifier::decode(&mut inner)?;
    let content = explicit(AnyRef::decode(&mut inner)?)?;
    inner.finish()?;
    Ok((kind, content))
}

/// The content of `[0] EXPLICIT`.
fn explicit(any: AnyRef<'_>) -> der::Result<&[u8]> {
    any.tag().assert_eq(Tag::ContextSpecific { constructed: true, number: TagNumber(0) })?;
    Ok(any.value())
}

fn sequence(any: AnyRef<'_>) -> der::Result<SliceReader<'_>> {
    any.tag().assert_eq(Tag::Sequence)?;
    SliceReader::new(any.value())
}

/// The elements of a `SEQUENCE OF`.
fn list(der: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let mut inner = sequence(AnyRef::from_der(der)?)?;
    let mut found = Vec::new();
    while !inner.is_finished() {
        found.push(AnyRef::decode(&mut inner)?);
    }
    Ok(found)
}

const MALFORMED: KeyError = KeyError::Malformed { expected: "a PKCS#12 file in DER" };
/// `id-data` (RFC 5652, 4).
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// OpenSSL writes two: the certificates, and the key.
const MAX_CONTENTS: usize = 16;
