//! Comparing what the suites report with what is known.

use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// A suite: a folder with cases of somebody else's.
pub(super) struct Suite {
    /// The name of its folder.
    pub(super) name: &'static str,
    /// How many cases are known to be there. Fewer means that the suite was cut or misread.
    pub(super) least: usize,
    /// Reports every case of the folder.
    pub(super) run: fn(&Path, &mut Report) -> Result<(), String>,
}

/// What came of one case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Something was accepted that must be refused. Never excused.
    FalseAccept(String),
    /// Another difference.
    Fail(String),
    Pass,
    /// Not run, for this reason.
    Skip(&'static str),
}

/// The cases of one suite.
#[derive(Default)]
pub(super) struct Report {
    cases: BTreeMap<String, Verdict>,
    twice: Vec<String>,
}

impl Report {
    /// A name that no case has yet, for suites that give none: the same content again gets a number.
    ///
    /// What it is called depends on what it is and not on how many cases stand before it, so that a list of differences
    /// stays right when a suite grows.
    pub(super) fn name(&self, case: String) -> String {
        let mut names = std::iter::once(case.clone()).chain((2_usize..).map(|number| format!("{case} ({number})")));
        names.find(|name| !self.cases.contains_key(name)).unwrap_or(case)
    }
    pub(super) fn add(&mut self, case: impl Into<String>, verdict: Verdict) {
        let case = case.into();
        if self.cases.insert(case.clone(), verdict).is_some() {
            self.twice.push(case);
        }
    }
    pub(super) fn skip(&mut self, case: impl Into<String>, why: &'static str) {
        self.add(case, Verdict::Skip(why));
    }
    /// A case with a right answer.
    pub(super) fn equal(&mut self, case: impl Into<String>, found: Result<(), String>) {
        self.add(case, found.map_or_else(Verdict::Fail, |()| Verdict::Pass));
    }
    /// A case that must be accepted, or must be refused.
    pub(super) fn verdict(&mut self, case: impl Into<String>, accept: bool, found: Result<(), String>) {
        let verdict = match (accept, found) {
            (true, Ok(())) | (false, Err(_)) => Verdict::Pass,
            (true, Err(why)) => Verdict::Fail(format!("expected to be accepted: {why}")),
            (false, Ok(())) => Verdict::FalseAccept("expected to be refused, was accepted".into()),
        };
        self.add(case, verdict);
    }
}

pub(super) fn run(suites: &[Suite], folder: &Path, wanted: &[String]) -> Result<(), String> {
    if let Some(unknown) = wanted.iter().find(|name| !suites.iter().any(|suite| suite.name == **name)) {
        return Err(format!("no suite is called `{unknown}`"));
    }
    if !folder.is_dir() {
        return Err(format!("`{}` is no folder", folder.display()));
    }
    let exceptions = exceptions()?;
    let mut failed = 0_usize;
    println!("{:<26} {:>7} {:>7} {:>7} {:>7}", "suite", "cases", "passed", "listed", "skipped");
    for suite in suites.iter().filter(|suite| wanted.is_empty() || wanted.iter().any(|name| name == suite.name)) {
        let place = folder.join(suite.name);
        if !place.is_dir() {
            println!("{:<26} absent", suite.name);
            continue;
        }
        let mut report = Report::default();
        (suite.run)(&place, &mut report).map_err(|error| format!("{}: {error}", suite.name))?;
        let none = BTreeMap::new();
        failed += judge(suite, &report, exceptions.get(suite.name).unwrap_or(&none));
    }
    if failed == 0 { Ok(()) } else { Err(format!("{failed} differences that are not listed")) }
}

/// Prints a suite's line and its differences, and counts those that are not excused.
fn judge(suite: &Suite, report: &Report, listed: &BTreeMap<String, String>) -> usize {
    let mut problems = Vec::new();
    let (mut passed, mut excused) = (0, 0);
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for (case, verdict) in &report.cases {
        match (verdict, listed.get(case)) {
            (Verdict::FalseAccept(why), _) => problems.push(format!("FALSE ACCEPT {case}: {why}")),
            (Verdict::Fail(_), Some(_)) => excused += 1,
            (Verdict::Fail(why), None) => problems.push(format!("{case}: {why}")),
            (Verdict::Pass, Some(_)) => problems.push(format!("{case}: listed as a difference, and passes now")),
            (Verdict::Pass, None) => passed += 1,
            (Verdict::Skip(why), _) => *skipped.entry(why).or_default() += 1,
        }
    }
    let stale = listed.keys().filter(|case| !report.cases.contains_key(*case));
    problems.extend(stale.map(|case| format!("{case}: listed as a difference, and not there")));
    problems.extend(report.twice.iter().map(|case| format!("{case}: two cases have this name")));
    let count = report.cases.len();
    if count < suite.least {
        problems.push(format!("expected at least {} cases, found {count}", suite.least));
    }
    println!("{:<26} {count:>7} {passed:>7} {excused:>7} {:>7}", suite.name, skipped.values().sum::<usize>());
    skipped.iter().for_each(|(why, count)| println!("    {count} skipped: {why}"));
    problems.iter().for_each(|problem| println!("    {problem}"));
    problems.len()
}

/// Known differences: suite, case, reason.
fn exceptions() -> Result<BTreeMap<String, BTreeMap<String, String>>, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance-exceptions.json");
    let value: Value = super::read::json(&path)?;
    serde_json::from_value(value).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: Suite = Suite { name: "s", least: 2, run: |_, _| Ok(()) };

    fn problems(cases: &[(&str, Verdict)], listed: &[&str]) -> usize {
        let mut report = Report::default();
        cases.iter().for_each(|(case, verdict)| report.add(*case, verdict.clone()));
        let listed = listed.iter().map(|case| ((*case).to_owned(), "reason".to_owned())).collect();
        judge(&SUITE, &report, &listed)
    }

    #[test]
    fn only_a_listed_difference_is_excused() {
        let fail = || Verdict::Fail("why".into());
        assert_eq!(problems(&[("a", Verdict::Pass), ("b", fail())], &["b"]), 0);
        assert_eq!(problems(&[("a", Verdict::Pass), ("b", fail())], &[]), 1);
        assert_eq!(problems(&[("a", Verdict::Pass), ("b", Verdict::Pass)], &["b"]), 1, "it passes now");
        assert_eq!(problems(&[("a", Verdict::Pass), ("b", Verdict::Pass)], &["c"]), 1, "it is not there");
        assert_eq!(problems(&[("a", Verdict::Pass)], &[]), 1, "too few");
        assert_eq!(problems(&[("a", Verdict::Pass), ("a", Verdict::Pass), ("b", Verdict::Pass)], &[]), 1, "twice");
    }

    #[test]
    fn an_absent_suite_is_no_failure_and_an_absent_folder_is() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(run(&[SUITE], here, &[]), Ok(()));
        assert!(run(&[SUITE], &here.join("absent"), &[]).is_err());
        assert_eq!(run(&[SUITE], here, &["other".into()]), Err("no suite is called `other`".into()));
    }

    #[test]
    fn the_same_content_again_gets_a_number() {
        let mut report = Report::default();
        for expected in ["a", "a (2)", "a (3)"] {
            let name = report.name("a".into());
            assert_eq!(name, expected);
            report.add(name, Verdict::Pass);
        }
    }

    #[test]
    fn a_false_accept_cannot_be_listed() {
        let accepted = Verdict::FalseAccept("why".into());
        assert_eq!(problems(&[("a", Verdict::Pass), ("b", accepted)], &["b"]), 1);
    }
}
