//! A subject, from RFC 4514 text to DER.

use crate::{IdentityError, identity::pairs, name::KNOWN, oid::COUNTRY};
use alloc::{format, vec::Vec};
use der::{Encode, Tag, asn1::AnyRef};
use plimsoll_core::Escaped;
use spki::ObjectIdentifier;

/// Encodes a name. Text begins with the last part, DER with the first (RFC 4514, 2.1).
pub(super) fn encode(text: &str) -> Result<Vec<u8>, IdentityError> {
    let mut rdns = Vec::new();
    for (name, value) in pairs(text)?.iter().rev() {
        if value.is_empty() {
            return Err(IdentityError::EmptyValue { attribute: Escaped::new(name) });
        }
        let pair = || IdentityError::Pair { found: Escaped::new(&format!("{name}={value}")) };
        let oid = oid(name).ok_or_else(pair)?;
        rdns.extend(rdn(oid, value).map_err(|_| pair())?);
    }
    AnyRef::new(Tag::Sequence, &rdns)
        .and_then(|any| any.to_der())
        .map_err(|_| IdentityError::Pair { found: Escaped::new(text) })
}

/// A short name, or the dotted number of a type that has none.
fn oid(name: &str) -> Option<ObjectIdentifier> {
    let name = if name == "S" { "ST" } else { name };
    let known = KNOWN.iter().find(|known| known.name == name).map(|known| known.oid);
    known.or_else(|| ObjectIdentifier::new(name).ok())
}

/// Countries are printable by definition (RFC 5280, appendix A), all else is UTF-8 (RFC 5280, 4.1.2.4).
fn rdn(oid: ObjectIdentifier, value: &str) -> der::Result<Vec<u8>> {
    let printable = oid == COUNTRY && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    let tag = if printable { Tag::PrintableString } else { Tag::Utf8String };
    let mut pair = oid.to_der()?;
    AnyRef::new(tag, value.as_bytes())?.encode_to_vec(&mut pair)?;
    let pair = AnyRef::new(Tag::Sequence, &pair)?.to_der()?;
    AnyRef::new(Tag::Set, &pair)?.to_der()
}
