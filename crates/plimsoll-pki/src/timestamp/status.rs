//! `PKIStatusInfo` (RFC 3161, 2.4.2; RFC 4210, appendix F).

use super::TimestampError;
use crate::{
    asn1::{Walk, bits, tag},
    encode,
};
use alloc::{vec, vec::Vec};
use core::fmt;
use plimsoll_core::Escaped;

/// `PKIStatus`: how an authority answered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names are those of RFC 3161, which says what they mean")]
pub enum PkiStatus {
    Granted,
    GrantedWithMods,
    Rejection,
    Waiting,
    RevocationWarning,
    RevocationNotification,
    /// A number that RFC 3161 does not know.
    Other,
}

impl PkiStatus {
    const ALL: [(Self, u8, &'static str); 6] = [
        (Self::Granted, 0, "granted"),
        (Self::GrantedWithMods, 1, "grantedWithMods"),
        (Self::Rejection, 2, "rejection"),
        (Self::Waiting, 3, "waiting"),
        (Self::RevocationWarning, 4, "revocationWarning"),
        (Self::RevocationNotification, 5, "revocationNotification"),
    ];
    /// Says whether a token comes with it: 0 and 1 (RFC 3161, 2.4.2).
    #[must_use]
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Granted | Self::GrantedWithMods)
    }
    fn of(number: &[u8]) -> Self {
        let known = Self::ALL.iter().find(|(_, known, _)| number == [*known]);
        known.map_or(Self::Other, |(status, ..)| *status)
    }
    fn number(self) -> u8 {
        Self::ALL.iter().find(|(one, ..)| *one == self).map_or(2, |(_, number, _)| *number)
    }
}

impl fmt::Display for PkiStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(one, ..)| one == self).map_or("an unknown status", |(.., name)| name))
    }
}

/// `PKIFailureInfo`: why an authority gives no timestamp.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names are those of RFC 3161, which says what they mean")]
pub enum FailureInfo {
    BadAlg,
    BadRequest,
    BadDataFormat,
    TimeNotAvailable,
    UnacceptedPolicy,
    UnacceptedExtension,
    AddInfoNotAvailable,
    SystemFailure,
}

impl FailureInfo {
    const ALL: [(Self, u8, &'static str); 8] = [
        (Self::BadAlg, 0, "badAlg"),
        (Self::BadRequest, 2, "badRequest"),
        (Self::BadDataFormat, 5, "badDataFormat"),
        (Self::TimeNotAvailable, 14, "timeNotAvailable"),
        (Self::UnacceptedPolicy, 15, "unacceptedPolicy"),
        (Self::UnacceptedExtension, 16, "unacceptedExtension"),
        (Self::AddInfoNotAvailable, 17, "addInfoNotAvailable"),
        (Self::SystemFailure, 25, "systemFailure"),
    ];
    /// The first bit that is set and known.
    fn of(octets: &[u8]) -> Option<Self> {
        let set = |bit: u8| octets.get(usize::from(bit >> 3)).is_some_and(|octet| octet & (0x80 >> (bit & 7)) != 0);
        Self::ALL.iter().find(|(_, bit, _)| set(*bit)).map(|(one, ..)| *one)
    }
    fn to_der(self) -> Vec<u8> {
        let bit = Self::ALL.iter().find(|(one, ..)| *one == self).map_or(25, |(_, bit, _)| *bit);
        // X.690, 11.2.2: a named bit list ends with its last bit that is set.
        let mut octets = vec![7_u8.saturating_sub(bit & 7)];
        octets.extend((0..bit >> 3).map(|_| 0));
        octets.push(0x80 >> (bit & 7));
        encode::element(tag::BIT_STRING, &octets)
    }
}

impl fmt::Display for FailureInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(one, ..)| one == self).map_or("", |(.., name)| name))
    }
}

/// `PKIStatusInfo ::= SEQUENCE { status INTEGER, statusString SEQUENCE OF UTF8String OPTIONAL, failInfo BIT STRING OPTIONAL }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct StatusInfo {
    pub(super) status: PkiStatus,
    pub(super) failure: Option<FailureInfo>,
    /// The first of the texts.
    pub(super) text: Option<Escaped>,
}

impl StatusInfo {
    pub(super) fn read(value: &[u8]) -> Result<Self, TimestampError> {
        const FIELD: &str = "PKIStatusInfo";
        let mut walk = Walk::new(value, FIELD);
        let status = PkiStatus::of(walk.expect(tag::INTEGER)?);
        let text = match walk.optional(tag::SEQUENCE)? {
            Some(texts) => Walk::new(texts, "statusString").optional(tag::UTF8_STRING)?.map(Escaped::bytes),
            None => None,
        };
        let failure = walk.optional(tag::BIT_STRING)?.map(|value| bits(value, "failInfo")).transpose()?;
        walk.finish()?;
        Ok(Self { status, failure: failure.and_then(|(_, octets)| FailureInfo::of(octets)), text })
    }
    pub(super) fn to_der(&self) -> Vec<u8> {
        let status = encode::unsigned(&[self.status.number()]);
        let text = self.text.as_ref().map_or_else(Vec::new, |text| {
            encode::sequence(&[&encode::element(tag::UTF8_STRING, text.as_str().as_bytes())])
        });
        let failure = self.failure.map_or_else(Vec::new, FailureInfo::to_der);
        encode::sequence(&[&status, &text, &failure])
    }
}
