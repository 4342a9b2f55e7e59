//! Issuing OCSP responses.

use super::{
    CertId, OcspError, OcspLimits, OcspResponse, OcspStatus, ResponseDraft, draft::SingleDraft, id, responder,
};
use crate::{
    Certificate,
    asn1::tag,
    code, crl,
    encode::element,
    issue::{DraftExtension, algorithm_identifier, generalized_time, x509_signature},
    oid,
};
use alloc::vec::Vec;
use plimsoll_core::{Algorithm, Classify, Code, Provider, Sign, UnixTime};

/// What a response shall say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResponseRequest<'a> {
    /// Each certificate that was asked for, by the identifier of the request, and what is said of it.
    pub statuses: &'a [(&'a CertId, OcspStatus)],
    /// `producedAt` and `thisUpdate`.
    pub this_update: UnixTime,
    /// `nextUpdate`: until when the response counts. Without one, nobody who follows the Notary Project takes it.
    pub next_update: UnixTime,
    /// The nonce of the request, to be repeated.
    pub nonce: Option<&'a [u8]>,
    /// Certificates that go with the response: that of a delegated responder. The issuer's own is known to whoever asks.
    pub certificates: &'a [&'a [u8]],
}

/// Issues a response: `responder` is the certificate of `key`, that of the issuer or of a responder whom it certified.
///
/// The response is read again, and its signature checked under the responder's key, before it is returned.
///
/// # Errors
/// [`OcspIssueError`].
pub async fn issue<S: Sign>(
    request: &ResponseRequest<'_>,
    responder: &Certificate<'_>,
    key: &S,
    provider: Provider<'_>,
) -> Result<OcspResponse, OcspIssueError<S::Error>> {
    let draft = draft(request, responder, key.algorithm())?;
    let tbs = draft.tbs();
    let signature = key.sign(&tbs).await.map_err(OcspIssueError::Sign)?;
    let signature = x509_signature(key.algorithm(), signature).ok_or(OcspIssueError::KeyMismatch)?;
    let response = OcspResponse::from_der(draft.sealed(&tbs, &signature), &OcspLimits::default())?;
    match responder::signature(&response, responder, provider) {
        Ok(()) => Ok(response),
        Err(OcspError::Signature { .. }) => Err(OcspIssueError::KeyMismatch),
        Err(error) => Err(error.into()),
    }
}

/// Writes what [`issue`] signs, for a key with `algorithm`.
///
/// # Errors
/// [`OcspIssueError`], but never [`OcspIssueError::Sign`].
pub fn draft<E>(
    request: &ResponseRequest<'_>,
    responder: &Certificate<'_>,
    algorithm: Algorithm,
) -> Result<ResponseDraft, OcspIssueError<E>> {
    let ResponseRequest { this_update, next_update, .. } = *request;
    if next_update <= this_update {
        return Err(OcspIssueError::Updates { this_update, next_update });
    }
    let method = algorithm_identifier(algorithm).map_err(|_| OcspIssueError::Algorithm { algorithm })?;
    let broken = || OcspError::Der { field: "responderID", at: 0 };
    let key_hash = element(tag::OCTET_STRING, &id::key_hash(responder).ok_or_else(broken)?);
    let nonce =
        |nonce| DraftExtension { oid: oid::OCSP_NONCE, critical: false, value: element(tag::OCTET_STRING, nonce) };
    let single = |(id, status): &(&CertId, OcspStatus)| SingleDraft {
        id: id.der().to_vec(),
        status: cert_status(status),
        this_update: generalized_time(this_update),
        next_update: Some(generalized_time(next_update)),
        extensions: extensions(status),
    };
    Ok(ResponseDraft {
        status: 0,
        kind: oid::OCSP_BASIC,
        version: None,
        // By key: shorter than a name, and as sure.
        responder: element(tag::constructed(2), &key_hash),
        produced_at: generalized_time(this_update),
        responses: request.statuses.iter().map(single).collect(),
        extensions: request.nonce.map(nonce).into_iter().collect(),
        method,
        certificates: request.certificates.iter().map(|one| one.to_vec()).collect(),
    })
}

fn cert_status(status: &OcspStatus) -> Vec<u8> {
    match status {
        OcspStatus::Good => element(tag::primitive(0), &[]),
        OcspStatus::Unknown => element(tag::primitive(2), &[]),
        OcspStatus::Revoked(entry) => {
            let mut info = generalized_time(entry.revoked_at);
            if entry.reason != crl::RevokedReason::Unspecified {
                let reason = element(tag::ENUMERATED, &[entry.reason.number()]);
                info.extend(element(tag::constructed(0), &reason));
            }
            element(tag::constructed(1), &info)
        }
    }
}

/// `invalidityDate` (RFC 6960, 4.4.5).
fn extensions(status: &OcspStatus) -> Vec<DraftExtension> {
    match status {
        OcspStatus::Revoked(entry) => entry.invalidity_date.map(crl::invalidity_date).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Why no response is issued; `E` is the error of the key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OcspIssueError<E> {
    /// Responses cannot be signed with the algorithm of the key.
    #[error("the responder's key signs with {algorithm:?}, which has no name in OCSP responses")]
    Algorithm {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// The key is not that of the responder.
    #[error(
        "the signature does not hold under the responder's public key: certificate and private key do not belong together"
    )]
    KeyMismatch,
    /// What came out would not be accepted.
    #[error("what would be issued is refused: {0}")]
    Refused(#[from] OcspError),
    /// The key failed.
    #[error("the responder's key did not sign: {0}")]
    Sign(E),
    /// It would end before it begins.
    #[error("expected a nextUpdate after thisUpdate, found {this_update} to {next_update}")]
    Updates {
        /// `thisUpdate`.
        this_update: UnixTime,
        /// `nextUpdate`.
        next_update: UnixTime,
    },
}

impl<E: Classify> Classify for OcspIssueError<E> {
    fn code(&self) -> Code {
        match self {
            Self::Sign(error) => error.code(),
            _ => code::ISSUE_REFUSED,
        }
    }
}
