//! SPDX licence expressions.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped};
use std::{fmt, str::FromStr};

/// Longest licence expression, in bytes: 64 KiB. Expressions of whole distributions have some kilobytes.
const LONGEST: usize = 64 * 1024;
/// Most parentheses that may be open at once.
const DEEPEST: usize = 128;

/// A licence expression: [SPDX 2.3, annex D]. Identifiers need not be on the SPDX list; the text is kept as it is.
///
/// ```
/// use plimsoll_sbom::LicenseExpression;
/// let expression: LicenseExpression = "(MIT OR Apache-2.0 WITH LLVM-exception) AND Zlib".parse().unwrap();
/// assert_eq!(expression.identifiers().collect::<Vec<_>>(), ["MIT", "Apache-2.0", "Zlib"]);
/// assert!("MIT OR".parse::<LicenseExpression>().is_err());
/// ```
/// [SPDX 2.3, annex D]: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LicenseExpression {
    text: Box<str>,
    identifiers: Vec<Box<str>>,
}

impl LicenseExpression {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// The licences that it names, in order, without exceptions; in the case of the SPDX list where they are on it.
    pub fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.identifiers.iter().map(AsRef::as_ref)
    }
    /// Whether each licence is on the SPDX list or a `LicenseRef`.
    pub(crate) fn is_listed(&self) -> bool {
        self.identifiers().all(|id| canonical(id).is_some())
    }
}

/// What may come next.
enum Next {
    Exception,
    License,
    Operator { may_have_exception: bool },
}

impl FromStr for LicenseExpression {
    type Err = LicenseError;
    fn from_str(text: &str) -> Result<Self, LicenseError> {
        if text.len() > LONGEST {
            return Err(LicenseError::Length { found: text.len() });
        }
        let mut identifiers = Vec::new();
        let mut open = 0_usize;
        let mut next = Next::License;
        for word in words(text) {
            next = match (next, word) {
                (Next::License, "(") if open < DEEPEST => {
                    open = open.saturating_add(1);
                    Next::License
                }
                (Next::License, "(") => return Err(LicenseError::Depth),
                (Next::License, id) if is_license(id) => {
                    identifiers.push(canonical(id).map_or_else(|| id.into(), Into::into));
                    Next::Operator { may_have_exception: true }
                }
                (Next::Operator { may_have_exception: true }, "WITH") => Next::Exception,
                (Next::Exception, id) if is_id(id) => Next::Operator { may_have_exception: false },
                (Next::Operator { .. }, "AND" | "OR") => Next::License,
                (Next::Operator { .. }, ")") if open > 0 => {
                    open = open.saturating_sub(1);
                    Next::Operator { may_have_exception: false }
                }
                (_, found) => return Err(LicenseError::Malformed { found: Escaped::new(found) }),
            };
        }
        if open > 0 || !matches!(next, Next::Operator { .. }) {
            return Err(LicenseError::Unfinished { found: Escaped::new(text) });
        }
        Ok(Self { text: text.into(), identifiers })
    }
}

/// Words and parentheses.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\n', '\r']).flat_map(|part| part.split_inclusive(['(', ')'])).flat_map(|part| {
        let word = part.trim_end_matches(['(', ')']);
        let sign = part.get(word.len()..).unwrap_or_default();
        [word, sign].into_iter().filter(|word| !word.is_empty())
    })
}

/// `idstring ["+"]` or `["DocumentRef-" idstring ":"] "LicenseRef-" idstring`, and no operator.
fn is_license(word: &str) -> bool {
    if matches!(word, "AND" | "OR" | "WITH" | "NONE" | "NOASSERTION") {
        return false;
    }
    match word.split_once(':') {
        Some((document, license)) => {
            document.strip_prefix("DocumentRef-").is_some_and(is_id)
                && license.strip_prefix("LicenseRef-").is_some_and(is_id)
        }
        None => is_id(word.strip_suffix('+').unwrap_or(word)),
    }
}

fn is_id(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// The identifier as the SPDX list writes it; `None` for one that is not on it and no `LicenseRef`.
fn canonical(id: &str) -> Option<String> {
    if id.starts_with("LicenseRef-") || id.starts_with("DocumentRef-") {
        return Some(id.to_owned());
    }
    let (name, plus) = id.strip_suffix('+').map_or((id, ""), |name| (name, "+"));
    let exact = spdx::license_id(name).map(|found| found.name);
    let any_case = || {
        let found = spdx::identifiers::LICENSES.iter().find(|found| found.name.eq_ignore_ascii_case(name));
        found.map(|found| found.name)
    };
    exact.or_else(any_case).map(|name| format!("{name}{plus}"))
}

impl fmt::Display for LicenseExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped::new(&self.text).fmt(f)
    }
}

/// Why a text is not a licence expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseError {
    /// Too deep.
    #[error("expected at most {DEEPEST} open parentheses, found more")]
    Depth,
    /// Too long.
    #[error("expected a license expression of at most {LONGEST} bytes, found {found} bytes")]
    Length {
        /// Its length.
        found: usize,
    },
    /// A word that may not stand there.
    #[error("expected licenses joined by `AND`, `OR` and `WITH`, found `{found}`")]
    Malformed {
        /// The word.
        found: Escaped,
    },
    /// The text ends too early.
    #[error("expected a license expression, found the unfinished `{found}`")]
    Unfinished {
        /// The text.
        found: Escaped,
    },
}

impl Classify for LicenseError {
    fn code(&self) -> Code {
        match self {
            Self::Depth | Self::Length { .. } => plimsoll_core::code::LIMIT_EXCEEDED,
            _ => code::MALFORMED_LICENSE,
        }
    }
}

#[cfg(test)]
mod tests;
