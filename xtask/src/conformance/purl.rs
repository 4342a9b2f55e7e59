//! The test suite of the package URL specification.

use super::{Report, read};
use plimsoll_sbom::{Purl, PurlParts};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let tests = folder.join("tests");
    for file in read::files(&tests)?.iter().filter(|file| file.ends_with(".json")) {
        let suite = read::json(&tests.join(file))?;
        let cases = read::list(&suite, "tests")?;
        let accepted: BTreeSet<&str> =
            cases.iter().filter(|case| !is_refusal(case)).filter_map(|case| case["input"].as_str()).collect();
        for case in cases {
            let kind = read::text(case, "test_type")?;
            let name = report.name(format!("{file}, {kind}: {}", shown(&case["input"])));
            match (kind, is_refusal(case)) {
                (_, true) if case["input"].as_str().is_some_and(|input| accepted.contains(input)) => {
                    report.skip(name, "another case of the same file demands that the same text is accepted");
                }
                ("build", true) => report.verdict(name, false, build(case).map(drop)),
                (_, true) => report.verdict(name, false, parse(case).map(drop)),
                ("parse", false) => report.equal(name, parse(case).and_then(|purl| same_parts(&purl, case))),
                ("build", false) => report.equal(name, build(case).and_then(|purl| same_text(&purl, case))),
                (_, false) => report.equal(name, parse(case).and_then(|purl| same_text(&purl, case))),
            }
        }
    }
    Ok(())
}

fn shown(input: &Value) -> String {
    input.as_str().map_or_else(|| input.to_string(), str::to_owned)
}

fn is_refusal(case: &Value) -> bool {
    case["expected_failure"] == Value::Bool(true)
}

fn parse(case: &Value) -> Result<Purl, String> {
    read::text(case, "input")?.parse().map_err(|error: plimsoll_sbom::PurlError| error.to_string())
}

fn build(case: &Value) -> Result<Purl, String> {
    Purl::build(parts(&case["input"])).map_err(|error| error.to_string())
}

fn same_parts(found: &Purl, case: &Value) -> Result<(), String> {
    let expected = parts(&case["expected_output"]);
    if *found.parts() == expected { Ok(()) } else { Err(format!("expected {expected:?}, found {:?}", found.parts())) }
}

fn same_text(found: &Purl, case: &Value) -> Result<(), String> {
    let expected = read::text(case, "expected_output")?;
    if found.to_string() == expected { Ok(()) } else { Err(format!("expected `{expected}`, found `{found}`")) }
}

fn parts(value: &Value) -> PurlParts {
    let text = |member: &str| value[member].as_str().map(str::to_owned);
    let mut parts = PurlParts::new(&text("type").unwrap_or_default(), &text("name").unwrap_or_default());
    parts.namespace = text("namespace");
    parts.version = text("version");
    parts.subpath = text("subpath");
    for (key, value) in value["qualifiers"].as_object().into_iter().flatten() {
        parts.qualifiers.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    parts
}
