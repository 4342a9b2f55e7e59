//! Extended headers: PAX records and GNU's long names.

use super::LayerError;
use alloc::vec::Vec;

/// What the extended headers before an entry say of it.
#[derive(Default)]
pub(super) struct Extensions {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    /// Headers in a row.
    pub(super) headers: u64,
}

impl Extensions {
    pub(super) fn path(&mut self) -> Option<Vec<u8>> {
        self.path.take()
    }
    pub(super) fn link(&mut self) -> Option<Vec<u8>> {
        self.link.take()
    }
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }
    /// Takes one extended header. `kind` is its type flag.
    pub(super) fn take(&mut self, kind: u8, payload: &[u8], entry: u64) -> Result<(), LayerError> {
        match kind {
            b'L' => set(&mut self.path, long_name(payload, entry)?, entry),
            b'K' => set(&mut self.link, long_name(payload, entry)?, entry),
            _ => self.records(kind == b'g', payload, entry),
        }
    }
    /// `LENGTH KEY=VALUE\n` ([POSIX, pax Extended Header][spec]). A broken record is never passed over: another reader stops
    /// there, or finds the next one somewhere else.
    ///
    /// [spec]: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03
    fn records(&mut self, is_global: bool, mut rest: &[u8], entry: u64) -> Result<(), LayerError> {
        let wrong = LayerError::Tar { entry, expected: "extended headers of whole records" };
        while !rest.is_empty() {
            let (key, value, next) = record(rest).ok_or_else(|| wrong.clone())?;
            if key.starts_with(b"GNU.sparse.") {
                return Err(LayerError::Unsupported { what: "a sparse file in a layer" });
            }
            let matters = matches!(key, b"path" | b"linkpath" | b"size");
            if matters && (is_global || value.is_empty() || value.contains(&0)) {
                return Err(LayerError::Tar { entry, expected: "path, linkpath and size of one entry at a time" });
            }
            match key {
                b"path" => set(&mut self.path, value.to_vec(), entry)?,
                b"linkpath" => set(&mut self.link, value.to_vec(), entry)?,
                b"size" => set(&mut self.size, decimal(value).ok_or_else(|| wrong.clone())?, entry)?,
                _ => {}
            }
            rest = next;
        }
        Ok(())
    }
}

/// Where two headers speak of the same thing, readers differ in which one they believe.
fn set<T: PartialEq>(slot: &mut Option<T>, value: T, entry: u64) -> Result<(), LayerError> {
    if slot.as_ref().is_some_and(|old| *old != value) {
        return Err(LayerError::Tar { entry, expected: "extended headers that agree" });
    }
    *slot = Some(value);
    Ok(())
}

/// The content of a GNU `L` or `K` header: a name and a NUL.
fn long_name(payload: &[u8], entry: u64) -> Result<Vec<u8>, LayerError> {
    let name = payload.strip_suffix(&[0]).unwrap_or(payload);
    if name.is_empty() || name.contains(&0) {
        return Err(LayerError::Tar { entry, expected: "a long name that ends with one NUL" });
    }
    Ok(name.to_vec())
}

/// The first record: key, value, and what follows.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(bytes.get(..space)?)?).ok()?;
    let body = bytes.get(space.checked_add(1)?..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    let key = body.get(..equals).filter(|key| !key.is_empty())?;
    Some((key, body.get(equals.checked_add(1)?..)?, bytes.get(length..)?))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
