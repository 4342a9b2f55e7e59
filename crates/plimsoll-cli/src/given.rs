//! Files that the user named.

use crate::failure::{Failure, OfFile as _};
use plimsoll::core::code;
use std::{fs::File, io::Read as _, path::Path};

/// Most bytes of a file that is read whole: twice the largest document that anything here takes. A pipe or a device may be named, and
/// need not end.
const MOST: u64 = 64 << 20;

/// Reads a file that the user named: a regular one, a pipe or a device.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST.saturating_add(1)).read_to_end(&mut bytes)).of_file(path)?;
    if bytes.len() as u64 > MOST {
        let message = format!("{}: more than {MOST} bytes", path.display());
        return Err(Failure { code: Some(code::LIMIT_EXCEEDED), ..Failure::given(message) });
    }
    Ok(bytes)
}
