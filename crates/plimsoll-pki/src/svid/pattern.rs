//! SPIFFE IDs in policies.

use super::{SpiffeId, SpiffeIdError, TrustDomain};
use core::{fmt, str::FromStr};

/// Which SPIFFE IDs a policy means: one, or with `/*` at the end all below a path or trust domain.
///
/// ```
/// use plimsoll_pki::svid::SpiffePattern;
/// let ci: SpiffePattern = "spiffe://harbour.example/ci/*".parse()?;
/// assert!(ci.matches(&"spiffe://harbour.example/ci/release".parse()?));
/// assert!(!ci.matches(&"spiffe://harbour.example/cinema".parse()?));
/// assert!("spiffe://*/ci".parse::<SpiffePattern>().is_err());
/// # Ok::<(), plimsoll_pki::svid::SpiffeIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SpiffePattern {
    id: SpiffeId,
    below: bool,
}

impl SpiffePattern {
    /// The trust domain, which is never a pattern.
    #[must_use]
    pub fn trust_domain(&self) -> &TrustDomain {
        self.id.trust_domain()
    }
    /// Says whether the ID is one that is meant.
    #[must_use]
    pub fn matches(&self, id: &SpiffeId) -> bool {
        if !self.below {
            return *id == self.id;
        }
        let rest = id.path().strip_prefix(self.id.path());
        id.trust_domain() == self.id.trust_domain() && rest.is_some_and(|rest| rest.starts_with('/'))
    }
}

impl FromStr for SpiffePattern {
    type Err = SpiffeIdError;
    fn from_str(text: &str) -> Result<Self, SpiffeIdError> {
        let base = text.strip_suffix("/*");
        Ok(Self { id: base.unwrap_or(text).parse()?, below: base.is_some() })
    }
}

impl fmt::Display for SpiffePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.id, if self.below { "/*" } else { "" })
    }
}
