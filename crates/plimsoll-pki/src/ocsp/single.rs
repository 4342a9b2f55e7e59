//! `SingleResponse` (RFC 6960, 4.2.1): what is said of one certificate.

use super::{CertId, OcspError, OcspLimits, OcspStatus};
use crate::{
    asn1::{Walk, tag},
    crl::{RevokedEntry, RevokedReason, entry_extensions, reason},
    validity::generalized_time,
};
use alloc::vec::Vec;
use plimsoll_core::{LimitExceeded, UnixTime};
use spki::ObjectIdentifier;

/// ```text
/// SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, nextUpdate [0] OPTIONAL, singleExtensions [1] OPTIONAL }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Single {
    pub(super) id: CertId,
    pub(super) status: OcspStatus,
    pub(super) this_update: UnixTime,
    pub(super) next_update: Option<UnixTime>,
    /// A critical extension that is not understood.
    pub(super) critical: Option<ObjectIdentifier>,
}

/// Reads `responses SEQUENCE OF SingleResponse`.
pub(super) fn responses(list: &[u8], limits: &OcspLimits) -> Result<Vec<Single>, OcspError> {
    let mut walk = Walk::new(list, "responses");
    let mut found = Vec::new();
    while !walk.is_done() {
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX).saturating_add(1);
        LimitExceeded::check("certificates in one OCSP response", limits.statuses, count)?;
        found.push(single(walk.expect(tag::SEQUENCE)?, limits)?);
    }
    Ok(found)
}

fn single(value: &[u8], limits: &OcspLimits) -> Result<Single, OcspError> {
    const FIELD: &str = "SingleResponse";
    let mut walk = Walk::new(value, FIELD);
    let id = CertId::read(&mut walk)?;
    let mut status = status(&mut walk)?;
    let this_update = generalized_time(&mut walk, "thisUpdate")?;
    let next_update = match walk.optional(tag::constructed(0))? {
        None => None,
        Some(explicit) => {
            let mut inner = Walk::new(explicit, "nextUpdate");
            let time = generalized_time(&mut inner, "nextUpdate")?;
            inner.finish()?;
            Some(time)
        }
    };
    let mut critical = None;
    if let Some(explicit) = walk.optional(tag::constructed(1))? {
        let mut outer = Walk::new(explicit, "singleExtensions");
        let list = outer.expect(tag::SEQUENCE)?;
        outer.finish()?;
        // RFC 6960, 4.4.5: the entry extensions of revocation lists stand here, too.
        let (known, strange) = entry_extensions(Some(list), limits.extensions)?;
        critical = strange;
        if let OcspStatus::Revoked(entry) = &mut status {
            entry.invalidity_date = known.invalidity_date;
        }
    }
    walk.finish()?;
    Ok(Single { id, status, this_update, next_update, critical })
}

/// `CertStatus ::= CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo, unknown [2] IMPLICIT UnknownInfo }`
fn status(walk: &mut Walk<'_>) -> Result<OcspStatus, OcspError> {
    const FIELD: &str = "certStatus";
    if let Some(value) = walk.optional(tag::primitive(0))? {
        Walk::new(value, FIELD).finish()?;
        return Ok(OcspStatus::Good);
    }
    if let Some(value) = walk.optional(tag::primitive(2))? {
        Walk::new(value, FIELD).finish()?;
        return Ok(OcspStatus::Unknown);
    }
    let mut info = Walk::new(walk.expect(tag::constructed(1))?, FIELD);
    let revoked_at = generalized_time(&mut info, "revocationTime")?;
    let reason = match info.optional(tag::constructed(0))? {
        None => RevokedReason::Unspecified,
        Some(explicit) => {
            let mut inner = Walk::new(explicit, "revocationReason");
            let found = reason(&mut inner, "revocationReason")?;
            inner.finish()?;
            found
        }
    };
    info.finish()?;
    Ok(OcspStatus::Revoked(RevokedEntry { reason, revoked_at, invalidity_date: None }))
}
