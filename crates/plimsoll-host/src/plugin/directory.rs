//! Where plugins are installed.

use super::PluginRunError;
use crate::{
    Environment, Loaded, Warning,
    file::{Access, Action, FileError, Kind, Links, list_directory, shown},
    notation::NotationDirectory,
};
use plimsoll_notary::plugin::PluginName;
use std::path::{Path, PathBuf};

/// `{NOTATION_LIBEXEC}/plugins`: each plugin has a folder of its name there, with its program `notation-NAME` in it.
///
/// ```
/// use plimsoll_host::{notation::NotationDirectory, plugin::PluginDirectory};
/// let notation = NotationDirectory::at("/home/ada/.config/notation");
/// let directory = PluginDirectory::find(&|_: &str| None, &notation)?;
/// let program = directory.program(&"kms".parse()?);
/// assert_eq!(program, std::path::Path::new("/home/ada/.config/notation/plugins/kms").join(program.file_name().unwrap()));
/// // What counts from the working directory is refused.
/// assert!(PluginDirectory::find(&|_: &str| Some("libexec".into()), &notation).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PluginDirectory {
    path: PathBuf,
}

impl PluginDirectory {
    /// Takes `{libexec}/plugins`.
    ///
    /// # Errors
    /// [`PluginRunError::Relative`]: what runs may not depend on the working directory (Docker CLI CVE-2025-15558).
    pub fn of_libexec(libexec: &Path) -> Result<Self, PluginRunError> {
        if libexec.is_absolute() {
            Ok(Self { path: libexec.join("plugins") })
        } else {
            Err(PluginRunError::Relative { path: shown(libexec) })
        }
    }
    /// Looks where Notation looks: below `NOTATION_LIBEXEC`, else below the configuration directory, which counts from the
    /// working directory if the user named it so.
    ///
    /// # Errors
    /// [`PluginRunError::Relative`] for a relative `NOTATION_LIBEXEC`.
    pub fn find(
        environment: &(impl Environment + ?Sized),
        notation: &NotationDirectory,
    ) -> Result<Self, PluginRunError> {
        if let Some(libexec) = environment.set("NOTATION_LIBEXEC") {
            return Self::of_libexec(Path::new(&libexec));
        }
        let absolute = std::path::absolute(notation.path());
        let failed = |error| PluginRunError::File(FileError::io(Action::Read, notation.path(), &error));
        Self::of_libexec(&absolute.map_err(failed)?)
    }
    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// The folder of a plugin.
    #[must_use]
    pub fn folder(&self, name: &PluginName) -> PathBuf {
        self.path.join(name.as_str())
    }
    /// The program of a plugin: `notation-NAME`, on Windows `notation-NAME.exe`, and nothing else.
    #[must_use]
    pub fn program(&self, name: &PluginName) -> PathBuf {
        self.folder(name).join(name.executable(std::env::consts::EXE_SUFFIX))
    }
    /// The plugins that are there, in the order of their names. What is no folder of a plugin's name is named in a warning.
    ///
    /// # Errors
    /// [`FileError`], when the directory cannot be listed. One that is not there has no plugins.
    pub fn list(&self) -> Result<Loaded<Vec<PluginName>>, FileError> {
        let mut found = Loaded::plain(Vec::new());
        let entries = match list_directory(&self.path, Links::Follow, ENTRIES) {
            Ok(entries) => entries,
            Err(error) if error.is_missing() => return Ok(found),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = entry.name.to_str().and_then(|name| name.parse::<PluginName>().ok());
            let name = name.filter(|name| entry.kind == Kind::Directory && self.program(name).is_file());
            match name {
                Some(name) => {
                    found.warnings.extend(self.writable(&name));
                    found.value.push(name);
                }
                None => found.warnings.push(Warning::NoPlugin { path: shown(&self.path.join(&entry.name)) }),
            }
        }
        Ok(found)
    }
    /// Says so where a group can write a plugin. It may be the user's own group, so the plugin is run all the same.
    fn writable(&self, name: &PluginName) -> Vec<Warning> {
        let writable = |path: PathBuf| Warning::writable(&path, Access::of(&path.symlink_metadata().ok()?));
        [self.folder(name), self.program(name)].into_iter().filter_map(writable).collect()
    }
}

/// Nobody has so many plugins.
const ENTRIES: u64 = 1024;
