//! What each certificate of a chain must and must not say.

mod rules;
mod time_stamping;

use crate::{Certificate, ChainError, ChainWarning, KeyKind, Which};
use alloc::vec::Vec;
use spki::ObjectIdentifier;

/// The rules for the certificates of a chain.
///
/// Both demand what the signature specification of the Notary Project does: [Certificate Requirements].
///
/// [Certificate Requirements]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-requirements
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Profile {
    /// Code signing by RFC 5280: the rules of [`Profile::NotarySigning`], `codeSigning` among the signer's purposes, an issuer
    /// whose purposes, if any, allow it, and always [`Strictness::Strict`] unless told otherwise.
    CodeSigning,
    /// The rules of [`Profile::NotarySigning`] for a chain whose keys are of ML-DSA (44, 65, 87), which the Notary Project does not have: for
    /// envelopes of its shape under other names. Every certificate has such a key, the root too: whoever breaks a classic one issues what he likes below it.
    NotaryMlDsa,
    /// A signature of the Notary Project: only basicConstraints, keyUsage and extKeyUsage are honoured; all other
    /// extensions, critical or not, are reported and not evaluated, as its specification orders.
    NotarySigning,
    /// A timestamping authority (RFC 3161, 2.3), as the Notary Project wants it: the signer's only purpose is `timeStamping`, critically so.
    TimeStamping,
}

impl Profile {
    /// The strictness that is the profile's default.
    #[must_use]
    pub const fn strictness(self) -> Strictness {
        match self {
            Self::CodeSigning => Strictness::Strict,
            Self::NotaryMlDsa | Self::NotarySigning | Self::TimeStamping => Strictness::AsNotation,
        }
    }
}

/// What happens to what is unwise but not forbidden by the profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Strictness {
    /// It becomes a [`ChainWarning`], and the chain holds, as it does for Notation.
    #[default]
    AsNotation,
    /// The first becomes [`ChainError::Strict`].
    Strict,
}

/// Checks every certificate by itself; order and signatures are not looked at.
pub(crate) fn check(
    certificates: &[Certificate<'_>],
    profile: Profile,
    warnings: &mut Vec<ChainWarning>,
) -> Result<(), ChainError> {
    for (index, one) in certificates.iter().enumerate() {
        let place = Place { index, certificate: one };
        rules::signature(place)?;
        // The signer is first even where it is alone: a lone self-signed certificate obeys the rules of a signer.
        match (index.checked_sub(1), profile) {
            (None, Profile::TimeStamping) => time_stamping::leaf(place, warnings)?,
            (None, _) => rules::leaf(place, profile)?,
            (Some(below), _) => rules::authority(place, below, profile, warnings)?,
        }
        rules::unwise(place, warnings);
    }
    Ok(())
}

/// Checks one certificate as an issuer, with no other authority below it.
pub(crate) fn check_authority(certificate: &Certificate<'_>) -> Result<(), ChainError> {
    let place = Place { index: 1, certificate };
    rules::signature(place)?;
    rules::authority(place, 0, Profile::NotarySigning, &mut Vec::new())
}

/// One certificate and where it stands.
#[derive(Clone, Copy)]
struct Place<'c, 'a> {
    index: usize,
    certificate: &'c Certificate<'a>,
}

impl Place<'_, '_> {
    fn which(&self) -> Which {
        Which::new(self.index, self.certificate)
    }
    fn profile(&self, rule: Rule) -> ChainError {
        ChainError::Profile { which: self.which(), rule }
    }
}

/// A rule of a profile that a certificate breaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// A certificate authority without `basicConstraints`.
    #[error("expected basicConstraints with cA true, found none")]
    BasicConstraintsMissing,
    /// `cA` is false in an issuer.
    #[error("expected basicConstraints with cA true, found cA false")]
    NotAuthority,
    /// `cA` is true in the signer.
    #[error("expected basicConstraints with cA false or none in the signing certificate, found cA true")]
    LeafIsAuthority,
    /// More authorities below than allowed.
    #[error("expected at most {allowed} certificate authorities below it by its path length, found {found}")]
    PathLength {
        /// The path length.
        allowed: u32,
        /// How many there are.
        found: usize,
    },
    /// No `keyUsage`.
    #[error("expected a critical keyUsage with {expected}, found none")]
    KeyUsageMissing {
        /// The usage that is needed.
        expected: &'static str,
    },
    /// `keyUsage` is not critical.
    #[error("expected a critical keyUsage, found one that is not critical")]
    KeyUsageNotCritical,
    /// The usage that is needed is not there.
    #[error("expected the key usage {expected}, which is not there")]
    KeyUsageLacks {
        /// The usage.
        expected: &'static str,
    },
    /// A usage that is forbidden.
    #[error("the signing certificate must not have the key usage {found}")]
    KeyUsageForbidden {
        /// The usage.
        found: &'static str,
    },
    /// A purpose that is forbidden.
    #[error("the signing certificate must not have the extended key usage {purpose} ({found})")]
    PurposeForbidden {
        /// Its name.
        purpose: &'static str,
        /// Its object identifier.
        found: ObjectIdentifier,
    },
    /// `codeSigning` is not among the purposes.
    #[error("expected the extended key usage codeSigning, which is not there")]
    PurposeLacks,
    /// `timeStamping` is not among the purposes.
    #[error("expected the extended key usage timeStamping, which is not there")]
    TimeStampingLacks,
    /// A timestamping authority with another purpose.
    #[error("expected the extended key usage timeStamping and no other, found {found}")]
    TimeStampingNotAlone {
        /// The other purpose.
        found: ObjectIdentifier,
    },
    /// `extKeyUsage` of a timestamping authority is not critical.
    #[error("expected a critical extended key usage timeStamping, found one that is not critical")]
    TimeStampingNotCritical,
    /// A key that issuers may not have where ML-DSA is wanted.
    #[error("expected an issuer with a key of ML-DSA-44, ML-DSA-65 or ML-DSA-87, found {found}")]
    AuthorityKeyMlDsa {
        /// What it has.
        found: KeyKind,
    },
    /// A key that signers may not have where ML-DSA is wanted.
    #[error("expected a key of ML-DSA-44, ML-DSA-65 or ML-DSA-87, found {found}")]
    LeafKeyMlDsa {
        /// What it has.
        found: KeyKind,
    },
    /// A key that signers may not have.
    #[error("expected a key of RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521, found {found}")]
    LeafKey {
        /// What it has.
        found: KeyKind,
    },
}
