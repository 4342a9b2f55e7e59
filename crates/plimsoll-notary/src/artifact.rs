//! What a signature is about: a manifest, or a blob.

use crate::{Envelope, EnvelopeLayerError, Format};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::{fmt, str::FromStr};
use plimsoll_core::{Descriptor, Digest, DigestError};
use plimsoll_envelope::HashFunction;
use plimsoll_pki::PresentedChain;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// What is verified, and must be what was signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Artifact<'a> {
    /// A blob.
    Blob(&'a BlobArtifact),
    /// A manifest, as the registry resolved it.
    Manifest(&'a Descriptor),
}

/// A blob, as far as a signature is about it.
///
/// The digest is by the algorithm that belongs to the signer's key: [`blob_digest_algorithm`] says which, [`BlobHasher`] makes it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct BlobArtifact {
    /// The digest.
    pub digest: ArtifactDigest,
    /// Bytes.
    pub size: u64,
    /// The media type: [`BLOB_MEDIA_TYPE`] when signing; when verifying, compared only if there is one.
    pub media_type: Option<Box<str>>,
}

/// The media type of a blob that nobody gave one.
pub const BLOB_MEDIA_TYPE: &str = "application/octet-stream";

impl BlobArtifact {
    /// A blob of this digest and size.
    #[must_use]
    pub fn new(digest: ArtifactDigest, size: u64) -> Self {
        Self { digest, size, media_type: None }
    }
    /// Sets the media type.
    #[must_use]
    pub fn with_media_type(mut self, media_type: impl Into<Box<str>>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }
}

/// A digest in a payload: those of registries, and SHA-384, which only signatures of blobs use.
///
/// ```
/// use plimsoll_notary::ArtifactDigest;
/// let text = format!("sha384:{}", "0".repeat(96));
/// assert_eq!(text.parse::<ArtifactDigest>().unwrap().to_string(), text);
/// assert!("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709".parse::<ArtifactDigest>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ArtifactDigest {
    /// SHA-256 or SHA-512, as registries have them.
    Registry(Digest),
    /// SHA-384.
    Sha384([u8; 48]),
}

impl ArtifactDigest {
    /// The hash function.
    #[must_use]
    pub const fn function(&self) -> Option<HashFunction> {
        match self {
            Self::Registry(Digest::Sha256(_)) => Some(HashFunction::Sha256),
            Self::Registry(Digest::Sha512(_)) => Some(HashFunction::Sha512),
            Self::Registry(_) => None,
            Self::Sha384(_) => Some(HashFunction::Sha384),
        }
    }
    /// As a registry has it; none for SHA-384.
    #[must_use]
    pub const fn registry(&self) -> Option<Digest> {
        if let Self::Registry(digest) = self { Some(*digest) } else { None }
    }
}

impl From<Digest> for ArtifactDigest {
    fn from(digest: Digest) -> Self {
        Self::Registry(digest)
    }
}

impl FromStr for ArtifactDigest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        let Some(encoded) = text.strip_prefix(SHA384) else { return text.parse().map(Self::Registry) };
        sha384(encoded).map(Self::Sha384).ok_or(DigestError::Malformed { found: plimsoll_core::Escaped::new(text) })
    }
}

fn sha384(encoded: &str) -> Option<[u8; 48]> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    let mut bytes = [0_u8; 48];
    if encoded.len() != bytes.len().checked_mul(2)? {
        return None;
    }
    for (slot, pair) in bytes.iter_mut().zip(encoded.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *slot = u8::try_from(digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?).ok()?;
    }
    Some(bytes)
}

impl fmt::Display for ArtifactDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(digest) => digest.fmt(f),
            Self::Sha384(bytes) => {
                f.write_str(SHA384)?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl fmt::Debug for ArtifactDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Hashes a blob while it is read.
///
/// ```
/// use plimsoll_notary::{BlobHasher, HashFunction};
/// let mut hasher = BlobHasher::new(HashFunction::Sha256).unwrap();
/// hasher.update(b"{");
/// hasher.update(b"}");
/// let blob = hasher.finish();
/// assert_eq!(blob.size, 2);
/// assert_eq!(blob.digest.to_string(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
/// ```
#[derive(Clone, Debug)]
pub struct BlobHasher {
    state: State,
    size: u64,
}

#[derive(Clone, Debug)]
enum State {
    Sha256(Box<Sha256>),
    Sha384(Box<Sha384>),
    Sha512(Box<Sha512>),
}

impl BlobHasher {
    /// Hashes with this function; none for one that no signature of a blob uses.
    #[must_use]
    pub fn new(function: HashFunction) -> Option<Self> {
        let state = match function {
            HashFunction::Sha256 => State::Sha256(Box::default()),
            HashFunction::Sha384 => State::Sha384(Box::default()),
            HashFunction::Sha512 => State::Sha512(Box::default()),
            _ => return None,
        };
        Some(Self { state, size: 0 })
    }
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        match &mut self.state {
            State::Sha256(state) => state.update(bytes),
            State::Sha384(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }
    /// The blob.
    #[must_use]
    pub fn finish(self) -> BlobArtifact {
        let digest = match self.state {
            State::Sha256(state) => Digest::Sha256(state.finalize().into()).into(),
            State::Sha384(state) => ArtifactDigest::Sha384(state.finalize().into()),
            State::Sha512(state) => Digest::Sha512(state.finalize().into()).into(),
        };
        BlobArtifact::new(digest, self.size)
    }
}

/// By which function a blob must be hashed to be compared with this signature: the one that belongs to the key of the first
/// certificate. Nothing is checked here; the verification is.
///
/// # Errors
/// [`EnvelopeLayerError`], for an envelope that cannot be split, and a key that Notary does not sign with.
pub fn blob_digest_algorithm(envelope: &[u8], media_type: &str) -> Result<HashFunction, EnvelopeLayerError> {
    let envelope = Envelope::parse(envelope, media_type)?;
    let unverified = envelope.unverified()?;
    let leaf: Vec<_> = unverified.presented_chain().take(1).collect();
    let key = PresentedChain::from_der(&leaf, &plimsoll_pki::Limits::default())?.leaf().key();
    let suite = envelope.suite();
    let function = suite.algorithm(key).and_then(crate::Suite::hash_function);
    function.ok_or(EnvelopeLayerError::Key { suite, found: key })
}

/// The name of the file that holds the signature of a blob: that of the blob, and `.jws.sig` or `.cose.sig`.
///
/// ```
/// use plimsoll_notary::{Format, blob_signature_format, blob_signature_name};
/// let name = blob_signature_name("app.tar", Format::Jws);
/// assert_eq!(name, "app.tar.jws.sig");
/// assert_eq!(blob_signature_format(&name), Some(Format::Jws));
/// assert_eq!(blob_signature_format("app.tar.sig"), None);
/// ```
#[must_use]
pub fn blob_signature_name(blob: &str, format: Format) -> String {
    format!("{blob}.{format}.sig")
}

/// The format that the name of a signature file says, without its folder: it ends in `.jws.sig` or `.cose.sig`, in any case, and is
/// not only that. The bytes are not sniffed.
#[must_use]
pub fn blob_signature_format(file_name: &str) -> Option<Format> {
    let name = file_name.to_ascii_lowercase();
    [Format::Jws, Format::Cose].into_iter().find(|format| {
        name.strip_suffix(".sig")
            .and_then(|name| name.strip_suffix(format.as_str()))
            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    })
}

const SHA384: &str = "sha384:";

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    // spec: NP-147
    #[test]
    fn signature_files_are_told_by_their_names() {
        let format = blob_signature_format;
        assert_eq!(format("a.JWS.Sig"), Some(Format::Jws));
        assert_eq!(format("a.cose.sig"), Some(Format::Cose));
        for other in ["a.sig", "a.jws", "jws.sig", ".jws.sig", "a.jwssig", "a.jws.sig/", "a.pdf.sig", "ajws.sig", ""] {
            assert_eq!(format(other), None, "{other}");
        }
    }

    #[test]
    fn a_digest_has_its_length_and_lower_case() {
        let zeros = "0".repeat(95);
        for bad in [zeros.clone(), format!("{zeros}0 "), format!("{zeros}A"), format!("{zeros}g")] {
            assert!(format!("sha384:{bad}").parse::<ArtifactDigest>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for (function, length) in [(HashFunction::Sha256, 64), (HashFunction::Sha384, 96), (HashFunction::Sha512, 128)] {
                let mut hasher = BlobHasher::new(function).unwrap();
                bytes.chunks(7).for_each(|chunk| hasher.update(chunk));
                let blob = hasher.finish();
                prop_assert_eq!(blob.digest.function(), Some(function));
                prop_assert_eq!(blob.size, u64::try_from(bytes.len()).unwrap());
                let text = blob.digest.to_string();
                prop_assert_eq!(text.len().checked_sub(7), Some(length));
                prop_assert_eq!(text.parse::<ArtifactDigest>().unwrap(), blob.digest);
                let hex = function.digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                prop_assert!(text.ends_with(&hex));
            }
        }
    }
}
