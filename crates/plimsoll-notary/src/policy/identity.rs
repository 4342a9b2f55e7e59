//! Trusted identities: whose signatures a statement accepts.

use alloc::boxed::Box;
use core::{fmt, str::FromStr};
use plimsoll_core::Escaped;
use plimsoll_pki::DistinguishedName;

/// An item of `trustedIdentities`.
///
/// [trust-store-trust-policy.md, Trusted Identities Constraints][spec].
///
/// ```
/// use plimsoll_notary::policy::TrustedIdentity;
/// let identity: TrustedIdentity = "x509.subject: C=NL, ST=Groningen, O=Ships".parse().unwrap();
/// assert!(matches!(identity, TrustedIdentity::Subject(_)));
/// assert!("x509.subject: C=NL, O=Ships".parse::<TrustedIdentity>().is_err(), "no ST");
/// ```
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trusted-identities-constraints
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TrustedIdentity {
    /// `*`: any leaf below the trust store.
    Any,
    /// `PREFIX:VALUE` of a kind that only a plugin can judge. It matches nobody here.
    Foreign(Box<str>),
    /// `x509.subject:` and the attributes that the subject of the leaf must have.
    Subject(DistinguishedName),
}

const X509_SUBJECT: &str = "x509.subject";

impl FromStr for TrustedIdentity {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let no_prefix = || IdentityError::NoPrefix { found: Escaped::new(text) };
        let (kind, value) = text.split_once(':').ok_or_else(no_prefix)?;
        if kind.is_empty() || value.trim().is_empty() {
            return Err(no_prefix());
        }
        if kind == X509_SUBJECT {
            Ok(Self::Subject(DistinguishedName::parse(value)?))
        } else {
            Ok(Self::Foreign(text.into()))
        }
    }
}

impl fmt::Display for TrustedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Foreign(text) => f.write_str(text),
            Self::Subject(name) => write!(f, "{X509_SUBJECT}: {name}"),
        }
    }
}

/// Why a text is not a trusted identity.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The distinguished name breaks a rule.
    #[error(transparent)]
    Name(#[from] plimsoll_pki::IdentityError),
    /// There is no prefix that says what kind of identity it is.
    #[error("expected `*` or `x509.subject: C=…,ST=…,O=…`, found `{found}`")]
    NoPrefix {
        /// The text.
        found: Escaped,
    },
}

/// The types that the subject of a leaf is compared by. An identity with another matches nobody.
pub(super) const COMPARED: [&str; 9] = ["C", "CN", "L", "O", "OU", "POSTALCODE", "SERIALNUMBER", "ST", "STREET"];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String, string::ToString};
    use proptest::prelude::*;

    fn error(text: &str) -> String {
        text.parse::<TrustedIdentity>().unwrap_err().to_string()
    }

    // attack: A-217
    // spec: NP-247
    #[test]
    fn identities_that_are_none_are_refused() {
        let of = |dn: &str| error(&format!("x509.subject: {dn}"));
        assert_eq!(of("CN=e,O=N,C=US"), "expected the attributes C, ST and O at least, found no `ST`");
        assert_eq!(of("c=US,ST=WA,O=N"), "expected the attributes C, ST and O at least, found no `C`");
        for bad in
            ["C=US,S=a,ST=b,O=N", "C=US,ST=WA,O=N+CN=x", "C=US,ST=WA,O=#0c014e", r"C=US,ST=WA,O=N\", "C=US,,ST=WA,O=N"]
        {
            assert!(!of(bad).is_empty(), "{bad}");
        }
        assert!(of(&"A".repeat(5000)).contains("more than 4096 bytes"));
        assert!(error("x509.subject CN=e2e,C=US").starts_with("expected `*` or `x509.subject: "));
        assert!(error("x509.subject:").starts_with("expected `*` or `x509.subject: "));
        assert!(error(":x").starts_with("expected `*` or `x509.subject: "));
    }

    #[test]
    fn another_kind_is_kept_for_plugins() {
        let identity: TrustedIdentity = "example.id:abc".parse().unwrap();
        assert_eq!(identity.to_string(), "example.id:abc");
        assert!(matches!(identity, TrustedIdentity::Foreign(_)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(o in "[a-zA-Z0-9 ,+;<>\"\\\\#é-]{0,12}") {
            let name = format!("C=NL,ST=G,O=x{}", o.chars().flat_map(|c| ['\\', c].into_iter().skip(usize::from(c.is_alphanumeric() || c == '-'))).collect::<String>());
            let read: TrustedIdentity = format!("x509.subject:{name}").parse().unwrap();
            prop_assert_eq!(read.to_string().parse::<TrustedIdentity>().unwrap(), read);
        }
        #[test]
        fn nothing_panics(text in "\\PC*") {
            let _ = text.parse::<TrustedIdentity>();
        }
    }
}
