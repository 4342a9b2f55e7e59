//! Signing: an envelope and a signature manifest, as Notation writes and accepts them.

mod attached;
mod envelope_draft;
mod error;
mod request;

pub use attached::AttachedSignature;
pub use envelope_draft::EnvelopeDraft;
pub use error::SigningError;
pub use request::{SignatureDraft, SigningRequest};

use crate::{Artifact, Format, SigningScheme, Suite, payload};
use alloc::{borrow::Cow, collections::BTreeMap, string::String};
use plimsoll_core::{Blob, Descriptor, Escaped, Failure, LimitExceeded, Provider, Sign, UnixTime};
use plimsoll_pki::{ChainOptions, verify_chain};

/// What a signature says beside the artifact.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SignOptions {
    /// The format of the envelope: JWS.
    pub format: Format,
    /// How the signing time is vouched for: by nobody, [`SigningScheme::X509`].
    pub scheme: SigningScheme,
    /// The signing time: what the signature claims or, under [`SigningScheme::X509SigningAuthority`], what the authority answers for.
    pub signing_time: UnixTime,
    /// The first second at which the signature shall not count any more: never.
    pub expiry: Option<UnixTime>,
    /// User metadata, signed: none.
    pub metadata: BTreeMap<String, String>,
    /// Annotations of the artifact's descriptor, signed along: none. No key may also be one of the user metadata.
    pub artifact_annotations: BTreeMap<String, String>,
    /// Until when the signature shall count at least. A chain that ends before is refused where there is neither a timestamp nor the time of a
    /// signing authority, since with the chain the signature ends: no demand.
    pub must_last_until: Option<UnixTime>,
    /// The program that signs, not signed: `plimsoll/` and the version of this crate.
    pub signing_agent: Cow<'static, str>,
}

impl SignOptions {
    /// Signs at this time, with the defaults that stand at each field.
    #[must_use]
    pub fn new(signing_time: UnixTime) -> Self {
        Self {
            format: Format::default(),
            scheme: SigningScheme::X509,
            signing_time,
            expiry: None,
            metadata: BTreeMap::new(),
            artifact_annotations: BTreeMap::new(),
            must_last_until: None,
            signing_agent: Cow::Borrowed(concat!("plimsoll/", env!("CARGO_PKG_VERSION"))),
        }
    }
    /// Sets the format.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }
    /// Signs as a signing authority, by the scheme `notary.x509.signingAuthority`: the signing time is authentic, and the key answers for it.
    ///
    /// Whoever verifies looks for the root in a `signingAuthority` store, and in no other. No timestamp is added.
    #[must_use]
    pub fn by_signing_authority(mut self) -> Self {
        self.scheme = SigningScheme::X509SigningAuthority;
        self
    }
    /// Sets the expiry.
    #[must_use]
    pub fn with_expiry(mut self, expiry: UnixTime) -> Self {
        self.expiry = Some(expiry);
        self
    }
    /// Demands that the signature counts until a time: by the validity of its chain, or by a timestamp.
    #[must_use]
    pub fn lasting_until(mut self, time: UnixTime) -> Self {
        self.must_last_until = Some(time);
        self
    }
    /// Sets the annotations of the artifact's descriptor.
    #[must_use]
    pub fn with_artifact_annotations(mut self, annotations: BTreeMap<String, String>) -> Self {
        self.artifact_annotations = annotations;
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

/// Signs an artifact, under the scheme of the options.
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
    let signature = sign_artifact(Artifact::Manifest(target), signer, chain, options, crypto).await?;
    signature.signature_manifest()
}

/// Signs a manifest or a blob, and leaves the last steps to the caller: a timestamp, and the manifest.
///
/// # Errors
/// [`SigningError`], as for [`sign`]. A chain that ends before [`SignOptions::must_last_until`] is refused with the last step only, since a
/// timestamp may still come.
pub async fn sign_artifact<S: Sign>(
    target: Artifact<'_>,
    signer: &S,
    chain: &[&[u8]],
    options: &SignOptions,
    crypto: Provider<'_>,
) -> Result<AttachedSignature, SigningError> {
    let request = SigningRequest::new(target, options)?;
    check_chain(signer.algorithm(), chain, options.signing_time, crypto)?;
    let draft = request.draft(signer.algorithm())?;
    let signature = signer.sign(draft.signing_input()).await;
    let signature = signature.map_err(|error| SigningError::Signer(Failure::of(&error)))?;
    draft.attach(&signature, chain, crypto)
}

fn check_options(options: &SignOptions) -> Result<(), SigningError> {
    // A plain prefix without a dot at its end, as notation-go has it.
    if let Some(key) = options.metadata.keys().find(|key| key.starts_with(RESERVED)) {
        return Err(SigningError::ReservedMetadata { key: Escaped::new(key) });
    }
    let both = options.metadata.keys().find(|key| options.artifact_annotations.contains_key(*key));
    if let Some(key) = both {
        return Err(SigningError::MetadataCollision { key: Escaped::new(key) });
    }
    let count = options.metadata.len().saturating_add(options.artifact_annotations.len());
    let count = u64::try_from(count).unwrap_or(u64::MAX);
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
    let suite = Suite::of(algorithm);
    let chain = verify_chain(chain, &ChainOptions::new(suite.profile()), crypto, None)?;
    chain.valid_at(at)?;
    let key = chain.leaf().key();
    match suite.algorithm(key) {
        Some(expected) if expected == algorithm => Ok(()),
        expected => Err(SigningError::Algorithm { key, expected, found: algorithm }),
    }
}

const RESERVED: &str = "io.cncf.notary";
