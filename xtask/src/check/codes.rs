//! Each denial code has a page in `docs/codes.md`, and a test that holds its message.

use super::sources::Source;
use std::{collections::BTreeMap, fs, path::Path};

/// A code as its crate declares it.
struct Declared {
    constant: String,
    place: String,
}

pub(crate) fn check(root: &Path, sources: &[Source]) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let mut declared: BTreeMap<String, Declared> = BTreeMap::new();
    for source in
        sources.iter().filter(|source| source.path.ends_with("src/code.rs") || source.path.contains("src/code/"))
    {
        for (constant, name) in declarations(&source.text) {
            let place = source.path.clone();
            if let Some(twin) = declared.insert(name.clone(), Declared { constant, place }) {
                wrong.push(format!("`{name}` is declared twice, in {} and {}", twin.place, source.path));
            }
        }
    }
    let page = fs::read_to_string(root.join("docs/codes.md")).map_err(|error| format!("docs/codes.md: {error}"))?;
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    for (name, Declared { constant, place }) in &declared {
        if !headings.contains(&name.as_str()) {
            wrong.push(format!("`{name}` ({place}) has no section in docs/codes.md"));
        }
        if !sources.iter().any(|source| is_held(&source.path, &source.text, name, constant)) {
            wrong.push(format!("`{name}` ({place}) stands in no test: none holds its message"));
        }
    }
    for heading in headings {
        if !declared.contains_key(heading) {
            wrong.push(format!("docs/codes.md speaks of `{heading}`, which no crate declares"));
        }
    }
    println!("codes: {} declared", declared.len());
    Ok(wrong)
}

/// `NAME = "text", Class, "summary";`
fn declarations(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| {
            let (constant, rest) = line.trim().split_once(" = \"")?;
            let (name, rest) = rest.split_once("\", ")?;
            let class = rest.split(',').next()?;
            let is_constant = constant.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            let is_class = matches!(class, "Malformed" | "Untrusted" | "Unavailable");
            (is_constant && is_class).then(|| (constant.to_owned(), name.to_owned()))
        })
        .collect()
}

/// Whether the test part of a source names the code, by its text or by its constant.
fn is_held(path: &str, text: &str, name: &str, constant: &str) -> bool {
    let tests = if path.contains("/tests/") || path.ends_with("tests.rs") || path.ends_with("_test.rs") {
        text
    } else {
        text.find("#[cfg(test)]").map_or("", |at| &text[at..])
    };
    tests.contains(&format!("\"{name}\""))
        || tests.contains(&format!("{constant},"))
        || tests.contains(&format!("::{constant}"))
        || tests.contains(&format!("{name} ("))
}
