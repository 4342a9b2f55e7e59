//! Points of small order on Ed25519's curve: with one as key or as `R`, one signature can hold over many messages.
//!
//! RFC 8032, 5.1.7, leaves open whether they are refused, and libraries differ ("Taming the many EdDSAs", Chalkias, Garillot and
//! Nikolaenko, 2020). Here all back ends refuse them, so that all say the same.

/// Whether these 32 octets are one of the points, in any encoding that a library reads.
pub(crate) fn is_of(point: &[u8]) -> bool {
    let Some((last, head)) = point.split_last() else { return false };
    // The highest bit is the sign of x: both points with this y are of the same order.
    SMALL.iter().any(|small| small.split_last().is_some_and(|(end, front)| front == head && *end == last & 0x7f))
}

/// Their `y`, little-endian: 1, 0, the two of order eight, `p - 1`, and `p` and `p + 1`, which are 0 and 1 not reduced.
const SMALL: [[u8; 32]; 7] = [
    little(1, 0, 0),
    little(0, 0, 0),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    little(0xec, 0xff, 0x7f),
    little(0xed, 0xff, 0x7f),
    little(0xee, 0xff, 0x7f),
];

const fn little(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut point = [middle; 32];
    point[0] = first;
    point[31] = last;
    point
}
