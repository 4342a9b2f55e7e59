//! Which keys sign an envelope: those of the Notary Project, or ML-DSA under names of its own.

use crate::{Format, envelope::signing_algorithm};
use alloc::{format, string::String};
use plimsoll_core::Algorithm;
use plimsoll_envelope::HashFunction;
use plimsoll_pki::{KeyKind, Profile};

/// Which keys sign, and under which names what they signed lies in a registry.
///
/// The Notary Project has six kinds of keys. An envelope of its shape that is signed by ML-DSA is none of its signatures, so it has
/// another media type and its manifest another artifact type: Notation does not find it, and tries nothing. **Experimental**: the
/// names may change with a version, and nobody else reads them.
///
/// ```
/// use plimsoll_notary::{Format, Suite};
/// assert_eq!(Suite::Notary.media_type(Format::Jws), "application/jose+json");
/// let pq = Suite::MlDsa.media_type(Format::Cose);
/// assert_eq!(Suite::of_media_type(pq), Some((Suite::MlDsa, Format::Cose)));
/// assert_eq!(Format::of_media_type(pq), None, "it is no format of the Notary Project");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Suite {
    /// ML-DSA-44, ML-DSA-65 and ML-DSA-87 (FIPS 204; RFC 9881 in certificates, RFC 9964 in envelopes).
    MlDsa,
    /// RSA and ECDSA, as the Notary Project has them.
    #[default]
    Notary,
}

impl Suite {
    /// Suite and format of the media type of an envelope, without parameters and without case.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<(Self, Format)> {
        if let Some(format) = Format::of_media_type(media_type) {
            return Some((Self::Notary, format));
        }
        let same = |format: &Format| plimsoll_oci::media_type::same(Self::MlDsa.media_type(*format), media_type);
        [Format::Cose, Format::Jws].into_iter().find(same).map(|format| (Self::MlDsa, format))
    }
    /// The suite of an algorithm.
    #[must_use]
    pub const fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => Self::MlDsa,
            _ => Self::Notary,
        }
    }
    /// The media type of an envelope.
    #[must_use]
    pub const fn media_type(self, format: Format) -> &'static str {
        match (self, format) {
            (Self::Notary, format) => format.media_type(),
            (Self::MlDsa, Format::Cose) => "application/vnd.plimsoll.notary.pq+cose",
            (Self::MlDsa, Format::Jws) => "application/vnd.plimsoll.notary.pq.jose+json",
        }
    }
    /// The artifact type of a signature manifest.
    #[must_use]
    pub const fn signature_type(self) -> &'static str {
        match self {
            Self::MlDsa => "application/vnd.plimsoll.notary.pq.signature",
            Self::Notary => crate::SIGNATURE_TYPE,
        }
    }
    /// The hash function that belongs to an algorithm: for the digest of a blob and the imprint of a timestamp.
    ///
    /// For RSA and ECDSA it is the one that they sign with (signature-specification.md, Algorithm Selection). ML-DSA signs no hash; the function
    /// is the weakest that does not weaken it (RFC 9882, 3.3): SHA-256 for ML-DSA-44, SHA-384 for ML-DSA-65, SHA-512 for ML-DSA-87.
    #[must_use]
    pub const fn hash_function(algorithm: Algorithm) -> Option<HashFunction> {
        match algorithm {
            Algorithm::MlDsa44 => Some(HashFunction::Sha256),
            Algorithm::MlDsa65 => Some(HashFunction::Sha384),
            Algorithm::MlDsa87 => Some(HashFunction::Sha512),
            other => HashFunction::of(other),
        }
    }
    /// The name of the file that holds the signature of a blob: that of the blob, and `.jws.sig` or `.cose.sig`; for ML-DSA `.jws.pq.sig` or
    /// `.cose.pq.sig`, which Notation refuses to read as one of its own.
    ///
    /// ```
    /// use plimsoll_notary::{Format, Suite, blob_signature_format};
    /// let name = Suite::MlDsa.blob_signature_name("app.tar", Format::Jws);
    /// assert_eq!(name, "app.tar.jws.pq.sig");
    /// assert_eq!(Suite::of_blob_signature(&name), Some((Suite::MlDsa, Format::Jws)));
    /// assert_eq!(blob_signature_format(&name), None, "it is no signature of the Notary Project");
    /// ```
    #[must_use]
    pub fn blob_signature_name(self, blob: &str, format: Format) -> String {
        match self {
            Self::MlDsa => format!("{blob}.{format}{PQ}.sig"),
            Self::Notary => crate::blob_signature_name(blob, format),
        }
    }
    /// Suite and format that the name of a signature file says, as [`blob_signature_format`](crate::blob_signature_format) does.
    #[must_use]
    pub fn of_blob_signature(file_name: &str) -> Option<(Self, Format)> {
        if let Some(format) = crate::blob_signature_format(file_name) {
            return Some((Self::Notary, format));
        }
        let name = file_name.to_ascii_lowercase();
        let name = name.strip_suffix(".sig")?.strip_suffix(PQ)?;
        Some((Self::MlDsa, crate::blob_signature_format(&format!("{name}.sig"))?))
    }
    /// The rules for the chain of the signer.
    pub(crate) const fn profile(self) -> Profile {
        match self {
            Self::MlDsa => Profile::NotaryMlDsa,
            Self::Notary => Profile::NotarySigning,
        }
    }
    /// The algorithm by which a key signs; none for a key of another suite.
    pub(crate) fn algorithm(self, key: KeyKind) -> Option<Algorithm> {
        match self {
            Self::MlDsa => match key {
                KeyKind::MlDsa44 => Some(Algorithm::MlDsa44),
                KeyKind::MlDsa65 => Some(Algorithm::MlDsa65),
                KeyKind::MlDsa87 => Some(Algorithm::MlDsa87),
                _ => None,
            },
            Self::Notary => signing_algorithm(key),
        }
    }
    /// The suite of a key, whoever it belongs to.
    pub(crate) const fn of_key(key: KeyKind) -> Self {
        match key {
            KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => Self::MlDsa,
            _ => Self::Notary,
        }
    }
    pub(crate) const fn keys(self) -> &'static str {
        match self {
            Self::MlDsa => "ML-DSA-44, ML-DSA-65 or ML-DSA-87",
            Self::Notary => "RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521",
        }
    }
}

/// What tells the file of a signature by ML-DSA from Notation's.
const PQ: &str = ".pq";
