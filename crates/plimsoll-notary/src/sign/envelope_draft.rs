//! A signature in the making, for keys that sign elsewhere.

use crate::{Format, SignedAttributes, envelope::SIGNING_AGENT};
use plimsoll_core::Algorithm;
use plimsoll_envelope::{CoseDraft, EnvelopeError, HeaderValue, JwsDraft, Label};

/// A protected header and a payload, waiting for their signature.
///
/// [`sign`](crate::sign()) does all of it, with the checks. This is for a signer whose steps lie apart.
///
/// ```
/// use plimsoll_core::{Algorithm, UnixTime};
/// use plimsoll_notary::{Format, SignatureDraft, SignedAttributes, SigningScheme};
/// let attributes = SignedAttributes::new(SigningScheme::X509, UnixTime::MIN);
/// let draft = SignatureDraft::new(Format::Jws, Algorithm::EcdsaP256Sha256Fixed, &attributes, b"{}").unwrap();
/// assert!(draft.signing_input().starts_with(b"eyJhbGciOiJFUzI1NiIs"));
/// let der = SignatureDraft::new(Format::Jws, Algorithm::EcdsaP256Sha256Der, &attributes, b"{}");
/// assert!(der.is_err(), "no envelope carries ECDSA in DER");
/// ```
#[derive(Clone, Debug)]
pub struct SignatureDraft(Draft);

#[derive(Clone, Debug)]
enum Draft {
    Cose(CoseDraft),
    Jws(JwsDraft),
}

impl SignatureDraft {
    /// Writes the protected header as Notation does, byte by byte.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`], for an algorithm or a value that the format does not have.
    pub fn new(
        format: Format,
        algorithm: Algorithm,
        attributes: &SignedAttributes<'_>,
        payload: &[u8],
    ) -> Result<Self, EnvelopeError> {
        let members = attributes.members(format);
        Ok(Self(match format {
            Format::Cose => Draft::Cose(CoseDraft::new(algorithm, &members, payload)?),
            Format::Jws => Draft::Jws(JwsDraft::new(algorithm, &members, payload)?),
        }))
    }
    /// What the signature is over.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        match &self.0 {
            Draft::Cose(draft) => draft.signing_input(),
            Draft::Jws(draft) => draft.signing_input(),
        }
    }
    /// Puts signature, chain and the name of the signing program to it.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`], for a value that the format does not have.
    pub fn attach(&self, signature: &[u8], chain: &[&[u8]], signing_agent: &str) -> Result<Vec<u8>, EnvelopeError> {
        let agent = (Label::from(SIGNING_AGENT), HeaderValue::from(signing_agent));
        match &self.0 {
            Draft::Cose(draft) => draft.attach(signature, &[(Label::from(33), HeaderValue::chain(chain)), agent]),
            Draft::Jws(draft) => draft.attach(signature, &[(Label::from("x5c"), HeaderValue::chain(chain)), agent]),
        }
    }
}
