//! Paths of entries, as bytes.

use super::{Entry, EntryKind, LayerError, LayerLimits};
use alloc::vec::Vec;
use plimsoll_core::{Escaped, LimitExceeded};

/// Brings a path into the form of [`Entry::path`]. A leading `/` means the root of the image, as runtimes read it.
pub(super) fn normal(raw: &[u8], entry: u64, limits: &LayerLimits) -> Result<Vec<u8>, LayerError> {
    check(raw, entry, limits)?;
    let mut parts: u64 = 0;
    let mut path = Vec::with_capacity(raw.len());
    for part in raw.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".") {
        if part == b".." {
            return Err(LayerError::PathEscape { entry, path: Escaped::bytes(raw) });
        }
        parts = parts.saturating_add(1);
        LimitExceeded::check("components of a path", limits.depth, parts)?;
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(part);
    }
    Ok(path)
}

/// What holds for paths and link targets alike.
pub(super) fn check(raw: &[u8], entry: u64, limits: &LayerLimits) -> Result<(), LayerError> {
    LimitExceeded::check("bytes of a path", limits.path, raw.len().try_into().unwrap_or(u64::MAX))?;
    if raw.contains(&0) {
        return Err(LayerError::Tar { entry, expected: "a path without NUL" });
    }
    Ok(())
}

/// What a name means in a layer.
pub(super) enum Meaning {
    /// What it says.
    Itself,
    /// A leftover of AUFS.
    Nothing,
}

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const AUFS: &[u8] = b".wh..wh.";

/// Reads whiteouts ([image-spec, layer.md, Whiteouts][spec]): turns an entry named `.wh.NAME` into one that hides `NAME`.
///
/// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts
pub(super) fn whiteout(entry: &mut Entry, number: u64) -> Result<Meaning, LayerError> {
    let wrong = |path: &[u8]| LayerError::Whiteout { entry: number, path: Escaped::bytes(path) };
    let (parent, name) = match entry.path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => entry.path.split_at_checked(at).map(|(parent, name)| (parent, name.get(1..).unwrap_or_default())),
        None => Some((&[][..], entry.path.as_slice())),
    }
    .ok_or_else(|| wrong(&entry.path))?;
    // Below a name that can only be a whiteout there is nothing, except what AUFS left.
    for part in parent.split(|byte| *byte == b'/') {
        if part.starts_with(AUFS) {
            return Ok(Meaning::Nothing);
        }
        if part.starts_with(WHITEOUT) {
            return Err(wrong(&entry.path));
        }
    }
    let Some(hidden) = name.strip_prefix(WHITEOUT) else { return Ok(Meaning::Itself) };
    if name == OPAQUE {
        entry.path = parent.to_vec();
        entry.kind = EntryKind::Opaque;
        return Ok(Meaning::Itself);
    }
    if name.starts_with(AUFS) {
        return Ok(Meaning::Nothing);
    }
    if matches!(hidden, b"" | b"." | b"..") {
        return Err(wrong(&entry.path));
    }
    entry.path = if parent.is_empty() { hidden.to_vec() } else { [parent, b"/", hidden].concat() };
    entry.kind = EntryKind::Whiteout;
    Ok(Meaning::Itself)
}
