//! Who may sign a response (RFC 6960, 4.2.2.2).

use super::{OcspError, OcspResponse, ResponderProblem, id};
use crate::{
    Certificate, Limits, Name, OwnedCertificate, SignatureMethod, Usage, Validity, Which,
    asn1::{Walk, tag},
    chain::check_signature,
    oid,
};
use plimsoll_core::{Bytes, Horizon, Message, Provider, UnixTime, VerifyError};
use spki::ObjectIdentifier;

/// Who signed a response.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Responder {
    /// A responder with a certificate for OCSP, which the issuer issued itself.
    Delegated {
        /// Its certificate.
        certificate: OwnedCertificate,
        /// When its certificate is valid.
        validity: Validity,
        /// Whether the issuer wants it trusted for its lifetime: `id-pkix-ocsp-nocheck`.
        no_check: bool,
    },
    /// The issuer of the certificate in question.
    Issuer,
}

impl Responder {
    /// The certificate that itself must not be revoked, for the response to count: that of a delegated responder without
    /// `id-pkix-ocsp-nocheck` ([RFC 6960, 4.2.2.2.1]).
    ///
    /// [RFC 6960, 4.2.2.2.1]: https://www.rfc-editor.org/rfc/rfc6960#section-4.2.2.2.1
    #[must_use]
    pub fn must_be_checked(&self) -> Option<&OwnedCertificate> {
        match self {
            Self::Delegated { certificate, no_check: false, .. } => Some(certificate),
            _ => None,
        }
    }
    /// When it may sign: as long as its certificate is valid.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        match self {
            Self::Delegated { validity, .. } => validity.horizon(),
            Self::Issuer => Horizon::ALWAYS,
        }
    }
}

/// `ResponderID ::= CHOICE { byName [1] EXPLICIT Name, byKey [2] EXPLICIT KeyHash }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ResponderId {
    Key(Bytes),
    Name(Bytes),
}

impl ResponderId {
    pub(super) fn read(der: &Bytes, walk: &mut Walk<'_>) -> Result<Self, OcspError> {
        const FIELD: &str = "responderID";
        if let Some(explicit) = walk.optional(tag::constructed(1))? {
            return Ok(Self::Name(der.slice_ref(Name::from_der(explicit)?.der())));
        }
        let mut inner = Walk::new(walk.expect(tag::constructed(2))?, FIELD);
        let hash = inner.expect(tag::OCTET_STRING)?;
        inner.finish()?;
        Ok(Self::Key(der.slice_ref(hash)))
    }
    fn names(&self, certificate: &Certificate<'_>) -> bool {
        match self {
            Self::Name(name) => certificate.subject().der() == &**name,
            Self::Key(hash) => id::key_hash(certificate).is_some_and(|own| *own == **hash),
        }
    }
}

/// Finds who signed, and checks the signature.
pub(super) fn verify(
    response: &OcspResponse,
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    at: UnixTime,
    provider: Provider<'_>,
) -> Result<Responder, OcspError> {
    let limits = Limits::default();
    let came = || response.certificates.iter().filter_map(|der| Certificate::from_der(der, &limits).ok());
    let mut problem = OcspError::Responder(ResponderProblem::Unknown);
    if response.responder.names(issuer) {
        match signature(response, issuer, provider) {
            Ok(()) => return Ok(Responder::Issuer),
            Err(error) => problem = error,
        }
    }
    for one in came().filter(|one| response.responder.names(one) && one.der() != issuer.der()) {
        let found = delegated(&one, certificate, issuer, at, provider);
        match found.map_err(OcspError::from).and_then(|no_check| signature(response, &one, provider).map(|()| no_check))
        {
            Ok(no_check) => {
                return Ok(Responder::Delegated { certificate: one.to_owned(), validity: one.validity(), no_check });
            }
            Err(error) => problem = error,
        }
    }
    Err(problem)
}

/// Checks that the issuer certified a responder; says whether it has `id-pkix-ocsp-nocheck`.
fn delegated(
    one: &Certificate<'_>,
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    at: UnixTime,
    provider: Provider<'_>,
) -> Result<bool, ResponderProblem> {
    let responder = Which::text(one.subject());
    if one.der() == certificate.der() {
        return Err(ResponderProblem::Itself);
    }
    // Issued directly: by the same name and key, and not by another below or above it.
    let weak = matches!(one.signature_method(), SignatureMethod::Broken(_));
    if one.issuer() != issuer.subject() || weak || check_signature(one, issuer, provider).is_err() {
        return Err(ResponderProblem::NotIssued { responder });
    }
    // Only the purpose itself: anyExtendedKeyUsage is not one that RFC 6960 has.
    let purpose = one.extended_key_usage().is_some_and(|usage| usage.purposes().any(|one| one == oid::OCSP_SIGNING));
    let signs = one.key_usage().is_none_or(|usage| usage.allows(Usage::DigitalSignature));
    if !purpose || !signs {
        return Err(ResponderProblem::Purpose { responder });
    }
    if !one.validity().contains(at) {
        return Err(ResponderProblem::Expired { responder, validity: one.validity(), at });
    }
    let strange = |oid: &ObjectIdentifier| !UNDERSTOOD.contains(oid);
    if let Some(oid) = one.extensions().iter().filter(|one| one.critical).map(|one| one.oid).find(strange) {
        return Err(ResponderProblem::Critical { responder, oid });
    }
    Ok(one.extensions().iter().any(|one| one.oid == oid::OCSP_NO_CHECK))
}

pub(super) fn signature(
    response: &OcspResponse,
    responder: &Certificate<'_>,
    provider: Provider<'_>,
) -> Result<(), OcspError> {
    if let SignatureMethod::Broken(found) = response.method {
        return Err(OcspError::WeakSignature { found });
    }
    let unsupported = || OcspError::Unsupported { method: response.method, key: responder.key() };
    let algorithm = response.method.under(responder.key()).ok_or_else(unsupported)?;
    let signed: [&[u8]; 1] = [&response.tbs];
    let message = Message::Parts(&signed);
    provider.verify(algorithm, responder.public_key(), message, &response.signature).map_err(|error| match error {
        VerifyError::BadSignature => OcspError::Signature { responder: Which::text(responder.subject()) },
        VerifyError::Unsupported => unsupported(),
    })
}

/// The extensions of a responder's certificate that may be critical. It ends a chain, so that constraints on what is
/// below it mean nothing.
const UNDERSTOOD: [ObjectIdentifier; 6] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::CERTIFICATE_POLICIES,
    oid::OCSP_NO_CHECK,
];
