//! Debian's package database: `var/lib/dpkg/status`, and `var/lib/dpkg/status.d` of images without dpkg.

use crate::{
    CatalogError, Limits, OsRelease,
    stanza::{Fields, Stanza, stanzas},
};
use plimsoll_core::{Budget, Escaped};
use plimsoll_sbom::{Component, Kind, Purl};

/// Reads a dpkg status file: the packages whose files are there.
///
/// Those are the packages in every state of [dpkg(1), package states] but `not-installed`, `config-files` and `half-installed`;
/// that somebody wants one removed does not remove it. A record without `Status`, as the files of `status.d` are, is installed. Without
/// a known distribution a package has no package URL, because there would be no telling whose `curl` it is.
///
/// ```
/// use plimsoll_catalog::{Limits, OsRelease, dpkg};
/// let status = b"Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 7.88.1-10\n\n\
///     Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n";
/// let debian = OsRelease::read(b"ID=debian\nVERSION_ID=12\n").unwrap();
/// let packages = dpkg::read(status, &debian, &Limits::default()).unwrap();
/// assert_eq!(packages.len(), 1);
/// assert_eq!(packages[0].purl.as_deref(), Some("pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12"));
///
/// let broken = dpkg::read(b"Package: curl\nStatus: install ok installed\n", &debian, &Limits::default()).unwrap_err();
/// assert_eq!(broken.to_string(), "line 1: expected the field `Version` in the record that starts here, found none");
/// ```
/// # Errors
/// [`CatalogError`] when the file breaks its format, or goes over a limit.
///
/// [dpkg(1), package states]: https://manpages.debian.org/bookworm/dpkg/dpkg.1.en.html#Package_states
pub fn read(bytes: &[u8], release: &OsRelease, limits: &Limits) -> Result<Vec<Component>, CatalogError> {
    limits.check(bytes)?;
    let mut budget = Budget::new("packages in a package database", limits.packages);
    let mut packages = Vec::new();
    for stanza in stanzas(bytes) {
        budget.spend(1)?;
        packages.extend(package(&stanza, release)?);
    }
    Ok(packages)
}

const FIELDS: [&str; 5] = ["Package", "Status", "Version", "Architecture", "Source"];

fn package(stanza: &Stanza<'_>, release: &OsRelease) -> Result<Option<Component>, CatalogError> {
    let [name, status, version, architecture, source] = stanza.fields(Fields::Deb822, FIELDS)?;
    let name = stanza.need("Package", name)?;
    if !is_there(stanza, status)? {
        return Ok(None);
    }
    let version = stanza.need("Version", version)?;
    let Some(mut parts) = release.purl("deb", name, version) else {
        let mut component = Component::new(Some(Kind::library()), name);
        component.version = Some(version.into());
        return Ok(Some(component));
    };
    if let Some(architecture) = architecture {
        parts.qualifiers.insert("arch".into(), architecture.into());
    }
    if let Some(source) = source {
        // `Source: name (version)`; the version stands there only where it is another than the binary's.
        let upstream = match source.split_once(" (") {
            Some((name, version)) => format!("{name}@{}", version.trim_end_matches(')')),
            None => source.to_owned(),
        };
        parts.qualifiers.insert("upstream".into(), upstream);
    }
    let purl = Purl::build(parts).map_err(|error| CatalogError::Purl { line: stanza.line, error })?;
    Ok(Some(Component::package(Kind::library(), &purl)))
}

/// Says whether the files of a package are there: the last word of `want flag state`.
fn is_there(stanza: &Stanza<'_>, status: Option<&str>) -> Result<bool, CatalogError> {
    let Some(status) = status else { return Ok(true) };
    let mut words = status.split_ascii_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(_), Some(_), Some("config-files" | "half-installed" | "not-installed"), None) => Ok(false),
        (
            Some(_),
            Some(_),
            Some("half-configured" | "installed" | "triggers-awaited" | "triggers-pending" | "unpacked"),
            None,
        ) => Ok(true),
        _ => Err(CatalogError::Line {
            line: stanza.line,
            expected: "a record with a status such as `install ok installed`",
            found: Escaped::new(status),
        }),
    }
}

#[cfg(test)]
mod tests;
