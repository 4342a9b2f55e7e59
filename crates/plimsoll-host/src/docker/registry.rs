//! The names under which a registry's credential is kept.

/// What credentials are wanted for: `HOST[:PORT]`, perhaps with the path of a repository.
///
/// All names of Docker Hub are one registry, so that none of them finds another credential (docker/cli CVE-2021-41092).
pub(super) struct Scope<'a> {
    host: &'a str,
    path: &'a str,
}

impl<'a> Scope<'a> {
    pub(super) fn of(scope: &'a str) -> Self {
        let (host, path) = scope.split_once('/').unwrap_or((scope, ""));
        Self { host, path }
    }
    /// The names of the host itself, the one as written first.
    pub(super) fn hosts(&self) -> Vec<&'a str> {
        let mut names = vec![self.host];
        if is_docker_hub(self.host) {
            names.extend(DOCKER_HUB.iter().copied().filter(|name| *name != self.host));
        }
        names
    }
    /// What a helper is asked by.
    pub(super) fn server(&self) -> &'a str {
        if is_docker_hub(self.host) { DOCKER_HUB_SERVER } else { self.host }
    }
    /// How well a name of `auths` fits: the longer its path, the better; `None` if not at all.
    ///
    /// Docker's names are `host`, or `https://host/v1/` of old; Podman's may go on with a namespace (containers-auth.json(5)).
    pub(super) fn fit(&self, name: &str) -> Option<Fit> {
        let bare = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://"));
        let plain = bare.is_none();
        let (host, path) = bare.unwrap_or(name).split_once('/').unwrap_or((bare.unwrap_or(name), ""));
        let same = host == self.host || (is_docker_hub(host) && is_docker_hub(self.host));
        // What follows the host of an address is the version of the protocol, and never names a repository.
        let path = if !plain || matches!(path, "v1" | "v1/" | "v2" | "v2/") { "" } else { path.trim_end_matches('/') };
        let below = path.is_empty()
            || self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        (same && below).then_some(Fit { path: path.len(), exact: host == self.host, plain })
    }
}

/// How well a name fits; more is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Fit {
    path: usize,
    exact: bool,
    plain: bool,
}

fn is_docker_hub(host: &str) -> bool {
    DOCKER_HUB.contains(&host)
}

const DOCKER_HUB: &[&str] = &["docker.io", "index.docker.io", "registry-1.docker.io"];
/// The name that Docker itself keeps Docker Hub's credential by.
const DOCKER_HUB_SERVER: &str = "https://index.docker.io/v1/";

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(scope: &str, names: &[&'a str]) -> Option<&'a str> {
        let scope = Scope::of(scope);
        names.iter().filter_map(|name| Some((scope.fit(name)?, *name))).max().map(|(_, name)| name)
    }

    #[test]
    fn the_longest_namespace_wins() {
        let names = ["r.test", "r.test/a", "r.test/a/b", "r.test/a/bc", "r.test:5000", "https://r.test/v1/"];
        assert_eq!(best("r.test/a/b/c", &names), Some("r.test/a/b"));
        assert_eq!(best("r.test/a/bc", &names), Some("r.test/a/bc"));
        assert_eq!(best("r.test/a/x", &names), Some("r.test/a"));
        assert_eq!(best("r.test/x", &names), Some("r.test"));
        assert_eq!(best("r.test", &names), Some("r.test"));
        assert_eq!(best("r.test:5000/a", &names), Some("r.test:5000"));
        assert_eq!(best("r.test:443/a", &names), None);
        assert_eq!(best("r.test.evil.test/a", &names), None);
        assert_eq!(best("evil.test/r.test", &names), None);
    }

    #[test]
    fn addresses_of_old_name_their_host() {
        assert_eq!(best("r.test/a", &["https://r.test/v1/"]), Some("https://r.test/v1/"));
        assert_eq!(best("r.test/a", &["http://r.test"]), Some("http://r.test"));
        assert_eq!(best("r.test/a", &["r.test/v2/"]), Some("r.test/v2/"));
        assert_eq!(best("r.test/a", &["https://r.test/v1/", "r.test"]), Some("r.test"));
    }

    // attack: A-005
    #[test]
    fn a_005_docker_hub_has_one_credential_whatever_it_is_called() {
        for alias in
            ["docker.io/library/alpine", "index.docker.io/library/alpine", "registry-1.docker.io/library/alpine"]
        {
            assert_eq!(best(alias, &["r.test", "https://index.docker.io/v1/"]), Some("https://index.docker.io/v1/"));
            assert_eq!(Scope::of(alias).server(), "https://index.docker.io/v1/");
            assert_eq!(Scope::of(alias).hosts().len(), 3);
        }
        assert_eq!(best("docker.io.evil.test/a", &["docker.io", "https://index.docker.io/v1/"]), None);
        assert_eq!(Scope::of("docker.io.evil.test/a").server(), "docker.io.evil.test");
        assert_eq!(Scope::of("docker.io.evil.test/a").hosts(), ["docker.io.evil.test"]);
    }
}
