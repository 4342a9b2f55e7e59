//! `get-plugin-metadata`.

use super::{
    AnswerFault, CONTRACT_VERSION, Call, Capability, Command, Limits, PluginConfig, PluginError, PluginName,
    PluginVersion,
    call::{answered, written},
};
use alloc::{borrow::ToOwned, boxed::Box, vec::Vec};
use plimsoll_core::Escaped;
use serde::Serialize;

/// Asks a plugin what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GetPluginMetadata<'a> {
    /// The name under which it is installed.
    pub name: &'a PluginName,
    /// Settings for the plugin.
    pub config: PluginConfig,
}

impl<'a> GetPluginMetadata<'a> {
    /// Asks the plugin of this name.
    #[must_use]
    pub fn new(name: &'a PluginName) -> Self {
        Self { name, config: PluginConfig::new() }
    }
    /// Sets the settings.
    #[must_use]
    pub fn with_config(mut self, config: PluginConfig) -> Self {
        self.config = config;
        self
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(skip_serializing_if = "PluginConfig::is_empty")]
    plugin_config: &'a PluginConfig,
}

impl Call for GetPluginMetadata<'_> {
    const COMMAND: Command = Command::GetPluginMetadata;
    type Answer = PluginMetadata;
    fn to_json(&self) -> Vec<u8> {
        written(&Request { plugin_config: &self.config })
    }
    fn read(&self, answer: &[u8], limits: &Limits) -> Result<PluginMetadata, PluginError> {
        PluginMetadata::read(self, answer, limits)
    }
}

/// What a plugin is: all members are required.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PluginMetadata {
    /// Its name, which is that of its folder.
    pub name: PluginName,
    /// What it says of itself.
    pub description: Escaped,
    /// Its version.
    pub version: PluginVersion,
    /// Where it comes from.
    pub url: Escaped,
    /// What it can do, as far as the contract has a name for it.
    pub capabilities: Vec<Capability>,
}

impl PluginMetadata {
    fn read(asked: &GetPluginMetadata<'_>, answer: &[u8], limits: &Limits) -> Result<Self, PluginError> {
        let answer = answered(Command::GetPluginMetadata, answer, limits)?;
        let root = answer.root()?;
        let name = root.required("name")?;
        name.same(asked.name.as_str())?;
        let version = root.required("version")?;
        let version = version.filled()?.parse().map_err(|error: super::PluginVersionError| version.error(error))?;
        let contracts = root.required("supportedContractVersions")?;
        let spoken = contracts.list(limits.items, |one| Ok(one.text()?.to_owned()))?;
        if !spoken.iter().any(|one| one == CONTRACT_VERSION) {
            let found = Escaped::new(&spoken.join(", "));
            return Err(contracts.error(AnswerFault::Different { expected: Escaped::new(CONTRACT_VERSION), found }));
        }
        let capabilities = root.required("capabilities")?;
        let named = capabilities.list(limits.items, |one| Ok(Capability::of_name(one.filled()?)))?;
        if named.is_empty() {
            return Err(capabilities.error(AnswerFault::Empty));
        }
        let mut capabilities: Vec<_> = named.into_iter().flatten().collect();
        capabilities.sort_unstable();
        capabilities.dedup();
        Ok(Self {
            name: asked.name.clone(),
            description: Escaped::new(root.required("description")?.filled()?),
            version,
            url: Escaped::new(root.required("url")?.filled()?),
            capabilities,
        })
    }
    /// Whether it says that it can do something.
    #[must_use]
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }
    /// Demands a capability.
    ///
    /// # Errors
    /// [`PluginError::Incapable`] without it.
    pub fn demand(&self, capability: Capability) -> Result<(), PluginError> {
        if self.can(capability) { Ok(()) } else { Err(self.incapable(capability.as_str())) }
    }
    /// Demands at least this version.
    ///
    /// # Errors
    /// [`PluginError::TooOld`].
    pub fn demand_version(&self, least: &PluginVersion) -> Result<(), PluginError> {
        if self.version >= *least {
            return Ok(());
        }
        Err(PluginError::TooOld {
            plugin: self.name.clone(),
            expected: Box::new(least.clone()),
            found: Box::new(self.version.clone()),
        })
    }
    /// What it does in a verification.
    ///
    /// # Errors
    /// [`PluginError::Incapable`] if that is nothing.
    pub fn verifies(&self) -> Result<Vec<Capability>, PluginError> {
        let found: Vec<_> = self.capabilities.iter().copied().filter(|one| one.verifies()).collect();
        if found.is_empty() { Err(self.incapable("SIGNATURE_VERIFIER.*")) } else { Ok(found) }
    }
    fn incapable(&self, expected: &'static str) -> PluginError {
        PluginError::Incapable { plugin: self.name.clone(), expected, found: self.capabilities.clone() }
    }
}
