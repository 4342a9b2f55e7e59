//! Making attestations.

mod encoding;

use crate::{
    PredicateType, Statement,
    manifest::{DSSE_TYPE, PREDICATE_TYPE},
    statement::STATEMENT_TYPE,
};
use encoding::Encoded;
use plimsoll_core::{
    Algorithm, Blob, Classify, Code, Descriptor, Message, Provider, PublicKey, Sign, code::NOT_SUPPORTED,
};
use plimsoll_envelope::{DsseDraft, DsseSignature, EnvelopeError};
use plimsoll_oci::{ImageManifest, media_type};
use plimsoll_pki::KeyKind;

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
    /// The DSSE envelope, or the bare statement.
    pub envelope: Blob,
    /// The empty config that every artifact manifest has.
    pub config: Blob,
    /// The manifest that refers to the subject. Annotations may be added before it is written.
    pub manifest: ImageManifest,
}

impl Attestation {
    /// Attaches a statement without an envelope: only a Notary Project signature on its manifest can vouch for it. For keys that sign nothing
    /// but such envelopes.
    #[must_use]
    pub fn bare(statement: &Statement, subject: &Descriptor) -> Self {
        Self::of(Blob::of(STATEMENT_TYPE, statement.to_json()), &statement.predicate_type, subject)
    }
    /// The artifact type is `application/vnd.in-toto+json`, and the annotation `in-toto.io/predicate-type` as BuildKit writes it.
    fn of(layer: Blob, predicate_type: &PredicateType, subject: &Descriptor) -> Self {
        let manifest = ImageManifest::artifact(STATEMENT_TYPE)
            .about(subject.clone())
            .layer(layer.descriptor().clone())
            .annotate(PREDICATE_TYPE, predicate_type.as_str());
        Self { envelope: layer, config: media_type::empty_blob(), manifest }
    }
}

/// A statement that waits for its signature: for keys behind a plugin or service, which say only with the signature whose it is.
///
/// ```
/// use plimsoll_core::{Algorithm, Descriptor, Digest};
/// use plimsoll_crypto::{Curve, PrivateKey, provider};
/// use plimsoll_provenance::{AttestationDraft, Attester, PredicateType, Statement};
/// let image = Descriptor::new("application/vnd.oci.image.manifest.v1+json", Digest::sha256_of(b"{}"), 2);
/// let kind = PredicateType::parse("https://example.com/review/v1")?;
/// let statement = Statement::new([("app", image.digest)], kind, b"{}")?;
/// let draft = AttestationDraft::new(&statement, &image);
/// let (key, other) = (PrivateKey::generate(Curve::P256)?, PrivateKey::generate(Curve::P256)?);
/// let signature = key.envelope_signer()?.sign_now(draft.signing_input())?;
///
/// let attach = |by: &PrivateKey| {
///     draft.attach(Algorithm::EcdsaP256Sha256Fixed, &signature, Attester::new(by.public_key()), provider())
/// };
/// assert!(attach(&key).is_ok());
/// assert!(attach(&other).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AttestationDraft {
    draft: DsseDraft,
    predicate_type: PredicateType,
    subject: Descriptor,
}

impl AttestationDraft {
    /// Takes a statement about `subject`.
    #[must_use]
    pub fn new(statement: &Statement, subject: &Descriptor) -> Self {
        let draft = DsseDraft::new(STATEMENT_TYPE, &statement.to_json());
        Self { draft, predicate_type: statement.predicate_type.clone(), subject: subject.clone() }
    }
    /// What is to be signed: the message, not its hash.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.draft.signing_input()
    }
    /// Writes the envelope and the manifest that attaches it. The signature is checked under the attester's key first.
    ///
    /// A signature by ECDSA may be `r || s`, as tokens and plugins make it: no reader of DSSE takes that, so it is written in DER.
    ///
    /// # Errors
    /// [`AttachError`]: an algorithm that no attestation may have, or a signature by another key.
    pub fn attach(
        &self,
        algorithm: Algorithm,
        signature: &[u8],
        attester: Attester<'_>,
        crypto: Provider<'_>,
    ) -> Result<Attestation, AttachError> {
        let encoded = Encoded::of(algorithm, signature)?;
        let signed = [self.signing_input()];
        let message = Message::Parts(&signed);
        crypto
            .verify(encoded.algorithm, attester.key, message, &encoded.signature)
            .map_err(|_| AttachError::OtherKey)?;
        let signed = DsseSignature::new(&encoded.signature).with_key_id(attester.key_id).with_chain(attester.chain);
        let envelope = self.draft.attach(&[signed]).map_err(AttachError::Envelope)?;
        Ok(Attestation::of(Blob::of(DSSE_TYPE, envelope), &self.predicate_type, &self.subject))
    }
}

/// The algorithm by which a key signs attestations that every reader of its kind takes: ECDSA in DER, and for RSA of any size PKCS #1 v1.5 with
/// SHA-256, as cosign has it. None for a kind that attests nothing.
#[must_use]
pub const fn attesting_algorithm(kind: KeyKind) -> Option<Algorithm> {
    match kind {
        KeyKind::Ed25519 => Some(Algorithm::Ed25519),
        KeyKind::P256 => Some(Algorithm::EcdsaP256Sha256Der),
        KeyKind::P384 => Some(Algorithm::EcdsaP384Sha384Der),
        KeyKind::P521 => Some(Algorithm::EcdsaP521Sha512Der),
        KeyKind::Rsa { bits: 2048.., .. } => Some(Algorithm::RsaPkcs1Sha256),
        _ => None,
    }
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
    encoding::of(algorithm).map_err(AttestError::Attach)?;
    let draft = AttestationDraft::new(statement, subject);
    let signature = signer.sign(draft.signing_input()).await.map_err(AttestError::Sign)?;
    draft.attach(algorithm, &signature, attester, crypto).map_err(AttestError::Attach)
}

/// Why a signature makes no attestation.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    /// No reader of attestations takes such signatures.
    #[error("expected a signature by ECDSA, RSA or Ed25519 as attestations have them, found one by {found:?}")]
    Algorithm {
        /// Its algorithm.
        found: Algorithm,
    },
    /// The envelope cannot be written.
    #[error(transparent)]
    Envelope(EnvelopeError),
    /// It does not hold under the key.
    #[error("expected a signature by the key of the attester, found one that does not hold under it")]
    OtherKey,
}

impl Classify for AttachError {
    fn code(&self) -> Code {
        match self {
            Self::Algorithm { .. } => NOT_SUPPORTED,
            Self::Envelope(error) => error.code(),
            Self::OtherKey => plimsoll_envelope::code::SIGNATURE_INVALID,
        }
    }
}

/// Why no attestation was made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError<E> {
    /// What the signer makes is no signature of an attestation.
    #[error(transparent)]
    Attach(AttachError),
    /// The signer failed.
    #[error("signing failed: {0}")]
    Sign(E),
}

impl<E: Classify> Classify for AttestError<E> {
    fn code(&self) -> Code {
        match self {
            Self::Attach(error) => error.code(),
            Self::Sign(error) => error.code(),
        }
    }
}
