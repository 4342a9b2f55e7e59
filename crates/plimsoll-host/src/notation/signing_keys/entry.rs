//! One key of the list.

use super::SigningKeysError;
use crate::{file::shown, json::Names, notation::KeyName};
use plimsoll_core::Escaped;
use plimsoll_notary::plugin::{PluginConfig, PluginName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// One key of `signingkeys.json`.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyEntry {
    name: String,
    source: KeySource,
    passphrase_file: Option<PathBuf>,
    rest: Names<Value>,
}

impl KeyEntry {
    /// A key in a file, with the file of its certificates, leaf first.
    pub fn files(name: KeyName, key: impl Into<PathBuf>, certificates: impl Into<PathBuf>) -> Self {
        let source = KeySource::Files { key: key.into(), certificates: certificates.into() };
        Self { name: name.as_str().into(), source, passphrase_file: None, rest: Names::default() }
    }
    /// Says which file holds the passphrase of the key: its first line. The passphrase itself is never kept here.
    #[must_use]
    pub fn with_passphrase_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.passphrase_file = Some(file.into());
        self
    }
    /// The file that holds the passphrase of the key.
    #[must_use]
    pub fn passphrase_file(&self) -> Option<&Path> {
        self.passphrase_file.as_deref()
    }
    /// A key that is with a plugin, under the plugin's name for it; `configuration` is handed to the plugin as it is.
    #[must_use]
    pub fn plugin(name: KeyName, plugin: &PluginName, id: impl Into<String>, configuration: PluginConfig) -> Self {
        let configuration = (!configuration.is_empty())
            .then(|| configuration.into_iter().map(|(name, value)| (name, Value::String(value))).collect());
        let source = KeySource::Plugin { id: id.into(), plugin: plugin.as_str().into(), configuration };
        Self { name: name.as_str().into(), source, passphrase_file: None, rest: Names::default() }
    }
    /// The name. As it stands in the file: only a name that Plimsoll gave is known to be a [`KeyName`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Where the key is.
    #[must_use]
    pub fn source(&self) -> &KeySource {
        &self.source
    }

    pub(super) fn read(written: Written, at: usize, path: &Path) -> Result<Self, SigningKeysError> {
        if written.name.is_empty() {
            return Err(SigningKeysError::NoName { path: shown(path), at });
        }
        let source = match (written.key_path, written.cert_path, written.id, written.plugin_name) {
            (Some(key), Some(certificates), None, None) => {
                KeySource::Files { key: key.into(), certificates: certificates.into() }
            }
            (None, None, Some(id), Some(plugin)) => {
                KeySource::Plugin { id, plugin, configuration: written.plugin_config }
            }
            _ => return Err(SigningKeysError::Incomplete { path: shown(path), name: Escaped::new(&written.name) }),
        };
        let passphrase_file = written.passphrase_file.map(PathBuf::from);
        Ok(Self { name: written.name, source, passphrase_file, rest: written.rest })
    }
    pub(super) fn written(&self) -> Result<Written, SigningKeysError> {
        let mut written = Written { name: self.name.clone(), rest: self.rest.clone(), ..Written::default() };
        written.passphrase_file = self.passphrase_file.as_deref().map(text).transpose()?;
        match &self.source {
            KeySource::Files { key, certificates } => {
                written.key_path = Some(text(key)?);
                written.cert_path = Some(text(certificates)?);
            }
            KeySource::Plugin { id, plugin, configuration } => {
                written.id = Some(id.clone());
                written.plugin_name = Some(plugin.clone());
                written.plugin_config = configuration.clone();
            }
        }
        Ok(written)
    }
}

fn text(path: &Path) -> Result<String, SigningKeysError> {
    path.to_str().map(ToOwned::to_owned).ok_or_else(|| SigningKeysError::PathNotText { path: shown(path) })
}

/// Where a signing key is.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum KeySource {
    /// In a file beside its certificates. A relative path counts from the working directory, as in Notation.
    Files {
        /// The private key.
        key: PathBuf,
        /// The certificates, leaf first.
        certificates: PathBuf,
    },
    /// With a Notation plugin.
    Plugin {
        /// The plugin's name for the key.
        id: String,
        /// The plugin.
        plugin: String,
        /// What Notation hands to the plugin. It may hold secrets.
        configuration: Option<Value>,
    },
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cert_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase_file: Option<String>,
    #[serde(flatten)]
    pub(super) rest: Names<Value>,
}
