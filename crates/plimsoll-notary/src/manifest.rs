//! Signature manifests: how a signature lies in a registry.

use crate::{Format, Suite, code};
use alloc::{
    borrow::ToOwned,
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Blob, Classify, Code, Descriptor, Digest, Escaped, LimitExceeded, UnixTime};
use plimsoll_oci::{ImageManifest, Manifest, ManifestError, annotation, media_type};

/// The artifact type of a signature manifest; in the legacy shape, the media type of its config.
pub const SIGNATURE_TYPE: &str = "application/vnd.cncf.notary.signature";
/// The annotation with the SHA-256 of each certificate of the chain, as JSON text. Nothing is decided by it.
pub const THUMBPRINTS: &str = "io.cncf.notary.x509chain.thumbprint#S256";

/// A signature manifest, read strictly: which blob is the envelope.
///
/// Both shapes of [signature-specification.md, Storage][spec] are read: an image manifest with this `artifactType`, and the legacy
/// one whose config has that media type. What its annotations say is not even looked at.
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#storage
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SignatureManifest {
    /// The blob that holds the envelope.
    pub envelope: Descriptor,
    /// Its format, by its media type.
    pub format: Format,
    /// Whose names it bears.
    pub suite: Suite,
}

impl SignatureManifest {
    /// Reads a manifest that a list says is a signature of `subject`.
    ///
    /// # Errors
    /// [`SignatureManifestError`]: broken, about another subject, of another artifact type, or without exactly one layer that is
    /// an envelope of at most 32 MiB.
    pub fn read(blob: &Blob, subject: &Digest) -> Result<Self, SignatureManifestError> {
        let manifest = Manifest::parse(blob)?;
        // A list can name manifests that say they are about something else (CVE-2023-33959).
        let found = manifest.subject().map(|subject| subject.digest);
        if found != Some(*subject) {
            return Err(SignatureManifestError::Subject { expected: *subject, found });
        }
        let artifact_type = manifest.artifact_type();
        let suites = [Suite::Notary, Suite::MlDsa];
        let Some(suite) = suites.into_iter().find(|suite| artifact_type == Some(suite.signature_type())) else {
            let found = Escaped::new(artifact_type.unwrap_or("none"));
            return Err(SignatureManifestError::ArtifactType { found });
        };
        let Manifest::Image(image) = manifest else { return Err(SignatureManifestError::Layers { found: 0 }) };
        let [layer] = image.layers.as_slice() else {
            return Err(SignatureManifestError::Layers { found: image.layers.len() });
        };
        let envelope = layer.descriptor.clone();
        // Each suite has envelopes of its own.
        let (_, format) = Suite::of_media_type(&envelope.media_type)
            .filter(|(found, _)| *found == suite)
            .ok_or_else(|| SignatureManifestError::EnvelopeType { found: Escaped::new(&envelope.media_type) })?;
        LimitExceeded::check("bytes of a signature envelope", LARGEST_ENVELOPE, envelope.size)?;
        Ok(Self { envelope, format, suite })
    }
    /// Writes the manifest of an envelope: the shape of specification 1.1, config with `data`, as notation 2 writes it.
    pub(crate) fn write(
        envelope: &Blob,
        subject: &Descriptor,
        chain: impl IntoIterator<Item = Digest>,
        signing_time: UnixTime,
        annotations: &BTreeMap<String, String>,
    ) -> Blob {
        let thumbprints: Vec<_> = chain.into_iter().map(|digest| digest.encoded()).collect();
        // A plugin's annotations first, so that those of the specification stand.
        let more = |manifest: ImageManifest, (key, value): (&String, &String)| manifest.annotate(key, value);
        let suite = Suite::of_media_type(&envelope.descriptor().media_type).map_or(Suite::Notary, |(suite, _)| suite);
        let manifest = ImageManifest::artifact(suite.signature_type());
        let manifest = annotations.iter().fold(manifest, more);
        manifest
            .layer(envelope.descriptor().clone())
            .about(subject.clone())
            .annotate(THUMBPRINTS, serde_json::json!(thumbprints).to_string())
            .annotate(annotation::CREATED, signing_time.to_string())
            .to_blob()
    }
    /// The config blob of what [`crate::sign`] writes. It must be pushed along.
    #[must_use]
    pub fn empty_config() -> Blob {
        media_type::empty_blob()
    }
}

/// Why a manifest is not a signature of this subject.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureManifestError {
    /// It is another kind of artifact.
    #[error("expected a manifest of artifact type {SIGNATURE_TYPE}, found `{found}`")]
    ArtifactType {
        /// Its own artifact type.
        found: Escaped,
    },
    /// Its layer is no envelope.
    #[error("expected a layer of type application/jose+json or application/cose, found `{found}`")]
    EnvelopeType {
        /// The media type of the layer.
        found: Escaped,
    },
    /// It has none or several layers.
    #[error("expected a signature manifest with one layer, found {found}")]
    Layers {
        /// How many.
        found: usize,
    },
    /// The envelope is too large.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// It is not a manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// It is about something else.
    #[error("expected a manifest with the subject {expected}, found {}", found.map_or_else(|| "none".to_owned(), |found| found.to_string()))]
    Subject {
        /// The digest whose signatures were asked for.
        expected: Digest,
        /// The digest of its subject.
        found: Option<Digest>,
    },
}

impl Classify for SignatureManifestError {
    fn code(&self) -> Code {
        match self {
            Self::Subject { .. } => code::SUBJECT_MISMATCH,
            Self::Limit(limit) => limit.code(),
            Self::Manifest(error) => error.code(),
            Self::ArtifactType { .. } | Self::EnvelopeType { .. } | Self::Layers { .. } => {
                code::MALFORMED_SIGNATURE_MANIFEST
            }
        }
    }
}

/// As notation-go reads (registry/repository.go).
const LARGEST_ENVELOPE: u64 = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};
    use plimsoll_oci::ContentDescriptor;

    fn subject() -> Descriptor {
        Descriptor::of(media_type::IMAGE_MANIFEST, b"{}")
    }

    fn envelope() -> Blob {
        Blob::of("application/cose", "envelope")
    }

    fn error(manifest: &ImageManifest) -> String {
        SignatureManifest::read(&manifest.to_blob(), &subject().digest).unwrap_err().to_string()
    }

    fn good() -> ImageManifest {
        ImageManifest::artifact(SIGNATURE_TYPE).layer(envelope().descriptor().clone()).about(subject())
    }

    // spec: NP-129, NP-130, NP-134, NP-135, NP-136
    #[test]
    fn both_shapes_are_read() {
        let written = SignatureManifest::write(&envelope(), &subject(), [], UnixTime::MIN, &BTreeMap::new());
        let expected =
            SignatureManifest { envelope: envelope().descriptor().clone(), format: Format::Cose, suite: Suite::Notary };
        assert_eq!(SignatureManifest::read(&written, &subject().digest), Ok(expected.clone()));
        let config = Descriptor::of(SIGNATURE_TYPE, b"{}");
        let legacy = ImageManifest::new(config).layer(envelope().descriptor().clone()).about(subject());
        assert_eq!(SignatureManifest::read(&legacy.to_blob(), &subject().digest), Ok(expected));
    }

    // spec: NP-131, NP-133, NP-137, NP-138, NP-140, NP-142, NP-144, NP-146
    #[test]
    fn what_is_written_is_what_notation_writes() {
        let chain = [Digest::sha256_of(b"leaf"), Digest::sha256_of(b"root")];
        let written = SignatureManifest::write(
            &envelope(),
            &subject(),
            chain,
            UnixTime::from_secs(1_700_000_000).unwrap(),
            &BTreeMap::new(),
        );
        let json: serde_json::Value = serde_json::from_slice(written.bytes()).unwrap();
        assert_eq!(json["artifactType"], SIGNATURE_TYPE);
        assert_eq!(json["config"]["data"], "e30=");
        assert_eq!(json["config"]["mediaType"], "application/vnd.oci.empty.v1+json");
        assert_eq!(json["annotations"]["org.opencontainers.image.created"], "2023-11-14T22:13:20Z");
        let thumbprints: Vec<String> =
            serde_json::from_str(json["annotations"][THUMBPRINTS].as_str().unwrap()).unwrap();
        assert_eq!(thumbprints, chain.map(|digest| digest.encoded()));
    }

    // attack: A-230
    // spec: NP-139
    #[test]
    fn a_signature_manifest_has_one_layer_of_bounded_size() {
        let mut none = good();
        none.layers.clear();
        assert_eq!(error(&none), "expected a signature manifest with one layer, found 0");
        let two = good().layer(envelope().descriptor().clone());
        assert_eq!(error(&two), "expected a signature manifest with one layer, found 2");
        let layer = |media_type: &str, size: u64| {
            let mut manifest = good();
            manifest.layers = vec![ContentDescriptor::new(Descriptor::new(media_type, Digest::sha256_of(b""), size))];
            manifest
        };
        assert_eq!(
            error(&layer("text/plain", 1)),
            "expected a layer of type application/jose+json or application/cose, found `text/plain`"
        );
        assert_eq!(
            error(&layer("application/cose", (32 << 20) + 1)),
            "more than 33554432 bytes of a signature envelope"
        );
        assert!(SignatureManifest::read(&layer("application/cose", 32 << 20).to_blob(), &subject().digest).is_ok());
    }

    // attack: A-045
    // spec: NP-141
    #[test]
    fn a_manifest_about_something_else_is_no_signature_of_this() {
        let other = Descriptor::of("text/plain", b"other");
        assert_eq!(
            error(&good().about(other.clone())),
            format!("expected a manifest with the subject {}, found {}", subject().digest, other.digest)
        );
        let mut none = good();
        none.subject = None;
        assert_eq!(error(&none), format!("expected a manifest with the subject {}, found none", subject().digest));
    }

    // attack: A-046
    // attack: A-047
    #[test]
    fn the_manifests_own_type_counts() {
        let mut other = good();
        other.artifact_type = Some("application/spdx+json".into());
        assert_eq!(
            error(&other),
            "expected a manifest of artifact type application/vnd.cncf.notary.signature, found `application/spdx+json`"
        );
        other.artifact_type = None;
        assert!(error(&other).ends_with("found `application/vnd.oci.empty.v1+json`"));
    }
}
