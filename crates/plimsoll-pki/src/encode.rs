//! Writing DER (X.690, 10.1): one element at a time.

use crate::asn1::tag;
use alloc::{vec, vec::Vec};
use spki::ObjectIdentifier;

/// An element: identifier octet, the fewest octets of length, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = header(tag, content.len());
    out.extend_from_slice(content);
    out
}

/// A SEQUENCE of elements that are written already.
pub(crate) fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &elements.concat())
}

/// An OBJECT IDENTIFIER.
pub(crate) fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    element(tag::OBJECT_IDENTIFIER, oid.as_bytes())
}

/// An INTEGER that is not negative, from its octets, big endian.
pub(crate) fn unsigned(octets: &[u8]) -> Vec<u8> {
    element(tag::INTEGER, &unsigned_content(octets))
}

/// The content of an INTEGER that is not negative: the fewest octets, the first bit clear.
pub(crate) fn unsigned_content(octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let significant = octets.get(zeros..).unwrap_or_default();
    let sign = significant.first().is_none_or(|first| *first >= 0x80);
    [if sign { &[0_u8][..] } else { &[] }, significant].concat()
}

/// Identifier and length octets.
pub(crate) fn header(tag: u8, length: usize) -> Vec<u8> {
    let octets = length.to_be_bytes();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    match (octets.get(zeros..).unwrap_or_default(), length) {
        (_, 0) => vec![tag, 0],
        ([short], 1..=0x7f) => vec![tag, *short],
        (long, _) => {
            // At most eight octets: the bit for the long form is free.
            let count = 0x80 | u8::try_from(long.len()).unwrap_or(8);
            [&[tag, count], long].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::{Walk, unsigned as read_unsigned};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_element_is_read_as_it_was_written(content in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let written = element(tag::OCTET_STRING, &content);
            let mut walk = Walk::new(&written, "test");
            prop_assert_eq!(walk.expect(tag::OCTET_STRING).unwrap(), content.as_slice());
            prop_assert!(walk.is_done());
        }
        #[test]
        fn a_number_is_read_as_it_was_written(number in any::<u64>()) {
            let written = unsigned(&number.to_be_bytes());
            let mut walk = Walk::new(&written, "test");
            let found = read_unsigned(walk.expect(tag::INTEGER).unwrap(), "test").unwrap();
            prop_assert_eq!(found.iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet)), number);
        }
    }
}
