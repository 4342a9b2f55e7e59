//! What a plugin sees of the environment.

use plimsoll_notary::plugin::PluginName;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fmt,
};

/// The variables of the environment that plugins may get.
///
/// By default these are `PATH`, `HOME`, `TMPDIR`, the locale and the proxies. A plugin that speaks to a service needs more, such as
/// `AWS_*`: they are allowed by name, for each plugin, in [`Settings`](crate::Settings). Our own secrets go to nobody, whatever is
/// allowed.
#[derive(Clone, Default)]
pub struct PluginEnvironment {
    variables: BTreeMap<OsString, OsString>,
    allowed: BTreeMap<String, BTreeSet<String>>,
}

impl PluginEnvironment {
    /// Takes the variables to choose from: `std::env::vars_os()`, in a program's `main`.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self { variables: variables.into_iter().collect(), allowed: BTreeMap::new() }
    }
    /// Allows variables to a plugin: each by its name, or by the start of its name and a `*`.
    #[must_use]
    pub fn allow(mut self, plugin: &str, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allowed.entry(plugin.into()).or_default().extend(names.into_iter().map(Into::into));
        self
    }
    /// The variables that a plugin gets.
    pub fn given<'a>(&'a self, plugin: &PluginName) -> impl Iterator<Item = (&'a OsStr, &'a OsStr)> + 'a {
        let own = self.allowed.get(plugin.as_str());
        let given = move |name: &OsStr| name.to_str().is_some_and(|name| is_given(name, own));
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str())).filter(move |one| given(one.0))
    }
    /// The names of the variables that a plugin does not get, to tell the user when it fails. Our own secrets are not named.
    #[must_use]
    pub fn held_back(&self, plugin: &PluginName) -> Vec<String> {
        let own = self.allowed.get(plugin.as_str());
        let names = self.variables.keys().map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| !is_given(name, own) && !is_ours(name)).collect()
    }
}

fn is_given(name: &str, own: Option<&BTreeSet<String>>) -> bool {
    let matches = |allowed: &str| match allowed.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == allowed,
    };
    !is_ours(name)
        && (EVERYBODY.contains(&name) || name.starts_with("LC_") || own.into_iter().flatten().any(|one| matches(one)))
}

/// Secrets of Plimsoll and Notation, or where they are.
pub(crate) fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("PLIMSOLL_") || matches!(name.as_str(), "NOTATION_USERNAME" | "NOTATION_PASSWORD")
}

impl fmt::Debug for PluginEnvironment {
    // The values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginEnvironment")
            .field("variables", &self.variables.keys())
            .field("allowed", &self.allowed)
            .finish()
    }
}

/// What every plugin gets, beside `LC_*`.
const EVERYBODY: [&str; 13] = [
    "ALL_PROXY",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LANGUAGE",
    "NO_PROXY",
    "PATH",
    "TMPDIR",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

#[cfg(test)]
mod tests {
    use super::*;

    // attack: A-350
    #[test]
    fn a_350_a_plugin_sees_few_variables_and_none_of_our_secrets() {
        let names = [
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "HOME",
            "LC_ALL",
            "LD_PRELOAD",
            "NOTATION_PASSWORD",
            "NOTATION_USERNAME",
            "PATH",
            "PLIMSOLL_KEY_PASSPHRASE_FILE",
            "VAULT_TOKEN",
            "https_proxy",
        ];
        let environment = PluginEnvironment::new(names.map(|name| (name.into(), "value".into())))
            .allow("aws", ["AWS_*", "NOTATION_*", "PLIMSOLL_KEY_PASSPHRASE_FILE"])
            .allow("vault", ["VAULT_TOKEN"]);
        let given = |plugin: &str| {
            let plugin = plugin.parse().unwrap();
            environment.given(&plugin).map(|(name, _)| name.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(given("other"), ["HOME", "LC_ALL", "PATH", "https_proxy"]);
        assert_eq!(given("aws"), ["AWS_REGION", "AWS_SECRET_ACCESS_KEY", "HOME", "LC_ALL", "PATH", "https_proxy"]);
        assert_eq!(given("vault"), ["HOME", "LC_ALL", "PATH", "VAULT_TOKEN", "https_proxy"]);
        assert_eq!(
            environment.held_back(&"vault".parse().unwrap()),
            ["AWS_REGION", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "LD_PRELOAD"]
        );
        assert!(!format!("{environment:?}").contains("value"));
    }
}
