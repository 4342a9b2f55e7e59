//! An envelope in the making.

use crate::{
    Format, SignedAttributes,
    envelope::{SIGNING_AGENT, TIMESTAMP},
};
use alloc::{vec, vec::Vec};
use plimsoll_core::Algorithm;
use plimsoll_envelope::{CoseDraft, EnvelopeError, HeaderValue, JwsDraft, Label, signing_digest};

/// A protected header and a payload, waiting for their signature.
///
/// Nothing is checked here: whoever signs uses [`SignatureDraft`](crate::SignatureDraft), this is for signatures that need not hold.
///
/// ```
/// use plimsoll_core::{Algorithm, UnixTime};
/// use plimsoll_notary::{Format, EnvelopeDraft, SignedAttributes, SigningScheme};
/// let attributes = SignedAttributes::new(SigningScheme::X509, UnixTime::MIN);
/// let draft = EnvelopeDraft::new(Format::Jws, Algorithm::EcdsaP256Sha256Fixed, &attributes, b"{}").unwrap();
/// assert!(draft.signing_input().starts_with(b"eyJhbGciOiJFUzI1NiIs"));
/// let der = EnvelopeDraft::new(Format::Jws, Algorithm::EcdsaP256Sha256Der, &attributes, b"{}");
/// assert!(der.is_err(), "no envelope carries ECDSA in DER");
/// ```
#[derive(Clone, Debug)]
pub struct EnvelopeDraft {
    algorithm: Algorithm,
    draft: Draft,
}

#[derive(Clone, Debug)]
enum Draft {
    Cose(CoseDraft),
    Jws(JwsDraft),
}

impl EnvelopeDraft {
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
        let draft = match format {
            Format::Cose => Draft::Cose(CoseDraft::new(algorithm, &members, payload)?),
            Format::Jws => Draft::Jws(JwsDraft::new(algorithm, &members, payload)?),
        };
        Ok(Self { algorithm, draft })
    }
    /// What the signature is over.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        match &self.draft {
            Draft::Cose(draft) => draft.signing_input(),
            Draft::Jws(draft) => draft.signing_input(),
        }
    }
    /// The hash of the signing input, for keys that sign a hash; none where the key must see the message.
    #[must_use]
    pub fn signing_digest(&self) -> Option<Vec<u8>> {
        signing_digest(self.algorithm, self.signing_input())
    }
    /// Puts signature, chain and the name of the signing program to it.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`], for a value that the format does not have.
    pub fn attach(&self, signature: &[u8], chain: &[&[u8]], signing_agent: &str) -> Result<Vec<u8>, EnvelopeError> {
        self.attach_all(signature, chain, signing_agent, None)
    }
    /// The same, with a timestamp token.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`], for a value that the format does not have.
    pub fn attach_timestamped(
        &self,
        signature: &[u8],
        chain: &[&[u8]],
        signing_agent: &str,
        token: &[u8],
    ) -> Result<Vec<u8>, EnvelopeError> {
        self.attach_all(signature, chain, signing_agent, Some(token))
    }
    fn attach_all(
        &self,
        signature: &[u8],
        chain: &[&[u8]],
        signing_agent: &str,
        token: Option<&[u8]>,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let chain = HeaderValue::chain(chain);
        let mut members = vec![(Label::from(SIGNING_AGENT), HeaderValue::from(signing_agent))];
        members.extend(token.map(|token| (Label::from(TIMESTAMP), HeaderValue::from(token))));
        match &self.draft {
            Draft::Cose(draft) => {
                members.insert(0, (Label::from(33), chain));
                draft.attach(signature, &members)
            }
            Draft::Jws(draft) => {
                members.push((Label::from("x5c"), chain));
                draft.attach(signature, &members)
            }
        }
    }
}
