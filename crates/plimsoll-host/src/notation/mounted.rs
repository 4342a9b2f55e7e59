//! Folders of trust that Kubernetes mounts: trust stores and SPIFFE bundles.
//!
//! The kubelet writes a volume of a ConfigMap or Secret so that it changes in one step: the files lie in a folder named after the time,
//! `..data` is a link to that folder, and each file is a link to `..data/FILE`.

use crate::file::{Action, Entry, FileError, Kind, Links, list_directory, read_file};
use plimsoll_core::Bytes;
use std::{
    io::ErrorKind,
    path::{Component, Path, PathBuf},
};

/// A file of a mounted store.
pub(super) struct Mounted {
    pub(super) name: String,
    pub(super) bytes: Bytes,
    pub(super) access: crate::file::Access,
}

/// Reads the files of a mounted folder that `wanted` wants. All of them come out of one state: `..data` is looked at once. Where the
/// kubelet takes that state away meanwhile, it is read anew.
///
/// Followed are links to `..data/FILE` and none other.
pub(super) fn read(
    folder: &Path,
    entries: u64,
    limit: u64,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Vec<Mounted>, FileError> {
    let mut attempts = 0_u8;
    loop {
        attempts = attempts.saturating_add(1);
        match read_once(folder, entries, limit, &wanted) {
            Err(error) if error.is_missing() && attempts < ATTEMPTS && folder.is_dir() => {}
            done => return done,
        }
    }
}

fn read_once(
    folder: &Path,
    entries: u64,
    limit: u64,
    wanted: &impl Fn(&Entry) -> bool,
) -> Result<Vec<Mounted>, FileError> {
    let state = state(folder)?;
    let mut found = Vec::new();
    for entry in list_directory(folder, Links::Refuse, entries)? {
        let Some(name) = entry.name.to_str().filter(|_| wanted(&entry)) else { continue };
        let path = folder.join(name);
        let path = match (entry.kind, &state) {
            (Kind::Link, Some(state)) if leads_to(&path, Path::new(DATA), name)? => state.join(name),
            (Kind::Link, _) => return Err(FileError::unsafe_path(&path, Kind::File, Kind::Link)),
            _ => path,
        };
        let contents = read_file(&path, Links::Refuse, limit)?;
        found.push(Mounted { name: name.to_owned(), bytes: contents.bytes.into(), access: contents.access });
    }
    Ok(found)
}

/// The folder that `..data` means now: one beside it, and no link again.
fn state(folder: &Path) -> Result<Option<PathBuf>, FileError> {
    let data = folder.join(DATA);
    let target = match data.read_link() {
        Ok(target) => target,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::io(Action::Read, &data, &error)),
    };
    let mut parts = target.components();
    let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else {
        return Err(FileError::unsafe_path(&data, Kind::Directory, Kind::Link));
    };
    let state = folder.join(name);
    crate::file::directory_access(&state, Links::Refuse)?;
    Ok(Some(state))
}

fn leads_to(link: &Path, folder: &Path, name: &str) -> Result<bool, FileError> {
    let target = link.read_link().map_err(|error| FileError::io(Action::Read, link, &error))?;
    Ok(target == folder.join(name))
}

const DATA: &str = "..data";
/// A state lasts for about a minute; nobody is overtaken so often.
const ATTEMPTS: u8 = 5;
