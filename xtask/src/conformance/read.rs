//! Reading a suite's files.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde_json::Value;
use std::path::Path;

pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

pub(super) fn json(path: &Path) -> Result<Value, String> {
    serde_json::from_slice(&bytes(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

pub(super) fn text<'a>(value: &'a Value, member: &str) -> Result<&'a str, String> {
    value[member].as_str().ok_or_else(|| format!("expected text in `{member}`, found {}", value[member]))
}

pub(super) fn list<'a>(value: &'a Value, member: &str) -> Result<&'a [Value], String> {
    let list = value[member].as_array().ok_or_else(|| format!("expected a list in `{member}`"))?;
    Ok(list)
}

pub(super) fn base64(value: &Value, member: &str) -> Result<Vec<u8>, String> {
    BASE64.decode(text(value, member)?.as_bytes()).map_err(|error| format!("`{member}`: {error}"))
}

pub(super) fn hex(value: &Value, member: &str) -> Result<Vec<u8>, String> {
    HEXLOWER_PERMISSIVE.decode(text(value, member)?.as_bytes()).map_err(|error| format!("`{member}`: {error}"))
}

/// Every file below a folder, by its path from there, sorted.
pub(super) fn files(folder: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let entries = std::fs::read_dir(&next).map_err(|error| format!("{}: {error}", next.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                open.push(path);
            } else if let Some(name) = path.strip_prefix(folder).ok().and_then(Path::to_str) {
                found.push(name.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
