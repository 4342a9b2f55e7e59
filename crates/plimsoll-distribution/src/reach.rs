//! Which addresses a request may dial: it depends on who named the address.

use crate::Network;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// The addresses that a request may dial, from narrow to wide.
///
/// The operator may name any address: a configured registry, a reference typed on the command line. What a peer names (a
/// redirect, a token realm) may not lead further inside than where that peer itself is, so that a public registry can't send
/// a client to a machine's own services (go-containerregistry a70d75a6, Kyverno GHSA-fmqp-4wfc-w3v7). Link-local and
/// metadata addresses and the unspecified address are for nobody but the operator.
///
/// ```
/// use plimsoll_distribution::Reach;
/// assert!(Reach::Public.permits("93.184.216.34".parse().unwrap()));
/// assert!(!Reach::Public.permits("::ffff:10.0.0.1".parse().unwrap()));
/// assert!(!Reach::Machine.permits("169.254.169.254".parse().unwrap()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Reach {
    /// No address but those of the networks that the operator listed ([`Request::networks`](crate::Request::networks)).
    Listed,
    /// Public addresses.
    Public,
    /// Public and private addresses: what a registry at a private address names.
    Site,
    /// Loopback too: what a registry on loopback names.
    Machine,
    /// Every address: what the operator names.
    Any,
}

impl Reach {
    /// Says whether `address` may be dialled.
    #[must_use]
    pub fn permits(self, address: IpAddr) -> bool {
        self == Self::Any || Self::needed(address).is_some_and(|needed| needed <= self)
    }
    /// Says whether `address` may be dialled, by this reach or because it lies in a network that the operator listed. Metadata and
    /// link-local addresses are in none, whatever is listed.
    #[must_use]
    pub fn permits_or(self, listed: &[Network], address: IpAddr) -> bool {
        let listed = || listed.iter().any(|network| network.contains(address));
        self.permits(address) || (Self::Machine.permits(address) && listed())
    }
    /// How far a peer at `address` may send us.
    #[must_use]
    pub fn of_peer(address: IpAddr) -> Self {
        match Self::needed(address) {
            Some(reach) => reach,
            // Link-local and unspecified: the operator named it, and it may name its site.
            None => Self::Site,
        }
    }
    /// How far the host of a URL may send us, as far as its text says: a name says nothing.
    pub(crate) fn of_host(url: &Url) -> Self {
        literal(url).map_or(Self::Public, Self::of_peer)
    }
    #[cfg(test)]
    fn permits_host(self, url: &Url) -> bool {
        literal(url).is_none_or(|address| self.permits(address))
    }
    /// The least reach that permits `address`; `None` for what only [`Reach::Any`] permits.
    fn needed(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

/// The address that a host is, or surely means. The URL parser has read `2130706433` and `0x7f.1` as addresses already.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        // RFC 6761, section 6.3.
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            (name == "localhost" || name.ends_with(".localhost")).then_some(Ipv4Addr::LOCALHOST.into())
        }
    }
}

/// RFC 6890 and the addresses at which clouds serve metadata.
fn of_v4(address: Ipv4Addr) -> Option<Reach> {
    match address.octets() {
        [0, ..] | [169, 254, ..] | [224..=255, ..] | [100, 100, 100, 200] | [168, 63, 129, 16] => None,
        [127, ..] => Some(Reach::Machine),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => {
            Some(Reach::Site)
        }
        _ => Some(Reach::Public),
    }
}

/// Where clouds serve metadata, in the order of the addresses: Scaleway, Oracle, AWS, Google.
const METADATA_V6: [[u16; 8]; 4] = [
    [0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x0042],
    [0xfd00, 0x00c1, 0, 0, 0, 0, 0xa9fe, 0xa9fe],
    [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254],
    [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254],
];

fn of_v6(address: Ipv6Addr) -> Option<Reach> {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        of_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Reach::Machine),
        // IPv4-mapped, IPv4-compatible (with the unspecified address), IPv4-translated, NAT64 and 6to4 carry an IPv4 address.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        // RFC 8215: NAT64 of a site, which translates to whatever the site has.
        [0x64, 0xff9b, 1, _, _, _, high, low] => embedded(high, low).map(|reach| reach.max(Reach::Site)),
        [0xfe80..=0xfebf, ..] | [0xff00..=0xffff, ..] => None,
        metadata if METADATA_V6.contains(&metadata) => None,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Some(Reach::Site),
        _ => Some(Reach::Public),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // attack: A-016
    #[test]
    fn a_016_every_spelling_of_an_inner_address_is_forbidden_to_a_public_peer() {
        for host in [
            "127.0.0.1",
            "127.8.8.8",
            "2130706433",
            "0x7f.1",
            "017700000001",
            "0.0.0.0",
            "localhost",
            "a.localhost",
            "localhost.",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
            "168.63.129.16",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[fc00::1]",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            let url = Url::parse(&format!("https://{host}/x")).unwrap();
            assert!(!Reach::Public.permits_host(&url), "{host}");
            assert!(Reach::Any.permits_host(&url), "{host}");
        }
        for host in ["registry.example.com", "93.184.216.34", "[2606:2800:220:1::1]", "172.32.0.1"] {
            assert!(Reach::Public.permits_host(&Url::parse(&format!("https://{host}/x")).unwrap()), "{host}");
        }
    }

    // attack: A-016
    #[test]
    fn a_016_nobody_but_the_operator_reaches_metadata() {
        for host in [
            "169.254.169.254",
            "fd00:42::42",
            "fd00:c1::a9fe:a9fe",
            "fd00:ec2::254",
            "fd20:ce::254",
            "64:ff9b:1::a9fe:a9fe",
            "::ffff:0:a9fe:a9fe",
        ] {
            assert!(!Reach::Machine.permits(host.parse().unwrap()), "{host}");
        }
        assert_eq!(Reach::of_peer("64:ff9b:1::808:808".parse().unwrap()), Reach::Site);
        assert!(Reach::Site.permits("fd20:ce::255".parse().unwrap()));
    }

    // attack: A-016
    #[test]
    fn a_016_a_peer_sends_us_no_further_inside_than_it_is_itself() {
        let [public, private, loopback, metadata] =
            ["93.184.216.34", "10.0.0.5", "127.0.0.1", "169.254.169.254"].map(|text| text.parse().unwrap());
        assert_eq!(
            [public, private, loopback, metadata].map(Reach::of_peer),
            [Reach::Public, Reach::Site, Reach::Machine, Reach::Site]
        );
        assert!(Reach::Site.permits(private) && !Reach::Site.permits(loopback) && !Reach::Site.permits(metadata));
        assert!(Reach::Machine.permits(loopback) && !Reach::Machine.permits(metadata));
    }
}
