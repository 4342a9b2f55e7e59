//! `rfc822Name` constraints: one mailbox, all of a host, or all of the hosts below a domain.

use super::{NotEvaluated, dns};

/// `user@host`, `host` or `.domain`.
pub(super) fn is_constraint(text: &str) -> bool {
    match text.split_once('@') {
        Some((user, host)) => is_user(user) && dns::host_name(host),
        None => dns::host_name(text.strip_prefix('.').unwrap_or(text)),
    }
}

pub(super) fn is_within(name: &str, base: &str) -> Result<bool, NotEvaluated> {
    // What stands in quotes, or holds a second `@`, has many spellings: it is not compared.
    let (user, host) = name.split_once('@').ok_or(NotEvaluated)?;
    if !is_user(user) || !dns::host_name(host) {
        return Err(NotEvaluated);
    }
    Ok(match (base.split_once('@'), base.strip_prefix('.')) {
        // The case of letters counts before the `@` and not behind it (RFC 5280, 7.5).
        (Some((wanted, at)), _) => user == wanted && host.eq_ignore_ascii_case(at),
        (None, Some(domain)) => dns::below(host, domain) && !host.eq_ignore_ascii_case(domain),
        (None, None) => host.eq_ignore_ascii_case(base),
    })
}

/// `dot-atom-text` (RFC 5322, 3.2.3). A `*` is a character as any other.
fn is_user(text: &str) -> bool {
    let atom = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet);
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}
