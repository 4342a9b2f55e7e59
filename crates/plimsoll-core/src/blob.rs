//! Proofs that bytes are what a descriptor says.

use crate::{Classify, Code, Descriptor, Digest, code};
use bytes::Bytes;
use sha2::{Digest as _, Sha256, Sha512};

/// Bytes that match a descriptor. Cheap to clone; made only by the check.
///
/// ```
/// use plimsoll_core::{Blob, Descriptor, Mismatch};
/// let descriptor = Descriptor::of("text/plain", b"ship");
/// assert_eq!(Blob::check(descriptor.clone(), "ship".into()).unwrap().bytes(), b"ship");
/// assert!(matches!(Blob::check(descriptor, "shop".into()), Err(Mismatch::Digest { .. })));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blob {
    descriptor: Descriptor,
    bytes: Bytes,
}

impl Blob {
    /// Checks the size, then the digest.
    ///
    /// # Errors
    /// [`Mismatch`] when the bytes are not the described ones.
    pub fn check(descriptor: Descriptor, bytes: Bytes) -> Result<Self, Mismatch> {
        let found = length(&bytes);
        if found != descriptor.size {
            return Err(Mismatch::Size { expected: descriptor.size, found });
        }
        let found = descriptor.digest.of_same_algorithm(&bytes);
        if found != descriptor.digest {
            return Err(Mismatch::Digest { expected: descriptor.digest, found });
        }
        Ok(Self { descriptor, bytes })
    }
    /// For bytes that came through `Evidence::supply`, which checked them against this descriptor.
    pub(crate) fn already_checked(descriptor: Descriptor, bytes: Bytes) -> Self {
        Self { descriptor, bytes }
    }
    /// Describes `bytes` by SHA-256. For content that is made here.
    #[must_use]
    pub fn of(media_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { descriptor: Descriptor::of(media_type, &bytes), bytes }
    }
    /// What the bytes were checked against.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }
    /// The bytes that came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// The bytes that came, shared.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

/// The same proof for content that does not fit in memory: chunks are pushed, the end is checked.
///
/// No more than the described size is ever hashed: the first byte too many is a [`Mismatch::Size`].
pub struct BlobCheck {
    descriptor: Descriptor,
    seen: u64,
    hash: Hash,
}

enum Hash {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl BlobCheck {
    /// Starts a check against `descriptor`.
    #[must_use]
    pub fn new(descriptor: Descriptor) -> Self {
        let hash = match descriptor.digest {
            Digest::Sha256(_) => Hash::Sha256(Sha256::new()),
            Digest::Sha512(_) => Hash::Sha512(Sha512::new()),
        };
        Self { descriptor, seen: 0, hash }
    }
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Mismatch::Size`] as soon as more bytes came than were described.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), Mismatch> {
        let seen = self.seen.saturating_add(length(chunk));
        if seen > self.descriptor.size {
            return Err(Mismatch::Size { expected: self.descriptor.size, found: seen });
        }
        self.seen = seen;
        match &mut self.hash {
            Hash::Sha256(hash) => hash.update(chunk),
            Hash::Sha512(hash) => hash.update(chunk),
        }
        Ok(())
    }
    /// Says whether the bytes pushed were the described ones.
    ///
    /// # Errors
    /// [`Mismatch`] when they were not.
    pub fn finish(self) -> Result<Checked, Mismatch> {
        if self.seen != self.descriptor.size {
            return Err(Mismatch::Size { expected: self.descriptor.size, found: self.seen });
        }
        let found = self.hash.finish();
        if found != self.descriptor.digest {
            return Err(Mismatch::Digest { expected: self.descriptor.digest, found });
        }
        Ok(Checked(self.descriptor))
    }
}

impl Hash {
    fn finish(self) -> Digest {
        match self {
            Self::Sha256(hash) => Digest::Sha256(hash.finalize().into()),
            Self::Sha512(hash) => Digest::Sha512(hash.finalize().into()),
        }
    }
}

impl core::fmt::Debug for BlobCheck {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BlobCheck").field("descriptor", &self.descriptor).field("seen", &self.seen).finish()
    }
}

/// Hashes content whose digest is not known yet: a layer that is being built, an upload whose digest comes last.
pub struct Hasher {
    size: u64,
    hash: Hash,
}

impl Hasher {
    /// Hashes with SHA-256.
    #[must_use]
    pub fn sha256() -> Self {
        Self { size: 0, hash: Hash::Sha256(Sha256::new()) }
    }
    /// Hashes with SHA-512.
    #[must_use]
    pub fn sha512() -> Self {
        Self { size: 0, hash: Hash::Sha512(Sha512::new()) }
    }
    /// Takes the next bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.size = self.size.saturating_add(length(chunk));
        match &mut self.hash {
            Hash::Sha256(hash) => hash.update(chunk),
            Hash::Sha512(hash) => hash.update(chunk),
        }
    }
    /// The number of bytes so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
    /// Describes what was pushed, as `media_type`. The proof is the hashing itself.
    #[must_use]
    pub fn finish(self, media_type: &str) -> Checked {
        let size = self.size;
        Checked(Descriptor::new(media_type, self.hash.finish(), size))
    }
}

impl core::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Hasher").field("size", &self.size).finish_non_exhaustive()
    }
}

/// The proof that streamed bytes had this digest and size. What a store's commit demands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked(Descriptor);

impl Checked {
    /// What was checked.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.0
    }
}

/// How bytes differ from their descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// Another hash.
    #[error("expected content with digest {expected}, found {found}")]
    Digest {
        /// The digest that was asked for.
        expected: Digest,
        /// The digest of the bytes that came.
        found: Digest,
    },
    /// Another length.
    #[error("expected {expected} bytes, found {}{found}", if found > expected { "at least " } else { "" })]
    Size {
        /// The size that was described, in bytes.
        expected: u64,
        /// The number of bytes that came before reading stopped.
        found: u64,
    },
}

impl Classify for Mismatch {
    fn code(&self) -> Code {
        match self {
            Self::Digest { .. } => code::DIGEST_MISMATCH,
            Self::Size { .. } => code::SIZE_MISMATCH,
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
