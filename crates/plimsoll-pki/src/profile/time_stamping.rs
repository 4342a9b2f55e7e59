//! The rules for timestamping authorities.
//!
//! RFC 3161, 2.3, and the signature specification of the Notary Project, v1.1.0, [Certificate Requirements].
//!
//! [Certificate Requirements]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-requirements

use super::{Place, Rule, rules};
use crate::{ChainError, ChainWarning, oid};
use alloc::vec::Vec;

/// RFC 3161, 2.3: one purpose, critical. The rest is as for a signer; that keyUsage is critical is not asked for.
pub(super) fn leaf(place: Place<'_, '_>, warnings: &mut Vec<ChainWarning>) -> Result<(), ChainError> {
    rules::leaf_usage(place, rules::Criticality::Wanted(warnings))?;
    let purposes = place.certificate.extended_key_usage();
    let purposes = purposes.ok_or_else(|| place.profile(Rule::TimeStampingLacks))?;
    if !purposes.critical {
        return Err(place.profile(Rule::TimeStampingNotCritical));
    }
    if let Some(found) = purposes.purposes().find(|one| *one != oid::TIME_STAMPING) {
        return Err(place.profile(Rule::TimeStampingNotAlone { found }));
    }
    if purposes.purposes().nth(1).is_some() {
        return Err(place.profile(Rule::TimeStampingNotAlone { found: oid::TIME_STAMPING }));
    }
    rules::leaf_key(place)
}
