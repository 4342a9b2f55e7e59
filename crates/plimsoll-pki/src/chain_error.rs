//! What is wrong with a chain, said precisely.

use crate::{Certificate, CertificateError, KeyKind, Name, Rule, SignatureMethod, Validity, code};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, UnixTime};
use spki::ObjectIdentifier;

/// Names one certificate of a chain: where it stands, and its subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Which {
    /// Its place; the signer is 0.
    pub index: usize,
    /// Its subject.
    pub subject: Escaped,
}

impl Which {
    pub(crate) fn new(index: usize, certificate: &Certificate<'_>) -> Self {
        Self { index, subject: Self::text(certificate.subject()) }
    }
    pub(crate) fn last_of(certificates: &[Certificate<'_>]) -> Self {
        let subject = certificates.last().map_or_else(|| Escaped::new(""), |last| Self::text(last.subject()));
        Self { index: certificates.len().saturating_sub(1), subject }
    }
    pub(crate) fn text(name: Name<'_>) -> Escaped {
        Escaped::new(&name.to_string())
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {} of the chain (`{}`)", self.index, self.subject)
    }
}

/// Why certificates are not a chain of the profile.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// One of them is no certificate.
    #[error("certificate {index} of the chain: {error}")]
    Certificate {
        /// Its place; the signer is 0.
        index: usize,
        /// What is wrong.
        error: CertificateError,
    },
    /// There is none.
    #[error("expected the certificate of the signer and those of its issuers, found no certificate")]
    Empty,
    /// Too many.
    #[error("the chain is too long: {0}")]
    Limit(#[from] LimitExceeded),
    /// The last is issued by another that is not there.
    #[error("{which} is the last: expected a self-signed root, found one issued by `{issuer}`")]
    NoRoot {
        /// The last certificate.
        which: Which,
        /// Who issued it.
        issuer: Escaped,
    },
    /// The last has its own name as issuer but is not signed by its own key.
    #[error("{which} is the last: expected a self-signed root, found a signature that does not hold under its own key")]
    NotSelfSigned {
        /// The last certificate.
        which: Which,
    },
    /// The next is not the issuer.
    #[error("{which} is followed by a certificate that did not issue it: expected `{expected}`, found `{found}`")]
    Order {
        /// The certificate.
        which: Which,
        /// The issuer that it names.
        expected: Escaped,
        /// The subject of the next.
        found: Escaped,
    },
    /// A rule of the profile is broken.
    #[error("{which}: {rule}")]
    Profile {
        /// The certificate.
        which: Which,
        /// The rule.
        rule: Rule,
    },
    /// Self-signed, but not the last.
    #[error("{which} is self-signed: only the last may be, and the signer comes first")]
    SelfSigned {
        /// The certificate.
        which: Which,
    },
    /// The signature does not hold.
    #[error("{which}: its signature does not hold under the key of the next certificate")]
    Signature {
        /// The certificate.
        which: Which,
    },
    /// Unwise, and refused because the caller wants it so.
    #[error("refused under strict rules: {0}")]
    Strict(ChainWarning),
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
    /// A key that is too weak.
    #[error("{which}: its key is too weak or malformed: expected RSA of 2048 to 8192 bits, found {found}")]
    WeakKey {
        /// The certificate.
        which: Which,
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

impl Classify for ChainError {
    fn code(&self) -> Code {
        match self {
            Self::Certificate { error, .. } => error.code(),
            Self::Limit(limit) => limit.code(),
            Self::Empty
            | Self::NoRoot { .. }
            | Self::NotSelfSigned { .. }
            | Self::Order { .. }
            | Self::SelfSigned { .. }
            | Self::Signature { .. } => code::CHAIN_INVALID,
            Self::Profile { .. } | Self::Strict(_) => code::CERTIFICATE_PROFILE,
            Self::Unsupported { .. } => code::CERTIFICATE_ALGORITHM_UNSUPPORTED,
            Self::WeakKey { .. } => code::WEAK_KEY,
            Self::WeakSignature { .. } => code::WEAK_SIGNATURE,
        }
    }
}

/// What is unwise in a chain but does not break it under the Notary profile.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainWarning {
    /// `basicConstraints` of an authority is not critical.
    #[error("{which}: basicConstraints is not critical")]
    BasicConstraintsNotCritical {
        /// The certificate.
        which: Which,
    },
    /// Name or policy constraints, which are not evaluated.
    #[error("{which}: the constraints in the extension {oid} are not evaluated")]
    ConstraintIgnored {
        /// The certificate.
        which: Which,
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// A critical extension that is not evaluated.
    #[error("{which}: the critical extension {oid} is not evaluated")]
    CriticalExtensionIgnored {
        /// The certificate.
        which: Which,
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// No issuer.
    #[error("{which}: the name of its issuer is empty")]
    EmptyIssuer {
        /// The certificate.
        which: Which,
    },
    /// `keyUsage` is not critical, where that is not demanded.
    #[error("{which}: keyUsage is not critical")]
    KeyUsageNotCritical {
        /// The certificate.
        which: Which,
    },
    /// The serial number is too long.
    #[error("{which}: its serial number has {octets} octets, at most 20 are allowed")]
    SerialTooLong {
        /// The certificate.
        which: Which,
        /// Its length.
        octets: usize,
    },
    /// The serial number is zero.
    #[error("{which}: its serial number is zero")]
    SerialZero {
        /// The certificate.
        which: Which,
    },
}

/// No certificate of the chain is in the trust stores.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no certificate of the chain up to {root} is in the trust stores: {}", Listed(stores))]
pub struct Untrusted {
    /// The root of the chain.
    pub root: Which,
    /// The trust stores that were searched, such as `ca:release`.
    pub stores: Vec<String>,
}

struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.0.iter().try_for_each(|one| {
            write!(f, "{separator}`{}`", Escaped::new(one))?;
            separator = ", ";
            Ok(())
        })?;
        if self.0.is_empty() { f.write_str("none was given") } else { Ok(()) }
    }
}

impl Classify for Untrusted {
    fn code(&self) -> Code {
        code::UNTRUSTED_CHAIN
    }
}

/// A certificate of the chain is not valid at the time in question.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{which} is valid from {} to {}, not at {at}", validity.not_before, validity.not_after)]
pub struct Expired {
    /// The certificate.
    pub which: Which,
    /// The time in question.
    pub at: UnixTime,
    /// When it is valid.
    pub validity: Validity,
}

impl Classify for Expired {
    fn code(&self) -> Code {
        if self.at < self.validity.not_before { code::CERTIFICATE_NOT_YET_VALID } else { code::CERTIFICATE_EXPIRED }
    }
}
