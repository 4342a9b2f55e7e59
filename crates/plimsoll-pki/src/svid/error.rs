//! Why a certificate is no SVID that holds.

use super::{SpiffeIdError, TrustDomain};
use crate::{Usage, Which, code, path::PathError};
use plimsoll_core::{Classify, Code};

/// Why an X.509-SVID does not hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SvidError {
    /// The URI is no SPIFFE ID.
    #[error("{which}: {error}")]
    Id {
        /// The certificate.
        which: Which,
        /// What is wrong.
        error: SpiffeIdError,
    },
    /// There is no path to the bundle of the trust domain.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A rule of the specification is broken.
    #[error("{which}: {rule}")]
    Rule {
        /// The certificate.
        which: Which,
        /// The rule.
        rule: SvidRule,
    },
    /// No bundle is given for the trust domain.
    #[error("{which}: there is no bundle for the trust domain `{trust_domain}`")]
    UnknownTrustDomain {
        /// The certificate.
        which: Which,
        /// The trust domain.
        trust_domain: TrustDomain,
    },
}

/// A rule of X509-SVID that a certificate breaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SvidRule {
    /// An authority whose ID has a path.
    #[error("expected no SPIFFE ID or one without a path in the certificate of an authority, found another")]
    AuthorityWithPath,
    /// No key usage as it must be.
    #[error("expected a critical keyUsage with digitalSignature, found none")]
    KeyUsage,
    /// The leaf is an authority.
    #[error("expected the certificate of a workload, found that of an authority")]
    LeafIsAuthority,
    /// The ID of the leaf is that of the trust domain.
    #[error("expected a SPIFFE ID with a path in the certificate of a workload, found one without")]
    LeafWithoutPath,
    /// Not exactly one URI.
    #[error("expected exactly one URI in subjectAltName, found {found}")]
    OneUri {
        /// How many there are.
        found: usize,
    },
    /// Purposes without both of TLS.
    #[error("expected serverAuth and clientAuth among the extended key usages, found others only")]
    Purposes,
    /// A key usage that must not be there.
    #[error("expected no key usage {} in the certificate of a workload", found.name())]
    UsageForbidden {
        /// The usage.
        found: Usage,
    },
}

impl Classify for SvidError {
    fn code(&self) -> Code {
        match self {
            Self::Id { error, .. } => error.code(),
            Self::Path(error) => error.code(),
            Self::Rule { .. } | Self::UnknownTrustDomain { .. } => code::SVID_INVALID,
        }
    }
}
