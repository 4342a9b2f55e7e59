//! A signature that was made and holds.

use super::{EnvelopeDraft, NotarySignature, SignOptions, SigningError, SigningRequest};
use crate::{Artifact, BlobArtifact, Envelope, SignatureManifest, verify::within_validity};
use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};
use plimsoll_core::{Algorithm, Blob, Descriptor, Digest, Missing, Provider, UnixTime};
use plimsoll_envelope::HashFunction;
use plimsoll_pki::{
    ChainOptions, Hash, Profile, TrustStore, VerifiedChain,
    revocation::{RevocationReport, RevocationSources, StatusAnswers, check_chain},
    timestamp::{MessageImprint, Nonce, TimestampLimits, TimestampRequest, TimestampToken},
    verify_chain,
};

/// A signature that was made, verified, and pushed nowhere yet.
#[derive(Clone, Debug)]
pub struct AttachedSignature {
    target: Target,
    options: SignOptions,
    made: Made,
    envelope: Blob,
    token: Option<TimestampToken>,
}

#[derive(Clone, Debug)]
enum Target {
    Blob(BlobArtifact),
    Manifest(Descriptor),
}

/// What a signature was made of.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) algorithm: Algorithm,
    pub(super) signature: Vec<u8>,
    pub(super) chain: Vec<Vec<u8>>,
    /// None if a plugin made the envelope.
    pub(super) draft: Option<EnvelopeDraft>,
    /// For the signature manifest.
    pub(super) annotations: BTreeMap<String, String>,
    /// Whether the envelope came with a timestamp.
    pub(super) timestamped: bool,
}

impl Made {
    fn certificates(&self) -> Vec<&[u8]> {
        self.chain.iter().map(Vec::as_slice).collect()
    }
    fn verified(&self, crypto: Provider<'_>) -> Result<VerifiedChain<'_>, SigningError> {
        Ok(verify_chain(&self.certificates(), &ChainOptions::new(Profile::NotarySigning), crypto, None)?)
    }
}

impl AttachedSignature {
    pub(super) fn new(request: &SigningRequest<'_>, made: Made, envelope: Blob) -> Self {
        let target = match request.target {
            Artifact::Blob(blob) => Target::Blob(blob.clone()),
            Artifact::Manifest(manifest) => Target::Manifest(manifest.clone()),
        };
        Self { target, options: request.options.clone(), made, envelope, token: None }
    }
    /// The request for a timestamp of the signature, for a time-stamping authority. Its imprint is by the hash function that belongs to
    /// the signer's key. The nonce must be random and new.
    ///
    /// # Errors
    /// [`SigningError::NoTimestampHash`], for an algorithm that has no hash function.
    pub fn timestamp_request(&self, nonce: Nonce) -> Result<TimestampRequest, SigningError> {
        let hash = match HashFunction::of(self.made.algorithm) {
            Some(HashFunction::Sha256) => Hash::Sha256,
            Some(HashFunction::Sha384) => Hash::Sha384,
            Some(HashFunction::Sha512) => Hash::Sha512,
            _ => return Err(SigningError::NoTimestampHash { algorithm: self.made.algorithm }),
        };
        Ok(TimestampRequest::new(MessageImprint::of(hash, &self.made.signature), nonce))
    }
    /// Adds a timestamp, after it was verified: over this signature, by an authority of `store`, within the validity of the chain.
    ///
    /// # Errors
    /// [`SigningError::Timestamp`] for one that does not hold, [`SigningError::PluginEnvelope`] for an envelope that a plugin made and
    /// that nobody else may change.
    pub fn with_timestamp(&self, token: &[u8], store: &TrustStore, crypto: Provider<'_>) -> Result<Self, SigningError> {
        let Some(draft) = &self.made.draft else { return Err(SigningError::PluginEnvelope) };
        let token = TimestampToken::parse(token, &TimestampLimits::default())?;
        let verified = token.verify(&self.made.signature, store, crypto)?;
        let chain = self.made.verified(crypto)?;
        within_validity(&chain, &verified).map_err(|error| SigningError::TimestampValidity(Box::new(error)))?;
        let certificates = self.made.certificates();
        let agent = &self.options.signing_agent;
        let bytes = draft.attach_timestamped(&self.made.signature, &certificates, agent, token.der())?;
        let envelope = Blob::of(self.options.format.media_type(), bytes);
        let stamped = Self { envelope, token: Some(token), ..self.clone() };
        stamped.check_own(crypto)?;
        Ok(stamped)
    }
    /// Finds out whether a certificate of the time-stamping authority is revoked, which no verifier would let pass.
    ///
    /// # Errors
    /// [`Missing::Pending`] when something was asked now. Without a timestamp there is nothing to find out, and the answer is none.
    pub fn timestamp_revocation<A: StatusAnswers + ?Sized>(
        &self,
        store: &TrustStore,
        at: UnixTime,
        sources: &RevocationSources<'_>,
        ask: &mut A,
        crypto: Provider<'_>,
    ) -> Result<Option<RevocationReport>, Missing> {
        let verified = self.token.as_ref().and_then(|token| token.verify(&self.made.signature, store, crypto).ok());
        verified.map(|verified| check_chain(verified.chain(), at, sources, ask, crypto)).transpose()
    }
    /// The envelope: the signature of a blob, to be written beside it.
    ///
    /// # Errors
    /// [`SigningError::ShortLived`], for a chain that ends too early and has no timestamp.
    pub fn envelope(&self) -> Result<&Blob, SigningError> {
        self.check_lasting()?;
        Ok(&self.envelope)
    }
    /// The envelope with the signature manifest: what is pushed for a manifest.
    ///
    /// # Errors
    /// [`SigningError::ShortLived`], for a chain that ends too early and has no timestamp; [`SigningError::NoManifest`], for the
    /// signature of a blob.
    pub fn signature_manifest(&self) -> Result<NotarySignature, SigningError> {
        let Target::Manifest(subject) = &self.target else { return Err(SigningError::NoManifest) };
        let envelope = self.envelope()?.clone();
        let thumbprints = self.made.chain.iter().map(|der| Digest::sha256_of(der));
        let annotations = &self.made.annotations;
        let manifest =
            SignatureManifest::write(&envelope, subject, thumbprints, self.options.signing_time, annotations);
        Ok(NotarySignature { envelope, config: SignatureManifest::empty_config(), manifest })
    }
    /// What came back from the signer is checked like any other signature: a key that is not the leaf's shows here.
    pub(super) fn check_own(&self, crypto: Provider<'_>) -> Result<(), SigningError> {
        let read = Envelope::parse(self.envelope.bytes(), &self.envelope.descriptor().media_type)?;
        let checked = read.check(crypto, |_| None)?;
        match &self.target {
            Target::Blob(blob) => checked.target()?.check_is_blob(blob)?,
            Target::Manifest(manifest) => checked.target()?.check_is(manifest)?,
        }
        Ok(())
    }
    fn check_lasting(&self) -> Result<(), SigningError> {
        let stamped = self.token.is_some() || self.made.timestamped;
        let Some(until) = self.options.must_last_until.filter(|_| !stamped) else { return Ok(()) };
        let certificates = self.made.certificates();
        let chain = plimsoll_pki::PresentedChain::from_der(&certificates, &plimsoll_pki::Limits::default())?;
        check_lasting(chain.certificates(), until)
    }
}

/// A chain must be valid until a time.
pub(super) fn check_lasting(chain: &[plimsoll_pki::Certificate<'_>], until: UnixTime) -> Result<(), SigningError> {
    let ends = chain.iter().map(|one| one.validity().not_after).min();
    match ends.filter(|not_after| *not_after < until) {
        Some(not_after) => Err(SigningError::ShortLived { not_after, until }),
        None => Ok(()),
    }
}
