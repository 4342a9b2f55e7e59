//! `truststore/x509/{ca,signingAuthority,tsa}/NAME/`.

mod error;
mod watch;

pub use error::TrustStoreDirectoryError;
pub use watch::{Reload, TrustStoreWatch};

use super::{NotationDirectory, is_file_name, mounted};
use crate::{
    Loaded, Settings, Warning,
    file::{
        Entry, FileError, Kind, Links, Overwrite, Permission, create_directory, directory_access, list_directory,
        read_file, write_file,
    },
};
use plimsoll_core::{Bytes, Provider};
use plimsoll_pki::{Limits, NamedStore, OwnedCertificate, StoreName, TrustStoreError, read_certificates};
use std::path::{Path, PathBuf};

/// The files of the named trust stores that a decision may use, as they were read.
///
/// Disk and recording go the same way: [`TrustStoreFiles::read`] reads the files and says nothing of what is in them, and
/// [`TrustStoreFiles::store`] makes a store of their bytes, however they came.
///
/// # Security
/// The directory of a store, and each file in it, must not be a link; links above are followed ([Trust Store]). Where Notation reads every
/// file and gives a store up for a `README` or a sub-directory, Plimsoll reads `.pem`, `.crt` and `.cer`, as the specification names
/// them, and warns about the rest. One file that is no certificate spoils its store.
///
/// [Trust Store]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trust-store
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrustStoreFiles {
    files: Vec<StoreFile>,
}

/// A file of a named trust store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub struct StoreFile {
    /// Its path below the configuration directory: `truststore/x509/ca/release/root.pem`.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl TrustStoreFiles {
    /// Reads the files of these stores. A store that is not there has none.
    ///
    /// # Errors
    /// [`FileError`]: a link, a file that is not regular, too large or unreadable. Trust that cannot be read whole is not used.
    pub fn read<'a>(
        directory: &NotationDirectory,
        stores: impl IntoIterator<Item = &'a StoreName>,
    ) -> Result<Loaded<Self>, FileError> {
        Self::read_with(directory, stores, &Settings::default())
    }
    /// Reads the files of these stores, of which some may be mounted by Kubernetes as the settings say: in those a link to
    /// `..data/FILE` is followed, and no other.
    ///
    /// # Errors
    /// [`FileError`], as for [`TrustStoreFiles::read`].
    pub fn read_with<'a>(
        directory: &NotationDirectory,
        stores: impl IntoIterator<Item = &'a StoreName>,
        settings: &Settings,
    ) -> Result<Loaded<Self>, FileError> {
        let mut found = Loaded::plain(Self::default());
        for store in stores {
            if settings.is_mounted(store) {
                read_mounted(directory, store, &mut found)?;
            } else {
                read_store(directory, store, &mut found)?;
            }
        }
        found.value.files.sort();
        found.value.files.dedup();
        Ok(found)
    }
    /// Takes files from a recording; those that are not named as files of a trust store are passed over.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let files = files.into_iter().map(|(name, bytes)| StoreFile { name, bytes });
        let mut files: Vec<_> = files.filter(|file| split(&file.name).is_some()).collect();
        files.sort();
        Self { files }
    }
    /// The files, in the order of their names.
    #[must_use]
    pub fn files(&self) -> &[StoreFile] {
        &self.files
    }
    /// Makes a named store of its files.
    ///
    /// # Errors
    /// [`TrustStoreDirectoryError`]: a file that holds anything but certificates, a certificate that may not stand in such a store, or
    /// no certificate at all. It concerns this store only.
    pub fn store(
        &self,
        name: &StoreName,
        provider: Provider<'_>,
        limits: &Limits,
    ) -> Result<NamedStore, TrustStoreDirectoryError> {
        let prefix = format!("{ROOT}{}/{}/", name.store_type(), name.name());
        let mut certificates: Vec<(&str, OwnedCertificate)> = Vec::new();
        for file in self.files.iter().filter(|file| file.name.starts_with(&prefix)) {
            let read = read_certificates(&file.bytes, limits);
            let read = read.map_err(|error| TrustStoreDirectoryError::certificates(&file.name, error))?;
            certificates.extend(read.into_iter().map(|one| (file.name.as_str(), one)));
        }
        let all = certificates.iter().map(|(_, one)| one.der());
        NamedStore::load(name.clone(), all, provider, limits).map_err(|error| {
            let index = match &error {
                TrustStoreError::Certificate { index, .. } => Some(*index),
                TrustStoreError::NotAnAnchor { which, .. } => Some(which.index),
                _ => None,
            };
            let file = index.and_then(|index| certificates.get(index)).map(|(file, _)| *file);
            TrustStoreDirectoryError::store(file, error)
        })
    }
}

/// Lists the named trust stores that are there.
///
/// # Errors
/// [`FileError`], when a directory cannot be listed.
pub fn list_trust_stores(directory: &NotationDirectory) -> Result<Loaded<Vec<StoreName>>, FileError> {
    let mut found = Loaded::plain(Vec::new());
    for kind in ["ca", "signingAuthority", "tsa"] {
        let path = directory.trust_stores().join(kind);
        let entries = match list_directory(&path, Links::Follow, ENTRIES) {
            Ok(entries) => entries,
            Err(error) if error.is_missing() => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = entry.name.to_str().and_then(|name| format!("{kind}:{name}").parse().ok());
            match name.filter(|_| entry.kind == Kind::Directory) {
                Some(name) => found.value.push(name),
                None => found.warnings.push(Warning::ignored(&path.join(&entry.name), entry.kind)),
            }
        }
    }
    Ok(found)
}

/// Adds a file of certificates to a named trust store, after the same checks as when the store is used.
///
/// `file_name` is the name that it gets; one that does not end in `.pem`, `.crt` or `.cer` gets `.crt` added, for otherwise it would not be
/// read.
///
/// # Errors
/// [`TrustStoreDirectoryError`]: not certificates, or not ones that may stand in such a store; a name that is a path; a file of that name
/// is there; the store is a link.
pub fn add_certificates(
    directory: &NotationDirectory,
    store: &StoreName,
    file_name: &str,
    bytes: &[u8],
    provider: Provider<'_>,
    limits: &Limits,
) -> Result<PathBuf, TrustStoreDirectoryError> {
    if !is_file_name(file_name) {
        return Err(TrustStoreDirectoryError::name(file_name));
    }
    let file_name =
        if holds_certificates(Path::new(file_name)) { file_name.into() } else { format!("{file_name}.crt") };
    let name = format!("{ROOT}{}/{}/{file_name}", store.store_type(), store.name());
    TrustStoreFiles::of([(name, Bytes::copy_from_slice(bytes))]).store(store, provider, limits)?;
    let folder = directory.trust_store(store);
    create_directory(&folder)?;
    directory_access(&folder, Links::Refuse)?;
    let path = folder.join(file_name);
    write_file(&path, bytes, Permission::Everybody, Overwrite::Refuse)?;
    Ok(path)
}

fn read_store(
    directory: &NotationDirectory,
    store: &StoreName,
    found: &mut Loaded<TrustStoreFiles>,
) -> Result<(), FileError> {
    let folder = directory.trust_store(store);
    let access = match directory_access(&folder, Links::Refuse) {
        Ok(access) => access,
        Err(error) if error.is_missing() => return Ok(()),
        Err(error) => return Err(error),
    };
    found.warnings.extend(Warning::writable(&folder, access));
    for entry in list_directory(&folder, Links::Refuse, ENTRIES)? {
        let path = folder.join(&entry.name);
        let name = entry.name.to_str().filter(|_| holds_certificates(&path) && entry.kind != Kind::Directory);
        let Some(name) = name else {
            found.warnings.push(Warning::ignored(&path, entry.kind));
            continue;
        };
        let contents = read_file(&path, Links::Refuse, FILE)?;
        found.warnings.extend(Warning::writable(&path, contents.access));
        let name = format!("{ROOT}{}/{}/{name}", store.store_type(), store.name());
        found.value.files.push(StoreFile { name, bytes: contents.bytes.into() });
    }
    Ok(())
}

/// A mounted store; the folders and links of the kubelet are not worth a warning.
fn read_mounted(
    directory: &NotationDirectory,
    store: &StoreName,
    found: &mut Loaded<TrustStoreFiles>,
) -> Result<(), FileError> {
    let folder = directory.trust_store(store);
    let wanted = |entry: &Entry| holds_certificates(Path::new(&entry.name)) && entry.kind != Kind::Directory;
    let files = match mounted::read(&folder, ENTRIES, FILE, wanted) {
        Ok(files) => files,
        Err(error) if error.is_missing() && !folder.exists() => return Ok(()),
        Err(error) => return Err(error),
    };
    for file in files {
        found.warnings.extend(Warning::writable(&folder.join(&file.name), file.access));
        let name = format!("{ROOT}{}/{}/{}", store.store_type(), store.name(), file.name);
        found.value.files.push(StoreFile { name, bytes: file.bytes });
    }
    Ok(())
}

/// `.pem`, `.crt` or `.cer`, in any case.
fn holds_certificates(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|found| ["pem", "crt", "cer"].iter().any(|known| found.eq_ignore_ascii_case(known)))
}

/// Store and file of `truststore/x509/KIND/NAME/FILE`.
fn split(name: &str) -> Option<(StoreName, &str)> {
    let (kind, rest) = name.strip_prefix(ROOT)?.split_once('/')?;
    let (store, file) = rest.split_once('/')?;
    let store = format!("{kind}:{store}").parse().ok()?;
    (!file.is_empty() && !file.contains('/')).then_some((store, file))
}

const ROOT: &str = "truststore/x509/";
/// Entries of a store, and stores of a kind: as many as [`Limits`] allows certificates in one store.
const ENTRIES: u64 = 4096;
/// One byte more than [`Limits`] allows in one file, so that it is the parser that says so.
const FILE: u64 = 16 * 1024 * 1024 + 1;
