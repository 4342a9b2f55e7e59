//! Spans of time as people write them.

use std::time::Duration;

/// Reads a whole number above zero and a unit, such as `90m`, `24h` or `365d`: in `plimsoll.yaml`, and in the flags of the command.
///
/// ```
/// use plimsoll_host::read_span;
/// use std::time::Duration;
/// assert_eq!(read_span("90m"), Some(Duration::from_secs(5400)));
/// for wrong in ["", "90", "m", "0d", "1.5h", "-1d", "1 d", "1w", "99999999999999999d"] {
///     assert_eq!(read_span(wrong), None, "{wrong}");
/// }
/// ```
#[must_use]
pub fn read_span(text: &str) -> Option<Duration> {
    let units = [('s', 1_u64), ('m', 60), ('h', 3600), ('d', 86_400)];
    let seconds = units.into_iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(seconds).filter(|span| *span > 0)
    });
    seconds.map(Duration::from_secs)
}
