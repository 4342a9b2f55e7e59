//! `config.json`.

use super::NotationDirectory;
use crate::{
    DocumentError, Loaded, Warning,
    docker::Helpers,
    json::{self, Names, Values},
};
use plimsoll_notary::Format;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use std::fmt;

/// `config.json`: how Notation reaches registries and signs. An absent file is an empty one.
///
/// ```text
/// {"insecureRegistries": [], "credsStore": "", "credHelpers": {}, "signatureFormat": "jws"}
/// ```
/// Members that Notation does not have are ignored, as Notation does, and warned about.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct NotationConfig {
    /// Registries that are spoken to in plain HTTP, `HOST[:PORT]`.
    pub insecure_registries: Vec<String>,
    /// The envelope format of new signatures; Notation's own default is JWS.
    pub signature_format: Format,
    /// The programs that keep credentials.
    pub helpers: Helpers,
}

impl NotationConfig {
    /// Reads the file.
    ///
    /// # Errors
    /// [`DocumentError`]: unreadable, or malformed, with the place.
    pub fn load(directory: &NotationDirectory) -> Result<Loaded<Self>, DocumentError> {
        let path = directory.config();
        let Some(file) = json::read::<File>(&path, Values::Plain)? else { return Ok(Loaded::plain(Self::default())) };
        let warnings = file.rest.0.keys().map(|member| Warning::unknown(&path, member)).collect();
        let value = Self {
            insecure_registries: file.insecure_registries.unwrap_or_default(),
            signature_format: file.signature_format,
            helpers: Helpers::new(file.creds_store, file.cred_helpers.0),
        };
        Ok(Loaded { value, warnings })
    }
    /// Says whether a registry is listed as one to speak plain HTTP to, port included.
    #[must_use]
    pub fn is_insecure(&self, registry: &str) -> bool {
        self.insecure_registries.iter().any(|listed| listed == registry)
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "insecureRegistries")]
    insecure_registries: Option<Vec<String>>,
    #[serde(rename = "signatureFormat", default, deserialize_with = "format")]
    signature_format: Format,
    #[serde(rename = "credsStore")]
    creds_store: Option<String>,
    #[serde(rename = "credHelpers", default)]
    cred_helpers: Names<String>,
    #[serde(flatten)]
    rest: Names<Value>,
}

fn format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
    struct Word;
    impl de::Visitor<'_> for Word {
        type Value = Format;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("`jws` or `cose`")
        }
        fn visit_unit<E: de::Error>(self) -> Result<Format, E> {
            Ok(Format::default())
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Format, E> {
            if text.is_empty() { Ok(Format::default()) } else { text.parse().map_err(E::custom) }
        }
    }
    // An error inside a visitor gets the place of the value, one after it that of what follows.
    deserializer.deserialize_any(Word)
}
