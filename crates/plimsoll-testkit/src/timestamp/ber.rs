//! DER, written anew as the most different BER.

/// Writes DER with indefinite lengths, and every OCTET STRING that is not empty in two pieces (X.690, 8.1.3.6 and 8.7.3).
///
/// # Panics
/// For what is no DER.
#[must_use]
pub fn indefinite(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = der;
    while let [tag, after @ ..] = rest {
        let (length, after) = length(after);
        let (content, after) = after.split_at_checked(length).expect("an element");
        rest = after;
        match tag {
            0x04 if !content.is_empty() => {
                let (first, second) = content.split_at_checked(content.len().div_ceil(2)).expect("two halves");
                out.extend([0x24, 0x80]);
                out.extend(super::info::tlv(0x04, first));
                out.extend(super::info::tlv(0x04, second));
                out.extend([0, 0]);
            }
            tag if tag & 0x20 != 0 => {
                out.extend([*tag, 0x80]);
                out.extend(indefinite(content));
                out.extend([0, 0]);
            }
            tag => out.extend(super::info::tlv(*tag, content)),
        }
    }
    out
}

fn length(bytes: &[u8]) -> (usize, &[u8]) {
    let (first, rest) = bytes.split_first().expect("a length");
    if *first < 0x80 {
        return (usize::from(*first), rest);
    }
    let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f)).expect("the octets of a length");
    (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
}
