//! `revokedCertificates` and CRL entry extensions (RFC 5280, 5.1.2.6 and 5.3).

use super::CrlError;
use crate::{
    asn1::{Walk, tag},
    extension, oid,
    validity::{generalized_time, time},
};
use core::fmt;
use plimsoll_core::{LimitExceeded, UnixTime};
use spki::ObjectIdentifier;

/// What a list says of one certificate that stands on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RevokedEntry {
    /// `reasonCode`; [`RevokedReason::Unspecified`] where there is none.
    pub reason: RevokedReason,
    /// `revocationDate`.
    pub revoked_at: UnixTime,
    /// `invalidityDate`: since when the key is known or suspected to be in other hands.
    pub invalidity_date: Option<UnixTime>,
}

impl RevokedEntry {
    /// Revoked at a time, for a reason.
    #[must_use]
    pub fn new(reason: RevokedReason, revoked_at: UnixTime) -> Self {
        Self { reason, revoked_at, invalidity_date: None }
    }
    /// Says since when the key is known or suspected to be in other hands: older signatures may go on to count.
    #[must_use]
    pub fn with_invalidity_date(mut self, date: UnixTime) -> Self {
        self.invalidity_date = Some(date);
        self
    }
}

/// `CRLReason` (RFC 5280, 5.3.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are those of RFC 5280, which says what they mean")]
pub enum RevokedReason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    RemoveFromCrl,
    PrivilegeWithdrawn,
    AaCompromise,
    /// A number that RFC 5280 does not have. It revokes, as any other.
    Other(u8),
}

impl RevokedReason {
    const ALL: [(Self, u8, &'static str); 10] = [
        (Self::Unspecified, 0, "unspecified"),
        (Self::KeyCompromise, 1, "keyCompromise"),
        (Self::CaCompromise, 2, "cACompromise"),
        (Self::AffiliationChanged, 3, "affiliationChanged"),
        (Self::Superseded, 4, "superseded"),
        (Self::CessationOfOperation, 5, "cessationOfOperation"),
        (Self::CertificateHold, 6, "certificateHold"),
        (Self::RemoveFromCrl, 8, "removeFromCRL"),
        (Self::PrivilegeWithdrawn, 9, "privilegeWithdrawn"),
        (Self::AaCompromise, 10, "aACompromise"),
    ];
    /// The reason with a number.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.iter().find(|(_, one, _)| *one == number).map_or(Self::Other(number), |(reason, ..)| *reason)
    }
    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Other(number) => number,
            known => Self::ALL.iter().find(|(one, ..)| *one == known).map_or(0, |(_, number, _)| *number),
        }
    }
}

impl fmt::Display for RevokedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(f, "reason {number}"),
            known => f.write_str(Self::ALL.iter().find(|(one, ..)| one == known).map_or("", |(.., name)| name)),
        }
    }
}

/// An entry, as it is read.
pub(super) struct ReadEntry {
    pub(super) entry: RevokedEntry,
    /// A critical extension that is not understood.
    pub(super) critical: Option<ObjectIdentifier>,
    pub(super) has_extensions: bool,
}

/// Reads what is in the SEQUENCE of one entry.
pub(super) fn entry(value: &[u8], limit: u64) -> Result<ReadEntry, CrlError> {
    let mut walk = Walk::new(value, "revokedCertificates");
    minimal(walk.expect(tag::INTEGER)?)?;
    let revoked_at = time(&mut walk, "revocationDate")?;
    let list = walk.optional(tag::SEQUENCE)?;
    walk.finish()?;
    let (known, critical) = entry_extensions(list, limit)?;
    let (reason, invalidity_date) = (known.reason, known.invalidity_date);
    Ok(ReadEntry {
        entry: RevokedEntry { reason: reason.unwrap_or(RevokedReason::Unspecified), revoked_at, invalidity_date },
        critical,
        has_extensions: list.is_some(),
    })
}

/// The entry extensions that are read, which OCSP has too (RFC 6960, 4.4.5).
#[derive(Default)]
pub(crate) struct EntryExtensions {
    pub(crate) reason: Option<RevokedReason>,
    pub(crate) invalidity_date: Option<UnixTime>,
}

/// Reads entry extensions, and finds a critical one that is not understood. `certificateIssuer` is one: it makes a list indirect.
pub(crate) fn entry_extensions(
    list: Option<&[u8]>,
    limit: u64,
) -> Result<(EntryExtensions, Option<ObjectIdentifier>), CrlError> {
    const FIELD: &str = "crlEntryExtensions";
    let mut known = EntryExtensions::default();
    let mut critical = None;
    let Some(list) = list else { return Ok((known, critical)) };
    let mut walk = Walk::new(list, FIELD);
    let mut count = 0_u64;
    loop {
        let one = extension::extension(&mut walk)?; // SIZE (1..MAX)
        count = count.saturating_add(1);
        LimitExceeded::check("extensions in one entry of a revocation list", limit, count)?;
        let mut inner = Walk::new(one.value, FIELD);
        let twice = match one.oid {
            oid::REASON_CODE => known.reason.replace(reason(&mut inner, FIELD)?).is_some(),
            oid::INVALIDITY_DATE => {
                known.invalidity_date.replace(generalized_time(&mut inner, "invalidityDate")?).is_some()
            }
            other => {
                critical = critical.or(one.critical.then_some(other));
                inner = Walk::new(&[], FIELD);
                false
            }
        };
        inner.finish()?;
        if twice {
            return Err(CrlError::DuplicateExtension { oid: one.oid });
        }
        if walk.is_done() {
            return Ok((known, critical));
        }
    }
}

/// `CRLReason ::= ENUMERATED`
pub(crate) fn reason(walk: &mut Walk<'_>, field: &'static str) -> Result<RevokedReason, CrlError> {
    match walk.expect(tag::ENUMERATED)? {
        [number @ 0..=0x7f] => Ok(RevokedReason::from_number(*number)),
        _ => Err(CrlError::Der { field, at: 0 }),
    }
}

/// An INTEGER in the fewest octets: another encoding of a serial number would not be found. A negative one is nobody's.
fn minimal(value: &[u8]) -> Result<(), CrlError> {
    match value {
        [] => Err(CrlError::Der { field: "userCertificate", at: 0 }),
        [0x00, second, ..] if *second < 0x80 => Err(CrlError::Der { field: "userCertificate", at: 0 }),
        [0xff, second, ..] if *second >= 0x80 => Err(CrlError::Der { field: "userCertificate", at: 0 }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690, 8.3.2: the first nine bits are neither all zero nor all one. A twin of a serial number would not be found.
    #[test]
    fn a_serial_number_has_one_encoding() {
        let good: [&[u8]; 6] = [&[0], &[0x7f], &[0x80], &[0, 0x80], &[0, 0xff, 0], &[0xff, 0x7f]];
        for value in good {
            assert_eq!(minimal(value), Ok(()), "{value:02x?}");
        }
        let bad: [&[u8]; 5] = [&[], &[0, 0], &[0, 0x7f], &[0xff, 0x80], &[0xff, 0xff, 1]];
        for value in bad {
            assert!(minimal(value).is_err(), "{value:02x?}");
        }
    }
}
