//! `spiffe/TRUSTDOMAIN.json` and `spiffe/TRUSTDOMAIN.pem`: the bundles of SPIFFE trust domains.

use super::{NotationDirectory, StoreFile, mounted};
use crate::{
    Loaded, Settings, Warning,
    file::{Entry, FileError, Kind, Links, directory_access, read_file},
};
use plimsoll_core::{Bytes, Classify, Code, Escaped, Provider};
use plimsoll_pki::{
    Limits,
    svid::{SpiffeBundle, SpiffeBundleError, SpiffeBundles, SpiffeIdError, TrustDomain},
};
use std::collections::BTreeSet;

/// The files of the SPIFFE bundles that a decision may use, as they were read.
///
/// Disk and recording go the same way, as for [`TrustStoreFiles`](super::TrustStoreFiles).
///
/// # Security
/// The rules are those of trust stores: neither the folder nor a file may be a link, but where the operator says that Kubernetes mounts the
/// folder, links to `..data/FILE` are followed. A file speaks for the trust domain that it is named after, and for no other.
///
/// ```
/// use plimsoll_crypto::provider;
/// use plimsoll_host::{Settings, notation::{NotationDirectory, SpiffeBundleFiles}};
/// let home = tempfile::tempdir()?;
/// std::fs::create_dir(home.path().join("spiffe"))?;
/// std::fs::write(home.path().join("spiffe/harbour.example.json"), r#"{"keys": []}"#)?;
/// let (directory, domain) = (NotationDirectory::at(home.path()), "harbour.example".parse()?);
/// let files = SpiffeBundleFiles::read(&directory, [&domain], &Settings::default())?.value;
/// assert!(files.bundles(provider(), &Default::default())?.get(&domain).is_some());
///
/// std::fs::write(home.path().join("spiffe/harbour.example.json"), "{}")?;
/// let files = SpiffeBundleFiles::read(&directory, [&domain], &Settings::default())?.value;
/// let refused = files.bundles(provider(), &Default::default()).unwrap_err();
/// assert!(refused.to_string().starts_with("`spiffe/harbour.example.json`: the SPIFFE bundle is malformed"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SpiffeBundleFiles {
    files: Vec<StoreFile>,
}

impl SpiffeBundleFiles {
    /// Reads the files of these trust domains. A domain without one has none, and nobody speaks for it.
    ///
    /// # Errors
    /// [`SpiffeFolderError`]: a link, a file that is not regular, too large or unreadable; two files for one trust domain.
    pub fn read<'a>(
        directory: &NotationDirectory,
        domains: impl IntoIterator<Item = &'a TrustDomain>,
        settings: &Settings,
    ) -> Result<Loaded<Self>, SpiffeFolderError> {
        let names: BTreeSet<String> =
            domains.into_iter().flat_map(|one| KINDS.map(|kind| format!("{one}{kind}"))).collect();
        let mut found = Loaded::plain(Self::default());
        if names.is_empty() {
            return Ok(found);
        }
        let folder = directory.spiffe_bundles();
        let access = match directory_access(&folder, Links::Refuse) {
            Ok(access) => access,
            Err(error) if error.is_missing() => return Ok(found),
            Err(error) => return Err(error.into()),
        };
        if settings.has_mounted_bundles() {
            let wanted = |entry: &Entry| {
                entry.kind != Kind::Directory && entry.name.to_str().is_some_and(|name| names.contains(name))
            };
            for file in mounted::read(&folder, ENTRIES, FILE, wanted)? {
                found.add(&folder.join(&file.name), &file.name, file.bytes, file.access);
            }
        } else {
            found.warnings.extend(Warning::writable(&folder, access));
            for name in names {
                let path = folder.join(&name);
                match read_file(&path, Links::Refuse, FILE) {
                    Ok(contents) => found.add(&path, &name, contents.bytes.into(), contents.access),
                    Err(error) if error.is_missing() => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        found.value.files.sort();
        found.value.each_once()?;
        Ok(found)
    }
    /// Takes files from a recording; those that are not named as files of bundles are passed over.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let files = files.into_iter().map(|(name, bytes)| StoreFile { name, bytes });
        let mut files: Vec<_> = files.filter(|file| domain(&file.name).is_some()).collect();
        files.sort();
        Self { files }
    }
    /// The files, in the order of their names.
    #[must_use]
    pub fn files(&self) -> &[StoreFile] {
        &self.files
    }
    /// Makes bundles of the files: all of them, or none.
    ///
    /// # Errors
    /// [`SpiffeFolderError`], which names the file: no bundle; a name that is no trust domain; two files for one trust domain.
    pub fn bundles(&self, provider: Provider<'_>, limits: &Limits) -> Result<SpiffeBundles, SpiffeFolderError> {
        self.each_once()?;
        let bundle = |file: &StoreFile| {
            let name = || Escaped::whole(&file.name);
            let domain = domain(&file.name).unwrap_or_default();
            let domain: TrustDomain =
                domain.parse().map_err(|error| SpiffeFolderError::TrustDomain { file: name(), error })?;
            let read = match file.name.ends_with(JSON) {
                true => SpiffeBundle::from_json(domain, &file.bytes, provider, limits),
                false => SpiffeBundle::from_pem(domain, &file.bytes, provider, limits),
            };
            read.map_err(|error| SpiffeFolderError::Bundle { file: name(), error })
        };
        Ok(SpiffeBundles::new(self.files.iter().map(bundle).collect::<Result<Vec<_>, _>>()?))
    }
    /// Of two files for one trust domain, which one counts would be a guess.
    fn each_once(&self) -> Result<(), SpiffeFolderError> {
        let mut seen = BTreeSet::new();
        match self.files.iter().find(|file| !seen.insert(domain(&file.name))) {
            Some(file) => Err(SpiffeFolderError::Twice { file: Escaped::whole(&file.name) }),
            None => Ok(()),
        }
    }
}

impl Loaded<SpiffeBundleFiles> {
    fn add(&mut self, path: &std::path::Path, name: &str, bytes: Bytes, access: crate::file::Access) {
        self.warnings.extend(Warning::writable(path, access));
        self.value.files.push(StoreFile { name: format!("{ROOT}{name}"), bytes });
    }
}

/// The trust domain that a file is named after.
fn domain(name: &str) -> Option<&str> {
    let name = name.strip_prefix(ROOT).filter(|name| !name.contains('/'))?;
    KINDS.iter().find_map(|kind| name.strip_suffix(kind)).filter(|domain| !domain.is_empty())
}

/// Why the bundles of SPIFFE trust domains cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpiffeFolderError {
    /// A file holds something else.
    #[error("`{file}`: {error}")]
    Bundle {
        /// The file, below the configuration directory.
        file: Escaped,
        /// What is wrong.
        error: SpiffeBundleError,
    },
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is named after nothing that could be a trust domain.
    #[error("`{file}`: {error}")]
    TrustDomain {
        /// The file, below the configuration directory.
        file: Escaped,
        /// What is wrong.
        error: SpiffeIdError,
    },
    /// One trust domain has two files.
    #[error("expected one bundle of a trust domain, as .json or as .pem, found `{file}` beside the other")]
    Twice {
        /// The second file, below the configuration directory.
        file: Escaped,
    },
}

impl Classify for SpiffeFolderError {
    fn code(&self) -> Code {
        match self {
            Self::Bundle { error, .. } => error.code(),
            Self::File(error) => error.code(),
            Self::TrustDomain { error, .. } => error.code(),
            Self::Twice { .. } => plimsoll_pki::code::MALFORMED_SPIFFE_BUNDLE,
        }
    }
}

const ROOT: &str = "spiffe/";
const JSON: &str = ".json";
/// A JWK set, as bundle endpoints serve it, or certificates, as `spiffe-helper` writes them.
const KINDS: [&str; 2] = [JSON, ".pem"];
/// Entries of a mounted folder: as many as a trust store may have.
const ENTRIES: u64 = 4096;
/// One byte more than [`Limits`] allows in one file, so that it is the parser that says so.
const FILE: u64 = 16 * 1024 * 1024 + 1;
