//! `plimsoll.yaml`: what Notation's configuration has no place for.

use crate::{DocumentError, Loaded, notation::NotationDirectory, plugin::is_ours, read_span, yaml};
use plimsoll_core::Digest;
use plimsoll_notary::plugin::PluginName;
use plimsoll_pki::StoreName;
use serde::{Deserialize, Deserializer, de};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    path::Path,
    str::FromStr,
    time::Duration,
};

/// `plimsoll.yaml`, in Notation's configuration directory. An absent file is an empty one; a member that is not known is an error.
///
/// ```yaml
/// # Trust stores that Kubernetes mounts into truststore/x509: links through `..data` are followed there.
/// mounted-stores: ["ca:release"]
/// # The folder spiffe is mounted by Kubernetes, too.
/// mounted-bundles: true
/// # How long a signature shall count at least: a chain that ends before needs a timestamp. Else 24h.
/// signing: {lasting: 30d}
/// plugins:
///   kms:
///     environment: [AWS_REGION, "AWS_WEB_*"]  # variables that the plugin gets beside the usual ones
///     sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  # of its program
///     timeout: 90                             # seconds, 60 if it is absent
/// ```
///
/// ```
/// use plimsoll_host::{Settings, notation::NotationDirectory};
/// let home = tempfile::tempdir()?;
/// let directory = NotationDirectory::at(home.path());
/// std::fs::write(directory.settings(), "mounted-stores: ['ca:release']")?;
/// assert!(Settings::load(&directory)?.value.is_mounted(&"ca:release".parse()?));
/// std::fs::write(directory.settings(), "mounted-store: ['ca:release']")?;
/// assert!(Settings::load(&directory).unwrap_err().to_string().contains("unknown field `mounted-store`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    #[serde(default)]
    mounted_stores: BTreeSet<Text<StoreName>>,
    #[serde(default)]
    mounted_bundles: bool,
    #[serde(default)]
    signing: SigningSettings,
    #[serde(default)]
    plugins: BTreeMap<Text<PluginName>, PluginSettings>,
}

/// What the settings say about signing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SigningSettings {
    /// How long a signature shall count at least, as `90m`, `24h` or `30d`. A chain that ends before needs a timestamp.
    #[serde(default, deserialize_with = "span")]
    pub lasting: Option<Duration>,
}

/// What the settings say about one plugin.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PluginSettings {
    /// The names of variables that it gets beside the usual ones. A `*` at the end stands for any rest.
    #[serde(default, deserialize_with = "variables")]
    pub environment: Vec<String>,
    /// The digest of its program.
    #[serde(default, deserialize_with = "sha256")]
    pub sha256: Option<Digest>,
    /// How long a call may take.
    #[serde(default, rename = "timeout", deserialize_with = "seconds")]
    pub time: Option<Duration>,
}

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    /// [`DocumentError`]: a link, unreadable, or malformed, with the place.
    pub fn load(directory: &NotationDirectory) -> Result<Loaded<Self>, DocumentError> {
        yaml::read(&directory.settings())
    }
    /// Reads the bytes of such a file; `path` is for errors.
    ///
    /// # Errors
    /// [`DocumentError`]: malformed, with the place.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, DocumentError> {
        yaml::parse(path, bytes)
    }
    /// Says whether the operator marked a trust store as mounted by Kubernetes.
    #[must_use]
    pub fn is_mounted(&self, store: &StoreName) -> bool {
        self.mounted_stores.iter().any(|mounted| mounted.0 == *store)
    }
    /// Says whether the operator marked the folder of SPIFFE bundles as mounted by Kubernetes.
    #[must_use]
    pub fn has_mounted_bundles(&self) -> bool {
        self.mounted_bundles
    }
    /// What is said about signing.
    #[must_use]
    pub fn signing(&self) -> SigningSettings {
        self.signing
    }
    /// What is said about plugins, by their names.
    pub fn plugins(&self) -> impl Iterator<Item = (&str, &PluginSettings)> {
        self.plugins.iter().map(|(name, settings)| (name.0.as_str(), settings))
    }
}

/// A value that is written as a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Text<T>(T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

fn variables<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    for name in &names {
        let plain = name.strip_suffix('*').unwrap_or(name);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if plain.is_empty() || !plain.bytes().all(allowed) {
            return Err(de::Error::custom(format_args!(
                "expected the name of a variable, perhaps with a `*` at its end, found `{}`",
                plimsoll_core::Escaped::new(name)
            )));
        }
        if is_ours(plain) {
            let name = plimsoll_core::Escaped::new(name);
            return Err(de::Error::custom(format_args!("`{name}` is a secret that no plugin gets")));
        }
    }
    Ok(names)
}

fn sha256<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let hex = text.strip_prefix("sha256:").unwrap_or(&text);
    let digest = format!("sha256:{}", hex.to_ascii_lowercase()).parse();
    digest.map(Some).map_err(|_| de::Error::custom("expected the SHA-256 digest of a program, 64 hexadecimal digits"))
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || {
        let text = plimsoll_core::Escaped::new(&text);
        de::Error::custom(format_args!("expected a whole number and a unit, such as 90m, 24h or 30d, found `{text}`"))
    };
    read_span(&text).map(Some).ok_or_else(wrong)
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    match u64::deserialize(deserializer)? {
        // Ten minutes: a key service that takes longer holds up everything.
        seconds @ 1..=600 => Ok(Some(Duration::from_secs(seconds))),
        other => Err(de::Error::custom(format_args!("expected a time from 1 to 600 seconds, found {other}"))),
    }
}
