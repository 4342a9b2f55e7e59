//! Which distribution a root file system is.

use crate::CatalogError;
use plimsoll_core::Escaped;
use plimsoll_sbom::PurlParts;

/// What [os-release(5)] says of a root file system.
///
/// ```
/// use plimsoll_catalog::OsRelease;
/// let debian = OsRelease::read(b"ID=debian\nVERSION_ID=\"12\"\n").unwrap();
/// assert_eq!(debian.distro().as_deref(), Some("debian-12"));
/// assert!(OsRelease::read(b"ID=\"debian\n").is_err(), "the quote is not closed");
/// ```
/// [os-release(5)]: https://www.freedesktop.org/software/systemd/man/latest/os-release.html
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct OsRelease {
    /// `ID`, such as `debian`; lower case.
    pub id: Option<String>,
    /// `VERSION_ID`, such as `12`.
    pub version_id: Option<String>,
    /// `PRETTY_NAME`, such as `Debian GNU/Linux 12 (bookworm)`.
    pub pretty_name: Option<String>,
}

impl OsRelease {
    /// Reads the file. Of an assignment that stands twice the last one counts, as in a shell.
    ///
    /// # Errors
    /// [`CatalogError::Line`] for a line that is neither an assignment nor a comment.
    pub fn read(bytes: &[u8]) -> Result<Self, CatalogError> {
        let mut release = Self::default();
        for (text, line) in bytes.split(|byte| *byte == b'\n').zip(1_usize..) {
            let refused = |expected| CatalogError::Line { line, expected, found: Escaped::bytes(text) };
            let text = std::str::from_utf8(text).map_err(|_| refused("UTF-8"))?.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (key, value) = text.split_once('=').ok_or_else(|| refused("an assignment as `NAME=value`"))?;
            let value = || unquoted(value).ok_or_else(|| refused("a value with its quotes closed"));
            match key {
                "ID" => release.id = some(value()?.to_ascii_lowercase()),
                "VERSION_ID" => release.version_id = some(value()?),
                "PRETTY_NAME" => release.pretty_name = some(value()?),
                _ => {}
            }
        }
        Ok(release)
    }
    /// `ID-VERSION_ID`, as the qualifier `distro` of a package URL has it; `ID` alone for a distribution without versions.
    #[must_use]
    pub fn distro(&self) -> Option<String> {
        let id = self.id.as_deref()?;
        Some(self.version_id.as_ref().map_or_else(|| id.to_owned(), |version| format!("{id}-{version}")))
    }
    /// Starts the package URL of one of its packages; `None` where the distribution is not known.
    pub(crate) fn purl(&self, kind: &str, name: &str, version: &str) -> Option<PurlParts> {
        let mut parts = PurlParts::new(kind, name);
        parts.namespace = Some(self.id.clone()?);
        parts.version = Some(version.to_owned());
        parts.qualifiers.insert("distro".into(), self.distro()?);
        Some(parts)
    }
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A value as a shell reads it: single quotes, double quotes with backslashes, or a plain word.
fn unquoted(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix('\'') {
        return rest.strip_suffix('\'').map(str::to_owned);
    }
    let (body, quoted) = match text.strip_prefix('"') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let mut out = String::with_capacity(body.len());
    let mut characters = body.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.push(characters.next()?),
            '"' if quoted => return characters.next().is_none().then_some(out),
            other => out.push(other),
        }
    }
    (!quoted).then_some(out)
}

#[cfg(test)]
mod tests;
