//! The authority's side.

use super::{
    FailureInfo, GenTime, TimestampError, TimestampLimits, TimestampRequest, TimestampResponse, TimestampToken,
    TokenDraft, TstInfo,
};
use crate::{
    Certificate, ChainError, Expired, Hash, Profile, Which,
    cms::SignedData,
    code,
    issue::{algorithm_identifier, x509_signature},
    profile,
};
use alloc::{string::ToString, vec::Vec};
use core::time::Duration;
use plimsoll_core::{Algorithm, Classify, Code, Provider, Sign};
use spki::ObjectIdentifier;

/// A timestamping authority, but for its key and its clock.
#[derive(Clone, Copy, Debug)]
pub struct TimestampAuthority<'a> {
    /// The certificate of its key.
    pub certificate: &'a Certificate<'a>,
    /// The certificates of its issuers, which go along where certificates are asked for.
    pub issuers: &'a [&'a [u8]],
    /// The policy under which it makes timestamps, and the only one.
    pub policy: ObjectIdentifier,
    /// How right its clock is; `None` says nothing about it.
    pub accuracy: Option<Duration>,
}

/// Answers a request, whatever the bytes: a bad one is rejected, as RFC 3161, 2.4.2 has it.
///
/// `serial` is sixteen random octets. The answer's [`status`](TimestampResponse::status) says whether a token was made.
///
/// # Errors
/// [`TimestampIssueError`]: the authority cannot answer any request. A server then answers
/// [`systemFailure`](FailureInfo::SystemFailure), and somebody should look into it.
pub async fn respond<S: Sign>(
    request: &[u8],
    authority: &TimestampAuthority<'_>,
    serial: [u8; 16],
    at: GenTime,
    key: &S,
    provider: Provider<'_>,
) -> Result<TimestampResponse, TimestampIssueError<S::Error>> {
    let request = match TimestampRequest::parse(request, &TimestampLimits::default()) {
        Ok(request) => request,
        Err(error) => return Ok(TimestampResponse::rejected(failure(&error), &error.to_string())),
    };
    match issue(&request, authority, serial, at, key, provider).await {
        Ok(token) => Ok(TimestampResponse::granted(token)),
        Err(error @ TimestampIssueError::Policy { .. }) => {
            Ok(TimestampResponse::rejected(FailureInfo::UnacceptedPolicy, &error.to_string()))
        }
        Err(error) => Err(error),
    }
}

/// Which failure answers a request that cannot be read.
fn failure(error: &TimestampError) -> FailureInfo {
    match error {
        TimestampError::ImprintHash { .. } => FailureInfo::BadAlg,
        TimestampError::UnknownExtension { .. } => FailureInfo::UnacceptedExtension,
        TimestampError::Version { .. } => FailureInfo::BadRequest,
        _ => FailureInfo::BadDataFormat,
    }
}

/// Makes a token for a request; `key` is that of the authority's certificate.
///
/// The token is checked as whoever receives it will, up to the authority's certificate, before it is returned.
///
/// # Errors
/// [`TimestampIssueError`].
pub async fn issue<S: Sign>(
    request: &TimestampRequest,
    authority: &TimestampAuthority<'_>,
    serial: [u8; 16],
    at: GenTime,
    key: &S,
    provider: Provider<'_>,
) -> Result<TimestampToken, TimestampIssueError<S::Error>> {
    let draft = draft(request, authority, serial, at, key.algorithm())?;
    let signature = key.sign(&draft.signing_input()).await.map_err(TimestampIssueError::Sign)?;
    let signature = x509_signature(key.algorithm(), signature).ok_or(TimestampIssueError::KeyMismatch)?;
    let limits = TimestampLimits::default();
    let token = TimestampToken::from_der(draft.sealed(&signature), &limits).map_err(TimestampIssueError::Malformed)?;
    let malformed = |error: crate::CmsError| TimestampIssueError::Malformed(error.into());
    let data = SignedData::from_der(token.der(), &limits.cms()).map_err(malformed)?;
    for signer in &data.signers {
        signer.verify(&data, authority.certificate, provider).map_err(|error| match error {
            crate::CmsError::Signature => TimestampIssueError::KeyMismatch,
            error => malformed(error),
        })?;
    }
    Ok(token)
}

/// Writes what [`issue()`] signs, for a key with `algorithm`.
///
/// # Errors
/// [`TimestampIssueError`], but never [`TimestampIssueError::Sign`].
pub fn draft<E>(
    request: &TimestampRequest,
    authority: &TimestampAuthority<'_>,
    serial: [u8; 16],
    at: GenTime,
    algorithm: Algorithm,
) -> Result<TokenDraft, TimestampIssueError<E>> {
    let certificate = authority.certificate;
    profile::check(&[*certificate], Profile::TimeStamping, &mut Vec::new())?;
    if !certificate.validity().contains(at.second()) {
        let which = Which::new(0, certificate);
        return Err(Expired { which, at: at.second(), validity: certificate.validity() }.into());
    }
    if let Some(found) = request.policy().filter(|policy| *policy != authority.policy) {
        return Err(TimestampIssueError::Policy { expected: authority.policy, found });
    }
    let hash = hash(algorithm).ok_or(TimestampIssueError::Algorithm { algorithm })?;
    let method = algorithm_identifier(algorithm).map_err(|_| TimestampIssueError::Algorithm { algorithm })?;
    let mut info = TstInfo::new(authority.policy, request.imprint().clone(), &serial, at);
    info.stated_accuracy = authority.accuracy;
    info.nonce = request.nonce().cloned();
    let mut draft = TokenDraft::of(&info, certificate, hash, method);
    if request.wants_certificates() {
        // RFC 3161, 2.4.1: certReq decides whether there are any.
        draft.certificates.push(certificate.der().to_vec());
        draft.certificates.extend(authority.issuers.iter().map(|one| one.to_vec()));
    }
    Ok(draft)
}

/// The hash function that an algorithm signs with; `None` for one that timestamps are not signed by.
fn hash(algorithm: Algorithm) -> Option<Hash> {
    Some(match algorithm {
        Algorithm::EcdsaP256Sha256Der
        | Algorithm::EcdsaP256Sha256Fixed
        | Algorithm::EcdsaP384Sha256Der
        | Algorithm::EcdsaP521Sha256Der
        | Algorithm::RsaPkcs1Sha256
        | Algorithm::RsaPssSha256 => Hash::Sha256,
        Algorithm::EcdsaP256Sha384Der
        | Algorithm::EcdsaP384Sha384Der
        | Algorithm::EcdsaP384Sha384Fixed
        | Algorithm::EcdsaP521Sha384Der
        | Algorithm::RsaPkcs1Sha384
        | Algorithm::RsaPssSha384 => Hash::Sha384,
        Algorithm::EcdsaP256Sha512Der
        | Algorithm::EcdsaP384Sha512Der
        | Algorithm::EcdsaP521Sha512Der
        | Algorithm::EcdsaP521Sha512Fixed
        | Algorithm::RsaPkcs1Sha512
        | Algorithm::RsaPssSha512 => Hash::Sha512,
        _ => return None,
    })
}

/// Why no timestamp is made; `E` is the error of the key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampIssueError<E> {
    /// Timestamps cannot be signed with the algorithm of the key.
    #[error("the authority's key signs with {algorithm:?}, by which no timestamp is signed")]
    Algorithm {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// The certificate is not valid at the time of the timestamp.
    #[error("the authority cannot make timestamps now: {0}")]
    Expired(#[from] Expired),
    /// The key is not that of the certificate.
    #[error(
        "the signature does not hold under the authority's certificate: certificate and private key do not belong together"
    )]
    KeyMismatch,
    /// What came out is refused by whoever receives it.
    #[error("what would be issued is refused: {0}")]
    Malformed(TimestampError),
    /// A policy that the authority has not.
    #[error("expected a request for the policy {expected} or for none, found {found}")]
    Policy {
        /// The authority's policy.
        expected: ObjectIdentifier,
        /// That of the request.
        found: ObjectIdentifier,
    },
    /// The certificate is not one of a timestamping authority.
    #[error("the authority's certificate breaks a rule: {0}")]
    Profile(#[from] ChainError),
    /// The key failed.
    #[error("the authority's key did not sign: {0}")]
    Sign(E),
}

impl<E: Classify> Classify for TimestampIssueError<E> {
    fn code(&self) -> Code {
        match self {
            Self::Sign(error) => error.code(),
            _ => code::ISSUE_REFUSED,
        }
    }
}
