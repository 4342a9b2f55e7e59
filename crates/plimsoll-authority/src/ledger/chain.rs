//! Lines of which each names the one before.

use super::entry::Line;
use plimsoll_core::Digest;

/// The lines that have their end, and what stands behind the last.
pub(super) fn split(bytes: &[u8]) -> (impl Iterator<Item = &[u8]>, &[u8]) {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
    let (whole, tail) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    (whole.split_inclusive(|byte| *byte == b'\n'), tail)
}

/// Reads a line that must be the next.
pub(super) fn line(text: &[u8], number: u64, previous: Option<Digest>) -> Result<Line, String> {
    let line = Line::read(text)?;
    if line.number != number || line.previous != previous {
        return Err("expected the number and the digest of the line before it, found others".to_owned());
    }
    Ok(line)
}

/// Checks that what stands behind the last line is what a crash leaves: the beginning of the next line, perhaps with zeros where
/// the disk came no further. Such a line was never acknowledged. Anything else was put there.
pub(super) fn check_tail(tail: &[u8], lines: u64) -> Result<(), String> {
    let written = tail.iter().rposition(|byte| *byte != 0).map_or(0, |at| at.saturating_add(1));
    let begins = Line::beginning(lines.saturating_add(1));
    let both = written.min(begins.len());
    if tail.get(..both) == begins.as_bytes().get(..both) {
        return Ok(());
    }
    Err("expected nothing behind the last line, or the beginning of the next, found something else".to_owned())
}
