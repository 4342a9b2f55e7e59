//! A signature that was made and holds.

use super::{EnvelopeDraft, NotarySignature, SignOptions, SigningError, SigningRequest, check_chain as check_signer};
use crate::{
    Artifact, BlobArtifact, Envelope, Format, SignatureManifest, SigningScheme, Suite, verify::within_validity,
};
use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};
use plimsoll_core::{Algorithm, Blob, Descriptor, Digest, Missing, Provider, UnixTime};
use plimsoll_envelope::{CountersignatureDraft, Critical, HashFunction, HeaderValue, Label};
use plimsoll_pki::{
    ChainOptions, Hash, PresentedChain, TrustStore, VerifiedChain,
    distrust::Distrust,
    revocation::{RevocationReport, RevocationSources, StatusAnswers, check_chain},
    timestamp::{
        MessageImprint, Nonce, TimestampError, TimestampLimits, TimestampRequest, TimestampToken, VerifiedTimestamp,
    },
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
    countersigned: bool,
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
    pub(super) scheme: SigningScheme,
    pub(super) signing_time: UnixTime,
    /// A timestamp that came with the envelope of a plugin, over this signature, and not verified further.
    pub(super) claimed_token: Option<TimestampToken>,
}

impl Made {
    fn certificates(&self) -> Vec<&[u8]> {
        self.chain.iter().map(Vec::as_slice).collect()
    }
    fn verified(&self, crypto: Provider<'_>) -> Result<VerifiedChain<'_>, SigningError> {
        Ok(verify_chain(&self.certificates(), &ChainOptions::new(Suite::of(self.algorithm).profile()), crypto, None)?)
    }
}

impl AttachedSignature {
    pub(super) fn new(request: &SigningRequest<'_>, made: Made, envelope: Blob) -> Self {
        let target = match request.target {
            Artifact::Blob(blob) => Target::Blob(blob.clone()),
            Artifact::Manifest(manifest) => Target::Manifest(manifest.clone()),
        };
        Self { target, options: request.options.clone(), made, envelope, token: None, countersigned: false }
    }
    /// The request for a timestamp of the signature, for a time-stamping authority. Its imprint is by the hash function that belongs to
    /// the signer's key. The nonce must be random and new.
    ///
    /// # Errors
    /// [`SigningError::NoTimestampHash`], for an algorithm that has no hash function; [`SigningError::AuthorityTimestamp`], for a signature
    /// whose time an authority answers for.
    pub fn timestamp_request(&self, nonce: Nonce) -> Result<TimestampRequest, SigningError> {
        self.check_may_be_stamped()?;
        let hash = match Suite::hash_function(self.made.algorithm) {
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
    /// that nobody else may change, [`SigningError::AuthorityTimestamp`] for a signature whose time an authority answers for.
    pub fn with_timestamp(&self, token: &[u8], store: &TrustStore, crypto: Provider<'_>) -> Result<Self, SigningError> {
        self.check_may_be_stamped()?;
        let Some(draft) = &self.made.draft else { return Err(SigningError::PluginEnvelope) };
        if self.countersigned {
            return Err(SigningError::Countersigned);
        }
        let token = TimestampToken::parse(token, &TimestampLimits::default())?;
        self.check_token(&token, store, crypto)?;
        let certificates = self.made.certificates();
        let agent = &self.options.signing_agent;
        let bytes = draft.attach_timestamped(&self.made.signature, &certificates, agent, token.der())?;
        let envelope = Blob::of(&self.envelope.descriptor().media_type, bytes);
        let stamped = Self { envelope, token: Some(token), ..self.clone() };
        stamped.check_own(crypto)?;
        Ok(stamped)
    }
    /// Verifies the timestamp that the envelope of a plugin came with, as [`AttachedSignature::with_timestamp`] does. Only then it counts where
    /// the signature has to last. Nobody but the plugin adds one (plugin-extensibility.md, FAQ).
    ///
    /// # Errors
    /// [`SigningError::NoTimestamp`] where there is none, [`SigningError::Timestamp`] for one that does not hold.
    pub fn with_own_timestamp(&self, store: &TrustStore, crypto: Provider<'_>) -> Result<Self, SigningError> {
        let token = self.token.as_ref().or(self.made.claimed_token.as_ref()).ok_or(SigningError::NoTimestamp)?;
        self.check_token(token, store, crypto)?;
        Ok(Self { token: Some(token.clone()), ..self.clone() })
    }
    /// Whether the envelope is one that a plugin made, to which nobody else adds a timestamp.
    #[must_use]
    pub fn is_by_plugin(&self) -> bool {
        self.made.draft.is_none()
    }
    fn check_may_be_stamped(&self) -> Result<(), SigningError> {
        match self.made.scheme {
            SigningScheme::X509 => Ok(()),
            SigningScheme::X509SigningAuthority => Err(SigningError::AuthorityTimestamp),
        }
    }
    /// It is over this signature, by an authority of the store, within the validity of the chain.
    fn check_token(
        &self,
        token: &TimestampToken,
        store: &TrustStore,
        crypto: Provider<'_>,
    ) -> Result<(), SigningError> {
        let verified = token.verify(&self.made.signature, store, crypto)?;
        let chain = self.made.verified(crypto)?;
        within_validity(&chain, &verified).map_err(|error| SigningError::TimestampValidity(Box::new(error)))
    }
    /// What a second key signs, to stand beside the first: the signature, its payload and its header. The first may be RSA or ECDSA, which
    /// Notation reads, and the second ML-DSA. A timestamp is added before.
    ///
    /// # Errors
    /// [`SigningError`] for an algorithm that no envelope carries.
    pub fn countersigning_input(&self, algorithm: Algorithm, crypto: Provider<'_>) -> Result<Vec<u8>, SigningError> {
        let read = Envelope::parse(self.envelope.bytes(), &self.envelope.descriptor().media_type)?;
        let checked = read.check(crypto, |_| None)?;
        Ok(CountersignatureDraft::new(checked.opened(), algorithm, &[])?.signing_input().to_vec())
    }
    /// Adds the signature of a second key over [`AttachedSignature::countersigning_input`], with its certificates, the signer's first, and
    /// verifies what comes out.
    ///
    /// # Errors
    /// [`SigningError`]: a chain that no verifier would accept, the key of the signer once more, a signature that does not hold, or an
    /// envelope that a plugin made.
    pub fn with_countersignature(
        &self,
        algorithm: Algorithm,
        signature: &[u8],
        chain: &[&[u8]],
        crypto: Provider<'_>,
    ) -> Result<Self, SigningError> {
        if self.made.draft.is_none() {
            return Err(SigningError::PluginEnvelope);
        }
        check_signer(algorithm, chain, self.options.signing_time, crypto)?;
        let media_type = self.envelope.descriptor().media_type.clone();
        let read = Envelope::parse(self.envelope.bytes(), &media_type)?;
        let checked = read.check(crypto, |_| None)?;
        let presented = PresentedChain::from_der(chain, &plimsoll_pki::Limits::default())?;
        let key = presented.leaf().public_key();
        if key.spki_der() == checked.chain().leaf().public_key().spki_der() {
            return Err(SigningError::SameKey);
        }
        if let Some(list) = checked.countersignatures()? {
            for index in 0..list.count() {
                let der: Vec<&[u8]> = list.unverified(index)?.presented_chain().take(1).collect();
                let other = PresentedChain::from_der(&der, &plimsoll_pki::Limits::default())?;
                if other.leaf().public_key().spki_der() == key.spki_der() {
                    return Err(SigningError::SameKey);
                }
            }
        }
        let draft = CountersignatureDraft::new(checked.opened(), algorithm, &[])?;
        let label = match self.options.format {
            Format::Cose => Label::from(33),
            Format::Jws => Label::from("x5c"),
        };
        let bytes = draft.attach(signature, &[(label, HeaderValue::chain(chain))])?;
        let signed = Self { envelope: Blob::of(&media_type, bytes), countersigned: true, ..self.clone() };
        signed.check_own(crypto)?;
        let read = Envelope::parse(signed.envelope.bytes(), &media_type)?;
        let checked = read.check(crypto, |_| None)?;
        if let Some(list) = checked.countersignatures()? {
            let last = list.count().saturating_sub(1);
            list.open(last, key, algorithm, crypto, Critical::Only(&[]))?;
        }
        Ok(signed)
    }
    /// Finds out whether a certificate of the time-stamping authority is revoked, which no verifier would let pass.
    ///
    /// # Errors
    /// [`Missing::Pending`] when something was asked now; within, [`TimestampError`] for a timestamp that does not hold under this store. Without a
    /// timestamp there is nothing to find out, and the answer is none.
    pub fn timestamp_revocation<A: StatusAnswers + ?Sized>(
        &self,
        store: &TrustStore,
        at: UnixTime,
        sources: &RevocationSources<'_>,
        ask: &mut A,
        crypto: Provider<'_>,
    ) -> Result<Result<Option<RevocationReport>, TimestampError>, Missing> {
        let verified = match self.verified_timestamp(store, crypto) {
            Ok(verified) => verified,
            Err(error) => return Ok(Err(error)),
        };
        Ok(Ok(verified.map(|verified| check_chain(verified.chain(), at, sources, ask, crypto)).transpose()?))
    }
    /// Finds out whether the time-stamping authority is distrusted. As for a verifier, an entry for signatures after some time holds for
    /// all of its timestamps.
    ///
    /// # Errors
    /// [`SigningError::Distrusted`]; [`SigningError::Timestamp`] for a timestamp that does not hold under this store. Without a timestamp there is nobody
    /// to distrust.
    pub fn timestamp_distrust(
        &self,
        store: &TrustStore,
        distrust: &Distrust,
        crypto: Provider<'_>,
    ) -> Result<(), SigningError> {
        match self.verified_timestamp(store, crypto)? {
            Some(verified) => Ok(distrust.check(verified.chain(), None)?),
            None => Ok(()),
        }
    }
    /// The timestamp, once it is verified; none where there is none.
    fn verified_timestamp<'a>(
        &'a self,
        store: &'a TrustStore,
        crypto: Provider<'_>,
    ) -> Result<Option<VerifiedTimestamp<'a>>, TimestampError> {
        self.token.as_ref().map(|token| token.verify(&self.made.signature, store, crypto)).transpose()
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
        let manifest = SignatureManifest::write(&envelope, subject, thumbprints, self.made.signing_time, annotations);
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
        // Either proves that the signature was there while its chain was valid.
        let dated = self.token.is_some() || self.made.scheme == SigningScheme::X509SigningAuthority;
        let Some(until) = self.options.must_last_until.filter(|_| !dated) else { return Ok(()) };
        let certificates = self.made.certificates();
        let chain = PresentedChain::from_der(&certificates, &plimsoll_pki::Limits::default())?;
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
