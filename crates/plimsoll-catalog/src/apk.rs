//! Alpine's package database: `lib/apk/db/installed`.

use crate::{
    CatalogError, Limits, OsRelease,
    stanza::{Fields, Stanza, stanzas},
};
use plimsoll_core::Budget;
use plimsoll_sbom::{Component, Kind, LicenseExpression, Purl};

/// Reads apk's list of installed packages.
///
/// Without a known distribution a package has no package URL.
///
/// ```
/// use plimsoll_catalog::{Limits, OsRelease, apk};
/// let alpine = OsRelease::read(b"ID=alpine\nVERSION_ID=3.22.1\n").unwrap();
/// let packages = apk::read(b"P:musl\nV:1.2.5-r10\nA:x86_64\nL:MIT\n", &alpine, &Limits::default()).unwrap();
/// assert_eq!(packages[0].purl.as_deref(), Some("pkg:apk/alpine/musl@1.2.5-r10?arch=x86_64&distro=alpine-3.22.1"));
/// assert!(apk::read(b"P:musl\n", &alpine, &Limits::default()).is_err(), "a package has a version");
/// ```
/// # Errors
/// [`CatalogError`] when the file breaks its format, or goes over a limit.
pub fn read(bytes: &[u8], release: &OsRelease, limits: &Limits) -> Result<Vec<Component>, CatalogError> {
    limits.check(bytes)?;
    let mut budget = Budget::new("packages in a package database", limits.packages);
    let mut packages = Vec::new();
    for stanza in stanzas(bytes) {
        budget.spend(1)?;
        packages.push(package(&stanza, release)?);
    }
    Ok(packages)
}

fn package(stanza: &Stanza<'_>, release: &OsRelease) -> Result<Component, CatalogError> {
    let [name, version, architecture, origin, license] = stanza.fields(Fields::Letters, ["P", "V", "A", "o", "L"])?;
    let (name, version) = (stanza.need("P", name)?, stanza.need("V", version)?);
    let mut component = match release.purl("apk", name, version) {
        Some(mut parts) => {
            if let Some(architecture) = architecture {
                parts.qualifiers.insert("arch".into(), architecture.into());
            }
            if let Some(origin) = origin.filter(|origin| *origin != name) {
                parts.qualifiers.insert("upstream".into(), origin.into());
            }
            let purl = Purl::build(parts).map_err(|error| CatalogError::Purl { line: stanza.line, error })?;
            Component::package(Kind::library(), &purl)
        }
        None => {
            let mut component = Component::new(Some(Kind::library()), name);
            component.version = Some(version.into());
            component
        }
    };
    // An expression, or in older packages a list of names.
    let license = license.unwrap_or_default();
    if license.parse::<LicenseExpression>().is_ok() {
        component.set_licenses([license]);
    } else {
        component.set_licenses(license.split_ascii_whitespace());
    }
    Ok(component)
}

#[cfg(test)]
mod tests;
