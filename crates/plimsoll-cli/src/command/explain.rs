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
    let section = section(name).unwrap_or_default();
    let text = format!("{code} ({})\n{}\n\n{section}", code.class(), code.summary());
    let json = json!({ "code": name, "class": code.class().as_str(), "summary": code.summary(), "page": section });
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
