//! Versions and ranges of them.

use semver::Version;
use serde::{Deserialize, Deserializer, de};
use std::{cmp::Ordering, fmt};

/// Reads a version as [semver 2.0.0] writes it, but for a `v` in front and left-out numbers, which are 0.
///
/// [semver 2.0.0]: https://semver.org/spec/v2.0.0.html
pub(crate) fn version(text: &str) -> Option<Version> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.strip_prefix('v').unwrap_or(text);
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at_checked(end)?;
    let missing = 2_usize.checked_sub(numbers.matches('.').count())?;
    Version::parse(&format!("{numbers}{}{rest}", ".0".repeat(missing))).ok()
}

/// Compares by precedence, semver 2.0.0 section 11: build metadata does not count.
pub(crate) fn compare(left: &Version, right: &Version) -> Ordering {
    left.cmp_precedence(right)
}

/// The oldest version that is admitted.
#[derive(Clone, Debug)]
pub(crate) struct Minimum(pub(crate) Version);

impl<'de> Deserialize<'de> for Minimum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        version(&text).map(Self).ok_or_else(|| {
            de::Error::custom(format_args!(
                "expected a version such as `1.4.0`, found `{}`",
                plimsoll_core::Escaped::new(&text)
            ))
        })
    }
}

/// Comparisons that must all hold, such as `>=1.0, <1.2`.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    text: String,
    bounds: Vec<(Bound, Version)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Bound {
    Above,
    AtLeast,
    AtMost,
    Below,
    Exactly,
}

impl Range {
    pub(crate) fn contains(&self, version: &Version) -> bool {
        self.bounds.iter().all(|(bound, limit)| {
            let order = compare(version, limit);
            match bound {
                Bound::Above => order.is_gt(),
                Bound::AtLeast => order.is_ge(),
                Bound::AtMost => order.is_le(),
                Bound::Below => order.is_lt(),
                Bound::Exactly => order.is_eq(),
            }
        })
    }
    fn parse(text: &str) -> Option<Self> {
        let one = |part: &str| {
            let part = part.trim();
            let signs = [
                (">=", Bound::AtLeast),
                ("<=", Bound::AtMost),
                (">", Bound::Above),
                ("<", Bound::Below),
                ("=", Bound::Exactly),
            ];
            let (rest, bound) = signs.iter().find_map(|(sign, bound)| Some((part.strip_prefix(sign)?, *bound)))?;
            Some((bound, version(rest.trim())?))
        };
        let bounds = text.split(',').take(MOST_BOUNDS.saturating_add(1)).map(one).collect::<Option<Vec<_>>>()?;
        (bounds.len() <= MOST_BOUNDS).then(|| Self { text: text.into(), bounds })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", plimsoll_core::Escaped::new(&self.text))
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format_args!(
                "expected comparisons such as `>=1.0, <1.2`, found `{}`",
                plimsoll_core::Escaped::new(&text)
            ))
        })
    }
}

/// Longest version, in bytes.
const LONGEST: usize = 256;
/// Most comparisons of a range.
const MOST_BOUNDS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_compare_by_precedence() {
        let range = Range::parse(">=1.0, <1.2").unwrap();
        for (text, inside) in [("1.0.0", true), ("1.1", true), ("v1.1.9", true), ("1.2.0-rc.1", true), ("1.2", false)] {
            assert_eq!(range.contains(&version(text).unwrap()), inside, "{text}");
        }
        assert!(Range::parse("=1.0.0").unwrap().contains(&version("1.0.0+build.7").unwrap()));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "1.2.3.4", "1:2.3", "latest", "1.2.x", "01.2.3"] {
            assert_eq!(version(text), None, "{text}");
        }
        assert!(Range::parse("1.2").is_none() && Range::parse("").is_none() && Range::parse("^1").is_none());
    }
}
