//! The `Host` header, against DNS rebinding; `Origin`, against web pages.

use http::{HeaderMap, Uri, header, uri::Authority};
use plimsoll_core::Escaped;
use std::{collections::BTreeSet, net::IpAddr};

/// Which names a request may be for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Hosts {
    Any,
    /// Loopback addresses, `localhost`, and these.
    Named(BTreeSet<String>),
}

/// Admits a request that was meant for this service and that no web page sent: a page whose name was rebound to 127.0.0.1 still sends
/// its own name, and browsers send `Origin` with whatever could change something.
pub(super) fn check(hosts: &Hosts, headers: &HeaderMap, uri: &Uri) -> Result<(), String> {
    if headers.contains_key(header::ORIGIN) {
        return Err("expected no request of a web page, found an Origin header".into());
    }
    let Hosts::Named(names) = hosts else { return Ok(()) };
    let mut sent = headers.get_all(header::HOST).iter();
    let host = match (sent.next(), sent.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        _ => uri.authority().map_or("", Authority::as_str),
    };
    let name = host.parse::<Authority>().map(|authority| authority.host().to_ascii_lowercase()).unwrap_or_default();
    if is_loopback(&name) || names.contains(&name) {
        return Ok(());
    }
    Err(format!("expected a request for this service, found one for `{}`", Escaped::new(host)))
}

fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn admits(host: &str, names: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::try_from(host).unwrap());
        let hosts = Hosts::Named(names.iter().map(ToString::to_string).collect());
        check(&hosts, &headers, &Uri::from_static("/v1/certificates")).is_ok()
    }

    // attack: A-383
    #[test]
    fn a_383_a_rebound_name_is_refused() {
        for host in ["127.0.0.1:5000", "[::1]:5000", "localhost", "LOCALHOST:1"] {
            assert!(admits(host, &[]), "{host}");
        }
        for host in ["evil.test:5000", "127.0.0.1.evil.test", "", "user@evil.test", "0.0.0.0", "10.0.0.1"] {
            assert!(!admits(host, &[]), "{host}");
        }
        assert!(admits("ca.test:443", &["ca.test"]) && !admits("xca.test", &["ca.test"]));
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://evil.test"));
        assert!(check(&Hosts::Any, &headers, &Uri::from_static("/")).is_err());
    }
}
