//! `explain`: what a denial code means, and what to do.

use crate::{codes, failure::Failure, report::Report};
use serde_json::json;
use std::fmt::Write as _;

/// The page that `docs/` holds, one section for each code.
const PAGE: &str = include_str!("../../codes.md");

pub(crate) fn run(code: Option<&str>) -> Result<Report, Failure> {
    let Some(name) = code else { return Ok(list()) };
    let code = codes::find(name).ok_or_else(|| {
        Failure::given(format!("`{}` is not a denial code", plimsoll::core::Escaped::new(name)))
            .hint("`plimsoll explain` lists them all")
    })?;
    let page = section(name).map_or(code.summary(), without_class);
    let text = format!("{code} ({})\n\n{page}", code.class());
    let json = json!({ "code": name, "class": code.class().as_str(), "summary": code.summary(), "page": page });
    Ok(Report::done(text, json))
}

fn list() -> Report {
    let mut text = String::new();
    for code in codes::all() {
        let _ = writeln!(text, "{:<34} {:<11} {}", code.name(), code.class().as_str(), code.summary());
    }
    let json = codes::all()
        .map(|code| json!({ "code": code.name(), "class": code.class().as_str(), "summary": code.summary() }))
        .collect();
    Report::done(text, json)
}

/// The section of the page under `### `code``.
fn section(name: &str) -> Option<&'static str> {
    let (_, after) = PAGE.split_once(&format!("\n### `{name}`\n"))?;
    let end = after.find("\n#").unwrap_or(after.len());
    Some(after.get(..end)?.trim())
}

/// The section without its first line, which the heading says already.
fn without_class(section: &str) -> &str {
    section.split_once("\n\n").map_or(section, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_by_class_meaning_example_and_advice() {
        for code in codes::all() {
            let section = section(code.name()).unwrap_or_default();
            assert!(section.starts_with(&format!("Class: {}\n\n", code.class())), "{code}: {section}");
            assert!(section.contains("\n\n    ") && section.contains("\n\n- "), "{code}: {section}");
        }
    }

    #[test]
    fn every_section_is_about_a_code_of_this_build() {
        let mut explained = PAGE.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
        assert!(explained.all(|name| codes::find(name).is_some()));
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let Ok(Report { text, .. }) = run(Some("unreachable")) else { panic!("it is a code") };
        assert!(text.starts_with("unreachable (unavailable)\n\nThe peer did not answer"), "{text}");
        assert!(text.ends_with("wait.") && !text.contains('#'), "{text}");
    }

    #[test]
    fn what_is_no_code_is_refused_and_escaped() {
        let Err(failure) = run(Some("no\u{1b}")) else { panic!("it is no code") };
        assert_eq!(failure.message, r"`no\u{1b}` is not a denial code");
    }
}
