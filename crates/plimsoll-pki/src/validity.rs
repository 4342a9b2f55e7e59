//! `Validity` and `Time` (RFC 5280, 4.1.2.5).

use crate::{
    CertificateError,
    asn1::{Walk, tag},
};
use plimsoll_core::{Escaped, Horizon, UnixTime};

/// When a certificate is valid: from the first second to the last, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validity {
    /// The first second. Dates before 1970 are held as 1970.
    pub not_before: UnixTime,
    /// The last second. Dates before 1970 are held as 1970.
    pub not_after: UnixTime,
}

impl Validity {
    /// Says whether `time` is inside.
    #[must_use]
    pub fn contains(&self, time: UnixTime) -> bool {
        self.not_before <= time && time <= self.not_after
    }
    /// The same as a horizon, whose end is the first second that is too late.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        Horizon::new(self.not_before, self.not_after.saturating_add(1))
    }
    pub(crate) fn read(value: &[u8]) -> Result<Self, CertificateError> {
        let mut walk = Walk::new(value, "validity");
        let not_before = time(&mut walk, "notBefore")?;
        let not_after = time(&mut walk, "notAfter")?;
        walk.finish()?;
        Ok(Self { not_before, not_after })
    }
}

/// `Time ::= CHOICE { utcTime, generalTime }`
pub(crate) fn time(walk: &mut Walk<'_>, field: &'static str) -> Result<UnixTime, CertificateError> {
    let any = walk.any()?;
    let found = match any.tag {
        tag::UTC_TIME => utc(any.value),
        tag::GENERALIZED_TIME => generalized(any.value),
        _ => None,
    };
    found.ok_or_else(|| CertificateError::Time { field, found: Escaped::bytes(any.value) })
}

/// A GeneralizedTime in UTC, without fractions of a second (RFC 5280, 4.1.2.5.2; RFC 6960, 4.2.2.1).
pub(crate) fn generalized_time(walk: &mut Walk<'_>, field: &'static str) -> Result<UnixTime, CertificateError> {
    let value = walk.expect(tag::GENERALIZED_TIME)?;
    generalized(value).ok_or_else(|| CertificateError::Time { field, found: Escaped::bytes(value) })
}

/// `YYMMDDHHMMSSZ`; 50 to 99 mean 1950 to 1999 (RFC 5280, 4.1.2.5.1).
fn utc(text: &[u8]) -> Option<UnixTime> {
    let (year, rest) = text.split_at_checked(2)?;
    let short = number(year)?;
    civil(short.checked_add(if short >= 50 { 1900 } else { 2000 })?, rest)
}

/// `YYYYMMDDHHMMSSZ` (RFC 5280, 4.1.2.5.2).
fn generalized(text: &[u8]) -> Option<UnixTime> {
    let (year, rest) = text.split_at_checked(4)?;
    civil(number(year)?, rest)
}

fn civil(year: u64, rest: &[u8]) -> Option<UnixTime> {
    let [m1, m2, d1, d2, h1, h2, i1, i2, s1, s2, b'Z'] = *rest else { return None };
    let second = number(&[s1, s2])?;
    if year == 0 || second > 59 {
        return None;
    }
    // A date before 1970 must be a date, too: it is checked in a year with the same leap day, and then held as 1970.
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let shown = if year >= 1970 {
        year
    } else if leap {
        1972
    } else {
        1970
    };
    let time = UnixTime::from_civil(
        shown,
        number(&[m1, m2])?,
        number(&[d1, d2])?,
        number(&[h1, h2])?,
        number(&[i1, i2])?,
        second,
    )?;
    Some(if year >= 1970 { time } else { UnixTime::MIN })
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |n, digit| {
        if !digit.is_ascii_digit() {
            return None;
        }
        n.checked_mul(10)?.checked_add(u64::from(digit.checked_sub(b'0')?))
    })
}
