//! What is wrong with a revocation list.

use crate::{CertificateError, KeyKind, SignatureMethod, code};
use alloc::boxed::Box;
use core::fmt;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, UnixTime};
use spki::ObjectIdentifier;

/// Why a revocation list cannot be read, or says nothing about a certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// A critical extension that is not understood, in the list or in one of its entries: the whole list says nothing.
    #[error(
        "the revocation list has the critical extension {oid}, which is not understood, so the whole list says nothing"
    )]
    Critical {
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// Base and delta do not fit together.
    #[error("the delta list does not fit the base list: {0}")]
    Delta(#[from] DeltaMismatch),
    /// The DER is broken, or an element is not the one that belongs there.
    #[error("the revocation list is malformed: `{field}` is not as DER and RFC 5280 demand, at byte {at} of it")]
    Der {
        /// Name of the field, as RFC 5280 spells it.
        field: &'static str,
        /// Offset within the field, in bytes.
        at: u32,
    },
    /// An extension stands there twice.
    #[error("the revocation list is malformed: the extension {oid} stands there twice")]
    DuplicateExtension {
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// There is no list in the file.
    #[error("expected a revocation list in PEM or DER, found none")]
    Empty,
    /// Issued later than now.
    #[error("the revocation list is of {this_update}, which lies in the future at {at}")]
    Future {
        /// `thisUpdate`.
        this_update: UnixTime,
        /// The time in question.
        at: UnixTime,
    },
    /// The issuer is another.
    #[error("the revocation list is issued by another: expected `{expected}`, found `{found}`")]
    Issuer {
        /// The subject of the certificate's issuer.
        expected: Escaped,
        /// The issuer of the list.
        found: Escaped,
    },
    /// Too large.
    #[error("the revocation list is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// The key of the issuer is not for lists.
    #[error("`{issuer}` may not sign revocation lists: its keyUsage lacks cRLSign")]
    NoCrlSign {
        /// Subject of the issuer.
        issuer: Escaped,
    },
    /// Without an end.
    #[error("the revocation list has no nextUpdate, so how long it counts is not known")]
    NoNextUpdate,
    /// The PEM is broken, or holds something else.
    #[error(
        "line {line}: expected a block `X509 CRL` of PEM as RFC 7468 has it, found a broken, unfinished or other block"
    )]
    Pem {
        /// The line, from 1.
        line: u64,
    },
    /// It does not speak of the certificate.
    #[error("the revocation list does not cover the certificate: {0}")]
    Scope(#[from] OutOfScope),
    /// The signature does not hold.
    #[error("the signature of the revocation list does not hold under the key of `{issuer}`")]
    Signature {
        /// Subject of the issuer.
        issuer: Escaped,
    },
    /// The signature algorithm inside is not the one outside.
    #[error(
        "the revocation list is malformed: the signed signature algorithm differs from the one beside the signature"
    )]
    SignatureAlgorithmMismatch,
    /// Too old.
    #[error("the revocation list counted until {next_update}, and it is {at}")]
    Stale {
        /// `nextUpdate`.
        next_update: UnixTime,
        /// The time in question.
        at: UnixTime,
    },
    /// A date that is none.
    #[error(
        "the revocation list is malformed: expected `{field}` as UTCTime or GeneralizedTime in UTC, found `{found}`"
    )]
    Time {
        /// Name of the field.
        field: &'static str,
        /// The text.
        found: Escaped,
    },
    /// No back end for the algorithm.
    #[error("no back end can check the signature of the revocation list ({method}, issuer's key {key})")]
    Unsupported {
        /// How it is signed.
        method: SignatureMethod,
        /// The key of its issuer.
        key: KeyKind,
    },
    /// A version that RFC 5280 does not know, or extensions in one that has none.
    #[error("the revocation list is malformed: expected version 2, or version 1 without extensions")]
    Version,
    /// Signed by MD5 or SHA-1.
    #[error(
        "expected a revocation list signed with SHA-256, SHA-384 or SHA-512, found one with a broken hash ({found})"
    )]
    WeakSignature {
        /// The signature algorithm.
        found: ObjectIdentifier,
    },
}

/// Why a list does not speak of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutOfScope {
    /// It speaks of attribute certificates.
    #[error("it is of attribute certificates only")]
    AttributeCertificates,
    /// It speaks of authorities.
    #[error("it is of certificate authorities only")]
    Authorities,
    /// It is a delta list, asked as if it were complete.
    #[error("it is a delta list, which is not complete")]
    Delta,
    /// It speaks of certificates that name another place.
    #[error("none of its distribution points is one that the certificate names")]
    DistributionPoint,
    /// It speaks of certificates that end a chain.
    #[error("it is not of certificate authorities")]
    EndEntities,
    /// It speaks of certificates of several issuers.
    #[error("it is an indirect list, which is not supported")]
    Indirect,
    /// It leaves out some reasons.
    #[error("it is of some reasons only")]
    SomeReasons,
}

/// Why a delta list does not fit its base.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaMismatch {
    /// It builds on a base that is newer than the one at hand.
    #[error("it builds on number {builds_on}, and the base has number {base}")]
    BaseTooOld {
        /// `BaseCRLNumber`.
        builds_on: Number,
        /// `cRLNumber` of the base.
        base: Number,
    },
    /// It is no delta list.
    #[error("it has no delta indicator")]
    NoDelta,
    /// One of them has no number.
    #[error("base or delta has no cRLNumber")]
    NoNumber,
    /// It is not newer than the base.
    #[error("its number {delta} is not above number {base} of the base")]
    NotNewer {
        /// `cRLNumber` of the delta.
        delta: Number,
        /// `cRLNumber` of the base.
        base: Number,
    },
    /// They speak of different certificates.
    #[error("their issuing distribution points differ")]
    Scope,
}

/// A `CRLNumber` (RFC 5280, 5.2.3): up to twenty octets, big endian, without leading zeros.
#[derive(Clone, PartialEq, Eq)]
pub struct Number(Box<[u8]>);

impl Number {
    pub(crate) fn new(octets: &[u8]) -> Self {
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        Self(octets.iter().skip(zeros).copied().collect())
    }
    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
        if self.0.is_empty() { f.write_str("00") } else { Ok(()) }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<CertificateError> for CrlError {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::Der { field, at } => Self::Der { field, at },
            CertificateError::DuplicateExtension { oid } => Self::DuplicateExtension { oid },
            CertificateError::Limit(limit) => Self::Limit(limit),
            CertificateError::SignatureAlgorithmMismatch => Self::SignatureAlgorithmMismatch,
            CertificateError::Time { field, found } => Self::Time { field, found },
            _ => Self::Der { field: "CertificateList", at: 0 },
        }
    }
}

impl Classify for CrlError {
    fn code(&self) -> Code {
        match self {
            Self::Der { .. }
            | Self::DuplicateExtension { .. }
            | Self::SignatureAlgorithmMismatch
            | Self::Time { .. }
            | Self::Version => code::MALFORMED_CRL,
            Self::Empty | Self::Pem { .. } => code::MALFORMED_PEM,
            Self::Limit(limit) => limit.code(),
            Self::Issuer { .. } | Self::NoCrlSign { .. } | Self::Signature { .. } | Self::WeakSignature { .. } => {
                code::CRL_UNTRUSTED
            }
            Self::Unsupported { .. } => code::CERTIFICATE_ALGORITHM_UNSUPPORTED,
            Self::Future { .. } | Self::NoNextUpdate | Self::Stale { .. } => code::CRL_STALE,
            Self::Critical { .. } | Self::Delta(_) | Self::Scope(_) => code::CRL_NOT_APPLICABLE,
        }
    }
}
