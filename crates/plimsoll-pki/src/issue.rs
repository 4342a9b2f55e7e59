//! Issuing certificates with exactly the profile that the Notary Project wants.

mod certification_request;
mod draft;
mod error;
mod extensions;
mod subject;

use alloc::{vec, vec::Vec};
pub use certification_request::{CertificationRequestDraft, request};
pub use draft::{Draft, DraftExtension};
pub(crate) use draft::{
    certificate_signature as x509_signature, generalized_time, method as algorithm_identifier, time,
};
pub use error::IssueError;

use crate::{
    Certificate, KeyKind, Limits, OwnedCertificate, Profile, Usage, Validity, Which, chain::check_signature, identity,
    profile,
};
use plimsoll_core::{Algorithm, Provider, PublicKey, Sign, VerifyError};

/// What a certificate is issued for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Role<'a> {
    /// A self-signed certificate authority.
    Root {
        /// How many further authorities may stand below it.
        path_length: Option<u8>,
    },
    /// A certificate authority below another.
    Intermediate {
        /// How many further authorities may stand below it; 0 is enough to issue signers.
        path_length: Option<u8>,
    },
    /// One that signs OCSP responses for its issuer (RFC 6960, 4.2.2.2): its only purpose.
    OcspResponder {
        /// URLs of the CRLs by which the responder itself is looked up. Without any the certificate says `id-pkix-ocsp-nocheck`: it is
        /// trusted for its lifetime, which should then be short.
        crl: &'a [&'a str],
    },
    /// A certificate authority below another that its issuer can revoke.
    RevocableIntermediate {
        /// How many further authorities may stand below it; 0 is enough to issue signers.
        path_length: Option<u8>,
        /// URLs of OCSP responders.
        ocsp: &'a [&'a str],
        /// URLs of CRLs.
        crl: &'a [&'a str],
    },
    /// One that signs artifacts. Without an issuer it is self-signed and stands alone.
    Signer {
        /// URLs of OCSP responders.
        ocsp: &'a [&'a str],
        /// URLs of CRLs.
        crl: &'a [&'a str],
    },
    /// One that signs timestamps (RFC 3161, 2.3): its only purpose.
    TimestampAuthority {
        /// URLs of OCSP responders.
        ocsp: &'a [&'a str],
        /// URLs of CRLs.
        crl: &'a [&'a str],
    },
}

/// What a certificate shall say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// The subject as RFC 4514 text, such as `CN=pilot,O=Harbour,ST=WA,C=US`. That of a signer needs C, ST and O, each once.
    pub subject: &'a str,
    /// The key that the certificate is for.
    pub key: PublicKey<'a>,
    /// Sixteen random octets for the serial number.
    pub serial: [u8; 16],
    /// When it is valid.
    pub validity: Validity,
    /// What it is for.
    pub role: Role<'a>,
}

/// Issues a certificate: `issuer` is the certificate of `key`; without one the certificate is self-signed, and `key` is its own.
///
/// The certificate is checked by the rules that it will be judged by, and its signature under the issuer's key, before it is
/// returned.
///
/// # Errors
/// [`IssueError`].
pub async fn issue<S: Sign>(
    request: &Request<'_>,
    issuer: Option<&Certificate<'_>>,
    key: &S,
    provider: Provider<'_>,
) -> Result<OwnedCertificate, IssueError<S::Error>> {
    let draft = draft(request, issuer, key.algorithm())?;
    let der = seal(&draft, key).await?;
    check(request, issuer, &der, provider)?;
    OwnedCertificate::from_der(der, &Limits::default()).map_err(IssueError::Malformed)
}

/// Signs a draft, and gives the certificate in DER. Nothing is checked: a caller that changed the draft checks what came out, by the
/// rules that it will be judged by ([`verify_chain`](crate::verify_chain)), before anybody gets it.
///
/// # Errors
/// [`IssueError::Sign`], [`IssueError::KeyMismatch`] for a signature of a wrong length.
pub async fn seal<S: Sign>(draft: &Draft, key: &S) -> Result<Vec<u8>, IssueError<S::Error>> {
    let tbs = draft.tbs();
    let signature = key.sign(&tbs).await.map_err(IssueError::Sign)?;
    let signature = draft::certificate_signature(key.algorithm(), signature).ok_or(IssueError::KeyMismatch)?;
    Ok(draft.sealed(&tbs, &signature))
}

/// Writes what [`issue`] signs, for a key with `algorithm`.
///
/// # Errors
/// [`IssueError`], but never [`IssueError::Sign`].
pub fn draft<E>(
    request: &Request<'_>,
    issuer: Option<&Certificate<'_>>,
    algorithm: Algorithm,
) -> Result<Draft, IssueError<E>> {
    match (request.role, issuer) {
        (Role::Root { .. }, Some(_)) => return Err(IssueError::RootWithIssuer),
        (Role::Intermediate { .. } | Role::RevocableIntermediate { .. }, None) => {
            return Err(IssueError::IntermediateWithoutIssuer);
        }
        (Role::OcspResponder { .. }, None) => return Err(IssueError::OcspResponderWithoutIssuer),
        (Role::TimestampAuthority { .. }, None) => return Err(IssueError::TimestampAuthorityWithoutIssuer),
        (role, Some(issuer)) => check_issuer(role, issuer)?,
        (_, None) => {}
    }
    if request.validity.not_before > request.validity.not_after {
        return Err(IssueError::Validity { validity: request.validity });
    }
    let subject = subject::encode(request.subject)?;
    let method = draft::method(algorithm).map_err(|_| IssueError::Algorithm { algorithm })?;
    Ok(Draft {
        version: Some(vec![2]),
        serial: serial(request.serial),
        inner_method: method.clone(),
        issuer: issuer.map_or_else(|| subject.clone(), |issuer| issuer.subject().der().to_vec()),
        not_before: time(request.validity.not_before).map_err(|_| IssueError::Encoding)?,
        not_after: time(request.validity.not_after).map_err(|_| IssueError::Encoding)?,
        subject,
        spki: request.key.spki_der().to_vec(),
        extensions: extensions::of(request, issuer).map_err(|_| IssueError::Encoding)?,
        outer_method: method,
    })
}

/// Positive, and always of sixteen octets (RFC 5280, 4.1.2.2).
fn serial(random: [u8; 16]) -> Vec<u8> {
    let mut serial = random.to_vec();
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    serial
}

fn check_issuer<E>(role: Role<'_>, issuer: &Certificate<'_>) -> Result<(), IssueError<E>> {
    let may = issuer.is_ca() && issuer.key_usage().is_none_or(|usage| usage.allows(Usage::KeyCertSign));
    let room = match (role, issuer.basic_constraints().and_then(|constraints| constraints.path_length)) {
        (Role::Intermediate { .. } | Role::RevocableIntermediate { .. }, Some(left)) => left > 0,
        _ => true,
    };
    if may && room { Ok(()) } else { Err(IssueError::Issuer { issuer: Which::text(issuer.subject()) }) }
}

fn check<E>(
    request: &Request<'_>,
    issuer: Option<&Certificate<'_>>,
    der: &[u8],
    provider: Provider<'_>,
) -> Result<(), IssueError<E>> {
    let made = Certificate::from_der(der, &Limits::default()).map_err(IssueError::Malformed)?;
    match request.role {
        Role::Signer { .. } => {
            identity::comparable(&made.subject()).map_err(IssueError::Subject)?;
            let profile = match made.key() {
                KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => Profile::NotaryMlDsa,
                _ => Profile::NotarySigning,
            };
            profile::check(&[made], profile, &mut Vec::new())?;
        }
        Role::TimestampAuthority { .. } => profile::check(&[made], Profile::TimeStamping, &mut Vec::new())?,
        Role::Root { .. } | Role::Intermediate { .. } | Role::RevocableIntermediate { .. } => {
            profile::check_authority(&made)?;
        }
        // Its rules are those of RFC 6960, by which whoever reads a response judges it.
        Role::OcspResponder { .. } => {}
    }
    check_signature(&made, issuer.unwrap_or(&made), provider).map_err(|error| match error {
        VerifyError::BadSignature => IssueError::KeyMismatch,
        VerifyError::Unsupported => IssueError::Unchecked,
    })
}
