//! Manifests that attach attestations and SBOMs.

use crate::{code, statement::STATEMENT_TYPE};
use plimsoll_core::{Blob, Classify, Code, Digest, LimitExceeded};
use plimsoll_oci::{ContentDescriptor, Manifest, ManifestError};
use plimsoll_sbom::Format;

/// The media type of a DSSE envelope in a layer, as cosign writes it.
pub const DSSE_TYPE: &str = "application/vnd.dsse.envelope.v1+json";
/// The annotation with the predicate type, as BuildKit writes it. It is a claim.
pub const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";

/// What a manifest attaches, as its artifact type says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// in-toto statements, in DSSE or bare.
    Attestation,
    /// A Sigstore bundle, which is not read yet.
    Bundle,
    /// An SBOM by itself.
    Sbom(Format),
}

impl Kind {
    /// `None` for what is neither an attestation nor an SBOM.
    pub(crate) fn of(artifact_type: &str) -> Option<Self> {
        match artifact_type {
            STATEMENT_TYPE | DSSE_TYPE | "application/vnd.docker.attestation.manifest.v1+json" => {
                Some(Self::Attestation)
            }
            bundle if bundle.starts_with("application/vnd.dev.sigstore.bundle") => Some(Self::Bundle),
            other => [Format::CycloneDx, Format::Spdx].into_iter().find(|f| f.media_type() == other).map(Self::Sbom),
        }
    }
}

/// What a layer of an attestation holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wrapping {
    /// A statement as it is: only a signature on the manifest can vouch for it.
    Bare,
    /// A statement in DSSE.
    Dsse,
}

/// A manifest that attaches something to the subject, as it says itself.
pub(crate) struct Attached {
    pub(crate) kind: Kind,
    pub(crate) claimed_predicate_type: Option<Box<str>>,
    layers: Vec<ContentDescriptor>,
}

impl Attached {
    /// Reads a referrer. `None` for one that attaches something else.
    pub(crate) fn read(blob: &Blob, subject: &Digest) -> Result<Option<Self>, AttachedError> {
        let manifest = Manifest::parse(blob)?;
        let Some(kind) = manifest.artifact_type().and_then(Kind::of) else { return Ok(None) };
        // The list of referrers is a claim; the manifest's own subject is what it refers to.
        if !manifest.refers_to(subject) {
            let found = manifest.subject().map(|subject| subject.digest);
            return Err(AttachedError::Subject { expected: *subject, found });
        }
        let claimed_predicate_type = manifest.annotations().get(PREDICATE_TYPE).map(|text| text.as_str().into());
        match manifest {
            Manifest::Image(image) => Ok(Some(Self { kind, claimed_predicate_type, layers: image.layers })),
            Manifest::Index(_) => Err(AttachedError::Index),
        }
    }
    /// The layers with statements.
    pub(crate) fn statements(&self) -> Result<Vec<(Wrapping, &ContentDescriptor)>, AttachedError> {
        let wrapping = |layer: &ContentDescriptor| match &*layer.descriptor.media_type {
            DSSE_TYPE => Some(Wrapping::Dsse),
            STATEMENT_TYPE => Some(Wrapping::Bare),
            _ => None,
        };
        let found: Vec<_> = self.layers.iter().filter_map(|layer| Some((wrapping(layer)?, layer))).collect();
        if found.is_empty() { Err(AttachedError::NoStatement) } else { Ok(found) }
    }
    /// The one layer of an SBOM.
    pub(crate) fn document(&self) -> Result<&ContentDescriptor, AttachedError> {
        match self.layers.as_slice() {
            [layer] => Ok(layer),
            layers => Err(AttachedError::Layers { found: layers.len() }),
        }
    }
}

/// Why a manifest does not attach what it says.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum AttachedError {
    #[error("expected a manifest with layers, found an index")]
    Index,
    #[error("expected one layer with the SBOM, found {found}")]
    Layers { found: usize },
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("expected a layer with a statement, in DSSE or bare, found none")]
    NoStatement,
    #[error("expected a manifest that refers to {expected}, found one that refers to {}", words(found.as_ref()))]
    Subject { expected: Digest, found: Option<Digest> },
}

fn words(digest: Option<&Digest>) -> String {
    digest.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

impl Classify for AttachedError {
    fn code(&self) -> Code {
        match self {
            Self::Index | Self::Layers { .. } | Self::NoStatement => code::MALFORMED_ATTESTATION,
            Self::Limit(limit) => limit.code(),
            Self::Manifest(error) => error.code(),
            Self::Subject { .. } => code::ATTESTATION_SUBJECT_MISMATCH,
        }
    }
}
