//! Percent-encoding as the purl specification wants it.

use super::PurlError;
use plimsoll_core::Escaped;
use std::fmt::{self, Write as _};

/// Text to encode whole.
pub(super) struct Text<'a>(pub(super) &'a str);
/// Text whose `/` divide segments.
pub(super) struct Path<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| encode(byte, f))
    }
}
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| if byte == b'/' { f.write_char('/') } else { encode(byte, f) })
    }
}

/// All but letters, digits, `.`, `-`, `_`, `~` and `:` is encoded ([purl specification, Character encoding]).
///
/// [purl specification, Character encoding]: https://github.com/package-url/purl-spec/blob/main/standard/specification.md
fn encode(byte: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
        f.write_char(byte.into())
    } else {
        write!(f, "%{byte:02X}")
    }
}

/// Decodes; a `%` without two hexadecimal digits, and what is not UTF-8, is refused.
pub(super) fn decode(text: &str) -> Result<String, PurlError> {
    let refused = || PurlError::Encoding { found: Escaped::new(text) };
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                match (digit(), digit()) {
                    (Some(high), Some(low)) => high.wrapping_shl(4) | low,
                    _ => return Err(refused()),
                }
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).map_err(|_| refused())
}
