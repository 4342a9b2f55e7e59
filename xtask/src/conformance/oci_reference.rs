//! The tables of distribution/reference's tests.

use super::{Report, read};
use plimsoll_core::{Parts, Pointer, Reference, Repository};
use serde_json::Value;
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let rows = read::json(&folder.join("REFERENCE_CASES.json"))?;
    for row in rows.as_array().ok_or("expected a list of rows")? {
        let test = read::text(row, "test")?;
        let text =
            ["input", "combined", "FullName", "Reference", "reference"].iter().find_map(|name| row[name].as_str());
        let case = report.name(format!("{test}: {}", text.unwrap_or_default()));
        judge(test, row, case, report)?;
    }
    let lists = read::json(&folder.join("NORMALIZE_LISTS.json"))?;
    for (list, accept) in [("validRepoNames", true), ("invalidRepoNames", false)] {
        for name in read::list(&lists, list)? {
            let name = name.as_str().ok_or("expected a list of names")?;
            report.verdict(format!("{list}: {name}"), accept, normalized(name).map(|_| ()));
        }
    }
    Ok(())
}

fn judge(test: &str, row: &Value, case: String, report: &mut Report) -> Result<(), String> {
    let input = || read::text(row, "input");
    let refused = row["err"].is_string();
    match test {
        "TestReferenceParse" | "TestSerialization" => verdict(report, case, refused, written(row, input()?)),
        "TestWithNameFailure" => report.verdict(case, false, name(input()?).map(|_| ())),
        "TestDomainAndPath" => report.equal(case, split(row, name(input()?))),
        "TestWithTag" | "TestWithDigest" => report.equal(case, combined(row)?),
        "TestParseNamed" => verdict(report, case, refused, canonical(row, input()?)),
        "TestParseRepositoryInfo" => report.equal(case, repository_info(row)?),
        "TestParseAnyReference" if row["Expected"].is_string() => report.skip(case, EXPRESSION),
        "TestParseAnyReference" => report.equal(case, same_reference(row, "Reference", "Equivalent")?),
        "TestParseDockerRef" => report.equal(case, same_reference(row, "input", "expected")?),
        "TestNormalizedSplitHostname" => {
            let found = normalized(input()?);
            let found =
                found.map(|found| (found.repository().registry().to_owned(), found.repository().path().to_owned()));
            report.equal(
                case,
                found.and_then(|(domain, path)| equal(row, "domain", &domain).and(equal(row, "path", &path))),
            );
        }
        "TestDomainRegexp" | "TestFullNameRegexp" | "TestReferenceRegexp" => expression(test, row, case, report)?,
        "TestMatch" => report.skip(case, "names are not matched by patterns of Go's `path.Match`"),
        other => return Err(format!("no judge for the rows of {other}")),
    }
    Ok(())
}

const EXPRESSION: &str = "a field of the row is a Go expression";

/// The rows of an error must be refused, the others must be read as they say.
fn verdict(report: &mut Report, case: String, refused: bool, found: Result<(), String>) {
    if refused { report.verdict(case, false, found) } else { report.equal(case, found) }
}

/// A member of the row; one that is missing is empty, as in Go.
fn equal(row: &Value, member: &str, found: &str) -> Result<(), String> {
    let expected = row[member].as_str().unwrap_or_default();
    if expected == found { Ok(()) } else { Err(format!("expected `{expected}` as {member}, found `{found}`")) }
}

fn parts(text: &str) -> Result<Parts<'_>, String> {
    Parts::parse(text).map_err(|error| error.to_string())
}

/// A name alone.
fn name(text: &str) -> Result<Parts<'_>, String> {
    let parts = parts(text)?;
    if parts.tag.is_some() || parts.digest.is_some() { Err(format!("`{text}` is more than a name")) } else { Ok(parts) }
}

fn whole_name(parts: &Parts<'_>) -> String {
    parts.domain.map_or_else(|| parts.path.to_owned(), |domain| format!("{domain}/{}", parts.path))
}

fn normalized(text: &str) -> Result<Reference, String> {
    Reference::parse_normalized(text).map_err(|error| error.to_string())
}

/// The parts as they are written; where a registry is written, `Reference` must have the same.
fn written(row: &Value, text: &str) -> Result<(), String> {
    let parts = parts(text)?;
    let name = if row["name"].is_string() { "name" } else { "repository" };
    equal(row, name, &whole_name(&parts))?;
    if row["domain"].is_string() {
        equal(row, "domain", parts.domain.unwrap_or_default())?;
    }
    equal(row, "tag", parts.tag.unwrap_or_default())?;
    equal(row, "digest", parts.digest.unwrap_or_default())?;
    if parts.domain.is_none() {
        return Ok(());
    }
    let reference: Reference = text.parse().map_err(|error: plimsoll_core::ReferenceError| error.to_string())?;
    let found = reference.to_string();
    if found == text { Ok(()) } else { Err(format!("expected `{text}`, found `{found}`")) }
}

fn split(row: &Value, found: Result<Parts<'_>, String>) -> Result<(), String> {
    let parts = found?;
    equal(row, "domain", parts.domain.unwrap_or_default())?;
    equal(row, "path", parts.path)
}

/// A name with a tag or digest: read as such, and written so where the name has a registry.
fn combined(row: &Value) -> Result<Result<(), String>, String> {
    let (expected, name) = (read::text(row, "combined")?, read::text(row, "name")?);
    let found = || {
        let parts = parts(expected)?;
        equal(row, "name", &whole_name(&parts))?;
        equal(row, "tag", parts.tag.unwrap_or_default())?;
        equal(row, "digest", parts.digest.unwrap_or_default())?;
        let (Some(_), Some(tag)) = (parts.domain, parts.tag) else { return Ok(()) };
        let repository: Repository = name.parse().map_err(show)?;
        equal(row, "combined", &Reference::new(repository, Pointer::Tag(tag.parse().map_err(show)?)).to_string())
    };
    Ok(found())
}

fn show(error: plimsoll_core::ReferenceError) -> String {
    error.to_string()
}

/// A name that is its own normal form.
fn canonical(row: &Value, text: &str) -> Result<(), String> {
    let reference = normalized(text)?;
    let repository = reference.repository();
    if repository.as_str() != text {
        return Err(format!("expected the normal form `{}`, found `{text}`", repository.as_str()));
    }
    equal(row, "domain", repository.registry())?;
    equal(row, "path", repository.path())
}

/// Every way to write a name leads to one repository.
fn repository_info(row: &Value) -> Result<Result<(), String>, String> {
    let mut ways = vec![read::text(row, "FamiliarName")?, read::text(row, "FullName")?];
    ways.extend(Some(read::text(row, "AmbiguousName")?).filter(|name| !name.is_empty()));
    Ok(ways.into_iter().try_for_each(|way| {
        let reference = normalized(way)?;
        equal(row, "FullName", reference.repository().as_str())?;
        equal(row, "Domain", reference.repository().registry())?;
        equal(row, "RemoteName", reference.repository().path())
    }))
}

/// What a reference points to. Here every reference points to something, so `latest` is filled in where upstream need not.
fn same_reference(row: &Value, written: &str, expected: &str) -> Result<Result<(), String>, String> {
    let expected = read::text(row, expected)?;
    let latest = !expected.contains('@') && name(expected).is_ok();
    let expected = if latest { format!("{expected}:latest") } else { expected.to_owned() };
    let found = normalized(read::text(row, written)?)
        .map(|found| Reference::new(found.repository().clone(), found.pointer()).to_string());
    Ok(found.and_then(
        |found| {
            if found == expected { Ok(()) } else { Err(format!("expected `{expected}`, found `{found}`")) }
        },
    ))
}

/// Rows of the regular expressions: whether a whole text matches, and what its groups are.
fn expression(test: &str, row: &Value, case: String, report: &mut Report) -> Result<(), String> {
    let accept = match &row["match"] {
        Value::Bool(accept) => *accept,
        // The row's comment was cut with it.
        Value::String(text) if text.starts_with("true,") => true,
        Value::String(text) if text.starts_with("false,") => false,
        _ => return Err(format!("{case}: expected true or false in `match`")),
    };
    let Some(input) = row["input"].as_str() else {
        report.skip(case, EXPRESSION);
        return Ok(());
    };
    let name_with = format!("{input}/name");
    let found = match test {
        "TestDomainRegexp" => name(&name_with).and_then(|parts| match parts.domain {
            Some(domain) if domain == input => Ok(vec![]),
            found => Err(format!("expected the domain `{input}`, found {found:?}")),
        }),
        "TestFullNameRegexp" => {
            name(input).map(|parts| vec![parts.domain.unwrap_or_default().to_owned(), parts.path.to_owned()])
        }
        _ => parts(input).map(|parts| {
            let owned = |part: Option<&str>| part.unwrap_or_default().to_owned();
            vec![whole_name(&parts), owned(parts.tag), owned(parts.digest)]
        }),
    };
    let groups = row["subs"].as_str().and_then(list_of_strings);
    report.verdict(
        case,
        accept,
        found.and_then(|found| match groups {
            Some(groups) if groups != found => Err(format!("expected the groups {groups:?}, found {found:?}")),
            _ => Ok(()),
        }),
    );
    Ok(())
}

/// A Go literal such as `[]string{"a", "b"}`.
fn list_of_strings(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix("[]string{")?.strip_suffix('}')?;
    Some(inner.split(", ").map(|item| item.trim_matches('"').to_owned()).collect())
}
