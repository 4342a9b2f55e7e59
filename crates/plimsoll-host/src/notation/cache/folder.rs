//! The folder of lists, as Notation and we write it.

use crate::file::{
    Action, Entry, FileError, Kind, Links, Overwrite, Permission, Writers, check_own, create_directory, list_directory,
    read_own_file, write_file,
};
use data_encoding::BASE64;
use plimsoll_core::{Bytes, Digest, UnixTime};
use plimsoll_pki::crl::{CertificateList, CrlLimits};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    now: fn() -> UnixTime,
    limits: CrlLimits,
}

impl Folder {
    pub(super) fn new(path: PathBuf, now: fn() -> UnixTime) -> Self {
        Self { path, now, limits: CrlLimits::default() }
    }
    pub(super) fn with_clock(self, now: fn() -> UnixTime) -> Self {
        Self { now, ..self }
    }
    /// The newest list that is there, can be read, and is not over; and what was wrong with the others.
    pub(super) fn find(&self, url: &str, limit: u64) -> (Option<Bytes>, Vec<FileError>) {
        let mut errors = Vec::new();
        if let Err(error) = own(&self.path) {
            if !error.is_missing() {
                errors.push(error);
            }
            return (None, errors);
        }
        let mut found: Option<CertificateList> = None;
        for path in self.names(url) {
            match read_own_file(&path, FILE) {
                Ok(contents) => {
                    let list = Written::read(&contents.bytes).filter(|der| fits(der, limit));
                    let list = list.and_then(|der| self.lasts(&der));
                    let is_newer = |new: &CertificateList| {
                        found.as_ref().is_none_or(|old| old.claimed_this_update() < new.claimed_this_update())
                    };
                    found = list.filter(is_newer).or(found);
                }
                Err(error) if error.is_missing() => {}
                Err(error) => errors.push(error),
            }
        }
        (found.map(|list| list.der().clone()), errors)
    }
    /// Writes a list, if it is one that is not over, in the place of any other of its URL.
    pub(super) fn keep(&self, url: &str, der: &Bytes) -> Vec<FileError> {
        let Some(list) = self.lasts(der) else { return Vec::new() };
        let [of_ours, of_notation] = self.names(url);
        let (path, other) = if names_deltas(&list) { (of_ours, of_notation) } else { (of_notation, of_ours) };
        let written = create_directory(&self.path)
            .and_then(|()| own(&self.path))
            .and_then(|()| write_file(&path, &Written::of(der), Permission::Owner, Overwrite::Replace))
            .and_then(|()| remove(&other))
            .and_then(|()| self.sweep(&path));
        written.err().into_iter().collect()
    }
    fn names(&self, url: &str) -> [PathBuf; 2] {
        let name = Digest::sha256_of(url.as_bytes()).encoded();
        [self.path.join(format!("{name}.base")), self.path.join(name)]
    }
    /// The list, if it is one that is not over.
    fn lasts(&self, der: &Bytes) -> Option<CertificateList> {
        let list = CertificateList::from_der(der.clone(), &self.limits).ok()?;
        list.claimed_next_update().is_some_and(|next| next > (self.now)()).then_some(list)
    }
    /// Removes what is too much, the oldest first, and what a crash left behind. What is not of a cache stays.
    fn sweep(&self, kept: &Path) -> Result<(), FileError> {
        let mut files: Vec<_> = list_directory(&self.path, Links::Refuse, ENTRIES)?
            .into_iter()
            .filter(|entry| entry.kind == Kind::File && is_of_cache(entry))
            .map(|entry| self.path.join(entry.name))
            .filter(|path| path != kept)
            .filter_map(|path| path.symlink_metadata().ok().map(|found| (found, path)))
            .map(|(found, path)| (found.modified().unwrap_or(SystemTime::UNIX_EPOCH), found.len(), path))
            .collect();
        files.sort();
        let (mut count, mut bytes) = (1_usize, kept.symlink_metadata().map_or(0, |found| found.len()));
        for (modified, length, path) in files.into_iter().rev() {
            count = count.saturating_add(1);
            bytes = bytes.saturating_add(length);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let left_behind = name.starts_with('.') && modified.elapsed().is_ok_and(|age| age.as_secs() > 3600);
            if left_behind || count > FILES || bytes > BYTES {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

/// Refuses a folder in which others decide which of the lists that are not over counts.
fn own(path: &Path) -> Result<(), FileError> {
    let found = path.symlink_metadata().map_err(|error| FileError::io(Action::List, path, &error))?;
    match Kind::of(found.file_type()) {
        Kind::Directory => check_own(path, &found, Writers::Group),
        other => Err(FileError::unsafe_path(path, Kind::Directory, other)),
    }
}

fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(FileError::io(Action::Write, path, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Says whether a name is that of a list, or of a file that was to become one.
fn is_of_cache(entry: &Entry) -> bool {
    let Some(name) = entry.name.to_str() else { return false };
    let bare = name.strip_suffix(".base").unwrap_or(name);
    name.starts_with(".plimsoll-") || (bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn fits(der: &Bytes, limit: u64) -> bool {
    u64::try_from(der.len()).is_ok_and(|length| length <= limit)
}

/// notation-go, verifier/crl/crl.go.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(rename = "baseCRL")]
    base: String,
}

impl Written {
    fn of(der: &[u8]) -> Vec<u8> {
        // One text: nothing in there fails to be written to memory.
        serde_json::to_vec(&Self { base: BASE64.encode(der) }).unwrap_or_default()
    }
    fn read(bytes: &[u8]) -> Option<Bytes> {
        let written: Self = serde_json::from_slice(bytes).ok()?;
        BASE64.decode(written.base.as_bytes()).ok().map(Bytes::from)
    }
}

/// Says whether the extension Freshest CRL (RFC 5280, 5.2.6) may be in a list, or it is a delta itself (5.2.4): its identifier stands
/// somewhere. At worst a list without one gets the other name.
fn names_deltas(list: &CertificateList) -> bool {
    const FRESHEST: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x2e];
    list.is_delta() || list.der().windows(FRESHEST.len()).any(|window| window == FRESHEST)
}

/// A list of 32 MiB in Base64, in JSON, and as much again for a delta.
const FILE: u64 = 96 * 1024 * 1024;
/// Lists that are kept: each authority of a team has one or two.
const FILES: usize = 256;
/// Bytes of all files: a dozen of the largest lists.
const BYTES: u64 = 512 * 1024 * 1024;
/// Files in the folder, which may be Notation's too and without bounds.
const ENTRIES: u64 = 65536;
