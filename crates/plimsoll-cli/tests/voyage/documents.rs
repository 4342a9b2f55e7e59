//! What the documents say of the tests.

use std::{fs, path::Path};

/// `FILE::TEST`, or `::TEST` in the file that was named last; `voyage/` is this directory.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let (mut file, mut named) = (String::new(), 0);
    for quoted in text.split('`').skip(1).step_by(2) {
        let Some((before, test)) = quoted.split_once("::") else { continue };
        if !before.is_empty() {
            file = before.replace("voyage/", "crates/plimsoll-cli/tests/voyage/");
        }
        let source = fs::read_to_string(root.join(&file)).unwrap_or_else(|error| panic!("{quoted}: {error}"));
        assert!(source.contains(&format!("fn {test}()")), "{quoted}");
        named += 1;
    }
    assert!(named > 40, "{named}");
}
