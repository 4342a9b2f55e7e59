//! The public API, on real files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may panic")]

mod credentials;
mod distrust;
mod files;
mod git;
#[cfg(unix)]
mod mounted_store;
mod notation_config;
#[cfg(unix)]
mod plugin;
#[cfg(unix)]
mod plugin_install;
#[cfg(unix)]
mod plugin_key;
mod revocation;
mod settings;
mod shared_status;
mod signing_key;
mod signing_keys;
#[cfg(unix)]
mod spiffe;
mod trust_policy;
mod trust_store;

use plimsoll_core::Classify;
use plimsoll_host::notation::NotationDirectory;
use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

/// A temporary home directory.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn path(&self) -> &Path {
        self.0.path()
    }
    fn notation(&self) -> NotationDirectory {
        NotationDirectory::at(self.path())
    }
    fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
    /// Writes a file that only its owner may read or write.
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        #[cfg(unix)]
        self.mode(name, 0o600);
        path
    }
    #[cfg(unix)]
    fn mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(unix)]
    fn link(&self, target: &str, name: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(self.at(target), self.at(name)).unwrap();
    }
    #[cfg(unix)]
    fn fifo(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        path
    }
    /// Text about files of this home, the same in every run.
    fn text(&self, text: impl Display) -> String {
        text.to_string().replace(self.path().to_str().unwrap(), "HOME")
    }
    /// Asserts an error's code and its whole message.
    #[track_caller]
    fn says(&self, error: &(impl Classify + Display), code: &str, message: &str) {
        assert_eq!((error.code().name(), self.text(error).as_str()), (code, message));
    }
}
