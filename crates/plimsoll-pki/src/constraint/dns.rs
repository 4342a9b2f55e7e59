//! `dNSName` constraints: the name itself and everything below it.

use super::{NotEvaluated, Side};

/// A name without a leading or trailing dot; empty for every name. RFC 5280 lets only URIs begin with a dot.
pub(super) fn is_constraint(text: &str) -> bool {
    text.is_empty() || host_name(text)
}

/// Says whether a name, perhaps with a wildcard, is below `base`.
pub(super) fn is_within(name: &str, base: &str, side: Side) -> Result<bool, NotEvaluated> {
    if !presented_name(name) {
        return Err(NotEvaluated);
    }
    let Some(parent) = name.strip_prefix("*.") else { return Ok(below(name, base)) };
    // A wildcard is permitted when all that it stands for is, and excluded when anything is: `*.example.com` stands for
    // `a.example.com` too (CVE-2025-61727).
    let one_label = || base.split_once('.').is_some_and(|(_, above)| above.eq_ignore_ascii_case(parent));
    Ok(below(parent, base) || (side == Side::Excluded && one_label()))
}

/// Equal, or with further labels in front, whatever the case of the letters.
pub(super) fn below(name: &str, base: &str) -> bool {
    if base.is_empty() || name.eq_ignore_ascii_case(base) {
        return true;
    }
    let Some(at) = name.len().checked_sub(base.len()) else { return false };
    let Some((front, back)) = name.split_at_checked(at) else { return false };
    front.ends_with('.') && back.eq_ignore_ascii_case(base)
}

/// A host name or one with a wildcard as its whole first label.
pub(crate) fn presented_name(text: &str) -> bool {
    host_name(text.strip_prefix("*.").unwrap_or(text))
}

/// Labels of letters, digits, hyphens and underscores (which exist, whatever RFC 1123 says), at most 63 octets each and 253 together (RFC 1035,
/// 2.3.4), no empty one, so no dot at either end.
pub(crate) fn host_name(text: &str) -> bool {
    let label = |label: &str| {
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        (1..=63).contains(&label.len())
            && label.bytes().all(allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}
