//! `network.yaml`: which inner hosts and networks may be contacted.

use crate::{DocumentError, Loaded, notation::NotationDirectory, yaml};
use plimsoll_core::Escaped;
use serde::{Deserialize, Deserializer, de};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
};
use url::Host;

/// `network.yaml`, in Notation's configuration directory: what may be contacted beyond the rules of who named an address.
///
/// Without it, certificates may name public and private addresses, and a registry may name what lies no further inside than it is itself.
/// What is allowed here may be named by both, loopback included. Metadata and link-local addresses may be named by nobody, and are
/// refused here already.
///
/// ```yaml
/// responders: site            # what certificates may name: site (public and private), public, or listed (only what follows)
/// allow:
///   - host: ocsp.corp.example # by name, whatever address it has
///     port: 8080              # any port if it is absent
///   - network: 10.20.0.0/16   # by the address that is dialled, whatever name led there
/// ```
/// An absent file is an empty one; a member that is not known is an error.
///
/// ```
/// use plimsoll_host::{NetworkSettings, notation::NotationDirectory};
/// let home = tempfile::tempdir()?;
/// let directory = NotationDirectory::at(home.path());
/// std::fs::write(directory.network(), "allow: [{host: ocsp.corp.example, port: 8080}]")?;
/// assert_eq!(NetworkSettings::load(&directory)?.value.hosts().next(), Some("ocsp.corp.example:8080".into()));
/// std::fs::write(directory.network(), "allow: [{host: 169.254.169.254}]")?;
/// assert!(NetworkSettings::load(&directory).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    #[serde(default)]
    responders: ResponderScope,
    #[serde(default)]
    allow: Vec<Entry>,
}

impl NetworkSettings {
    /// Reads the file.
    ///
    /// # Errors
    /// [`DocumentError`]: a link, unreadable, or malformed, with the place.
    pub fn load(directory: &NotationDirectory) -> Result<Loaded<Self>, DocumentError> {
        yaml::read(&directory.network())
    }
    /// Reads the bytes of such a file; `path` is for errors.
    ///
    /// # Errors
    /// [`DocumentError`]: malformed, with the place.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, DocumentError> {
        yaml::parse(path, bytes)
    }
    /// Which addresses certificates may name for revocation.
    #[must_use]
    pub fn responders(&self) -> ResponderScope {
        self.responders
    }
    /// The hosts that are allowed, each as `HOST` or `HOST:PORT`, an IPv6 address in brackets.
    pub fn hosts(&self) -> impl Iterator<Item = String> + '_ {
        self.allow.iter().filter_map(|entry| match entry {
            Entry::Host(host, None) => Some(host.to_string()),
            Entry::Host(host, Some(port)) => Some(format!("{host}:{port}")),
            Entry::Network(..) => None,
        })
    }
    /// The networks that are allowed, each as an address and how many of its leading bits count.
    pub fn networks(&self) -> impl Iterator<Item = (IpAddr, u8)> + '_ {
        self.allow.iter().filter_map(|entry| match entry {
            Entry::Host(..) => None,
            Entry::Network(address, prefix) => Some((*address, *prefix)),
        })
    }
}

/// Which addresses the certificates of a chain that holds may name for revocation.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ResponderScope {
    /// Only what is allowed by name or network.
    Listed,
    /// Public addresses, and what is allowed.
    Public,
    /// Public and private addresses, and what is allowed.
    #[default]
    Site,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Entry {
    Host(Host, Option<u16>),
    Network(IpAddr, u8),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    host: Option<String>,
    port: Option<u16>,
    network: Option<String>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        Self::read(&written).map_err(de::Error::custom)
    }
}

impl Entry {
    fn read(written: &Written) -> Result<Self, Problem> {
        match (&written.host, &written.network, written.port) {
            (Some(host), None, port) => Ok(Self::Host(read_host(host)?, port)),
            (None, Some(network), None) => read_network(network),
            _ => Err(Problem::Shape),
        }
    }
}

fn read_host(text: &str) -> Result<Host, Problem> {
    let bad = || Problem::Host(Escaped::new(text));
    // An IPv6 address is written as it is; URLs have it in brackets.
    let host = match text.parse::<Ipv6Addr>() {
        Ok(address) => Host::Ipv6(address),
        Err(_) => Host::parse(text).map_err(|_| bad())?,
    };
    let address = match &host {
        Host::Domain(name) if name.contains('*') || name.is_empty() => return Err(bad()),
        Host::Domain(_) => return Ok(host),
        Host::Ipv4(address) => IpAddr::from(*address),
        Host::Ipv6(address) => IpAddr::from(*address),
    };
    if is_nobodys(address) { Err(Problem::Nobodys(Escaped::new(text))) } else { Ok(host) }
}

fn read_network(text: &str) -> Result<Entry, Problem> {
    let bad = || Problem::Network(Escaped::new(text));
    let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
    let address: IpAddr = address.parse().map_err(|_| bad())?;
    let prefix: u8 = prefix.parse().map_err(|_| bad())?;
    // A bit beyond the prefix is a slip of the pen: one host was meant, or another network.
    let whole = match address {
        IpAddr::V4(address) => {
            prefix <= 32 && address.to_bits().checked_shl(u32::from(prefix)).unwrap_or_default() == 0
        }
        IpAddr::V6(address) => {
            prefix <= 128 && address.to_bits().checked_shl(u32::from(prefix)).unwrap_or_default() == 0
        }
    };
    if !whole {
        return Err(bad());
    }
    if is_nobodys(address) && prefix > 0 {
        Err(Problem::Nobodys(Escaped::new(text)))
    } else {
        Ok(Entry::Network(address, prefix))
    }
}

/// Metadata services, link-local, multicast and the unspecified address. What a larger network has of them is refused when it is
/// dialled.
fn is_nobodys(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let metadata = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
            address.is_link_local()
                || address.is_multicast()
                || address.is_broadcast()
                || address.octets().starts_with(&[0])
                || metadata.contains(&address)
        }
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || address.is_multicast()
                || address.is_unspecified()
                || METADATA_V6.contains(&address.segments())
        }
    }
}

/// Where clouds serve metadata: Scaleway, Oracle, AWS, Google.
const METADATA_V6: [[u16; 8]; 4] = [
    [0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x0042],
    [0xfd00, 0x00c1, 0, 0, 0, 0, 0xa9fe, 0xa9fe],
    [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254],
    [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254],
];

enum Problem {
    Host(Escaped),
    Network(Escaped),
    Nobodys(Escaped),
    Shape,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(found) => write!(f, "expected the name or address of one host, found `{found}`"),
            Self::Network(found) => write!(f, "expected a network such as 10.20.0.0/16, found `{found}`"),
            Self::Nobodys(found) => write!(f, "metadata and link-local addresses are never contacted, found `{found}`"),
            Self::Shape => f.write_str("expected either `host`, with or without `port`, or `network`"),
        }
    }
}
