//! Why nothing was signed.

use crate::{EnvelopeLayerError, PayloadError, VerificationError, code};
use alloc::{borrow::ToOwned, boxed::Box, format, string::String};
use plimsoll_core::{Algorithm, Classify, Code, Escaped, Failure, LimitExceeded, UnixTime};
use plimsoll_envelope::{EnvelopeError, HashFunction};
use plimsoll_pki::{ChainError, Expired, KeyKind, distrust::Distrusted, timestamp::TimestampError};

/// Why nothing was signed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The key does not sign with the algorithm that the certificate demands.
    #[error("the signing certificate holds a key of {key}: expected {}, found a signer with {found:?}", wanted(*expected))]
    Algorithm {
        /// The key in the certificate.
        key: KeyKind,
        /// The algorithm that it demands; none if Notary signs with no such key.
        expected: Option<Algorithm>,
        /// The algorithm of the signer.
        found: Algorithm,
    },
    /// Under the other scheme, the signature has its time already.
    #[error(
        "expected a signature whose time nobody answers for, found one of a signing authority: it has no timestamp"
    )]
    AuthorityTimestamp,
    /// A blob was hashed by another function than the one that belongs to the key.
    #[error("a signature with {algorithm:?} is over the {} digest of a blob, found {digest}", hash(*expected))]
    BlobDigest {
        /// The algorithm of the signer.
        algorithm: Algorithm,
        /// The function that belongs to it.
        expected: Option<HashFunction>,
        /// The digest that is there.
        digest: Escaped,
    },
    /// A certificate is not valid at the signing time.
    #[error(transparent)]
    Certificate(#[from] Expired),
    /// The chain is not one that a verifier would accept.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A timestamp comes before a countersignature, since it writes the envelope anew.
    #[error("a timestamp cannot be added to a signature that is countersigned already: add it before")]
    Countersigned,
    /// The time-stamping authority is on the distrust list.
    #[error("the timestamping authority: {0}")]
    Distrusted(#[from] Distrusted),
    /// What was made could not be written.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The expiry is not after the signing time.
    #[error("expected an expiry after the signing time {signing_time}, found {expiry}")]
    Expiry {
        /// The signing time.
        signing_time: UnixTime,
        /// The expiry.
        expiry: UnixTime,
    },
    /// Too much metadata.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// A key stands in the metadata and among the annotations of the artifact.
    #[error("expected metadata apart from the annotations of the artifact, found `{key}` in both")]
    MetadataCollision {
        /// The key.
        key: Escaped,
    },
    /// The signature of a blob has no manifest.
    #[error("the signature of a blob is a file, and has no manifest")]
    NoManifest,
    /// There is no timestamp to verify.
    #[error("expected a timestamp in the envelope, found none")]
    NoTimestamp,
    /// There is no hash function for a timestamp.
    #[error("a signature with {algorithm:?} has no hash function for a timestamp")]
    NoTimestampHash {
        /// The algorithm of the signer.
        algorithm: Algorithm,
    },
    /// What was made does not hold: the key is not that of the certificate.
    #[error("the signature that was made does not hold: {0}")]
    Own(#[from] EnvelopeLayerError),
    /// What was made is about something else.
    #[error("the signature that was made does not hold: {0}")]
    Payload(#[from] PayloadError),
    /// The envelope of a plugin is not changed by anybody else.
    #[error("nothing can be added to an envelope that a plugin made: the plugin has to")]
    PluginEnvelope,
    /// The plugin set another expiry.
    #[error("expected an envelope that expires {} after its signing time, found {}", seconds(*expected), seconds(*found))]
    PluginExpiry {
        /// Seconds that were asked for.
        expected: Option<u64>,
        /// Seconds that are there.
        found: Option<u64>,
    },
    /// The plugin signed more than annotations beside what it was asked for.
    #[error(
        "expected the payload that the plugin was given, with annotations added at most, found the member `{name}`"
    )]
    PluginPayload {
        /// The member.
        name: Escaped,
    },
    /// The plugin added unsigned attributes.
    #[error("expected no unsigned attribute beside those of the specification, found `{name}`")]
    PluginUnsigned {
        /// Its name.
        name: Escaped,
    },
    /// The key of user metadata belongs to the specification.
    #[error("expected a metadata key that does not start with `io.cncf.notary`, found `{key}`")]
    ReservedMetadata {
        /// The key.
        key: Escaped,
    },
    /// The key has signed already.
    #[error("expected a countersignature by another key, found the key of the signer or of another countersignature")]
    SameKey,
    /// The chain ends too early.
    #[error("expected a chain that is valid until {until}, or a timestamp, found a chain that ends on {not_after}")]
    ShortLived {
        /// The last second of the chain.
        not_after: UnixTime,
        /// Until when the signature shall count.
        until: UnixTime,
    },
    /// The signer failed.
    #[error("{}", .0.message)]
    Signer(Failure),
    /// The timestamp does not hold.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// The timestamp is none for this chain.
    #[error("{0}")]
    TimestampValidity(Box<VerificationError>),
}

fn hash(function: Option<HashFunction>) -> &'static str {
    match function {
        Some(HashFunction::Sha256) => "SHA-256",
        Some(HashFunction::Sha384) => "SHA-384",
        Some(HashFunction::Sha512) => "SHA-512",
        _ => "(none)",
    }
}

fn seconds(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds} seconds"))
}

fn wanted(algorithm: Option<Algorithm>) -> String {
    algorithm.map_or_else(|| "RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521".to_owned(), |one| format!("{one:?}"))
}

impl Classify for SigningError {
    fn code(&self) -> Code {
        match self {
            Self::Certificate(error) => error.code(),
            Self::Chain(error) => error.code(),
            Self::Distrusted(error) => error.code(),
            Self::Envelope(error) => error.code(),
            Self::Limit(error) => error.code(),
            Self::Own(error) => error.code(),
            Self::Payload(error) => error.code(),
            Self::Signer(failure) => failure.code,
            Self::PluginExpiry { .. } | Self::PluginPayload { .. } | Self::PluginUnsigned { .. } => {
                code::PLUGIN_PROTOCOL
            }
            Self::ShortLived { .. } => code::SHORT_LIVED,
            Self::Timestamp(error) => error.code(),
            Self::TimestampValidity(error) => error.code(),
            Self::Algorithm { .. }
            | Self::AuthorityTimestamp
            | Self::BlobDigest { .. }
            | Self::Countersigned
            | Self::Expiry { .. }
            | Self::MetadataCollision { .. }
            | Self::NoManifest
            | Self::NoTimestamp
            | Self::NoTimestampHash { .. }
            | Self::PluginEnvelope
            | Self::ReservedMetadata { .. }
            | Self::SameKey => code::SIGNING_REFUSED,
        }
    }
}
