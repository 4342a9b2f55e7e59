//! `config.json` of Docker, `auth.json` of Podman, and where they are.

use super::{
    Credential, CredentialError, HelperFault, HelperLimits,
    helper::{self, fault},
    registry::Scope,
};
use crate::{
    DocumentError, Environment, Platform, Secret,
    file::shown,
    json::{self, Names, Values},
};
use data_encoding::BASE64;
use plimsoll_core::Escaped;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The credentials that this machine keeps for registries.
///
/// Looked for, in this order, in: Notation's `config.json` (helpers only), if given; `REGISTRY_AUTH_FILE`;
/// `$XDG_RUNTIME_DIR/containers/auth.json`; `$XDG_CONFIG_HOME/containers/auth.json` or `~/.config/containers/auth.json`
/// ([containers-auth.json]); `$DOCKER_CONFIG/config.json` or `~/.docker/config.json` ([docker]); `~/.dockercfg`.
///
/// In each, `credHelpers` for the registry goes before `credsStore`, and that before `auths`. The first that has a credential
/// decides. A helper that fails ends the search: neither another entry nor an anonymous request takes its place.
///
/// ```
/// use plimsoll_host::{Platform, docker::{Credential, Credentials}};
/// let home = tempfile::tempdir()?;
/// std::fs::create_dir(home.path().join(".docker"))?;
/// std::fs::write(home.path().join(".docker/config.json"), r#"{"auths": {"r.test": {"auth": "YWRhOnMzY3JldA=="}}}"#)?;
/// let path = home.path().as_os_str().to_owned();
/// let environment = move |name: &str| (name == "HOME").then(|| path.clone());
/// let credentials = Credentials::load(environment, Platform::Unix, None)?;
/// assert!(matches!(credentials.find("r.test/team/app")?, Some(Credential::Password { username, .. }) if username == "ada"));
/// assert_eq!(credentials.find("other.test/team/app")?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [containers-auth.json]: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
/// [docker]: https://docs.docker.com/reference/cli/docker/#configuration-files
pub struct Credentials {
    sources: Vec<Source>,
    path: OsString,
    limits: HelperLimits,
}

impl Credentials {
    /// Reads the files that are there. Helpers run only when a registry's credential is asked for.
    ///
    /// # Errors
    /// [`DocumentError`]: unreadable, or malformed, with the place; no value of a file is quoted.
    pub fn load(
        environment: impl Environment,
        platform: Platform,
        notation: Option<&Helpers>,
    ) -> Result<Self, DocumentError> {
        let mut sources: Vec<_> = notation.map(Source::of).into_iter().collect();
        for (path, form) in files(&environment, platform) {
            sources.extend(Source::read(path, form)?);
        }
        let path = environment.set("PATH").unwrap_or_default();
        Ok(Self { sources, path, limits: HelperLimits::default() })
    }
    /// Sets what helpers may cost.
    #[must_use]
    pub fn with_limits(mut self, limits: HelperLimits) -> Self {
        self.limits = limits;
        self
    }
    /// Finds the credential for `HOST[:PORT]`, or for a repository `HOST[:PORT]/PATH`; `None` when there is none.
    ///
    /// It may run a helper, and waits for it: in async code, call it from a thread that may block.
    ///
    /// # Errors
    /// [`CredentialError`]: the entry that applies is malformed, or the helper that applies failed.
    pub fn find(&self, scope: &str) -> Result<Option<Credential>, CredentialError> {
        let scope = Scope::of(scope);
        for source in &self.sources {
            if let Some(found) = self.find_in(source, &scope)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn find_in(&self, source: &Source, scope: &Scope<'_>) -> Result<Option<Credential>, CredentialError> {
        let Some(name) = source.helpers.of_registry(scope) else { return source.entry(scope) };
        let program = helper::find(name, &self.path).map_err(CredentialError::Name)?;
        let program = program.ok_or_else(|| fault(name, scope.server(), HelperFault::Missing))?;
        helper::get(name, &program, scope.server(), self.limits)
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.sources.iter().map(|source| &source.path)).finish()
    }
}

/// Which program keeps the credential of which registry: `credsStore` and `credHelpers`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Helpers {
    store: Option<String>,
    registries: BTreeMap<String, String>,
}

impl Helpers {
    /// One for all registries (`credsStore`), and others for some (`credHelpers`). Empty names count as none.
    #[must_use]
    pub fn new(store: Option<String>, registries: BTreeMap<String, String>) -> Self {
        let store = store.filter(|name| !name.is_empty());
        Self { store, registries: registries.into_iter().filter(|(_, name)| !name.is_empty()).collect() }
    }
    fn of_registry(&self, scope: &Scope<'_>) -> Option<&str> {
        let server = scope.server();
        let named = scope.hosts().into_iter().chain([server]).find_map(|host| self.registries.get(host));
        named.or(self.store.as_ref()).map(String::as_str)
    }
}

/// One file of credentials.
struct Source {
    path: PathBuf,
    helpers: Helpers,
    auths: BTreeMap<String, Entry>,
}

impl Source {
    fn of(helpers: &Helpers) -> Self {
        Self { path: PathBuf::new(), helpers: helpers.clone(), auths: BTreeMap::new() }
    }
    fn read(path: PathBuf, form: Form) -> Result<Option<Self>, DocumentError> {
        let file = match form {
            Form::Config => json::read::<File>(&path, Values::Secret)?,
            Form::Auths => json::read(&path, Values::Secret)?.map(|auths| File { auths, ..File::default() }),
        };
        Ok(file.map(|file| Self {
            path,
            helpers: Helpers::new(file.creds_store, file.cred_helpers.0),
            auths: file.auths.0,
        }))
    }
    fn entry(&self, scope: &Scope<'_>) -> Result<Option<Credential>, CredentialError> {
        let fitting = self.auths.iter().filter_map(|(name, entry)| Some((scope.fit(name)?, name, entry)));
        let best = fitting.max_by(|(one, a, _), (other, b, _)| one.cmp(other).then(b.cmp(a)));
        best.map_or(Ok(None), |(_, name, entry)| entry.credential(&self.path, name))
    }
}

#[derive(Clone, Copy)]
enum Form {
    /// `{"auths": {…}, "credsStore": …}`
    Config,
    /// What `~/.dockercfg` holds: the content of `auths`.
    Auths,
}

fn files(environment: &impl Environment, platform: Platform) -> Vec<(PathBuf, Form)> {
    let home = platform.home(environment);
    let configuration = environment.absolute("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let docker = environment.set("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(".docker")));
    let found = [
        (environment.set("REGISTRY_AUTH_FILE").map(PathBuf::from), Form::Config),
        (environment.absolute("XDG_RUNTIME_DIR").map(|path| path.join("containers/auth.json")), Form::Config),
        (configuration.map(|path| path.join("containers/auth.json")), Form::Config),
        (docker.map(|path| path.join("config.json")), Form::Config),
        (home.map(|path| path.join(".dockercfg")), Form::Auths),
    ];
    found.into_iter().filter_map(|(path, form)| Some((path?, form))).collect()
}

#[derive(Deserialize, Default)]
struct File {
    #[serde(default)]
    auths: Names<Entry>,
    #[serde(rename = "credsStore")]
    creds_store: Option<String>,
    #[serde(rename = "credHelpers", default)]
    cred_helpers: Names<String>,
}

/// The entry of one registry in `auths`.
#[derive(Deserialize, Default)]
struct Entry {
    #[serde(default)]
    auth: Secret,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: Secret,
    #[serde(default)]
    identitytoken: Secret,
    #[serde(default)]
    registrytoken: Secret,
}

impl Entry {
    fn credential(&self, path: &Path, name: &str) -> Result<Option<Credential>, CredentialError> {
        if !self.registrytoken.is_empty() {
            return Ok(Some(Credential::RegistryToken(self.registrytoken.clone())));
        }
        if !self.identitytoken.is_empty() {
            return Ok(Some(Credential::IdentityToken(self.identitytoken.clone())));
        }
        if self.auth.is_empty() {
            return Ok(Credential::of(self.username.clone(), self.password.clone()));
        }
        let malformed = || CredentialError::Entry { path: shown(path), registry: Escaped::new(name) };
        let (username, password) = decode(self.auth.expose()).ok_or_else(malformed)?;
        Ok(Credential::of(username, password))
    }
}

/// `auth`: the Base64 of `USER:PASSWORD`. It goes before `username` and `password`, as in docker/cli, which also cuts
/// zero bytes from the password.
fn decode(auth: &str) -> Option<(String, Secret)> {
    let bytes = Zeroizing::new(BASE64.decode(auth.as_bytes()).ok()?);
    let (username, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((username.into(), Secret::new(password.trim_matches('\0').into())))
}
