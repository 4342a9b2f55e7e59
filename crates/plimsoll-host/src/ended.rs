//! How a program of somebody else's ended.

use plimsoll_core::Escaped;
use std::fmt;

/// Writes the exit code, if the program ended by itself, and the first line of what it said.
pub(crate) fn ended(status: Option<i32>, said: &Escaped, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match status {
        Some(status) => write!(f, "exit code {status}")?,
        None => f.write_str("ended by a signal")?,
    }
    if said.as_str().is_empty() { Ok(()) } else { write!(f, ": {said}") }
}
