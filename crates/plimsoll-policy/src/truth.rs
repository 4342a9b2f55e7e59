//! Yes, no, and what could not be found out.

use plimsoll_core::{Digest, Horizon, Reason};
use std::collections::BTreeSet;

/// Whether a rule holds. What could not be found out never counts as yes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Truth {
    /// It does not.
    No,
    /// It could not be found out.
    Unknown,
    /// It does.
    Yes,
}

impl Truth {
    /// Both, as Kleene says: no beats unknown, unknown beats yes.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }
    /// Either, as Kleene says: yes beats unknown, unknown beats no.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
    /// The word for it in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Yes => "yes",
        }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;
    /// Not, as Kleene says: unknown stays unknown.
    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

/// How one requirement came out for one target.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) truth: Truth,
    /// Why it does not hold; none where it does.
    pub(crate) reasons: Vec<Reason>,
    /// Digests of the evidence that was read.
    pub(crate) read: BTreeSet<Digest>,
    /// While it comes out the same.
    pub(crate) horizon: Horizon,
}

impl Finding {
    pub(crate) fn yes() -> Self {
        Self { truth: Truth::Yes, reasons: Vec::new(), read: BTreeSet::new(), horizon: Horizon::ALWAYS }
    }
    pub(crate) fn no(reason: Reason) -> Self {
        Self { truth: Truth::No, reasons: vec![reason], ..Self::yes() }
    }
    pub(crate) fn unknown(reason: Reason) -> Self {
        Self { truth: Truth::Unknown, reasons: vec![reason], ..Self::yes() }
    }
    /// Holds when both hold.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.truth = self.truth.and(other.truth);
        self.reasons.extend(other.reasons);
        self.reading(other.read, other.horizon)
    }
    /// Holds when either holds. The reasons that are kept are those which give the answer.
    pub(crate) fn or(mut self, other: Self) -> Self {
        if other.truth > self.truth {
            self.reasons = other.reasons;
        } else if other.truth == self.truth && self.truth != Truth::Yes {
            self.reasons.extend(other.reasons);
        }
        self.truth = self.truth.or(other.truth);
        self.reading(other.read, other.horizon)
    }
    pub(crate) fn reading(mut self, read: BTreeSet<Digest>, horizon: Horizon) -> Self {
        self.read.extend(read);
        self.horizon = self.horizon.and(horizon);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Unknown, Yes};

    // attack: A-318
    #[test]
    fn a_318_unknown_is_never_yes() {
        for other in [No, Unknown, Yes] {
            assert_ne!(Unknown.and(other), Yes);
            assert_eq!(Unknown.or(other) == Yes, other == Yes);
        }
        assert_eq!((!Unknown, !Yes, !No), (Unknown, No, Yes));
        assert_eq!(No.and(Unknown), No);
        assert_eq!([No, Yes, Unknown].map(Truth::as_str), ["no", "yes", "unknown"]);
    }
}
