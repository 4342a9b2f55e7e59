//! `verify-signature`.

use super::{
    AnswerFault, CONTRACT_VERSION, Call, Capability, Command, Limits, PluginConfig, PluginError,
    call::{answered, encoded, written},
};
use crate::{PAYLOAD_TYPE, SignedAttributes, SigningScheme};
use alloc::{
    borrow::ToOwned,
    collections::{BTreeMap, BTreeSet},
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::Escaped;
use plimsoll_envelope::HeaderValue;
use serde::Serialize;
use serde_json::Value;

/// Asks for checks beyond the native ones.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct VerifySignature {
    /// The attributes that are signed.
    pub attributes: CriticalAttributes,
    /// The names of critical attributes that the plugin must process.
    pub unprocessed: Vec<String>,
    /// The certificates in DER, the signer's first.
    pub chain: Vec<Vec<u8>>,
    /// The trusted identities of the statement, as written.
    pub trusted_identities: Vec<String>,
    /// Which checks the plugin shall do.
    pub capabilities: Vec<Capability>,
    /// Settings for the plugin.
    pub config: PluginConfig,
}

/// What a verification plugin is told of the signed attributes.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CriticalAttributes {
    content_type: &'static str,
    signing_scheme: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentic_signing_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_plugin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_plugin_min_version: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extended_attributes: BTreeMap<String, Value>,
}

impl CriticalAttributes {
    /// What a signature says. Every extended attribute is told, critical or not, as notation does.
    #[must_use]
    pub fn of(attributes: &SignedAttributes<'_>) -> Self {
        let authority = attributes.scheme == SigningScheme::X509SigningAuthority;
        let extended = attributes.extended.iter().map(|one| (one.name.clone().into_owned(), value(&one.value)));
        Self {
            content_type: PAYLOAD_TYPE,
            signing_scheme: attributes.scheme.as_str(),
            expiry: attributes.expiry.map(|time| time.to_string()),
            authentic_signing_time: authority.then(|| attributes.signing_time.to_string()),
            verification_plugin: attributes.plugin.as_deref().map(str::to_owned),
            verification_plugin_min_version: attributes.plugin_min_version.as_deref().map(str::to_owned),
            extended_attributes: extended.collect(),
        }
    }
}

/// The value as JSON: bytes as base64, a time in seconds. Its depth is bounded by the envelope's limits.
fn value(value: &HeaderValue<'_>) -> Value {
    match value {
        HeaderValue::Bool(flag) => (*flag).into(),
        HeaderValue::Bytes(bytes) => encoded(bytes).into(),
        HeaderValue::Float(number) => (*number).into(),
        HeaderValue::Int(number) => (*number).into(),
        HeaderValue::List(list) => list.iter().map(self::value).collect(),
        HeaderValue::Map(members) => members.iter().map(|(name, one)| (name.to_string(), self::value(one))).collect(),
        HeaderValue::Text(text) => text.as_ref().into(),
        HeaderValue::Time(seconds) => (*seconds).into(),
        HeaderValue::Tagged(_, inner) => self::value(inner),
        _ => Value::Null,
    }
}

impl VerifySignature {
    /// Asks about a signature: which attributes, which certificates.
    #[must_use]
    pub fn new(attributes: &SignedAttributes<'_>, chain: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let critical = attributes.extended.iter().filter(|one| one.critical);
        Self {
            attributes: CriticalAttributes::of(attributes),
            unprocessed: critical.map(|one| one.name.clone().into_owned()).collect(),
            chain: chain.into_iter().collect(),
            trusted_identities: Vec::new(),
            capabilities: Vec::new(),
            config: PluginConfig::new(),
        }
    }
    /// Says by whom it may be signed, and what is to be checked.
    #[must_use]
    pub fn for_policy(mut self, trusted_identities: Vec<String>, capabilities: Vec<Capability>) -> Self {
        self.trusted_identities = trusted_identities;
        self.capabilities = capabilities;
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
    signature: Signature<'a>,
    trust_policy: Policy<'a>,
    #[serde(skip_serializing_if = "PluginConfig::is_empty")]
    plugin_config: &'a PluginConfig,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signature<'a> {
    critical_attributes: &'a CriticalAttributes,
    unprocessed_attributes: &'a [String],
    certificate_chain: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Policy<'a> {
    trusted_identities: &'a [String],
    signature_verification: Vec<&'static str>,
}

impl Call for VerifySignature {
    const COMMAND: Command = Command::VerifySignature;
    type Answer = VerifiedByPlugin;
    fn to_json(&self) -> Vec<u8> {
        written(&Request {
            contract_version: CONTRACT_VERSION,
            signature: Signature {
                critical_attributes: &self.attributes,
                unprocessed_attributes: &self.unprocessed,
                certificate_chain: self.chain.iter().map(|one| encoded(one)).collect(),
            },
            trust_policy: Policy {
                trusted_identities: &self.trusted_identities,
                signature_verification: self.capabilities.iter().map(|one| one.as_str()).collect(),
            },
            plugin_config: &self.config,
        })
    }
    fn read(&self, answer: &[u8], limits: &Limits) -> Result<VerifiedByPlugin, PluginError> {
        let answer = answered(Self::COMMAND, answer, limits)?;
        let root = answer.root()?;
        let results = root.required("verificationResults")?;
        let mut found = BTreeMap::new();
        for (name, result) in results.entries()? {
            // A result that nobody asked for decides nothing.
            let Some(capability) = Capability::of_name(name).filter(|one| self.capabilities.contains(one)) else {
                continue;
            };
            let held = result.required("success")?.flag()?;
            let reason = result.get("reason").map_or(Ok(""), |reason| reason.text())?;
            found.insert(capability, CapabilityResult { held, reason: Escaped::new(reason) });
        }
        if let Some(capability) = self.capabilities.iter().copied().find(|one| !found.contains_key(one)) {
            return Err(results.error(AnswerFault::NoResult { capability }));
        }
        let processed = match root.get("processedAttributes") {
            None => Vec::new(),
            Some(list) => list.list(limits.items, |one| Ok(one.text()?.to_owned()))?,
        };
        Ok(VerifiedByPlugin { results: found, processed: processed.into_iter().collect() })
    }
}

/// What a verification plugin found: a result for every check that it was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct VerifiedByPlugin {
    /// The results.
    pub results: BTreeMap<Capability, CapabilityResult>,
    /// The attributes that it says it has processed.
    pub processed: BTreeSet<String>,
}

/// The result of one check.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CapabilityResult {
    /// Whether it held.
    pub held: bool,
    /// Why, in the plugin's words.
    pub reason: Escaped,
}
