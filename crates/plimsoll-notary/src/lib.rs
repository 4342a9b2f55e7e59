#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod answers;
mod artifact;
mod attributes;
pub mod code;
mod envelope;
mod fact;
mod format;
mod gather;
mod inspect;
mod json;
mod manifest;
mod payload;
pub mod plugin;
pub mod policy;
mod sign;
mod suite;
mod trust;
mod verify;

pub use answers::Answers;
pub use artifact::{
    Artifact, ArtifactDigest, BLOB_MEDIA_TYPE, BlobArtifact, BlobHasher, blob_digest_algorithm, blob_signature_format,
    blob_signature_name,
};
pub use attributes::{AttributeError, Criticality, ExtendedAttribute, SignedAttributes, SigningScheme};
pub use envelope::{CheckedEnvelope, Envelope, EnvelopeLayerError};
pub use fact::{CheckRow, SignatureFact};
pub use format::{Format, FormatError};
pub use gather::{GatherLimits, NotarySignatures, VERIFIER};
pub use inspect::{
    InspectedArtifact, InspectedAttributes, InspectedCertificate, InspectedTimestamp, Inspection, inspect,
};
pub use manifest::{SIGNATURE_TYPE, SignatureManifest, SignatureManifestError, THUMBPRINTS};
pub use payload::{PAYLOAD_TYPE, PayloadError, TargetArtifact};
pub use plimsoll_envelope::HashFunction;
pub use sign::{
    AttachedSignature, EnvelopeDraft, NotarySignature, SignOptions, SignatureDraft, SigningError, SigningRequest, sign,
    sign_artifact,
};
pub use suite::Suite;
pub use trust::{TrustContext, TrustStores};
pub use verify::{
    CertificateStatusReport, CheckOutcome, CheckReport, CheckResult, Countersigner, CountersignerReport, FoundAnchor,
    SignatureClaims, SignatureReport, SignatureTimestamp, SignatureWarning, TimestampReport, Verification,
    VerificationError, VerificationReport, VerifiedSignature, Verifier, verify_signature,
};
