//! Which rows of the attack list are claimed, by which test, and that none of those that must be is missing.

use super::{claims, sources::Source};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The rows that must be claimed, by their numbers alone, and those that are not, with the reason.
const EXCEPTIONS: &str = "xtask/attacks-exceptions.json";
/// The page that says the same for a reader.
const PAGE: &str = "docs/attacks.md";

pub(crate) fn check(root: &Path, sources: &[Source]) -> Result<Vec<String>, String> {
    let (claims, mut wrong) = claims::read(sources, &claims::ATTACKS);
    for (id, tests) in &claims {
        println!("{id}: {}", tests.join(", "));
    }
    let read = |name: &str| fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"));
    let due = Due::parse(&read(EXCEPTIONS)?)?;
    let claimed = claims.keys().copied().collect();
    println!("attacks: {} rows claimed, {} due, {} excused", claims.len(), due.rows.len(), due.excused.len());
    wrong.extend(due.missing(&claimed, &read(PAGE)?));
    Ok(wrong)
}

/// What the exceptions file says.
#[derive(Debug)]
struct Due {
    rows: BTreeSet<String>,
    excused: BTreeMap<String, String>,
}

impl Due {
    /// `{"rows": {"JWS": ["A-103", ...], ...}, "unclaimed": {"A-102": "REASON", ...}}`
    fn parse(text: &str) -> Result<Self, String> {
        let malformed = || format!("{EXCEPTIONS}: expected `rows`, lists of ids, and `unclaimed`, ids with reasons");
        let file: Value = serde_json::from_str(text).map_err(|error| format!("{EXCEPTIONS}: {error}"))?;
        let mut due = Self { rows: BTreeSet::new(), excused: BTreeMap::new() };
        for ids in file["rows"].as_object().ok_or_else(malformed)?.values() {
            for id in ids.as_array().ok_or_else(malformed)? {
                let id = id.as_str().ok_or_else(malformed)?;
                if !claims::is_id(id, &claims::ATTACKS) || !due.rows.insert(id.to_owned()) {
                    return Err(format!("{EXCEPTIONS}: `{id}` is not the id of a row, or stands there twice"));
                }
            }
        }
        for (id, reason) in file["unclaimed"].as_object().ok_or_else(malformed)? {
            let reason = reason.as_str().filter(|reason| !reason.trim().is_empty()).ok_or_else(malformed)?;
            due.excused.insert(id.clone(), reason.to_owned());
        }
        Ok(due)
    }
    /// What is wrong with the claims, and with the table of the page.
    fn missing(&self, claimed: &BTreeSet<&str>, page: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for id in &self.rows {
            match (claimed.contains(id.as_str()), self.excused.contains_key(id)) {
                (false, false) => wrong.push(format!("{id} is claimed by no test, and {EXCEPTIONS} gives no reason")),
                (true, true) => {
                    wrong.push(format!("{id} is claimed by a test, and excused in {EXCEPTIONS} all the same"))
                }
                _ => {}
            }
        }
        for (id, reason) in &self.excused {
            if !self.rows.contains(id) {
                wrong.push(format!("{EXCEPTIONS} excuses {id}, which is not among its rows"));
            }
            let stands =
                |line: &str| line.starts_with(&format!("| {id} |")) && line.ends_with(&format!("| {reason} |"));
            if !page.lines().any(stands) {
                wrong.push(format!("{PAGE} gives another reason for {id} than {EXCEPTIONS}, or none"));
            }
        }
        wrong
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails loudly")]
mod tests {
    use super::*;

    const FILE: &str = r#"{"rows": {"JWS": ["A-103", "A-104"], "EVD": ["A-370"]}, "unclaimed": {"A-370": "waits"}}"#;
    const TABLE: &str = "| row | attack | state |\n|---|---|---|\n| A-370 | a summary for another | waits |";

    fn wrong(file: &str, claimed: &[&str], page: &str) -> String {
        Due::parse(file).unwrap().missing(&claimed.iter().copied().collect(), page).join("; ")
    }

    #[test]
    fn every_row_is_claimed_or_excused_and_never_both() {
        assert_eq!(wrong(FILE, &["A-103", "A-104"], TABLE), "");
        // Rows of other groups may be claimed.
        assert_eq!(wrong(FILE, &["A-001", "A-103", "A-104"], TABLE), "");
        assert!(wrong(FILE, &["A-103"], TABLE).starts_with("A-104 is claimed by no test"));
        assert!(
            wrong(FILE, &["A-103", "A-104", "A-370"], TABLE).starts_with("A-370 is claimed by a test, and excused")
        );
    }

    #[test]
    fn an_excuse_is_for_a_row_that_is_due_and_stands_on_the_page() {
        let foreign = FILE.replace(r#"{"A-370": "waits"}"#, r#"{"A-370": "waits", "A-001": "waits"}"#);
        assert!(wrong(&foreign, &["A-103", "A-104"], TABLE).contains("excuses A-001, which is not among its rows"));
        assert!(wrong(FILE, &["A-103", "A-104"], "").starts_with("docs/attacks.md gives another reason for A-370"));
        let other = TABLE.replace("waits", "is done");
        assert!(wrong(FILE, &["A-103", "A-104"], &other).contains("gives another reason for A-370"));
    }

    #[test]
    fn a_file_that_says_something_else_is_refused() {
        for file in [
            "{}",
            r#"{"rows": {"JWS": ["A-1"]}, "unclaimed": {}}"#,
            r#"{"rows": {"JWS": ["A-103", "A-103"]}, "unclaimed": {}}"#,
            r#"{"rows": {"JWS": ["A-103"]}, "unclaimed": {"A-103": " "}}"#,
            r#"{"rows": {"JWS": ["A-103"]}}"#,
        ] {
            assert!(Due::parse(file).is_err(), "{file}");
        }
    }
}
