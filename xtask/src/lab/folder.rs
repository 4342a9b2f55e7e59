//! A folder that is gone at the end.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A temporary folder; every program runs with it as its home, so that nothing of the user's own configuration is read.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Result<Self, String> {
        let made = tempfile::Builder::new().prefix("plimsoll-xtask").tempdir();
        made.map(Self).map_err(|error| format!("no temporary folder: {error}"))
    }
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
    /// A path inside, as text for a command line.
    pub(crate) fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<String, String> {
        let path = self.0.path().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::write(&path, content).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path.display().to_string())
    }
    pub(crate) fn read(&self, name: &str) -> Result<String, String> {
        let path = self.0.path().join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }
    /// The bytes of all files below a path.
    pub(crate) fn size(path: &Path) -> u64 {
        let Ok(entries) = fs::read_dir(path) else { return 0 };
        let entries = entries.filter_map(Result::ok);
        entries
            .map(|entry| match entry.metadata() {
                Ok(what) if what.is_dir() => Self::size(&entry.path()),
                Ok(what) if what.is_file() => what.len(),
                _ => 0,
            })
            .sum()
    }
    /// Every file below a folder.
    pub(crate) fn files(path: &Path) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
        let mut found = Vec::new();
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() { found.extend(Self::files(&path)) } else { found.push(path) }
        }
        found
    }
}
