//! Cargo's lock file.

use crate::{CatalogError, Limits};
use plimsoll_core::{Budget, Escaped};
use plimsoll_sbom::{Component, Hash, Inventory, Kind, Purl, PurlParts};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

#[derive(Deserialize)]
struct Wire {
    version: Option<u64>,
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: Spanned<String>,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<Spanned<String>>,
}

/// The one registry that a `pkg:cargo` URL means when it names none.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

/// Reads a `Cargo.lock` of version 1 to 4, with what needs what.
///
/// Packages of crates.io have the hash of their `.crate` file. Another registry stands in the qualifier `repository_url`, a
/// repository with its commit in `vcs_url`; user names and passwords in them are left out. Packages without a source
/// are the workspace's own; the one that no other needs is the root, and of several none is.
///
/// ```
/// use plimsoll_catalog::{Limits, cargo_lock};
/// let lock = b"version = 4\n\n[[package]]\nname = \"ship\"\nversion = \"0.1.0\"\ndependencies = [\"itoa\"]\n\n[[package]]\n\
///     name = \"itoa\"\nversion = \"1.0.15\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
/// let inventory = cargo_lock::read(lock, &Limits::default()).unwrap();
/// assert_eq!(&*inventory.root.unwrap().name, "ship");
/// assert_eq!(inventory.components[0].purl.as_deref(), Some("pkg:cargo/itoa@1.0.15"));
///
/// let broken = cargo_lock::read(b"version = 4\n[[package]]\nname = 1\n", &Limits::default()).unwrap_err();
/// assert!(broken.to_string().starts_with("line 3: "), "{broken}");
/// ```
/// # Errors
/// [`CatalogError`] when the file is no lock file, or goes over a limit.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Inventory, CatalogError> {
    limits.check(bytes)?;
    let text = std::str::from_utf8(bytes).map_err(|error| CatalogError::Line {
        line: line(bytes, error.valid_up_to()),
        expected: "TOML, which is UTF-8",
        found: Escaped::bytes(bytes.get(error.valid_up_to()..).unwrap_or_default()),
    })?;
    let wire: Wire = toml::from_str(text).map_err(|error| CatalogError::Toml {
        line: line(bytes, error.span().map_or(0, |span| span.start)),
        what: Escaped::new(error.message()),
    })?;
    if let Some(found) = wire.version.filter(|version| !(1..=4).contains(version)) {
        return Err(CatalogError::Version { found });
    }
    let mut budget = Budget::new("packages in a package database", limits.packages);
    budget.spend(u64::try_from(wire.package.len()).unwrap_or(u64::MAX))?;
    inventory(bytes, &wire.package)
}

/// The line of an offset, from 1.
fn line(bytes: &[u8], offset: usize) -> usize {
    bytes.iter().take(offset).filter(|byte| **byte == b'\n').count().saturating_add(1)
}

fn inventory(bytes: &[u8], packages: &[Package]) -> Result<Inventory, CatalogError> {
    let names = Names::of(packages);
    let mut taken = BTreeSet::new();
    let mut components = Vec::with_capacity(packages.len());
    for package in packages {
        components.push(component(bytes, package, &mut taken)?);
    }
    let ids: Vec<Box<str>> = components.iter().map(|component| component.id.clone().unwrap_or_default()).collect();
    let mut inventory = Inventory::default();
    let mut needed = BTreeSet::new();
    for (package, id) in packages.iter().zip(&ids) {
        let mut needs = Vec::with_capacity(package.dependencies.len());
        for dependency in &package.dependencies {
            let at = names.find(dependency.get_ref()).ok_or_else(|| CatalogError::Dependency {
                line: line(bytes, dependency.span().start),
                found: Escaped::new(dependency.get_ref()),
            })?;
            needed.insert(at);
            needs.extend(ids.get(at).cloned());
        }
        inventory.dependencies.insert(id.clone(), needs);
    }
    let is_top = |at: usize, package: &Package| package.source.is_none() && !needed.contains(&at);
    let mut tops: Vec<_> = (0..).zip(packages).filter(|(at, package)| is_top(*at, package)).map(|(at, _)| at).collect();
    for at in &tops {
        if let Some(component) = components.get_mut(*at) {
            component.kind = Some(Kind::application());
        }
    }
    if let (Some(at), true) = (tops.pop(), tops.is_empty()) {
        inventory.root = Some(components.remove(at));
    }
    inventory.components = components;
    Ok(inventory)
}

fn component(bytes: &[u8], package: &Package, taken: &mut BTreeSet<String>) -> Result<Component, CatalogError> {
    let mut parts = PurlParts::new("cargo", package.name.get_ref());
    parts.version = Some(package.version.clone());
    if let Some((key, value)) = package.source.as_deref().and_then(qualifier) {
        parts.qualifiers.insert(key.into(), value);
    }
    let refused = |error| CatalogError::Purl { line: line(bytes, package.name.span().start), error };
    let purl = Purl::build(parts).map_err(refused)?;
    let mut component = Component::package(Kind::library(), &purl);
    component.hashes.extend(package.checksum.as_deref().map(|checksum| Hash::new("SHA-256", checksum)));
    // A package of the workspace and one of crates.io may have the same name and version.
    let mut id = purl.to_string();
    while !taken.insert(id.clone()) {
        id.push('#');
    }
    component.id = Some(id.into());
    Ok(component)
}

/// Where a package comes from, if it is not crates.io.
fn qualifier(source: &str) -> Option<(&'static str, String)> {
    if CRATES_IO.contains(&source) {
        return None;
    }
    if let Some(repository) = source.strip_prefix("git+") {
        let (repository, commit) = repository.split_once('#').map_or((repository, None), |(url, id)| (url, Some(id)));
        let repository = anonymous(repository.split_once('?').map_or(repository, |(url, _)| url));
        return Some(("vcs_url", format!("git+{repository}{}", commit.map(|id| format!("@{id}")).unwrap_or_default())));
    }
    let registry = source.strip_prefix("registry+").or_else(|| source.strip_prefix("sparse+")).unwrap_or(source);
    Some(("repository_url", anonymous(registry)))
}

/// A URL without user name and password: an SBOM is published.
fn anonymous(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    path.map_or_else(|| format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
}

/// Finds a package as a dependency names it: by name, by name and version, or by these and the source; each only as far as it
/// means one package.
struct Names<'a>(BTreeMap<[&'a str; 3], Option<usize>>);

impl<'a> Names<'a> {
    fn of(packages: &'a [Package]) -> Self {
        let mut names = BTreeMap::new();
        for (at, package) in packages.iter().enumerate() {
            let (name, version) = (package.name.get_ref().as_str(), package.version.as_str());
            let source = package.source.as_deref().map(|source| [name, version, source]);
            for key in [[name, "", ""], [name, version, ""]].into_iter().chain(source) {
                // Found a second time, the name means nothing any more.
                names.entry(key).and_modify(|slot| *slot = None).or_insert(Some(at));
            }
        }
        Self(names)
    }
    fn find(&self, dependency: &str) -> Option<usize> {
        let mut words = dependency.splitn(3, ' ');
        let (name, version, source) = (words.next()?, words.next().unwrap_or_default(), words.next());
        let source = match source {
            Some(source) => source.strip_prefix('(')?.strip_suffix(')')?,
            None => "",
        };
        *self.0.get(&[name, version, source])?
    }
}

#[cfg(test)]
mod tests;
