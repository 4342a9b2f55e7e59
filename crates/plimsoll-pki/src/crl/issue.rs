//! Issuing revocation lists.

use super::{CertificateList, CrlDraft, CrlError, CrlLimits, RevokedEntry, RevokedReason, draft::DraftEntry};
use crate::{
    Certificate,
    asn1::tag,
    code,
    encode::{element, sequence, unsigned},
    issue::{DraftExtension, algorithm_identifier, generalized_time, time, x509_signature},
    oid,
};
use alloc::{vec, vec::Vec};
use plimsoll_core::{Algorithm, Classify, Code, Provider, Sign, UnixTime};

/// What a revocation list shall say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CrlRequest<'a> {
    /// `cRLNumber`: up to 20 octets, big endian; base and delta lists of one scope share one sequence of numbers.
    pub number: &'a [u8],
    /// `thisUpdate`.
    pub this_update: UnixTime,
    /// `nextUpdate`: until when the list counts.
    pub next_update: UnixTime,
    /// Who is revoked: serial number as [`Certificate::serial`] has it, and what is said of it.
    pub entries: &'a [(&'a [u8], RevokedEntry)],
    /// For a delta list: the number of the base that it completes.
    pub delta_of: Option<&'a [u8]>,
    /// URLs of the delta list, for a base list.
    pub freshest: &'a [&'a str],
    /// Of whom the list speaks.
    pub scope: ListScope<'a>,
}

/// Of whom a list speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum ListScope<'a> {
    /// Of all certificates of its issuer.
    #[default]
    All,
    /// Of certificate authorities only.
    Authorities,
    /// Of those that name one of these URLs as their distribution point.
    DistributionPoint(&'a [&'a str]),
    /// Of all that are no certificate authorities.
    EndEntities,
}

/// Issues a revocation list: `issuer` is the certificate of `key`.
///
/// The list is read again, and its signature checked under the issuer's key, before it is returned.
///
/// # Errors
/// [`CrlIssueError`].
pub async fn issue<S: Sign>(
    request: &CrlRequest<'_>,
    issuer: &Certificate<'_>,
    key: &S,
    provider: Provider<'_>,
) -> Result<CertificateList, CrlIssueError<S::Error>> {
    let draft = draft(request, issuer, key.algorithm())?;
    let tbs = draft.tbs();
    let signature = key.sign(&tbs).await.map_err(CrlIssueError::Sign)?;
    let signature = x509_signature(key.algorithm(), signature).ok_or(CrlIssueError::KeyMismatch)?;
    let list = CertificateList::from_der(draft.sealed(&tbs, &signature), &CrlLimits::default())?;
    match list.verify(issuer, provider) {
        Ok(_) => Ok(list),
        Err(CrlError::Signature { .. }) => Err(CrlIssueError::KeyMismatch),
        Err(error) => Err(error.into()),
    }
}

/// Writes what [`issue`] signs, for a key with `algorithm`.
///
/// # Errors
/// [`CrlIssueError`], but never [`CrlIssueError::Sign`].
pub fn draft<E>(
    request: &CrlRequest<'_>,
    issuer: &Certificate<'_>,
    algorithm: Algorithm,
) -> Result<CrlDraft, CrlIssueError<E>> {
    let CrlRequest { this_update, next_update, .. } = *request;
    if next_update <= this_update {
        return Err(CrlIssueError::Updates { this_update, next_update });
    }
    let urls =
        |urls: &[&str]| urls.iter().all(|url| !url.is_empty() && url.bytes().all(|byte| byte.is_ascii_graphic()));
    let place = if let ListScope::DistributionPoint(place) = request.scope { place } else { &[] };
    if !urls(request.freshest) || !urls(place) {
        return Err(CrlIssueError::Url);
    }
    let method = algorithm_identifier(algorithm).map_err(|_| CrlIssueError::Algorithm { algorithm })?;
    let mut extensions = vec![extension(oid::CRL_NUMBER, false, unsigned(request.number))];
    if let Some(key) = issuer.subject_key_identifier() {
        let value = sequence(&[&element(tag::primitive(0), key)]);
        extensions.push(extension(oid::AUTHORITY_KEY_IDENTIFIER, false, value));
    }
    if let Some(base) = request.delta_of {
        extensions.push(extension(oid::DELTA_CRL_INDICATOR, true, unsigned(base)));
    }
    if let Some(scope) = scope(request.scope) {
        extensions.push(extension(oid::ISSUING_DISTRIBUTION_POINT, true, scope));
    }
    if !request.freshest.is_empty() {
        let point = sequence(&[&element(tag::constructed(0), &full_name(request.freshest))]);
        extensions.push(extension(oid::FRESHEST_CRL, false, sequence(&[&point])));
    }
    Ok(CrlDraft {
        version: Some(vec![1]),
        inner_method: method.clone(),
        issuer: issuer.subject().der().to_vec(),
        this_update: encoded(time(this_update))?,
        next_update: Some(encoded(time(next_update))?),
        entries: request.entries.iter().map(|(serial, entry)| draft_entry(serial, entry)).collect::<Result<_, _>>()?,
        extensions,
        outer_method: method,
    })
}

fn draft_entry<E>(serial: &[u8], entry: &RevokedEntry) -> Result<DraftEntry, CrlIssueError<E>> {
    let extensions = entry_extensions(entry);
    Ok(DraftEntry { serial: serial.to_vec(), revoked_at: encoded(time(entry.revoked_at))?, extensions })
}

fn encoded<E>(written: der::Result<Vec<u8>>) -> Result<Vec<u8>, CrlIssueError<E>> {
    written.map_err(|_| CrlError::Der { field: "Time", at: 0 }.into())
}

/// `reasonCode` and `invalidityDate`. Neither is critical, and `unspecified` is left out (RFC 5280, 5.3.1).
fn entry_extensions(entry: &RevokedEntry) -> Vec<DraftExtension> {
    let mut list = Vec::new();
    if entry.reason != RevokedReason::Unspecified {
        list.push(extension(oid::REASON_CODE, false, element(tag::ENUMERATED, &[entry.reason.number()])));
    }
    list.extend(entry.invalidity_date.map(invalidity_date));
    list
}

/// `invalidityDate`, always a GeneralizedTime (RFC 5280, 5.3.2).
pub(crate) fn invalidity_date(date: UnixTime) -> DraftExtension {
    extension(oid::INVALIDITY_DATE, false, generalized_time(date))
}

/// `IssuingDistributionPoint`; none for a list of everybody.
fn scope(scope: ListScope<'_>) -> Option<Vec<u8>> {
    let flag = |number| element(tag::primitive(number), &[0xff]);
    let inner = match scope {
        ListScope::All => return None,
        ListScope::Authorities => flag(2),
        ListScope::DistributionPoint(urls) => element(tag::constructed(0), &full_name(urls)),
        ListScope::EndEntities => flag(1),
    };
    Some(sequence(&[&inner]))
}

/// `fullName [0] GeneralNames`, of URLs.
fn full_name(urls: &[&str]) -> Vec<u8> {
    let names: Vec<u8> = urls.iter().flat_map(|url| element(tag::primitive(6), url.as_bytes())).collect();
    element(tag::constructed(0), &names)
}

fn extension(oid: spki::ObjectIdentifier, critical: bool, value: Vec<u8>) -> DraftExtension {
    DraftExtension { oid, critical, value }
}

/// Why no revocation list is issued; `E` is the error of the key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrlIssueError<E> {
    /// Lists cannot be signed with the algorithm of the key.
    #[error("the issuer's key signs with {algorithm:?}, which has no name in revocation lists")]
    Algorithm {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// The key is not that of the issuer.
    #[error(
        "the signature does not hold under the issuer's public key: certificate and private key do not belong together"
    )]
    KeyMismatch,
    /// What came out would not be accepted.
    #[error("what would be issued is refused: {0}")]
    Refused(#[from] CrlError),
    /// The key failed.
    #[error("the issuer's key did not sign: {0}")]
    Sign(E),
    /// It would end before it begins.
    #[error("expected a nextUpdate after thisUpdate, found {this_update} to {next_update}")]
    Updates {
        /// `thisUpdate`.
        this_update: UnixTime,
        /// `nextUpdate`.
        next_update: UnixTime,
    },
    /// A URL that is none.
    #[error("expected URLs of ASCII without spaces")]
    Url,
}

impl<E: Classify> Classify for CrlIssueError<E> {
    fn code(&self) -> Code {
        match self {
            Self::Sign(error) => error.code(),
            _ => code::ISSUE_REFUSED,
        }
    }
}
