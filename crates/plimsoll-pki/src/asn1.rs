//! Walking DER without allocating: one level at a time, no recursion, so that depth cannot grow with the input.

use crate::CertificateError;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged, asn1::AnyRef};
use spki::ObjectIdentifier;

/// Reads the elements of one DER value, one after the other.
pub(crate) struct Walk<'a> {
    reader: SliceReader<'a>,
    field: &'static str,
}

impl<'a> Walk<'a> {
    /// Starts at the first element in `bytes`; `field` names them in errors.
    pub(crate) fn new(bytes: &'a [u8], field: &'static str) -> Result<Self, CertificateError> {
        let reader = SliceReader::new(bytes).map_err(|_| CertificateError::Der { field, at: 0 })?;
        Ok(Self { reader, field })
    }
    /// Says whether all elements were read.
    pub(crate) fn is_done(&self) -> bool {
        self.reader.is_finished()
    }
    /// Reads the next element, whatever it is.
    pub(crate) fn any(&mut self) -> Result<AnyRef<'a>, CertificateError> {
        let at = self.reader.position();
        AnyRef::decode(&mut self.reader).map_err(|_| self.broken(at))
    }
    /// Reads the next element, which must have this tag, and returns what is in it.
    pub(crate) fn expect(&mut self, tag: Tag) -> Result<&'a [u8], CertificateError> {
        let at = self.reader.position();
        let any = self.any()?;
        if any.tag() == tag { Ok(any.value()) } else { Err(self.broken(at)) }
    }
    /// Reads the next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: Tag) -> Result<Option<&'a [u8]>, CertificateError> {
        if self.is_done() {
            return Ok(None);
        }
        let next = Tag::peek(&self.reader).map_err(|_| self.broken(self.reader.position()))?;
        if next == tag { self.any().map(|any| Some(any.value())) } else { Ok(None) }
    }
    /// Reads the next element whole, with its header.
    pub(crate) fn whole(&mut self) -> Result<&'a [u8], CertificateError> {
        let at = self.reader.position();
        self.reader.tlv_bytes().map_err(|_| self.broken(at))
    }
    /// Reads the next element, which must be an object identifier.
    pub(crate) fn oid(&mut self) -> Result<ObjectIdentifier, CertificateError> {
        let at = self.reader.position();
        let value = self.expect(Tag::ObjectIdentifier)?;
        ObjectIdentifier::from_bytes(value).map_err(|_| self.broken(at))
    }
    /// Ends the walk; nothing may be left.
    pub(crate) fn finish(self) -> Result<(), CertificateError> {
        if self.is_done() { Ok(()) } else { Err(self.broken(self.reader.position())) }
    }
    fn broken(&self, at: der::Length) -> CertificateError {
        CertificateError::Der { field: self.field, at: u32::from(at) }
    }
}

/// `[number]`, constructed.
pub(crate) const fn constructed(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// `[number]`, primitive.
pub(crate) const fn primitive(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber(number) }
}

/// Reads one element that fills `bytes` and must be a SEQUENCE, and walks what is in it.
pub(crate) fn sequence<'a>(bytes: &'a [u8], field: &'static str) -> Result<Walk<'a>, CertificateError> {
    let mut outer = Walk::new(bytes, field)?;
    let inner = outer.expect(Tag::Sequence)?;
    outer.finish()?;
    Walk::new(inner, field)
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
