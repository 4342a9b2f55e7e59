//! The `Host` header, against DNS rebinding.

use crate::refusal::Refusal;
use http::{HeaderMap, StatusCode, Uri, header, uri::Authority};
use plimsoll_core::Escaped;
use std::{collections::BTreeSet, net::IpAddr};

/// Admits a request that was meant for this machine: `Host` is a loopback address, `localhost` or one of `names`. A page whose name
/// was rebound to 127.0.0.1 still sends its own name.
pub(crate) fn check(headers: &HeaderMap, uri: &Uri, names: &BTreeSet<String>) -> Result<(), Refusal> {
    let refused = |message: String| Refusal::new(StatusCode::MISDIRECTED_REQUEST, "DENIED", message);
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        _ => uri.authority().map_or("", Authority::as_str),
    };
    let name = host.parse::<Authority>().map(|authority| authority.host().to_ascii_lowercase()).unwrap_or_default();
    if !is_loopback(&name) && !names.contains(&name) {
        let host = Escaped::new(host);
        return Err(refused(format!("expected a request for a loopback address or localhost, found `{host}`")));
    }
    Ok(())
}

/// Admits what no web page sent: browsers send `Origin` with whatever could change something, and a password that they know with it.
pub(crate) fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let message = "expected no request of a web page, found an Origin header";
    Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, "DENIED", message))
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
        check(&headers, &Uri::from_static("/v2/"), &names.iter().map(ToString::to_string).collect()).is_ok()
    }

    // attack: A-383
    #[test]
    fn a_383_a_rebound_name_is_refused() {
        for host in ["127.0.0.1:5000", "127.9.9.9", "[::1]:5000", "localhost:5000", "LOCALHOST"] {
            assert!(admits(host, &[]), "{host}");
        }
        for host in [
            "evil.test:5000",
            "127.0.0.1.evil.test",
            "localhost.evil.test",
            "10.0.0.1:5000",
            "",
            "user@evil.test",
            "0.0.0.0",
        ] {
            assert!(!admits(host, &[]), "{host}");
        }
        assert!(admits("registry.test:5000", &["registry.test"]));
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:5000"));
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://evil.test"));
        assert!(check_origin(&headers).is_err());
    }
}
