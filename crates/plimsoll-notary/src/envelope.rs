//! The envelope layer: split, signature, attributes and chain, without trust, time or target.

use crate::{
    AttributeError, Format, PAYLOAD_TYPE, PayloadError, SignedAttributes, SigningScheme, Suite, TargetArtifact, code,
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Algorithm, Classify, Code, Escaped, Provider};
use plimsoll_envelope::{
    Countersignatures, Critical, EnvelopeError, HeaderValue, Label, Limits, Opened, Part, Sealed, Unverified,
};
use plimsoll_pki::{ChainError, ChainOptions, KeyKind, PresentedChain, TrustStore, VerifiedChain};

pub(crate) const SIGNING_AGENT: &str = "io.cncf.notary.signingAgent";
pub(crate) const TIMESTAMP: &str = "io.cncf.notary.timestampSignature";

/// A signature envelope that was split and in which nothing was checked.
///
/// ```
/// use plimsoll_notary::{Envelope, EnvelopeLayerError};
/// let refused = Envelope::parse(b"{}", "application/cose").unwrap_err();
/// assert!(matches!(refused, EnvelopeLayerError::Envelope(_)), "the media type decides, the bytes are not sniffed");
/// assert!(Envelope::parse(b"{}", "application/json").is_err());
/// ```
#[derive(Debug)]
pub struct Envelope<'a> {
    format: Format,
    suite: Suite,
    sealed: Sealed<'a>,
}

impl<'a> Envelope<'a> {
    /// Splits the bytes of a layer of this media type.
    ///
    /// # Errors
    /// [`EnvelopeLayerError`]: another media type, or what is wrong with the form.
    pub fn parse(bytes: &'a [u8], media_type: &str) -> Result<Self, EnvelopeLayerError> {
        let (suite, format) = Suite::of_media_type(media_type)
            .ok_or_else(|| EnvelopeLayerError::Format { found: Escaped::new(media_type) })?;
        let limits = Limits::default();
        let sealed = match format {
            Format::Jws => Sealed::jws_flattened(bytes, &limits)?,
            Format::Cose => Sealed::cose_sign1(bytes, &limits)?,
        };
        Ok(Self { format, suite, sealed })
    }
    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }
    /// Which keys sign under the media type.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }
    /// What the envelope claims of itself. Anybody may have written it.
    ///
    /// # Errors
    /// None that [`Envelope::parse`] did not give.
    pub fn unverified(&self) -> Result<Unverified<'_>, EnvelopeLayerError> {
        Ok(self.sealed.unverified(0)?)
    }
    /// Checks the signature under the key of the first certificate, the attributes, and the chain by the rules of
    /// [signature-specification.md, Certificate Requirements][spec]. Not trust, not time.
    ///
    /// The chain's root is not checked once more where `anchors` hold it, byte by byte; nor is a chain that `crypto` has in its
    /// [memory](Provider::proofs).
    ///
    /// # Errors
    /// [`EnvelopeLayerError`], the signature's before all others.
    ///
    /// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-requirements
    pub fn check<'s>(
        &'s self,
        crypto: Provider<'_>,
        anchors: impl FnOnce(SigningScheme) -> Option<&'s TrustStore>,
    ) -> Result<CheckedEnvelope<'s>, EnvelopeLayerError> {
        let unverified = self.sealed.unverified(0)?;
        let options = ChainOptions::new(self.suite.profile());
        let mut der = [&[][..]; MOST_CERTIFICATES];
        let presented = unverified.presented_chain();
        let count = presented.len();
        let Some(der) = der.get_mut(..count) else { return Err(EnvelopeLayerError::ChainLength { found: count }) };
        der.iter_mut().zip(presented).for_each(|(slot, certificate)| *slot = certificate);
        let presented = PresentedChain::read(der, &options, crypto)?;
        // The algorithm is a function of the leaf key; the header must agree (signature-specification.md, Signature
        // Algorithm Requirements).
        let key = presented.leaf().key();
        let suite = self.suite;
        let algorithm = suite.algorithm(key).ok_or(EnvelopeLayerError::Key { suite, found: key })?;
        // Unknown critical attributes are judged with trust and policy, where a plugin may answer for them.
        let opened = self.sealed.open(0, presented.leaf().public_key(), algorithm, crypto, Critical::JudgedByCaller)?;
        let attributes = SignedAttributes::read(opened.protected(), self.format)?;
        let chain = presented.verify(&options, crypto, anchors(attributes.scheme))?;
        if opened.content_type() != Some(PAYLOAD_TYPE) {
            let found = opened.content_type().map(Escaped::new);
            return Err(EnvelopeLayerError::PayloadType { found });
        }
        Ok(CheckedEnvelope { format: self.format, opened, attributes, chain })
    }
}

/// An envelope whose signature holds under the key of a well-formed chain. The only way to make one is
/// [`Envelope::check`].
///
/// It says nothing yet of trust, time, or what the signature is about.
///
/// ```compile_fail
/// fn forge<'a>() -> plimsoll_notary::CheckedEnvelope<'a> { plimsoll_notary::CheckedEnvelope {} }
/// ```
#[derive(Clone, Debug)]
pub struct CheckedEnvelope<'s> {
    format: Format,
    opened: Opened<'s>,
    attributes: SignedAttributes<'s>,
    chain: VerifiedChain<'s>,
}

impl<'s> CheckedEnvelope<'s> {
    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }
    /// The payload: the very bytes that the signature is over.
    #[must_use]
    pub fn payload(&self) -> &'s [u8] {
        self.opened.payload()
    }
    /// What the payload says that was signed.
    ///
    /// # Errors
    /// [`PayloadError`].
    pub fn target(&self) -> Result<TargetArtifact<'s>, PayloadError> {
        TargetArtifact::parse(self.payload())
    }
    /// The signed attributes.
    #[must_use]
    pub fn attributes(&self) -> &SignedAttributes<'s> {
        &self.attributes
    }
    /// The chain.
    #[must_use]
    pub fn chain(&self) -> &VerifiedChain<'s> {
        &self.chain
    }
    /// The signatures over this signature that came along. None of them is checked.
    ///
    /// # Errors
    /// [`EnvelopeLayerError::Envelope`] where what came along has not the form of its specification.
    pub fn countersignatures(&self) -> Result<Option<Countersignatures<'s>>, EnvelopeLayerError> {
        Ok(self.opened.countersignatures()?)
    }
    pub(crate) const fn opened(&self) -> &Opened<'s> {
        &self.opened
    }
    /// The algorithm by which the signature holds.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.opened.algorithm()
    }
    /// What the unsigned header says of the program that signed: a claim, for people.
    #[must_use]
    pub fn claimed_signing_agent(&self) -> Option<Escaped> {
        signing_agent(self.opened.unverified())
    }
    /// Whether the unsigned header holds a timestamp token. Nothing of it is checked here.
    #[must_use]
    pub fn has_timestamp(&self) -> bool {
        has_timestamp(self.opened.unverified())
    }
    /// The timestamp token of the unsigned header. Nothing of it is checked here.
    ///
    /// # Errors
    /// [`EnvelopeLayerError::Envelope`], for a value that is not bytes, as the format writes them.
    pub fn claimed_timestamp(&self) -> Result<Option<Vec<u8>>, EnvelopeLayerError> {
        claimed_timestamp(self.opened.unverified())
    }
    /// The signature itself: what a timestamp is made of.
    #[must_use]
    pub fn signature(&self) -> &'s [u8] {
        self.opened.signature()
    }
    /// The names of unsigned attributes that Notary does not define.
    pub(crate) fn unknown_unsigned(&self) -> Option<String> {
        let chain = if self.format == Format::Jws { Label::from("x5c") } else { Label::from(33) };
        let known = [chain, Label::from(SIGNING_AGENT), Label::from(TIMESTAMP)];
        let mut labels = self.opened.unverified().unprotected().iter().map(|(label, _)| label);
        labels.find(|label| !known.contains(label)).map(ToString::to_string)
    }
}

pub(crate) fn claimed_timestamp(unverified: Unverified<'_>) -> Result<Option<Vec<u8>>, EnvelopeLayerError> {
    let Some(value) = unverified.unprotected().get(TIMESTAMP) else { return Ok(None) };
    Ok(Some(value.to_bytes(Part::UnprotectedHeader, TIMESTAMP)?.into_owned()))
}

pub(crate) fn signing_agent(unverified: Unverified<'_>) -> Option<Escaped> {
    unverified.unprotected().get(SIGNING_AGENT).and_then(HeaderValue::as_text).map(Escaped::new)
}

pub(crate) fn has_timestamp(unverified: Unverified<'_>) -> bool {
    unverified.unprotected().get(TIMESTAMP).is_some()
}

/// [signature-specification.md, Signature Algorithm Requirements][spec]: a function of the key, and of nothing else.
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#signature-algorithm-requirements
pub(crate) fn signing_algorithm(key: KeyKind) -> Option<Algorithm> {
    match key {
        KeyKind::Rsa { bits: 2048, .. } => Some(Algorithm::RsaPssSha256),
        KeyKind::Rsa { bits: 3072, .. } => Some(Algorithm::RsaPssSha384),
        KeyKind::Rsa { bits: 4096, .. } => Some(Algorithm::RsaPssSha512),
        KeyKind::P256 => Some(Algorithm::EcdsaP256Sha256Fixed),
        KeyKind::P384 => Some(Algorithm::EcdsaP384Sha384Fixed),
        KeyKind::P521 => Some(Algorithm::EcdsaP521Sha512Fixed),
        _ => None,
    }
}

/// Why an envelope does not hold by itself.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeLayerError {
    /// The attributes.
    #[error(transparent)]
    Attributes(#[from] AttributeError),
    /// The chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// More certificates than a chain may have.
    #[error("expected at most {MOST_CERTIFICATES} certificates, found {found}")]
    ChainLength {
        /// How many.
        found: usize,
    },
    /// The envelope, or its signature.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Another media type.
    #[error("expected an envelope of type application/jose+json or application/cose, found `{found}`")]
    Format {
        /// The media type.
        found: Escaped,
    },
    /// The key of the signer is not one that Notary signs with.
    #[error("expected a signer's key of {}, found {found}", suite.keys())]
    Key {
        /// What may sign under the media type of the envelope.
        suite: Suite,
        /// The key.
        found: KeyKind,
    },
    /// The payload is not a Notary payload.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The payload is of another type.
    #[error("expected a payload of type {PAYLOAD_TYPE}, found {}", found.as_ref().map_or_else(|| "none".to_owned(), |found| format!("`{found}`")))]
    PayloadType {
        /// Its type.
        found: Option<Escaped>,
    },
}

impl Classify for EnvelopeLayerError {
    fn code(&self) -> Code {
        match self {
            Self::Attributes(error) => error.code(),
            Self::Chain(error) => error.code(),
            Self::ChainLength { .. } => plimsoll_core::code::LIMIT_EXCEEDED,
            Self::Envelope(error) => error.code(),
            Self::Format { .. } => code::UNSUPPORTED_SIGNATURE_FORMAT,
            Self::Key { .. } => plimsoll_pki::code::CERTIFICATE_PROFILE,
            Self::Payload(error) => error.code(),
            Self::PayloadType { .. } => code::UNSUPPORTED_PAYLOAD_TYPE,
        }
    }
}

/// As the limits of envelope and pki have it: real chains have two to four.
const MOST_CERTIFICATES: usize = 10;
