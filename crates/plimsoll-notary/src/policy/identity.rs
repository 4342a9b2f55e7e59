//! Trusted identities: whose signatures a statement accepts.

use plimsoll_core::{Escaped, LimitExceeded};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// An item of `trustedIdentities`.
///
/// [trust-store-trust-policy.md, Trusted Identities Constraints][spec].
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trusted-identities-constraints
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TrustedIdentity {
    /// `*`: any leaf below the trust store.
    Any,
    /// `PREFIX:VALUE` of a kind that only a plugin can judge. It matches nobody here.
    Foreign(Box<str>),
    /// `x509.subject:` and a distinguished name.
    Subject(SubjectPattern),
}

const X509_SUBJECT: &str = "x509.subject";

impl FromStr for TrustedIdentity {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let (kind, value) =
            text.split_once(':').ok_or_else(|| IdentityError::NoPrefix { found: Escaped::new(text) })?;
        if kind.is_empty() || value.trim().is_empty() {
            return Err(IdentityError::NoPrefix { found: Escaped::new(text) });
        }
        if kind == X509_SUBJECT { value.parse().map(Self::Subject) } else { Ok(Self::Foreign(text.into())) }
    }
}

impl fmt::Display for TrustedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Foreign(text) => f.write_str(text),
            Self::Subject(pattern) => write!(f, "{X509_SUBJECT}: {pattern}"),
        }
    }
}

/// Attributes that a leaf's subject must hold: an RFC 4514 string with C, ST and O at least, each type once.
///
/// Order does not count, case does. `S` is read as `ST`, as Notation does.
///
/// ```
/// use plimsoll_notary::policy::SubjectPattern;
/// let pattern: SubjectPattern = r"C=NL, S=Groningen, O=Ships\, Ltd, CN=release".parse().unwrap();
/// assert_eq!(pattern.to_string(), r"C=NL,ST=Groningen,O=Ships\, Ltd,CN=release");
/// assert!("C=NL,O=Ships".parse::<SubjectPattern>().is_err(), "no ST");
/// assert!("C=NL,ST=G,O=S,O=S".parse::<SubjectPattern>().is_err(), "two O");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectPattern {
    text: Box<str>,
    /// INVARIANT: no type twice; C, ST and O are there.
    attributes: Vec<(Box<str>, Box<str>)>,
}

impl SubjectPattern {
    /// Type and value of each attribute, as written; `S` is `ST`.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(kind, value)| (&**kind, &**value))
    }
    /// Whether whatever `other` accepts, this accepts too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.attributes.iter().all(|attribute| other.attributes.contains(attribute))
    }
    /// The types that X.509 subjects can be compared by; an identity with another type matches nobody.
    pub(crate) fn unknown_type(&self) -> Option<&str> {
        self.attributes.iter().map(|(kind, _)| &**kind).find(|kind| attribute_oid(kind).is_none())
    }
}

impl fmt::Display for SubjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for SubjectPattern {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        LimitExceeded::check("bytes of a distinguished name", LONGEST, u64::try_from(text.len()).unwrap_or(u64::MAX))?;
        let mut seen = BTreeSet::new();
        let mut attributes = Vec::new();
        for part in split(text) {
            let (kind, value) = attribute(part)?;
            if !seen.insert(kind.clone()) {
                return Err(IdentityError::Duplicate { kind: Escaped::new(&kind) });
            }
            attributes.push((kind, value));
        }
        for kind in ["C", "ST", "O"] {
            if !seen.contains(kind) {
                return Err(IdentityError::Missing { kind, found: Escaped::new(text) });
            }
        }
        Ok(Self { text: write(&attributes).into(), attributes })
    }
}

/// Cuts at each comma that no backslash stands before.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    text.split(move |character| {
        let cut = character == ',' && !escaped;
        escaped = character == '\\' && !escaped;
        cut
    })
}

/// `attributeType "=" attributeValue` of RFC 4514, without the `#` form and without multi-valued RDNs.
fn attribute(part: &str) -> Result<(Box<str>, Box<str>), IdentityError> {
    let malformed = |why| IdentityError::Malformed { why, found: Escaped::new(part) };
    let (kind, value) = part.split_once('=').ok_or_else(|| malformed("expected TYPE=VALUE"))?;
    let kind = kind.trim();
    if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-') {
        return Err(malformed("expected an attribute type of letters, digits, `.` and `-`"));
    }
    let kind = if kind == "S" { "ST" } else { kind };
    let value = unescape(value.trim_start_matches(' ')).map_err(malformed)?;
    if value.is_empty() {
        return Err(malformed("expected a value"));
    }
    Ok((kind.into(), value.into()))
}

fn unescape(text: &str) -> Result<String, &'static str> {
    if text.starts_with('#') {
        return Err("the `=#` form is not supported");
    }
    let mut out = Vec::new();
    // The length up to which trailing spaces were escaped, and are kept.
    let mut kept = 0;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                out.push(escape(&mut bytes)?);
                kept = out.len();
            }
            b'+' => return Err("a multi-valued RDN (`+`) is not supported"),
            b'"' | b';' | b'<' | b'>' | 0 => return Err("expected a backslash before `\"`, `;`, `<` and `>`"),
            byte => out.push(byte),
        }
    }
    while out.len() > kept && out.last() == Some(&b' ') {
        out.pop();
    }
    String::from_utf8(out).map_err(|_| "the value is not UTF-8")
}

/// What stands after a backslash: a special character, or two hexadecimal digits.
fn escape(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, &'static str> {
    const BAD: &str = "expected a special character or two hexadecimal digits after a backslash";
    match bytes.next().ok_or(BAD)? {
        special @ (b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\') => Ok(special),
        high => {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let value = digit(high).zip(bytes.next().and_then(digit)).ok_or(BAD)?;
            let byte = value.0.checked_mul(16).and_then(|high| high.checked_add(value.1));
            byte.and_then(|byte| u8::try_from(byte).ok()).ok_or(BAD)
        }
    }
}

/// As RFC 4514 writes it.
fn write(attributes: &[(Box<str>, Box<str>)]) -> String {
    let mut out = String::new();
    for (kind, value) in attributes {
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(kind);
        out.push('=');
        let last = value.chars().count().saturating_sub(1);
        for (at, character) in value.chars().enumerate() {
            let outer_space = character == ' ' && (at == 0 || at == last);
            let special = matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\');
            if outer_space || special || (character == '#' && at == 0) {
                out.push('\\');
            }
            if character == '\0' { out.push_str(r"\00") } else { out.push(character) }
        }
    }
    out
}

/// The object identifier that an attribute type names: the short names of RFC 4514, those that Go writes, and a few more.
pub(crate) fn attribute_oid(kind: &str) -> Option<&str> {
    Some(match kind {
        "C" => "2.5.4.6",
        "CN" => "2.5.4.3",
        "DC" => "0.9.2342.19200300.100.1.25",
        "L" => "2.5.4.7",
        "O" => "2.5.4.10",
        "OU" => "2.5.4.11",
        "POSTALCODE" => "2.5.4.17",
        "SERIALNUMBER" => "2.5.4.5",
        "ST" => "2.5.4.8",
        "STREET" => "2.5.4.9",
        "UID" => "0.9.2342.19200300.100.1.1",
        "emailAddress" => "1.2.840.113549.1.9.1",
        dotted if dotted.starts_with(|c: char| c.is_ascii_digit()) => dotted,
        _ => return None,
    })
}

/// Why a text is not a trusted identity.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// An attribute type stands twice.
    #[error("expected each attribute type once, found `{kind}` twice")]
    Duplicate {
        /// The type.
        kind: Escaped,
    },
    /// Too long.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// An attribute does not have the form.
    #[error("{why}, found `{found}`")]
    Malformed {
        /// What is wrong.
        why: &'static str,
        /// The attribute.
        found: Escaped,
    },
    /// A mandatory attribute is missing.
    #[error("expected at least C, ST and O, found no `{kind}` in `{found}`")]
    Missing {
        /// The type.
        kind: &'static str,
        /// The distinguished name.
        found: Escaped,
    },
    /// There is no prefix that says what kind of identity it is.
    #[error("expected `*` or `x509.subject: C=…,ST=…,O=…`, found `{found}`")]
    NoPrefix {
        /// The text.
        found: Escaped,
    },
}

/// A distinguished name of a leaf is a line, not a document.
const LONGEST: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str) -> String {
        text.parse::<TrustedIdentity>().unwrap_err().to_string()
    }

    // attack: A-217
    #[test]
    fn identities_that_are_none_are_refused() {
        let of = |dn: &str| error(&format!("x509.subject: {dn}"));
        assert_eq!(of("CN=e,O=N,C=US"), "expected at least C, ST and O, found no `ST` in ` CN=e,O=N,C=US`");
        assert_eq!(of("c=US,ST=WA,O=N"), "expected at least C, ST and O, found no `C` in ` c=US,ST=WA,O=N`");
        assert_eq!(of("C=US,ST=WA,O=N,OU=a,OU=b"), "expected each attribute type once, found `OU` twice");
        assert_eq!(of("C=US,S=a,ST=b,O=N"), "expected each attribute type once, found `ST` twice");
        assert_eq!(of("C=US,ST=WA,O=N+CN=x"), "a multi-valued RDN (`+`) is not supported, found `O=N+CN=x`");
        assert_eq!(of("C=US,ST=WA,O=#0c014e"), "the `=#` form is not supported, found `O=#0c014e`");
        assert!(of(r"C=US,ST=WA,O=N\").starts_with("expected a special character"));
        assert!(of(r"C=US,ST=WA,O=\zz").starts_with("expected a special character"));
        assert!(of(r"C=US,ST=WA,O=\ff").starts_with("the value is not UTF-8"));
        assert!(of("C=US,ST=WA,O=").starts_with("expected a value"));
        assert!(of("C=US,,ST=WA,O=N").starts_with("expected TYPE=VALUE"));
        assert_eq!(of(&"A".repeat(5000)), "more than 4096 bytes of a distinguished name");
        assert!(error("x509.subject CN=e2e,C=US").starts_with("expected `*` or `x509.subject: "));
        assert!(error("x509.subject:").starts_with("expected `*` or `x509.subject: "));
    }

    #[test]
    fn escapes_and_outer_spaces_are_read_as_rfc_4514_says() {
        let pattern: SubjectPattern = r"C=US , ST=WA,O=\ a\, b\ ,CN=\C3\A9  ".parse().unwrap();
        let values: Vec<_> = pattern.attributes().collect();
        assert_eq!(values, [("C", "US"), ("ST", "WA"), ("O", " a, b "), ("CN", "é")]);
        assert_eq!(pattern.to_string(), r"C=US,ST=WA,O=\ a\, b\ ,CN=é");
    }

    #[test]
    fn another_kind_is_kept_for_plugins() {
        let identity: TrustedIdentity = "example.id:abc".parse().unwrap();
        assert_eq!(identity.to_string(), "example.id:abc");
        assert!(matches!(identity, TrustedIdentity::Foreign(_)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(o in "[^\0]{1,20}", cn in "\\PC{1,20}") {
            let attributes: Vec<(Box<str>, Box<str>)> =
                [("C", "NL"), ("ST", "G"), ("O", o.as_str()), ("CN", cn.as_str())].map(|(k, v)| (k.into(), v.into())).into();
            let read: SubjectPattern = write(&attributes).parse().unwrap();
            prop_assert_eq!(read.attributes, attributes);
        }
        #[test]
        fn nothing_panics(text in "\\PC*") {
            let _ = text.parse::<TrustedIdentity>();
        }
    }
}
