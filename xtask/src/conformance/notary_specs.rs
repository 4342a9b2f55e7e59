//! The normative sentences of the specifications of the Notary Project: each is named by a test, or stands in
//! `xtask/notary-specs.json` with the reason why it binds somebody else.

use super::{Report, read};
use crate::check::{claims, sources};
use std::{collections::BTreeMap, path::Path};

/// What the sentences demand of an implementation. `OPTIONAL`, `MAY` and `SHOULD` leave it the choice.
const BINDING: [&str; 5] = ["MUST", "MUST NOT", "SHALL", "SHALL NOT", "REQUIRED"];

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let sentences = read::json(&folder.join("REQUIREMENTS.json"))?;
    let sources = sources::read(&sources::root()?)?;
    let (claims, wrong) = claims::read(&sources, &claims::NOTARY_SPECS);
    let not_applicable = not_applicable()?;
    let mut ids = Vec::new();
    for sentence in sentences.as_array().ok_or("expected a list")? {
        let id = read::text(sentence, "id")?;
        ids.push(id);
        if !BINDING.contains(&read::text(sentence, "level")?) {
            report.skip(id, "no implementation must");
            continue;
        }
        let found = match (claims.contains_key(id), not_applicable.get(id)) {
            (true, None) | (false, Some(_)) => Ok(()),
            (true, Some(_)) => Err("named by a test, and listed as not applicable".to_owned()),
            (false, None) => Err(format!(
                "no test names it: {} ({}:{})",
                read::text(sentence, "text")?,
                read::text(sentence, "file")?,
                sentence["line"]
            )),
        };
        report.equal(id, found);
    }
    let named = claims.keys().copied().chain(not_applicable.keys().map(String::as_str));
    for unknown in named.filter(|id| !ids.contains(id)) {
        report.equal(format!("{unknown} of this project"), Err("no sentence has this id".into()));
    }
    report.equal("claims", if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) });
    Ok(())
}

/// Sentences that bind somebody else, each with the reason.
fn not_applicable() -> Result<BTreeMap<String, String>, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("notary-specs.json");
    let value = read::json(&path)?;
    serde_json::from_value(value).map_err(|error| format!("{}: {error}", path.display()))
}
