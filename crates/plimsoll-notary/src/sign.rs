//! Signing: an envelope and a signature manifest, as Notation writes and accepts them.

mod draft;
mod error;

pub use draft::SignatureDraft;
pub use error::SigningError;

use crate::{
    Envelope, Format, SignatureManifest, SignedAttributes, SigningScheme, envelope::signing_algorithm, payload,
};
use plimsoll_core::{Blob, Descriptor, Escaped, Failure, LimitExceeded, Provider, Sign, UnixTime};
use plimsoll_pki::{ChainOptions, Profile, verify_chain};
use std::{borrow::Cow, collections::BTreeMap};

/// What a signature says beside the artifact.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SignOptions {
    /// The format of the envelope: JWS.
    pub format: Format,
    /// The signing time, which the signature claims.
    pub signing_time: UnixTime,
    /// The first second at which the signature shall not count any more: never.
    pub expiry: Option<UnixTime>,
    /// User metadata, signed: none.
    pub metadata: BTreeMap<String, String>,
    /// The program that signs, not signed: `plimsoll/` and the version of this crate.
    pub signing_agent: Cow<'static, str>,
}

impl SignOptions {
    /// Signs at this time, with the defaults that stand at each field.
    #[must_use]
    pub fn new(signing_time: UnixTime) -> Self {
        Self {
            format: Format::default(),
            signing_time,
            expiry: None,
            metadata: BTreeMap::new(),
            signing_agent: Cow::Borrowed(concat!("plimsoll/", env!("CARGO_PKG_VERSION"))),
        }
    }
    /// Sets the format.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }
    /// Sets the expiry.
    #[must_use]
    pub fn with_expiry(mut self, expiry: UnixTime) -> Self {
        self.expiry = Some(expiry);
        self
    }
    /// Adds an entry of user metadata.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }
}

/// A signature that was made: three blobs to push, the manifest last.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NotarySignature {
    /// The envelope.
    pub envelope: Blob,
    /// The empty config of the manifest.
    pub config: Blob,
    /// The signature manifest, whose subject is the artifact.
    pub manifest: Blob,
}

/// Signs an artifact under the scheme `notary.x509`.
///
/// `chain` holds the certificates in DER, the signer's first, the self-signed root last. Before it signs, it checks the chain by the
/// rules that a verifier has, at the signing time; after it, the signature that came back.
///
/// # Errors
/// [`SigningError`], which says what in the key, the chain or the options breaks which rule.
pub async fn sign<S: Sign>(
    target: &Descriptor,
    signer: &S,
    chain: &[&[u8]],
    options: &SignOptions,
    crypto: Provider<'_>,
) -> Result<NotarySignature, SigningError> {
    check_options(options)?;
    check_chain(signer.algorithm(), chain, options.signing_time, crypto)?;
    let mut attributes = SignedAttributes::new(SigningScheme::X509, options.signing_time);
    attributes.expiry = options.expiry;
    let metadata = options.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let payload = payload::write(crate::Artifact::Manifest(target), metadata);
    let draft = SignatureDraft::new(options.format, signer.algorithm(), &attributes, &payload)?;
    let signature = signer.sign(draft.signing_input()).await;
    let signature = signature.map_err(|error| SigningError::Signer(Failure::of(&error)))?;
    let envelope = Blob::of(options.format.media_type(), draft.attach(&signature, chain, &options.signing_agent)?);
    check_own(&envelope, target, crypto)?;
    let thumbprints = chain.iter().map(|der| plimsoll_core::Digest::sha256_of(der));
    let manifest = SignatureManifest::write(&envelope, target, thumbprints, options.signing_time);
    Ok(NotarySignature { envelope, config: SignatureManifest::empty_config(), manifest })
}

fn check_options(options: &SignOptions) -> Result<(), SigningError> {
    // A plain prefix without a dot at its end, as notation-go has it.
    if let Some(key) = options.metadata.keys().find(|key| key.starts_with(RESERVED)) {
        return Err(SigningError::ReservedMetadata { key: Escaped::new(key) });
    }
    let count = u64::try_from(options.metadata.len()).unwrap_or(u64::MAX);
    LimitExceeded::check("entries of user metadata", payload::MOST_METADATA, count)?;
    match options.expiry {
        Some(expiry) if expiry <= options.signing_time => {
            Err(SigningError::Expiry { signing_time: options.signing_time, expiry })
        }
        _ => Ok(()),
    }
}

fn check_chain(
    algorithm: plimsoll_core::Algorithm,
    chain: &[&[u8]],
    at: UnixTime,
    crypto: Provider<'_>,
) -> Result<(), SigningError> {
    let chain = verify_chain(chain, &ChainOptions::new(Profile::NotarySigning), crypto, None)?;
    chain.valid_at(at)?;
    let key = chain.leaf().key();
    match signing_algorithm(key) {
        Some(expected) if expected == algorithm => Ok(()),
        expected => Err(SigningError::Algorithm { key, expected, found: algorithm }),
    }
}

/// What came back from the signer is checked like any other signature: a key that is not the leaf's shows here.
fn check_own(envelope: &Blob, target: &Descriptor, crypto: Provider<'_>) -> Result<(), SigningError> {
    let read = Envelope::parse(envelope.bytes(), &envelope.descriptor().media_type)?;
    let checked = read.check(crypto, |_| None)?;
    checked.target()?.check_is(target)?;
    Ok(())
}

const RESERVED: &str = "io.cncf.notary";
