//! `signingkeys.json`.

use super::{KeyName, NotationDirectory};
use crate::{
    DocumentError, Loaded, Warning, code,
    file::{FileError, Overwrite, Permission, create_directory, shown, write_file},
    json::{self, Names, Values},
};
use plimsoll_core::{Classify, Code, Escaped};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// `signingkeys.json`: the keys that a user signs with, and which one is the default. An absent file is an empty one.
///
/// ```text
/// {"default": "NAME", "keys": [
///   {"name": "NAME", "keyPath": "…", "certPath": "…"},
///   {"name": "NAME", "id": "…", "pluginName": "…", "pluginConfig": {}}]}
/// ```
/// Members that Notation does not have are warned about, and written back as they were.
///
/// ```
/// use plimsoll_host::notation::{KeyEntry, NotationDirectory, SigningKeys};
/// let home = tempfile::tempdir()?;
/// let directory = NotationDirectory::at(home.path());
/// let mut keys = SigningKeys::load(&directory)?.value;
/// keys.add(KeyEntry::files("release".parse()?, "/keys/release.key", "/keys/release.crt"))?;
/// keys.set_default(Some("release"))?;
/// keys.save(&directory)?;
/// assert_eq!(SigningKeys::load(&directory)?.value.find(None)?.name(), "release");
/// assert_eq!(keys.find(Some("nightly")).unwrap_err().to_string(), "expected one of the signing keys `release`, found `nightly`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SigningKeys {
    default: Option<String>,
    keys: Vec<KeyEntry>,
    rest: Names<Value>,
}

impl SigningKeys {
    /// Reads the file.
    ///
    /// # Errors
    /// [`SigningKeysError`]: unreadable, malformed with the place, a name that stands twice, a default that is not listed.
    pub fn load(directory: &NotationDirectory) -> Result<Loaded<Self>, SigningKeysError> {
        let path = directory.signing_keys();
        let Some(file) = json::read::<File>(&path, Values::Plain)? else { return Ok(Loaded::plain(Self::default())) };
        let mut warnings: Vec<_> = file.rest.0.keys().map(|member| Warning::unknown(&path, member)).collect();
        let mut value = Self { default: None, keys: Vec::new(), rest: file.rest };
        for (at, written) in file.keys.unwrap_or_default().into_iter().enumerate() {
            let unknown = written.rest.0.keys().map(|member| Warning::unknown(&path, &format!("keys[{at}].{member}")));
            warnings.extend(unknown);
            value.push(KeyEntry::read(written, at, &path)?, || Some(shown(&path)))?;
        }
        if let Some(default) = file.default.filter(|name| !name.is_empty()) {
            if value.entry(&default).is_none() {
                let (path, default) = (shown(&path), Escaped::new(&default));
                return Err(SigningKeysError::UnknownDefault { path, default });
            }
            value.default = Some(default);
        }
        Ok(Loaded { value, warnings })
    }
    /// Writes the file, for its owner only, whole or not at all.
    ///
    /// # Errors
    /// [`SigningKeysError::File`].
    pub fn save(&self, directory: &NotationDirectory) -> Result<(), SigningKeysError> {
        let written = File {
            default: self.default.clone(),
            keys: Some(self.keys.iter().map(KeyEntry::written).collect()),
            rest: self.rest.clone(),
        };
        // Text, lists and objects of them: nothing in there fails to be written to memory.
        let mut text = serde_json::to_string_pretty(&written).unwrap_or_default();
        text.push('\n');
        create_directory(directory.path())?;
        write_file(&directory.signing_keys(), text.as_bytes(), Permission::Owner, Overwrite::Replace)?;
        Ok(())
    }
    /// The keys, in the order of the file.
    #[must_use]
    pub fn keys(&self) -> &[KeyEntry] {
        &self.keys
    }
    /// The name of the default key.
    #[must_use]
    pub fn default_name(&self) -> Option<&str> {
        self.default.as_deref()
    }
    /// Finds a key by name, or the default key.
    ///
    /// # Errors
    /// [`SigningKeysError::UnknownKey`], or [`SigningKeysError::NoDefault`].
    pub fn find(&self, name: Option<&str>) -> Result<&KeyEntry, SigningKeysError> {
        let name = name.or(self.default.as_deref()).ok_or(SigningKeysError::NoDefault { known: self.names() })?;
        self.entry(name).ok_or_else(|| SigningKeysError::UnknownKey { name: Escaped::new(name), known: self.names() })
    }
    /// Adds a key.
    ///
    /// # Errors
    /// [`SigningKeysError::Duplicate`] for a name that is taken.
    pub fn add(&mut self, key: KeyEntry) -> Result<(), SigningKeysError> {
        self.push(key, || None)
    }
    /// Chooses the default key, or none.
    ///
    /// # Errors
    /// [`SigningKeysError::UnknownKey`].
    pub fn set_default(&mut self, name: Option<&str>) -> Result<(), SigningKeysError> {
        self.default = match name {
            Some(name) => Some(self.find(Some(name))?.name.clone()),
            None => None,
        };
        Ok(())
    }
    /// Takes a key from the list; its files stay. If it was the default, there is none then.
    ///
    /// # Errors
    /// [`SigningKeysError::UnknownKey`].
    pub fn remove(&mut self, name: &str) -> Result<KeyEntry, SigningKeysError> {
        let unknown = SigningKeysError::UnknownKey { name: Escaped::new(name), known: self.names() };
        let at = self.keys.iter().position(|key| key.name == name).ok_or(unknown)?;
        if self.default.as_deref() == Some(name) {
            self.default = None;
        }
        Ok(self.keys.remove(at))
    }

    fn entry(&self, name: &str) -> Option<&KeyEntry> {
        self.keys.iter().find(|key| key.name == name)
    }
    fn push(&mut self, key: KeyEntry, path: impl FnOnce() -> Option<Escaped>) -> Result<(), SigningKeysError> {
        if self.entry(&key.name).is_some() {
            let name = Escaped::new(&key.name);
            return Err(path().map_or(SigningKeysError::Taken { name: name.clone() }, |path| {
                SigningKeysError::Duplicate { path, name }
            }));
        }
        self.keys.push(key);
        Ok(())
    }
    fn names(&self) -> Vec<Escaped> {
        self.keys.iter().map(|key| Escaped::new(&key.name)).collect()
    }
}

/// One key of `signingkeys.json`.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyEntry {
    name: String,
    source: KeySource,
    rest: Names<Value>,
}

impl KeyEntry {
    /// A key in a file, with the file of its certificates, leaf first.
    pub fn files(name: KeyName, key: impl Into<PathBuf>, certificates: impl Into<PathBuf>) -> Self {
        let source = KeySource::Files { key: key.into(), certificates: certificates.into() };
        Self { name: name.as_str().into(), source, rest: Names::default() }
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

    fn read(written: Written, at: usize, path: &Path) -> Result<Self, SigningKeysError> {
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
        Ok(Self { name: written.name, source, rest: written.rest })
    }
    fn written(&self) -> Written {
        let mut written = Written { name: self.name.clone(), rest: self.rest.clone(), ..Written::default() };
        match &self.source {
            KeySource::Files { key, certificates } => {
                written.key_path = Some(key.to_string_lossy().into_owned());
                written.cert_path = Some(certificates.to_string_lossy().into_owned());
            }
            KeySource::Plugin { id, plugin, configuration } => {
                written.id = Some(id.clone());
                written.plugin_name = Some(plugin.clone());
                written.plugin_config = configuration.clone();
            }
        }
        written
    }
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

/// What is wrong with the list of signing keys.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeysError {
    /// The file is unreadable or malformed.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Two keys have one name.
    #[error("`{path}`: expected each key once, found `{name}` twice")]
    Duplicate {
        /// The file.
        path: Escaped,
        /// The name.
        name: Escaped,
    },
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A key is neither in files nor with a plugin, or both.
    #[error("`{path}`: key `{name}`: expected either `keyPath` and `certPath` or `id` and `pluginName`")]
    Incomplete {
        /// The file.
        path: Escaped,
        /// The name.
        name: Escaped,
    },
    /// No default key is set.
    #[error("expected the name of a signing key, as no default key is set{}", choice(.known, ": it is one of "))]
    NoDefault {
        /// The names that are known.
        known: Vec<Escaped>,
    },
    /// A key has no name.
    #[error("`{path}`: keys[{at}].name: expected a name, found an empty text")]
    NoName {
        /// The file.
        path: Escaped,
        /// Its place in the list, from 0.
        at: usize,
    },
    /// The name of a new key is taken.
    #[error("a signing key `{name}` is there already")]
    Taken {
        /// The name.
        name: Escaped,
    },
    /// The default key is not in the list.
    #[error("`{path}`: the default key `{default}` is not in the list of keys")]
    UnknownDefault {
        /// The file.
        path: Escaped,
        /// The name.
        default: Escaped,
    },
    /// No key has that name.
    #[error("expected {}, found `{name}`", one_of(.known))]
    UnknownKey {
        /// The name.
        name: Escaped,
        /// The names that are known.
        known: Vec<Escaped>,
    },
}

fn choice(known: &[Escaped], before: &str) -> String {
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}
fn one_of(known: &[Escaped]) -> String {
    if known.is_empty() {
        "a signing key, of which there is none".into()
    } else {
        choice(known, "one of the signing keys ")
    }
}

impl Classify for SigningKeysError {
    fn code(&self) -> Code {
        match self {
            Self::Document(error) => error.code(),
            Self::File(error) => error.code(),
            Self::Taken { .. } => code::ALREADY_THERE,
            Self::NoDefault { .. } | Self::UnknownKey { .. } => code::UNKNOWN_KEY,
            Self::Duplicate { .. } | Self::Incomplete { .. } | Self::NoName { .. } | Self::UnknownDefault { .. } => {
                code::MALFORMED_SIGNING_KEYS
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct File {
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    keys: Option<Vec<Written>>,
    #[serde(flatten)]
    rest: Names<Value>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Written {
    name: String,
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
    #[serde(flatten)]
    rest: Names<Value>,
}
