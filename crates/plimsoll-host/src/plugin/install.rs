//! Installing plugins and taking them away.

use super::{InstallError, PluginRunError, PluginRunner, archive, hashed::copy_hashed};
use crate::file::{Action, FileError, Kind, Links, Overwrite, create_directory, open_file, shown};
use plimsoll_core::{Digest, Escaped, LimitExceeded};
use plimsoll_notary::plugin::{PluginMetadata, PluginName};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Seek as _},
    path::{Path, PathBuf},
};

/// How it is known which program is meant.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Expected {
    /// It is not known, and that is an error: whoever can put a file there would run as the user.
    #[default]
    Nothing,
    /// The file has this SHA-256 digest, as its makers publish it. A folder has none.
    Sha256(Digest),
    /// The user wants it without a check, and says so: a plugin of his own.
    Unchecked,
}

/// A plugin that was installed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Installed {
    /// What it says of itself.
    pub metadata: PluginMetadata,
    /// The version that was there before.
    pub replaced: Option<Escaped>,
}

/// Installs a plugin from a program `notation-NAME`, from a zip or gzipped tar archive that holds exactly one, or from a folder.
///
/// The source is opened once and copied to where nobody else can write; the copy is compared with the digest, and unpacked into a new folder beside the others. There the plugin is asked what
/// it is, and only a plugin that keeps the contract takes its place. One of the same or a later version is replaced only with
/// [`Overwrite::Replace`].
///
/// # Errors
/// [`InstallError`]. Nothing changes then.
pub async fn install(
    runner: &PluginRunner,
    source: &Path,
    expected: Expected,
    overwrite: Overwrite,
) -> Result<Installed, InstallError> {
    let staged = {
        let (plugins, source) = (runner.directory().path().to_owned(), source.to_owned());
        aside(move || stage(&plugins, &source, expected)).await?
    };
    let metadata = runner.metadata_of(&staged.plugin, &staged.program).await?;
    let before = match runner.metadata(&staged.plugin).await {
        Ok(before) if before.version < metadata.version || overwrite == Overwrite::Replace => Some(before.version),
        Ok(before) => {
            return Err(InstallError::NotLater {
                plugin: staged.plugin.clone(),
                version: Escaped::new(&metadata.version.to_string()),
                found: Escaped::new(&before.version.to_string()),
            });
        }
        Err(PluginRunError::NotInstalled { .. }) => None,
        // What is there cannot say what it is.
        Err(_) if overwrite == Overwrite::Replace => None,
        Err(error) => return Err(error.into()),
    };
    let folder = runner.directory().folder(&staged.plugin);
    aside(move || staged.take_place(&folder)).await?;
    Ok(Installed { metadata, replaced: before.map(|version| Escaped::new(&version.to_string())) })
}

/// The plugins that are installed, each with what it says of itself, or why it does not.
///
/// # Errors
/// [`FileError`], when the directory cannot be listed.
pub async fn installed(
    runner: &PluginRunner,
) -> Result<crate::Loaded<Vec<(PluginName, Result<PluginMetadata, PluginRunError>)>>, FileError> {
    let found = runner.directory().list()?;
    let mut value = Vec::new();
    for plugin in found.value {
        let metadata = runner.metadata(&plugin).await;
        value.push((plugin, metadata));
    }
    Ok(crate::Loaded { value, warnings: found.warnings })
}

/// Takes a plugin away, with all that is in its folder.
///
/// # Errors
/// [`InstallError`]: it is not there, or cannot be removed.
pub fn uninstall(runner: &PluginRunner, plugin: &PluginName) -> Result<(), InstallError> {
    let folder = runner.directory().folder(plugin);
    match folder.symlink_metadata() {
        Ok(found) if found.is_dir() => {}
        Ok(found) => return Err(FileError::unsafe_path(&folder, Kind::Directory, Kind::of(found.file_type())).into()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(PluginRunError::NotInstalled { plugin: plugin.clone(), path: shown(&folder) }.into());
        }
        Err(error) => return Err(FileError::io(Action::Read, &folder, &error).into()),
    }
    fs::remove_dir_all(&folder).map_err(|error| FileError::io(Action::Write, &folder, &error).into())
}

/// A plugin that is unpacked and has not taken its place. Dropped, it is gone.
struct Staged {
    plugin: PluginName,
    program: PathBuf,
    folder: tempfile::TempDir,
}

fn stage(plugins: &Path, source: &Path, expected: Expected) -> Result<Staged, InstallError> {
    if expected == Expected::Nothing {
        return Err(InstallError::Unchecked { path: shown(source) });
    }
    create_directory(plugins)?;
    let folder = tempfile::Builder::new().prefix(".plimsoll-").tempdir_in(plugins);
    let folder = folder.map_err(|error| FileError::io(Action::Create, plugins, &error))?;
    let names = if source.is_dir() {
        if let Expected::Sha256(_) = expected {
            return Err(FileError::unsafe_path(source, Kind::File, Kind::Directory).into());
        }
        archive::copy(source, folder.path())?
    } else {
        let failed = |error| FileError::io(Action::Read, source, &error);
        let mut file = open_file(source, Links::Follow)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(FileError::unsafe_path(source, Kind::File, Kind::of(metadata.file_type())).into());
        }
        let (mut copy, length, found) = copied(&mut file, plugins).map_err(failed)?;
        LimitExceeded::check("bytes", archive::MOST, length)
            .map_err(|limit| InstallError::Limit { path: shown(source), limit })?;
        if let Expected::Sha256(expected) = expected
            && found != expected
        {
            return Err(InstallError::Digest { path: shown(source), expected, found });
        }
        archive::unpack(source, &mut copy, folder.path())?
    };
    let programs: Vec<_> = names.iter().filter_map(|name| Some((name, plugin_of(name)?))).collect();
    let [(program, plugin)] = programs.as_slice() else {
        let found = programs.iter().map(|(name, _)| Escaped::new(name)).collect();
        return Err(InstallError::Programs { path: shown(source), found });
    };
    Ok(Staged { plugin: plugin.clone(), program: folder.path().join(program), folder })
}

/// Copies a file, up to one byte more than it may have, and gives the copy, its length and its digest. Who holds the source open may still write to it; the copy
/// has no name, so that what was judged is what is unpacked.
fn copied(source: &mut impl Read, plugins: &Path) -> io::Result<(File, u64, Digest)> {
    let mut copy = tempfile::tempfile_in(plugins)?;
    let (length, digest) = copy_hashed(&mut source.take(archive::MOST.saturating_add(1)), &mut copy)?;
    copy.rewind()?;
    Ok((copy, length, digest))
}

/// The plugin that a file of this name is the program of.
fn plugin_of(file: &str) -> Option<PluginName> {
    file.strip_suffix(std::env::consts::EXE_SUFFIX)?.strip_prefix("notation-")?.parse().ok()
}

impl Staged {
    /// Takes the place of what is there, which comes back if that fails.
    fn take_place(self, folder: &Path) -> Result<(), InstallError> {
        let failed = |error| InstallError::File(FileError::io(Action::Write, folder, &error));
        let parent = folder.parent().unwrap_or(folder);
        let aside = tempfile::Builder::new().prefix(".plimsoll-").tempdir_in(parent).map_err(failed)?;
        let old = aside.path().join("old");
        match fs::rename(folder, &old) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        let new = self.folder.keep();
        fs::rename(&new, folder).map_err(|error| {
            // The error to tell is the first one.
            let _ = fs::rename(&old, folder);
            let _ = fs::remove_dir_all(&new);
            failed(error)
        })
    }
}

/// Does what waits for a disk on a thread of its own.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InstallError> + Send + 'static,
) -> Result<T, InstallError> {
    let lost = |error| InstallError::File(FileError::io(Action::Write, Path::new("plugins"), &error));
    crate::aside::aside(work).await.map_err(lost)?
}

#[cfg(test)]
mod tests {
    use super::*;

    // attack: A-353
    #[test]
    fn a_353_what_was_judged_is_what_is_unpacked_whoever_writes_to_the_source() {
        let home = tempfile::tempdir().unwrap();
        let (source, into) = (home.path().join("notation-kms"), home.path().join("into"));
        fs::create_dir(&into).unwrap();
        fs::write(&source, "#!/bin/sh\ntrue\n").unwrap();
        let mut file = open_file(&source, Links::Follow).unwrap();
        let (mut copy, length, digest) = copied(&mut file, home.path()).unwrap();
        assert_eq!((length, digest), (15, Digest::sha256_of(b"#!/bin/sh\ntrue\n")));
        // The same file, not another of its name.
        fs::write(&source, "#!/bin/sh\nevil\n").unwrap();
        assert_eq!(archive::unpack(&source, &mut copy, &into).unwrap(), ["notation-kms"]);
        assert_eq!(fs::read(into.join("notation-kms")).unwrap(), b"#!/bin/sh\ntrue\n");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "the copy has no name");
    }
}
