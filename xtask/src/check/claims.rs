//! What tests claim of lists that others keep: a line `// attack: A-123` or `// spec: NP-123` (several ids after commas)
//! right above a test.

use super::sources::Source;
use std::collections::BTreeMap;

/// A list whose rows tests claim.
pub(crate) struct List {
    /// What a claim begins with.
    pub(crate) mark: &'static str,
    /// What an id begins with; three digits follow.
    pub(crate) prefix: &'static str,
}

/// Rows of the list of attacks.
pub(crate) const ATTACKS: List = List { mark: "// attack: ", prefix: "A-" };
/// Normative sentences of the specifications of the Notary Project.
pub(crate) const NOTARY_SPECS: List = List { mark: "// spec: ", prefix: "NP-" };

/// Every claimed row with the tests that claim it, and the claims that are wrong.
pub(crate) fn read<'s>(sources: &'s [Source], list: &List) -> (BTreeMap<&'s str, Vec<String>>, Vec<String>) {
    let mut claims: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| !source.path.starts_with("xtask")) {
        let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(ids) = line.strip_prefix(list.mark) else { continue };
            let place = format!("{}:{}", source.path, number + 1);
            let Some(test) = test_below(&lines[number + 1..]) else {
                wrong.push(format!("{place}: no test stands below this claim"));
                continue;
            };
            for id in ids.split(',').map(str::trim) {
                if is_id(id, list) {
                    claims.entry(id).or_default().push(format!("{test} ({})", source.path));
                } else {
                    wrong.push(format!("{place}: `{id}` is not the id of a row"));
                }
            }
        }
    }
    (claims, wrong)
}

pub(crate) fn is_id(id: &str, list: &List) -> bool {
    id.strip_prefix(list.prefix).is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The name of the test function that follows, behind attributes, comments and other claims.
fn test_below<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let mut is_test = false;
    for line in lines.iter().take(16) {
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
