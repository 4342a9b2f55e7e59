//! What a rule allows, and its writer likely did not mean.

use super::{Rule, pattern::Wanted};
use plimsoll_core::Escaped;

/// What a rule allows, and its writer likely did not mean.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleWarning {
    /// A project is named, and nothing says which branch, tag, workflow or environment may have a certificate.
    #[error(
        "rule `{rule}`: whatever runs in the project gets a certificate, on any branch: name `ref`, `ref_protected`, `environment` or a workflow, too"
    )]
    AnyRef {
        /// The rule.
        rule: Escaped,
    },
    /// A name can be given up, and registered anew by somebody else.
    #[error(
        "rule `{rule}`: `{claim}` is a name, which can be given up and registered anew by others: name {ids}, too, whose number is never used again"
    )]
    NameOnly {
        /// The rule.
        rule: Escaped,
        /// The claim that names a project or an owner.
        claim: &'static str,
        /// The claims that would do.
        ids: &'static str,
    },
}

/// The warnings about one rule.
pub(super) fn warnings(rule: &Rule) -> Vec<RuleWarning> {
    let shown = || Escaped::new(&rule.name);
    let mut all = Vec::new();
    let names_project =
        rule.claims.keys().any(|claim| is_one_of(claim, &IDS) || NAMES.iter().any(|(one, _)| one == claim));
    let sub = rule.claims.get("sub").filter(|wanted| FORGES.iter().any(|forge| starts_with(wanted, forge)));
    let fixed = rule.claims.keys().any(|claim| is_one_of(claim, &IDS)) || sub.is_some_and(names_id);
    if !fixed {
        let named = NAMES.iter().find(|(claim, _)| rule.claims.contains_key(*claim)).copied();
        let named = named
            .or_else(|| sub.map(|_| ("sub", "`repository_id`, `repository_owner_id`, `project_id` or `namespace_id`")));
        all.extend(named.map(|(claim, ids)| RuleWarning::NameOnly { rule: shown(), claim, ids }));
    }
    if names_project && sub.is_none() && !rule.claims.keys().any(|claim| is_one_of(claim, &REFS)) {
        all.push(RuleWarning::AnyRef { rule: shown() });
    }
    all
}

/// Whether a claim holds a number that its forge gives once.
pub(super) fn is_id(claim: &str) -> bool {
    is_one_of(claim, &IDS)
}

/// Whether a pattern for `sub` fixes whose project it is.
///
/// `sub` is text that the owner of a project may choose the parts of ([GitHub], [GitLab]): `environment:production` or `ref:refs/heads/main` may be that of
/// anybody's. Each part begins with the name of its claim, so only a beginning that names the owner, up to where his name ends, is his.
///
/// [GitHub]: https://docs.github.com/en/actions/reference/security/oidc#customizing-the-token-claims
/// [GitLab]: https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
pub(super) fn subject_fixes_owner(wanted: &Wanted) -> bool {
    let (text, is_whole) = match wanted.literal_start() {
        None => (wanted.text(), true),
        Some(start) => (start, false),
    };
    let owner = |forge: &str, end: char| {
        let owner = text.strip_prefix(forge).and_then(|rest| rest.split_once(end)).map(|(owner, _)| owner);
        owner.is_some_and(|owner| !owner.is_empty())
    };
    let last = |forge: &str| is_whole && text.strip_prefix(forge).is_some_and(|owner| !owner.is_empty());
    ["repo:", "repository:", "project_path:"].iter().any(|forge| owner(forge, '/'))
        || OWNER_PARTS.iter().any(|forge| owner(forge, ':') || last(forge))
}

fn names_id(sub: &Wanted) -> bool {
    OWNER_PARTS.iter().filter(|part| part.ends_with("_id:")).any(|part| starts_with(sub, part))
}

fn starts_with(wanted: &Wanted, prefix: &str) -> bool {
    wanted.literal_start().unwrap_or_else(|| wanted.text()).starts_with(prefix)
}

fn is_one_of(claim: &str, claims: &[&str]) -> bool {
    claims.contains(&claim)
}

/// Numbers that are given once.
const IDS: [&str; 4] = ["namespace_id", "project_id", "repository_id", "repository_owner_id"];

/// Names of projects and owners, and the numbers that say the same.
const NAMES: [(&str, &str); 4] = [
    ("namespace_path", "`namespace_id`"),
    ("project_path", "`project_id` or `namespace_id`"),
    ("repository", "`repository_id` or `repository_owner_id`"),
    ("repository_owner", "`repository_owner_id`"),
];

/// How the `sub` of a forge begins.
const FORGES: [&str; 8] = [
    "project_id:",
    "project_path:",
    "repo:",
    "repository:",
    "repository_id:",
    "repository_owner:",
    "repository_owner_id:",
    "namespace_id:",
];

/// Parts of a `sub` that name the owner or the project with no `/` in it.
const OWNER_PARTS: [&str; 5] =
    ["namespace_id:", "project_id:", "repository_id:", "repository_owner:", "repository_owner_id:"];

/// Claims that say what of a project runs.
const REFS: [&str; 11] = [
    "ci_config_ref_uri",
    "environment",
    "environment_protected",
    "event_name",
    "job_workflow_ref",
    "job_workflow_sha",
    "ref",
    "ref_path",
    "ref_protected",
    "sha",
    "workflow_ref",
];
