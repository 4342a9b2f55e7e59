use super::*;
use crate::policy::{Action, Check, Level, RevocationDemand, SignatureVerification, VerifyTimestamp};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use plimsoll_core::Classify;
use plimsoll_pki::Strictness;
use proptest::prelude::*;

const STATEMENT: &str = r#"{"name": "n", "registryScopes": ["*"], "signatureVerification": {"level": "strict"},
    "trustStores": ["ca:s"], "trustedIdentities": ["x509.subject: C=NL,ST=G,O=S"]}"#;

fn document(statements: &str) -> String {
    format!(r#"{{"version": "1.0", "trustPolicies": [{statements}]}}"#)
}

fn error(text: &str) -> String {
    let error = TrustPolicy::parse(text.as_bytes()).unwrap_err();
    error.to_string().strip_prefix("trust policy: ").unwrap_or_default().to_owned()
}

/// The error of the statement with one member replaced.
fn with(from: &str, to: &str) -> String {
    assert!(STATEMENT.contains(from), "{from}");
    error(&document(&STATEMENT.replace(from, to)))
}

fn warnings(text: &str) -> Vec<String> {
    TrustPolicy::parse(text.as_bytes()).unwrap().warnings().iter().map(ToString::to_string).collect()
}

#[test]
fn a_stray_brace_is_found() {
    let paper =
        "{\n  \"version\": \"1.0\",\n  \"trustPolicies\": [\n    {\n      \"name\": \"n\"\n    }\n    }\n  ]\n}\n";
    assert_eq!(error(paper), "line 7, column 5: expected `,` or `]`, found `}`");
}

#[test]
fn a_good_policy_has_no_warning_and_a_wildcard_identity_has_one() {
    assert_eq!(warnings(&document(STATEMENT)), [""; 0]);
    assert_eq!(
        warnings(&document(&STATEMENT.replace("x509.subject: C=NL,ST=G,O=S", "*"))),
        ["trustPolicies[0].trustedIdentities[0]: `*` accepts every signer below the trust stores"]
    );
}

// attack: A-213
// attack: A-214
// spec: NP-211, NP-233, NP-234, NP-235, NP-240
#[test]
fn scopes_are_repositories_or_a_lone_star() {
    let scope = |scopes: &str| with(r#"["*"]"#, scopes);
    assert!(scope(r#"["*", "reg.test/a"]"#).starts_with("trustPolicies[0].registryScopes[0]: expected `*` or a repo"));
    for bad in
        ["reg.test/*", "*.io/x", "reg.test", "reg.test/app:v1", "reg.test/a/", "reg.test/A", "https://reg.test/a", ""]
    {
        let message = scope(&format!("[\"{bad}\"]"));
        assert!(message.starts_with("trustPolicies[0].registryScopes[0]: expected `*` or a repo"), "{message}");
    }
    assert_eq!(scope("[]"), "trustPolicies[0].registryScopes: expected a value, found it empty");
    assert_eq!(scope(r#"[1]"#), "trustPolicies[0].registryScopes[0]: expected text, found a number");
}

// attack: A-213
#[test]
fn a_scope_stands_in_one_statement() {
    let named = |name: &str, scope: &str| STATEMENT.replace("\"n\"", &format!("\"{name}\"")).replace('*', scope);
    assert_eq!(
        error(&document(&format!("{}, {}", named("a", "*"), named("b", "*")))),
        "trustPolicies[1].registryScopes: expected `*` once, found it also in trustPolicies[0].registryScopes"
    );
    // Two spellings of one repository are one repository.
    assert_eq!(
        error(&document(&format!(
            "{}, {}",
            named("a", "docker.io/library/app"),
            named("b", "index.docker.io/library/app")
        ))),
        "trustPolicies[1].registryScopes[0]: expected `docker.io/library/app` once, found it also in trustPolicies[0].registryScopes[0]"
    );
}

// attack: A-221
// spec: NP-207, NP-208, NP-209, NP-210, NP-238
#[test]
fn version_names_and_size_are_checked() {
    assert_eq!(error(r#"{"version": "2.0", "trustPolicies": []}"#), "version: expected `1.0`, found `2.0`");
    assert_eq!(error(r#"{"trustPolicies": []}"#), "the document: expected the member `version`, found none");
    assert_eq!(error(r#"{"version": "1.0", "trustPolicies": []}"#), "trustPolicies: expected a value, found it empty");
    assert_eq!(error("[]"), "the document: expected an object, found a list");
    assert_eq!(
        error(&document(&format!("{STATEMENT}, {}", STATEMENT.replace('*', "reg.test/a")))),
        "trustPolicies[1].name: expected `n` once, found it also in trustPolicies[0].name"
    );
    assert_eq!(with("\"n\"", "\"\""), "trustPolicies[0].name: expected a value, found it empty");
    assert_eq!(error(&" ".repeat(1 << 20 | 1)), "more than 1048576 bytes of a trust policy");
}

// attack: A-215
// spec: NP-212, NP-213, NP-232
#[test]
fn levels_and_overrides_are_checked() {
    const LEVEL: &str = r#""level": "strict""#;
    let place = "trustPolicies[0].signatureVerification";
    assert_eq!(
        with(LEVEL, r#""level": "lax""#),
        format!("{place}.level: expected `strict`, `permissive`, `audit` or `skip`, found `lax`")
    );
    assert_eq!(with(LEVEL, ""), format!("{place}: expected the member `level`, found none"));
    let overriding = |what: &str| with(LEVEL, &format!(r#"{LEVEL}, "override": {{{what}}}"#));
    assert_eq!(
        overriding(r#""integrity": "log""#),
        format!("{place}.override.integrity: `integrity` cannot be overridden")
    );
    assert_eq!(
        overriding(r#""expiry": "skip""#),
        format!(
            "{place}.override.expiry: expected `enforce` or `log` for `expiry`, found `skip`: only `revocation` may be skipped"
        )
    );
    assert_eq!(
        overriding(r#""Expiry": "log""#),
        format!(
            "{place}.override.Expiry: expected `authenticity`, `authenticTimestamp`, `expiry` or `revocation`, found `Expiry`"
        )
    );
    assert_eq!(
        overriding(r#""expiry": "ignore""#),
        format!("{place}.override.expiry: expected `enforce`, `log` or `skip`, found `ignore`")
    );
    assert_eq!(
        with(LEVEL, r#""level": "strict", "verifyTimestamp": "never""#),
        format!("{place}.verifyTimestamp: expected `always` or `afterCertExpiry`, found `never`")
    );
}

// attack: A-215
// spec: NP-216, NP-218
#[test]
fn a_skip_statement_trusts_nobody_and_others_trust_somebody() {
    const EMPTY: &str = "expected a value, found it empty";
    assert_eq!(
        with("strict", "skip"),
        "trustPolicies[0].trustStores: expected none in a statement with the level `skip`"
    );
    assert_eq!(with(r#"["ca:s"]"#, "[]"), format!("trustPolicies[0].trustStores: {EMPTY}"));
    assert_eq!(with(r#"["ca:s"]"#, "null"), format!("trustPolicies[0].trustStores: {EMPTY}"));
    assert_eq!(
        with(r#"["x509.subject: C=NL,ST=G,O=S"]"#, "[]"),
        format!("trustPolicies[0].trustedIdentities: {EMPTY}")
    );
    let skip = document(r#"{"name": "n", "registryScopes": ["*"], "signatureVerification": {"level": "skip"}}"#);
    assert_eq!(
        warnings(&skip),
        [
            "trustPolicies[0]: a statement for `*` with the level `skip` checks no repository that has no statement of its own"
        ]
    );
}

// attack: A-227
#[test]
fn an_empty_section_is_not_no_section() {
    let place = "trustPolicies[0]";
    let member = r#", "signatureVerification": {"level": "strict"}"#;
    assert_eq!(with(member, ""), format!("{place}: expected the member `signatureVerification`, found none"));
    assert_eq!(
        with(r#"{"level": "strict"}"#, "{}"),
        format!("{place}.signatureVerification: expected the member `level`, found none")
    );
    assert_eq!(
        with(r#"{"level": "strict"}"#, "\"strict\""),
        format!("{place}.signatureVerification: expected an object, found text")
    );
}

// attack: A-219
// attack: A-217
// spec: NP-249
#[test]
fn identities_do_not_overlap_and_star_stands_alone() {
    const IDENTITIES: &str = r#"["x509.subject: C=NL,ST=G,O=S"]"#;
    assert_eq!(
        with(IDENTITIES, r#"["*", "x509.subject: C=NL,ST=G,O=S"]"#),
        "trustPolicies[0].trustedIdentities: expected `*` to stand alone, found it among other identities"
    );
    assert_eq!(
        with(IDENTITIES, r#"["x509.subject: C=NL,ST=G,O=S", "x509.subject: CN=x,O=S,ST=G,C=NL"]"#),
        "trustPolicies[0].trustedIdentities: expected identities apart from one another, found `x509.subject: \
         C=NL,O=S,ST=G` and `x509.subject: C=NL,CN=x,O=S,ST=G`, of which one covers the other"
    );
    assert_eq!(
        with(IDENTITIES, r#"["x509.subject: C=NL,O=S"]"#),
        "trustPolicies[0].trustedIdentities[0]: expected the attributes C, ST and O at least, found no `ST`"
    );
}

// attack: A-223
#[test]
fn stores_are_named_by_kind_and_folder() {
    assert_eq!(
        with("ca:s", "ca:../../tmp"),
        "trustPolicies[0].trustStores[0]: expected a trust store such as `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`, found `ca:../../tmp`"
    );
    assert_eq!(
        with("ca:s", "x:y:z"),
        "trustPolicies[0].trustStores[0]: expected a trust store such as `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`, found `x:y:z`"
    );
}

// attack: A-088
// attack: A-220
#[test]
fn a_case_twin_is_not_the_member_and_unknown_members_are_named() {
    assert_eq!(
        with("\"name\"", "\"Name\""),
        "trustPolicies[0]: expected the member `name`, found `Name`, which is another name"
    );
    let text = document(STATEMENT)
        .replace("{\"version\"", "{\"subjectRegExp\": 1, \"version\"")
        .replace("\"level\"", "\"Override\": {}, \"level\"");
    assert_eq!(
        warnings(&text),
        [
            "the document: the member `subjectRegExp` is not known, and is ignored",
            "trustPolicies[0].signatureVerification: the member `Override` is ignored: did you mean `override`?"
        ]
    );
}

// attack: A-087
#[test]
fn a_member_twice_is_refused() {
    assert!(with("\"name\": \"n\"", "\"name\": \"n\", \"name\": \"m\"").contains("the member `name` stands twice"));
}

// attack: A-216
// spec: NP-239
#[test]
fn without_a_statement_nothing_is_trusted() {
    let policy = TrustPolicy::parse(document(&STATEMENT.replace('*', "reg.test/a")).as_bytes()).unwrap();
    assert!(policy.applicable(&"reg.test/a".parse().unwrap()).is_ok());
    for other in ["reg.test/a/b", "reg.test/ab", "other.test/a"] {
        let error = policy.applicable(&other.parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), format!("expected a trust policy statement for `{other}`, found none"));
        assert_eq!(error.code().name(), "no-applicable-trust-policy");
    }
}

// spec: NP-241
#[test]
fn the_exact_scope_goes_before_the_star() {
    let text = document(&format!("{STATEMENT}, {}", STATEMENT.replace('*', "reg.test/a").replace("\"n\"", "\"a\"")));
    let policy = TrustPolicy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.applicable(&"reg.test/a".parse().unwrap()).unwrap().name(), "a");
    assert_eq!(policy.applicable(&"reg.test/b".parse().unwrap()).unwrap().name(), "n");
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        name in "\\PC{1,20}", level in 0_usize..3, revocation in 0_usize..3, after in any::<bool>(), o in "\\PC{1,9}",
    ) {
        let levels = [Level::Strict, Level::Permissive, Level::Audit];
        let actions = [Action::Enforce, Action::Log, Action::Skip];
        let verification = SignatureVerification::new(levels[level])
            .overriding(Check::Revocation, actions[revocation]).unwrap()
            .with_verify_timestamp(if after { VerifyTimestamp::AfterCertExpiry } else { VerifyTimestamp::Always });
        let escaped: String = o.chars().flat_map(|c| [c].into_iter().filter(|c| c.is_alphanumeric())).collect();
        let identity = format!("x509.subject: C=NL,ST=G,O=x{escaped}").parse().unwrap();
        let statement = Statement::new(
            &name,
            Scopes::Repositories(vec!["reg.test/a".parse().unwrap()]),
            verification,
            vec!["ca:a".parse().unwrap(), "tsa:b".parse().unwrap()],
            vec![identity],
        ).unwrap();
        let policy = TrustPolicy::new(vec![statement]).unwrap();
        let read = TrustPolicy::parse(policy.to_json().as_bytes()).unwrap();
        prop_assert_eq!(read.digest(), policy.digest());
        prop_assert_eq!(read, policy);
    }
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = TrustPolicy::parse(&bytes);
    }
}

#[test]
fn the_most_specific_scope_counts() {
    let one = |name: &str, scope: &str| STATEMENT.replace("\"n\"", &format!("\"{name}\"")).replace('*', scope);
    let text = document(
        &[
            one("all", "*"),
            one("team", "reg.test/team/*"),
            one("deep", "reg.test/team/deep/*"),
            one("app", "reg.test/team/deep/app"),
            one("hub", "index.docker.io/org/*"),
        ]
        .join(", "),
    );
    let policy = TrustPolicy::parse(text.as_bytes()).unwrap();
    let chosen = |repository: &str| policy.applicable(&repository.parse().unwrap()).unwrap().name().to_owned();
    for (repository, statement) in [
        ("reg.test/team/deep/app", "app"),
        ("reg.test/team/deep/app/x", "deep"),
        ("reg.test/team/deeper", "team"),
        ("reg.test/team", "all"),
        ("reg.test/teammate/x", "all"),
        ("other.test/team/x", "all"),
        ("docker.io/org/app", "hub"),
    ] {
        assert_eq!(chosen(repository), statement, "{repository}");
    }
    assert_eq!(TrustPolicy::parse(policy.to_json().as_bytes()).unwrap().statements(), policy.statements());
    assert_eq!(
        warnings(&text)[0],
        "trustPolicies[1].registryScopes[0]: the scope `reg.test/team/*` is an extension: Notation refuses a trust policy \
         that has it"
    );
    let twice = document(&format!("{}, {}", one("a", "docker.io/org/*"), one("b", "index.docker.io/org/*")));
    assert!(error(&twice).starts_with("trustPolicies[1].registryScopes[0]: expected `docker.io/org/*` once"));
}

#[test]
fn the_extension_is_read_strictly() {
    let with = |member: &str| document(&STATEMENT.replacen('{', &format!("{{\"plimsoll\": {member}, "), 1));
    let place = "trustPolicies[0].plimsoll";
    let policy = with(r#"{"revocation": "required", "certificates": "strict", "plugins": ["a.b", "c"]}"#);
    assert_eq!(warnings(&policy), [""; 0]);
    let policy = TrustPolicy::parse(policy.as_bytes()).unwrap();
    let extension = policy.statements()[0].extension();
    assert_eq!(extension.revocation, RevocationDemand::Required);
    assert_eq!(extension.certificates, Strictness::Strict);
    assert_eq!(extension.plugins.iter().map(crate::plugin::PluginName::as_str).collect::<Vec<_>>(), ["a.b", "c"]);
    assert_eq!(TrustPolicy::parse(policy.to_json().as_bytes()).unwrap().statements(), policy.statements());
    assert_eq!(
        error(&with(r#"{"Revocation": "required"}"#)),
        format!("{place}: expected the members `certificates`, `plugins` and `revocation` only, found `Revocation`")
    );
    for (word, found) in [("\"Strict\"", "`Strict`"), ("\"as-notation\"", "`as-notation`")] {
        let wrong = format!("{place}.certificates: expected `strict` or `lenient`, found {found}");
        assert_eq!(error(&with(&format!("{{\"certificates\": {word}}}"))), wrong);
    }
    for word in ["true", "null", "[]"] {
        let wrong = error(&with(&format!("{{\"certificates\": {word}}}")));
        assert!(wrong.starts_with(&format!("{place}.certificates: expected")), "{wrong}");
    }
    let lenient = TrustPolicy::parse(with(r#"{"certificates": "lenient"}"#).as_bytes()).unwrap();
    assert!(lenient.statements()[0].extension().is_default());
    assert_eq!(
        error(&with(r#"{"revocation": "hard"}"#)),
        format!("{place}.revocation: expected `required` or `where-named`, found `hard`")
    );
    assert_eq!(
        error(&with(r#"{"plugins": ["../x"]}"#)),
        format!(
            "{place}.plugins[0]: expected the name of a plugin, of letters, digits, `_`, `.` and `-`, found `../x`"
        )
    );
    assert_eq!(
        error(&with(r#"{"plugins": ["a", "a"]}"#)),
        format!("{place}.plugins[1]: expected `a` once, found it also in plimsoll.plugins[0]")
    );
    assert_eq!(error(&with("[]")), format!("{place}: expected an object, found a list"));
    let skipped = with(r#"{"revocation": "required"}"#)
        .replace(r#""level": "strict""#, r#""level": "strict", "override": {"revocation": "skip"}"#);
    assert_eq!(
        error(&skipped),
        format!(
            "{place}.revocation: expected `revocation` to be overridden with `enforce` or `log`, or not at all, where it is \
             required"
        )
    );
    let skip = r#"{"name": "n", "registryScopes": ["*"], "signatureVerification": {"level": "skip"}, "plimsoll": {"plugins": ["a"]}}"#;
    assert_eq!(error(&document(skip)), format!("{place}: expected none in a statement with the level `skip`"));
}

/// The narrowest scope that covers a repository counts, wherever its statement stands.
#[test]
fn the_narrowest_scope_counts_in_any_order() {
    let one = |name: &str, scope: &str| {
        STATEMENT.replace(r#""n""#, &format!(r#""{name}""#)).replace(r#"["*"]"#, &format!(r#"["{scope}"]"#))
    };
    let scopes =
        [("all", "*"), ("team", "reg.test/team/*"), ("sub", "reg.test/team/sub/*"), ("app", "reg.test/team/sub/app")];
    let mut statements: Vec<_> = scopes.iter().map(|(name, scope)| one(name, scope)).collect();
    for _ in 0..2 {
        let policy = TrustPolicy::parse(document(&statements.join(",")).as_bytes()).unwrap();
        for (repository, expected) in [
            ("reg.test/team/sub/app", "app"),
            ("reg.test/team/sub/other", "sub"),
            ("reg.test/team/sub/app/more", "sub"),
            ("reg.test/team/app", "team"),
            ("reg.test/team/subway", "team"),
            ("reg.test/teams/app", "all"),
        ] {
            let found = policy.applicable(&repository.parse().unwrap()).unwrap();
            assert_eq!(found.name(), expected, "{repository}");
        }
        statements.reverse();
    }
}

#[test]
fn a_path_contains_itself_and_the_paths_and_repositories_below_it() {
    let scope = |text: &str| text.parse::<Scope>().unwrap();
    let team = scope("reg.test/team/*");
    for (text, expected) in [
        ("reg.test/team/*", true),
        ("reg.test/team/sub/*", true),
        ("reg.test/team/app", true),
        ("reg.test/teams/*", false),
        ("reg.test/other/*", false),
        ("reg.test/other/app", false),
    ] {
        assert_eq!(team.contains(&scope(text)), expected, "{text}");
    }
    assert!(!scope("reg.test/team/app").contains(&team));
    assert!(!scope("reg.test/team/sub/*").contains(&team));
}

/// Notation takes an empty text for an absent one.
#[test]
fn an_empty_verify_timestamp_says_nothing() {
    let with = |member: &str| {
        let text = STATEMENT
            .replace(r#"{"level": "strict"}"#, &format!(r#"{{"level": "strict", "verifyTimestamp": {member}}}"#));
        let policy = TrustPolicy::parse(document(&text).as_bytes())?;
        Ok::<_, PolicyError>(policy.statements()[0].verification().verify_timestamp())
    };
    assert_eq!(with(r#""""#).unwrap(), VerifyTimestamp::Always);
    assert_eq!(with("null").unwrap(), VerifyTimestamp::Always);
    assert_eq!(with(r#""afterCertExpiry""#).unwrap(), VerifyTimestamp::AfterCertExpiry);
    assert!(with("7").is_err() && with(r#""never""#).is_err());
}

// spec: NP-245
#[test]
fn identities_for_plugins_do_not_stand_twice() {
    let identities = |list: &str| {
        let text = STATEMENT.replace(r#"["x509.subject: C=NL,ST=G,O=S"]"#, list);
        TrustPolicy::parse(document(&text).as_bytes()).map(|_| ())
    };
    assert_eq!(identities(r#"["example.id:a", "example.id:b"]"#), Ok(()));
    assert_eq!(identities(r#"["example.id:a", "x509.subject: C=NL,ST=G,O=S"]"#), Ok(()));
    let twice = identities(r#"["example.id:a", "example.id:a"]"#).unwrap_err().to_string();
    assert!(twice.contains("trustedIdentities") && twice.contains("example.id:a"), "{twice}");
}

#[test]
fn extensions_are_set_in_code_as_they_are_read() {
    let read = STATEMENT.replacen(
        '{',
        r#"{"plimsoll": {"revocation": "required", "certificates": "strict", "plugins": ["kms"]}, "#,
        1,
    );
    let policy = TrustPolicy::parse(document(&read).as_bytes()).unwrap();
    let made = crate::policy::Extension::default()
        .with_revocation(RevocationDemand::Required)
        .with_certificates(Strictness::Strict)
        .with_plugin("kms".parse().unwrap());
    assert_eq!(policy.statements()[0].extension(), &made);
    for one in [RevocationDemand::Required, RevocationDemand::WhereNamed] {
        assert_eq!(one.to_string().parse(), Ok(one));
    }
}
