//! Signatures over a signature: COSE countersignatures (RFC 9338), and the same for JWS, which has no standard for it.
//!
//! ```text
//! Countersign_structure = [ context: "CounterSignatureV2", body_protected: bstr, sign_protected: bstr,
//!                           external_aad: bstr, payload: bstr, other_fields: [ signature: bstr ] ]
//! COSE_Countersignature = [ protected: bstr, unprotected: header_map, signature: bstr ]
//! ```

use crate::{
    Critical, EnvelopeError, Format, Header, HeaderValue, Label, Member, Opened, Part, Sealed, Unverified,
    base64::{self, Arena},
    cbor, cose,
    header::COSE,
    jws::{self, malformed},
    sealed::{Place, Slot},
    short::Slots,
    signing_digest,
};
use alloc::{borrow::Cow, format, string::String, vec, vec::Vec};
use plimsoll_core::{Algorithm, Escaped, LimitExceeded, Provider, PublicKey};

/// The countersignatures of one envelope, split and well-formed, and none of them checked.
///
/// They come from [`Opened::countersignatures`]: what they cover was checked before.
#[derive(Debug)]
pub struct Countersignatures<'s> {
    sealed: Sealed<'s>,
}

impl<'s> Countersignatures<'s> {
    /// How many there are; at least one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sealed.signatures()
    }
    /// What countersignature number `index` claims of itself: its algorithm, the chain of its signer.
    ///
    /// # Errors
    /// [`EnvelopeError::NoSuchSignature`].
    pub fn unverified(&self, index: usize) -> Result<Unverified<'_>, EnvelopeError> {
        self.sealed.unverified(index)
    }
    /// Checks countersignature number `index` under `key`.
    ///
    /// # Errors
    /// As [`Sealed::open`]; [`EnvelopeError::MissingMember`] where a JWS does not say by its `cty` that it covers a JWS.
    ///
    /// # Security
    /// The result says that this key signed this signature, its payload and its protected header. Two keys are two signers
    /// only if the caller compares them: nothing here keeps one key from countersigning itself.
    pub fn open<'c>(
        &'c self,
        index: usize,
        key: PublicKey<'c>,
        algorithm: Algorithm,
        crypto: Provider<'_>,
        critical: Critical<'_>,
    ) -> Result<Countersigned<'c>, EnvelopeError> {
        let opened = self.sealed.open(index, key, algorithm, crypto, critical)?;
        // Without it, a signature over a text that only looks like a JWS could be moved here.
        if opened.format() == Format::Jws && opened.content_type() != Some(COMPACT_JWS) {
            return Err(EnvelopeError::MissingMember { part: Part::Countersignature, name: "cty" });
        }
        Ok(Countersigned { opened })
    }
}

/// A proof that one countersignature holds under one key, over the signature of the envelope, its payload and its protected
/// header. Made by [`Countersignatures::open`] and in no other way.
#[derive(Clone, Debug)]
pub struct Countersigned<'c> {
    opened: Opened<'c>,
}

impl<'c> Countersigned<'c> {
    /// The countersignature's own protected header.
    #[must_use]
    pub const fn protected(&self) -> &Header<'c> {
        self.opened.protected()
    }
    /// The countersignature, decoded.
    #[must_use]
    pub fn signature(&self) -> &'c [u8] {
        self.opened.signature()
    }
    /// The key that it holds under.
    #[must_use]
    pub const fn key(&self) -> PublicKey<'c> {
        self.opened.key()
    }
    /// The algorithm that it was checked with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.opened.algorithm()
    }
    /// What came along with it and is covered by nothing.
    #[must_use]
    pub const fn unverified(&self) -> Unverified<'c> {
        self.opened.unverified()
    }
}

/// Reads the countersignatures of a signature.
pub(crate) fn read<'s>(
    sealed: &'s Sealed<'s>,
    slot: &'s Slot<'s>,
) -> Result<Option<Countersignatures<'s>>, EnvelopeError> {
    let Some(value) = slot.unprotected.find(&label(sealed.format)) else { return Ok(None) };
    let HeaderValue::List(items) = value else { return Err(not_a_list()) };
    let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
    LimitExceeded::check("countersignatures of a signature", sealed.limits.signatures, count)?;
    let sealed = match sealed.format {
        Format::CoseSign1 => read_cose(sealed, slot, items)?,
        Format::Jws => read_jws(sealed, slot, items)?,
        // DSSE has a list of signatures; a member of this name is a stranger.
        Format::Dsse => return Ok(None),
    };
    Ok(Some(Countersignatures { sealed }))
}

fn read_jws<'s>(
    sealed: &'s Sealed<'s>,
    slot: &'s Slot<'s>,
    items: &'s [HeaderValue<'s>],
) -> Result<Sealed<'s>, EnvelopeError> {
    let mut signatures = Vec::with_capacity(items.len());
    for item in items {
        let HeaderValue::Map(members) = item else { return Err(not_a_list()) };
        signatures.push(members.clone());
    }
    if signatures.is_empty() {
        return Err(not_a_list());
    }
    jws::over(&compact(sealed, slot), signatures, Part::Countersignature, &sealed.limits)
}

fn read_cose<'s>(
    sealed: &'s Sealed<'s>,
    slot: &'s Slot<'s>,
    items: &'s [HeaderValue<'s>],
) -> Result<Sealed<'s>, EnvelopeError> {
    // RFC 9338, 3.1: one, or a list of at least one.
    let single = matches!(items.first(), Some(HeaderValue::Bytes(_)));
    let mut arena = Arena::new();
    let slots = if single {
        Slots::one(cose_slot(sealed, slot, items, &mut arena)?)
    } else {
        let all = items.iter().map(|item| cose_slot(sealed, slot, item.as_list().unwrap_or_default(), &mut arena));
        Slots::read(all)?.ok_or_else(not_a_list)?
    };
    let (format, limits) = (sealed.format, sealed.limits);
    Ok(Sealed { format, limits, arena, payload: Place::NOWHERE, payload_type: None, detached: true, slots })
}

fn cose_slot<'s>(
    sealed: &'s Sealed<'s>,
    slot: &'s Slot<'s>,
    items: &'s [HeaderValue<'s>],
    arena: &mut Arena,
) -> Result<Slot<'s>, EnvelopeError> {
    let [HeaderValue::Bytes(protected), HeaderValue::Map(unprotected), HeaderValue::Bytes(signature)] = items else {
        return Err(not_a_list());
    };
    if signature.is_empty() {
        return Err(malformed(Part::Countersignature, "signature", "a signature"));
    }
    let unprotected = Header::of(unprotected.clone(), &COSE);
    let (claimed, chain) = cose::claims(protected, &unprotected, &sealed.limits)?;
    let start = arena.len();
    structure(arena, sealed, slot, protected);
    Ok(Slot {
        claimed,
        message: [Place::Arena(start..arena.len()), Place::NOWHERE, Place::NOWHERE, Place::NOWHERE],
        protected: Place::Input(protected),
        unprotected,
        signature: Place::Input(signature),
        chain,
        key_id: None,
    })
}

/// The `Countersign_structure` of a `COSE_Sign1` (RFC 9338, 3.3).
fn structure(out: &mut Vec<u8>, sealed: &Sealed<'_>, slot: &Slot<'_>, protected: &[u8]) {
    cbor::head(out, 4, 6);
    cbor::head(out, 3, CONTEXT.len());
    out.extend_from_slice(CONTEXT);
    cbor::bytes_to(out, sealed.bytes(&slot.protected));
    cbor::bytes_to(out, protected);
    cbor::bytes_to(out, b"");
    cbor::bytes_to(out, sealed.bytes(&sealed.payload));
    cbor::head(out, 4, 1);
    cbor::bytes_to(out, sealed.bytes(&slot.signature));
}

/// The compact serialization of a JWS, from the parts as they came.
fn compact(sealed: &Sealed<'_>, slot: &Slot<'_>) -> Vec<u8> {
    let mut out: Vec<u8> = slot.message.iter().flat_map(|place| sealed.bytes(place)).copied().collect();
    out.push(b'.');
    out.extend_from_slice(base64::encode_url(sealed.bytes(&slot.signature)).as_bytes());
    out
}

/// A countersignature in the making: [`CountersignatureDraft::signing_input`] goes to the second key,
/// [`CountersignatureDraft::attach`] takes what comes back and writes the envelope again, with it.
///
/// The signature below it stays as it is, and so do header and payload: a reader that knows no countersignature sees an
/// unprotected member more. This is how a signer who moves to ML-DSA keeps old readers.
///
/// ```
/// use plimsoll_core::Sign;
/// use plimsoll_crypto::{Curve, PrivateKey, provider};
/// use plimsoll_envelope::{CoseDraft, CountersignatureDraft, Critical, EnvelopeError, Limits, Sealed};
/// let (first, second) = (PrivateKey::generate(Curve::P256)?, PrivateKey::generate(Curve::P384)?);
/// let (signer, witness) = (first.envelope_signer()?, second.envelope_signer()?);
/// let draft = CoseDraft::new(signer.algorithm(), &[], b"cargo")?;
/// let envelope = draft.attach(&signer.sign_now(draft.signing_input())?, &[])?;
///
/// let sealed = Sealed::cose_sign1(&envelope, &Limits::default())?;
/// let opened = sealed.open(0, first.public_key(), signer.algorithm(), provider(), Critical::Only(&[]))?;
/// let draft = CountersignatureDraft::new(&opened, witness.algorithm(), &[])?;
/// let envelope = draft.attach(&witness.sign_now(draft.signing_input())?, &[])?;
///
/// let sealed = Sealed::cose_sign1(&envelope, &Limits::default())?;
/// let opened = sealed.open(0, first.public_key(), signer.algorithm(), provider(), Critical::Only(&[]))?;
/// let counter = opened.countersignatures()?.expect("it was just attached");
/// assert!(counter.open(0, second.public_key(), witness.algorithm(), provider(), Critical::Only(&[])).is_ok());
/// let refused = counter.open(0, second.public_key(), signer.algorithm(), provider(), Critical::Only(&[]));
/// assert!(matches!(refused, Err(EnvelopeError::AlgorithmMismatch { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CountersignatureDraft<'s> {
    sealed: &'s Sealed<'s>,
    slot: &'s Slot<'s>,
    algorithm: Algorithm,
    /// CBOR, or base64url of JSON.
    protected: Vec<u8>,
    input: Vec<u8>,
}

impl<'s> CountersignatureDraft<'s> {
    /// Writes the countersignature's protected header over a signature that was checked.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`]: DSSE, which takes one more signature instead; a detached payload; one signature of
    /// several; an algorithm without a name in the format; a name twice.
    pub fn new(opened: &Opened<'s>, algorithm: Algorithm, members: &[Member<'_>]) -> Result<Self, EnvelopeError> {
        let (sealed, slot) = opened.sealed();
        let refuse = |what| EnvelopeError::Unwritable { name: Escaped::new("countersignature"), what };
        if sealed.detached {
            return Err(refuse("the payload stands elsewhere"));
        }
        if sealed.slots.len() > 1 {
            return Err(refuse("the envelope has several signatures"));
        }
        let (protected, input) = match sealed.format {
            Format::CoseSign1 => {
                let protected = cose::protected(algorithm, members)?;
                let mut input = Vec::new();
                structure(&mut input, sealed, slot, &protected);
                (protected, input)
            }
            Format::Jws => {
                let mut all = vec![("cty".into(), COMPACT_JWS.into())];
                all.extend_from_slice(members);
                let protected = jws::protected(algorithm, &all)?;
                let input = format!("{protected}.{}", base64::encode_url(&compact(sealed, slot)));
                (protected.into_bytes(), input.into_bytes())
            }
            Format::Dsse => return Err(refuse("DSSE has a list of signatures")),
        };
        Ok(Self { sealed, slot, algorithm, protected, input })
    }
    /// What the countersignature is over: the `Countersign_structure`, or the signing input of the detached JWS.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        &self.input
    }
    /// The hash of [`CountersignatureDraft::signing_input`] by the algorithm's own hash function; `None` where the key must see
    /// the message, as with ML-DSA.
    #[must_use]
    pub fn signing_digest(&self) -> Option<Vec<u8>> {
        signing_digest(self.algorithm, &self.input)
    }
    /// Writes the envelope again with one more countersignature; a compact JWS becomes a flattened one.
    ///
    /// `unprotected` is the countersignature's own: the chain of its signer.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`]: a name twice, a value that the format does not have. As [`Opened::countersignatures`]
    /// where those that are there already are malformed.
    pub fn attach(&self, signature: &[u8], unprotected: &[Member<'_>]) -> Result<Vec<u8>, EnvelopeError> {
        read(self.sealed, self.slot)?;
        let label = label(self.sealed.format);
        let mut members: Vec<Member<'_>> =
            self.slot.unprotected.iter().filter(|(found, _)| *found != label).cloned().collect();
        let mut list = match self.slot.unprotected.find(&label) {
            Some(HeaderValue::List(items)) if matches!(items.first(), Some(HeaderValue::Bytes(_))) => {
                vec![HeaderValue::List(items.clone())]
            }
            Some(HeaderValue::List(items)) => items.clone(),
            _ => Vec::new(),
        };
        let below = self.sealed.bytes(&self.slot.signature);
        if self.sealed.format == Format::CoseSign1 {
            let entry = [
                HeaderValue::from(self.protected.as_slice()),
                HeaderValue::Map(unprotected.to_vec()),
                HeaderValue::from(signature),
            ];
            // RFC 9338, 3.1: a single one stands by itself.
            if list.is_empty() {
                list = entry.into();
            } else {
                list.push(HeaderValue::List(entry.into()));
            }
            members.push((label, HeaderValue::List(list)));
            let payload = self.sealed.bytes(&self.sealed.payload);
            return cose::write(self.sealed.bytes(&self.slot.protected), &members, Some(payload), below);
        }
        let protected = String::from_utf8_lossy(&self.protected);
        list.push(HeaderValue::Map(vec![
            ("protected".into(), HeaderValue::Text(protected)),
            ("header".into(), HeaderValue::Map(unprotected.to_vec())),
            ("signature".into(), HeaderValue::Text(Cow::Owned(base64::encode_url(signature)))),
        ]));
        members.push((label, HeaderValue::List(list)));
        let [protected, _, payload, _] = &self.slot.message;
        jws::write(Some(self.sealed.bytes(payload)), self.sealed.bytes(protected), &members, below)
    }
}

/// Where a format keeps countersignatures: in the unprotected header.
const fn label(format: Format) -> Label<'static> {
    match format {
        // RFC 9338, 3.1: Countersignature version 2. Label 7 is version 1, which does not cover the signature.
        Format::CoseSign1 => Label::Int(11),
        Format::Dsse | Format::Jws => Label::Text(Cow::Borrowed(JWS_MEMBER)),
    }
}

const fn not_a_list() -> EnvelopeError {
    malformed(Part::UnprotectedHeader, "countersignature", "countersignatures")
}

const CONTEXT: &[u8] = b"CounterSignatureV2";
/// A name of its own under a domain (RFC 7515, 4.2): no registry has one for this.
const JWS_MEMBER: &str = "org.plimsoll.countersignatures";
/// RFC 7515, 9.2.1: the media type of the compact serialization, which is what a countersignature of a JWS covers.
const COMPACT_JWS: &str = "application/jose";
