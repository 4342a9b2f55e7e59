//! What a statement may say here beyond the specification.

use crate::plugin::PluginName;
use alloc::vec::Vec;
use core::{fmt, str::FromStr};

use super::UnknownWord;
use plimsoll_pki::Strictness;

/// The member `plimsoll` of a statement. Notation ignores it.
///
/// ```json
/// "plimsoll": {"revocation": "required", "certificates": "strict", "plugins": ["com.example.verifier"]}
/// ```
/// Inside it nothing is ignored: a member that is not known is an error.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Extension {
    /// What is demanded of certificates that nobody can revoke: nothing.
    pub revocation: RevocationDemand,
    /// What becomes of certificates that are unwise but not forbidden: they hold, with a warning.
    pub certificates: Strictness,
    /// The verification plugins that may be started for signatures of this statement: none. A signature that names another
    /// one is refused, whatever its chain.
    pub plugins: Vec<PluginName>,
}

impl Extension {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
    /// Sets what is demanded of certificates that nobody can revoke.
    #[must_use]
    pub fn with_revocation(mut self, demand: RevocationDemand) -> Self {
        self.revocation = demand;
        self
    }
    /// Sets what becomes of certificates that are unwise but not forbidden.
    #[must_use]
    pub fn with_certificates(mut self, certificates: Strictness) -> Self {
        self.certificates = certificates;
        self
    }
    /// Lets a plugin take part.
    #[must_use]
    pub fn with_plugin(mut self, plugin: PluginName) -> Self {
        self.plugins.push(plugin);
        self
    }
}

/// What the revocation check makes of a certificate that names no OCSP responder and no revocation list.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RevocationDemand {
    /// It is unknown whether it was revoked, unless a local list says so: `required`.
    Required,
    /// It cannot be revoked, and that is well, as the specification has it: `where-named`, the default.
    #[default]
    WhereNamed,
}

impl RevocationDemand {
    /// The name in a trust policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::WhereNamed => "where-named",
        }
    }
}

impl fmt::Display for RevocationDemand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RevocationDemand {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [Self::Required, Self::WhereNamed].into_iter().find(|one| one.as_str() == text).ok_or(UnknownWord)
    }
}

/// The name of a strictness in a trust policy.
pub(super) const fn name_of(strictness: Strictness) -> &'static str {
    match strictness {
        Strictness::AsNotation => "lenient",
        Strictness::Strict => "strict",
    }
}

/// A word of a trust policy for how certificates are judged.
pub(super) struct Certificates(pub(super) Strictness);

impl FromStr for Certificates {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let all = [Strictness::AsNotation, Strictness::Strict];
        all.into_iter().find(|one| name_of(*one) == text).map(Self).ok_or(UnknownWord)
    }
}
