//! Why there is no path.

use super::ExpectedName;
use crate::{CertificateError, Expired, KeyKind, SignatureMethod, Usage, Which, code, constraint::Breach};
use alloc::vec::Vec;
use core::fmt;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};
use spki::ObjectIdentifier;

/// Why there is no path from a leaf to an anchor.
///
/// Where several were tried, it is what was wrong with the one that got furthest. Places count from the leaf, which is 0.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// One of the certificates is none.
    #[error("{which}: {error}")]
    Certificate {
        /// The certificate.
        which: Which,
        /// What is wrong.
        error: CertificateError,
    },
    /// Not valid at the time in question.
    #[error(transparent)]
    Expired(#[from] Expired),
    /// The leaf is not a certificate at all.
    #[error("the certificate of the signer: {0}")]
    Leaf(CertificateError),
    /// The search was ended because it cost too much.
    #[error("the search for a path was ended: {0}")]
    Limit(#[from] LimitExceeded),
    /// A name is where a constraint forbids it.
    #[error("{which}: the name `{name}` {}, by the name constraints of {by}", Said(*breach))]
    NameConstraint {
        /// The certificate that has the name.
        which: Which,
        /// The name.
        name: Escaped,
        /// How it breaks the constraint.
        breach: Breach,
        /// The authority that constrains it.
        by: Which,
    },
    /// The leaf does not have the name that is expected.
    #[error("{which}: expected the name `{expected}`, found {}", Listed(found))]
    NameMismatch {
        /// The leaf.
        which: Which,
        /// The name.
        expected: ExpectedName,
        /// The first names that it has.
        found: Vec<Escaped>,
    },
    /// None of the certificates at hand issued it, and no anchor did.
    #[error("{which}: no anchor and no certificate that came with it is its issuer `{issuer}`{}", Unread(unreadable.as_ref()))]
    NoIssuer {
        /// The certificate.
        which: Which,
        /// The issuer that it names.
        issuer: Escaped,
        /// What is wrong with the first of the certificates that came with it and cannot be read.
        unreadable: Option<CertificateError>,
    },
    /// The path holds for no policy that is demanded.
    #[error("{which}: the path is valid for none of the certificate policies that are demanded")]
    Policy {
        /// The leaf.
        which: Which,
    },
    /// A rule is broken.
    #[error("{which}: {rule}")]
    Rule {
        /// The certificate.
        which: Which,
        /// The rule.
        rule: PathRule,
    },
    /// The signature does not hold.
    #[error("{which}: its signature does not hold under the key of `{issuer}`")]
    Signature {
        /// The certificate.
        which: Which,
        /// Who should have signed it.
        issuer: Escaped,
    },
    /// A critical extension that is not known.
    #[error("{which}: the critical extension {oid} is not known")]
    UnknownCritical {
        /// The certificate.
        which: Which,
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// No back end for the algorithm.
    #[error("{which}: no back end can check its signature ({method}, issuer's key {key})")]
    Unsupported {
        /// The certificate.
        which: Which,
        /// How it is signed.
        method: SignatureMethod,
        /// The key of its issuer.
        key: KeyKind,
    },
    /// A key that is too weak, or of a kind that is not known.
    #[error(
        "{which}: its key is too weak, malformed or of no known kind: expected RSA of {least} to 8192 bits or a known curve, found {found}"
    )]
    WeakKey {
        /// The certificate.
        which: Which,
        /// The fewest bits of an RSA key.
        least: u32,
        /// The key.
        found: KeyKind,
    },
    /// Signed by MD5 or SHA-1.
    #[error("{which}: expected a signature with SHA-256, SHA-384 or SHA-512, found one with a broken hash ({found})")]
    WeakSignature {
        /// The certificate.
        which: Which,
        /// The signature algorithm.
        found: ObjectIdentifier,
    },
}

impl PathError {
    /// How telling it is: a path that reached an anchor and fails says more than one that is forged, and that more than none.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::NoIssuer { .. } => 0,
            Self::Signature { .. } => 1,
            Self::Unsupported { .. } => 2,
            Self::Expired(_) => 3,
            Self::Limit(_) => u8::MAX,
            _ => 4,
        }
    }
}

impl Classify for PathError {
    fn code(&self) -> Code {
        match self {
            Self::Certificate { error, .. } | Self::Leaf(error) => error.code(),
            Self::Expired(expired) => expired.code(),
            Self::Limit(limit) => limit.code(),
            Self::NameConstraint { .. } => code::NAME_CONSTRAINT_VIOLATED,
            Self::NameMismatch { .. } => code::CERTIFICATE_NAME_MISMATCH,
            Self::NoIssuer { .. } => code::UNTRUSTED_CHAIN,
            Self::Policy { .. } => code::CERTIFICATE_POLICY_MISSING,
            Self::Rule { .. } => code::CERTIFICATE_PROFILE,
            Self::Signature { .. } => code::CHAIN_INVALID,
            Self::UnknownCritical { .. } => code::UNKNOWN_CRITICAL_EXTENSION,
            Self::Unsupported { .. } => code::CERTIFICATE_ALGORITHM_UNSUPPORTED,
            Self::WeakKey { .. } => code::WEAK_KEY,
            Self::WeakSignature { .. } => code::WEAK_SIGNATURE,
        }
    }
}

/// A rule of RFC 5280, or of the profile, that a certificate breaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PathRule {
    /// The key identifier of an authority's issuer is not as a root must have it.
    #[error("the authorityKeyIdentifier of a root must hold the key identifier and nothing else")]
    AuthorityKeyIdentifier,
    /// `basicConstraints` of an authority is not critical.
    #[error("expected a critical basicConstraints, found one that is not critical")]
    BasicConstraintsNotCritical,
    /// The common name looks like a host and is not among the names.
    #[error("the common name `{found}` looks like a host and is not among the names of subjectAltName")]
    CommonName {
        /// The common name.
        found: Escaped,
    },
    /// An extension is critical and must not be, or the other way round.
    #[error("the extension {oid} {}", if *critical { "must not be critical" } else { "must be critical" })]
    Criticality {
        /// The extension.
        oid: ObjectIdentifier,
        /// What it is.
        critical: bool,
    },
    /// No issuer, or no subject where there must be one.
    #[error("the {field} is empty")]
    EmptyName {
        /// `issuer` or `subject`.
        field: &'static str,
    },
    /// An authority, or a self-signed certificate, in place of the leaf.
    #[error("expected the certificate of an end entity, found that of an authority")]
    LeafIsAuthority,
    /// An issuer that is no authority.
    #[error("expected basicConstraints with cA true in an issuer, found none or cA false")]
    NotAuthority,
    /// More authorities below than allowed.
    #[error("expected at most {allowed} authorities below it that are not self-issued, found {found}")]
    PathLength {
        /// How many are allowed.
        allowed: u64,
        /// How many there are.
        found: u64,
    },
    /// The purpose is not among those that are named.
    #[error("expected the extended key usage {expected}, which is not there{}", if *alone { " alone in a critical extension" } else { "" })]
    Purpose {
        /// The purpose.
        expected: ObjectIdentifier,
        /// Whether it must be there alone.
        alone: bool,
    },
    /// A purpose that must not be there.
    #[error("expected no extended key usage {found} beside the one that is needed")]
    PurposeForbidden {
        /// The purpose.
        found: ObjectIdentifier,
    },
    /// A serial number of zero, or of more than 20 octets.
    #[error("expected a serial number above zero of at most 20 octets, found one of {octets} octets")]
    Serial {
        /// Its length.
        octets: usize,
    },
    /// No `subjectKeyIdentifier` in an authority.
    #[error("expected subjectKeyIdentifier in the certificate of an authority, found none")]
    SubjectKeyIdentifier,
    /// The key usage that is needed is not there.
    #[error("expected the key usage {}, which is not there", expected.name())]
    Usage {
        /// The usage.
        expected: Usage,
    },
    /// A key usage that must not be there.
    #[error("expected no key usage {} in the certificate of an end entity", found.name())]
    UsageForbidden {
        /// The usage.
        found: Usage,
    },
}

struct Said(Breach);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Breach::Excluded => "is in a subtree that is excluded",
            Breach::NotEvaluated => "is of a form that is constrained, and cannot be evaluated",
            Breach::NotPermitted => "is in no subtree that is permitted",
        })
    }
}

struct Unread<'a>(Option<&'a CertificateError>);

impl fmt::Display for Unread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |error| write!(f, "; one of them cannot be read: {error}"))
    }
}

struct Listed<'a>(&'a [Escaped]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none in subjectAltName");
        }
        self.0.iter().enumerate().try_for_each(|(index, name)| {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{name}`")
        })
    }
}
