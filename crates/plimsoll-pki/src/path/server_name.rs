//! The name by which a client knows a server, and how certificates name it ([RFC 9525]).
//!
//! [RFC 9525]: https://www.rfc-editor.org/rfc/rfc9525

use crate::{GeneralName, code, constraint::host_name, general_name::address};
use alloc::boxed::Box;
use core::{fmt, net::IpAddr, str::FromStr};
use plimsoll_core::{Classify, Code, Escaped};

/// A host name or an IP address.
///
/// ```
/// use plimsoll_pki::path::ServerName;
/// assert!("registry.example.com".parse::<ServerName>().is_ok());
/// assert!("192.0.2.1".parse::<ServerName>().is_ok());
/// assert!("*.example.com".parse::<ServerName>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ServerName {
    /// A host name in lower case, in ASCII: of other alphabets the `xn--` form (RFC 5891).
    Dns(Box<str>),
    /// An address.
    Ip(IpAddr),
}

impl ServerName {
    /// Says whether a name of a certificate is this one. The subject's common name is never looked at (RFC 9525, 2).
    pub(super) fn is_named_by(&self, name: &GeneralName<'_>) -> bool {
        match (self, name) {
            (Self::Dns(host), GeneralName::Dns(presented)) => matches(host, presented),
            (Self::Ip(wanted), GeneralName::Ip(octets)) => address(octets) == Some(*wanted),
            _ => false,
        }
    }
}

/// RFC 9525, 6.3: a wildcard is the whole first label, and stands for exactly one label. Below a single label, as in `*.com`, it stands for
/// nothing.
fn matches(host: &str, presented: &str) -> bool {
    let Some(parent) = presented.strip_prefix("*.") else { return host.eq_ignore_ascii_case(presented) };
    let above = host.split_once('.').map(|(_, above)| above);
    parent.contains('.') && host_name(parent) && above.is_some_and(|above| above.eq_ignore_ascii_case(parent))
}

impl FromStr for ServerName {
    type Err = ServerNameError;
    fn from_str(text: &str) -> Result<Self, ServerNameError> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Ip(address));
        }
        // A last label of digits is an address that is badly written (RFC 3696, 2), not a name.
        let numeric = |label: &str| label.bytes().all(|octet| octet.is_ascii_digit());
        if !host_name(text) || text.rsplit('.').next().is_some_and(numeric) {
            return Err(ServerNameError { found: Escaped::new(text) });
        }
        Ok(Self::Dns(text.to_ascii_lowercase().into()))
    }
}

impl From<IpAddr> for ServerName {
    fn from(address: IpAddr) -> Self {
        Self::Ip(address)
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

/// The text is neither a host name nor an address.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a host name in ASCII or an IP address, found `{found}`")]
pub struct ServerNameError {
    /// The text.
    pub found: Escaped,
}

impl Classify for ServerNameError {
    fn code(&self) -> Code {
        code::MALFORMED_SERVER_NAME
    }
}
