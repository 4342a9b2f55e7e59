//! Which rows of the attack list are claimed, and by which test.
//!
//! A test claims a row by a line `// attack: A-123` (several ids after commas) right above it.

use super::sources::Source;
use std::collections::BTreeMap;

const MARK: &str = "// attack: ";

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let mut claims: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| !source.path.starts_with("xtask")) {
        let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(ids) = line.strip_prefix(MARK) else { continue };
            let place = format!("{}:{}", source.path, number + 1);
            let Some(test) = test_below(&lines[number + 1..]) else {
                wrong.push(format!("{place}: no test stands below this claim"));
                continue;
            };
            for id in ids.split(',').map(str::trim) {
                if id.len() == 5 && id.starts_with("A-") && id[2..].bytes().all(|b| b.is_ascii_digit()) {
                    claims.entry(id).or_default().push(format!("{test} ({})", source.path));
                } else {
                    wrong.push(format!("{place}: `{id}` is not the id of a row"));
                }
            }
        }
    }
    for (id, tests) in &claims {
        println!("{id}: {}", tests.join(", "));
    }
    println!("attacks: {} rows claimed", claims.len());
    wrong
}

/// The name of the test function that follows, behind attributes, comments and other claims.
fn test_below<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let mut is_test = false;
    for line in lines.iter().take(12) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(function) = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ") {
            return is_test.then(|| function.split('(').next().unwrap_or_default());
        } else if !(line.starts_with("//") || line.starts_with("#[") || line.starts_with("proptest!")) {
            return None;
        }
    }
    None
}
