//! `GeneralName` (RFC 5280, 4.2.1.6), and `SubjectAltName`, which is a list of them.

use crate::{
    Certificate, CertificateError, Name,
    asn1::{Element, Walk, sequence, tag},
    oid,
};
use alloc::{string::ToString, vec::Vec};
use core::{fmt, net::IpAddr};
use plimsoll_core::Escaped;
use spki::ObjectIdentifier;

/// A name in a certificate or in a name constraint, read but not judged: a text need not be what its form says.
///
/// ```text
/// GeneralName ::= CHOICE { otherName [0], rfc822Name [1], dNSName [2], x400Address [3], directoryName [4],
///     ediPartyName [5], uniformResourceIdentifier [6], iPAddress [7], registeredID [8] }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GeneralName<'a> {
    /// `directoryName`.
    Directory(Name<'a>),
    /// `dNSName`.
    Dns(&'a str),
    /// `rfc822Name`.
    Email(&'a str),
    /// `iPAddress`: the octets of one address; in a name constraint, of an address and its mask.
    Ip(&'a [u8]),
    /// `otherName`: its type.
    Other(ObjectIdentifier),
    /// `uniformResourceIdentifier`.
    Uri(&'a str),
    /// A form that is never evaluated: the number of its tag, 3, 5 or 8.
    Unsupported(u8),
}

impl<'a> GeneralName<'a> {
    pub(crate) fn read(element: Element<'a>, field: &'static str) -> Result<Self, CertificateError> {
        let broken = CertificateError::Der { field, at: 0 };
        // All three texts are IA5String: ASCII.
        let text = || core::str::from_utf8(element.value).ok().filter(|text| text.is_ascii()).ok_or(broken.clone());
        Ok(match element.tag {
            OTHER => Self::Other(Walk::new(element.value, field).oid()?),
            EMAIL => Self::Email(text()?),
            DNS => Self::Dns(text()?),
            DIRECTORY => {
                let mut walk = Walk::new(element.value, field);
                let name = Name::from_der(walk.whole()?)?;
                walk.finish()?;
                Self::Directory(name)
            }
            URI => Self::Uri(text()?),
            IP => Self::Ip(element.value),
            X400 => Self::Unsupported(3),
            EDI_PARTY => Self::Unsupported(5),
            REGISTERED_ID => Self::Unsupported(8),
            _ => return Err(broken),
        })
    }
    /// The name of the form, as RFC 5280 spells it.
    #[must_use]
    pub fn form(&self) -> &'static str {
        match self {
            Self::Directory(_) => "directoryName",
            Self::Dns(_) => "dNSName",
            Self::Email(_) => "rfc822Name",
            Self::Ip(_) => "iPAddress",
            Self::Other(_) => "otherName",
            Self::Uri(_) => "uniformResourceIdentifier",
            Self::Unsupported(3) => "x400Address",
            Self::Unsupported(5) => "ediPartyName",
            Self::Unsupported(_) => "registeredID",
        }
    }
}

impl fmt::Display for GeneralName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.form())?;
        match self {
            Self::Directory(name) => write!(f, ":{}", Escaped::new(&name.to_string())),
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => write!(f, ":{}", Escaped::new(text)),
            Self::Ip(octets) => match address(octets) {
                Some(address) => write!(f, ":{address}"),
                None => write!(f, " of {} octets", octets.len()),
            },
            Self::Other(oid) => write!(f, ":{oid}"),
            Self::Unsupported(_) => Ok(()),
        }
    }
}

/// The address in 4 or 16 octets.
pub(crate) fn address(octets: &[u8]) -> Option<IpAddr> {
    let four = |octets: &[u8]| <[u8; 4]>::try_from(octets).ok().map(IpAddr::from);
    four(octets).or_else(|| <[u8; 16]>::try_from(octets).ok().map(IpAddr::from))
}

impl<'a> Certificate<'a> {
    /// Reads `subjectAltName`; empty if there is none.
    ///
    /// # Errors
    /// [`CertificateError::Der`] when a name in it is none: not ASCII where it must be, or of an unknown tag.
    pub fn subject_alt_names(&self) -> Result<Vec<GeneralName<'a>>, CertificateError> {
        let extension = self.extensions().iter().find(|one| one.oid == oid::SUBJECT_ALT_NAME);
        extension.map_or(Ok(Vec::new()), |extension| general_names(extension.value, "subjectAltName"))
    }
}

/// `GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName`. Their number is bounded by the size of the certificate.
pub(crate) fn general_names<'a>(
    value: &'a [u8],
    field: &'static str,
) -> Result<Vec<GeneralName<'a>>, CertificateError> {
    let mut walk = sequence(value, field)?;
    let mut names = Vec::new();
    loop {
        names.push(GeneralName::read(walk.any()?, field)?);
        if walk.is_done() {
            return Ok(names);
        }
    }
}

const OTHER: u8 = tag::constructed(0);
const EMAIL: u8 = tag::primitive(1);
const DNS: u8 = tag::primitive(2);
const X400: u8 = tag::constructed(3);
const DIRECTORY: u8 = tag::constructed(4);
const EDI_PARTY: u8 = tag::constructed(5);
const URI: u8 = tag::primitive(6);
const IP: u8 = tag::primitive(7);
const REGISTERED_ID: u8 = tag::primitive(8);
