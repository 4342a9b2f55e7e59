//! Foreign text, made safe to show.

use alloc::{boxed::Box, string::String};
use core::fmt;

/// Foreign text as it may be shown: at most 256 bytes, control and bidirectional characters escaped.
///
/// Annotations, subjects and package names come from whoever wrote the image. A terminal obeys escape sequences, and
/// bidirectional controls reorder a line, so everything foreign goes through this type before it is shown.
///
/// ```
/// use plimsoll_core::Escaped;
/// assert_eq!(Escaped::new("curl\u{1b}[2J\u{202e}").to_string(), r"curl\u{1b}[2J\u{202e}");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Escaped(Box<str>);

/// Most of the foreign text that is kept, in bytes.
const KEPT: usize = 256;

impl Escaped {
    /// Escapes `text` and cuts it to 256 bytes.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.len() <= KEPT && !text.contains(is_unsafe) {
            return Self(text.into());
        }
        let mut out = String::new();
        for (at, character) in text.char_indices() {
            if at >= KEPT {
                out.push('…');
                break;
            }
            push(&mut out, character);
        }
        Self(out.into())
    }
    /// Escapes `text` whole. For output that must lose nothing.
    #[must_use]
    pub fn whole(text: &str) -> Self {
        if !text.contains(is_unsafe) {
            return Self(text.into());
        }
        let mut out = String::with_capacity(text.len());
        text.chars().for_each(|character| push(&mut out, character));
        Self(out.into())
    }
    /// Escapes bytes that should be UTF-8 but need not be.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Self {
        Self::new(&String::from_utf8_lossy(bytes.get(..KEPT.saturating_mul(2)).unwrap_or(bytes)))
    }
    /// Whether a character is shown as an escape: a terminal would obey it, or it reorders or hides text.
    #[must_use]
    pub fn escapes(character: char) -> bool {
        is_unsafe(character)
    }
    /// The text, safe to show.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn push(out: &mut String, character: char) {
    if is_unsafe(character) { out.extend(character.escape_unicode()) } else { out.push(character) }
}

/// Controls (C0, C1, DEL), line and paragraph separators, bidirectional controls (Unicode UAX #9), the byte-order mark,
/// zero-width and tag characters.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}
impl From<&str> for Escaped {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
