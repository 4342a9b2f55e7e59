//! `describe-key`, and what the contract calls keys and algorithms.

use super::{
    CONTRACT_VERSION, Call, Command, Limits, PluginConfig, PluginError,
    call::{answered, written},
};
use alloc::vec::Vec;
use core::fmt;
use plimsoll_core::Algorithm;
use plimsoll_pki::KeyKind;
use serde::Serialize;

/// The six kinds of key that Notary signs with. Hash and signature algorithm follow from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum KeySpec {
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
    /// P-256.
    Ec256,
    /// P-384.
    Ec384,
    /// P-521.
    Ec521,
}

impl KeySpec {
    /// All six.
    pub const ALL: [Self; 6] = [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::Ec256, Self::Ec384, Self::Ec521];
    /// The name in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::Ec256 => "EC-256",
            Self::Ec384 => "EC-384",
            Self::Ec521 => "EC-521",
        }
    }
    /// The key of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
    /// The hash: `SHA-256`, `SHA-384` or `SHA-512`.
    #[must_use]
    pub const fn hash_algorithm(self) -> &'static str {
        match self {
            Self::Rsa2048 | Self::Ec256 => "SHA-256",
            Self::Rsa3072 | Self::Ec384 => "SHA-384",
            Self::Rsa4096 | Self::Ec521 => "SHA-512",
        }
    }
    /// The signature algorithm by its name in the contract.
    #[must_use]
    pub const fn signing_algorithm(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSASSA-PSS-SHA-256",
            Self::Rsa3072 => "RSASSA-PSS-SHA-384",
            Self::Rsa4096 => "RSASSA-PSS-SHA-512",
            Self::Ec256 => "ECDSA-SHA-256",
            Self::Ec384 => "ECDSA-SHA-384",
            Self::Ec521 => "ECDSA-SHA-512",
        }
    }
    /// The signature algorithm, as envelopes carry it.
    #[must_use]
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Self::Rsa2048 => Algorithm::RsaPssSha256,
            Self::Rsa3072 => Algorithm::RsaPssSha384,
            Self::Rsa4096 => Algorithm::RsaPssSha512,
            Self::Ec256 => Algorithm::EcdsaP256Sha256Fixed,
            Self::Ec384 => Algorithm::EcdsaP384Sha384Fixed,
            Self::Ec521 => Algorithm::EcdsaP521Sha512Fixed,
        }
    }
    /// The name of a key in a certificate; none where Notary signs with no such key.
    #[must_use]
    pub fn of_key(key: KeyKind) -> Option<Self> {
        let algorithm = crate::envelope::signing_algorithm(key)?;
        Self::ALL.into_iter().find(|one| one.algorithm() == algorithm)
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Asks which kind of key an identifier means.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DescribeKey<'a> {
    /// The identifier, which only the plugin understands.
    pub key_id: &'a str,
    /// Settings for the plugin.
    pub config: PluginConfig,
}

impl<'a> DescribeKey<'a> {
    /// Asks about this key.
    #[must_use]
    pub fn new(key_id: &'a str) -> Self {
        Self { key_id, config: PluginConfig::new() }
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
    #[serde(skip_serializing_if = "PluginConfig::is_empty")]
    plugin_config: &'a PluginConfig,
}

impl Call for DescribeKey<'_> {
    const COMMAND: Command = Command::DescribeKey;
    type Answer = DescribedKey;
    fn to_json(&self) -> Vec<u8> {
        written(&Request { contract_version: CONTRACT_VERSION, key_id: self.key_id, plugin_config: &self.config })
    }
    fn read(&self, answer: &[u8], limits: &Limits) -> Result<DescribedKey, PluginError> {
        let answer = answered(Self::COMMAND, answer, limits)?;
        let root = answer.root()?;
        root.required("keyId")?.same(self.key_id)?;
        let key_spec = root.required("keySpec")?.word(KEYS, KeySpec::of_name)?;
        Ok(DescribedKey { key_spec })
    }
}

/// What kind of key it is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DescribedKey {
    /// The kind.
    pub key_spec: KeySpec,
}

const KEYS: &str = "`RSA-2048`, `RSA-3072`, `RSA-4096`, `EC-256`, `EC-384` or `EC-521`";
