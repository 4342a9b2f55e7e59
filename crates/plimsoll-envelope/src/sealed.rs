//! An envelope that was split and is well-formed, and in which nothing was checked.

use crate::{
    Critical, EnvelopeError, Header, Limits, Opened,
    base64::Arena,
    cbor, cose,
    cose::Outside,
    critical, dsse, header, json, jws,
    short::{Chain, Slots},
};
use alloc::{
    borrow::{Cow, ToOwned},
    vec::Vec,
};
use core::ops::Range;
use plimsoll_core::{Algorithm, Escaped, LimitExceeded, Message, Provider, PublicKey, VerifyError};

/// A kind of envelope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Format {
    /// `COSE_Sign1`, RFC 9052.
    CoseSign1,
    /// DSSE, <https://github.com/secure-systems-lab/dsse>.
    Dsse,
    /// JWS in any serialization, RFC 7515.
    Jws,
}

/// An envelope that was split, is well-formed, and in which nothing was checked. It borrows the bytes that came.
///
/// No accessor gives the payload: [`Sealed::open`] checks a signature and gives an [`Opened`], which has one.
///
/// ```
/// use plimsoll_envelope::{EnvelopeError, Limits, Sealed};
/// let text = br#"{"payload":"e30","protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AAAA"}"#;
/// let sealed = Sealed::jws_flattened(text, &Limits::default())?;
/// assert_eq!(sealed.signatures(), 1);
///
/// let twice = br#"{"payload":"e30","payload":"e30","protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AAAA"}"#;
/// let refused = Sealed::jws_flattened(twice, &Limits::default()).unwrap_err();
/// assert_eq!(refused.to_string(), "`payload` stands twice in the envelope");
/// # Ok::<(), EnvelopeError>(())
/// ```
///
/// ```compile_fail
/// fn leak<'a>(sealed: &'a plimsoll_envelope::Sealed<'_>) -> &'a [u8] { sealed.payload() }
/// ```
#[derive(Debug)]
pub struct Sealed<'a> {
    pub(crate) format: Format,
    pub(crate) limits: Limits,
    pub(crate) arena: Arena,
    pub(crate) payload: Place<'a>,
    /// DSSE's `payloadType`.
    pub(crate) payload_type: Option<Cow<'a, str>>,
    pub(crate) detached: bool,
    pub(crate) slots: Slots<'a>,
}

/// One signature of an envelope.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) claimed: Claimed,
    /// The message that is signed, in order; the rest are empty.
    pub(crate) message: [Place<'a>; 4],
    pub(crate) protected: Place<'a>,
    pub(crate) unprotected: Header<'a>,
    pub(crate) signature: Place<'a>,
    pub(crate) chain: Chain<'a>,
    /// DSSE's `keyid`.
    pub(crate) key_id: Option<Cow<'a, str>>,
}

/// Where bytes are: in the input, or decoded in the arena.
#[derive(Clone, Debug)]
pub(crate) enum Place<'a> {
    Input(&'a [u8]),
    Arena(Range<usize>),
}

impl Place<'_> {
    pub(crate) const NOWHERE: Self = Place::Input(&[]);
}

/// The algorithm that a header claims.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Claimed {
    /// One of a public key.
    Known(Algorithm),
    /// The format has no such member (DSSE).
    Unstated,
    /// `none`, an HMAC, or another that is not used here.
    Unknown(Escaped),
}

impl<'a> Sealed<'a> {
    /// Reads a JWS in the flattened JSON serialization ([RFC 7515, 7.2.2]), the only one that Notary allows.
    ///
    /// Unknown members beside `payload`, `protected`, `header` and `signature` are ignored, as [RFC 7515, 7.2.1] orders.
    ///
    /// # Errors
    /// [`EnvelopeError`]: not JSON, a member twice, another serialization, wrong base64, a limit.
    ///
    /// [RFC 7515, 7.2.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.2.1
    /// [RFC 7515, 7.2.2]: https://www.rfc-editor.org/rfc/rfc7515#section-7.2.2
    pub fn jws_flattened(bytes: &'a [u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        jws::flattened(bytes, None, limits)
    }
    /// Reads a flattened JWS whose payload stands elsewhere ([RFC 7515, appendix F]): its member `payload` must be absent.
    ///
    /// # Errors
    /// As [`Sealed::jws_flattened`]; [`EnvelopeError::UnsupportedForm`] where a payload stands inside.
    ///
    /// [RFC 7515, appendix F]: https://www.rfc-editor.org/rfc/rfc7515#appendix-F
    pub fn jws_flattened_detached(bytes: &'a [u8], payload: &[u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        check_size(payload, limits)?;
        jws::flattened(bytes, Some(payload), limits)
    }
    /// Reads a JWS in the general JSON serialization ([RFC 7515, 7.2.1]). Each signature is opened by itself.
    ///
    /// # Errors
    /// As [`Sealed::jws_flattened`].
    ///
    /// [RFC 7515, 7.2.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.2.1
    pub fn jws_general(bytes: &'a [u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        jws::general(bytes, limits)
    }
    /// Reads a JWS in the compact serialization ([RFC 7515, 7.1]).
    ///
    /// # Errors
    /// As [`Sealed::jws_flattened`].
    ///
    /// [RFC 7515, 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
    pub fn jws_compact(bytes: &'a [u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        jws::compact(bytes, None, limits)
    }
    /// Reads a compact JWS whose payload stands elsewhere ([RFC 7515, appendix F]): its second part must be empty.
    ///
    /// # Errors
    /// As [`Sealed::jws_flattened_detached`].
    ///
    /// [RFC 7515, appendix F]: https://www.rfc-editor.org/rfc/rfc7515#appendix-F
    pub fn jws_compact_detached(bytes: &'a [u8], payload: &[u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        check_size(payload, limits)?;
        jws::compact(bytes, Some(payload), limits)
    }
    /// Reads a `COSE_Sign1_Tagged` with its payload inside ([RFC 9052, 4.2]).
    ///
    /// Lengths must be definite and labels integers or text; heads need not be minimal, maps not sorted.
    ///
    /// # Errors
    /// [`EnvelopeError`]: not CBOR, another tag, a label twice, a detached payload, a limit.
    ///
    /// [RFC 9052, 4.2]: https://www.rfc-editor.org/rfc/rfc9052#section-4.2
    pub fn cose_sign1(bytes: &'a [u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        cose::read(bytes, Outside::default(), limits)
    }
    /// Reads a `COSE_Sign1_Tagged` that also signs what both sides know without sending it ([RFC 9052, 4.3]).
    ///
    /// # Errors
    /// As [`Sealed::cose_sign1`].
    ///
    /// [RFC 9052, 4.3]: https://www.rfc-editor.org/rfc/rfc9052#section-4.3
    pub fn cose_sign1_with_external_aad(
        bytes: &'a [u8],
        external_aad: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        cose::read(bytes, Outside { external_aad, payload: None }, limits)
    }
    /// Reads a `COSE_Sign1_Tagged` whose payload stands elsewhere ([RFC 9052, 4.1]): `nil` must stand in its place.
    ///
    /// `external_aad` is empty where nothing of the kind was agreed.
    ///
    /// # Errors
    /// As [`Sealed::cose_sign1`]; [`EnvelopeError::UnsupportedForm`] where a payload stands inside.
    ///
    /// [RFC 9052, 4.1]: https://www.rfc-editor.org/rfc/rfc9052#section-4.1
    pub fn cose_sign1_detached(
        bytes: &'a [u8],
        payload: &'a [u8],
        external_aad: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        check_size(payload, limits)?;
        cose::read(bytes, Outside { external_aad, payload: Some(payload) }, limits)
    }
    /// Reads a DSSE envelope ([envelope.md]). Each signature is opened by itself.
    ///
    /// A signature object may hold `cert`: one PEM text with the certificates of the signer, leaf first. DSSE leaves this open
    /// ("signatures may have other fields"); slsa-github-generator writes it and slsa-verifier reads it.
    ///
    /// # Errors
    /// [`EnvelopeError`]: not JSON, a member twice, wrong base64, no signature, a limit.
    ///
    /// [envelope.md]: https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md
    pub fn dsse(bytes: &'a [u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        check_size(bytes, limits)?;
        dsse::read(bytes, limits)
    }
    /// The kind of envelope.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }
    /// How many signatures there are; at least one.
    #[must_use]
    pub fn signatures(&self) -> usize {
        self.slots.len()
    }
    /// What signature number `index` claims of itself. Anybody may have written it: for choosing a key, and to be shown.
    ///
    /// # Errors
    /// [`EnvelopeError::NoSuchSignature`].
    pub fn unverified(&self, index: usize) -> Result<Unverified<'_>, EnvelopeError> {
        Ok(Unverified { sealed: self, slot: self.slot(index)? })
    }
    /// Checks signature number `index` under `key`, and gives what it covers.
    ///
    /// `algorithm` is the one that the caller's key demands, never the header's; they must agree. The signature is checked before the
    /// critical members, so that a forged envelope is called forged.
    ///
    /// # Errors
    /// [`EnvelopeError::AlgorithmMismatch`] or [`UnsupportedAlgorithm`](EnvelopeError::UnsupportedAlgorithm) by the header,
    /// [`SignatureInvalid`](EnvelopeError::SignatureInvalid), [`UnsupportedBackend`](EnvelopeError::UnsupportedBackend), and
    /// [`UnknownCritical`](EnvelopeError::UnknownCritical) for what `critical` does not cover.
    ///
    /// # Security
    /// The result says that this key signed these bytes. It says nothing of whose key it is.
    pub fn open<'s>(
        &'s self,
        index: usize,
        key: PublicKey<'s>,
        algorithm: Algorithm,
        crypto: Provider<'_>,
        critical: Critical<'_>,
    ) -> Result<Opened<'s>, EnvelopeError> {
        let slot = self.slot(index)?;
        match &slot.claimed {
            Claimed::Known(header) if *header != algorithm => {
                return Err(EnvelopeError::AlgorithmMismatch { header: *header, key: algorithm });
            }
            Claimed::Unknown(found) => return Err(EnvelopeError::UnsupportedAlgorithm { found: found.clone() }),
            Claimed::Known(_) | Claimed::Unstated => {}
        }
        let parts: [&[u8]; 4] = slot.message.each_ref().map(|place| self.bytes(place));
        let used = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last.saturating_add(1));
        let message = Message::Parts(parts.get(..used).unwrap_or(&parts));
        crypto.verify(algorithm, key, message, self.bytes(&slot.signature)).map_err(|error| match error {
            VerifyError::BadSignature => EnvelopeError::SignatureInvalid,
            VerifyError::Unsupported => EnvelopeError::UnsupportedBackend { algorithm },
        })?;
        let protected = self.protected(slot)?;
        critical::check_understood(&protected, critical)?;
        Ok(Opened::checked(self, slot, protected, key, algorithm))
    }

    pub(crate) fn slot(&self, index: usize) -> Result<&Slot<'a>, EnvelopeError> {
        self.slots.get(index).ok_or(EnvelopeError::NoSuchSignature { index, count: self.slots.len() })
    }
    pub(crate) fn bytes(&self, place: &Place<'a>) -> &[u8] {
        match place {
            Place::Input(bytes) => bytes,
            Place::Arena(range) => self.arena.get(range.clone()).unwrap_or_default(),
        }
    }
    pub(crate) fn protected(&self, slot: &Slot<'a>) -> Result<Header<'_>, EnvelopeError> {
        let bytes = self.bytes(&slot.protected);
        match self.format {
            Format::CoseSign1 => cbor::header(bytes, &self.limits),
            Format::Dsse => Ok(Header::of(Vec::new(), &header::JWS)),
            Format::Jws => json::header(bytes, &self.limits),
        }
    }
}

fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), EnvelopeError> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(LimitExceeded::check("bytes in an envelope", limits.envelope, length)?)
}

/// What one signature claims of itself. Nothing here is checked; the payload is not here.
#[derive(Clone, Copy, Debug)]
pub struct Unverified<'s> {
    sealed: &'s Sealed<'s>,
    slot: &'s Slot<'s>,
}

impl<'s> Unverified<'s> {
    pub(crate) const fn new(sealed: &'s Sealed<'s>, slot: &'s Slot<'s>) -> Self {
        Self { sealed, slot }
    }
    /// The algorithm that the header claims. The caller's key decides which one is used.
    #[must_use]
    pub const fn claimed_algorithm(&self) -> &'s Claimed {
        &self.slot.claimed
    }
    /// The certificates that came along in DER, in the order given; the signer's should be first.
    ///
    /// `x5c` (JWS), `x5chain` (COSE), `cert` (DSSE), from either header.
    pub fn presented_chain(&self) -> impl ExactSizeIterator<Item = &'s [u8]> + Clone + use<'s> {
        let (sealed, slot) = (self.sealed, self.slot);
        (0..slot.chain.len()).map(move |index| slot.chain.get(index).map_or(&[][..], |place| sealed.bytes(place)))
    }
    /// The protected header as it claims to be.
    ///
    /// # Errors
    /// None that reading the envelope did not give.
    pub fn claimed_protected(&self) -> Result<Header<'s>, EnvelopeError> {
        self.sealed.protected(self.slot)
    }
    /// The protected header's bytes: JSON or CBOR, decoded from base64 where they stood in base64.
    #[must_use]
    pub fn claimed_protected_bytes(&self) -> &'s [u8] {
        self.sealed.bytes(&self.slot.protected)
    }
    /// The unprotected header: Notary's `signingAgent` and `timestampSignature` are here. No signature ever covers it.
    #[must_use]
    pub const fn unprotected(&self) -> &'s Header<'s> {
        &self.slot.unprotected
    }
    /// The content type that the envelope claims for its payload: `cty`, label 3, or DSSE's `payloadType`.
    ///
    /// # Errors
    /// None that reading the envelope did not give.
    pub fn claimed_content_type(&self) -> Result<Option<Cow<'s, str>>, EnvelopeError> {
        if let Some(payload_type) = &self.sealed.payload_type {
            return Ok(Some(Cow::Borrowed(payload_type)));
        }
        Ok(self.claimed_protected()?.content_type().map(|text| Cow::Owned(text.to_owned())))
    }
    /// The key identifier, a hint that may order tries: `kid`, label 4, or DSSE's `keyid`.
    ///
    /// # Errors
    /// None that reading the envelope did not give.
    pub fn key_id_hint(&self) -> Result<Option<Cow<'s, [u8]>>, EnvelopeError> {
        if let Some(key_id) = &self.slot.key_id {
            return Ok(Some(Cow::Borrowed(key_id.as_bytes())));
        }
        let protected = self.claimed_protected()?;
        let hint = protected.key_id().or_else(|| self.slot.unprotected.key_id());
        Ok(hint.map(|bytes| Cow::Owned(bytes.to_owned())))
    }
    /// The signature's bytes.
    #[must_use]
    pub fn claimed_signature(&self) -> &'s [u8] {
        self.sealed.bytes(&self.slot.signature)
    }
}
