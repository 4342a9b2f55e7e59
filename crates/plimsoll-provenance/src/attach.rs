//! Making attestations.

use crate::{
    Statement,
    manifest::{DSSE_TYPE, PREDICATE_TYPE},
    statement::STATEMENT_TYPE,
};
use plimsoll_core::{
    Algorithm, Blob, Classify, Code, Descriptor, Message, Provider, PublicKey, Sign, code::NOT_SUPPORTED,
};
use plimsoll_envelope::{DsseDraft, DsseSignature, EnvelopeError};
use plimsoll_oci::{ImageManifest, media_type};

/// Whose key signs, and how it is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attester<'a> {
    /// The public half of the key: what came back from the signer is checked under it.
    pub key: PublicKey<'a>,
    /// The certificates of the key in DER, leaf first; empty for a bare key.
    pub chain: &'a [&'a [u8]],
    /// A hint for choosing the key; empty for none.
    pub key_id: &'a str,
}

impl<'a> Attester<'a> {
    /// A bare key.
    #[must_use]
    pub const fn new(key: PublicKey<'a>) -> Self {
        Self { key, chain: &[], key_id: "" }
    }
    /// With certificates.
    #[must_use]
    pub const fn with_chain(mut self, chain: &'a [&'a [u8]]) -> Self {
        self.chain = chain;
        self
    }
    /// With a hint.
    #[must_use]
    pub const fn with_key_id(mut self, key_id: &'a str) -> Self {
        self.key_id = key_id;
        self
    }
}

/// An attestation, ready to be pushed: first the two blobs, then the manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Attestation {
    /// The DSSE envelope.
    pub envelope: Blob,
    /// The empty config that every artifact manifest has.
    pub config: Blob,
    /// The manifest that refers to the subject. Annotations may be added before it is written.
    pub manifest: ImageManifest,
}

/// Signs a statement as a DSSE envelope, and makes the manifest that attaches it to `subject`.
///
/// The manifest has the artifact type `application/vnd.in-toto+json`, one layer of type `application/vnd.dsse.envelope.v1+json` as
/// cosign writes it, and the annotation `in-toto.io/predicate-type` as BuildKit writes it.
///
/// # Errors
/// [`AttestError`]: the signer failed, signs with an algorithm that no attestation may have, or with another key.
pub async fn attest<S: Sign>(
    statement: &Statement,
    subject: &Descriptor,
    signer: &S,
    attester: Attester<'_>,
    crypto: Provider<'_>,
) -> Result<Attestation, AttestError<S::Error>> {
    let algorithm = signer.algorithm();
    if !is_for_dsse(algorithm) {
        return Err(AttestError::Algorithm { found: algorithm });
    }
    let draft = DsseDraft::new(STATEMENT_TYPE, &statement.to_json());
    let signature = signer.sign(draft.signing_input()).await.map_err(AttestError::Sign)?;
    let message = Message::Parts(&[draft.signing_input()]);
    crypto.verify(algorithm, attester.key, message, &signature).map_err(|_| AttestError::OtherKey)?;
    let signed = DsseSignature::new(&signature).with_key_id(attester.key_id).with_chain(attester.chain);
    let envelope = Blob::of(DSSE_TYPE, draft.attach(&[signed]).map_err(AttestError::Envelope)?);
    let manifest = ImageManifest::artifact(STATEMENT_TYPE)
        .about(subject.clone())
        .layer(envelope.descriptor().clone())
        .annotate(PREDICATE_TYPE, statement.predicate_type.as_str());
    Ok(Attestation { envelope, config: media_type::empty_blob(), manifest })
}

/// DSSE signatures by ECDSA are DER everywhere; no reader takes `r || s`.
fn is_for_dsse(algorithm: Algorithm) -> bool {
    !matches!(
        algorithm,
        Algorithm::EcdsaP256Sha256Fixed | Algorithm::EcdsaP384Sha384Fixed | Algorithm::EcdsaP521Sha512Fixed
    )
}

/// Why no attestation was made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError<E> {
    /// The signer signs in another encoding.
    #[error("expected a signer by ECDSA in DER, by RSA or by Ed25519, found {found:?}")]
    Algorithm {
        /// Its algorithm.
        found: Algorithm,
    },
    /// The envelope cannot be written.
    #[error(transparent)]
    Envelope(EnvelopeError),
    /// What came back does not hold under the key.
    #[error("expected a signature by the key of the attester, found one that does not hold under it")]
    OtherKey,
    /// The signer failed.
    #[error("signing failed: {0}")]
    Sign(E),
}

impl<E: Classify> Classify for AttestError<E> {
    fn code(&self) -> Code {
        match self {
            Self::Algorithm { .. } => NOT_SUPPORTED,
            Self::Envelope(error) => error.code(),
            Self::OtherKey => plimsoll_envelope::code::SIGNATURE_INVALID,
            Self::Sign(error) => error.code(),
        }
    }
}
