//! An envelope whose signature holds.

use crate::{
    Countersignatures, EnvelopeError, Format, Header, Unverified, countersignature,
    sealed::{Sealed, Slot},
};
use plimsoll_core::{Algorithm, PublicKey};

/// A proof that one signature holds over the payload and the protected header under one key. Made by
/// [`Sealed::open`] and in no other way.
///
/// ```compile_fail
/// let forged = plimsoll_envelope::Opened { };
/// ```
#[derive(Clone, Debug)]
pub struct Opened<'s> {
    sealed: &'s Sealed<'s>,
    slot: &'s Slot<'s>,
    protected: Header<'s>,
    key: PublicKey<'s>,
    algorithm: Algorithm,
}

impl<'s> Opened<'s> {
    /// The one constructor; [`Sealed::open`] has checked.
    pub(crate) const fn checked(
        sealed: &'s Sealed<'s>,
        slot: &'s Slot<'s>,
        protected: Header<'s>,
        key: PublicKey<'s>,
        algorithm: Algorithm,
    ) -> Self {
        Self { sealed, slot, protected, key, algorithm }
    }
    /// The payload that was signed.
    #[must_use]
    pub fn payload(&self) -> &'s [u8] {
        self.sealed.bytes(&self.sealed.payload)
    }
    /// The signed content type of the payload: `cty`, label 3, or DSSE's `payloadType`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.sealed.payload_type.as_deref().or_else(|| self.protected.content_type())
    }
    /// The protected header. Empty for DSSE.
    #[must_use]
    pub const fn protected(&self) -> &Header<'s> {
        &self.protected
    }
    /// The protected header's bytes: JSON or CBOR, decoded from base64 where they stood in base64.
    #[must_use]
    pub fn protected_bytes(&self) -> &'s [u8] {
        self.sealed.bytes(&self.slot.protected)
    }
    /// The signature, decoded: what the imprint of an RFC 3161 timestamp covers.
    #[must_use]
    pub fn signature(&self) -> &'s [u8] {
        self.sealed.bytes(&self.slot.signature)
    }
    /// The signatures over this signature that came along, by others or by other keys of the same signer; `None` for none.
    ///
    /// # Errors
    /// [`EnvelopeError`] where what came along has not the form of its specification, or goes beyond a limit.
    pub fn countersignatures(&self) -> Result<Option<Countersignatures<'s>>, EnvelopeError> {
        countersignature::read(self.sealed, self.slot)
    }
    pub(crate) const fn sealed(&self) -> (&'s Sealed<'s>, &'s Slot<'s>) {
        (self.sealed, self.slot)
    }
    /// The key that the signature holds under.
    #[must_use]
    pub const fn key(&self) -> PublicKey<'s> {
        self.key
    }
    /// The algorithm that the signature was checked with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    /// The kind of envelope.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.sealed.format()
    }
    /// What came along and is covered by no signature: the unprotected header, the presented chain.
    #[must_use]
    pub const fn unverified(&self) -> Unverified<'s> {
        Unverified::new(self.sealed, self.slot)
    }
}
