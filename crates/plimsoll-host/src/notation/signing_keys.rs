//! `signingkeys.json`.

mod entry;
mod error;

pub use entry::{KeyEntry, KeySource};
pub use error::SigningKeysError;

use super::NotationDirectory;
use crate::{
    Loaded, Warning,
    file::{Overwrite, Permission, create_directory, shown, write_file},
    json::{self, Names, Values},
};
use entry::Written;
use plimsoll_core::Escaped;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `signingkeys.json`: the keys that a user signs with, and which one is the default. An absent file is an empty one.
///
/// ```text
/// {"default": "NAME", "keys": [
///   {"name": "NAME", "keyPath": "…", "certPath": "…"},
///   {"name": "NAME", "id": "…", "pluginName": "…", "pluginConfig": {}}]}
/// ```
/// A key in files may have a member `passphraseFile` beside Notation's: the file that holds its passphrase, which is read where nobody
/// gives another. Other members that Notation does not have are warned about, and written back as they were.
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
    /// Reads, changes and writes the file, while no other Plimsoll does. Where the change fails, nothing is written.
    ///
    /// # Errors
    /// What reading, the change and writing have.
    pub fn update<T, E: From<SigningKeysError>>(
        directory: &NotationDirectory,
        change: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Loaded<T>, E> {
        create_directory(directory.path()).map_err(SigningKeysError::from)?;
        let _alone = directory.alone().map_err(SigningKeysError::from)?;
        let Loaded { value: mut keys, warnings } = Self::load(directory)?;
        let value = change(&mut keys)?;
        keys.save(directory)?;
        Ok(Loaded { value, warnings })
    }
    /// Writes the file, for its owner only, whole or not at all.
    ///
    /// # Errors
    /// [`SigningKeysError::File`], or [`SigningKeysError::PathNotText`].
    pub fn save(&self, directory: &NotationDirectory) -> Result<(), SigningKeysError> {
        let written = File {
            default: self.default.clone(),
            keys: Some(self.keys.iter().map(KeyEntry::written).collect::<Result<_, _>>()?),
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
    /// Puts a key in the place of the one of its name, and returns that.
    ///
    /// # Errors
    /// [`SigningKeysError::UnknownKey`].
    pub fn replace(&mut self, key: KeyEntry) -> Result<KeyEntry, SigningKeysError> {
        let known = self.names();
        let before = self.keys.iter_mut().find(|before| before.name() == key.name());
        match before {
            Some(before) => Ok(std::mem::replace(before, key)),
            None => Err(SigningKeysError::UnknownKey { name: Escaped::new(key.name()), known }),
        }
    }
    /// Chooses the default key, or none.
    ///
    /// # Errors
    /// [`SigningKeysError::UnknownKey`].
    pub fn set_default(&mut self, name: Option<&str>) -> Result<(), SigningKeysError> {
        self.default = match name {
            Some(name) => Some(self.find(Some(name))?.name().to_owned()),
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
        let at = self.keys.iter().position(|key| key.name() == name).ok_or(unknown)?;
        if self.default.as_deref() == Some(name) {
            self.default = None;
        }
        Ok(self.keys.remove(at))
    }

    fn entry(&self, name: &str) -> Option<&KeyEntry> {
        self.keys.iter().find(|key| key.name() == name)
    }
    fn push(&mut self, key: KeyEntry, path: impl FnOnce() -> Option<Escaped>) -> Result<(), SigningKeysError> {
        if self.entry(key.name()).is_some() {
            let name = Escaped::new(key.name());
            return Err(path().map_or(SigningKeysError::Taken { name: name.clone() }, |path| {
                SigningKeysError::Duplicate { path, name }
            }));
        }
        self.keys.push(key);
        Ok(())
    }
    fn names(&self) -> Vec<Escaped> {
        self.keys.iter().map(|key| Escaped::new(key.name())).collect()
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
