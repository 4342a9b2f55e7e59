//! `uniformResourceIdentifier` constraints: a host, or all hosts below a domain.

use super::{NotEvaluated, dns};

/// `host` or `.domain`; no address of numbers (RFC 5280, 4.2.1.10: a fully qualified domain name).
pub(super) fn is_constraint(text: &str) -> bool {
    let host = text.strip_prefix('.').unwrap_or(text);
    dns::host_name(host) && !is_numeric(host)
}

pub(super) fn is_within(name: &str, base: &str) -> Result<bool, NotEvaluated> {
    let host = host(name).ok_or(NotEvaluated)?;
    Ok(match base.strip_prefix('.') {
        Some(domain) => dns::below(host, domain) && !host.eq_ignore_ascii_case(domain),
        None => host.eq_ignore_ascii_case(base),
    })
}

/// The host of a URI (RFC 3986, 3.2), if it is a name. RFC 5280 wants a URI without one to be refused where URIs are constrained.
fn host(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once("://")?;
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet);
    if scheme.is_empty() || !scheme.bytes().all(plain) {
        return None;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    // Behind the last `@`, so that `//good@evil` is the host evil.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => host,
        Some(_) => return None,
        None => host,
    };
    (dns::host_name(host) && !is_numeric(host)).then_some(host)
}

/// Whether the last label is a number, so that it may be an address in one of the ways to write one.
fn is_numeric(host: &str) -> bool {
    host.rsplit('.').next().is_some_and(|label| {
        label.bytes().all(|octet| octet.is_ascii_digit()) || label.starts_with("0x") || label.starts_with("0X")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5280, 4.2.1.10: where URIs are constrained, one without the name of a host is refused.
    #[test]
    fn a_uri_without_the_name_of_a_host_cannot_be_judged() {
        let within = |name: &str| is_within(name, "host.example");
        for good in ["https://host.example", "a+b-c.d://u:p@HOST.example:443/x", "https://host.example:/"] {
            assert_eq!(within(good).ok(), Some(true), "{good}");
        }
        assert_eq!(within("https://other.example").ok(), Some(false));
        for bad in [
            "host.example",
            "://host.example",
            "ht tp://host.example",
            "https://host.example:80a/",
            "https://host.example:x",
            "https://10.0.0.1/",
            "https://host.0x7f",
            "https://host.0X7F",
            "https://[::1]/",
        ] {
            assert!(within(bad).is_err(), "{bad}");
        }
        assert!(is_constraint(".host.example") && !is_constraint("0x7f") && !is_constraint("a.0X7f"));
    }
}
