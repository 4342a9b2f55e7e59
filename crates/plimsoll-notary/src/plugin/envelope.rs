//! `generate-envelope`.

use super::{
    CONTRACT_VERSION, Call, Command, Limits, PluginConfig, PluginError,
    call::{answered, encoded, written},
};
use crate::{Format, PAYLOAD_TYPE};
use alloc::{string::String, vec::Vec};
use serde::Serialize;

/// Asks for a whole envelope.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GenerateEnvelope<'a> {
    /// The key.
    pub key_id: &'a str,
    /// The format of the envelope.
    pub format: Format,
    /// The payload: [`SigningRequest::payload`](crate::SigningRequest::payload).
    pub payload: &'a [u8],
    /// Seconds from the signing time to the expiry.
    pub expiry: Option<u64>,
    /// Settings for the plugin.
    pub config: PluginConfig,
}

impl<'a> GenerateEnvelope<'a> {
    /// Asks for an envelope of this format over a payload.
    #[must_use]
    pub fn new(key_id: &'a str, format: Format, payload: &'a [u8]) -> Self {
        Self { key_id, format, payload, expiry: None, config: PluginConfig::new() }
    }
    /// Sets the seconds from the signing time to the expiry.
    #[must_use]
    pub fn expiring_after(mut self, seconds: u64) -> Self {
        self.expiry = Some(seconds);
        self
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
    contract_version: &'static str,
    key_id: &'a str,
    payload_type: &'static str,
    signature_envelope_type: &'static str,
    payload: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry_duration_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "PluginConfig::is_empty")]
    plugin_config: &'a PluginConfig,
}

impl Call for GenerateEnvelope<'_> {
    const COMMAND: Command = Command::GenerateEnvelope;
    type Answer = GeneratedEnvelope;
    fn to_json(&self) -> Vec<u8> {
        written(&Request {
            contract_version: CONTRACT_VERSION,
            key_id: self.key_id,
            payload_type: PAYLOAD_TYPE,
            signature_envelope_type: self.format.media_type(),
            payload: encoded(self.payload),
            expiry_duration_in_seconds: self.expiry,
            plugin_config: &self.config,
        })
    }
    fn read(&self, answer: &[u8], limits: &Limits) -> Result<GeneratedEnvelope, PluginError> {
        let answer = answered(Self::COMMAND, answer, limits)?;
        let root = answer.root()?;
        root.required("signatureEnvelopeType")?.same(self.format.media_type())?;
        let envelope = root.required("signatureEnvelope")?.bytes()?;
        let annotations = root.get("annotations").map_or_else(|| Ok(PluginConfig::new()), |map| map.texts())?;
        Ok(GeneratedEnvelope { envelope, annotations })
    }
}

/// An envelope. Nothing of it is checked yet: [`SigningRequest::accept`](crate::SigningRequest::accept) does.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GeneratedEnvelope {
    /// The envelope.
    pub envelope: Vec<u8>,
    /// Annotations for the signature manifest, which are not signed.
    pub annotations: PluginConfig,
}
