//! `COSE_Sign1`, RFC 9052.
//!
//! ```text
//! COSE_Sign1_Tagged = #6.18(COSE_Sign1)
//! COSE_Sign1 = [ protected: bstr, unprotected: header_map, payload: bstr / nil, signature: bstr ]
//! Sig_structure = [ context: "Signature1", body_protected: bstr, external_aad: bstr, payload: bstr ]
//! ```

use crate::{
    Claimed, EnvelopeError, Format, Header, HeaderValue, Label, Limits, Member, Part, algorithm,
    base64::Arena,
    cbor::{self, Reader},
    critical,
    header::COSE,
    jws::{check_certificate, check_chain, malformed},
    sealed::{Place, Sealed, Slot},
    short::{Chain, Slots},
    signing_digest,
};
use alloc::{borrow::ToOwned, format, string::ToString, vec::Vec};
use minicbor::data::Type;
use plimsoll_core::{Algorithm, Escaped, LimitExceeded};

/// What is signed and does not stand in the envelope.
#[derive(Clone, Copy, Default)]
pub(crate) struct Outside<'a> {
    pub(crate) external_aad: &'a [u8],
    /// `None` where the payload stands inside.
    pub(crate) payload: Option<&'a [u8]>,
}

pub(crate) fn read<'a>(bytes: &'a [u8], outside: Outside<'a>, limits: &Limits) -> Result<Sealed<'a>, EnvelopeError> {
    let mut reader = Reader::new(bytes, Part::Envelope, limits);
    // RFC 9052, 2: only the tagged form says by itself what it is. Notary demands it.
    let found = if reader.kind()? == Type::Tag { reader.tag()?.to_string() } else { "no tag".to_owned() };
    if found != "18" {
        return Err(EnvelopeError::UnexpectedTag { found: Escaped::new(&found) });
    }
    if reader.kind()? == Type::Tag {
        let found = format!("18 and then {}", reader.tag()?);
        return Err(EnvelopeError::UnexpectedTag { found: Escaped::new(&found) });
    }
    if reader.array()? != 4 {
        return Err(malformed(Part::Envelope, "COSE_Sign1", "an array of four"));
    }
    let protected = reader.bytes()?;
    reader.set_part(Part::UnprotectedHeader);
    let unprotected = Header::of(reader.header()?, &COSE);
    reader.set_part(Part::Envelope);
    let payload = payload(&mut reader, outside.payload)?;
    let signature = reader.bytes()?;
    reader.end()?;
    if payload.is_empty() {
        return Err(EnvelopeError::MissingPayload);
    }
    if signature.is_empty() {
        return Err(malformed(Part::Envelope, "signature", "a signature"));
    }
    let (claimed, chain) = claims(protected, &unprotected, limits)?;
    let (arena, message) = signing_input(protected, outside.external_aad, payload);
    let slot = Slot {
        claimed,
        message,
        protected: Place::Input(protected),
        unprotected,
        signature: Place::Input(signature),
        chain,
        key_id: None,
    };
    Ok(Sealed {
        format: Format::CoseSign1,
        limits: *limits,
        arena,
        payload: Place::Input(payload),
        payload_type: None,
        detached: outside.payload.is_some(),
        slots: Slots::one(slot),
    })
}

/// The payload inside, or the one that the caller brings: never a choice of the envelope's.
fn payload<'a>(reader: &mut Reader<'a>, detached: Option<&'a [u8]>) -> Result<&'a [u8], EnvelopeError> {
    match (reader.kind()?, detached) {
        (Type::Null, None) => Err(EnvelopeError::MissingPayload),
        (Type::Null, Some(payload)) => {
            reader.null()?;
            Ok(payload)
        }
        (_, None) => reader.bytes(),
        (_, Some(_)) => Err(EnvelopeError::UnsupportedForm { expected: "a detached payload", found: "payload" }),
    }
}

/// What the headers claim, and whether their form is right.
pub(crate) fn claims<'a>(
    protected: &'a [u8],
    unprotected: &Header<'a>,
    limits: &Limits,
) -> Result<(Claimed, Chain<'a>), EnvelopeError> {
    let length = u64::try_from(protected.len()).unwrap_or(u64::MAX);
    LimitExceeded::check("bytes in a protected header", limits.header, length)?;
    let header = cbor::header(protected, limits)?;
    // RFC 9052, 3: a label must not stand in both headers.
    if let Some((label, _)) = header.iter().find(|(label, _)| unprotected.find(label).is_some()) {
        let name = Escaped::new(&label.to_string());
        return Err(EnvelopeError::DuplicateMember { part: Part::UnprotectedHeader, name });
    }
    critical::check_form(&header, unprotected)?;
    for (part, header) in [(Part::ProtectedHeader, &header), (Part::UnprotectedHeader, unprotected)] {
        check_types(part, header)?;
    }
    // A countersignature is over the signature (RFC 9338, 3.3), so nothing that is signed can hold it: whoever passes it over there
    // reads another envelope than somebody else does.
    if COUNTERSIGNATURES.iter().any(|label| header.find(&Label::from(*label)).is_some()) {
        return Err(malformed(Part::ProtectedHeader, "countersignature", "a member of the unprotected header alone"));
    }
    let claimed = match header.find(&COSE.algorithm) {
        None => return Err(EnvelopeError::MissingMember { part: Part::ProtectedHeader, name: "alg" }),
        Some(HeaderValue::Int(number)) => algorithm::from_cose(*number)
            .map_or_else(|| Claimed::Unknown(Escaped::new(&number.to_string())), Claimed::Known),
        // RFC 9052 allows text, and no algorithm is registered under one.
        Some(_) => return Err(malformed(Part::ProtectedHeader, "alg", "an integer")),
    };
    let chain = header.find(&COSE.chain).or_else(|| unprotected.find(&COSE.chain));
    Ok((claimed, chain.map_or(Ok(Chain::default()), |value| presented(value, limits))?))
}

/// The types of the common parameters that nothing here reads (RFC 9052, section 3.1): `kid`, `IV` and `Partial IV` are byte
/// strings.
fn check_types(part: Part, header: &Header<'_>) -> Result<(), EnvelopeError> {
    for (label, name) in [(4, "kid"), (5, "IV"), (6, "Partial IV")] {
        match header.find(&Label::from(label)) {
            None | Some(HeaderValue::Bytes(_)) => {}
            Some(_) => return Err(malformed(part, name, "a byte string")),
        }
    }
    Ok(())
}

/// Countersignatures, full and abbreviated: of RFC 9338 (11, 12), and of RFC 8152 before it (7, 9).
const COUNTERSIGNATURES: [i64; 4] = [7, 9, 11, 12];

/// `COSE_X509 = bstr / [ 2*certs: bstr ]` (RFC 9360, 2). An array of one is accepted: Notary writes it.
fn presented<'a>(value: &HeaderValue<'a>, limits: &Limits) -> Result<Chain<'a>, EnvelopeError> {
    let refuse = || malformed(Part::UnprotectedHeader, "x5chain", "certificates as byte strings");
    let certificates = match value {
        one @ HeaderValue::Bytes(_) => core::slice::from_ref(one),
        HeaderValue::List(items) => items,
        _ => return Err(refuse()),
    };
    check_chain(certificates.len(), limits)?;
    let mut chain = Chain::default();
    for certificate in certificates {
        // CBOR byte strings are always borrowed from the input.
        let HeaderValue::Bytes(alloc::borrow::Cow::Borrowed(bytes)) = certificate else { return Err(refuse()) };
        check_certificate(bytes.len(), limits)?;
        chain.push(Place::Input(bytes));
    }
    Ok(chain)
}

/// The `Sig_structure` around the received bytes of header and payload, which stay where they are. The heads are minimal
/// (RFC 9052, 9), however the envelope wrote its own.
fn signing_input<'a>(protected: &'a [u8], external_aad: &[u8], payload: &'a [u8]) -> (Arena, [Place<'a>; 4]) {
    let mut arena = Arena::with_capacity(external_aad.len().saturating_add(32));
    context(&mut arena);
    cbor::head(&mut arena, 2, protected.len());
    let first = 0..arena.len();
    cbor::bytes_to(&mut arena, external_aad);
    cbor::head(&mut arena, 2, payload.len());
    let second = first.end..arena.len();
    let message = [Place::Arena(first), Place::Input(protected), Place::Arena(second), Place::Input(payload)];
    (arena, message)
}

fn context(out: &mut Vec<u8>) {
    cbor::head(out, 4, 4);
    cbor::head(out, 3, CONTEXT.len());
    out.extend_from_slice(CONTEXT);
}

/// A `COSE_Sign1` in the making: [`CoseDraft::signing_input`] goes to the key, [`CoseDraft::attach`] takes what comes back.
///
/// ```
/// use plimsoll_core::Algorithm;
/// use plimsoll_envelope::{CoseDraft, EnvelopeError, HeaderValue, Limits, Sealed};
/// let draft = CoseDraft::new(Algorithm::EcdsaP384Sha384Fixed, &[(3.into(), "text/plain".into())], b"cargo")?;
/// let envelope = draft.attach(&[7; 96], &[(33.into(), HeaderValue::chain(&[b"certificate"]))])?;
/// let sealed = Sealed::cose_sign1(&envelope, &Limits::default())?;
/// assert_eq!(sealed.unverified(0)?.presented_chain().next(), Some(&b"certificate"[..]));
///
/// let untagged = Sealed::cose_sign1(&envelope[1..], &Limits::default()).unwrap_err();
/// assert_eq!(untagged.to_string(), "expected the CBOR tag 18 (COSE_Sign1), found no tag");
/// # Ok::<(), EnvelopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CoseDraft {
    algorithm: Algorithm,
    protected: Vec<u8>,
    payload: Vec<u8>,
    input: Vec<u8>,
}

impl CoseDraft {
    /// Writes the protected header, deterministically (RFC 8949, 4.2.1), and takes the payload.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`]: an algorithm without a number in COSE, a label twice, a value that CBOR does not have.
    pub fn new(algorithm: Algorithm, members: &[Member<'_>], payload: &[u8]) -> Result<Self, EnvelopeError> {
        Self::with_external_aad(algorithm, members, payload, b"")
    }
    /// As [`CoseDraft::new`], and signs what both sides know without sending it ([RFC 9052, 4.3]).
    ///
    /// # Errors
    /// As [`CoseDraft::new`].
    ///
    /// [RFC 9052, 4.3]: https://www.rfc-editor.org/rfc/rfc9052#section-4.3
    pub fn with_external_aad(
        algorithm: Algorithm,
        members: &[Member<'_>],
        payload: &[u8],
        external_aad: &[u8],
    ) -> Result<Self, EnvelopeError> {
        let protected = protected(algorithm, members)?;
        let length = protected.len().saturating_add(payload.len()).saturating_add(32);
        let mut input = Vec::with_capacity(length);
        context(&mut input);
        cbor::bytes_to(&mut input, &protected);
        cbor::bytes_to(&mut input, external_aad);
        cbor::bytes_to(&mut input, payload);
        Ok(Self { algorithm, protected, payload: payload.to_vec(), input })
    }
    /// What the signature is over: the `Sig_structure` (RFC 9052, 4.4).
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        &self.input
    }
    /// The hash of [`CoseDraft::signing_input`] by the algorithm's own hash function; `None` where the key must see the message.
    #[must_use]
    pub fn signing_digest(&self) -> Option<Vec<u8>> {
        signing_digest(self.algorithm, &self.input)
    }
    /// Writes the tagged envelope, deterministically.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`]: a label twice, a value that CBOR does not have.
    pub fn attach(&self, signature: &[u8], unprotected: &[Member<'_>]) -> Result<Vec<u8>, EnvelopeError> {
        write(&self.protected, unprotected, Some(&self.payload), signature)
    }
    /// Writes the tagged envelope without its payload, for [`Sealed::cose_sign1_detached`].
    ///
    /// # Errors
    /// As [`CoseDraft::attach`].
    pub fn attach_detached(&self, signature: &[u8], unprotected: &[Member<'_>]) -> Result<Vec<u8>, EnvelopeError> {
        write(&self.protected, unprotected, None, signature)
    }
}

/// A protected header with its algorithm in front.
pub(crate) fn protected(algorithm: Algorithm, members: &[Member<'_>]) -> Result<Vec<u8>, EnvelopeError> {
    let number = algorithm::to_cose(algorithm).ok_or_else(|| EnvelopeError::Unwritable {
        name: Escaped::new("alg"),
        what: "COSE has no number for this algorithm and encoding",
    })?;
    let mut all = Vec::with_capacity(members.len().saturating_add(1));
    all.push((COSE.algorithm.clone(), number.into()));
    all.extend_from_slice(members);
    let mut protected = Vec::new();
    cbor::write_map(&mut protected, &all)?;
    Ok(protected)
}

pub(crate) fn write(
    protected: &[u8],
    unprotected: &[Member<'_>],
    payload: Option<&[u8]>,
    signature: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    let mut out = Vec::new();
    cbor::head(&mut out, 6, 18);
    cbor::head(&mut out, 4, 4);
    cbor::bytes_to(&mut out, protected);
    cbor::write_map(&mut out, unprotected)?;
    match payload {
        Some(payload) => cbor::bytes_to(&mut out, payload),
        None => out.push(0xf6),
    }
    cbor::bytes_to(&mut out, signature);
    Ok(out)
}

const CONTEXT: &[u8] = b"Signature1";
