//! What is inside a root file system.

use crate::{CatalogError, Limits, OsRelease, apk, cargo_lock, dpkg};
use plimsoll_core::{Budget, Classify, Code, Escaped};
use plimsoll_sbom::{Component, Inventory, Kind};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

const DPKG: &str = "var/lib/dpkg/status";
const DPKG_PARTS: &str = "var/lib/dpkg/status.d/";
/// apk-tools 3 may keep it below `usr`.
const APK: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
/// In the order of os-release(5): the first that is there counts.
const RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];
const CARGO: &str = "Cargo.lock";

/// Says whether [`Catalog::read`] wants the content of a file: a package database, a lock file, or `os-release`.
///
/// Paths are relative to the root and have no `.` or `..`.
#[must_use]
pub fn is_evidence(path: &str) -> bool {
    path == DPKG || is_part(path) || APK.contains(&path) || RELEASE.contains(&path) || is_cargo(path)
}

/// Images without dpkg have one file for each package, and its `.md5sums` beside it.
fn is_part(path: &str) -> bool {
    path.strip_prefix(DPKG_PARTS).is_some_and(|name| !name.contains('/') && !name.ends_with(".md5sums"))
}

fn is_cargo(path: &str) -> bool {
    path.strip_suffix(CARGO).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}

/// The packages of a root file system.
///
/// ```
/// use plimsoll_catalog::{Catalog, Limits, is_evidence};
/// let files = [
///     ("etc/os-release", b"ID=alpine\nVERSION_ID=3.22.1\n".as_slice()),
///     ("lib/apk/db/installed", b"P:musl\nV:1.2.5-r10\nA:x86_64\n".as_slice()),
///     ("lib/ld-musl-x86_64.so.1", b"\x7fELF".as_slice()),
/// ];
/// let wanted = files.into_iter().filter(|(path, _)| is_evidence(path));
/// let catalog = Catalog::read(wanted, &Limits::default());
/// assert_eq!(catalog.inventory.components.len(), 2, "the distribution and one package");
///
/// // A database that cannot be read is no empty one: the catalogue says that it is incomplete.
/// let broken = Catalog::read([("lib/apk/db/installed", b"P:musl\n".as_slice())], &Limits::default());
/// assert!(!broken.is_complete());
/// ```
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Catalog {
    /// The distribution.
    pub release: OsRelease,
    /// The packages, each once, and the distribution as a component. In the order of their ids.
    pub inventory: Inventory,
    /// Files that could not be read.
    pub failures: Vec<Unread>,
}

impl Catalog {
    /// Reads the given files, as `(path, content)`; those that are no evidence are passed over.
    ///
    /// A file that breaks its format is listed in `failures`, and the others are read all the same.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>, limits: &Limits) -> Self {
        let mut catalog = Self::default();
        let mut budget = Budget::new("package databases", limits.files);
        let mut wanted = BTreeMap::new();
        for (path, content) in files.into_iter().filter(|(path, _)| is_evidence(path)) {
            if let Err(limit) = budget.spend(1) {
                catalog.failed(path, limit.into());
                break;
            }
            wanted.insert(path, content);
        }
        catalog.read_release(&wanted);
        let mut found = Found::default();
        for (path, content) in &wanted {
            if let Err(error) = found.add(path, content, &catalog.release, limits) {
                catalog.failed(path, error);
            }
        }
        found.components.extend(catalog.release.component());
        catalog.inventory = found.inventory();
        catalog
    }
    /// Whether every package database could be read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }
    fn read_release(&mut self, files: &BTreeMap<&str, &[u8]>) {
        let Some((path, content)) = RELEASE.iter().find_map(|path| Some((path, files.get(path)?))) else { return };
        match OsRelease::read(content) {
            Ok(release) => self.release = release,
            Err(error) => self.failed(path, error),
        }
    }
    fn failed(&mut self, path: &str, error: CatalogError) {
        self.failures.push(Unread { path: Escaped::new(path), error });
    }
}

impl OsRelease {
    /// The distribution as a component.
    fn component(&self) -> Option<Component> {
        let mut component = Component::new(Some(Kind::operating_system()), self.id.as_deref()?);
        component.version = self.version_id.as_deref().map(Into::into);
        Some(component)
    }
}

/// Packages as they are found.
#[derive(Default)]
struct Found {
    components: Vec<Component>,
    dependencies: BTreeMap<Box<str>, Vec<Box<str>>>,
}

impl Found {
    fn add(&mut self, path: &str, content: &[u8], release: &OsRelease, limits: &Limits) -> Result<(), CatalogError> {
        if path == DPKG || is_part(path) {
            self.components.extend(dpkg::read(content, release, limits)?);
        } else if APK.contains(&path) {
            self.components.extend(apk::read(content, release, limits)?);
        } else if is_cargo(path) {
            let lock = cargo_lock::read(content, limits)?;
            self.components.extend(lock.root.into_iter().chain(lock.components));
            for (id, needs) in lock.dependencies {
                self.dependencies.entry(id).or_default().extend(needs);
            }
        }
        Ok(())
    }
    /// Each component once, in the order of the ids.
    fn inventory(mut self) -> Inventory {
        for component in &mut self.components {
            if component.id.is_none() {
                component.id = Some(component.purl.clone().unwrap_or_else(|| named(component)));
            }
        }
        self.components.sort_by(|one, other| one.id.cmp(&other.id));
        let mut seen = BTreeSet::new();
        self.components.retain(|component| seen.insert(component.id.clone()));
        for needs in self.dependencies.values_mut() {
            needs.sort();
            needs.dedup();
        }
        let mut inventory = Inventory::default();
        inventory.components = self.components;
        inventory.dependencies = self.dependencies;
        inventory
    }
}

/// The id of a component without package URL.
fn named(component: &Component) -> Box<str> {
    match &component.version {
        Some(version) => format!("{}@{version}", component.name).into(),
        None => component.name.clone(),
    }
}

/// A file that should list packages and could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Unread {
    /// Where it stands.
    pub path: Escaped,
    /// What is wrong with it.
    pub error: CatalogError,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.error)
    }
}

impl Classify for Unread {
    fn code(&self) -> Code {
        self.error.code()
    }
}

#[cfg(test)]
mod tests;
