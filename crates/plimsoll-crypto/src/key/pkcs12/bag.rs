//! What is in a PKCS#12 file (RFC 7292, 4.2).
//!
//! ```text
//! SafeContents ::= SEQUENCE OF SafeBag
//! SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OF PKCS12Attribute OPTIONAL }
//! ```

use super::{DATA, MALFORMED, content_info, decrypt, explicit, list, password::Password, sequence};
use crate::{KeyError, KeyLimits};
use alloc::{string::ToString, vec::Vec};
use der::{
    Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged,
    asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
};
use zeroize::Zeroizing;

/// The bags that matter, out of all contents.
#[derive(Default)]
pub(super) struct Bags {
    pub(super) keys: Vec<Bag<Key>>,
    pub(super) certificates: Vec<Bag<Vec<u8>>>,
    seen: usize,
}

/// A bag with the `localKeyId` that it has.
pub(super) struct Bag<T> {
    pub(super) id: Option<Vec<u8>>,
    pub(super) content: T,
}

/// A key, in the clear or encrypted.
pub(super) enum Key {
    Clear(Zeroizing<Vec<u8>>),
    Shrouded { scheme: Vec<u8>, sealed: Vec<u8> },
}

impl Bags {
    /// Reads one `ContentInfo` of the file, decrypting it if need be.
    pub(super) fn read(
        &mut self,
        content: AnyRef<'_>,
        password: &Password,
        limits: &mut KeyLimits,
    ) -> Result<(), KeyError> {
        let (kind, content) = content_info(content).map_err(|_| MALFORMED)?;
        let clear = match kind {
            DATA => Zeroizing::new(<&OctetStringRef>::from_der(content).map_err(|_| MALFORMED)?.as_bytes().to_vec()),
            ENCRYPTED_DATA => {
                let (scheme, sealed) = encrypted_data(content).map_err(|_| MALFORMED)?;
                decrypt::decrypt(scheme, sealed, password, limits)?
            }
            other => return Err(super::super::pbes2::unsupported(&other.to_string())),
        };
        let encrypted = kind == ENCRYPTED_DATA;
        // What a wrong passphrase decrypts to is no list.
        let broken = |_| if encrypted { KeyError::WrongPassphrase } else { MALFORMED };
        for bag in list(&clear).map_err(broken)? {
            self.seen = self.seen.saturating_add(1);
            if self.seen > MAX_BAGS {
                return Err(KeyError::Malformed { expected: "a PKCS#12 file with at most 256 bags" });
            }
            self.add(bag).map_err(|_| MALFORMED)?;
        }
        Ok(())
    }
    fn add(&mut self, any: AnyRef<'_>) -> der::Result<()> {
        let mut bag = sequence(any)?;
        let kind = ObjectIdentifier::decode(&mut bag)?;
        let value = explicit(AnyRef::decode(&mut bag)?)?;
        let id = if bag.is_finished() { None } else { local_key_id(AnyRef::decode(&mut bag)?)? };
        bag.finish()?;
        match kind {
            KEY_BAG => self.keys.push(Bag { id, content: Key::Clear(Zeroizing::new(value.to_vec())) }),
            SHROUDED_KEY_BAG => {
                let mut inner = sequence(AnyRef::from_der(value)?)?;
                let scheme = AnyRef::decode(&mut inner)?.to_der()?;
                let sealed = <&OctetStringRef>::decode(&mut inner)?.as_bytes().to_vec();
                inner.finish()?;
                self.keys.push(Bag { id, content: Key::Shrouded { scheme, sealed } });
            }
            CERTIFICATE_BAG => {
                let (kind, value) = content_info(AnyRef::from_der(value)?)?;
                if kind == X509_CERTIFICATE {
                    let content = <&OctetStringRef>::from_der(value)?.as_bytes().to_vec();
                    self.certificates.push(Bag { id, content });
                }
            }
            // Revocation lists, secrets and bags in bags: nobody keeps a signing key in them.
            _ => {}
        }
        Ok(())
    }
}

/// `EncryptedData ::= SEQUENCE { version, EncryptedContentInfo }` (RFC 5652, 8): the scheme, in DER, and the octets.
fn encrypted_data(der: &[u8]) -> der::Result<(&[u8], &[u8])> {
    let mut outer = sequence(AnyRef::from_der(der)?)?;
    u8::decode(&mut outer)?;
    let mut info = sequence(AnyRef::decode(&mut outer)?)?;
    outer.finish()?;
    AnyRef::decode(&mut info)?;
    let scheme = info.tlv_bytes()?;
    let sealed = AnyRef::decode(&mut info)?;
    info.finish()?;
    sealed.tag().assert_eq(Tag::ContextSpecific { constructed: false, number: TagNumber(0) })?;
    Ok((scheme, sealed.value()))
}

/// `PKCS12Attribute ::= SEQUENCE { attrId OBJECT IDENTIFIER, attrValues SET OF ANY }`
fn local_key_id(set: AnyRef<'_>) -> der::Result<Option<Vec<u8>>> {
    set.tag().assert_eq(Tag::Set)?;
    let mut attributes = SliceReader::new(set.value())?;
    while !attributes.is_finished() {
        let mut attribute = sequence(AnyRef::decode(&mut attributes)?)?;
        if ObjectIdentifier::decode(&mut attribute)? == LOCAL_KEY_ID {
            let values = AnyRef::decode(&mut attribute)?;
            values.tag().assert_eq(Tag::Set)?;
            return Ok(Some(<&OctetStringRef>::from_der(values.value())?.as_bytes().to_vec()));
        }
    }
    Ok(None)
}

const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
/// A key with its chain is four or five. A file with the system's roots is no key file.
const MAX_BAGS: usize = 256;
