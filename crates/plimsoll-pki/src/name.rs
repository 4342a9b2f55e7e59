//! `Name` (RFC 5280, 4.1.2.4) and its text (RFC 4514), as Go writes it.

use crate::{
    CertificateError,
    asn1::{Walk, sequence, tag},
};
use alloc::{
    borrow::Cow,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::{self, Write as _};
use der::{Encode, Tag, asn1::AnyRef};
use spki::ObjectIdentifier;

const FIELD: &str = "name";

/// A distinguished name, borrowed from a certificate. Two names are the same if their bytes are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    der: &'a [u8],
}

/// One `AttributeTypeAndValue` of a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attribute<'a> {
    /// The type.
    pub oid: ObjectIdentifier,
    tag: u8,
    value: &'a [u8],
}

impl<'a> Name<'a> {
    /// Reads a DER-encoded name.
    ///
    /// # Errors
    /// [`CertificateError::Der`] when it is none, or when a string in it breaks the rules of its type.
    pub fn from_der(der: &'a [u8]) -> Result<Self, CertificateError> {
        let mut rdns = sequence(der, FIELD)?;
        while !rdns.is_done() {
            let mut set = Walk::new(rdns.expect(tag::SET)?, FIELD);
            while !set.is_done() {
                let attribute = attribute(&mut set)?;
                if string(attribute.tag, attribute.value).is_none() {
                    return Err(CertificateError::Der { field: FIELD, at: 0 });
                }
            }
        }
        Ok(Self { der })
    }
    /// Takes bytes that [`Name::from_der`] has read before.
    pub(crate) const fn known(der: &'a [u8]) -> Self {
        Self { der }
    }
    /// The DER-encoded `Name`.
    #[must_use]
    pub fn der(&self) -> &'a [u8] {
        self.der
    }
    /// Says whether the name has no attribute.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes().next().is_none()
    }
    /// Goes through the attributes, in order.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        // INVARIANT: `from_der` read every attribute once, so that none fails here.
        let mut rdns = sequence(self.der, FIELD).ok();
        let mut set: Option<Walk<'a>> = None;
        core::iter::from_fn(move || {
            loop {
                if let Some(open) = set.as_mut().filter(|set| !set.is_done()) {
                    return attribute(open).ok();
                }
                let next = rdns.as_mut().filter(|rdns| !rdns.is_done())?.expect(tag::SET).ok()?;
                set = Some(Walk::new(next, FIELD));
            }
        })
    }
}

impl Name<'_> {
    /// The types that are there, as bits in the order of [`KNOWN`], and [`FOREIGN`].
    fn known_types(&self) -> u16 {
        let bit =
            |one: Attribute<'_>| KNOWN.iter().position(|known| known.oid == one.oid).map_or(FOREIGN, |at| 1 << at);
        self.attributes().map(bit).fold(0, |all, bit| all | bit)
    }
}

/// Types that are not in [`KNOWN`].
const FOREIGN: u16 = 1 << 15;

pub(crate) fn attribute<'a>(set: &mut Walk<'a>) -> Result<Attribute<'a>, CertificateError> {
    let mut walk = Walk::new(set.expect(tag::SEQUENCE)?, FIELD);
    let oid = walk.oid()?;
    let any = walk.any()?;
    walk.finish()?;
    Ok(Attribute { oid, tag: any.tag, value: any.value })
}

impl<'a> Attribute<'a> {
    /// The value as text, whatever string type it has.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        // INVARIANT: `Name::from_der` refuses what is no string.
        string(self.tag, self.value).unwrap_or_default()
    }
    /// The value as it is encoded.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        self.value
    }
    /// DER of the text: a PrintableString where that is enough, else a UTF8String, whatever stands in the certificate.
    fn as_go_encodes_it(&self) -> Vec<u8> {
        let text = self.text();
        let printable = text.bytes().all(|octet| is_printable(&octet) && octet != b'*' && octet != b'&');
        let tag = if printable { Tag::PrintableString } else { Tag::Utf8String };
        // INVARIANT: a value of a certificate is shorter than what DER can hold.
        AnyRef::new(tag, text.as_bytes()).and_then(|any| any.to_der()).unwrap_or_default()
    }
}

/// Reads a string of the types that names have; `None` for other types and for characters that the type has not. Go refuses
/// the same.
fn string(kind: u8, value: &[u8]) -> Option<Cow<'_, str>> {
    let borrowed = |fits: fn(&u8) -> bool| {
        value.iter().all(fits).then(|| core::str::from_utf8(value).ok().map(Cow::Borrowed)).flatten()
    };
    match kind {
        tag::UTF8_STRING => borrowed(|_| true),
        tag::PRINTABLE_STRING => borrowed(is_printable),
        tag::IA5_STRING => borrowed(u8::is_ascii),
        tag::NUMERIC_STRING => borrowed(|octet| octet.is_ascii_digit() || *octet == b' '),
        // In practice TeletexString holds ISO 8859-1.
        tag::TELETEX_STRING => Some(Cow::Owned(value.iter().copied().map(char::from).collect())),
        tag::BMP_STRING => bmp(value).map(Cow::Owned),
        _ => None,
    }
}

/// X.680, 41.4, and `*` and `&`, which are common and do no harm.
fn is_printable(octet: &u8) -> bool {
    octet.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(octet)
}

/// UCS-2, big endian, without a terminator; surrogates and noncharacters are no characters of it.
fn bmp(value: &[u8]) -> Option<String> {
    let value = value.strip_suffix(&[0, 0]).filter(|_| value.len().is_multiple_of(2)).unwrap_or(value);
    let unit = |pair| <[u8; 2]>::try_from(pair).ok().map(u16::from_be_bytes);
    let character = |pair| {
        let unit = unit(pair)?;
        let reserved = matches!(unit, 0xfffe | 0xffff | 0xfdd0..=0xfdef);
        if reserved { None } else { char::from_u32(u32::from(unit)) }
    };
    value.chunks(2).map(character).collect()
}

/// An attribute type that has a short name in RFC 4514 text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KnownType {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) name: &'static str,
    /// Of several values Go keeps the last, instead of all in one RDN.
    pub(crate) last_counts: bool,
}

const fn known(oid: &'static str, name: &'static str, last_counts: bool) -> KnownType {
    KnownType { oid: ObjectIdentifier::new_unwrap(oid), name, last_counts }
}

/// The nine types, in the order in which Go writes them (Go, crypto/x509/pkix, `Name.ToRDNSequence`, back to front).
pub(crate) const KNOWN: [KnownType; 9] = [
    known("2.5.4.5", "SERIALNUMBER", true),
    known("2.5.4.3", "CN", true),
    known("2.5.4.11", "OU", false),
    known("2.5.4.10", "O", false),
    known("2.5.4.17", "POSTALCODE", false),
    known("2.5.4.9", "STREET", false),
    known("2.5.4.7", "L", false),
    known("2.5.4.8", "ST", false),
    known("2.5.4.6", "C", false),
];

/// Writes the name as Go's `pkix.Name.String` does, whose text Notation compares and shows: known types first, in Go's
/// order and not in that of the certificate, several values of one type joined with `+`, then all other types as `OID=#hex`, the
/// last first.
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        // The name is walked once for each type that is there; most have four.
        let there = self.known_types();
        for (_, known) in KNOWN.iter().enumerate().filter(|(at, _)| there & (1 << at) != 0) {
            let mut values = self.attributes().filter(|one| one.oid == known.oid).map(|one| one.text());
            if known.last_counts {
                if let Some(value) = values.last().filter(|value| !value.is_empty()) {
                    write!(f, "{separator}{}={}", known.name, Rfc4514(&value))?;
                    separator = ",";
                }
                continue;
            }
            let mut between = separator;
            values.try_for_each(|value| {
                write!(f, "{between}{}={}", known.name, Rfc4514(&value))?;
                (between, separator) = ("+", ",");
                Ok(())
            })?;
        }
        if there & FOREIGN == 0 {
            return Ok(());
        }
        let foreign = |one: &Attribute<'_>| KNOWN.iter().all(|known| known.oid != one.oid);
        // Collected, because they are walked back to front: whoever signs may bring thousands.
        let strange: Vec<_> = self.attributes().filter(foreign).collect();
        for one in strange.iter().rev() {
            write!(f, "{separator}{}=#", one.oid)?;
            one.as_go_encodes_it().iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
            separator = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", plimsoll_core::Escaped::new(&self.to_string()))
    }
}

/// A value with the escapes of RFC 4514, 2.4, as Go sets them, and two more: of NUL, which the section demands and Go leaves out, and of
/// `#` behind `=`, which nobody may take for a value in hexadecimal. Without them the text could not be read again.
pub(crate) struct Rfc4514<'a>(pub(crate) &'a str);

impl fmt::Display for Rfc4514<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        let mut before = '=';
        for (at, character) in self.0.char_indices() {
            let escaped = match character {
                ',' | '+' | '"' | '\\' | '<' | '>' | ';' => true,
                ' ' => at == 0 || at == last,
                '#' => before == '=',
                _ => false,
            };
            match character {
                '\0' => f.write_str("\\00")?,
                _ if escaped => write!(f, "\\{character}")?,
                _ => f.write_char(character)?,
            }
            before = character;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.680, 41.
    #[test]
    fn a_numeric_string_holds_digits_and_spaces() {
        assert_eq!(string(tag::NUMERIC_STRING, b"12 34").as_deref(), Some("12 34"));
        assert_eq!(string(tag::NUMERIC_STRING, b"12a"), None);
        assert_eq!(string(tag::NUMERIC_STRING, b"1-2"), None);
        assert_eq!(string(tag::OCTET_STRING, b"12"), None);
    }
}
