//! What the user gave to be read: files that were named, and standard input.

use crate::failure::{Failure, OfFile as _};
use plimsoll::core::code;
use std::{fs::File, io::Read, path::Path};

/// Most bytes of a file that is read whole: twice the largest document that anything here takes. A pipe or a device may be named, and
/// need not end.
const MOST: u64 = 64 << 20;

/// Reads a file that the user named: a regular one, a pipe or a device.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    within(File::open(path).of_file(path)?, path, MOST)
}

/// Reads standard input to its end.
pub(crate) fn read_standard_input() -> Result<Vec<u8>, Failure> {
    within(std::io::stdin().lock(), "standard input".as_ref(), MOST)
}

/// Reads to the end. What is longer is refused: cut off, it would look whole.
pub(crate) fn within(from: impl Read, name: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    from.take(most.saturating_add(1)).read_to_end(&mut bytes).of_file(name)?;
    if bytes.len() as u64 > most {
        let message = format!("{}: more than {most} bytes", name.display());
        return Err(Failure { code: Some(code::LIMIT_EXCEEDED), ..Failure::given(message) });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_the_limit_is_refused_and_not_cut_off() {
        let read = |text: &[u8]| within(text, "standard input".as_ref(), 12);
        assert_eq!(read(b"oci:a\noci:b\n").ok(), Some(b"oci:a\noci:b\n".to_vec()));
        let failure = read(b"oci:a\noci:bc\n").err();
        let found = failure.map(|failure| (failure.code, failure.message));
        assert_eq!(found, Some((Some(code::LIMIT_EXCEEDED), "standard input: more than 12 bytes".into())));
    }
}
