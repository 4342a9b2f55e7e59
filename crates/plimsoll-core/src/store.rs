//! Where content lives: one verb, one trait. One value of these traits is one repository.

use crate::{BodyError, BoxBody, Classify, Code, Descriptor, Digest, Escaped, Mismatch, Replay, Tag, code};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::future::Future;

/// Gives content by descriptor.
///
/// # Contract
/// The stream is what the place holds, unchecked: the reader checks it against the descriptor (`Blob`, `BlobCheck`).
/// Content that is known to be missing is [`StoreError::Absent`]; anything that could not be found out is not.
pub trait Fetch: Send + Sync {
    /// Opens the content.
    fn fetch(&self, descriptor: &Descriptor) -> impl Future<Output = Result<BoxBody, StoreError>> + Send;
}

/// Takes content.
///
/// # Contract
/// `push` commits only after the bytes were checked against `descriptor`; what fails leaves nothing behind. When it returns,
/// the content is durable. Pushing what is there already is success.
pub trait Push: Send + Sync {
    /// Stores the content.
    fn push(
        &self,
        descriptor: &Descriptor,
        content: &dyn Replay,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What a reference points at: a tag, or a digest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Pointer {
    /// A digest.
    Digest(Digest),
    /// A tag, which can move.
    Tag(Tag),
}

impl core::fmt::Display for Pointer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Digest(digest) => digest.fmt(f),
            Self::Tag(tag) => tag.fmt(f),
        }
    }
}

/// Turns a tag or digest into the descriptor of a manifest.
pub trait Resolve: Send + Sync {
    /// Finds the manifest.
    fn resolve(&self, pointer: &Pointer) -> impl Future<Output = Result<Descriptor, StoreError>> + Send;
}

/// Moves a tag to a manifest that is there.
pub trait Retag: Send + Sync {
    /// Points `tag` at `manifest`.
    fn retag(&self, manifest: &Descriptor, tag: &Tag) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A referrer, as the list of its subject describes it. Everything but the descriptor is claimed by the list.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Referrer {
    /// The manifest that refers.
    pub descriptor: Descriptor,
    /// What the list says its artifact type is.
    pub claimed_artifact_type: Option<Box<str>>,
    /// What the list says its annotations are.
    pub claimed_annotations: alloc::collections::BTreeMap<String, String>,
}

impl Referrer {
    /// Makes an entry.
    #[must_use]
    pub fn new(descriptor: Descriptor, claimed_artifact_type: Option<&str>) -> Self {
        Self {
            descriptor,
            claimed_artifact_type: claimed_artifact_type.map(Into::into),
            claimed_annotations: alloc::collections::BTreeMap::new(),
        }
    }
}

/// Lists the manifests whose subject is a digest.
///
/// # Contract
/// The list is whole, or it is an error: an implementer follows every page, and takes "not supported" for the fallback
/// of the specification, never for "none". No referrers is an empty list.
pub trait Referrers: Send + Sync {
    /// Lists the referrers of `subject`, of one artifact type or of all.
    fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> impl Future<Output = Result<Vec<Referrer>, StoreError>> + Send;
}

/// A place that does all of it.
pub trait Store: Fetch + Push + Resolve + Retag + Referrers {}
impl<T: Fetch + Push + Resolve + Retag + Referrers> Store for T {}

/// Why a place did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It is not there, and the place said so.
    #[error("{what} is not there")]
    Absent {
        /// What was asked for.
        what: Escaped,
    },
    /// The stream ended early.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The bytes are not the described ones.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// Something else, with its code: what was done, and what came of it.
    #[error("{message}")]
    Other {
        /// The code, which has the class.
        code: Code,
        /// What was tried, expected and found, credentials cut out.
        message: Box<str>,
    },
}

impl StoreError {
    /// Makes an error with a code.
    pub fn other(code: Code, message: impl Into<Box<str>>) -> Self {
        Self::Other { code, message: message.into() }
    }
}

impl Classify for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::Absent { .. } => code::NOT_FOUND,
            Self::Body(_) => code::UNREACHABLE,
            Self::Mismatch(mismatch) => mismatch.code(),
            Self::Other { code, .. } => *code,
        }
    }
}
