//! Walking DER without allocating: one level at a time, no recursion, so that depth cannot grow with the input.
//!
//! `der` has such a reader, too. This one does only what a certificate needs (X.690, 8.1 and 10.1: tags of one octet, definite
//! lengths in the fewest octets), and reads a chain in half the time, on the path that every verification takes.

use crate::{CertificateError, oid};
use spki::ObjectIdentifier;

/// Identifier octets (X.690, 8.1.2).
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// `[number]`, constructed.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
    /// `[number]`, primitive.
    pub(crate) const fn primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// One element: its tag and what is in it.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
}

/// Reads the elements of one DER value, one after the other.
pub(crate) struct Walk<'a> {
    rest: &'a [u8],
    length: usize,
    field: &'static str,
}

impl<'a> Walk<'a> {
    /// Starts at the first element in `bytes`; `field` names them in errors.
    pub(crate) fn new(bytes: &'a [u8], field: &'static str) -> Self {
        Self { rest: bytes, length: bytes.len(), field }
    }
    /// Says whether all elements were read.
    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }
    /// Says whether the next element has this tag.
    pub(crate) fn next_is(&self, tag: u8) -> bool {
        self.rest.first() == Some(&tag)
    }
    /// Reads the next element, whatever it is.
    pub(crate) fn any(&mut self) -> Result<Element<'a>, CertificateError> {
        let (element, rest) = element(self.rest).ok_or_else(|| self.broken())?;
        self.rest = rest;
        Ok(element)
    }
    /// Reads the next element, which must have this tag, and returns what is in it.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<&'a [u8], CertificateError> {
        self.optional(tag)?.ok_or_else(|| self.broken())
    }
    /// Reads the next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, CertificateError> {
        if self.rest.first() == Some(&tag) { self.any().map(|element| Some(element.value)) } else { Ok(None) }
    }
    /// Reads the next element whole, with its header.
    pub(crate) fn whole(&mut self) -> Result<&'a [u8], CertificateError> {
        let before = self.rest;
        self.any()?;
        before.get(..before.len().saturating_sub(self.rest.len())).ok_or_else(|| self.broken())
    }
    /// Reads the next element, which must be an object identifier.
    pub(crate) fn oid(&mut self) -> Result<ObjectIdentifier, CertificateError> {
        let value = self.expect(tag::OBJECT_IDENTIFIER)?;
        oid::read(value).ok_or_else(|| self.broken())
    }
    /// Ends the walk; nothing may be left.
    pub(crate) fn finish(self) -> Result<(), CertificateError> {
        if self.is_done() { Ok(()) } else { Err(self.broken()) }
    }
    fn broken(&self) -> CertificateError {
        let at = self.length.saturating_sub(self.rest.len());
        CertificateError::Der { field: self.field, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }
}

/// The first element of `bytes`, and what comes after it.
fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    // X.690, 8.1.2.4: tag numbers above 30 take more octets; nothing that is read here has one.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => long(rest, usize::from(first & 0x0f))?,
        _ => return None, // indefinite, or more than four gigabytes
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((Element { tag: *tag, value }, rest))
}

/// A length in `count` further octets, which must be the fewest (X.690, 10.1).
fn long(bytes: &[u8], count: usize) -> Option<(usize, &[u8])> {
    let (octets, rest) = bytes.split_at_checked(count)?;
    let length = octets.iter().fold(0_u32, |length, octet| length << 8 | u32::from(*octet));
    let fewest = octets.first() != Some(&0) && length >= 0x80;
    fewest.then_some((usize::try_from(length).ok()?, rest))
}

/// Reads one element that fills `bytes` and must be a SEQUENCE, and walks what is in it.
pub(crate) fn sequence<'a>(bytes: &'a [u8], field: &'static str) -> Result<Walk<'a>, CertificateError> {
    let mut outer = Walk::new(bytes, field);
    let inner = outer.expect(tag::SEQUENCE)?;
    outer.finish()?;
    Ok(Walk::new(inner, field))
}

/// A BOOLEAN in DER: 0 or 255.
pub(crate) fn boolean(value: &[u8], field: &'static str) -> Result<bool, CertificateError> {
    match value {
        [0x00] => Ok(false),
        [0xff] => Ok(true),
        _ => Err(CertificateError::Der { field, at: 0 }),
    }
}

/// An INTEGER that is not negative, in the fewest octets; without the leading zero.
pub(crate) fn unsigned<'a>(value: &'a [u8], field: &'static str) -> Result<&'a [u8], CertificateError> {
    match value {
        [0x00] => Ok(value),
        [0x00, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Ok(rest),
        [first, ..] if (1..0x80).contains(first) => Ok(value),
        _ => Err(CertificateError::Der { field, at: 0 }),
    }
}

/// A BIT STRING: the number of unused bits in the last octet, and the octets.
pub(crate) fn bits<'a>(value: &'a [u8], field: &'static str) -> Result<(u8, &'a [u8]), CertificateError> {
    let broken = CertificateError::Der { field, at: 0 };
    let (unused, octets) = value.split_first().ok_or_else(|| broken.clone())?;
    // X.690, 11.2.1: in DER, unused bits are zero.
    let padding = octets.last().map_or(0, |last| last.trailing_zeros());
    if *unused > 7 || (*unused > 0 && octets.is_empty()) || u32::from(*unused) > padding && *unused > 0 {
        return Err(broken);
    }
    Ok((*unused, octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690, 11.2.1: unused bits are zero, at most seven, and of an octet that is there.
    #[test]
    fn a_bit_string_has_one_encoding() {
        for (value, unused, octets) in [
            (&[0][..], 0, &[][..]),
            (&[0, 0xff], 0, &[0xff]),
            (&[1, 0xfe], 1, &[0xfe]),
            (&[7, 0x80], 7, &[0x80]),
            (&[7, 0], 7, &[0]),
        ] {
            assert_eq!(bits(value, "x"), Ok((unused, octets)), "{value:?}");
        }
        for value in [&[][..], &[1], &[7], &[8, 0], &[8, 0, 0], &[1, 0xff], &[7, 0xc0]] {
            assert!(bits(value, "x").is_err(), "{value:?}");
        }
    }

    /// X.690, 8.1.2.4: whatever else the octet says, a tag number of more octets is none that is read here.
    #[test]
    fn a_tag_of_more_octets_is_none() {
        for first in [0x1f, 0x3f, 0x5f, 0x9f, 0xbf, 0xff] {
            assert!(Walk::new(&[first, 0], "x").whole().is_err(), "{first:#x}");
        }
        assert_eq!(Walk::new(&[0x9e, 0], "x").whole(), Ok(&[0x9e, 0][..]));
    }

    #[test]
    fn a_boolean_is_all_or_nothing() {
        assert_eq!((boolean(&[0], "x"), boolean(&[0xff], "x")), (Ok(false), Ok(true)));
        for value in [&[][..], &[1], &[0xfe], &[0, 0]] {
            assert!(boolean(value, "x").is_err(), "{value:?}");
        }
    }
}
