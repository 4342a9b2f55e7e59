//! A layout that is not there yet. It is made when content is brought to it: what fails before leaves nothing behind.

use plimsoll::{core::StoreError, store::Layout};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A directory that is missing or empty, where a layout may come to be.
pub(crate) struct NewLayout {
    path: PathBuf,
    /// The directories that are missing, the outermost first.
    missing: Vec<PathBuf>,
    made: OnceLock<Layout>,
}

impl NewLayout {
    /// One at `path`; none where something is already.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let holds_nothing = match fs::read_dir(path) {
            Ok(mut names) => names.next().is_none(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if !holds_nothing {
            return None;
        }
        let above = path.ancestors().filter(|above| !above.as_os_str().is_empty());
        let mut missing: Vec<_> = above.take_while(|above| !above.exists()).map(Path::to_path_buf).collect();
        missing.reverse();
        Some(Self { path: path.into(), missing, made: OnceLock::new() })
    }
    /// The layout, if it came to be.
    pub(super) fn made(&self) -> Option<&Layout> {
        self.made.get()
    }
    /// The layout, which is made now if it is not there.
    ///
    /// # Errors
    /// As those of [`Layout::create`].
    pub(super) fn make(&self) -> Result<&Layout, StoreError> {
        if let Some(made) = self.made() {
            return Ok(made);
        }
        let made = Layout::create(&self.path)?;
        Ok(self.made.get_or_init(|| made))
    }
    /// Removes what was made, if nothing was brought to it. A directory that holds anything is not removed, whoever put it there.
    fn remove_if_blank(&self) -> io::Result<()> {
        let holds_nothing = |layout: &Layout| layout.index().is_ok_and(|index| index.entries().is_empty());
        if !self.made().is_some_and(holds_nothing) {
            return Ok(());
        }
        let remove_if_there = |removed: io::Result<()>| match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        remove_if_there(fs::remove_dir(self.path.join(".staging")))?;
        for folder in ["blobs/sha256", "blobs"] {
            remove_if_there(fs::remove_dir(self.path.join(folder)))?;
        }
        for file in ["oci-layout", "index.json", ".index.lock"] {
            remove_if_there(fs::remove_file(self.path.join(file)))?;
        }
        self.missing.iter().rev().try_for_each(fs::remove_dir)
    }
}

impl Drop for NewLayout {
    fn drop(&mut self) {
        // What cannot be removed is a layout without an image.
        let _ = self.remove_if_blank();
    }
}
