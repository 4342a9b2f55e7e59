use super::*;
use alloc::vec::Vec;
use proptest::prelude::*;

const LIMITS: BerLimits = BerLimits { depth: 32, elements: 1000 };

/// An element, and how it is written in BER.
#[derive(Clone, Debug)]
enum Tree {
    /// A primitive element that is no OCTET STRING.
    Primitive(Vec<u8>, Length),
    /// An OCTET STRING, in as many pieces as there are; more than one level of pieces if `nested`.
    Octets {
        pieces: Vec<Vec<u8>>,
        nested: bool,
        length: Length,
    },
    Constructed(u8, Vec<Self>, Length),
}

/// A form of a length (X.690, 8.1.3).
#[derive(Clone, Copy, Debug)]
enum Length {
    Shortest,
    /// Four octets, however small it is.
    Long,
    /// Where the element is constructed; else the shortest.
    Indefinite,
}

fn ber(tag: u8, content: &[u8], length: Length) -> Vec<u8> {
    match length {
        Length::Indefinite if tag & CONSTRUCTED != 0 => [&[tag, 0x80], content, &[0, 0]].concat(),
        Length::Long => {
            let octets = u32::try_from(content.len()).unwrap().to_be_bytes();
            [&[tag, 0x84], &octets[..], content].concat()
        }
        _ => element(tag, content),
    }
}

impl Tree {
    fn der(&self) -> Vec<u8> {
        match self {
            Self::Primitive(content, _) => element(tag::INTEGER, content),
            Self::Octets { pieces, .. } => element(tag::OCTET_STRING, &pieces.concat()),
            Self::Constructed(tag, inside, _) => element(*tag, &inside.iter().flat_map(Self::der).collect::<Vec<_>>()),
        }
    }
    fn ber(&self) -> Vec<u8> {
        match self {
            Self::Primitive(content, length) => ber(tag::INTEGER, content, *length),
            Self::Octets { pieces, nested, length } => {
                let one = |piece: &Vec<u8>| match nested {
                    true => ber(OCTET_STRING_IN_PIECES, &ber(tag::OCTET_STRING, piece, *length), *length),
                    false => ber(tag::OCTET_STRING, piece, *length),
                };
                ber(OCTET_STRING_IN_PIECES, &pieces.iter().flat_map(one).collect::<Vec<_>>(), *length)
            }
            Self::Constructed(tag, inside, length) => {
                ber(*tag, &inside.iter().flat_map(Self::ber).collect::<Vec<_>>(), *length)
            }
        }
    }
}

fn length() -> impl Strategy<Value = Length> {
    prop_oneof![Just(Length::Shortest), Just(Length::Long), Just(Length::Indefinite)]
}

fn tree() -> impl Strategy<Value = Tree> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..200);
    let pieces = proptest::collection::vec(bytes(), 0..4);
    let leaf = prop_oneof![
        (bytes(), length()).prop_map(|(content, length)| Tree::Primitive(content, length)),
        (pieces, any::<bool>(), length()).prop_map(|(pieces, nested, length)| Tree::Octets { pieces, nested, length }),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let tag = prop_oneof![Just(tag::SEQUENCE), Just(tag::SET), Just(tag::constructed(0)), Just(0x61_u8)];
        let inside = proptest::collection::vec(inner, 0..5);
        (tag, inside, length()).prop_map(|(tag, inside, length)| Tree::Constructed(tag, inside, length))
    })
}

/// X.690, 8.1.2 and 8.1.3.6: a tag number above 30 takes more octets, 0 is the end of contents, an indefinite length is for what is
/// constructed.
#[test]
fn what_is_no_element_of_a_signature_is_refused() {
    let good: [&[u8]; 4] = [&[0xa0, 0x80, 0, 0], &[0xa0, 2, 5, 0], &[0x61, 0], &[0x30, 0x80, 0, 0]];
    for value in good {
        assert!(to_der(value, &LIMITS).is_ok(), "{value:02x?}");
    }
    let bad: [&[u8]; 9] = [
        // Primitive, and without a length.
        &[0x80, 0x80, 0, 0],
        &[0x41, 0x80, 0, 0],
        &[0x02, 0x80, 0, 0],
        // Universal and constructed: a BIT STRING, a text, an INTEGER.
        &[0x23, 0],
        &[0x2c, 0x80, 0, 0],
        &[0x22, 3, 2, 1, 1],
        // Tag numbers above 30, and none.
        &[0x1f, 0x21, 0],
        &[0xbf, 0x21, 0],
        &[0, 0],
    ];
    for value in bad {
        assert!(to_der(value, &LIMITS).is_err(), "{value:02x?}");
        let inside = [&[0x30, u8::try_from(value.len()).unwrap()][..], value].concat();
        assert!(to_der(&inside, &LIMITS).is_err(), "{inside:02x?}");
    }
}

proptest! {
    #[test]
    fn every_form_of_an_element_becomes_its_der(tree in tree()) {
        let der = tree.der();
        prop_assert_eq!(to_der(&tree.ber(), &LIMITS), Ok(der.clone()));
        prop_assert_eq!(to_der(&der, &LIMITS), Ok(der));
    }
    #[test]
    fn what_is_written_is_hardly_longer_than_what_came(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(der) = to_der(&bytes, &LIMITS) {
            prop_assert!(der.len() <= bytes.len().saturating_mul(2));
            prop_assert_eq!(to_der(&der, &LIMITS), Ok(der));
        }
    }
}
