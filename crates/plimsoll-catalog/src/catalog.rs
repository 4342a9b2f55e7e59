//! What is inside a root file system.

use crate::{CatalogError, Limits, OsRelease, apk, cargo_lock, dpkg};
use plimsoll_core::{Budget, Classify, Code, Escaped};
use plimsoll_oci::{Node, NodeKind, RootFs};
use plimsoll_sbom::{Component, Inventory, Kind};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

const DPKG: &[u8] = b"var/lib/dpkg/status";
const DPKG_PARTS: &[u8] = b"var/lib/dpkg/status.d";
/// apk-tools 3 may keep it below `usr`.
const APK: [&[u8]; 2] = [b"lib/apk/db/installed", b"usr/lib/apk/db/installed"];
/// In the order of os-release(5): the first that is there counts.
const RELEASE: [&[u8]; 2] = [b"etc/os-release", b"usr/lib/os-release"];
const CARGO: &[u8] = b"Cargo.lock";

/// Says whether [`Catalog::read`] wants the content of a file: a package database, a lock file, or `os-release`.
///
/// Paths are relative to the root and have no `.` or `..`. It is what a [`RootFs`] is told to keep.
#[must_use]
pub fn is_evidence(path: &[u8]) -> bool {
    path == DPKG || is_part(path) || APK.contains(&path) || RELEASE.contains(&path) || is_cargo(path)
}

/// Images without dpkg have one file for each package, and its `.md5sums` beside it.
fn is_part(path: &[u8]) -> bool {
    let name = path.strip_prefix(DPKG_PARTS).and_then(|rest| rest.strip_prefix(b"/"));
    name.is_some_and(|name| !name.contains(&b'/') && !name.ends_with(b".md5sums"))
}

fn is_cargo(path: &[u8]) -> bool {
    path.strip_suffix(CARGO).is_some_and(|folder| folder.is_empty() || folder.ends_with(b"/"))
}

/// The packages of a root file system.
///
/// ```
/// use plimsoll_catalog::{Catalog, Limits, is_evidence};
/// let files = [
///     (b"etc/os-release".as_slice(), b"ID=alpine\nVERSION_ID=3.22.1\n".as_slice()),
///     (b"lib/apk/db/installed", b"P:musl\nV:1.2.5-r10\nA:x86_64\n"),
///     (b"lib/ld-musl-x86_64.so.1", b"\x7fELF"),
/// ];
/// let wanted = files.into_iter().filter(|(path, _)| is_evidence(path));
/// let catalog = Catalog::read(wanted, &Limits::default());
/// assert_eq!(catalog.inventory.components.len(), 2, "the distribution and one package");
///
/// // A database that cannot be read is no empty one: the catalogue says that it is incomplete.
/// let broken = Catalog::read([(b"lib/apk/db/installed".as_slice(), b"P:musl\n".as_slice())], &Limits::default());
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
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a [u8], &'a [u8])>, limits: &Limits) -> Self {
        let mut catalog = Self::default();
        let mut budget = Budget::new("package databases", limits.files);
        let mut wanted = Vec::new();
        for (path, content) in files.into_iter().filter(|(path, _)| is_evidence(path)) {
            if let Err(limit) = budget.spend(1) {
                catalog.failed(path, limit.into());
                break;
            }
            wanted.push((path, content));
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
    /// Reads the squashed layers of an image: what a container would see. The tree must keep what [`is_evidence`] names.
    ///
    /// Links are followed inside the image. A database that is there and whose content was not kept is listed in `failures`.
    #[must_use]
    pub fn read_root(root: &RootFs, limits: &Limits) -> Self {
        let mut files = Vec::new();
        let mut failures = Vec::new();
        let mut seen = BTreeSet::new();
        for path in databases(root) {
            let place = root.get(&path).map(|found| found.map(|(place, _)| place.to_vec()));
            match (place, root.read(&path)) {
                // `lib` may be a link to `usr/lib`: the same database under two names.
                (Ok(Some(place)), Ok(Some(content))) if seen.insert(place.clone()) => files.push((path, content)),
                (Ok(_), Ok(_)) => {}
                (Err(error), _) | (_, Err(error)) => failures.push((path, error)),
            }
        }
        let mut catalog = Self::read(files.iter().map(|(path, content)| (path.as_slice(), content.as_ref())), limits);
        for (path, error) in failures {
            catalog.failed(&path, error.into());
        }
        catalog
    }
    /// Whether every package database could be read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }
    fn read_release(&mut self, files: &[(&[u8], &[u8])]) {
        let find = |wanted: &&[u8]| files.iter().find(|(path, _)| path == wanted);
        let Some((path, content)) = RELEASE.iter().find_map(find) else { return };
        match OsRelease::read(content) {
            Ok(release) => self.release = release,
            Err(error) => self.failed(path, error),
        }
    }
    fn failed(&mut self, path: &[u8], error: CatalogError) {
        self.failures.push(Unread { path: Escaped::bytes(path), error });
    }
}

/// Where databases may be in a tree. Lock files are named as they lie; a link to one adds nothing.
fn databases(root: &RootFs) -> Vec<Vec<u8>> {
    let mut paths: Vec<Vec<u8>> = RELEASE.into_iter().chain([DPKG]).chain(APK).map(<[u8]>::to_vec).collect();
    // A folder may have no entry of its own, or lie behind a link. One that cannot be looked up is a failure when it is read.
    let folder = root.get(DPKG_PARTS).map(|found| found.map_or(DPKG_PARTS, |(folder, _)| folder));
    match folder {
        Ok(folder) => {
            let names = root.below(folder).filter_map(|(path, _)| path.strip_prefix(folder));
            paths.extend(names.map(|name| [DPKG_PARTS, name].concat()).filter(|path| is_part(path)));
        }
        Err(_) => paths.push(DPKG_PARTS.to_vec()),
    }
    let is_file = |node: &Node| matches!(node.kind(), NodeKind::File { .. });
    paths.extend(root.nodes().filter(|(path, node)| is_cargo(path) && is_file(node)).map(|(path, _)| path.to_vec()));
    paths
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
    fn add(&mut self, path: &[u8], content: &[u8], release: &OsRelease, limits: &Limits) -> Result<(), CatalogError> {
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
