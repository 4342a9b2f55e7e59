//! What plugins say they can do.

use core::fmt;

/// A capability of the contract. Others that a plugin names are not asked for, and ignored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Capability {
    /// It makes envelopes.
    EnvelopeGenerator,
    /// It makes envelopes over blobs.
    EnvelopeGeneratorForBlob,
    /// It signs bytes.
    SignatureGenerator,
    /// It checks revocation, in place of the native check.
    RevocationVerifier,
    /// It compares the signer with the trusted identities, in place of the native check.
    TrustedIdentityVerifier,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::EnvelopeGenerator,
        Self::EnvelopeGeneratorForBlob,
        Self::SignatureGenerator,
        Self::RevocationVerifier,
        Self::TrustedIdentityVerifier,
    ];
    /// The name in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EnvelopeGenerator => "SIGNATURE_GENERATOR.ENVELOPE",
            Self::EnvelopeGeneratorForBlob => "SIGNATURE_GENERATOR.ENVELOPE_FOR_BLOB",
            Self::SignatureGenerator => "SIGNATURE_GENERATOR.RAW",
            Self::RevocationVerifier => "SIGNATURE_VERIFIER.REVOCATION_CHECK",
            Self::TrustedIdentityVerifier => "SIGNATURE_VERIFIER.TRUSTED_IDENTITY",
        }
    }
    /// The capability of this name; case counts.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
    /// Whether it takes part in verification.
    #[must_use]
    pub const fn verifies(self) -> bool {
        matches!(self, Self::RevocationVerifier | Self::TrustedIdentityVerifier)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
