//! Files that are hashed while they are read.

use plimsoll_core::{Digest, Hasher};
use std::io::{self, ErrorKind, Read, Write};

/// Reads to the end, writes everything to `copy`, and gives the length and the SHA-256 digest.
pub(super) fn copy_hashed(source: &mut impl Read, copy: &mut impl Write) -> io::Result<(u64, Digest)> {
    let (mut hasher, mut length) = (Hasher::sha256(), 0_u64);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match source.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let piece = buffer.get(..count).unwrap_or_default();
        if piece.is_empty() {
            return Ok((length, hasher.finish("").descriptor().digest));
        }
        hasher.push(piece);
        copy.write_all(piece)?;
        length = length.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
