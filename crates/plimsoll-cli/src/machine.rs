//! This machine: its environment, clock, terminal and credentials. The only place where they are read.

use crate::{
    arguments::{Global, Passphrase},
    failure::{Blame as _, Failure},
    interrupted,
    report::warn,
};
use plimsoll::{
    core::{Failure as Fault, UnixTime},
    crypto::provider,
    distribution::{Client, Credential, Credentials, Secret},
    host::{
        Loaded, NetworkSettings, Platform, SharedStatus, clock, docker,
        notation::{NotationConfig, NotationDirectory, PassphraseSource, SigningKey, load_signing_key},
        plugin::PluginRunner,
    },
    pki::{ChainOptions, Profile},
};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    future::Future,
    io::IsTerminal as _,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// What every command has.
pub(crate) struct Scene<'a> {
    pub(crate) global: &'a Global,
    pub(crate) machine: &'a Machine,
}

/// The environment and the clock, read once.
pub(crate) struct Machine {
    variables: Arc<BTreeMap<String, OsString>>,
    now: UnixTime,
    client: OnceLock<Client>,
    status: SharedStatus,
    plugins: OnceLock<PluginRunner>,
    notation_config: OnceLock<NotationConfig>,
}

impl Machine {
    /// Reads the environment and the clock.
    pub(crate) fn this() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self {
            variables: Arc::new(variables.collect()),
            now: clock::now(),
            client: OnceLock::new(),
            status: SharedStatus::new(),
            plugins: OnceLock::new(),
            notation_config: OnceLock::new(),
        }
    }
    /// What the references of one command share of answers about revocation.
    pub(crate) fn shared_status(&self) -> &SharedStatus {
        &self.status
    }
    /// The time at which the command began.
    pub(crate) fn now(&self) -> UnixTime {
        self.now
    }
    /// The time now, which a run over many references outlives.
    pub(crate) fn clock(&self) -> UnixTime {
        clock::now()
    }
    /// The time that builds write: `SOURCE_DATE_EPOCH`, if it is set.
    pub(crate) fn source_date_epoch(&self) -> Result<Option<UnixTime>, Failure> {
        clock::source_date_epoch(self.environment()).given("")
    }
    /// The client of registries, made once: its tokens and connections serve every reference.
    pub(crate) fn client(&self, make: impl FnOnce() -> Result<Client, Failure>) -> Result<Client, Failure> {
        if let Some(made) = self.client.get() {
            return Ok(made.clone());
        }
        let made = make()?;
        Ok(self.client.get_or_init(|| made).clone())
    }
    /// The runner of plugins, made once: its settings are read once, too.
    pub(crate) fn plugins(
        &self,
        make: impl FnOnce() -> Result<PluginRunner, Failure>,
    ) -> Result<PluginRunner, Failure> {
        if let Some(made) = self.plugins.get() {
            return Ok(made.clone());
        }
        let made = make()?;
        Ok(self.plugins.get_or_init(|| made).clone())
    }
    /// The environment, as the libraries take it.
    pub(crate) fn environment(&self) -> impl Fn(&str) -> Option<OsString> + Send + Sync + 'static {
        let variables = Arc::clone(&self.variables);
        move |name: &str| variables.get(name).cloned()
    }
    /// Every variable, for plugins to be given some of.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (OsString, OsString)> {
        self.variables.iter().map(|(name, value)| (name.into(), value.clone()))
    }
    /// Which inner hosts and networks may be contacted.
    pub(crate) fn network(&self, global: &Global) -> Result<NetworkSettings, Failure> {
        // Without a home there is no file that could allow anything.
        match NotationDirectory::find(global.config.as_deref(), self.environment(), Platform::CURRENT) {
            Ok(directory) => NetworkSettings::load(&directory).given("").map(heeded),
            Err(_) => Ok(NetworkSettings::default()),
        }
    }
    /// Notation's configuration directory.
    pub(crate) fn notation(&self, global: &Global) -> Result<NotationDirectory, Failure> {
        NotationDirectory::find(global.config.as_deref(), self.environment(), Platform::CURRENT).given("")
    }
    /// Notation's `config.json`, read once.
    pub(crate) fn notation_config(&self, global: &Global) -> Result<&NotationConfig, Failure> {
        if let Some(read) = self.notation_config.get() {
            return Ok(read);
        }
        // Without a home there is no configuration; a registry can be asked all the same.
        let home = NotationDirectory::find(global.config.as_deref(), self.environment(), Platform::CURRENT);
        let read = match home {
            Ok(directory) => heeded(NotationConfig::load(&directory).given("")?),
            Err(_) => NotationConfig::default(),
        };
        Ok(self.notation_config.get_or_init(|| read))
    }
    /// Credentials of Notation's helpers and of Docker's configuration.
    pub(crate) fn credentials(&self, global: &Global) -> Result<DockerCredentials, Failure> {
        let helpers = self.notation_config(global)?.helpers.clone();
        Ok(DockerCredentials { variables: Arc::clone(&self.variables), helpers, found: Mutex::default() })
    }
    /// Whether the environment holds a password, which does not say for which registry.
    pub(crate) fn has_password(&self) -> bool {
        docker::Credential::of_environment(self.environment()).is_some()
    }
    /// A signing key with its chain.
    pub(crate) fn signing_key(
        &self,
        name: Option<&str>,
        passphrase: &Passphrase,
        global: &Global,
    ) -> Result<SigningKey, Failure> {
        let directory = self.notation(global)?;
        let source = passphrase_source(passphrase);
        load_signing_key(&directory, name, &source, &ChainOptions::new(Profile::NotarySigning), provider())
            .given("")
            .map(heeded)
    }
}

/// A file, a prompt where there is a terminal, or nothing.
pub(crate) fn passphrase_source(passphrase: &Passphrase) -> PassphraseSource<'static> {
    match &passphrase.passphrase_file {
        Some(path) => PassphraseSource::File(path.clone()),
        None if std::io::stdin().is_terminal() => PassphraseSource::Prompt(&ask),
        None => PassphraseSource::None,
    }
}

fn ask(key: &Path) -> std::io::Result<plimsoll::host::Secret> {
    rpassword::prompt_password(format!("passphrase of {}: ", key.display())).map(plimsoll::host::Secret::new)
}

/// Prints the warnings of what was loaded.
pub(crate) fn heeded<T>(loaded: Loaded<T>) -> T {
    loaded.warnings.iter().for_each(warn);
    loaded.value
}

/// Docker's configuration and helpers, and `NOTATION_USERNAME` before them, looked up when a registry asks.
pub(crate) struct DockerCredentials {
    variables: Arc<BTreeMap<String, OsString>>,
    helpers: docker::Helpers,
    /// Helpers are programs, and are run once for each registry.
    found: Mutex<BTreeMap<String, Credential>>,
}

impl DockerCredentials {
    fn find(&self, registry: &str) -> Result<Credential, Fault> {
        let known = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(registry) {
            return Ok(found.clone());
        }
        let found = self.look_up(registry)?;
        known().insert(registry.to_owned(), found.clone());
        Ok(found)
    }
    fn look_up(&self, registry: &str) -> Result<Credential, Fault> {
        let variables = Arc::clone(&self.variables);
        let environment = move |name: &str| variables.get(name).cloned();
        if let Some(found) = docker::Credential::of_environment(&environment) {
            return Ok(adapted(found));
        }
        // It may name a helper, which is a program that is not to outlive this one.
        interrupted::heed();
        let known = docker::Credentials::load(environment, Platform::CURRENT, Some(&self.helpers));
        let known = known.map_err(|error| Fault::of(&error))?;
        let found = known.find(registry).map_err(|error| Fault::of(&error))?;
        Ok(found.map_or(Credential::Anonymous, adapted))
    }
}

fn adapted(found: docker::Credential) -> Credential {
    let secret = |secret: plimsoll::host::Secret| Secret::new(secret.expose());
    match found {
        docker::Credential::IdentityToken(token) => Credential::IdentityToken(secret(token)),
        docker::Credential::Password { username, password } => Credential::basic(username, password.expose()),
        docker::Credential::RegistryToken(token) => Credential::RegistryToken(secret(token)),
        _ => Credential::Anonymous,
    }
}

impl Credentials for DockerCredentials {
    fn credential<'a>(
        &'a self,
        registry: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Credential, Fault>> + Send + 'a>> {
        Box::pin(std::future::ready(self.find(registry)))
    }
}
