//! Trusted identities: distinguished names as trust policies write them.

mod text;

use crate::{Name, code, name::KNOWN};
use alloc::{
    borrow::{Cow, ToOwned},
    collections::BTreeMap,
    string::{String, ToString},
};
use core::fmt;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};

pub(crate) use text::pairs;

/// What follows `x509.subject:` in a trust policy: attributes that a signer's subject must have.
///
/// The rules are those of the trust policy specification, [Trusted Identities], as Notation applies them: RFC 4514 text;
/// `C`, `ST` (or its alias `S`) and `O` are there; no type twice; no `+`; no `=#`; names of types are case-sensitive. Values are compared
/// exactly, character by character; order does not matter.
///
/// Stricter than Notation, which reads on in these cases: an empty value, and an unescaped `"`, `<` or `>` (RFC 4514, 3).
///
/// ```
/// use plimsoll_pki::DistinguishedName;
/// let trusted = DistinguishedName::parse("C=US, ST=WA, O=Harbour").unwrap();
/// let signer = DistinguishedName::parse(r"CN=pilot,O=Harbour,S=WA,C=US").unwrap();
/// assert!(trusted.is_subset_of(&signer) && !signer.is_subset_of(&trusted));
/// assert!(DistinguishedName::parse("CN=pilot").is_err());
/// ```
/// [Trusted Identities]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trusted-identities-constraints
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DistinguishedName {
    attributes: BTreeMap<String, String>,
}

/// Most bytes of the text of one identity: 4 KiB (a subject has some 100; go-ldap read without bound, CVE-2023-25656).
const MAX_BYTES: u64 = 4 * 1024;

/// What must be there (trust policy specification, Trusted Identities).
const MANDATORY: [&str; 3] = ["C", "ST", "O"];

impl DistinguishedName {
    /// Reads an identity.
    ///
    /// # Errors
    /// [`IdentityError`]: the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one distinguished name", MAX_BYTES, size)?;
        if text.contains("=#") {
            return Err(IdentityError::Hexadecimal);
        }
        let mut attributes = BTreeMap::new();
        for (name, value) in pairs(text)? {
            let name = if name == "S" { "ST" } else { name };
            if value.is_empty() {
                return Err(IdentityError::EmptyValue { attribute: Escaped::new(name) });
            }
            if attributes.insert(name.to_owned(), value).is_some() {
                return Err(IdentityError::Duplicate { attribute: Escaped::new(name) });
            }
        }
        match MANDATORY.into_iter().find(|one| !attributes.contains_key(*one)) {
            Some(attribute) => Err(IdentityError::Missing { attribute }),
            None => Ok(Self { attributes }),
        }
    }
    /// Says whether `other` has all attributes of this name, with the same values. Where it holds for two identities of one
    /// statement they overlap, and the trust policy is invalid.
    #[must_use]
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.attributes.iter().all(|(name, value)| other.attributes.get(name) == Some(value))
    }
    /// The attributes, by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
    /// Says whether the subject of a signer has all attributes of this identity.
    ///
    /// Notation prints the subject and reads the text by the rules of an identity, and so a subject that breaks them matches no
    /// identity but `*`. That is kept: an attribute type other than C, ST, L, STREET, POSTALCODE, O, OU, CN and SERIALNUMBER,
    /// two values of one type, or no C, ST or O. And as in Go, of several CN or SERIALNUMBER the last counts.
    ///
    /// # Errors
    /// [`SubjectError`], when the subject cannot be compared at all.
    pub fn matches(&self, subject: &Name<'_>) -> Result<bool, SubjectError> {
        let found = comparable(subject)?;
        let value = |name: &str| found.iter().find(|(one, _)| *one == name).and_then(|(_, value)| value.as_deref());
        Ok(self.attributes.iter().all(|(name, wanted)| value(name) == Some(wanted)))
    }
}

/// The values of the nine types, in the order of `KNOWN`.
pub(crate) type Comparable<'a> = [(&'static str, Option<Cow<'a, str>>); 9];

pub(crate) fn comparable<'a>(subject: &Name<'a>) -> Result<Comparable<'a>, SubjectError> {
    let mut found: Comparable<'a> = KNOWN.map(|known| (known.name, None));
    for attribute in subject.attributes() {
        let slot = found.iter_mut().zip(&KNOWN).find(|(_, known)| known.oid == attribute.oid);
        let Some(((name, slot), known)) = slot else {
            return Err(SubjectError::Foreign { attribute: Escaped::new(&attribute.oid.to_string()) });
        };
        if slot.is_some() && !known.last_counts {
            return Err(SubjectError::Several { attribute: name });
        }
        *slot = Some(attribute.text());
    }
    for (name, slot) in &mut found {
        // Notation looks for `=#` in the whole text, values included, and an empty value counts as none.
        if slot.as_ref().is_some_and(|value| value.contains("=#")) {
            return Err(SubjectError::Hexadecimal { attribute: name });
        }
        *slot = slot.take().filter(|value| !value.is_empty());
    }
    let missing = |wanted: &&str| found.iter().any(|(name, slot)| name == wanted && slot.is_none());
    match MANDATORY.into_iter().find(missing) {
        Some(attribute) => Err(SubjectError::Missing { attribute }),
        None => Ok(found),
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.attributes.iter().try_for_each(|(name, value)| {
            write!(f, "{separator}{name}={}", crate::name::Rfc4514(value))?;
            separator = ",";
            Ok(())
        })
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", Escaped::new(&self.to_string()))
    }
}

/// Why a text is no distinguished name of a trusted identity.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A type stands there twice.
    #[error("expected each attribute once, found `{attribute}` twice")]
    Duplicate {
        /// The type.
        attribute: Escaped,
    },
    /// A value is empty.
    #[error("expected a value for `{attribute}`, found none")]
    EmptyValue {
        /// The type.
        attribute: Escaped,
    },
    /// A backslash before what needs none and is no hexadecimal pair, or what needs one without.
    #[error("expected RFC 4514 escapes, found a wrong or missing `\\` in the value of `{attribute}`")]
    Escape {
        /// The type.
        attribute: Escaped,
    },
    /// `=#`: a value in hexadecimal.
    #[error("expected values as text, found `=#`")]
    Hexadecimal,
    /// Too long.
    #[error("the distinguished name is too long: {0}")]
    Limit(#[from] LimitExceeded),
    /// C, ST or O is not there.
    #[error("expected the attributes C, ST and O at least, found no `{attribute}`")]
    Missing {
        /// The type.
        attribute: &'static str,
    },
    /// `+`: several values.
    #[error("expected one value in each part, found several joined by `+`")]
    MultiValued,
    /// No `=`, or nothing before it.
    #[error("expected `TYPE=VALUE` parts joined by commas, found `{found}`")]
    Pair {
        /// The part.
        found: Escaped,
    },
}

impl Classify for IdentityError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            _ => code::MALFORMED_IDENTITY,
        }
    }
}

/// Why the subject of a signer matches no distinguished name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// An attribute type that Notation does not compare.
    #[error(
        "the subject of the signer has the attribute {attribute}, which cannot be compared with trusted identities"
    )]
    Foreign {
        /// Its object identifier.
        attribute: Escaped,
    },
    /// `=#` in a value.
    #[error("the subject of the signer has `=#` in `{attribute}`, which cannot be compared with trusted identities")]
    Hexadecimal {
        /// The type.
        attribute: &'static str,
    },
    /// C, ST or O is not there.
    #[error("the subject of the signer has no `{attribute}`, which is needed to be compared with trusted identities")]
    Missing {
        /// The type.
        attribute: &'static str,
    },
    /// Two values of one type.
    #[error("the subject of the signer has several `{attribute}`, which cannot be compared with trusted identities")]
    Several {
        /// The type.
        attribute: &'static str,
    },
}

impl Classify for SubjectError {
    fn code(&self) -> Code {
        code::SUBJECT_NOT_COMPARABLE
    }
}
