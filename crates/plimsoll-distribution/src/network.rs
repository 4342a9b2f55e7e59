//! What the operator allows beyond the rule of who named an address.

use crate::{Reach, reach::literal};
use std::{collections::BTreeSet, fmt, net::IpAddr, sync::Arc};
use url::Url;

/// A range of addresses: an address and how many of its leading bits count ([RFC 4632, 3.1]).
///
/// ```
/// use plimsoll_distribution::Network;
/// let site = Network::new("10.20.0.0".parse().unwrap(), 16).unwrap();
/// assert!(site.contains("10.20.3.4".parse().unwrap()));
/// assert!(!site.contains("10.21.0.1".parse().unwrap()));
/// assert!(Network::new("10.20.0.0".parse().unwrap(), 33).is_none());
/// ```
/// [RFC 4632, 3.1]: https://www.rfc-editor.org/rfc/rfc4632#section-3.1
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// The range of all addresses that share the first `prefix` bits of `address`; `None` for more bits than the address has.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        (prefix <= bits).then_some(Self { address, prefix })
    }
    /// Says whether an address lies in the range. An IPv4 address that is written as an IPv6 one is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Which addresses the certificates of a chain that holds may name for revocation.
///
/// Whatever it says, loopback is only for what the operator allows, and link-local and metadata addresses are for nobody.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum Responders {
    /// Only hosts and networks that the operator allows.
    Listed,
    /// Public addresses, and what the operator allows.
    Public,
    /// Public and private addresses, since private authorities run at private addresses.
    #[default]
    Site,
}

impl Responders {
    pub(crate) fn reach(self) -> Reach {
        match self {
            Self::Listed => Reach::Listed,
            Self::Public => Reach::Public,
            Self::Site => Reach::Site,
        }
    }
}

/// Hosts and networks that the operator allowed. Metadata and link-local addresses are not among them, whatever is listed:
/// what is allowed is dialled with [`Reach::Machine`].
#[derive(Clone, Default, Debug)]
pub(crate) struct Allowed {
    pub(crate) hosts: BTreeSet<String>,
    pub(crate) networks: Arc<[Network]>,
}

impl Allowed {
    /// Says whether the host, or the host with this port, is listed by name.
    pub(crate) fn names(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let bare = host.strip_suffix('.').unwrap_or(host);
        let port = url.port_or_known_default();
        [host, bare].iter().any(|host| {
            self.hosts.contains(*host) || port.is_some_and(|port| self.hosts.contains(&format!("{host}:{port}")))
        })
    }
    /// Says whether a URL may be asked as far as its text says, by `reach` or by a listed network.
    pub(crate) fn permits_host(&self, reach: Reach, url: &Url) -> bool {
        literal(url).is_none_or(|address| reach.permits_or(&self.networks, address))
    }
    pub(crate) fn push(&mut self, network: Network) {
        self.networks = self.networks.iter().copied().chain([network]).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_shares_its_bits() {
        let network = |address: &str, prefix| Network::new(address.parse().unwrap(), prefix).unwrap();
        let holds = |network: Network, address: &str| network.contains(address.parse().unwrap());
        assert!(holds(network("0.0.0.0", 0), "255.1.2.3") && !holds(network("0.0.0.0", 0), "::2"));
        assert!(holds(network("127.0.0.0", 8), "::ffff:127.9.9.9"));
        assert!(holds(network("fd12::", 16), "fd12:1::1") && !holds(network("fd12::", 16), "fd13::1"));
        assert!(holds(network("10.0.0.7", 32), "10.0.0.7") && !holds(network("10.0.0.7", 32), "10.0.0.6"));
        assert_eq!(network("10.0.0.0", 8).to_string(), "10.0.0.0/8");
        assert_eq!(Network::new("::".parse().unwrap(), 129), None);
    }

    // attack: A-016
    #[test]
    fn a_016_what_is_allowed_reaches_everything_but_metadata() {
        let mut allowed = Allowed::default();
        allowed.push(Network::new("0.0.0.0".parse().unwrap(), 0).unwrap());
        allowed.push(Network::new("::".parse().unwrap(), 0).unwrap());
        for (host, permitted) in [
            ("127.0.0.1", true),
            ("10.0.0.1", true),
            ("[::1]", true),
            ("169.254.169.254", false),
            ("[::ffff:169.254.169.254]", false),
            ("169.254.1.1", false),
            ("100.100.100.200", false),
            ("[fd00:ec2::254]", false),
            ("[fe80::1]", false),
            ("0.0.0.0", false),
        ] {
            let url = Url::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(allowed.permits_host(Reach::Listed, &url), permitted, "{host}");
        }
    }

    #[test]
    fn a_host_is_allowed_with_any_port_or_with_one() {
        let allowed = Allowed { hosts: ["a.example".into(), "b.example:8080".into()].into(), ..Allowed::default() };
        for (url, named) in [
            ("http://a.example/", true),
            ("http://a.example.:99/", true),
            ("http://b.example:8080/", true),
            ("http://b.example/", false),
            ("http://c.a.example/", false),
        ] {
            assert_eq!(allowed.names(&Url::parse(url).unwrap()), named, "{url}");
        }
    }
}
