//! Denial codes: stable names, one class each.

use core::fmt;

/// The three answers other than yes. They never collapse into one another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// The input is broken: it does not have the form that its specification demands.
    Malformed,
    /// A check said no.
    Untrusted,
    /// We could not find out. Never means "fine".
    Unavailable,
}

impl Class {
    /// The word for this class in output and recordings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Untrusted => "untrusted",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stable kebab-case denial code with the one class that it belongs to.
///
/// Codes are made by [`codes!`](crate::codes) so that a build's set is closed and can be listed. Two codes are equal
/// when their names are.
#[derive(Clone, Copy)]
pub struct Code {
    name: &'static str,
    class: Class,
    summary: &'static str,
}

impl Code {
    /// Makes a code. Use [`codes!`](crate::codes), which also lists it.
    #[must_use]
    pub const fn new(name: &'static str, class: Class, summary: &'static str) -> Self {
        Self { name, class, summary }
    }
    /// The kebab-case name, as in `docs/codes.md`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
    /// The class that this code always has.
    #[must_use]
    pub const fn class(self) -> Class {
        self.class
    }
    /// One line: what the code means.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        self.summary
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Code {}
impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Code {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.name.cmp(other.name)
    }
}
impl core::hash::Hash for Code {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.class)
    }
}

/// What every error and denial of Plimsoll can say of itself.
pub trait Classify {
    /// The stable code.
    fn code(&self) -> Code;
    /// The class of the code.
    fn class(&self) -> Class {
        self.code().class()
    }
}

/// Declares denial codes as constants and lists them in `ALL`, so that `explain`, the docs and the tests see each one.
///
/// ```
/// mod code {
///     plimsoll_core::codes! {
///         /// The lid does not fit.
///         LID_LOOSE = "lid-loose", Untrusted, "the lid does not fit";
///     }
/// }
/// assert_eq!(code::ALL.len(), 1);
/// assert_eq!(code::LID_LOOSE.to_string(), "lid-loose");
/// ```
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $class:ident, $summary:literal;)+) => {
        $($(#[$doc])* pub const $name: $crate::Code = $crate::Code::new($text, $crate::Class::$class, $summary);)+
        /// Every code of this module.
        pub static ALL: &[$crate::Code] = &[$($name),+];
    };
}

// The codes that the seam itself needs: what an answer, a proof or a budget can say.
codes! {
    /// The peer does not let us see it.
    ACCESS_DENIED = "access-denied", Unavailable, "the registry or service refused the credentials that we have";
    /// Bytes do not match the digest that they were asked by.
    DIGEST_MISMATCH = "digest-mismatch", Untrusted, "the content does not have the digest that it was asked by";
    /// A helper program for credentials failed.
    CREDENTIAL_HELPER_FAILED = "credential-helper-failed", Unavailable, "the credential helper failed, and no other credential is tried in its place";
    /// A limit on foreign data was reached.
    LIMIT_EXCEEDED = "limit-exceeded", Malformed, "the input is larger or more deeply nested than the limit allows";
    /// The answer came, but it is not in the form that its protocol demands.
    MALFORMED_ANSWER = "malformed-answer", Malformed, "the answer does not have the form that its specification demands";
    /// The text is no reference.
    MALFORMED_REFERENCE = "malformed-reference", Malformed, "the text is not a reference to an artifact";
    /// The text is no digest.
    MALFORMED_DIGEST = "malformed-digest", Malformed, "the text is not a digest that Plimsoll can check";
    /// The text is no time.
    MALFORMED_TIME = "malformed-time", Malformed, "the text is not a point in time as RFC 3339 writes it";
    /// Nobody gathered this kind of fact.
    NOT_COLLECTED = "not-collected", Unavailable, "no gatherer that collects this kind of fact was given";
    /// A registry does not know what was asked for.
    NOT_FOUND = "not-found", Unavailable, "what was asked for is not there";
    /// The recording has no answer to this question.
    NOT_RECORDED = "not-recorded", Unavailable, "the recording holds no answer to this question";
    /// The specification allows it, this version does not do it.
    NOT_SUPPORTED = "not-supported", Unavailable, "the evidence needs a feature that this version does not have";
    /// The rounds, questions or bytes of a session are used up.
    ROUNDS_EXHAUSTED = "rounds-exhausted", Unavailable, "the evidence kept asking for more evidence until the limit of rounds, questions or bytes";
    /// Bytes do not have the length that they were asked by.
    SIZE_MISMATCH = "size-mismatch", Untrusted, "the content does not have the size that its descriptor says";
    /// An address that the rules forbid to contact.
    FORBIDDEN_TARGET = "forbidden-target", Untrusted, "a peer named an address that it may not send us to";
    /// A peer cannot be reached, or failed on its side.
    UNREACHABLE = "unreachable", Unavailable, "the peer did not answer, or answered that it failed";
}
