//! Records of `key: value` lines, divided by empty lines: dpkg's and apk's databases.

use crate::CatalogError;
use plimsoll_core::Escaped;

/// The lines of one record, with their numbers.
pub(crate) struct Stanza<'a> {
    /// The line where it starts, from 1.
    pub(crate) line: usize,
    lines: Vec<(usize, &'a [u8])>,
}

/// The records of a file. Both databases end a record with an empty line; the last one may lack it.
pub(crate) fn stanzas(bytes: &[u8]) -> impl Iterator<Item = Stanza<'_>> {
    let mut lines =
        bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).zip(1_usize..);
    std::iter::from_fn(move || {
        let mut stanza: Option<Stanza<'_>> = None;
        for (line, number) in lines.by_ref() {
            if line.is_empty() {
                if stanza.is_some() {
                    break;
                }
                continue;
            }
            stanza.get_or_insert_with(|| Stanza { line: number, lines: Vec::new() }).lines.push((number, line));
        }
        stanza
    })
}

/// How a file writes its fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fields {
    /// [deb822(5)](https://manpages.debian.org/bookworm/dpkg-dev/deb822.5.en.html): names in any case, values may go on in lines
    /// that start with a space or tab.
    Deb822,
    /// [apk v2](https://wiki.alpinelinux.org/wiki/Apk_spec#APKINDEX_Format): one letter, its case counts; some may stand often.
    Letters,
}

impl<'a> Stanza<'a> {
    /// The values of the wanted fields, in their order. Only those are looked at closely: the others may hold any bytes.
    pub(crate) fn fields<const N: usize>(
        &self,
        form: Fields,
        wanted: [&'static str; N],
    ) -> Result<[Option<&'a str>; N], CatalogError> {
        let mut values = [None; N];
        for (line, text) in &self.lines {
            let line = *line;
            if form == Fields::Deb822 && text.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
                continue;
            }
            let mut halves = text.splitn(2, |byte| *byte == b':');
            let (Some(key), Some(value)) = (halves.next(), halves.next()) else {
                return Err(CatalogError::Line {
                    line,
                    expected: "a field as `name: value`",
                    found: Escaped::bytes(text),
                });
            };
            let is = |name: &str| match form {
                Fields::Deb822 => name.as_bytes().eq_ignore_ascii_case(key),
                Fields::Letters => name.as_bytes() == key,
            };
            let Some(slot) = wanted.iter().position(|name| is(name)).and_then(|at| values.get_mut(at)) else {
                continue;
            };
            let value = std::str::from_utf8(value).map_err(|_| CatalogError::Line {
                line,
                expected: "a field in UTF-8",
                found: Escaped::bytes(text),
            })?;
            if slot.replace(value.trim()).is_some() {
                return Err(CatalogError::Doubled { line, field: Escaped::bytes(key) });
            }
        }
        Ok(values)
    }
    /// A field that must be there and say something.
    pub(crate) fn need(&self, field: &'static str, value: Option<&'a str>) -> Result<&'a str, CatalogError> {
        value.filter(|value| !value.is_empty()).ok_or(CatalogError::NoField { line: self.line, field })
    }
}
