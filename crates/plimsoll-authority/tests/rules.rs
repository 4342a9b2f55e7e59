//! Issuing rules that are refused.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test fails loudly")]

use plimsoll_authority::{Limits, Rules, code};
use plimsoll_core::Classify as _;
use proptest::prelude::*;

const GOOD: &str = "
version: 1
rules:
  - name: release
    issuer: https://token.actions.githubusercontent.com
    claims: {repository: acme/app, ref: {glob: 'refs/tags/*'}, repository_id: 42, ref_protected: true}
    subject: CN={repository},O=Harbour,ST=WA,C=US
";

fn refused(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    let error = Rules::parse(&GOOD.replacen(from, to, 1), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), code::MALFORMED_ISSUING_RULES);
    error.to_string()
}

#[test]
fn a_good_one_is_read() {
    let rules = Rules::parse(GOOD, &Limits::default()).unwrap();
    assert_eq!(rules.issuers(), ["https://token.actions.githubusercontent.com"]);
    assert!(Rules::parse(&GOOD.replace("acme/app", "{glob: 'acme/*'}"), &Limits::default()).is_ok());
}

#[test]
fn what_is_not_known_or_stands_twice_is_refused() {
    assert!(refused("    subject", "    audience: x\n    subject").contains("unknown field"));
    assert!(refused("version: 1", "version: 2").contains("expected version 1, found 2"));
    assert!(refused("version: 1\n", "").contains("missing field"));
    assert!(refused("    subject", "    name: x\n    subject").contains("duplicate"));
    assert!(refused("ref_protected: true", "ref_protected: true, repository: x/y").contains("duplicate"));
    assert!(refused("{glob: 'refs/tags/*'}", "{regex: 'refs/tags/.*'}").contains("unknown field"));
    assert!(refused("{glob: 'refs/tags/*'}", "['a', 'b']").contains("expected"));
    assert!(refused("42", "null").contains("expected"));
    assert!(refused("42", "4.2").contains("expected"));
    let twice = format!("{GOOD}{}", GOOD.split("rules:").nth(1).unwrap());
    let error = Rules::parse(&twice, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "rule `release`: expected another name, because an earlier rule has it");
    assert!(Rules::parse("version: 1\nrules: []", &Limits::default()).is_err());
    assert!(Rules::parse(&"x".repeat(2 << 20), &Limits::default()).unwrap_err().to_string().contains("too large"));
}

// attack: A-225
#[test]
fn a_225_a_rule_for_everybody_is_refused() {
    assert!(refused("{glob: 'refs/tags/*'}", "{glob: '**'}").contains("does not fit everything for the claim `ref`"));
    let shared = "expected a claim that fixes whose project it is";
    for open in [
        "{ref: main}",
        "{repository: {glob: '*/app'}}",
        "{repository: {glob: 'ac*'}}",
        "{repository_owner: {glob: 'acme*'}}",
        "{job_workflow_ref: acme/flows/.github/workflows/sign.yml@refs/heads/main}",
    ] {
        let claims = "{repository: acme/app, ref: {glob: 'refs/tags/*'}, repository_id: 42, ref_protected: true}";
        assert!(refused(claims, open).contains(shared), "{open}");
    }
}

#[test]
fn a_subject_that_no_policy_could_name_is_refused() {
    let subject = "CN={repository},O=Harbour,ST=WA,C=US";
    assert!(refused(subject, "CN={repository},O=Harbour").contains("C, ST and O"));
    assert!(refused(subject, "CN=x,CN=y,O=Harbour,ST=WA,C=US").contains("twice"));
    assert!(refused(subject, "'{repository},O=Harbour,ST=WA,C=US'").contains("value of an attribute"));
    assert!(refused(subject, "'CN={repo sitory},O=Harbour,ST=WA,C=US'").contains("name of a claim"));
    assert!(refused("    subject", "    minutes: 0\n    subject").contains("expected 1 to 1440 minutes, found 0"));
    assert!(refused("    subject", "    minutes: 1441\n    subject").contains("expected 1 to 1440 minutes"));
    assert!(
        refused("    subject", "    uri: https://{repository}/x\n    subject").contains("`uri`: expected a scheme")
    );
}

#[test]
fn malformed_issuing_rules() {
    let error = Rules::parse("version: 1\nrules: 7", &Limits::default()).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (code::MALFORMED_ISSUING_RULES, "the issuing rules are malformed at line 2, column 8: expected sequence start")
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", cut in any::<prop::sample::Index>()) {
        let _ = Rules::parse(&text, &Limits::default());
        let at = cut.index(GOOD.len());
        let _ = Rules::parse(&format!("{}{text}{}", &GOOD[..at], &GOOD[at..]), &Limits::default());
    }
}
