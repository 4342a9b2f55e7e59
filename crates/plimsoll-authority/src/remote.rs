//! Services that the operator or a job names.

use url::{Host, Url};

/// An address that a secret may go to, or trust may come from: `https`, or `http` on a loopback address; no user, no fragment. A name is
/// no loopback address: who resolves it decides.
pub(crate) fn url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let on_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && on_loopback);
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (is_safe && is_plain).then_some(url)
}
