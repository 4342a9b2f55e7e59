//! The payload: which artifact a signature is about.

use crate::{Artifact, ArtifactDigest, BLOB_MEDIA_TYPE, BlobArtifact, code};
use alloc::{
    borrow::{Cow, ToOwned},
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use plimsoll_core::{Classify, Code, Descriptor, Escaped, LimitExceeded};
use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The media type of the payload: what `cty` (JWS) and label 3 (COSE) must say.
pub const PAYLOAD_TYPE: &str = "application/vnd.cncf.notary.payload.v1+json";

/// `targetArtifact` of the payload, borrowed from the bytes that were verified.
///
/// ```json
/// {"targetArtifact": {"mediaType": "…", "digest": "sha256:…", "size": 402, "annotations": {"key": "value"}}}
/// ```
/// [signature-specification.md, Payload][spec]. Media type, digest and size are required; annotations are the user metadata;
/// other members are ignored, as Notation does, but no member may stand twice.
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#payload
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetArtifact<'a> {
    media_type: Cow<'a, str>,
    digest: ArtifactDigest,
    size: u64,
    annotations: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> TargetArtifact<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`PayloadError`].
    pub fn parse(payload: &'a [u8]) -> Result<Self, PayloadError> {
        // `from_str` borrows text; `from_slice` checks UTF-8 once for each string.
        let text = core::str::from_utf8(payload)
            .map_err(|_| PayloadError::Malformed { why: Escaped::new("the payload is not UTF-8") })?;
        let Payload(target) = serde_json::from_str(text)
            .map_err(|error| PayloadError::Malformed { why: Escaped::new(&error.to_string()) })?;
        LimitExceeded::check(
            "entries of user metadata",
            MOST_METADATA,
            target.annotations.len().try_into().unwrap_or(u64::MAX),
        )?;
        Ok(target)
    }
    /// The media type of the artifact.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }
    /// The digest of the artifact.
    #[must_use]
    pub fn digest(&self) -> ArtifactDigest {
        self.digest
    }
    /// The size of the artifact in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
    /// The user metadata, in the order in which it was written.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.annotations.iter().map(|(key, value)| (&**key, &**value))
    }
    /// The value of one entry of the user metadata.
    #[must_use]
    pub fn metadata_value(&self, key: &str) -> Option<&str> {
        self.metadata().find(|(found, _)| *found == key).map(|(_, value)| value)
    }
    /// Says whether the signature is about `expected`: all three properties count.
    ///
    /// # Errors
    /// [`PayloadError::Target`] with the property that differs.
    pub fn check_is(&self, expected: &Descriptor) -> Result<(), PayloadError> {
        self.check(expected.digest.into(), expected.size, Some(&expected.media_type))
    }
    /// Says whether the signature is about this blob: digest and size count, and the media type if it has one.
    ///
    /// # Errors
    /// [`PayloadError::Target`] with the property that differs.
    pub fn check_is_blob(&self, expected: &BlobArtifact) -> Result<(), PayloadError> {
        self.check(expected.digest, expected.size, expected.media_type.as_deref())
    }
    fn check(&self, digest: ArtifactDigest, size: u64, media_type: Option<&str>) -> Result<(), PayloadError> {
        let differs = |field, expected: String, found: String| PayloadError::Target {
            field,
            expected: Escaped::new(&expected),
            found: Escaped::new(&found),
        };
        if self.digest != digest {
            return Err(differs("digest", digest.to_string(), self.digest.to_string()));
        }
        if self.size != size {
            return Err(differs("size", size.to_string(), self.size.to_string()));
        }
        match media_type {
            Some(expected) if *self.media_type != *expected => {
                Err(differs("media type", expected.to_string(), self.media_type.to_string()))
            }
            _ => Ok(()),
        }
    }
    /// Says whether every entry of `required` stands in the user metadata.
    ///
    /// # Errors
    /// [`PayloadError::Metadata`] with the first entry that is missing or differs.
    pub fn check_metadata<'m>(
        &self,
        required: impl IntoIterator<Item = (&'m str, &'m str)>,
    ) -> Result<(), PayloadError> {
        for (key, expected) in required {
            let found = self.metadata_value(key);
            if found != Some(expected) {
                return Err(PayloadError::Metadata {
                    key: Escaped::new(key),
                    expected: Escaped::new(expected),
                    found: found.map(Escaped::new),
                });
            }
        }
        Ok(())
    }
}

/// What is wrong with a payload, or with what it is about.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Too many entries.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// It does not have the form.
    #[error("the signed payload is not one of {PAYLOAD_TYPE}: {why}")]
    Malformed {
        /// What is wrong, with the place.
        why: Escaped,
    },
    /// Required user metadata is not there.
    #[error("expected the signed metadata `{key}` to be `{expected}`, found {}", found.as_ref().map_or_else(|| "none".to_owned(), |found| format!("`{found}`")))]
    Metadata {
        /// The key.
        key: Escaped,
        /// The value that is required.
        expected: Escaped,
        /// The value that was signed.
        found: Option<Escaped>,
    },
    /// It is about another artifact.
    #[error("expected a signature on the {field} {expected}, found one on {found}")]
    Target {
        /// The property that differs.
        field: &'static str,
        /// Its value in the artifact that is verified.
        expected: Escaped,
        /// Its value in the payload.
        found: Escaped,
    },
}

impl Classify for PayloadError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            Self::Malformed { .. } => code::MALFORMED_PAYLOAD,
            Self::Metadata { .. } => code::SIGNED_METADATA_MISMATCH,
            Self::Target { .. } => code::TARGET_MISMATCH,
        }
    }
}

/// Writes a payload as notation-go does: media type, digest, size, annotations.
#[must_use]
pub(crate) fn write<'a>(target: Artifact<'_>, metadata: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let (media_type, digest, size) = match target {
        Artifact::Blob(blob) => (blob.media_type.as_deref().unwrap_or(BLOB_MEDIA_TYPE), blob.digest, blob.size),
        Artifact::Manifest(manifest) => (&*manifest.media_type, manifest.digest.into(), manifest.size),
    };
    let target_artifact =
        WrittenTarget { media_type, digest: digest.to_string(), size, annotations: metadata.into_iter().collect() };
    // Neither a map with keys other than text nor a failing `Serialize` is in there.
    serde_json::to_vec(&Written { target_artifact }).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    target_artifact: WrittenTarget<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenTarget<'a> {
    media_type: &'a str,
    digest: String,
    size: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, &'a str>,
}

struct Payload<'a>(TargetArtifact<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Payload<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadVisitor)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the member `targetArtifact`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut target = None;
        let mut others = Others::default();
        while let Some(Text(name)) = access.next_key()? {
            match &*name {
                "targetArtifact" => set(&mut target, "targetArtifact", access.next_value()?)?,
                _ => others.ignore(name, &mut access)?,
            }
        }
        target.map(Payload).ok_or_else(|| de::Error::missing_field("targetArtifact"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for TargetArtifact<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = TargetArtifact<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a descriptor")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let (mut media_type, mut digest, mut size, mut annotations) = (None, None, None, None);
        let mut others = Others::default();
        while let Some(Text(name)) = access.next_key()? {
            match &*name {
                "mediaType" => set(&mut media_type, "mediaType", access.next_value::<Text<'de>>()?.0)?,
                "digest" => {
                    let text = access.next_value::<Text<'de>>()?;
                    set(&mut digest, "digest", text.0.parse().map_err(de::Error::custom)?)?;
                }
                "size" => set(&mut size, "size", access.next_value()?)?,
                "annotations" => {
                    let value: Option<Metadata<'de>> = access.next_value()?;
                    set(&mut annotations, "annotations", value.unwrap_or_default().0)?;
                }
                _ => others.ignore(name, &mut access)?,
            }
        }
        // A size is an integer of 0 to 2^63 - 1 (image-spec, descriptor.md).
        let size: u64 = size.ok_or_else(|| de::Error::missing_field("size"))?;
        if i64::try_from(size).is_err() {
            return Err(de::Error::custom("expected a size of at most 2^63 - 1"));
        }
        Ok(TargetArtifact {
            media_type: media_type.ok_or_else(|| de::Error::missing_field("mediaType"))?,
            digest: digest.ok_or_else(|| de::Error::missing_field("digest"))?,
            size,
            annotations: annotations.unwrap_or_default(),
        })
    }
}

/// Text by text key; no key twice.
#[derive(Default)]
struct Metadata<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Metadata<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetadataVisitor)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Metadata<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let mut others = Others::default();
        while let Some((Text(key), Text(value))) = access.next_entry()? {
            others.once(key.clone())?;
            entries.push((key, value));
        }
        Ok(Metadata(entries))
    }
}

/// Text that borrows where no escape stands in it. A `Cow` alone does not: serde makes it owned.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The names of members that are not known. Nothing is allocated as long as there is none.
#[derive(Default)]
struct Others<'a>(BTreeSet<Cow<'a, str>>);

impl<'a> Others<'a> {
    fn once<E: de::Error>(&mut self, name: Cow<'a, str>) -> Result<(), E> {
        match self.0.replace(name) {
            None => Ok(()),
            Some(name) => Err(twice(&name)),
        }
    }
    fn ignore<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, access: &mut A) -> Result<(), A::Error> {
        access.next_value::<IgnoredAny>()?;
        self.once(name)
    }
}

fn set<T, E: de::Error>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), E> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(name)),
    }
}

fn twice<E: de::Error>(name: &str) -> E {
    E::custom(format_args!("the member `{}` stands twice", Escaped::new(name)))
}

/// More is no metadata that people write; each entry costs an entry of a map in every fact.
pub(crate) const MOST_METADATA: u64 = 1024;

#[cfg(test)]
mod tests;
