//! Issuing rules that are refused.

#![allow(clippy::unwrap_used, clippy::string_slice, clippy::arithmetic_side_effects, reason = "a test fails loudly")]

use plimsoll_authority::{Limits, RuleWarning, Rules, code};
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

const CLAIMS: &str = "{repository: acme/app, ref: {glob: 'refs/tags/*'}, repository_id: 42, ref_protected: true}";

fn with_claims(claims: &str) -> Result<Rules, String> {
    assert!(GOOD.contains(CLAIMS));
    Rules::parse(&GOOD.replacen(CLAIMS, claims, 1), &Limits::default()).map_err(|error| error.to_string())
}

// attack: A-225
#[test]
fn a_225_a_sub_names_an_owner_only_by_how_it_begins() {
    // The owner of a project chooses what stands in `sub` and in which order: these could be anybody's.
    for open in [
        "environment:production",
        "ref:refs/heads/main",
        "job_workflow_ref:acme/flows/.github/workflows/sign.yml@refs/heads/main",
        "actor:repo:acme/app",
        "repo:",
        "repo:/app",
        "repo:acme",
        "repository_owner:",
        "acme/app",
        "xrepo:acme/app:ref:refs/heads/main",
        "Repo:acme/app",
    ] {
        let error = with_claims(&format!("{{sub: '{open}'}}")).unwrap_err();
        assert!(error.contains("a claim that fixes whose project it is"), "{open}: {error}");
        assert!(with_claims(&format!("{{sub: {{glob: '{open}*'}}}}")).is_err(), "{open}*");
    }
    for open in [
        "repo:*/app:ref:refs/heads/main",
        "**:repo:acme/app",
        "repo:ac*/app",
        "repository_owner:acme*",
        "repository_id:4*",
    ] {
        assert!(with_claims(&format!("{{sub: {{glob: '{open}'}}}}")).is_err(), "{open}");
    }
    for fixed in [
        "repo:acme/app:ref:refs/heads/main",
        "repository_owner:acme",
        "repository_owner_id:7:ref:x",
        "repository_id:42",
    ] {
        assert!(with_claims(&format!("{{sub: '{fixed}'}}")).is_ok(), "{fixed}");
    }
    for fixed in ["repo:acme/**", "repo:acme/app:ref:refs/tags/*", "repository_owner_id:7:*", "project_path:acme/app:*"]
    {
        assert!(with_claims(&format!("{{sub: {{glob: '{fixed}'}}}}")).is_ok(), "{fixed}");
    }
    // Owners with nothing before the slash, and numbers with stars.
    for open in ["{repository: {glob: '/*'}}", "{repository: {glob: '/acme/*'}}"] {
        assert!(with_claims(open).is_err(), "{open}");
    }
    for claim in ["repository_id", "repository_owner_id", "project_id", "namespace_id"] {
        let error = with_claims(&format!("{{repository: acme/app, {claim}: {{glob: '4*'}}}}")).unwrap_err();
        assert!(error.contains(&format!("expected the one number that `{claim}` shall be")), "{error}");
    }
}

#[test]
fn a_rule_that_goes_by_a_name_alone_is_warned_about() {
    let said = |claims: &str| {
        let rules = with_claims(claims).unwrap();
        rules.warnings().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said(CLAIMS), [""; 0]);
    assert_eq!(
        said("{repository: acme/app, ref: main}"),
        [
            "rule `release`: `repository` is a name, which can be given up and registered anew by others: name `repository_id` or `repository_owner_id`, too, whose number is never used again"
        ]
    );
    for named in [
        "{repository_owner: acme, ref: main}",
        "{project_path: acme/app, ref: main}",
        "{namespace_path: acme, ref: main}",
    ] {
        assert!(matches!(with_claims(named).unwrap().warnings()[..], [RuleWarning::NameOnly { .. }]), "{named}");
    }
    for sub in
        ["'repo:acme/app:ref:refs/heads/main'", "{glob: 'repo:acme/*:ref:refs/heads/main'}", "'repository_owner:acme'"]
    {
        let rules = with_claims(&format!("{{sub: {sub}}}")).unwrap();
        assert!(matches!(rules.warnings()[..], [RuleWarning::NameOnly { claim: "sub", .. }]), "{sub}");
    }
    for fixed in [
        "{repository_id: 42, ref: main}",
        "{repository: acme/app, repository_owner_id: 7, environment: production}",
        "{sub: 'repo:acme/app:ref:refs/heads/main', repository_id: 42}",
        "{sub: 'repository_id:42:ref:refs/heads/main'}",
        "{project_path: acme/app, namespace_id: 3, ref_protected: true}",
    ] {
        assert_eq!(said(fixed), [""; 0], "{fixed}");
    }
    assert_eq!(
        said("{repository: acme/app, repository_id: 42}"),
        [
            "rule `release`: whatever runs in the project gets a certificate, on any branch: name `ref`, `ref_protected`, `environment` or a workflow, too"
        ]
    );
    // Workloads have IDs that their trust domain gives, and other issuers subjects that are never given twice.
    for issuer in ["spiffe://harbour.example", "https://login.example.com"] {
        let rules = GOOD.replace("https://token.actions.githubusercontent.com", issuer).replace(CLAIMS, "{sub: 'x'}");
        assert!(Rules::parse(&rules, &Limits::default()).unwrap().warnings().is_empty());
    }
}

// attack: A-096
#[test]
fn a_096_aliases_that_grow_and_keys_that_merge_are_refused_within_bounds() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let before = level - 1;
        laughs += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", "));
    }
    let bombs = [
        format!("{laughs}version: 1\nrules: *a19"),
        format!("x: &x {{name: y}}\n{}", GOOD.replace("  - name: release", "  - <<: *x\n    name: release")),
        GOOD.replace("version: 1", &format!("version: {}1{}", "[".repeat(100_000), "]".repeat(100_000))),
        GOOD.replace("{repository: acme/app", &format!("{}{{repository: acme/app", "{a: ".repeat(50_000))),
        format!("{}{}", "&a ".repeat(100_000), GOOD),
    ];
    for bomb in bombs {
        assert!(Rules::parse(&bomb, &Limits::default()).is_err(), "{}", bomb.get(..60).unwrap_or(&bomb));
    }
}

// attack: A-097
#[test]
fn a_097_what_yaml_reads_as_something_else_is_not_taken_for_what_it_says() {
    // Truth is written in one way, and a claim of the text `no` is not false.
    let fits = |wanted: &str| with_claims(&format!("{{repository: acme/app, ref: main, x: {wanted}}}"));
    for plain in ["no", "yes", "off", "0o17", "0x1F", "1_000", "1:30", "~x", ".5x"] {
        assert!(fits(plain).is_ok(), "{plain}");
    }
    for strange in ["null", "~", "", "1.5", ".nan", ".inf", "!!binary aGk=", "[a]", "{a: b}", "!!set {a}", "!x y"] {
        assert!(fits(strange).is_err(), "{strange}");
    }
    assert!(Rules::parse(&format!("{GOOD}---\n{GOOD}"), &Limits::default()).is_err(), "two documents");
    assert!(Rules::parse(&GOOD.replace("    issuer", "\tissuer"), &Limits::default()).is_err(), "a tab");
}

#[test]
fn a_subject_that_no_policy_could_name_is_refused() {
    let subject = "CN={repository},O=Harbour,ST=WA,C=US";
    assert!(refused(subject, "CN={repository},O=Harbour").contains("C, ST and O"));
    let long = format!("CN={},O=Harbour,ST=WA,C=US", "x".repeat(65));
    assert!(refused(subject, &long).contains("expected at most 64 characters in `CN`, found 65"));
    assert!(refused(subject, "CN={repository},O=Harbour,ST=WA,C=USA").contains("in `C`"));
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
