//! What a build pipeline says about itself: GitLab's and GitHub's variables, as OCI annotations.

use crate::Environment;
use plimsoll_core::{Escaped, UnixTime};
use std::collections::BTreeMap;
use url::Url;

/// The annotation that names the pipeline. The OCI specification has none for it.
pub const PIPELINE: &str = "org.plimsoll.pipeline";

/// Reads the author, source, revision, time and pipeline of a build from the variables of GitLab CI/CD or GitHub Actions.
///
/// The keys are those of the [OCI image specification][annotations], and [`PIPELINE`]. The variables are a fixed list; nothing else of the
/// environment is looked at, and outside a pipeline the answer is empty. What they say is what the pipeline claims.
///
/// # Security
/// Addresses lose user, password, query and fragment. A value that is not of its form, or in which a token or password of the same
/// environment stands, is left out.
///
/// ```
/// use plimsoll_host::pipeline::annotations;
/// let job = [("GITLAB_CI", "true"), ("CI_PROJECT_URL", "https://ci:s3cret@gitlab.example/team/app"), ("CI_JOB_TOKEN", "s3cret")];
/// let environment = |name: &str| job.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
/// let found = annotations(environment);
/// assert_eq!(found["org.opencontainers.image.source"], "https://gitlab.example/team/app");
/// assert!(!found.values().any(|value| value.contains("s3cret")));
/// ```
/// [annotations]: https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
#[must_use]
pub fn annotations(environment: impl Environment) -> BTreeMap<&'static str, String> {
    let read = |name: &str| environment.text(name);
    let found = if read("GITLAB_CI").is_some_and(|value| value == "true") {
        gitlab(&read)
    } else if read("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        github(&read)
    } else {
        Vec::new()
    };
    let secrets: Vec<_> = SECRETS.iter().filter_map(|name| read(name)).filter(|secret| secret.len() >= 8).collect();
    let clean = |value: &String| !secrets.iter().any(|secret| value.contains(secret.as_str()));
    found.into_iter().filter_map(|(key, value)| Some((key, value.filter(clean)?))).collect()
}

/// <https://docs.gitlab.com/ci/variables/predefined_variables/>
fn gitlab(read: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, Option<String>)> {
    vec![
        (AUTHORS, read("CI_COMMIT_AUTHOR").and_then(line)),
        (CREATED, read("CI_JOB_STARTED_AT").and_then(time)),
        (REVISION, read("CI_COMMIT_SHA").and_then(revision)),
        (SOURCE, read("CI_PROJECT_URL").and_then(address)),
        (PIPELINE, read("CI_PIPELINE_URL").and_then(address)),
    ]
}

/// <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>. GitHub has no variable for the time.
fn github(read: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, Option<String>)> {
    let repository = read("GITHUB_REPOSITORY").filter(|name| is_github_repository(name));
    let server = read("GITHUB_SERVER_URL").and_then(address);
    let source = server.zip(repository).map(|(server, name)| format!("{}/{name}", server.trim_end_matches('/')));
    let run = read("GITHUB_RUN_ID").filter(|id| id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit()));
    vec![
        (AUTHORS, read("GITHUB_ACTOR").and_then(line)),
        (REVISION, read("GITHUB_SHA").and_then(revision)),
        (PIPELINE, source.as_ref().zip(run).map(|(source, run)| format!("{source}/actions/runs/{run}"))),
        (SOURCE, source),
    ]
}

/// An address without what may be secret in it.
fn address(text: String) -> Option<String> {
    let mut url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    line(url.as_str().trim_end_matches('/').to_owned())
}

/// A commit: 40 or 64 hexadecimal digits.
fn revision(text: String) -> Option<String> {
    (matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
        .then_some(text)
}

/// RFC 3339, in UTC and whole seconds.
fn time(text: String) -> Option<String> {
    text.parse::<UnixTime>().ok().map(|time| time.to_string())
}

/// One line of text with nothing in it that a terminal obeys.
fn line(text: String) -> Option<String> {
    (text.len() <= LONGEST && Escaped::whole(&text).as_str() == text).then_some(text)
}

/// `OWNER/NAME`.
fn is_github_repository(name: &str) -> bool {
    let allowed = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            && part.bytes().any(|byte| byte != b'.')
    };
    name.split_once('/').is_some_and(|(owner, name)| allowed(owner) && allowed(name))
}

const AUTHORS: &str = "org.opencontainers.image.authors";
const CREATED: &str = "org.opencontainers.image.created";
const REVISION: &str = "org.opencontainers.image.revision";
const SOURCE: &str = "org.opencontainers.image.source";
/// The longest value: that of a browser's address line.
const LONGEST: usize = 2048;
/// What the two services themselves put into the environment of a job and would not want to read in an image.
const SECRETS: &[&str] = &[
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "CI_BUILD_TOKEN",
    "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_DEPLOY_PASSWORD",
    "CI_JOB_JWT",
    "CI_JOB_JWT_V1",
    "CI_JOB_JWT_V2",
    "CI_JOB_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "CI_REPOSITORY_URL",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "NOTATION_PASSWORD",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let environment =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        annotations(environment).into_iter().collect()
    }
    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn gitlab_says_five_things() {
        let found = read(&[
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_AUTHOR", "Ada <ada@example.org>"),
            ("CI_JOB_STARTED_AT", "2026-11-23T17:00:00+01:00"),
            ("CI_COMMIT_SHA", SHA),
            ("CI_PROJECT_URL", "https://gitlab.example:8443/team/app"),
            ("CI_PIPELINE_URL", "https://gitlab.example:8443/team/app/-/pipelines/7"),
        ]);
        assert_eq!(
            found,
            [
                (AUTHORS, "Ada <ada@example.org>".into()),
                (CREATED, "2026-11-23T16:00:00Z".into()),
                (REVISION, SHA.into()),
                (SOURCE, "https://gitlab.example:8443/team/app".into()),
                (PIPELINE, "https://gitlab.example:8443/team/app/-/pipelines/7".into()),
            ]
        );
    }

    #[test]
    fn github_says_four_things() {
        let found = read(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_ACTOR", "ada"),
            ("GITHUB_SHA", SHA),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "team/app"),
            ("GITHUB_RUN_ID", "42"),
        ]);
        assert_eq!(
            found,
            [
                (AUTHORS, "ada".into()),
                (REVISION, SHA.into()),
                (SOURCE, "https://github.com/team/app".into()),
                (PIPELINE, "https://github.com/team/app/actions/runs/42".into()),
            ]
        );
    }

    #[test]
    fn outside_a_pipeline_nothing_is_said() {
        assert_eq!(read(&[("CI_COMMIT_SHA", SHA), ("GITHUB_SHA", SHA), ("HOME", "/home/ada")]), []);
    }

    // attack: A-373
    #[test]
    fn a_373_no_token_gets_into_an_annotation() {
        let found = read(&[
            ("GITLAB_CI", "true"),
            ("CI_JOB_TOKEN", "glcbt-64_canary"),
            ("CI_COMMIT_AUTHOR", "Ada glcbt-64_canary"),
            ("CI_PROJECT_URL", "https://gitlab-ci-token:canary@gitlab.example/a?private_token=canary#canary"),
            ("CI_PIPELINE_URL", "https://canary@gitlab.example/a/-/pipelines/7"),
            ("CI_REGISTRY_PASSWORD", "canary"),
            ("AWS_SECRET_ACCESS_KEY", "canary"),
        ]);
        assert_eq!(
            found,
            [(SOURCE, "https://gitlab.example/a".into()), (PIPELINE, "https://gitlab.example/a/-/pipelines/7".into()),]
        );
    }

    #[test]
    fn what_is_not_of_its_form_is_left_out() {
        let found = read(&[
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_AUTHOR", "Ada\u{1b}[2J"),
            ("CI_JOB_STARTED_AT", "yesterday"),
            ("CI_COMMIT_SHA", "HEAD"),
            ("CI_PROJECT_URL", "file:///etc/passwd"),
        ]);
        assert_eq!(found, []);
        for repository in ["a", "a/b/c", "../..", "a/b?x", "@evil.example/x"] {
            let found = read(&[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_SERVER_URL", "https://github.com"),
                ("GITHUB_REPOSITORY", repository),
            ]);
            assert_eq!(found, [], "{repository}");
        }
    }
}
