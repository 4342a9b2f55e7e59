//! BER (X.690, 8), written anew as DER as far as lengths and strings go.

use super::CmsError;
use crate::{
    asn1::tag,
    encode::{element, header},
};
use alloc::vec::Vec;
use plimsoll_core::Budget;

/// How much is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BerLimits {
    /// Levels of nesting.
    pub(crate) depth: u64,
    /// Elements, all levels together.
    pub(crate) elements: u64,
}

/// Writes one BER element that fills `bytes` anew: every length is definite and in the fewest octets, every OCTET STRING is in one
/// piece. DER comes out as it went in.
///
/// The order in a SET, and the contents of primitive elements, stay: who needs more of DER (signed attributes) or can bear no change
/// (the signed part of a certificate, where a change breaks the signature) sees to it. The output is never much longer than
/// the input, and nothing is allocated by a length that is only claimed.
pub(crate) fn to_der(bytes: &[u8], limits: &BerLimits) -> Result<Vec<u8>, CmsError> {
    let mut transcoder = Transcoder {
        length: bytes.len(),
        out: Vec::with_capacity(bytes.len()),
        elements: Budget::new("elements in one BER message", limits.elements),
    };
    let rest = transcoder.element(bytes, Budget::new("levels of nesting in one BER message", limits.depth))?;
    if rest.is_empty() { Ok(transcoder.out) } else { Err(transcoder.broken(rest)) }
}

struct Transcoder {
    length: usize,
    out: Vec<u8>,
    elements: Budget,
}

/// What has been read of an element before its content.
struct Header<'a> {
    tag: u8,
    /// `None` for the indefinite form, which an end-of-contents element ends (X.690, 8.1.3.6).
    length: Option<usize>,
    rest: &'a [u8],
}

impl Transcoder {
    /// Writes the element that `input` begins with, and returns what follows it.
    fn element<'a>(&mut self, input: &'a [u8], mut depth: Budget) -> Result<&'a [u8], CmsError> {
        let Header { tag, length, rest } = self.header(input)?;
        depth.spend(1)?;
        let start = self.out.len();
        let after = match (tag, length) {
            (OCTET_STRING_IN_PIECES, length) => self.inside(rest, length, &depth, Self::piece)?,
            (tag, Some(length)) if tag & CONSTRUCTED == 0 => {
                let (content, after) = rest.split_at_checked(length).ok_or_else(|| self.broken(input))?;
                self.out.extend_from_slice(&element(tag, content));
                return Ok(after);
            }
            (tag::SEQUENCE | tag::SET, length) => self.inside(rest, length, &depth, Self::element)?,
            // Application, context-specific, private: what is in them is elements, whether explicit or implicit.
            (tag, length) if tag & CLASS != 0 && tag & CONSTRUCTED != 0 => {
                self.inside(rest, length, &depth, Self::element)?
            }
            _ => return Err(self.broken(input)),
        };
        let tag = if tag == OCTET_STRING_IN_PIECES { tag::OCTET_STRING } else { tag };
        let content = self.out.len().saturating_sub(start);
        self.out.splice(start..start, header(tag, content));
        Ok(after)
    }
    /// Writes the content of one piece of an OCTET STRING, which may be in pieces itself (X.690, 8.7.3).
    fn piece<'a>(&mut self, input: &'a [u8], mut depth: Budget) -> Result<&'a [u8], CmsError> {
        let Header { tag, length, rest } = self.header(input)?;
        depth.spend(1)?;
        match (tag, length) {
            (OCTET_STRING_IN_PIECES, length) => self.inside(rest, length, &depth, Self::piece),
            (tag::OCTET_STRING, Some(length)) => {
                let (content, after) = rest.split_at_checked(length).ok_or_else(|| self.broken(input))?;
                self.out.extend_from_slice(content);
                Ok(after)
            }
            _ => Err(self.broken(input)),
        }
    }
    /// Writes everything inside a constructed element, and returns what follows it.
    fn inside<'a>(
        &mut self,
        input: &'a [u8],
        length: Option<usize>,
        depth: &Budget,
        one: impl Fn(&mut Self, &'a [u8], Budget) -> Result<&'a [u8], CmsError>,
    ) -> Result<&'a [u8], CmsError> {
        let (mut content, after) = match length {
            Some(length) => input.split_at_checked(length).ok_or_else(|| self.broken(input))?,
            None => (input, input),
        };
        loop {
            match (length, content) {
                (Some(_), []) => return Ok(after),
                (None, [0, 0, after @ ..]) => return Ok(after),
                _ => content = one(self, content, depth.clone())?,
            }
        }
    }
    fn header<'a>(&mut self, input: &'a [u8]) -> Result<Header<'a>, CmsError> {
        self.elements.spend(1)?;
        read_header(input).ok_or_else(|| self.broken(input))
    }
    fn broken(&self, rest: &[u8]) -> CmsError {
        // Within a definite length, this counts from the end of that element: near enough to find the place.
        let at = self.length.saturating_sub(rest.len());
        CmsError::Der { field: "ContentInfo", at: u32::try_from(at).unwrap_or(u32::MAX) }
    }
}

fn read_header(input: &[u8]) -> Option<Header<'_>> {
    let (tag, rest) = input.split_first()?;
    // X.690, 8.1.2.4: tag numbers above 30 take more octets; nothing that is read here has one. 0 is no element.
    if tag & 0x1f == 0x1f || *tag == 0 {
        return None;
    }
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (Some(usize::from(*first)), rest),
        0x80 => (None, rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
            let length = octets.iter().fold(0_u32, |length, octet| length << 8 | u32::from(*octet));
            (Some(usize::try_from(length).ok()?), rest)
        }
        _ => return None, // more than four gigabytes, however many of the octets are zero
    };
    Some(Header { tag: *tag, length, rest })
}

const CONSTRUCTED: u8 = 0x20;
/// Not universal.
const CLASS: u8 = 0xc0;
/// An OCTET STRING, constructed.
const OCTET_STRING_IN_PIECES: u8 = tag::OCTET_STRING | CONSTRUCTED;

#[cfg(test)]
mod tests;
