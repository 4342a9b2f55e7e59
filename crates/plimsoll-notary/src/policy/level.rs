//! Verification levels: which check has which consequence.

use alloc::vec::Vec;
use core::{fmt, str::FromStr};

/// The five checks of a signature, in the order in which they run.
///
/// [trust-store-trust-policy.md, Signature Verification details][spec].
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#signature-verification-details
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Check {
    /// The signature holds over these bytes, they are well-formed, and they are about this artifact.
    Integrity,
    /// The chain meets a trust store, and its leaf a trusted identity.
    Authenticity,
    /// Something that can be trusted says when it was signed, or everything is valid now.
    AuthenticTimestamp,
    /// The signature has not expired.
    Expiry,
    /// No certificate of the chain was revoked.
    Revocation,
}

impl Check {
    /// All five, in order.
    pub const ALL: [Self; 5] =
        [Self::Integrity, Self::Authenticity, Self::AuthenticTimestamp, Self::Expiry, Self::Revocation];

    /// The name in a trust policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Authenticity => "authenticity",
            Self::AuthenticTimestamp => "authenticTimestamp",
            Self::Expiry => "expiry",
            Self::Revocation => "revocation",
        }
    }
}

/// What a check that fails leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Action {
    /// The signature is refused.
    Enforce,
    /// The failure is recorded; the signature is accepted, and is no more than a claim.
    Log,
    /// The check is not run.
    Skip,
}

impl Action {
    /// The name in a trust policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Log => "log",
            Self::Skip => "skip",
        }
    }
}

/// A verification level by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Every check is enforced.
    Strict,
    /// Integrity and authenticity are enforced, the rest is logged.
    Permissive,
    /// Integrity is enforced, the rest is logged.
    Audit,
    /// Nothing is checked: no signature is looked at, so none vouches.
    Skip,
}

impl Level {
    /// The name in a trust policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Permissive => "permissive",
            Self::Audit => "audit",
            Self::Skip => "skip",
        }
    }
    /// What this level does when `check` fails.
    #[must_use]
    pub const fn action(self, check: Check) -> Action {
        match (self, check) {
            (Self::Skip, _) => Action::Skip,
            (Self::Strict, _) | (_, Check::Integrity) | (Self::Permissive, Check::Authenticity) => Action::Enforce,
            _ => Action::Log,
        }
    }
}

/// When a statement with a `tsa` store wants a timestamp.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum VerifyTimestamp {
    /// Only once a certificate of the chain is out of its validity.
    AfterCertExpiry,
    /// Always: the default.
    #[default]
    Always,
}

impl VerifyTimestamp {
    /// The name in a trust policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AfterCertExpiry => "afterCertExpiry",
            Self::Always => "always",
        }
    }
}

/// A text that is none of the words that stand here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownWord;

macro_rules! words {
    ($kind:ty: $($value:expr),+) => {
        impl FromStr for $kind {
            type Err = UnknownWord;
            /// Reads the name as a trust policy writes it; case counts.
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                [$($value),+].into_iter().find(|value: &Self| value.as_str() == text).ok_or(UnknownWord)
            }
        }
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
words!(Action: Self::Enforce, Self::Log, Self::Skip);
words!(Check: Self::Integrity, Self::Authenticity, Self::AuthenticTimestamp, Self::Expiry, Self::Revocation);
words!(Level: Self::Strict, Self::Permissive, Self::Audit, Self::Skip);
words!(VerifyTimestamp: Self::AfterCertExpiry, Self::Always);

/// The `signatureVerification` of a statement: a level, and where it is overridden.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureVerification {
    level: Level,
    overrides: Vec<(Check, Action)>,
    verify_timestamp: VerifyTimestamp,
}

impl SignatureVerification {
    /// A level as it stands.
    #[must_use]
    pub const fn new(level: Level) -> Self {
        Self { level, overrides: Vec::new(), verify_timestamp: VerifyTimestamp::Always }
    }
    /// Overrides one check.
    ///
    /// # Errors
    /// [`OverrideError`] for what no level may override.
    pub fn overriding(mut self, check: Check, action: Action) -> Result<Self, OverrideError> {
        if self.level == Level::Skip {
            return Err(OverrideError::Skip);
        }
        match (check, action) {
            (Check::Integrity, _) => return Err(OverrideError::Integrity),
            (Check::Revocation, _) | (_, Action::Enforce | Action::Log) => {}
            (check, Action::Skip) => return Err(OverrideError::NotSkippable { check }),
        }
        self.overrides.retain(|(other, _)| *other != check);
        self.overrides.push((check, action));
        Ok(self)
    }
    /// Sets when a timestamp is wanted.
    #[must_use]
    pub fn with_verify_timestamp(mut self, when: VerifyTimestamp) -> Self {
        self.verify_timestamp = when;
        self
    }
    /// The level by name.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }
    /// The overrides, in the order in which they were given.
    #[must_use]
    pub fn overrides(&self) -> &[(Check, Action)] {
        &self.overrides
    }
    /// When a timestamp is wanted.
    #[must_use]
    pub fn verify_timestamp(&self) -> VerifyTimestamp {
        self.verify_timestamp
    }
    /// What happens when `check` fails.
    #[must_use]
    pub fn action(&self, check: Check) -> Action {
        self.overrides
            .iter()
            .find(|(other, _)| *other == check)
            .map_or_else(|| self.level.action(check), |(_, action)| *action)
    }
}

/// An override that the specification does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OverrideError {
    /// Integrity is always enforced.
    #[error("`integrity` cannot be overridden")]
    Integrity,
    /// Only revocation may be skipped.
    #[error("expected `enforce` or `log` for `{check}`, found `skip`: only `revocation` may be skipped")]
    NotSkippable {
        /// The check.
        check: Check,
    },
    /// There is nothing to override.
    #[error("the level `skip` cannot be overridden")]
    Skip,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_are_those_of_the_specification() {
        let row = |level: Level| Check::ALL.map(|check| level.action(check).as_str());
        assert_eq!(row(Level::Strict), ["enforce"; 5]);
        assert_eq!(row(Level::Permissive), ["enforce", "enforce", "log", "log", "log"]);
        assert_eq!(row(Level::Audit), ["enforce", "log", "log", "log", "log"]);
        assert_eq!(row(Level::Skip), ["skip"; 5]);
    }

    // attack: A-215
    #[test]
    fn integrity_cannot_be_overridden_and_only_revocation_skipped() {
        let strict = || SignatureVerification::new(Level::Strict);
        assert_eq!(strict().overriding(Check::Integrity, Action::Enforce), Err(OverrideError::Integrity));
        assert_eq!(
            strict().overriding(Check::Expiry, Action::Skip),
            Err(OverrideError::NotSkippable { check: Check::Expiry })
        );
        assert_eq!(
            SignatureVerification::new(Level::Skip).overriding(Check::Expiry, Action::Log),
            Err(OverrideError::Skip)
        );
        let relaxed = strict().overriding(Check::Revocation, Action::Skip).unwrap();
        assert_eq!(relaxed.action(Check::Revocation), Action::Skip);
        assert_eq!(relaxed.action(Check::Expiry), Action::Enforce);
    }
}
