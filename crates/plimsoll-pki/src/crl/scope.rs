//! `IssuingDistributionPoint` (RFC 5280, 5.2.5): of whom a list speaks.

use super::{CrlError, DistributionPoint, OutOfScope, point};
use crate::{
    Certificate,
    asn1::{Walk, bits, boolean, sequence, tag},
};
use alloc::vec::Vec;
use plimsoll_core::Bytes;

const FIELD: &str = "issuingDistributionPoint";

/// ```text
/// IssuingDistributionPoint ::= SEQUENCE {
///   distributionPoint [0] DistributionPointName OPTIONAL, onlyContainsUserCerts [1] BOOLEAN DEFAULT FALSE,
///   onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE, onlySomeReasons [3] ReasonFlags OPTIONAL,
///   indirectCRL [4] BOOLEAN DEFAULT FALSE, onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Scope {
    der: Bytes,
    has_point: bool,
    users: bool,
    authorities: bool,
    some_reasons: bool,
    indirect: bool,
    attributes: bool,
}

impl Scope {
    pub(super) fn read(der: Bytes, limit: u64) -> Result<Self, CrlError> {
        let mut walk = sequence(&der, FIELD)?;
        let name = walk.optional(tag::constructed(0))?;
        name.map(|name| point::full_name(name, FIELD, limit)).transpose()?;
        let users = flag(&mut walk, 1)?;
        let authorities = flag(&mut walk, 2)?;
        let reasons = walk.optional(tag::primitive(3))?;
        let indirect = flag(&mut walk, 4)?;
        let attributes = flag(&mut walk, 5)?;
        walk.finish()?;
        reasons.map(|value| bits(value, FIELD)).transpose()?;
        let (has_point, some_reasons) = (name.is_some(), reasons.is_some());
        // RFC 5280, 5.2.5: at most one of the three, and never a point that says nothing.
        let kinds = [users, authorities, attributes].iter().filter(|one| **one).count();
        if kinds > 1 || !(has_point || kinds > 0 || some_reasons || indirect) {
            return Err(CrlError::Der { field: FIELD, at: 0 });
        }
        Ok(Self { has_point, users, authorities, some_reasons, indirect, attributes, der })
    }
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }
    /// Whose serial numbers stand on it: those of this issuer's certificates, or others'.
    pub(super) fn is_of_own_certificates(&self) -> Result<(), OutOfScope> {
        if self.indirect {
            return Err(OutOfScope::Indirect);
        }
        if self.attributes { Err(OutOfScope::AttributeCertificates) } else { Ok(()) }
    }
    /// RFC 5280, 6.3.3 (b) (2), for lists without `indirectCRL`: whether a certificate that is not on it is not revoked.
    pub(super) fn covers(
        &self,
        certificate: &Certificate<'_>,
        points: &[DistributionPoint<'_>],
    ) -> Result<(), OutOfScope> {
        self.is_of_own_certificates()?;
        if self.users && certificate.is_ca() {
            return Err(OutOfScope::EndEntities);
        }
        if self.authorities && !certificate.is_ca() {
            return Err(OutOfScope::Authorities);
        }
        if self.some_reasons {
            return Err(OutOfScope::SomeReasons);
        }
        // Every point of the certificate counts, and not only the first (RUSTSEC-2026-0049).
        let own = self.names();
        let named = |point: &DistributionPoint<'_>| point.is_whole && point.names.iter().any(|name| own.contains(name));
        if self.has_point && !points.iter().any(named) { Err(OutOfScope::DistributionPoint) } else { Ok(()) }
    }
    fn names(&self) -> Vec<&[u8]> {
        // INVARIANT: `read` read the same name, within its limit.
        let walk = sequence(&self.der, FIELD).ok();
        let name = walk.and_then(|mut walk| walk.optional(tag::constructed(0)).ok().flatten());
        name.and_then(|name| point::full_name(name, FIELD, u64::MAX).ok()).unwrap_or_default()
    }
}

/// `[number] IMPLICIT BOOLEAN DEFAULT FALSE`
fn flag(walk: &mut Walk<'_>, number: u8) -> Result<bool, CrlError> {
    Ok(walk.optional(tag::primitive(number))?.map_or(Ok(false), |value| boolean(value, FIELD))?)
}
