//! RFC 4514 text, read.

use super::IdentityError;
use alloc::{string::String, vec::Vec};
use plimsoll_core::Escaped;

/// Splits a distinguished name into types and values, escapes removed. A semicolon separates like a comma (RFC 2253, 4).
pub(crate) fn pairs(text: &str) -> Result<Vec<(&str, String)>, IdentityError> {
    let mut pairs = Vec::new();
    let mut rest = text;
    loop {
        let (name, value) =
            rest.split_once('=').ok_or_else(|| IdentityError::Pair { found: Escaped::new(rest.trim()) })?;
        let name = name.trim_matches(' ');
        if !is_type(name) {
            return Err(IdentityError::Pair { found: Escaped::new(rest.trim()) });
        }
        let mut reader = Value { name, rest: value, text: Vec::new(), kept: 0 };
        let end = reader.read()?;
        pairs.push((name, reader.finish()?));
        match end {
            End::Text => return Ok(pairs),
            End::Part(left) => rest = left,
        }
    }
}

/// `descr / numericoid` (RFC 4512, 1.4), and underscores as some write them.
fn is_type(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

enum End<'a> {
    Part(&'a str),
    Text,
}

/// `string` (RFC 4514, 3).
struct Value<'a> {
    name: &'a str,
    rest: &'a str,
    text: Vec<u8>,
    /// How much of `text` must stay when spaces at its end are cut off.
    kept: usize,
}

impl<'a> Value<'a> {
    fn read(&mut self) -> Result<End<'a>, IdentityError> {
        self.rest = self.rest.trim_start_matches(' ');
        let mut characters = self.rest.chars();
        while let Some(character) = characters.next() {
            match character {
                ',' | ';' => return Ok(End::Part(characters.as_str())),
                '+' => return Err(IdentityError::MultiValued),
                '"' | '<' | '>' | '\0' => return Err(self.escape()),
                '\\' => {
                    let octet = escaped(&mut characters).ok_or_else(|| self.escape())?;
                    self.text.push(octet);
                    self.kept = self.text.len();
                }
                ' ' => self.text.push(b' '),
                other => {
                    self.text.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                    self.kept = self.text.len();
                }
            }
        }
        Ok(End::Text)
    }
    fn finish(mut self) -> Result<String, IdentityError> {
        self.text.truncate(self.kept);
        let text = core::mem::take(&mut self.text);
        String::from_utf8(text).map_err(|_| self.escape())
    }
    fn escape(&self) -> IdentityError {
        IdentityError::Escape { attribute: Escaped::new(self.name) }
    }
}

/// `pair = ESC ( ESC / special / hexpair )`
fn escaped(characters: &mut core::str::Chars<'_>) -> Option<u8> {
    let first = characters.next()?;
    if " \"#+,;<=>\\".contains(first) {
        return u8::try_from(first).ok();
    }
    let (high, low) = (first.to_digit(16)?, characters.next()?.to_digit(16)?);
    u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()
}
