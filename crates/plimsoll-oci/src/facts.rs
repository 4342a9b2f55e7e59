//! What an image says of itself, as facts.

use crate::{Annotations, ConfigError, ImageConfig, ImageManifest, Manifest, Platform, code, media_type};
use alloc::{boxed::Box, format};
use plimsoll_core::{
    Backing, Blob, Completeness, Context, Digest, Fact, Facts, Failure, Gather, Missing, Outcome, Record, Row, Schema,
    Subject, Type, Value, VerifierId,
};

/// Gathers [`ImageFact`]s: one for each image manifest, read from the manifest and its configuration.
///
/// The configuration is fetched and checked, so a changed one is found out here. Of an index there is none. Layers
/// are counted, not fetched.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct ImageFacts;

/// The kind of fact `image`: what a manifest and its configuration say. Computed from checked bytes, signed by nobody: a rule
/// that reads it says so.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImageFact {
    /// The platform; none of an artifact that is no image.
    pub platform: Option<Platform>,
    /// The type of the manifest.
    pub media_type: Box<str>,
    /// The number of layers.
    pub layers: usize,
    /// The digest of the configuration.
    pub config: Digest,
    /// The labels of the configuration.
    pub labels: Annotations,
    /// The annotations of the manifest.
    pub annotations: Annotations,
}

const KIND: &str = "image";

impl Fact for ImageFact {
    const SCHEMA: &'static Schema = &Schema {
        kind: KIND,
        version: 1,
        inherited: false,
        fields: &[
            ("os", Type::Text, "the operating system that it runs on"),
            ("architecture", Type::Text, "the architecture that it runs on"),
            ("variant", Type::Text, "the variant of the architecture"),
            ("media_type", Type::Text, "the media type of the manifest"),
            ("layers", Type::Int, "the number of layers"),
            ("config", Type::Digest, "the digest of the configuration"),
            ("labels", Type::Map, "the labels of the configuration"),
            ("annotations", Type::Map, "the annotations of the manifest"),
        ],
    };
}

impl Record for ImageFact {
    fn schema(&self) -> &'static Schema {
        Self::SCHEMA
    }
    fn field(&self, name: &str) -> Value<'_> {
        let platform = self.platform.as_ref();
        match name {
            "os" => Value::from(platform.map(|platform| platform.os.as_str())),
            "architecture" => Value::from(platform.map(|platform| platform.architecture.as_str())),
            "variant" => Value::from(platform.and_then(|platform| platform.variant.as_deref())),
            "media_type" => Value::from(&*self.media_type),
            "layers" => Value::Int(i64::try_from(self.layers).unwrap_or(i64::MAX)),
            "config" => Value::Digest(self.config),
            "labels" => Value::Map(&self.labels),
            "annotations" => Value::Map(&self.annotations),
            _ => Value::Absent,
        }
    }
}

impl Gather for ImageFacts {
    fn id(&self) -> VerifierId {
        VerifierId("oci")
    }
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) {
        let digest = subject.descriptor.digest;
        let how = match read(subject, cx) {
            Ok(None) => Completeness::Complete,
            Ok(Some(fact)) => {
                let how = for_its_platform(subject, &fact);
                let evidence = [digest, fact.config];
                let row = Row::new(digest, fact).backed(Backing::Computed("oci")).on(evidence);
                facts.record(row.with_outcome(match &how {
                    Completeness::Complete => Outcome::Held,
                    Completeness::Partial(code, message) => Outcome::Failed(*code, message.clone()),
                }));
                how
            }
            Err(Missing::Pending) => return,
            Err(Missing::Absent) => Completeness::Partial(
                plimsoll_core::code::NOT_FOUND,
                "the manifest or the configuration of the image is not there".into(),
            ),
            Err(Missing::Failed(failure)) => Completeness::Partial(failure.code, failure.message),
        };
        facts.close(digest, KIND, how);
    }
}

/// Reads the fact; `None` of an index.
fn read(subject: &Subject, cx: &mut Context<'_>) -> Result<Option<ImageFact>, Missing> {
    let blob = cx.manifest(subject.repository(), &subject.descriptor)?;
    let Manifest::Image(manifest) = Manifest::parse(&blob).map_err(|error| Failure::of(&error))? else {
        return Ok(None);
    };
    let config = &manifest.config.descriptor;
    let config = if media_type::is_image_config(&config.media_type) {
        let blob = cx.blob(subject.repository(), config)?;
        Some(configuration(&blob, &manifest).map_err(|error| Failure::of(&error))?)
    } else {
        None
    };
    let (platform, labels) =
        config.map_or((None, Annotations::new()), |config| (Some(config.platform.normal()), config.config.labels));
    Ok(Some(ImageFact {
        platform,
        media_type: manifest.media_type,
        layers: manifest.layers.len(),
        config: manifest.config.descriptor.digest,
        labels,
        annotations: manifest.annotations,
    }))
}

fn configuration(blob: &Blob, manifest: &ImageManifest) -> Result<ImageConfig, ConfigError> {
    let config = ImageConfig::parse(blob)?;
    config.fits(manifest)?;
    Ok(config)
}

/// An image that an index lists for a platform must be made for it.
fn for_its_platform(subject: &Subject, fact: &ImageFact) -> Completeness {
    let (Some(listed), Some(found)) = (&subject.platform, &fact.platform) else { return Completeness::Complete };
    if listed.parse::<Platform>().is_ok_and(|listed| listed.matches(&Platform { os_version: None, ..found.clone() })) {
        return Completeness::Complete;
    }
    let message = format!(
        "expected an image for {}, as the index says, found one for {found}",
        plimsoll_core::Escaped::new(listed)
    );
    Completeness::Partial(code::PLATFORM_MISMATCH, message.into())
}
