//! Which programs are here. Nothing is ever installed: what is absent is reported as absent.

use super::{Folder, Program};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The words of a task's command line: `--name VALUE`.
pub(crate) struct Options(Vec<(String, String)>);

impl Options {
    /// Reads pairs of a known name and a value.
    pub(crate) fn read(arguments: &[String], known: &[&str], usage: &str) -> Result<Self, String> {
        let mut found = Vec::new();
        for pair in arguments.chunks(2) {
            match pair {
                [name, value] if known.contains(&name.as_str()) => found.push((name.clone(), value.clone())),
                _ => return Err(usage.to_owned()),
            }
        }
        Ok(Self(found))
    }
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
    pub(crate) fn path(&self, name: &str) -> Result<Option<PathBuf>, String> {
        let absolute = |value| std::path::absolute(value).map_err(|error| format!("{value}: {error}"));
        self.find(name).map(absolute).transpose()
    }
    pub(crate) fn number(&self, name: &str, default: u32) -> Result<u32, String> {
        let number = |text: &str| text.parse().map_err(|_| format!("{name}: expected a number, found `{text}`"));
        self.find(name).map_or(Ok(default), number)
    }
}

/// The programs of a folder, else of PATH, all at home in one folder.
pub(crate) struct Peers<'a> {
    tools: Option<PathBuf>,
    folder: &'a Folder,
}

impl<'a> Peers<'a> {
    pub(crate) fn new(options: &Options, folder: &'a Folder) -> Result<Self, String> {
        Ok(Self { tools: options.path("--tools")?, folder })
    }
    pub(crate) fn find(&self, name: &str) -> Option<Program> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.tools.iter().cloned().chain(std::env::split_paths(&path));
        let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file())?;
        Some(Program::new(&found, self.folder))
    }
    /// Our own command: the one that is given, else built here with a profile.
    pub(crate) fn plimsoll(&self, options: &Options, profile: &str) -> Result<Program, String> {
        let path = match options.path("--plimsoll")? {
            Some(path) => path,
            None => build(profile, &[])?,
        };
        Ok(Program::new(&path, self.folder))
    }
}

/// Builds our own command with a profile; the compiler of its last crate is told `words` besides.
pub(crate) fn build(profile: &str, words: &[&str]) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["rustc", "--profile", profile, "--package", "plimsoll-cli", "--bin", "plimsoll", "--"])
        .args(words)
        .current_dir(root())
        .status();
    match built {
        Ok(status) if status.success() => Ok(target().join(profile).join("plimsoll")),
        Ok(status) => Err(format!("cargo rustc --profile {profile}: {status}")),
        Err(error) => Err(format!("cargo rustc --profile {profile}: {error}")),
    }
}

/// Where Cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |path| root().join(path))
}

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
