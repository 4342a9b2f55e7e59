//! Limits on foreign data, and the budget that loops spend from.

use crate::{Classify, Code, code};

/// What is left to spend on one piece of foreign data. Every loop over such data spends from one.
///
/// ```
/// use plimsoll_core::Budget;
/// let mut budget = Budget::new("signatures", 2);
/// assert!(budget.spend(1).is_ok() && budget.spend(1).is_ok());
/// assert_eq!(budget.spend(1).unwrap_err().to_string(), "more than 2 signatures");
/// ```
#[derive(Clone, Debug)]
pub struct Budget {
    what: &'static str,
    limit: u64,
    left: u64,
}

impl Budget {
    /// Starts with `limit` units of `what`.
    #[must_use]
    pub const fn new(what: &'static str, limit: u64) -> Self {
        Self { what, limit, left: limit }
    }
    /// Takes `units`.
    ///
    /// # Errors
    /// [`LimitExceeded`] when fewer are left.
    pub fn spend(&mut self, units: u64) -> Result<(), LimitExceeded> {
        self.left = self.left.checked_sub(units).ok_or(LimitExceeded { what: self.what, limit: self.limit })?;
        Ok(())
    }
    /// Takes one unit, and one more for each whole KiB: for work that grows with the bytes, such as to read, to hash or to verify them.
    ///
    /// ```
    /// use plimsoll_core::Budget;
    /// let mut budget = Budget::new("steps", 34);
    /// assert!(budget.spend_on(1000).is_ok() && budget.spend_on(32 << 10).is_ok());
    /// assert!(budget.spend_on(0).is_err());
    /// ```
    ///
    /// # Errors
    /// [`LimitExceeded`] when less is left; then nothing is taken.
    pub fn spend_on(&mut self, bytes: usize) -> Result<(), LimitExceeded> {
        let units = u64::try_from(bytes).unwrap_or(u64::MAX).wrapping_shr(10).saturating_add(1);
        self.spend(units)
    }
    /// What is left.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }
}

/// A limit on foreign data was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("more than {limit} {what}")]
pub struct LimitExceeded {
    /// What was counted.
    pub what: &'static str,
    /// How many are allowed.
    pub limit: u64,
}

impl LimitExceeded {
    /// Says that `found` is more than `limit` of `what`, or that it is not.
    ///
    /// # Errors
    /// Itself, when `found > limit`.
    pub fn check(what: &'static str, limit: u64, found: u64) -> Result<(), Self> {
        if found > limit { Err(Self { what, limit }) } else { Ok(()) }
    }
}

impl Classify for LimitExceeded {
    fn code(&self) -> Code {
        code::LIMIT_EXCEEDED
    }
}
