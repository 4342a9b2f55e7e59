//! What the documents say of the tests.

use std::{fs, path::Path};

#[test]
fn every_test_that_the_threat_model_names_exists() {
    assert!(named("docs/threat-model.md") > 40);
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    assert!(named("docs/architecture.md") > 30);
}

/// How many tests a document names: `FILE::TEST`, or `::TEST` in the file that was named last; `voyage/` is this directory.
fn named(document: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join(document)).unwrap();
    // Without what stands in fences: a drawing may hold a backtick.
    let text: String = text.split("```").step_by(2).collect();
    let (mut file, mut named) = (String::new(), 0);
    for quoted in text.split('`').skip(1).step_by(2) {
        let Some((before, test)) = quoted.split_once("::") else { continue };
        // What else is written so is a path of Rust.
        if !before.is_empty() && !before.ends_with(".rs") {
            continue;
        }
        if !before.is_empty() {
            file = match before.strip_prefix("voyage/") {
                Some(name) => format!("crates/plimsoll-cli/tests/voyage/{name}"),
                None => before.to_owned(),
            };
        }
        let source = fs::read_to_string(root.join(&file)).unwrap_or_else(|error| panic!("{quoted}: {error}"));
        assert!(source.contains(&format!("fn {test}()")), "{quoted}");
        named += 1;
    }
    named
}
