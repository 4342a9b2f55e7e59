//! License expressions of SPDX, judged three-valued.

use crate::truth::Truth;
use std::collections::BTreeSet;

/// Which licenses are allowed and which denied.
#[derive(Clone, Default, Debug)]
pub(crate) struct Licenses {
    allowed: Option<BTreeSet<String>>,
    denied: BTreeSet<String>,
}

impl Licenses {
    pub(crate) fn new(allowed: Option<&[String]>, denied: &[String]) -> Self {
        let set = |list: &[String]| list.iter().map(|id| normal(id)).collect();
        Self { allowed: allowed.map(set), denied: set(denied) }
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.allowed.is_none() && self.denied.is_empty()
    }
    /// Judges what a component states: all of its expressions apply. None stated is unknown.
    pub(crate) fn judge<'t>(&self, stated: impl IntoIterator<Item = &'t str>) -> Truth {
        let mut all = None;
        for expression in stated {
            let one = self.expression(expression);
            all = Some(all.map_or(one, |all: Truth| all.and(one)));
        }
        all.unwrap_or(Truth::Unknown)
    }
    /// An alternative that may be chosen makes `OR` hold; every part of an `AND` must.
    fn expression(&self, text: &str) -> Truth {
        let mut parser = Parser { words: words(text), at: 0, depth: 0 };
        match parser.or(self) {
            Some(truth) if parser.at == parser.words.len() => truth,
            _ => Truth::Unknown,
        }
    }
    /// One license, with its exception. An exception adds permissions, so what holds without it holds with it.
    fn one(&self, id: &str, exception: Option<&str>) -> Truth {
        let id = normal(id);
        if matches!(id.as_str(), "none" | "noassertion") {
            return Truth::Unknown;
        }
        let with = exception.map(|exception| format!("{id} with {}", exception.to_ascii_lowercase()));
        let named = |set: &BTreeSet<String>| set.contains(&id) || with.as_ref().is_some_and(|with| set.contains(with));
        // Allowed with exactly this exception, although denied without it.
        let excepted = with.as_ref().is_some_and(|with| {
            self.allowed.as_ref().is_some_and(|allowed| allowed.contains(with)) && !self.denied.contains(with)
        });
        if excepted {
            Truth::Yes
        } else if named(&self.denied) {
            Truth::No
        } else {
            self.allowed.as_ref().map_or(Truth::Yes, |allowed| if named(allowed) { Truth::Yes } else { Truth::No })
        }
    }
}

/// Whether a text is one license, with or without an exception: what a list of licenses may hold.
pub(crate) fn is_license(text: &str) -> bool {
    match words(text).iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [id] => is_id(id),
        [id, "WITH", exception] => is_id(id) && is_id(exception),
        _ => false,
    }
}

/// Whether an expression names a license anywhere.
pub(crate) fn mentions(expression: &str, license: &str) -> bool {
    let wanted = normal(license);
    words(expression).iter().any(|word| normal(word) == wanted)
}

/// Identifiers compare without case ([SPDX 2.3, annex D.2][spec]). The GNU family's old spellings are the new ones:
/// `GPL-2.0` is `GPL-2.0-only`, `GPL-2.0+` is `GPL-2.0-or-later`.
///
/// [spec]: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
fn normal(id: &str) -> String {
    let id = id.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let (base, rest) = id.split_once(' ').map_or((id.as_str(), ""), |(base, rest)| (base, rest));
    let gnu = ["gpl-", "lgpl-", "agpl-", "gfdl-"].iter().any(|family| base.starts_with(family));
    let base = match base.strip_suffix('+') {
        Some(stem) if gnu => format!("{stem}-or-later"),
        _ if gnu && !base.ends_with("-only") && !base.ends_with("-or-later") => format!("{base}-only"),
        _ => base.to_owned(),
    };
    if rest.is_empty() { base } else { format!("{base} {rest}") }
}

fn words(text: &str) -> Vec<String> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    spaced.split_whitespace().take(MOST_WORDS).map(Into::into).collect()
}

/// A reader of expressions: `OR` binds least, then `AND`, then `WITH` ([SPDX 2.3, annex D.4.5]).
struct Parser {
    words: Vec<String>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }
    fn take(&mut self, word: &str) -> bool {
        // SPDX 3 also writes the operators in lower case.
        let found = self.peek().is_some_and(|found| found == word || found == word.to_ascii_lowercase());
        if found {
            self.at = self.at.saturating_add(1);
        }
        found
    }
    fn or(&mut self, licenses: &Licenses) -> Option<Truth> {
        let mut truth = self.and(licenses)?;
        while self.take("OR") {
            truth = truth.or(self.and(licenses)?);
        }
        Some(truth)
    }
    fn and(&mut self, licenses: &Licenses) -> Option<Truth> {
        let mut truth = self.with(licenses)?;
        while self.take("AND") {
            truth = truth.and(self.with(licenses)?);
        }
        Some(truth)
    }
    fn with(&mut self, licenses: &Licenses) -> Option<Truth> {
        if self.take("(") {
            self.depth = self.depth.checked_add(1).filter(|depth| *depth <= DEEPEST)?;
            let truth = self.or(licenses)?;
            self.depth = self.depth.saturating_sub(1);
            return self.take(")").then_some(truth);
        }
        let id = self.word()?;
        let exception = if self.take("WITH") { Some(self.word()?) } else { None };
        Some(licenses.one(&id, exception.as_deref()))
    }
    fn word(&mut self) -> Option<String> {
        let word = self.peek().filter(|word| is_id(word))?.to_owned();
        self.at = self.at.saturating_add(1);
        Some(word)
    }
}

/// `idstring`, with the `+` and the `DocumentRef-x:` that an expression may add.
fn is_id(word: &str) -> bool {
    let operator = ["and", "or", "with"].contains(&word.to_ascii_lowercase().as_str());
    !operator && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | ':'))
}

/// Most words of an expression: the longest of Debian's copyright files have some hundred.
const MOST_WORDS: usize = 1024;
/// Deepest nesting of brackets.
const DEEPEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).into()).collect()
    }

    #[test]
    fn expressions_are_judged_by_their_operators() {
        let licenses =
            Licenses::new(Some(&list(&["MIT", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"])), &[]);
        for (text, truth) in [
            ("MIT", Truth::Yes),
            ("mit OR GPL-3.0-only", Truth::Yes),
            ("MIT AND GPL-3.0-only", Truth::No),
            ("(MIT OR GPL-3.0-only) AND Apache-2.0", Truth::Yes),
            ("MIT OR GPL-3.0-only AND Apache-2.0", Truth::Yes),
            ("GPL-3.0-only AND (Apache-2.0 OR MIT)", Truth::No),
            ("GPL-2.0 WITH Classpath-exception-2.0", Truth::Yes),
            ("GPL-2.0-only", Truth::No),
            ("Apache-2.0 WITH LLVM-exception", Truth::Yes),
            ("MIT OR NOASSERTION", Truth::Yes),
            ("MIT AND NOASSERTION", Truth::Unknown),
            ("NONE", Truth::Unknown),
            ("MIT OR", Truth::Unknown),
            ("(MIT", Truth::Unknown),
            ("MIT)", Truth::Unknown),
            ("The MIT License", Truth::Unknown),
            ("", Truth::Unknown),
        ] {
            assert_eq!(licenses.judge([text]), truth, "{text}");
        }
        assert_eq!(licenses.judge([]), Truth::Unknown);
        assert_eq!(licenses.judge(["MIT", "GPL-3.0-only"]), Truth::No);
        assert_eq!(
            licenses.judge(["((((((((((((((((((((((((((((((((((MIT))))))))))))))))))))))))))))))))))"]),
            Truth::Unknown
        );
    }

    #[test]
    fn a_denied_license_can_be_avoided_only_by_a_choice() {
        let licenses = Licenses::new(None, &list(&["GPL-2.0-or-later"]));
        for (text, truth) in [
            ("GPL-2.0+", Truth::No),
            ("gpl-2.0-OR-LATER", Truth::No),
            ("MIT OR GPL-2.0+", Truth::Yes),
            ("MIT AND GPL-2.0+", Truth::No),
            ("GPL-2.0+ WITH Bison-exception-2.2", Truth::No),
            ("GPL-2.0-only", Truth::Yes),
            ("NOASSERTION", Truth::Unknown),
        ] {
            assert_eq!(licenses.judge([text]), truth, "{text}");
        }
        assert!(mentions("MIT OR GPL-2.0+", "GPL-2.0-or-later") && !mentions("MIT", "GPL-2.0-only"));
    }
}
