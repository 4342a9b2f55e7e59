//! The environment, as an argument.

use std::{ffi::OsString, path::PathBuf};

/// Reads a variable of the environment; `None` where it is not set. Only a program's `main` should ask the real one:
/// `|name| std::env::var_os(name)`.
pub trait Environment: Fn(&str) -> Option<OsString> {
    /// A variable that is set, to something.
    fn set(&self, name: &str) -> Option<OsString> {
        self(name).filter(|value| !value.is_empty())
    }
    /// A variable that is set, to something in UTF-8.
    fn text(&self, name: &str) -> Option<String> {
        self.set(name).and_then(|value| value.into_string().ok())
    }
    /// A variable that is set, to an absolute path.
    fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.set(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }
}

impl<F: Fn(&str) -> Option<OsString> + ?Sized> Environment for F {}

/// The operating systems, as far as they keep configuration in different places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Platform {
    /// macOS.
    MacOs,
    /// Linux, and whatever follows the XDG Base Directory Specification.
    Unix,
    /// Windows.
    Windows,
}

impl Platform {
    /// The one that this program was built for.
    pub const CURRENT: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::MacOs
    } else {
        Self::Unix
    };

    /// The user's own directory.
    pub(crate) fn home(self, environment: &(impl Environment + ?Sized)) -> Option<PathBuf> {
        environment.absolute(if self == Self::Windows { "USERPROFILE" } else { "HOME" })
    }
    /// Where programs keep what they can fetch again, as Go's `os.UserCacheDir` says.
    pub(crate) fn cache(self, environment: &(impl Environment + ?Sized)) -> Option<PathBuf> {
        match self {
            Self::MacOs => Some(self.home(environment)?.join("Library/Caches")),
            Self::Unix => {
                environment.absolute("XDG_CACHE_HOME").or_else(|| Some(self.home(environment)?.join(".cache")))
            }
            Self::Windows => environment.absolute("LOCALAPPDATA"),
        }
    }
    /// Where programs keep a user's configuration, as Go's `os.UserConfigDir` says: Notation looks there.
    pub(crate) fn configuration(self, environment: &(impl Environment + ?Sized)) -> Option<PathBuf> {
        match self {
            Self::MacOs => Some(self.home(environment)?.join("Library/Application Support")),
            // XDG Base Directory Specification: a relative path is to be ignored.
            Self::Unix => {
                environment.absolute("XDG_CONFIG_HOME").or_else(|| Some(self.home(environment)?.join(".config")))
            }
            Self::Windows => environment.absolute("APPDATA"),
        }
    }
}
