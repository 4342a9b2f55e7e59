//! Points in time, as arguments.

use crate::{Classify, Code, Escaped, code};
use core::{fmt, str::FromStr};

/// Whole seconds since 1970-01-01T00:00:00Z, years 1970 to 9999.
///
/// Written and read as [RFC 3339]. Any UTC offset and fractions of a second are read; fractions are dropped.
///
/// ```
/// use plimsoll_core::UnixTime;
/// let time: UnixTime = "2026-11-24T01:08:46.5+09:00".parse().unwrap();
/// assert_eq!(time.to_string(), "2026-11-23T16:08:46Z");
/// assert!("2026-02-30T00:00:00Z".parse::<UnixTime>().is_err());
/// ```
/// [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339#section-5.6
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

const DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z, the last second that RFC 3339 and X.509 can write.
const LAST: u64 = 253_402_300_799;

impl UnixTime {
    /// The first second.
    pub const MIN: Self = Self(0);
    /// The last second that can be written.
    pub const MAX: Self = Self(LAST);

    /// Makes a time of seconds since the epoch; `None` beyond the year 9999.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Option<Self> {
        if seconds <= LAST { Some(Self(seconds)) } else { None }
    }
    /// Makes a time of seconds since the epoch; later than the year 9999 becomes [`UnixTime::MAX`].
    #[must_use]
    pub const fn saturating_from_secs(seconds: u64) -> Self {
        if seconds <= LAST { Self(seconds) } else { Self::MAX }
    }
    /// Seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }
    /// Adds seconds, up to [`UnixTime::MAX`].
    #[must_use]
    pub const fn saturating_add(self, seconds: u64) -> Self {
        Self::saturating_from_secs(self.0.saturating_add(seconds))
    }
    /// Subtracts seconds, down to [`UnixTime::MIN`].
    #[must_use]
    pub const fn saturating_sub(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }
    /// Makes a time of a calendar date and time of day in UTC; `None` for what is no date. A leap second (60) counts as
    /// the last second of its minute.
    #[must_use]
    pub fn from_civil(year: u64, month: u64, day: u64, hour: u64, minute: u64, second: u64) -> Option<Self> {
        if !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let date = days_before(year, month, day)?;
        let time = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second.min(59))?;
        Self::from_secs(date.checked_mul(DAY)?.checked_add(time)?)
    }
    /// Year, month, day, hour, minute, second in UTC.
    #[must_use]
    pub fn to_civil(self) -> [u64; 6] {
        // Howard Hinnant's days-to-civil, for days from 0000-03-01.
        #[expect(
            clippy::arithmetic_side_effects,
            reason = "at most 253402300799 seconds: nothing here can overflow or divide by zero"
        )]
        {
            let days = self.0 / DAY + 719_468;
            let of_day = self.0 % DAY;
            let era = days / 146_097;
            let of_era = days % 146_097;
            let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
            let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
            let shifted = (5 * of_year + 2) / 153;
            let day = of_year - (153 * shifted + 2) / 5 + 1;
            let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
            let year = year_of_era + era * 400 + u64::from(month <= 2);
            [year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60]
        }
    }
}

/// Days from 1970-01-01 to a date of the years 1970 to 9999.
fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let (before, length) = match month {
        1 => (0, 31),
        2 => (31, if leap { 29 } else { 28 }),
        3 => (59, 31),
        4 => (90, 30),
        5 => (120, 31),
        6 => (151, 30),
        7 => (181, 31),
        8 => (212, 31),
        9 => (243, 30),
        10 => (273, 31),
        11 => (304, 30),
        12 => (334, 31),
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    let past = year.checked_sub(1)?;
    let leaps = past.checked_div(4)?.checked_sub(past.checked_div(100)?)?.checked_add(past.checked_div(400)?)?;
    // 477 leap days lie before 1970.
    let days = year.checked_sub(1970)?.checked_mul(365)?.checked_add(leaps)?.checked_sub(477)?;
    days.checked_add(before)?.checked_add(u64::from(leap && month > 2))?.checked_add(day)?.checked_sub(1)
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second] = self.to_civil();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}
impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for UnixTime {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        read(text).ok_or_else(|| TimeError { found: Escaped::new(text) })
    }
}

/// `date-time` of RFC 3339, section 5.6.
fn read(text: &str) -> Option<UnixTime> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = bytes.get(from..to)?;
        digits.iter().all(u8::is_ascii_digit).then_some(())?;
        digits.iter().try_fold(0_u64, |n, d| n.checked_mul(10)?.checked_add(u64::from(d.checked_sub(b'0')?)))
    };
    let is = |at: usize, any: &[u8]| bytes.get(at).is_some_and(|b| any.contains(b));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let local = UnixTime::from_civil(
        number(0, 4)?,
        number(5, 7)?,
        number(8, 10)?,
        number(11, 13)?,
        number(14, 16)?,
        number(17, 19)?,
    )?;
    let mut at = 19_usize;
    if is(at, b".") {
        at = at.checked_add(1)?;
        let digits = bytes.get(at..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        at = at.checked_add(digits)?;
    }
    match (bytes.get(at)?, bytes.len().checked_sub(at)?) {
        (b'Z' | b'z', 1) => Some(local),
        (sign @ (b'+' | b'-'), 6) if is(at.checked_add(3)?, b":") => {
            let hours = number(at.checked_add(1)?, at.checked_add(3)?)?;
            let minutes = number(at.checked_add(4)?, at.checked_add(6)?)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
            let seconds = if *sign == b'+' { local.0.checked_sub(offset)? } else { local.0.checked_add(offset)? };
            UnixTime::from_secs(seconds)
        }
        _ => None,
    }
}

/// The text is not a time that Plimsoll can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as `2026-11-23T16:08:46Z`, in the years 1970 to 9999, found `{found}`")]
pub struct TimeError {
    /// The text.
    pub found: Escaped,
}

impl Classify for TimeError {
    fn code(&self) -> Code {
        code::MALFORMED_TIME
    }
}
