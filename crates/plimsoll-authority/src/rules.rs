//! Which identity gets which certificate.

mod document;
mod error;
mod lint;
mod pattern;
mod template;

pub use error::{RulesError, SubjectRefused};
pub use lint::RuleWarning;

use crate::{Identity, Limits};
use document::{Document, RuleDocument};
use pattern::Wanted;
use plimsoll_core::LimitExceeded;
use std::collections::BTreeMap;
use template::{Escaping, Template};

/// The rules of an issuing service, from a YAML file.
///
/// Of the rules the **first** one that fits is taken, in the order of the file: who writes a narrow rule puts it before the broad one.
/// Where none fits there is no certificate.
///
/// - `issuer` must be equal, and each of `claims` must fit. A text is exact, `true` and numbers fit their text too (GitLab and GitHub
///   write `"true"`), and `{glob: "refs/tags/v*"}` must fit the **whole** claim: `*` stands for anything but `/`, `**` for anything.
/// - `subject` is a distinguished name with C, ST and O, in which `{name}` stands for a claim, as the value of one attribute or a
///   part of it. What is put in is escaped and has no control characters; each value that comes out has at most 64 characters (L and
///   ST 128, C two letters). `uri`, if it is there, becomes a subject alternative name; what is put in is percent-encoded, but for `/`.
/// - `minutes` is how long the certificate is valid: 1 to 1 440, or 10.
/// - A rule without claims would give a certificate to everybody of the issuer, and is refused; so is one for a service that many
///   share (GitHub, gitlab.com) without a claim that fixes whose project it is. A `sub` fixes that only by a beginning such as
///   `repo:acme/`: the owner of a project can choose the rest of it.
/// - Names of projects can be given up and registered anew by others. [`Rules::warnings`] names the rules that go by a name alone, without
///   `repository_id`, `repository_owner_id`, `project_id` or `namespace_id`. Those are numbers, and a `glob` for one is refused.
///
/// ```
/// use plimsoll_authority::{Limits, Rules};
/// let rules = "
/// version: 1
/// rules:
///   - name: release
///     issuer: https://gitlab.example.com
///     claims: {project_path: harbour/pilot, ref_protected: true, ref: {glob: 'v*'}}
///     subject: CN={project_path},O=Harbour,ST=WA,C=US
/// ";
/// assert!(Rules::parse(rules, &Limits::default()).is_ok());
/// let open = rules.replace("claims: {project_path: harbour/pilot, ref_protected: true, ref: {glob: 'v*'}}", "claims: {}");
/// assert_eq!(
///     Rules::parse(&open, &Limits::default()).unwrap_err().to_string(),
///     "rule `release`: expected at least one claim, found none: everybody of the issuer would get a certificate"
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    limits: Limits,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Rule {
    name: String,
    issuer: String,
    claims: BTreeMap<String, Wanted>,
    subject: Template,
    uri: Option<Template>,
    minutes: u32,
}

/// What an identity gets.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Entitlement {
    /// The name of the rule.
    pub rule: String,
    /// The subject, as RFC 4514 text.
    pub subject: String,
    /// A URI as subject alternative name.
    pub uri: Option<String>,
    /// How long the certificate is valid, in minutes.
    pub minutes: u32,
}

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// [`RulesError`]: not YAML, an unknown field, a name twice, a rule that is too broad, a subject that no trust policy could name.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, RulesError> {
        let document = Document::read(text, limits)?;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        LimitExceeded::check("issuing rules", count(limits.rules), count(document.rules.len()))?;
        let mut rules: Vec<Rule> = Vec::with_capacity(document.rules.len());
        for one in document.rules {
            let rule = Rule::of(one, limits)?;
            if rules.iter().any(|known| known.name == rule.name) {
                return Err(RulesError::rule(&rule.name, "expected another name, because an earlier rule has it"));
            }
            rules.push(rule);
        }
        if rules.is_empty() { Err(RulesError::Empty) } else { Ok(Self { rules, limits: limits.clone() }) }
    }
    /// What an identity gets, by the first rule that fits; `None` without one.
    ///
    /// # Errors
    /// [`SubjectRefused`], when the claims cannot stand in a certificate. No later rule is tried then.
    pub fn entitlement(&self, identity: &Identity) -> Result<Option<Entitlement>, SubjectRefused> {
        let Some(rule) = self.rules.iter().find(|rule| rule.fits(identity)) else { return Ok(None) };
        let refused = |part, problem| SubjectRefused { rule: rule.name.as_str().into(), part, problem };
        let subject = rule.subject.fill(identity, Escaping::Attribute { chars: self.limits.attribute_chars });
        let subject = subject.map_err(|problem| refused("subject", problem))?;
        let chars = self.limits.attribute_chars;
        template::check_subject(&subject, chars).map_err(|problem| refused("subject", problem))?;
        let uri = rule.uri.as_ref().map(|uri| uri.fill(identity, Escaping::Uri { bytes: self.limits.uri_bytes }));
        let uri = uri.transpose().map_err(|problem| refused("uri", problem))?;
        Ok(Some(Entitlement { rule: rule.name.clone(), subject, uri, minutes: rule.minutes }))
    }
    /// What the rules allow, and their writer likely did not mean.
    #[must_use]
    pub fn warnings(&self) -> Vec<RuleWarning> {
        self.rules.iter().flat_map(lint::warnings).collect()
    }
    /// The issuers that the rules name, each once.
    #[must_use]
    pub fn issuers(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.rules.iter().map(|rule| rule.issuer.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Rule {
    fn of(document: RuleDocument, limits: &Limits) -> Result<Self, RulesError> {
        let RuleDocument { name, issuer, claims, subject, uri, minutes } = document;
        let refused = |problem: &str| RulesError::rule(&name, problem);
        if claims.0.is_empty() {
            return Err(refused(
                "expected at least one claim, found none: everybody of the issuer would get a certificate",
            ));
        }
        if let Some((claim, _)) = claims.0.iter().find(|(_, wanted)| wanted.is_anything()) {
            return Err(refused(&format!("expected a pattern that does not fit everything for the claim `{claim}`")));
        }
        if let Some((claim, _)) = claims.0.iter().find(|(claim, wanted)| lint::is_id(claim) && !wanted.is_exact()) {
            return Err(refused(&format!("expected the one number that `{claim}` shall be, found a pattern")));
        }
        if SHARED.contains(&issuer.as_str()) && !claims.0.iter().any(|(claim, wanted)| fixes_owner(claim, wanted)) {
            return Err(refused(
                "expected a claim that fixes whose project it is, such as `repository_owner` or `project_path`, because many share the issuer",
            ));
        }
        if !(1..=MOST_MINUTES).contains(&minutes) {
            return Err(refused(&format!("expected 1 to {MOST_MINUTES} minutes, found {minutes}")));
        }
        let subject = Template::parse(&subject).map_err(|problem| refused(&format!("`subject`: {problem}")))?;
        subject
            .check_as_subject(limits.attribute_chars)
            .map_err(|problem| refused(&format!("`subject`: {problem}")))?;
        let uri = uri.map(|uri| {
            let uri = Template::parse(&uri)?;
            uri.check_as_uri().map(|()| uri)
        });
        let uri = uri.transpose().map_err(|problem| refused(&format!("`uri`: {problem}")))?;
        Ok(Self { name, issuer, claims: claims.0, subject, uri, minutes })
    }
    fn fits(&self, identity: &Identity) -> bool {
        let fits = |(name, wanted): (&String, &Wanted)| identity.claim(name).is_some_and(|claim| wanted.fits(&claim));
        self.issuer == identity.issuer() && self.claims.iter().all(fits)
    }
}

/// Whether a claim fixes the owner of a project: exactly, or by a pattern whose first segment is literal.
fn fixes_owner(claim: &str, wanted: &Wanted) -> bool {
    let has_owner = |start: &str| start.split_once('/').is_some_and(|(owner, _)| !owner.is_empty());
    match claim {
        "sub" => lint::subject_fixes_owner(wanted),
        // A project is `OWNER/NAME`, the numbers are exact, and of an owner nothing may be left open.
        claim => OWNERS.contains(&claim) && wanted.literal_start().is_none_or(has_owner),
    }
}

/// The longest validity: a day. What lives longer wants revocation, and is issued by hand.
const MOST_MINUTES: u32 = 1440;

/// Issuers that serve everybody.
const SHARED: [&str; 2] = ["https://token.actions.githubusercontent.com", "https://gitlab.com"];

/// Claims that say whose project it is ([GitHub], [GitLab]). `job_workflow_ref` is none: it says whose workflow runs, and anybody may call one
/// that is public from a project of his own.
///
/// [GitHub]: https://docs.github.com/en/actions/reference/security/oidc
/// [GitLab]: https://docs.gitlab.com/ci/secrets/id_token_authentication/
const OWNERS: [&str; 8] = [
    "namespace_id",
    "namespace_path",
    "project_id",
    "project_path",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
];
