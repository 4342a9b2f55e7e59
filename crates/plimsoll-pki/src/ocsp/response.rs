//! `OCSPResponse` and `BasicOCSPResponse` (RFC 6960, 4.2.1), read once.

use super::{
    OcspError, OcspLimits, OcspRequest, ResponseStatus, VerifiedResponse,
    request::{no_critical, version},
    responder::{self, ResponderId},
    single::{self, Single},
    verified::{self, NonceCheck},
};
use crate::{
    Certificate, SignatureMethod,
    asn1::{Walk, bits, sequence, tag},
    oid,
    validity::generalized_time,
};
use alloc::vec::Vec;
use core::fmt;
use plimsoll_core::{Bytes, Digest, LimitExceeded, Provider, UnixTime};

/// A successful response as it came, read once. Nothing about it is trusted, and it shows no status: that has the
/// [`VerifiedResponse`] which [`OcspResponse::verify`] makes.
///
/// ```text
/// OCSPResponse ::= SEQUENCE { responseStatus, responseBytes [0] SEQUENCE { responseType, response OCTET STRING } OPTIONAL }
/// BasicOCSPResponse ::= SEQUENCE { tbsResponseData, signatureAlgorithm, signature, certs [0] SEQUENCE OF Certificate OPTIONAL }
/// ResponseData ::= SEQUENCE { version [0] DEFAULT v1, responderID, producedAt, responses, responseExtensions [1] OPTIONAL }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OcspResponse {
    der: Bytes,
    pub(super) tbs: Bytes,
    pub(super) signature: Bytes,
    pub(super) method: SignatureMethod,
    pub(super) responder: ResponderId,
    pub(super) produced_at: UnixTime,
    responses: Vec<Single>,
    nonce: Option<Bytes>,
    /// What came with it, each still to be read.
    pub(super) certificates: Vec<Bytes>,
}

impl OcspResponse {
    /// Reads a DER-encoded response.
    ///
    /// # Errors
    /// [`OcspError`]: over the limits, malformed, an error of the responder's ([`OcspError::Refused`]), or a critical extension
    /// that is not understood.
    pub fn from_der(der: impl Into<Bytes>, limits: &OcspLimits) -> Result<Self, OcspError> {
        let der = der.into();
        let size = u64::try_from(der.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one OCSP response", limits.bytes, size)?;
        let mut basic = sequence(successful(&der)?, "BasicOCSPResponse")?;
        let tbs = basic.whole()?;
        let method = SignatureMethod::read(basic.expect(tag::SEQUENCE)?)?;
        let (unused, signature) = bits(basic.expect(tag::BIT_STRING)?, "signature")?;
        if unused != 0 {
            return Err(OcspError::Der { field: "signature", at: 0 });
        }
        let certificates = certificates(&der, basic.optional(tag::constructed(0))?, limits)?;
        basic.finish()?;
        let mut data = sequence(tbs, "tbsResponseData")?;
        version(&mut data)?;
        let responder = ResponderId::read(&der, &mut data)?;
        let produced_at = generalized_time(&mut data, "producedAt")?;
        let responses = single::responses(data.expect(tag::SEQUENCE)?, limits)?;
        let nonce = no_critical(data.optional(tag::constructed(1))?, "responseExtensions", limits)?;
        data.finish()?;
        Ok(Self {
            tbs: der.slice_ref(tbs),
            signature: der.slice_ref(signature),
            nonce: nonce.map(|nonce| der.slice_ref(nonce)),
            method,
            responder,
            produced_at,
            responses,
            certificates,
            der,
        })
    }
    /// The bytes of the response.
    #[must_use]
    pub fn der(&self) -> &Bytes {
        &self.der
    }
    /// SHA-256 of the bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(&self.der)
    }
    /// The first `nextUpdate` of all that it claims to say; `None` where something is said without one. For those who keep answers.
    #[must_use]
    pub fn claimed_next_update(&self) -> Option<UnixTime> {
        let times: Option<Vec<_>> = self.responses.iter().map(|one| one.next_update).collect();
        times?.into_iter().min()
    }
    /// Checks that the issuer, or a responder whom it certified, says something about this certificate.
    ///
    /// `issuer` is the issuer of `certificate`; `request` is what was asked. Rules: [RFC 6960, 3.2 and 4.2.2.2]. Unlike Go's package, which compares
    /// the serial number alone, number, name and key of the issuer must all match. Whether the response is fresh
    /// is asked of what this gives ([`VerifiedResponse::fresh_at`]), and so is whether its responder must be checked
    /// ([`Responder::must_be_checked`](super::Responder::must_be_checked)).
    ///
    /// # Errors
    /// [`OcspError`].
    ///
    /// [RFC 6960, 3.2 and 4.2.2.2]: https://www.rfc-editor.org/rfc/rfc6960#section-3.2
    pub fn verify(
        &self,
        request: &OcspRequest,
        certificate: &Certificate<'_>,
        issuer: &Certificate<'_>,
        at: UnixTime,
        provider: Provider<'_>,
    ) -> Result<VerifiedResponse, OcspError> {
        let responder = responder::verify(self, certificate, issuer, at, provider)?;
        let nonce = match (request.nonce(), self.nonce.as_deref()) {
            (None, _) => NonceCheck::NotAsked,
            (Some(_), None) => NonceCheck::Absent,
            (Some(asked), Some(found)) if asked == found => NonceCheck::Same,
            _ => return Err(OcspError::Nonce),
        };
        let fitting = self.responses.iter().filter(|one| one.id.matches(certificate.serial(), issuer));
        // Of several the gravest counts: who revokes means it.
        let single = fitting.max_by_key(|one| verified::gravity(&one.status)).ok_or(OcspError::NoMatch)?;
        match single.critical {
            Some(oid) => Err(OcspError::Critical { oid }),
            None => Ok(VerifiedResponse::of(single, self.produced_at, responder, nonce)),
        }
    }
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({} certificates, {})", self.responses.len(), self.digest())
    }
}

/// What is in a successful response: the DER of its `BasicOCSPResponse`.
fn successful(der: &[u8]) -> Result<&[u8], OcspError> {
    const FIELD: &str = "OCSPResponse";
    let broken = OcspError::Der { field: "responseStatus", at: 0 };
    let mut outer = sequence(der, FIELD)?;
    let status = match outer.expect(tag::ENUMERATED)? {
        [0] => None,
        [number] => Some(ResponseStatus::from_number(*number).ok_or(broken)?),
        _ => return Err(broken),
    };
    let explicit = outer.optional(tag::constructed(0))?;
    outer.finish()?;
    if let Some(status) = status {
        return Err(OcspError::Refused { status });
    }
    let mut inner = Walk::new(explicit.ok_or(OcspError::Der { field: "responseBytes", at: 0 })?, "responseBytes");
    let mut bytes = Walk::new(inner.expect(tag::SEQUENCE)?, "responseBytes");
    inner.finish()?;
    let found = bytes.oid()?;
    let basic = bytes.expect(tag::OCTET_STRING)?;
    bytes.finish()?;
    if found == oid::OCSP_BASIC { Ok(basic) } else { Err(OcspError::Type { found }) }
}

/// `certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL`
fn certificates(der: &Bytes, explicit: Option<&[u8]>, limits: &OcspLimits) -> Result<Vec<Bytes>, OcspError> {
    const FIELD: &str = "certs";
    let Some(explicit) = explicit else { return Ok(Vec::new()) };
    let mut outer = Walk::new(explicit, FIELD);
    let mut walk = Walk::new(outer.expect(tag::SEQUENCE)?, FIELD);
    outer.finish()?;
    let mut found = Vec::new();
    while !walk.is_done() {
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX).saturating_add(1);
        LimitExceeded::check("certificates with one OCSP response", limits.certificates, count)?;
        found.push(der.slice_ref(walk.whole()?));
    }
    Ok(found)
}
