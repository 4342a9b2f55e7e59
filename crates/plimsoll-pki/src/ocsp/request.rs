//! `OCSPRequest` (RFC 6960, 4.1).

use super::{CertId, IdHash, OcspError, OcspLimits};
use crate::{
    Certificate,
    asn1::{Walk, sequence, tag},
    encode::element,
    extension,
    issue::DraftExtension,
    oid,
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use data_encoding::BASE64;
use plimsoll_core::LimitExceeded;

/// A question about certificates, read or to be sent.
///
/// ```text
/// OCSPRequest ::= SEQUENCE { tbsRequest SEQUENCE { version [0] DEFAULT v1, requestorName [1] OPTIONAL,
///   requestList SEQUENCE OF SEQUENCE { reqCert CertID, .. }, requestExtensions [2] OPTIONAL }, optionalSignature [0] OPTIONAL }
/// ```
/// A signature of the one who asks is not checked: everybody may ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OcspRequest {
    ids: Vec<CertId>,
    nonce: Option<Box<[u8]>>,
}

impl OcspRequest {
    /// The question about one certificate that `issuer` issued, by SHA-1 as all responders know it ([RFC 5019, 2.1.1]).
    ///
    /// [RFC 5019, 2.1.1]: https://www.rfc-editor.org/rfc/rfc5019#section-2.1.1
    #[must_use]
    pub fn new(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Self {
        Self { ids: CertId::of(certificate, issuer, IdHash::Sha1).into_iter().collect(), nonce: None }
    }
    /// Adds a nonce of 1 to 32 random octets, so that an old response cannot pass for a new one ([RFC 8954]). Many responders
    /// leave it out of their responses.
    ///
    /// [RFC 8954]: https://www.rfc-editor.org/rfc/rfc8954
    #[must_use]
    pub fn with_nonce(mut self, nonce: [u8; 32]) -> Self {
        self.nonce = Some(Box::from(nonce));
        self
    }
    /// The certificates that are asked for.
    #[must_use]
    pub fn ids(&self) -> &[CertId] {
        &self.ids
    }
    /// The nonce.
    #[must_use]
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }
    /// Reads a DER-encoded request.
    ///
    /// # Errors
    /// [`OcspError`]: over the limits, malformed, or with a critical extension that is not understood.
    pub fn from_der(der: &[u8], limits: &OcspLimits) -> Result<Self, OcspError> {
        let size = u64::try_from(der.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one OCSP request", limits.bytes, size)?;
        let mut outer = sequence(der, "OCSPRequest")?;
        let mut walk = Walk::new(outer.expect(tag::SEQUENCE)?, "tbsRequest");
        outer.optional(tag::constructed(0))?;
        outer.finish()?;
        version(&mut walk)?;
        walk.optional(tag::constructed(1))?;
        let mut list = Walk::new(walk.expect(tag::SEQUENCE)?, "requestList");
        let mut ids = Vec::new();
        while !list.is_done() {
            let count = u64::try_from(ids.len()).unwrap_or(u64::MAX).saturating_add(1);
            LimitExceeded::check("certificates in one OCSP request", limits.statuses, count)?;
            let mut one = Walk::new(list.expect(tag::SEQUENCE)?, "Request");
            ids.push(CertId::read(&mut one)?);
            no_critical(one.optional(tag::constructed(0))?, "singleRequestExtensions", limits)?;
            one.finish()?;
        }
        let nonce = no_critical(walk.optional(tag::constructed(2))?, "requestExtensions", limits)?.map(Box::from);
        walk.finish()?;
        Ok(Self { ids, nonce })
    }
    /// Reads a request out of the path of a GET, behind the responder's own path ([RFC 6960, A.1]).
    ///
    /// # Errors
    /// [`OcspError`], as [`OcspRequest::from_der`].
    ///
    /// [RFC 6960, A.1]: https://www.rfc-editor.org/rfc/rfc6960#appendix-A.1
    pub fn from_get(path: &str, limits: &OcspLimits) -> Result<Self, OcspError> {
        let size = u64::try_from(path.len()).unwrap_or(u64::MAX);
        // Each octet is at most four characters: base64, each of its characters as an escape of three.
        LimitExceeded::check("characters in one OCSP request", limits.bytes.saturating_mul(4), size)?;
        let broken = OcspError::Der { field: "OCSPRequest", at: 0 };
        let base64 = unescape(path.trim_start_matches('/').as_bytes()).ok_or_else(|| broken.clone())?;
        Self::from_der(&BASE64.decode(&base64).map_err(|_| broken)?, limits)
    }
    /// Encodes the request.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let list: Vec<u8> = self.ids.iter().flat_map(|id| element(tag::SEQUENCE, id.der())).collect();
        let mut tbs = element(tag::SEQUENCE, &list);
        if let Some(nonce) = &self.nonce {
            let value = element(tag::OCTET_STRING, nonce);
            let list = DraftExtension::list(&[DraftExtension { oid: oid::OCSP_NONCE, critical: false, value }]);
            tbs.extend(element(tag::constructed(2), &list.unwrap_or_default()));
        }
        element(tag::SEQUENCE, &element(tag::SEQUENCE, &tbs))
    }
    /// The URL that asks a responder by GET, where the request is short enough for that: fewer than 255 characters of base64
    /// ([RFC 6960, A.1]), so that a cache can answer. `None` for a longer one, which is posted.
    ///
    /// [RFC 6960, A.1]: https://www.rfc-editor.org/rfc/rfc6960#appendix-A.1
    #[must_use]
    pub fn get_url(&self, responder: &str) -> Option<String> {
        let base64 = BASE64.encode(&self.to_der());
        // A query or fragment in the responder's URL would swallow the path.
        if base64.len() >= 255 || responder.contains(['?', '#']) {
            return None;
        }
        let mut url = format!("{}/", responder.trim_end_matches('/'));
        for character in base64.chars() {
            match character {
                '+' => url.push_str("%2B"),
                '/' => url.push_str("%2F"),
                '=' => url.push_str("%3D"),
                plain => url.push(plain),
            }
        }
        Some(url)
    }
}

/// `version [0] EXPLICIT INTEGER DEFAULT v1`
pub(super) fn version(walk: &mut Walk<'_>) -> Result<(), OcspError> {
    let Some(explicit) = walk.optional(tag::constructed(0))? else { return Ok(()) };
    let mut inner = Walk::new(explicit, "version");
    let number = inner.expect(tag::INTEGER)?;
    inner.finish()?;
    if number == [0] { Ok(()) } else { Err(OcspError::Version) }
}

/// Reads extensions of which only the nonce is understood, and returns that.
pub(super) fn no_critical<'a>(
    explicit: Option<&'a [u8]>,
    field: &'static str,
    limits: &OcspLimits,
) -> Result<Option<&'a [u8]>, OcspError> {
    let Some(explicit) = explicit else { return Ok(None) };
    let mut outer = Walk::new(explicit, field);
    let mut walk = Walk::new(outer.expect(tag::SEQUENCE)?, field);
    outer.finish()?;
    let (mut nonce, mut count) = (None, 0_u64);
    while !walk.is_done() {
        count = count.saturating_add(1);
        LimitExceeded::check("extensions in one OCSP message", limits.extensions, count)?;
        let one = extension::extension(&mut walk)?;
        if one.oid == oid::OCSP_NONCE {
            if nonce.replace(read_nonce(one.value)?).is_some() {
                return Err(OcspError::DuplicateExtension { oid: one.oid });
            }
        } else if one.critical {
            return Err(OcspError::Critical { oid: one.oid });
        }
    }
    Ok(nonce)
}

/// `Nonce ::= OCTET STRING(SIZE(1..32))` (RFC 8954, 2.1). RFC 6960 knew no bound: up to 128 octets are read, as RFC 9654 has it.
fn read_nonce(value: &[u8]) -> Result<&[u8], OcspError> {
    let mut walk = Walk::new(value, "Nonce");
    let nonce = walk.expect(tag::OCTET_STRING)?;
    walk.finish()?;
    if (1..=128).contains(&nonce.len()) { Ok(nonce) } else { Err(OcspError::Der { field: "Nonce", at: 0 }) }
}

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            out.push(*first);
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        out.push(*data_encoding::HEXUPPER_PERMISSIVE.decode(digits).ok()?.first()?);
        rest = after;
    }
    Some(out)
}
