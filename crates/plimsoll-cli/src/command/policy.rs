//! `policy test`: the examples that stand beside the rules.

use crate::{
    arguments::Policy,
    exit::Exit,
    failure::Failure,
    judge,
    report::{Report, warn},
};
use serde_json::json;
use std::fmt::Write as _;

pub(crate) fn run(words: Policy) -> Result<Report, Failure> {
    let Policy::Test(words) = words;
    let bytes = crate::given::read(&words.file)?;
    let name = words.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let policy = judge::policy(&name, &bytes)?;
    policy.lints().iter().for_each(warn);
    let results = policy.test();
    let mut text = String::new();
    for result in &results {
        let word = if result.passed() { "ok    " } else { "FAILED" };
        let _ = writeln!(text, "{word} {result}");
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    let _ = writeln!(text, "{} examples, {failed} failed", results.len());
    let json = json!({
        "policy": policy.name(),
        "examples": results.iter().map(|result| json!({ "name": &*result.name, "passed": result.passed() })).collect::<Vec<_>>(),
        "failed": failed,
    });
    let exit = if failed == 0 { Exit::Yes } else { Exit::No };
    Ok(Report::done(text, json).ending(exit))
}
