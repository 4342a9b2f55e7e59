//! `genTime` (RFC 3161, 2.4.2): a GeneralizedTime that may have fractions of a second.

use super::TimestampError;
use crate::{asn1::tag, encode};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt, time::Duration};
use plimsoll_core::{Escaped, LimitExceeded, UnixTime};

/// A time in UTC, to the nanosecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GenTime {
    second: UnixTime,
    nanosecond: u32,
}

impl GenTime {
    /// Makes a time of whole seconds and of nanoseconds within the second; `None` for a billion of them or more.
    #[must_use]
    pub const fn new(second: UnixTime, nanosecond: u32) -> Option<Self> {
        if nanosecond < NANOSECONDS { Some(Self { second, nanosecond }) } else { None }
    }
    /// The second in which it lies.
    #[must_use]
    pub const fn second(self) -> UnixTime {
        self.second
    }
    /// Nanoseconds since that second began.
    #[must_use]
    pub const fn nanosecond(self) -> u32 {
        self.nanosecond
    }
    /// The second that holds the first moment which this time can mean, if it is right to within `accuracy`.
    #[must_use]
    pub fn earliest(self, accuracy: Duration) -> UnixTime {
        let borrow = u64::from(self.nanosecond < accuracy.subsec_nanos());
        self.second.saturating_sub(accuracy.as_secs().saturating_add(borrow))
    }
    /// The first whole second after which this time cannot lie, if it is right to within `accuracy`.
    #[must_use]
    pub fn latest(self, accuracy: Duration) -> UnixTime {
        let nanoseconds = self.nanosecond.saturating_add(accuracy.subsec_nanos());
        let carry = u64::from(nanoseconds.div_ceil(NANOSECONDS));
        self.second.saturating_add(accuracy.as_secs().saturating_add(carry))
    }
    /// Reads `YYYYMMDDhhmmss[.f*]Z`. A fraction has no trailing zero, and is left out when it is zero: RFC 3161 repeats these rules of
    /// DER (X.690, 11.7). A leap second is refused, as Go refuses it.
    pub(super) fn read(value: &[u8]) -> Result<Self, TimestampError> {
        let broken = || TimestampError::Time { found: Escaped::bytes(value) };
        let text = value.strip_suffix(b"Z").ok_or_else(broken)?;
        let (whole, fraction) = text.split_at_checked(14).ok_or_else(broken)?;
        let second = civil(whole).ok_or_else(broken)?;
        let nanosecond = match fraction {
            [] => 0,
            [b'.', digits @ ..] => {
                let count = u64::try_from(digits.len()).unwrap_or(u64::MAX);
                LimitExceeded::check("digits of a fraction of a second", 9, count)?;
                nanoseconds(digits).ok_or_else(broken)?
            }
            _ => return Err(broken()),
        };
        Ok(Self { second, nanosecond })
    }
    pub(super) fn to_der(self) -> Vec<u8> {
        let [year, month, day, hour, minute, second] = self.second.to_civil();
        let whole = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}");
        encode::element(tag::GENERALIZED_TIME, format!("{whole}{}Z", self.fraction()).as_bytes())
    }
    /// `.5`, without trailing zeros; nothing for zero.
    fn fraction(self) -> String {
        let digits = format!(".{:09}", self.nanosecond);
        digits.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl From<UnixTime> for GenTime {
    fn from(second: UnixTime) -> Self {
        Self { second, nanosecond: 0 }
    }
}

impl fmt::Display for GenTime {
    /// As RFC 3339 has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.second.to_string();
        write!(f, "{}{}Z", whole.trim_end_matches('Z'), self.fraction())
    }
}

fn civil(text: &[u8]) -> Option<UnixTime> {
    let mut rest = text;
    let mut next = |count: usize| {
        let (digits, after) = rest.split_at_checked(count)?;
        rest = after;
        number(digits)
    };
    let [year, month, day] = [next(4)?, next(2)?, next(2)?];
    let [hour, minute, second] = [next(2)?, next(2)?, next(2)?];
    if second > 59 { None } else { UnixTime::from_civil(year, month, day, hour, minute, second) }
}

/// One to nine digits after the point, the last of which is not zero.
fn nanoseconds(digits: &[u8]) -> Option<u32> {
    if digits.last().is_none_or(|last| *last == b'0') {
        return None;
    }
    let missing = 9_u32.checked_sub(u32::try_from(digits.len()).ok()?)?;
    u32::try_from(number(digits)?.checked_mul(10_u64.checked_pow(missing)?)?).ok()
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| digit.checked_sub(b'0'))??;
        sum.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

const NANOSECONDS: u32 = 1_000_000_000;
