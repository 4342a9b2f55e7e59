//! What is wrong with an OCSP message.

use crate::{CertificateError, KeyKind, SignatureMethod, Validity, code, crl::CrlError};
use alloc::{vec, vec::Vec};
use core::fmt;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, UnixTime};
use spki::ObjectIdentifier;

/// Why an OCSP message cannot be read, or says nothing about a certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OcspError {
    /// A critical extension that is not understood.
    #[error("the OCSP message has the critical extension {oid}, which is not understood")]
    Critical {
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// The DER is broken, or an element is not the one that belongs there.
    #[error("the OCSP message is malformed: `{field}` is not as DER and RFC 6960 demand, at byte {at} of it")]
    Der {
        /// Name of the field, as RFC 6960 spells it.
        field: &'static str,
        /// Offset within the field, in bytes.
        at: u32,
    },
    /// An extension stands there twice.
    #[error("the OCSP message is malformed: the extension {oid} stands there twice")]
    DuplicateExtension {
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// Made later than now.
    #[error("the OCSP response is of {this_update}, which lies in the future at {at}")]
    Future {
        /// `thisUpdate`.
        this_update: UnixTime,
        /// The time in question.
        at: UnixTime,
    },
    /// Too large.
    #[error("the OCSP message is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// It speaks of others.
    #[error("the OCSP response speaks of another certificate than the one that was asked for")]
    NoMatch,
    /// It answers somebody else.
    #[error("the OCSP response has another nonce than the request")]
    Nonce,
    /// Without an end.
    #[error("the OCSP response has no nextUpdate, so how long it counts is not known")]
    NoNextUpdate,
    /// An error of the responder's, which nobody signs.
    #[error("the OCSP responder answered `{status}`")]
    Refused {
        /// `responseStatus`.
        status: ResponseStatus,
    },
    /// Whoever signed may not.
    #[error("the OCSP response is not signed by who may: {0}")]
    Responder(#[from] ResponderProblem),
    /// The signature does not hold.
    #[error("the signature of the OCSP response does not hold under the key of `{responder}`")]
    Signature {
        /// Subject of the responder.
        responder: Escaped,
    },
    /// Too old.
    #[error("the OCSP response counted until {next_update}, and it is {at}")]
    Stale {
        /// `nextUpdate`.
        next_update: UnixTime,
        /// The time in question.
        at: UnixTime,
    },
    /// The responder does not know the certificate.
    #[error("the OCSP responder does not know the certificate")]
    StatusUnknown,
    /// A date that is none.
    #[error("the OCSP message is malformed: expected `{field}` as GeneralizedTime in UTC, found `{found}`")]
    Time {
        /// Name of the field.
        field: &'static str,
        /// The text.
        found: Escaped,
    },
    /// No back end for the algorithm.
    #[error("no back end can check the signature of the OCSP response ({method}, responder's key {key})")]
    Unsupported {
        /// How it is signed.
        method: SignatureMethod,
        /// The key of the responder.
        key: KeyKind,
    },
    /// Another kind of response.
    #[error("expected an OCSP response of the type id-pkix-ocsp-basic, found {found}")]
    Type {
        /// The type.
        found: ObjectIdentifier,
    },
    /// A version that RFC 6960 does not know.
    #[error("the OCSP message is malformed: expected version 1")]
    Version,
    /// Signed by MD5 or SHA-1.
    #[error(
        "expected an OCSP response signed with SHA-256, SHA-384 or SHA-512, found one with a broken hash ({found})"
    )]
    WeakSignature {
        /// The signature algorithm.
        found: ObjectIdentifier,
    },
}

/// Why a certificate is not that of a responder for the certificate in question (RFC 6960, 4.2.2.2).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResponderProblem {
    /// A critical extension that is not understood.
    #[error("the certificate of the responder `{responder}` has the critical extension {oid}, which is not understood")]
    Critical {
        /// Its subject.
        responder: Escaped,
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// It is not valid now.
    #[error("the certificate of the responder `{responder}` is valid from {} to {}, not at {at}", validity.not_before, validity.not_after)]
    Expired {
        /// Its subject.
        responder: Escaped,
        /// When it is valid.
        validity: Validity,
        /// The time in question.
        at: UnixTime,
    },
    /// It is not issued by the issuer of the certificate in question.
    #[error("the certificate of the responder `{responder}` is not signed by the issuer of the certificate")]
    NotIssued {
        /// Its subject.
        responder: Escaped,
    },
    /// It is not for OCSP.
    #[error(
        "the certificate of the responder `{responder}` is not for this: its extKeyUsage lacks OCSPSigning, or its keyUsage digitalSignature"
    )]
    Purpose {
        /// Its subject.
        responder: Escaped,
    },
    /// The certificate speaks for itself.
    #[error("the certificate in question is the one that signed the response")]
    Itself,
    /// Nobody is named.
    #[error("the response names neither the issuer nor a certificate that came with it as its responder")]
    Unknown,
}

/// `OCSPResponseStatus` (RFC 6960, 4.2.1), other than `successful`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are those of RFC 6960, which says what they mean")]
pub enum ResponseStatus {
    MalformedRequest,
    InternalError,
    TryLater,
    SigRequired,
    Unauthorized,
}

impl ResponseStatus {
    const ALL: [(Self, u8, &'static str); 5] = [
        (Self::MalformedRequest, 1, "malformedRequest"),
        (Self::InternalError, 2, "internalError"),
        (Self::TryLater, 3, "tryLater"),
        (Self::SigRequired, 5, "sigRequired"),
        (Self::Unauthorized, 6, "unauthorized"),
    ];
    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, one, _)| *one == number).map(|(status, ..)| *status)
    }
    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        Self::ALL.iter().find(|(one, ..)| *one == self).map_or(2, |(_, number, _)| *number)
    }
    /// The whole response that says it: nobody signs such a one.
    #[must_use]
    pub fn to_der(self) -> Vec<u8> {
        vec![0x30, 3, 0x0a, 1, self.number()]
    }
}

impl fmt::Display for ResponseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(one, ..)| one == self).map_or("", |(.., name)| name))
    }
}

impl From<CertificateError> for OcspError {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::Der { field, at } => Self::Der { field, at },
            CertificateError::DuplicateExtension { oid } => Self::DuplicateExtension { oid },
            CertificateError::Limit(limit) => Self::Limit(limit),
            CertificateError::Time { field, found } => Self::Time { field, found },
            _ => Self::Der { field: "OCSPResponse", at: 0 },
        }
    }
}

impl From<CrlError> for OcspError {
    fn from(error: CrlError) -> Self {
        match error {
            CrlError::Critical { oid } => Self::Critical { oid },
            CrlError::Der { field, at } => Self::Der { field, at },
            CrlError::DuplicateExtension { oid } => Self::DuplicateExtension { oid },
            CrlError::Limit(limit) => Self::Limit(limit),
            CrlError::Time { field, found } => Self::Time { field, found },
            _ => Self::Der { field: "singleExtensions", at: 0 },
        }
    }
}

impl Classify for OcspError {
    fn code(&self) -> Code {
        match self {
            Self::Der { .. } | Self::DuplicateExtension { .. } | Self::Time { .. } | Self::Version => {
                code::MALFORMED_OCSP
            }
            Self::Limit(limit) => limit.code(),
            Self::Critical { .. } | Self::NoMatch | Self::Refused { .. } | Self::StatusUnknown | Self::Type { .. } => {
                code::OCSP_NO_STATUS
            }
            Self::Future { .. } | Self::NoNextUpdate | Self::Nonce | Self::Stale { .. } => code::OCSP_STALE,
            Self::Responder(_) | Self::Signature { .. } | Self::WeakSignature { .. } => code::OCSP_UNTRUSTED,
            Self::Unsupported { .. } => code::CERTIFICATE_ALGORITHM_UNSUPPORTED,
        }
    }
}
