//! Base64 as each format demands it: one alphabet, exact padding, no white space, no stray bits.

use crate::EnvelopeError;
use alloc::{string::String, vec::Vec};
use base64_simd::{Base64, STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use core::ops::Range;

/// Decoded bytes of one envelope, in one allocation.
pub(crate) type Arena = Vec<u8>;

/// RFC 7515, 2: base64url without padding.
pub(crate) fn url(arena: &mut Arena, text: &str, member: &'static str) -> Result<Range<usize>, EnvelopeError> {
    append(&URL_SAFE_NO_PAD, arena, text)
        .ok_or(EnvelopeError::MalformedBase64 { member, expected: "unpadded base64url" })
}

/// RFC 7515, 4.1.6: `x5c` is base64, not base64url.
pub(crate) fn standard(arena: &mut Arena, text: &str, member: &'static str) -> Result<Range<usize>, EnvelopeError> {
    append(&STANDARD, arena, text).ok_or(EnvelopeError::MalformedBase64 { member, expected: "padded base64" })
}

/// DSSE, protocol.md: either alphabet. Never both in one text: no reader of one alphabet takes a mixture.
pub(crate) fn either(arena: &mut Arena, text: &str, member: &'static str) -> Result<Range<usize>, EnvelopeError> {
    let malformed = EnvelopeError::MalformedBase64 { member, expected: "padded base64 of one alphabet" };
    append(&STANDARD, arena, text).or_else(|| append(&URL_SAFE, arena, text)).ok_or(malformed)
}

/// Decodes to the end of the arena; on failure the arena is as before.
fn append(kind: &Base64, arena: &mut Arena, text: &str) -> Option<Range<usize>> {
    let start = arena.len();
    if kind.decode_append(text.as_bytes(), arena).is_err() {
        arena.truncate(start);
        return None;
    }
    Some(start..arena.len())
}

pub(crate) fn encode_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

pub(crate) fn encode_standard(bytes: &[u8]) -> String {
    STANDARD.encode_to_string(bytes)
}
