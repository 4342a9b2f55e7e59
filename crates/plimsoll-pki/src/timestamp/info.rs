//! `TSTInfo` (RFC 3161, 2.4.2).

use super::{GenTime, MessageImprint, TimestampError};
use crate::{
    asn1::{Walk, boolean, sequence, tag, unsigned},
    encode,
    extension::extension,
    oid,
};
use alloc::vec::Vec;
use core::{fmt, time::Duration};
use spki::ObjectIdentifier;

/// What a timestamp says.
///
/// ```text
/// TSTInfo ::= SEQUENCE { version INTEGER { v1(1) }, policy OBJECT IDENTIFIER, messageImprint, serialNumber INTEGER,
///     genTime GeneralizedTime, accuracy Accuracy OPTIONAL, ordering BOOLEAN DEFAULT FALSE, nonce INTEGER OPTIONAL,
///     tsa [0] EXPLICIT GeneralName OPTIONAL, extensions [1] IMPLICIT Extensions OPTIONAL }
/// Accuracy ::= SEQUENCE { seconds INTEGER OPTIONAL, millis [0] INTEGER (1..999) OPTIONAL, micros [1] INTEGER (1..999) OPTIONAL }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TstInfo {
    /// The policy of the authority under which it was made.
    pub policy: ObjectIdentifier,
    /// What it is for.
    pub imprint: MessageImprint,
    /// Its serial number: content of the INTEGER, big endian.
    pub serial: Vec<u8>,
    /// When it was made, by the authority's clock.
    pub gen_time: GenTime,
    /// How right the clock is, as stated; see [`TstInfo::accuracy`].
    pub stated_accuracy: Option<Duration>,
    /// Whether timestamps of this authority are ordered by their time, however inaccurate.
    pub ordering: bool,
    /// The number of the request.
    pub nonce: Option<Nonce>,
}

impl TstInfo {
    /// A timestamp without accuracy, ordering and nonce.
    #[must_use]
    pub fn new(policy: ObjectIdentifier, imprint: MessageImprint, serial: &[u8], gen_time: GenTime) -> Self {
        let serial = encode::unsigned_content(serial);
        Self { policy, imprint, serial, gen_time, stated_accuracy: None, ordering: false, nonce: None }
    }
    /// How right the clock is: as stated, else a second under the policy 0.4.0.2023.1.1, which says so (ETSI EN 319 421, 7.7.2), else
    /// taken to be exact, as Notation takes it.
    #[must_use]
    pub fn accuracy(&self) -> Duration {
        let stated = self.stated_accuracy.unwrap_or_default();
        if stated.is_zero() && self.policy == oid::BASELINE_TIMESTAMP_POLICY { Duration::from_secs(1) } else { stated }
    }
    /// Reads the DER that RFC 3161, 2.4.2 demands of the content of a token.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, TimestampError> {
        let mut walk = sequence(der, "TSTInfo")?;
        if walk.expect(tag::INTEGER)? != [1] {
            return Err(TimestampError::Version { of: "TSTInfo" });
        }
        let policy = walk.oid()?;
        let imprint = MessageImprint::read(&mut walk)?;
        let serial = integer(walk.expect(tag::INTEGER)?, "serialNumber")?.to_vec();
        let gen_time = GenTime::read(walk.expect(tag::GENERALIZED_TIME)?)?;
        let stated_accuracy = walk.optional(tag::SEQUENCE)?.map(accuracy).transpose()?;
        let ordering = walk.optional(tag::BOOLEAN)?.map_or(Ok(false), |value| boolean(value, "ordering"))?;
        let nonce = walk.optional(tag::INTEGER)?.map(Nonce::read).transpose()?;
        walk.optional(tag::constructed(0))?; // tsa: a hint; the certificate says who it is
        extensions(walk.optional(tag::constructed(1))?.unwrap_or_default())?;
        walk.finish()?;
        Ok(Self { policy, imprint, serial, gen_time, stated_accuracy, ordering, nonce })
    }
    pub(super) fn to_der(&self) -> Vec<u8> {
        let ordering = if self.ordering { encode::element(tag::BOOLEAN, &[0xff]) } else { Vec::new() };
        encode::sequence(&[
            &encode::unsigned(&[1]),
            &encode::oid(self.policy),
            &self.imprint.to_der(),
            &encode::element(tag::INTEGER, &self.serial),
            &self.gen_time.to_der(),
            &self.stated_accuracy.map(accuracy_der).unwrap_or_default(),
            &ordering,
            &self.nonce.as_ref().map(Nonce::to_der).unwrap_or_default(),
        ])
    }
}

/// A number that a client draws, and that an authority repeats: whoever answers has seen this very request.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// Takes twenty random octets; their first bit is dropped, so that the number is below 2^159.
    #[must_use]
    pub fn from_random(mut random: [u8; 20]) -> Self {
        if let Some(first) = random.first_mut() {
            *first &= 0x7f;
        }
        Self(encode::unsigned_content(&random))
    }
    /// Content of the INTEGER, big endian, in the fewest octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    pub(super) fn read(value: &[u8]) -> Result<Self, TimestampError> {
        integer(value, "nonce").map(|value| Self(value.to_vec()))
    }
    pub(super) fn to_der(&self) -> Vec<u8> {
        encode::element(tag::INTEGER, &self.0)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({})", data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// An INTEGER of any sign, in the fewest octets (X.690, 8.3.2).
fn integer<'a>(value: &'a [u8], field: &'static str) -> Result<&'a [u8], TimestampError> {
    match value {
        [] => Err(TimestampError::Malformed { field, at: 0 }),
        [0x00, second, ..] if *second < 0x80 => Err(TimestampError::Malformed { field, at: 0 }),
        [0xff, second, ..] if *second >= 0x80 => Err(TimestampError::Malformed { field, at: 0 }),
        _ => Ok(value),
    }
}

fn accuracy(value: &[u8]) -> Result<Duration, TimestampError> {
    const FIELD: &str = "accuracy";
    let broken = TimestampError::Malformed { field: FIELD, at: 0 };
    let mut walk = Walk::new(value, FIELD);
    let mut part = |tag: u8, allowed: core::ops::RangeInclusive<u32>| match walk.optional(tag)? {
        None => Ok(0),
        Some(value) => {
            let octets = unsigned(value, FIELD)?;
            let number = octets.iter().fold(0_u32, |number, octet| number << 8 | u32::from(*octet));
            // Four octets fit; more seconds than that are no accuracy.
            if octets.len() <= 4 && allowed.contains(&number) { Ok(number) } else { Err(broken.clone()) }
        }
    };
    let seconds = part(tag::INTEGER, 0..=u32::MAX)?;
    let millis = part(tag::primitive(0), 1..=999)?;
    let micros = part(tag::primitive(1), 1..=999)?;
    walk.finish()?;
    let fraction = Duration::from_millis(millis.into()).saturating_add(Duration::from_micros(micros.into()));
    Ok(Duration::from_secs(seconds.into()).saturating_add(fraction))
}

/// Parts of a microsecond are rounded up: an accuracy may be understated by nobody.
fn accuracy_der(accuracy: Duration) -> Vec<u8> {
    let micros = accuracy.subsec_nanos().div_ceil(1000);
    let carry = u64::from(micros == 1_000_000);
    let seconds = accuracy.as_secs().saturating_add(carry);
    let part = |tag: u8, number: u32| match number {
        0 => Vec::new(),
        number => encode::element(tag, &encode::unsigned_content(&number.to_be_bytes())),
    };
    encode::sequence(&[
        &encode::unsigned(&seconds.to_be_bytes()),
        &part(tag::primitive(0), micros.checked_div(1000).unwrap_or_default().checked_rem(1000).unwrap_or_default()),
        &part(tag::primitive(1), micros.checked_rem(1000).unwrap_or_default()),
    ])
}

/// None is known. One that is critical must not be passed over (RFC 5280, 4.2, whose `Extensions` these are).
fn extensions(value: &[u8]) -> Result<(), TimestampError> {
    let mut list = Walk::new(value, "extensions");
    while !list.is_done() {
        let one = extension(&mut list)?;
        if one.critical {
            return Err(TimestampError::UnknownExtension { found: one.oid });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690, 8.3.2: the first nine bits are neither all zero nor all one.
    #[test]
    fn an_integer_has_one_encoding() {
        let good: [&[u8]; 6] = [&[0], &[0x7f], &[0x80], &[0, 0x80], &[0, 0xff, 0], &[0xff, 0x7f]];
        for value in good {
            assert_eq!(integer(value, "nonce"), Ok(value), "{value:02x?}");
        }
        let bad: [&[u8]; 5] = [&[], &[0, 0], &[0, 0x7f], &[0xff, 0x80], &[0xff, 0xff, 1]];
        for value in bad {
            assert!(integer(value, "nonce").is_err(), "{value:02x?}");
        }
    }
}
