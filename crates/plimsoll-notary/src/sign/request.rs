//! What is to be signed, checked before anybody signs it.

use super::{AttachedSignature, EnvelopeDraft, SignOptions, SigningError, attached::Made, check_chain, check_options};
use crate::{
    Artifact, CheckedEnvelope, Envelope, SignedAttributes, SigningScheme, Suite,
    json::{Json, ReadError},
    payload,
    plugin::GeneratedEnvelope,
};
use alloc::{string::ToString, vec::Vec};
use plimsoll_core::{Algorithm, Blob, Escaped, Provider};
use plimsoll_pki::timestamp::{TimestampError, TimestampLimits, TimestampToken};

/// An artifact and what is said about it: the payload of a signature.
///
/// Signing is three steps, which may lie apart: [`SigningRequest::draft`] gives what the key signs, [`SignatureDraft::attach`] puts
/// signature and certificates to it and verifies at once, [`AttachedSignature::with_timestamp`] adds proof of the time. Nothing is to be
/// pushed before the last; a step that fails leaves nothing behind. [`sign`](crate::sign()) does the first two.
///
/// ```
/// use plimsoll_core::{Algorithm, Descriptor, Sign};
/// use plimsoll_crypto::provider;
/// use plimsoll_notary::{Artifact, SignOptions, SigningRequest};
/// use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};
/// let ca = TestCa::new(KeySpec::P256);
/// let app = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}");
/// let options = SignOptions::new(NOW);
/// let request = SigningRequest::new(Artifact::Manifest(&app), &options).unwrap();
/// let draft = request.draft(Algorithm::EcdsaP256Sha256Fixed).unwrap();
///
/// let signature = ca.leaf.key.envelope_signer().unwrap().sign_now(draft.signing_input()).unwrap();
/// let made = draft.attach(&signature, &ca.chain(), provider()).unwrap();
/// assert!(made.signature_manifest().is_ok());
/// // The signature of another key is refused before anything is pushed.
/// let other = TestCa::new(KeySpec::P256);
/// assert!(draft.attach(&signature, &other.chain(), provider()).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct SigningRequest<'a> {
    pub(super) target: Artifact<'a>,
    pub(super) options: &'a SignOptions,
    payload: Vec<u8>,
}

impl<'a> SigningRequest<'a> {
    /// Writes the payload.
    ///
    /// # Errors
    /// [`SigningError`] for options that no verifier would accept, and metadata that may not be signed.
    pub fn new(target: Artifact<'a>, options: &'a SignOptions) -> Result<Self, SigningError> {
        check_options(options)?;
        let said = options.artifact_annotations.iter().chain(&options.metadata);
        let payload = payload::write(target, said.map(|(key, value)| (key.as_str(), value.as_str())));
        Ok(Self { target, options, payload })
    }
    /// The payload: what an envelope plugin is given.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
    /// What is to be signed by a key of this algorithm.
    ///
    /// # Errors
    /// [`SigningError`] for an algorithm that no envelope carries, and a blob that was hashed by another function than belongs to it.
    pub fn draft(&self, algorithm: Algorithm) -> Result<SignatureDraft<'_>, SigningError> {
        if let Artifact::Blob(blob) = self.target {
            let expected = Suite::hash_function(algorithm);
            if expected.is_none() || blob.digest.function() != expected {
                let digest = Escaped::new(&blob.digest.to_string());
                return Err(SigningError::BlobDigest { algorithm, expected, digest });
            }
        }
        let mut attributes = SignedAttributes::new(self.options.scheme, self.options.signing_time);
        attributes.expiry = self.options.expiry;
        let draft = EnvelopeDraft::new(self.options.format, algorithm, &attributes, &self.payload)?;
        Ok(SignatureDraft { request: self, algorithm, draft })
    }
    /// Takes the envelope that a plugin made for [`SigningRequest::payload`].
    ///
    /// It is verified and compared with what was asked for: the plugin may add annotations to the payload, and change and leave out
    /// nothing. Its unsigned attributes are those of the specification, or it is refused. The scheme is the plugin's: a signing service
    /// answers for its own time. A timestamp in it must be one of this signature, and counts once
    /// [`AttachedSignature::with_own_timestamp`] has verified it.
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn accept(&self, made: &GeneratedEnvelope, crypto: Provider<'_>) -> Result<AttachedSignature, SigningError> {
        let envelope = Blob::of(self.options.format.media_type(), made.envelope.clone());
        let read = Envelope::parse(envelope.bytes(), self.options.format.media_type())?;
        let checked = read.check(crypto, |_| None)?;
        self.check_accepted(&checked)?;
        let chain = checked.chain().certificates().iter().map(|one| one.der().to_vec()).collect();
        let made = Made {
            algorithm: checked.algorithm(),
            signature: checked.signature().to_vec(),
            chain,
            draft: None,
            annotations: made.annotations.clone(),
            scheme: checked.attributes().scheme,
            signing_time: checked.attributes().signing_time,
            claimed_token: token_of(&checked)?,
        };
        Ok(AttachedSignature::new(self, made, envelope.clone()))
    }
    /// [plugin-extensibility.md, generate-envelope][spec]: what the caller has to check.
    ///
    /// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/plugin-extensibility.md#signing-workflow-using-plugin
    fn check_accepted(&self, checked: &CheckedEnvelope<'_>) -> Result<(), SigningError> {
        let attributes = checked.attributes();
        checked.chain().valid_at(attributes.signing_time)?;
        let lasting = |from: plimsoll_core::UnixTime, to: Option<plimsoll_core::UnixTime>| {
            to.map(|to| to.as_secs().saturating_sub(from.as_secs()))
        };
        let expected = lasting(self.options.signing_time, self.options.expiry);
        let found = lasting(attributes.signing_time, attributes.expiry);
        if expected.is_some() && found != expected {
            return Err(SigningError::PluginExpiry { expected, found });
        }
        if let Some(name) = checked.unknown_unsigned() {
            return Err(SigningError::PluginUnsigned { name: Escaped::new(&name) });
        }
        let target = checked.target()?;
        match self.target {
            Artifact::Blob(blob) => target.check_is_blob(blob)?,
            Artifact::Manifest(manifest) => target.check_is(manifest)?,
        }
        let said = self.options.artifact_annotations.iter().chain(&self.options.metadata);
        target.check_metadata(said.map(|(key, value)| (key.as_str(), value.as_str())))?;
        match unknown_member(checked.payload()) {
            Some(name) => Err(SigningError::PluginPayload { name }),
            None => Ok(()),
        }
    }
}

/// The timestamp that a plugin put into its envelope, which must be one of this signature. Whose it is, is another question. Under the other
/// scheme there is none (signature-specification.md, Unsigned Attributes).
fn token_of(checked: &CheckedEnvelope<'_>) -> Result<Option<TimestampToken>, SigningError> {
    let Some(bytes) = checked.claimed_timestamp()? else { return Ok(None) };
    if checked.attributes().scheme == SigningScheme::X509SigningAuthority {
        return Err(SigningError::AuthorityTimestamp);
    }
    let token = TimestampToken::parse(&bytes, &TimestampLimits::default())?;
    if !token.claimed().imprint.is_of(checked.signature()) {
        return Err(TimestampError::ImprintMismatch.into());
    }
    Ok(Some(token))
}

/// A member that this crate would not have written into a payload.
fn unknown_member(payload: &[u8]) -> Option<Escaped> {
    const MEMBERS: [&str; 4] = ["annotations", "digest", "mediaType", "size"];
    let json = match Json::read(payload, "bytes of a payload", 32 << 20) {
        Ok(json) => json,
        Err(ReadError::Limit(_) | ReadError::Syntax(_)) => return Some(Escaped::new("targetArtifact")),
    };
    let outer = json.members().into_iter().flatten().map(|(name, _)| name).find(|name| *name != "targetArtifact");
    let inner = json.member("targetArtifact").and_then(Json::members).into_iter().flatten().map(|(name, _)| name);
    outer.or_else(|| inner.into_iter().find(|name| !MEMBERS.contains(&name.as_str()))).map(|name| Escaped::new(name))
}

/// A signature in the making: what a key signs, here or elsewhere.
#[derive(Clone, Debug)]
pub struct SignatureDraft<'r> {
    request: &'r SigningRequest<'r>,
    algorithm: Algorithm,
    draft: EnvelopeDraft,
}

impl SignatureDraft<'_> {
    /// What the signature is over: the message.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.draft.signing_input()
    }
    /// Its hash, for a key that signs a hash; none where the key must see the message.
    #[must_use]
    pub fn signing_digest(&self) -> Option<Vec<u8>> {
        self.draft.signing_digest()
    }
    /// Puts the signature and the certificates to it, the signer's first, and verifies what comes out.
    ///
    /// # Errors
    /// [`SigningError`]: a chain that no verifier would accept at the signing time, a key of another algorithm, or a signature that does
    /// not hold under it.
    pub fn attach(
        &self,
        signature: &[u8],
        chain: &[&[u8]],
        crypto: Provider<'_>,
    ) -> Result<AttachedSignature, SigningError> {
        let options = self.request.options;
        check_chain(self.algorithm, chain, options.signing_time, crypto)?;
        let bytes = self.draft.attach(signature, chain, &options.signing_agent)?;
        let media_type = Suite::of(self.algorithm).media_type(options.format);
        let made = Made {
            algorithm: self.algorithm,
            signature: signature.to_vec(),
            chain: chain.iter().map(|one| one.to_vec()).collect(),
            draft: Some(self.draft.clone()),
            annotations: alloc::collections::BTreeMap::new(),
            scheme: options.scheme,
            signing_time: options.signing_time,
            claimed_token: None,
        };
        let attached = AttachedSignature::new(self.request, made, Blob::of(media_type, bytes));
        attached.check_own(crypto)?;
        Ok(attached)
    }
}
