#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

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
mod trust;
mod verify;

pub use attributes::{AttributeError, Criticality, ExtendedAttribute, SignedAttributes, SigningScheme};
pub use envelope::{CheckedEnvelope, Envelope, EnvelopeLayerError};
pub use fact::{CheckRow, SignatureFact};
pub use format::{Format, FormatError};
pub use gather::{GatherLimits, NotarySignatures, VERIFIER};
pub use inspect::{InspectedAttributes, InspectedCertificate, Inspection, inspect};
pub use manifest::{SIGNATURE_TYPE, SignatureManifest, SignatureManifestError, THUMBPRINTS};
pub use payload::{PAYLOAD_TYPE, PayloadError, TargetArtifact};
pub use sign::{NotarySignature, SignOptions, SignatureDraft, SigningError, sign};
pub use trust::{TrustContext, TrustStores};
pub use verify::{
    CheckOutcome, CheckResult, FoundAnchor, SignatureClaims, SignatureWarning, Verification, VerificationError,
    VerifiedSignature, verify_signature,
};
