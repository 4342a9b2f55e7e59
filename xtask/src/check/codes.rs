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
            wrong.push(format!("`{name}` ({place}) stands beside its message in no test"));
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

/// Whether a test function of a source names the code, by its text or by its constant, beside a message.
fn is_held(path: &str, text: &str, name: &str, constant: &str) -> bool {
    functions(test_part(path, text)).iter().any(|body| names(body, name, constant) && has_message(body))
}

/// What of a source is test: all of it, what stands below `#[cfg(test)]`, or nothing.
fn test_part<'a>(path: &str, text: &'a str) -> &'a str {
    if path.contains("/tests/") || path.ends_with("tests.rs") || path.ends_with("_test.rs") {
        text
    } else {
        let starts = ["#[cfg(test)]", "#[cfg(all(test,"].iter().filter_map(|attribute| text.find(attribute));
        starts.min().and_then(|at| text.get(at..)).unwrap_or_default()
    }
}

/// The bodies of the functions, by the indentation that rustfmt gives them.
fn functions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let inner = line.trim_start();
        let item =
            ["pub(crate) ", "pub ", "async "].iter().fold(inner, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
        if !item.starts_with("fn ") || line.ends_with(['}', ';']) {
            continue;
        }
        let end = format!("{}}}", " ".repeat(line.len().saturating_sub(inner.len())));
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        found.push(body.join("\n"));
    }
    found
}

/// `"no-lid"`, `code::NO_LID`, `(NO_LID, …)`, or a text that starts `no-lid: `, as verdicts are shown.
fn names(body: &str, name: &str, constant: &str) -> bool {
    body.contains(&format!("\"{name}\""))
        || body.contains(&format!("\"{name}: "))
        || body.match_indices(constant).any(|(at, _)| is_word(body, at, constant.len()))
}

fn is_word(body: &str, at: usize, length: usize) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = body.get(..at).and_then(|text| text.chars().next_back());
    let after = body.get(at.saturating_add(length)..).and_then(|text| text.chars().next());
    !before.is_some_and(is_part) && !after.is_some_and(is_part)
}

/// Whether a literal of three words or more stands there: a test that only compares codes holds no message.
fn has_message(body: &str) -> bool {
    body.lines().any(|line| line.split('"').skip(1).step_by(2).any(|text| text.split_whitespace().count() >= 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(text: &str) -> bool {
        is_held("crates/x/tests/lids.rs", text, "no-lid", "NO_LID")
    }

    #[test]
    fn a_test_that_names_the_code_beside_a_message_holds_it() {
        assert!(held("fn a() {\n    says(&error, \"no-lid\", \"expected a lid, found none\");\n}"));
        assert!(held("fn a() {\n    assert_eq!(said(), (code::NO_LID, \"expected a lid\"));\n}"));
        assert!(held("async fn a() {\n    assert_eq!(reasons(), [\"no-lid: expected a lid, found none\"]);\n}"));
        assert!(held("mod inner {\n    fn a() {\n        (NO_LID, \"expected a lid, found none\")\n    }\n}"));
    }

    #[test]
    fn a_test_without_message_or_of_another_code_does_not() {
        assert!(!held("fn a() {\n    assert_eq!(error.code(), code::NO_LID);\n}"));
        assert!(!held("fn a() {\n    code::NO_LID;\n}\nfn b() {\n    \"expected a lid, found none\";\n}"));
        assert!(!held("fn a() {\n    (code::NO_LIDS, \"expected a lid, found none\");\n}"));
        assert!(!held("// \"no-lid\" \"expected a lid, found none\"\n"));
        let product = "fn a() {\n    (code::NO_LID, \"expected a lid, found none\");\n}";
        assert!(!is_held("crates/x/src/lid.rs", product, "no-lid", "NO_LID"));
        assert!(is_held("crates/x/src/lid.rs", &format!("#[cfg(test)]\n{product}"), "no-lid", "NO_LID"));
    }
}
