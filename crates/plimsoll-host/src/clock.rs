//! The clock, which only a program's edge may read.

use crate::{Environment, code};
use plimsoll_core::{Classify, Code, Escaped, UnixTime};
use std::time::SystemTime;

/// Reads the system's clock. A clock that stands before 1970 says 1970: then no certificate is valid yet.
#[must_use]
pub fn now() -> UnixTime {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(UnixTime::MIN, |since| UnixTime::saturating_from_secs(since.as_secs()))
}

/// Reads `SOURCE_DATE_EPOCH`: the time that a reproducible build writes in place of the clock's ([specification][spec]).
///
/// ```
/// use plimsoll_host::clock::source_date_epoch;
/// let time = source_date_epoch(|_: &str| Some("1700000000".into()))?;
/// assert_eq!(time.unwrap().to_string(), "2023-11-14T22:13:20Z");
/// assert!(source_date_epoch(|_: &str| Some("yesterday".into())).is_err());
/// # Ok::<(), plimsoll_host::clock::SourceDateEpochError>(())
/// ```
///
/// # Errors
/// [`SourceDateEpochError`] when it is set to anything but a number of seconds: the specification wants no guess.
///
/// [spec]: https://reproducible-builds.org/specs/source-date-epoch/
pub fn source_date_epoch(environment: impl Environment) -> Result<Option<UnixTime>, SourceDateEpochError> {
    let Some(value) = environment.set("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let text = value.to_string_lossy();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| text.parse().ok()).flatten();
    let error = || SourceDateEpochError { found: Escaped::new(&text) };
    seconds.and_then(UnixTime::from_secs).map(Some).ok_or_else(error)
}

/// `SOURCE_DATE_EPOCH` is no time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("SOURCE_DATE_EPOCH: expected the seconds since 1970 as a whole number, up to the year 9999, found `{found}`")]
pub struct SourceDateEpochError {
    /// The value.
    pub found: Escaped,
}

impl Classify for SourceDateEpochError {
    fn code(&self) -> Code {
        code::MALFORMED_CONFIGURATION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<u64>, String> {
        source_date_epoch(|name: &str| (name == "SOURCE_DATE_EPOCH").then(|| value.into()))
            .map(|time| time.map(UnixTime::as_secs))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn only_whole_seconds_are_read() {
        assert_eq!(read("0"), Ok(Some(0)));
        assert_eq!(read("253402300799"), Ok(Some(253_402_300_799)));
        assert_eq!(read(""), Ok(None));
        for bad in ["-1", "+1", "1.5", " 1", "1e3", "0x10", "253402300800", "99999999999999999999999"] {
            assert_eq!(
                read(bad),
                Err(format!(
                    "SOURCE_DATE_EPOCH: expected the seconds since 1970 as a whole number, up to the year 9999, found `{bad}`"
                ))
            );
        }
    }

    #[test]
    fn the_clock_goes() {
        assert!(now() > UnixTime::saturating_from_secs(1_700_000_000));
    }
}
