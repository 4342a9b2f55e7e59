//! DSSE, <https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md>.

use crate::{
    Claimed, EnvelopeError, Format, Header, HeaderValue, Limits, Member, Part,
    base64::{self, Arena},
    header::JWS,
    json,
    jws::{check_certificate, check_chain, malformed, no_signature, signatures, take, text},
    sealed::{Place, Sealed, Slot},
    short::{Chain, Slots},
};
use alloc::{
    borrow::{Cow, ToOwned},
    format,
    string::String,
    vec,
    vec::Vec,
};
use core::ops::Range;

pub(crate) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Sealed<'a>, EnvelopeError> {
    let mut members = json::object(bytes, Part::Envelope, limits)?;
    let payload_type = text(&mut members, Part::Envelope, "payloadType")?;
    if payload_type.is_empty() {
        return Err(malformed(Part::Envelope, "payloadType", "a media type or URI"));
    }
    let encoded = text(&mut members, Part::Envelope, "payload")?;
    let mut arena = Arena::with_capacity(bytes.len());
    // The payload is decoded once, behind the head of its encoding: what is checked is what is given out.
    pae_head(&mut arena, &payload_type, decoded_length(&encoded));
    let payload = base64::either(&mut arena, &encoded, "payload")?;
    if payload.len() != decoded_length(&encoded) {
        return Err(EnvelopeError::MalformedBase64 { member: "payload", expected: "padded base64 of one alphabet" });
    }
    let message = 0..payload.end;
    let list = signatures(&mut members, limits)?;
    let slots = list.into_iter().map(|item| match item {
        HeaderValue::Map(members) => slot(members, &mut arena, message.clone(), limits),
        _ => Err(malformed(Part::Envelope, "signatures", "a list of objects")),
    });
    let slots = Slots::read(slots)?.ok_or_else(no_signature)?;
    Ok(Sealed {
        format: Format::Dsse,
        limits: *limits,
        arena,
        payload: Place::Arena(payload),
        payload_type: Some(payload_type),
        detached: false,
        slots,
    })
}

fn slot<'a>(
    mut members: Vec<Member<'a>>,
    arena: &mut Arena,
    message: Range<usize>,
    limits: &Limits,
) -> Result<Slot<'a>, EnvelopeError> {
    let signature = base64::either(arena, &text(&mut members, Part::Signature, "sig")?, "sig")?;
    if signature.is_empty() {
        return Err(malformed(Part::Signature, "sig", "a signature"));
    }
    // envelope.md: `keyid` is optional, and an absent one is the same as an empty one.
    let key_id = match take(&mut members, "keyid") {
        None => None,
        Some(HeaderValue::Text(text)) => (!text.is_empty()).then_some(text),
        Some(_) => return Err(malformed(Part::Signature, "keyid", "text")),
    };
    let chain = match take(&mut members, "cert") {
        None => Chain::default(),
        Some(HeaderValue::Text(text)) => certificates(&text, arena, limits)?,
        Some(_) => return Err(malformed(Part::Signature, "cert", "certificates in PEM")),
    };
    Ok(Slot {
        claimed: Claimed::Unstated,
        message: [Place::Arena(message), Place::NOWHERE, Place::NOWHERE, Place::NOWHERE],
        protected: Place::NOWHERE,
        unprotected: Header::of(members, &JWS),
        signature: Place::Arena(signature),
        chain,
        key_id,
    })
}

/// What padded base64 decodes to, in bytes, if it is that.
fn decoded_length(text: &str) -> usize {
    let padding = text.bytes().rev().take(2).filter(|byte| *byte == b'=').count();
    (text.len() / 4).saturating_mul(3).saturating_sub(padding)
}

/// PEM blocks `CERTIFICATE`, and nothing else but white space (RFC 7468).
fn certificates<'a>(pem: &str, arena: &mut Arena, limits: &Limits) -> Result<Chain<'a>, EnvelopeError> {
    let refuse = || malformed(Part::Signature, "cert", "certificates in PEM");
    let mut chain = Chain::default();
    let mut rest = pem.trim();
    while !rest.is_empty() {
        let (body, after) = rest.strip_prefix(BEGIN).and_then(|block| block.split_once(END)).ok_or_else(refuse)?;
        let body: String = body.split_ascii_whitespace().collect();
        let range = base64::standard(arena, &body, "cert")?;
        check_certificate(range.len(), limits)?;
        chain.push(Place::Arena(range));
        check_chain(chain.len(), limits)?;
        rest = after.trim_start();
    }
    check_chain(chain.len(), limits)?;
    Ok(chain)
}

/// `PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, lengths in bytes, in decimal without leading zeros.
///
/// ```
/// use plimsoll_envelope::pae;
/// assert_eq!(pae("text/plain", "größer".as_bytes()), "DSSEv1 10 text/plain 8 größer".as_bytes());
/// ```
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let length = payload_type.len().saturating_add(payload.len()).saturating_add(64);
    let mut out = Vec::with_capacity(length);
    pae_head(&mut out, payload_type, payload.len());
    out.extend_from_slice(payload);
    out
}

fn pae_head(out: &mut Vec<u8>, payload_type: &str, length: usize) {
    let head = format!("DSSEv1 {} {payload_type} {length} ", payload_type.len());
    out.extend_from_slice(head.as_bytes());
}

/// A signature for [`DsseDraft::attach`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DsseSignature<'a> {
    /// A hint for choosing the key; empty for none.
    pub key_id: &'a str,
    /// The signature over [`DsseDraft::signing_input`].
    pub signature: &'a [u8],
    /// The signer's certificates in DER, leaf first; empty for none. Written as PEM into `cert`: see [`Sealed::dsse`].
    pub chain: &'a [&'a [u8]],
}

impl<'a> DsseSignature<'a> {
    /// A signature without hint and certificates.
    #[must_use]
    pub const fn new(signature: &'a [u8]) -> Self {
        Self { key_id: "", signature, chain: &[] }
    }
    /// With a hint for choosing the key.
    #[must_use]
    pub const fn with_key_id(self, key_id: &'a str) -> Self {
        Self { key_id, ..self }
    }
    /// With the signer's certificates, leaf first.
    #[must_use]
    pub const fn with_chain(self, chain: &'a [&'a [u8]]) -> Self {
        Self { chain, ..self }
    }
}

/// A DSSE envelope in the making: [`DsseDraft::signing_input`] goes to the keys, [`DsseDraft::attach`] takes what comes back.
///
/// ```
/// use plimsoll_envelope::{DsseDraft, DsseSignature, EnvelopeError, Limits, Sealed};
/// let draft = DsseDraft::new("application/vnd.in-toto+json", b"{}");
/// assert_eq!(draft.signing_input(), b"DSSEv1 28 application/vnd.in-toto+json 2 {}");
/// let envelope = draft.attach(&[DsseSignature::new(b"signature")])?;
/// assert_eq!(Sealed::dsse(&envelope, &Limits::default())?.signatures(), 1);
/// assert!(draft.attach(&[]).is_err());
/// # Ok::<(), EnvelopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct DsseDraft {
    payload_type: String,
    input: Vec<u8>,
    payload: Range<usize>,
}

impl DsseDraft {
    /// Takes the payload and its type.
    #[must_use]
    pub fn new(payload_type: &str, payload: &[u8]) -> Self {
        let input = pae(payload_type, payload);
        let start = input.len().saturating_sub(payload.len());
        Self { payload_type: payload_type.to_owned(), payload: start..input.len(), input }
    }
    /// What each signature is over.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        &self.input
    }
    /// Writes the envelope: `payloadType`, `payload`, `signatures`, in padded standard base64.
    ///
    /// # Errors
    /// [`EnvelopeError::MissingMember`] without a signature.
    pub fn attach(&self, signatures: &[DsseSignature<'_>]) -> Result<Vec<u8>, EnvelopeError> {
        if signatures.is_empty() {
            return Err(EnvelopeError::MissingMember { part: Part::Envelope, name: "signatures" });
        }
        let payload = base64::encode_standard(self.input.get(self.payload.clone()).unwrap_or_default());
        let list = signatures.iter().map(object).collect();
        let members: [Member<'_>; 3] = [
            ("payloadType".into(), self.payload_type.as_str().into()),
            ("payload".into(), payload.as_str().into()),
            ("signatures".into(), HeaderValue::List(list)),
        ];
        let mut out = Vec::with_capacity(payload.len().saturating_add(1024));
        json::write_object(&mut out, &members)?;
        Ok(out)
    }
}

fn object<'a>(signature: &DsseSignature<'a>) -> HeaderValue<'a> {
    let mut members: Vec<Member<'a>> =
        vec![("keyid".into(), signature.key_id.into()), ("sig".into(), signature.signature.into())];
    if !signature.chain.is_empty() {
        let pem = signature.chain.iter().map(|der| certificate(der)).collect::<String>();
        members.push(("cert".into(), HeaderValue::Text(Cow::Owned(pem))));
    }
    HeaderValue::Map(members)
}

/// RFC 7468, 5.
fn certificate(der: &[u8]) -> String {
    let encoded = base64::encode_standard(der);
    let mut pem = String::from(BEGIN);
    for (at, character) in encoded.chars().enumerate() {
        if at.is_multiple_of(64) {
            pem.push('\n');
        }
        pem.push(character);
    }
    for piece in ["\n", END, "\n"] {
        pem.push_str(piece);
    }
    pem
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
