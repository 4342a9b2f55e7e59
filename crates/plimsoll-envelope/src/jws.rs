//! JSON Web Signature, RFC 7515.

use crate::{
    Claimed, EnvelopeError, Format, Header, HeaderValue, Limits, Member, Part, algorithm,
    base64::{self, Arena},
    critical,
    header::JWS,
    json,
    sealed::{Place, Sealed, Slot},
    short::{Chain, Slots},
    signing_digest,
};
use alloc::{
    borrow::Cow,
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::ops::Range;
use plimsoll_core::{Algorithm, Escaped, LimitExceeded};

/// RFC 7515, 7.2.2. A payload from outside is detached (RFC 7515, appendix F): its member must not be there.
pub(crate) fn flattened<'a>(
    bytes: &'a [u8],
    detached: Option<&[u8]>,
    limits: &Limits,
) -> Result<Sealed<'a>, EnvelopeError> {
    let mut members = json::object(bytes, Part::Envelope, limits)?;
    refuse_form(&members, &JWE, "a JWS")?;
    // RFC 7515, 7.2.2: `signatures` must not stand beside `signature`.
    refuse_form(&members, &["signatures"], "the flattened serialization")?;
    let mut reader = Reader { arena: Arena::with_capacity(bytes.len()), limits };
    let payload = match detached {
        None => Payload::read(&mut reader, text(&mut members, Part::Envelope, "payload")?)?,
        Some(payload) => {
            refuse_form(&members, &["payload"], "a detached payload")?;
            Payload::detached(&mut reader, payload)?
        }
    };
    let slot = reader.slot(members, Part::Envelope, &payload.encoded)?;
    Ok(reader.seal(payload, detached.is_some(), Slots::one(slot)))
}

/// RFC 7515, 7.2.1.
pub(crate) fn general<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Sealed<'a>, EnvelopeError> {
    let mut members = json::object(bytes, Part::Envelope, limits)?;
    refuse_form(&members, &JWE, "a JWS")?;
    refuse_form(&members, &["signature", "protected", "header"], "the general serialization")?;
    let mut reader = Reader { arena: Arena::with_capacity(bytes.len()), limits };
    let payload = text(&mut members, Part::Envelope, "payload")?;
    let payload = Payload::read(&mut reader, payload)?;
    let list = signatures(&mut members, limits)?;
    let slots = list.into_iter().map(|item| match item {
        HeaderValue::Map(members) => reader.slot(members, Part::Signature, &payload.encoded),
        _ => Err(malformed(Part::Envelope, "signatures", "a list of objects")),
    });
    let slots = Slots::read(slots)?.ok_or_else(no_signature)?;
    Ok(reader.seal(payload, false, slots))
}

/// Signatures over a payload that stands elsewhere, as the members of a flattened serialization without it.
pub(crate) fn over<'a>(
    payload: &[u8],
    signatures: Vec<Vec<Member<'a>>>,
    part: Part,
    limits: &Limits,
) -> Result<Sealed<'a>, EnvelopeError> {
    let mut reader = Reader { arena: Arena::new(), limits };
    let payload = Payload::detached(&mut reader, payload)?;
    let slots = signatures.into_iter().map(|members| reader.slot(members, part, &payload.encoded));
    let slots = Slots::read(slots)?.ok_or_else(no_signature)?;
    Ok(reader.seal(payload, true, slots))
}

/// RFC 7515, 7.1: `BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature)`.
pub(crate) fn compact<'a>(
    bytes: &'a [u8],
    detached: Option<&[u8]>,
    limits: &Limits,
) -> Result<Sealed<'a>, EnvelopeError> {
    let malformed = || malformed(Part::Envelope, "compact serialization", "three parts of base64url between dots");
    let whole = core::str::from_utf8(bytes).map_err(|_| malformed())?;
    // At most four parts are looked for, however many dots there are.
    let mut parts = whole.splitn(4, '.');
    let (Some(protected), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed());
    };
    let mut reader = Reader { arena: Arena::with_capacity(bytes.len()), limits };
    let payload = match detached {
        None => Payload::read(&mut reader, Cow::Borrowed(payload))?,
        Some(detached) if payload.is_empty() => Payload::detached(&mut reader, detached)?,
        Some(_) => {
            return Err(EnvelopeError::UnsupportedForm { expected: "a detached payload", found: "payload" });
        }
    };
    let members = vec![("protected".into(), protected.into()), ("signature".into(), signature.into())];
    let slot = reader.slot(members, Part::Envelope, &payload.encoded)?;
    Ok(reader.seal(payload, detached.is_some(), Slots::one(slot)))
}

/// The payload as it was signed, in base64url, and decoded.
struct Payload<'a> {
    encoded: Place<'a>,
    decoded: Range<usize>,
}

impl<'a> Payload<'a> {
    fn read(reader: &mut Reader<'_>, text: Cow<'a, str>) -> Result<Self, EnvelopeError> {
        let decoded = base64::url(&mut reader.arena, &text, "payload")?;
        if decoded.is_empty() {
            return Err(EnvelopeError::MissingPayload);
        }
        Ok(Self { encoded: reader.place(text), decoded })
    }
    fn detached(reader: &mut Reader<'_>, payload: &[u8]) -> Result<Self, EnvelopeError> {
        if payload.is_empty() {
            return Err(EnvelopeError::MissingPayload);
        }
        let start = reader.arena.len();
        reader.arena.extend_from_slice(payload);
        let decoded = start..reader.arena.len();
        Ok(Self { encoded: reader.place(Cow::Owned(base64::encode_url(payload))), decoded })
    }
}

struct Reader<'l> {
    arena: Arena,
    limits: &'l Limits,
}

impl Reader<'_> {
    /// Text that holds no escape stays where it is.
    fn place<'a>(&mut self, text: Cow<'a, str>) -> Place<'a> {
        match text {
            Cow::Borrowed(text) => Place::Input(text.as_bytes()),
            Cow::Owned(text) => {
                let start = self.arena.len();
                self.arena.extend_from_slice(text.as_bytes());
                Place::Arena(start..self.arena.len())
            }
        }
    }

    fn slot<'a>(
        &mut self,
        mut members: Vec<Member<'a>>,
        part: Part,
        payload: &Place<'a>,
    ) -> Result<Slot<'a>, EnvelopeError> {
        let encoded = text(&mut members, part, "protected")?;
        let signature = text(&mut members, part, "signature")?;
        let unprotected = match take(&mut members, "header") {
            None => Header::of(Vec::new(), &JWS),
            Some(HeaderValue::Map(members)) => Header::of(members, &JWS),
            Some(_) => return Err(malformed(part, "header", "an object")),
        };
        let protected = base64::url(&mut self.arena, &encoded, "protected")?;
        let (claimed, inner_chain) = self.header(protected.clone(), &unprotected)?;
        let signature = base64::url(&mut self.arena, &signature, "signature")?;
        if signature.is_empty() {
            return Err(malformed(part, "signature", "a signature"));
        }
        let chain = match (inner_chain, unprotected.find(&JWS.chain)) {
            (Some(texts), _) => self.chain(texts.iter().map(|text| Some(text.as_str())), texts.len())?,
            (None, Some(HeaderValue::List(items))) => {
                self.chain(items.iter().map(HeaderValue::as_text), items.len())?
            }
            (None, Some(_)) => return Err(malformed(Part::UnprotectedHeader, "x5c", "a list of certificates")),
            (None, None) => Chain::default(),
        };
        let message = [self.place(encoded), Place::Input(b"."), payload.clone(), Place::NOWHERE];
        Ok(Slot {
            claimed,
            message,
            protected: Place::Arena(protected),
            unprotected,
            signature: Place::Arena(signature),
            chain,
            key_id: None,
        })
    }

    /// Reads what the protected header claims. A chain inside it is copied: it lies in the arena that the certificates go to.
    fn header(
        &self,
        protected: Range<usize>,
        unprotected: &Header<'_>,
    ) -> Result<(Claimed, Option<Vec<String>>), EnvelopeError> {
        let length = u64::try_from(protected.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in a protected header", self.limits.header, length)?;
        let header = json::header(self.arena.get(protected).unwrap_or_default(), self.limits)?;
        // RFC 7515, 7.2.1: the names in the two headers must be disjoint.
        if let Some((name, _)) = header.iter().find(|(name, _)| unprotected.find(name).is_some()) {
            let name = Escaped::new(&name.to_string());
            return Err(EnvelopeError::DuplicateMember { part: Part::UnprotectedHeader, name });
        }
        for header in [&header, unprotected] {
            // RFC 7516, 4.1: these make it a JWE; decompressing is work that nobody asked for.
            if let Some(found) = ["enc", "zip"].into_iter().find(|name| header.get(*name).is_some()) {
                return Err(EnvelopeError::UnsupportedForm { expected: "a JWS", found });
            }
        }
        critical::check_form(&header, unprotected)?;
        let claimed = match header.find(&JWS.algorithm) {
            None => return Err(EnvelopeError::MissingMember { part: Part::ProtectedHeader, name: "alg" }),
            Some(HeaderValue::Text(name)) => {
                algorithm::from_jws(name).map_or_else(|| Claimed::Unknown(Escaped::new(name)), Claimed::Known)
            }
            Some(_) => return Err(malformed(Part::ProtectedHeader, "alg", "text")),
        };
        let chain = match header.find(&JWS.chain) {
            None => None,
            Some(value) => {
                let texts = value.as_list().and_then(|items| {
                    items.iter().map(|item| item.as_text().map(ToOwned::to_owned)).collect::<Option<Vec<_>>>()
                });
                Some(texts.ok_or_else(|| malformed(Part::ProtectedHeader, "x5c", "a list of certificates"))?)
            }
        };
        Ok((claimed, chain))
    }

    fn chain<'t, 'a>(
        &mut self,
        texts: impl Iterator<Item = Option<&'t str>>,
        count: usize,
    ) -> Result<Chain<'a>, EnvelopeError> {
        check_chain(count, self.limits)?;
        let mut chain = Chain::default();
        for text in texts {
            let text = text.ok_or_else(|| malformed(Part::UnprotectedHeader, "x5c", "a list of certificates"))?;
            let range = base64::standard(&mut self.arena, text, "x5c")?;
            check_certificate(range.len(), self.limits)?;
            chain.push(Place::Arena(range));
        }
        Ok(chain)
    }

    fn seal<'a>(self, payload: Payload<'a>, detached: bool, slots: Slots<'a>) -> Sealed<'a> {
        Sealed {
            format: Format::Jws,
            limits: *self.limits,
            arena: self.arena,
            payload: Place::Arena(payload.decoded),
            payload_type: None,
            detached,
            slots,
        }
    }
}

/// A presented chain holds at least one certificate (RFC 7515, 4.1.6; RFC 9360, 2), and not too many.
pub(crate) fn check_chain(count: usize, limits: &Limits) -> Result<(), EnvelopeError> {
    if count == 0 {
        return Err(malformed(Part::UnprotectedHeader, "certificate chain", "at least one certificate"));
    }
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    Ok(LimitExceeded::check("certificates in a chain", limits.certificates, count)?)
}

pub(crate) fn check_certificate(length: usize, limits: &Limits) -> Result<(), EnvelopeError> {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    Ok(LimitExceeded::check("bytes in a certificate", limits.certificate, length)?)
}

/// `signatures`, at least one and not too many.
pub(crate) fn signatures<'a>(
    members: &mut Vec<Member<'a>>,
    limits: &Limits,
) -> Result<Vec<HeaderValue<'a>>, EnvelopeError> {
    match take(members, "signatures") {
        None => Err(EnvelopeError::MissingMember { part: Part::Envelope, name: "signatures" }),
        Some(HeaderValue::List(list)) if !list.is_empty() => {
            let count = u64::try_from(list.len()).unwrap_or(u64::MAX);
            LimitExceeded::check("signatures in an envelope", limits.signatures, count)?;
            Ok(list)
        }
        Some(_) => Err(no_signature()),
    }
}

pub(crate) const fn no_signature() -> EnvelopeError {
    malformed(Part::Envelope, "signatures", "a list of at least one signature")
}

/// Takes a member that must be text.
pub(crate) fn text<'a>(
    members: &mut Vec<Member<'a>>,
    part: Part,
    name: &'static str,
) -> Result<Cow<'a, str>, EnvelopeError> {
    match take(members, name) {
        None => Err(EnvelopeError::MissingMember { part, name }),
        Some(HeaderValue::Text(text)) => Ok(text),
        Some(_) => Err(malformed(part, name, "text")),
    }
}

pub(crate) fn take<'a>(members: &mut Vec<Member<'a>>, name: &str) -> Option<HeaderValue<'a>> {
    let at = members.iter().position(|(label, _)| label == name)?;
    Some(members.swap_remove(at).1)
}

pub(crate) const fn malformed(part: Part, name: &'static str, expected: &'static str) -> EnvelopeError {
    EnvelopeError::MalformedMember { part, name, expected }
}

fn refuse_form(members: &[Member<'_>], names: &[&'static str], expected: &'static str) -> Result<(), EnvelopeError> {
    match names.iter().find(|name| members.iter().any(|(label, _)| label == **name)) {
        Some(found) => Err(EnvelopeError::UnsupportedForm { expected, found }),
        None => Ok(()),
    }
}

/// A JWS in the making: [`JwsDraft::signing_input`] goes to the key, [`JwsDraft::attach`] takes what comes back.
///
/// ```
/// use plimsoll_core::Algorithm;
/// use plimsoll_envelope::{EnvelopeError, HeaderValue, JwsDraft, Limits, Sealed};
/// let draft = JwsDraft::new(Algorithm::EcdsaP256Sha256Fixed, &[("cty".into(), "text/plain".into())], b"cargo")?;
/// assert_eq!(draft.signing_input(), b"eyJhbGciOiJFUzI1NiIsImN0eSI6InRleHQvcGxhaW4ifQ.Y2FyZ28");
/// let envelope = draft.attach(&[7; 64], &[("x5c".into(), HeaderValue::chain(&[b"certificate"]))])?;
/// let sealed = Sealed::jws_flattened(&envelope, &Limits::default())?;
/// assert_eq!(sealed.unverified(0)?.presented_chain().next(), Some(&b"certificate"[..]));
///
/// assert!(JwsDraft::new(Algorithm::EcdsaP256Sha256Der, &[], b"cargo").is_err()); // no JWS carries DER
/// # Ok::<(), EnvelopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct JwsDraft {
    algorithm: Algorithm,
    /// `BASE64URL(header) "." BASE64URL(payload)`
    input: String,
}

impl JwsDraft {
    /// Writes the protected header, `alg` first, then the members in the order given, and the payload.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`]: an algorithm without a name in JWS, a name twice, a value that JSON does not have.
    pub fn new(algorithm: Algorithm, members: &[Member<'_>], payload: &[u8]) -> Result<Self, EnvelopeError> {
        let protected = protected(algorithm, members)?;
        Ok(Self { algorithm, input: format!("{protected}.{}", base64::encode_url(payload)) })
    }
    /// What the signature is over (RFC 7515, 5.1).
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.input.as_bytes()
    }
    /// The hash of [`JwsDraft::signing_input`] by the algorithm's own hash function; `None` where the key must see the message.
    #[must_use]
    pub fn signing_digest(&self) -> Option<Vec<u8>> {
        signing_digest(self.algorithm, self.input.as_bytes())
    }
    /// Writes the flattened serialization: `payload`, `protected`, `header`, `signature`, in this order, without spaces. Bytes in
    /// `unprotected` are written in padded base64.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`]: a name twice, a value that JSON does not have.
    pub fn attach(&self, signature: &[u8], unprotected: &[Member<'_>]) -> Result<Vec<u8>, EnvelopeError> {
        let (protected, payload) = self.input.split_once('.').unwrap_or_default();
        write(Some(payload.as_bytes()), protected.as_bytes(), unprotected, signature)
    }
    /// Writes the flattened serialization without its payload, for [`Sealed::jws_flattened_detached`].
    ///
    /// # Errors
    /// As [`JwsDraft::attach`].
    pub fn attach_detached(&self, signature: &[u8], unprotected: &[Member<'_>]) -> Result<Vec<u8>, EnvelopeError> {
        let (protected, _) = self.input.split_once('.').unwrap_or_default();
        write(None, protected.as_bytes(), unprotected, signature)
    }
    /// Writes the compact serialization, which has no unprotected header.
    #[must_use]
    pub fn attach_compact(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.input, base64::encode_url(signature))
    }
}

/// A protected header with its algorithm in front, in base64url.
pub(crate) fn protected(algorithm: Algorithm, members: &[Member<'_>]) -> Result<String, EnvelopeError> {
    let name = algorithm::to_jws(algorithm).ok_or_else(|| EnvelopeError::Unwritable {
        name: Escaped::new("alg"),
        what: "JWS has no name for this algorithm and encoding",
    })?;
    let mut all = Vec::with_capacity(members.len().saturating_add(1));
    all.push(("alg".into(), name.into()));
    all.extend_from_slice(members);
    let mut protected = Vec::new();
    json::write_object(&mut protected, &all)?;
    Ok(base64::encode_url(&protected))
}

/// Writes the flattened serialization around a header and a payload that are in base64url already.
pub(crate) fn write(
    payload: Option<&[u8]>,
    protected: &[u8],
    unprotected: &[Member<'_>],
    signature: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    let mut header = Vec::new();
    json::write_object(&mut header, unprotected)?;
    let length = payload.unwrap_or_default().len().saturating_add(protected.len()).saturating_add(header.len());
    let mut out = Vec::with_capacity(length.saturating_add(1024));
    let (before, payload) = payload.map_or(("{", &b""[..]), |payload| (r#"{"payload":""#, payload));
    let between = if before == "{" { r#""protected":""# } else { r#"","protected":""# };
    let signature = base64::encode_url(signature);
    for (before, value) in [
        (before, payload),
        (between, protected),
        (r#"","header":"#, &header),
        (r#","signature":""#, signature.as_bytes()),
    ] {
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(value);
    }
    out.extend_from_slice(b"\"}");
    Ok(out)
}

/// RFC 7516, 7.2: the members of an encrypted message.
const JWE: [&str; 6] = ["aad", "ciphertext", "encrypted_key", "iv", "recipients", "tag"];
