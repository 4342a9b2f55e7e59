//! Keys that are with a plugin.

use super::{PluginRunError, PluginRunner};
use crate::notation::{KeyEntry, KeySource};
use plimsoll_core::{Algorithm, Escaped, Sign};
use plimsoll_notary::{
    Format,
    plugin::{
        Capability, DescribeKey, GenerateEnvelope, GenerateSignature, GeneratedEnvelope, GeneratedSignature, KeySpec,
        PluginConfig, PluginName,
    },
};

/// Which key of which plugin, and what the plugin is told about it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PluginKeySource {
    /// The plugin.
    pub plugin: PluginName,
    /// The plugin's name for the key.
    pub id: String,
    /// What is handed to the plugin.
    pub config: PluginConfig,
}

impl PluginKeySource {
    /// A key of a plugin.
    #[must_use]
    pub fn new(plugin: PluginName, id: impl Into<String>, config: PluginConfig) -> Self {
        Self { plugin, id: id.into(), config }
    }
    /// A key of `signingkeys.json`; `None` for one in files.
    ///
    /// # Errors
    /// [`PluginRunError`]: the name is none of a plugin, or `pluginConfig` holds something else than texts.
    pub fn of(key: &KeyEntry) -> Result<Option<Self>, PluginRunError> {
        let KeySource::Plugin { id, plugin, configuration } = key.source() else { return Ok(None) };
        let plugin = plugin.parse().map_err(PluginRunError::Name)?;
        let config = match configuration {
            None | Some(serde_json::Value::Null) => PluginConfig::new(),
            Some(value) => serde_json::from_value(value.clone())
                .map_err(|_| PluginRunError::Settings { key: Escaped::new(key.name()) })?,
        };
        Ok(Some(Self { plugin, id: id.clone(), config }))
    }
}

/// A key that is with a plugin: as it signs by itself or makes whole envelopes, which the plugin decides.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PluginKey {
    /// It makes whole envelopes.
    Envelopes(PluginEnvelopes),
    /// It signs bytes.
    Signer(PluginSigner),
}

impl PluginKey {
    /// Asks the plugin what it can do, and about the key. One that does both signs bytes, as in notation-go.
    ///
    /// # Errors
    /// [`PluginRunError`]: the plugin is not there, failed, or does neither.
    pub async fn open(runner: &PluginRunner, source: PluginKeySource) -> Result<Self, PluginRunError> {
        let metadata = runner.metadata(&source.plugin).await?;
        if !metadata.can(Capability::SignatureGenerator) {
            metadata.demand(Capability::EnvelopeGenerator)?;
            return Ok(Self::Envelopes(PluginEnvelopes { runner: runner.clone(), source }));
        }
        let call = DescribeKey::new(&source.id).with_config(source.config.clone());
        let key_spec = runner.call(&source.plugin, &call).await?.key_spec;
        Ok(Self::Signer(PluginSigner { runner: runner.clone(), source, key_spec }))
    }
}

/// A key of a plugin that signs bytes (`generate-signature`).
///
/// What comes back is not checked here: attaching a signature to its envelope verifies it.
#[derive(Clone, Debug)]
pub struct PluginSigner {
    runner: PluginRunner,
    source: PluginKeySource,
    key_spec: KeySpec,
}

impl PluginSigner {
    /// What kind of key it is.
    #[must_use]
    pub fn key_spec(&self) -> KeySpec {
        self.key_spec
    }
    /// Signs bytes, and says with which certificates.
    ///
    /// # Errors
    /// [`PluginRunError`].
    pub async fn generate(&self, input: &[u8]) -> Result<GeneratedSignature, PluginRunError> {
        let source = &self.source;
        let call = GenerateSignature::new(&source.id, self.key_spec, input).with_config(source.config.clone());
        self.runner.call(&source.plugin, &call).await
    }
}

impl Sign for PluginSigner {
    type Error = PluginRunError;
    fn algorithm(&self) -> Algorithm {
        self.key_spec.algorithm()
    }
    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, PluginRunError> {
        self.generate(input).await.map(|generated| generated.signature)
    }
}

/// A key of a plugin that makes whole envelopes (`generate-envelope`).
///
/// What comes back is not checked here: `plimsoll_notary::SigningRequest` compares it with what was asked for.
#[derive(Clone, Debug)]
pub struct PluginEnvelopes {
    runner: PluginRunner,
    source: PluginKeySource,
}

impl PluginEnvelopes {
    /// Asks for an envelope over a payload, with its expiry in seconds from now.
    ///
    /// # Errors
    /// [`PluginRunError`].
    pub async fn generate(
        &self,
        payload: &[u8],
        format: Format,
        expiry: Option<u64>,
    ) -> Result<GeneratedEnvelope, PluginRunError> {
        let source = &self.source;
        let mut call = GenerateEnvelope::new(&source.id, format, payload).with_config(source.config.clone());
        call.expiry = expiry;
        self.runner.call(&source.plugin, &call).await
    }
}
