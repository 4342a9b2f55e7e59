//! `generate-signature`.

use super::{
    AnswerFault, CONTRACT_VERSION, Call, Command, KeySpec, Limits, PluginConfig, PluginError,
    call::{answered, encoded, written},
};
use alloc::{string::String, vec::Vec};
use serde::Serialize;

/// Asks for a signature over bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GenerateSignature<'a> {
    /// The key.
    pub key_id: &'a str,
    /// Its kind, as [`DescribeKey`](super::DescribeKey) told.
    pub key_spec: KeySpec,
    /// What is signed: the whole of it, not its hash.
    pub payload: &'a [u8],
    /// Settings for the plugin.
    pub config: PluginConfig,
}

impl<'a> GenerateSignature<'a> {
    /// Asks for a signature over `payload` with this key.
    #[must_use]
    pub fn new(key_id: &'a str, key_spec: KeySpec, payload: &'a [u8]) -> Self {
        Self { key_id, key_spec, payload, config: PluginConfig::new() }
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
    key_spec: &'static str,
    hash_algorithm: &'static str,
    payload: String,
    #[serde(skip_serializing_if = "PluginConfig::is_empty")]
    plugin_config: &'a PluginConfig,
}

impl Call for GenerateSignature<'_> {
    const COMMAND: Command = Command::GenerateSignature;
    type Answer = GeneratedSignature;
    fn to_json(&self) -> Vec<u8> {
        written(&Request {
            contract_version: CONTRACT_VERSION,
            key_id: self.key_id,
            key_spec: self.key_spec.as_str(),
            hash_algorithm: self.key_spec.hash_algorithm(),
            payload: encoded(self.payload),
            plugin_config: &self.config,
        })
    }
    fn read(&self, answer: &[u8], limits: &Limits) -> Result<GeneratedSignature, PluginError> {
        let answer = answered(Self::COMMAND, answer, limits)?;
        let root = answer.root()?;
        root.required("keyId")?.same(self.key_id)?;
        root.required("signingAlgorithm")?.same(self.key_spec.signing_algorithm())?;
        let signature = root.required("signature")?.bytes()?;
        let chain = root.required("certificateChain")?;
        let certificates = chain.list(limits.chain, |one| one.bytes())?;
        if certificates.is_empty() {
            return Err(chain.error(AnswerFault::Empty));
        }
        Ok(GeneratedSignature { signature, chain: certificates })
    }
}

/// A signature, with the certificates of the key. Nothing of it is checked yet:
/// [`SignatureDraft::attach`](crate::SignatureDraft::attach) does.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GeneratedSignature {
    /// The signature, as envelopes carry it: ECDSA as `r` and `s` of fixed length.
    pub signature: Vec<u8>,
    /// The certificates in DER, the signer's first.
    pub chain: Vec<Vec<u8>>,
}
